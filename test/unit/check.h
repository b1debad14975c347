/* The unit tests' only helper: checks that count, say where they failed, and
 * carry on. A test ends with `return tess_check_result();`; exit code 77 marks
 * a test that could not run here (CTest shows it as skipped). */
#ifndef TESSERA_TEST_UNIT_CHECK_H
#define TESSERA_TEST_UNIT_CHECK_H

#include "tessera/base/status.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tess_check_failures, tess_check_count;

#define CHECK(condition)                                                       \
  do {                                                                         \
    tess_check_count++;                                                        \
    if (!(condition)) {                                                        \
      tess_check_failures++;                                                   \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);  \
    }                                                                          \
  } while (0)

#define CHECK_EQ(actual, expected)                                             \
  do {                                                                         \
    long long tess_a_ = (long long)(actual), tess_e_ = (long long)(expected);  \
    tess_check_count++;                                                        \
    if (tess_a_ != tess_e_) {                                                  \
      tess_check_failures++;                                                   \
      fprintf(stderr, "%s:%d: failed: %s is %lld, expected %lld\n", __FILE__,  \
              __LINE__, #actual, tess_a_, tess_e_);                            \
    }                                                                          \
  } while (0)

/* |actual - expected| <= tolerance * max(1, |expected|) */
#define CHECK_NEAR(actual, expected, tolerance)                                \
  do {                                                                         \
    double tess_a_ = (actual), tess_e_ = (expected);                           \
    tess_check_count++;                                                        \
    if (!(fabs(tess_a_ - tess_e_) <= (tolerance)*fmax(1.0, fabs(tess_e_)))) {  \
      tess_check_failures++;                                                   \
      fprintf(stderr, "%s:%d: failed: %s is %.17g, expected %.17g\n",          \
              __FILE__, __LINE__, #actual, tess_a_, tess_e_);                  \
    }                                                                          \
  } while (0)

#define CHECK_STRING(actual, expected)                                         \
  do {                                                                         \
    const char *tess_a_ = (actual), *tess_e_ = (expected);                     \
    tess_check_count++;                                                        \
    if (!tess_a_ || strcmp(tess_a_, tess_e_)) {                                \
      tess_check_failures++;                                                   \
      fprintf(stderr, "%s:%d: failed: %s is \"%s\", expected \"%s\"\n",        \
              __FILE__, __LINE__, #actual, tess_a_ ? tess_a_ : "(null)",       \
              tess_e_);                                                        \
    }                                                                          \
  } while (0)

/* The call succeeds; prints its message otherwise. */
#define CHECK_OK(call)                                                         \
  do {                                                                         \
    tess_status_t tess_s_ = (call);                                            \
    tess_check_count++;                                                        \
    if (tess_s_) {                                                             \
      tess_check_failures++;                                                   \
      fprintf(stderr, "%s:%d: failed: %s: %s\n", __FILE__, __LINE__, #call,    \
              tess_status_text(tess_s_));                                      \
      tess_status_free(tess_s_);                                               \
    }                                                                          \
  } while (0)

/* The call fails with this code and a message that contains `part`. */
#define CHECK_ERROR(call, expected_code, part)                                 \
  do {                                                                         \
    tess_status_t tess_s_ = (call);                                            \
    tess_check_count++;                                                        \
    if (tess_status_code(tess_s_) != (expected_code) ||                        \
        !strstr(tess_status_text(tess_s_), (part))) {                          \
      tess_check_failures++;                                                   \
      fprintf(stderr, "%s:%d: failed: %s gives code %d \"%s\"\n", __FILE__,    \
              __LINE__, #call, tess_status_code(tess_s_),                      \
              tess_s_ ? tess_status_text(tess_s_) : "success");                \
    }                                                                          \
    tess_status_free(tess_s_);                                                 \
  } while (0)

static inline int tess_check_result(void) {
  if (tess_check_count == 0) {
    fprintf(stderr, "no check ran\n");
    return 1;
  }
  if (tess_check_failures)
    fprintf(stderr, "%d of %d checks failed\n", tess_check_failures,
            tess_check_count);
  return tess_check_failures ? 1 : 0;
}

#endif
