/* Size arithmetic on numbers from input: every step says whether it fit. */
#ifndef TESSERA_BASE_CHECKED_H
#define TESSERA_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline bool tess_mul_i64(int64_t a, int64_t b, int64_t *product) {
  return !__builtin_mul_overflow(a, b, product);
}

static inline bool tess_add_i64(int64_t a, int64_t b, int64_t *sum) {
  return !__builtin_add_overflow(a, b, sum);
}

/* Rounded up; b > 0, a >= 0. */
static inline int64_t tess_ceil_div(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

static inline int64_t tess_round_up(int64_t a, int64_t b) {
  return tess_ceil_div(a, b) * b;
}

#ifdef __cplusplus
}
#endif

#endif
