/* Random numbers: the published generator, unbiased and split by stream. */
#include "tessera/base/random.h"
#include "check.h"

/* xoshiro256** on state 1, 2, 3, 4: the first output by hand (5 * 2 rotated
 * left by 7, times 9), the rest as other implementations test theirs (the
 * vectors that the Rust crate rand_xoshiro took from the authors' program). */
static void published_outputs(void) {
  static const uint64_t expected[] = {UINT64_C(11520),
                                      UINT64_C(0),
                                      UINT64_C(1509978240),
                                      UINT64_C(1215971899390074240),
                                      UINT64_C(1216172134540287360),
                                      UINT64_C(607988272756665600),
                                      UINT64_C(16172922978634559625),
                                      UINT64_C(8476171486693032832)};
  tess_random_t random = {{1, 2, 3, 4}};
  for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
    CHECK(tess_random_next(&random) == expected[i]);
}

static void streams_differ_and_repeat(void) {
  enum { streams = 64 };
  uint64_t first[streams];
  for (uint64_t i = 0; i < streams; i++) {
    tess_random_t random = tess_random_make(i / 8, i % 8);
    tess_random_t again = tess_random_make(i / 8, i % 8);
    first[i] = tess_random_next(&random);
    CHECK(first[i] == tess_random_next(&again));
    for (uint64_t j = 0; j < i; j++)
      CHECK(first[i] != first[j]);
  }
}

/* Chi-squared of 7 bins at 70,000 draws: 6 degrees of freedom, 22.5 is the
 * 99.9% point. */
static void below_is_uniform(void) {
  tess_random_t random = tess_random_make(3, 0);
  double bins[7] = {0}, chi = 0;
  for (int i = 0; i < 70000; i++)
    bins[tess_random_below(&random, 7)]++;
  for (int i = 0; i < 7; i++)
    chi += (bins[i] - 10000) * (bins[i] - 10000) / 10000;
  CHECK(chi < 22.5);
  CHECK_EQ(tess_random_below(&random, 1), 0);
  /* With a bound of 3/4 of 2^64 a plain modulo would give the lower third
   * half of the draws instead of a third. */
  const uint64_t bound = UINT64_C(3) << 62;
  int low = 0;
  for (int i = 0; i < 30000; i++) {
    uint64_t drawn = tess_random_below(&random, bound);
    CHECK(drawn < bound);
    low += drawn < (UINT64_C(1) << 62);
  }
  CHECK_NEAR(low / 30000.0, 1.0 / 3, 0.015);
}

/* Moments of the uniform (1/2, 1/3) and the normal law (0, 1, 0, 3), with
 * 200,000 draws; the tolerances are at least four standard errors. */
static void moments(void) {
  enum { draws = 200000 };
  tess_random_t random = tess_random_make(11, 5);
  double unit[2] = {0}, normal[4] = {0};
  for (int i = 0; i < draws; i++) {
    double u = tess_random_unit(&random), n = tess_random_normal(&random);
    CHECK(u >= 0 && u < 1 && isfinite(n));
    unit[0] += u / draws;
    unit[1] += u * u / draws;
    for (int k = 0; k < 4; k++)
      normal[k] += pow(n, k + 1) / draws;
  }
  CHECK_NEAR(unit[0], 0.5, 0.003);
  CHECK_NEAR(unit[1], 1.0 / 3, 0.003);
  CHECK_NEAR(normal[0], 0, 0.01);
  CHECK_NEAR(normal[1], 1, 0.015);
  CHECK_NEAR(normal[2], 0, 0.04);
  CHECK_NEAR(normal[3], 3, 0.035);
}

int main(void) {
  published_outputs();
  streams_differ_and_repeat();
  below_is_uniform();
  moments();
  return tess_check_result();
}
