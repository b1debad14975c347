/* Random numbers with explicit state, split by index, so that the number of
 * threads never changes a result (xoshiro256**, seeded by splitmix64; Blackman
 * and Vigna, "Scrambled linear pseudorandom number generators", 2021). */
#ifndef TESSERA_BASE_RANDOM_H
#define TESSERA_BASE_RANDOM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tess_random {
  uint64_t state[4];
} tess_random_t;

/* The generator number `stream` of `seed`. */
tess_random_t tess_random_make(uint64_t seed, uint64_t stream);
uint64_t tess_random_next(tess_random_t *random);
/* Uniform in [0, bound), without modulo bias; bound > 0. */
uint64_t tess_random_below(tess_random_t *random, uint64_t bound);
/* Uniform in [0, 1). */
double tess_random_unit(tess_random_t *random);
/* Standard normal. */
double tess_random_normal(tess_random_t *random);

#ifdef __cplusplus
}
#endif

#endif
