/* The quality estimates: nothing for exact changes, additive over changes, and
 * a figure worked out by hand. */
#include "tessera/quality/quality.h"
#include "check.h"
#include "tessera/base/random.h"

static tess_quality_change_t random_change(tess_random_t *random) {
  return (tess_quality_change_t){(int64_t)tess_random_below(random, 100000),
                                 0.0,
                                 (int64_t)tess_random_below(random, 1000000)};
}

/* Two changes of equal error together are one of both sizes; changes of
 * different sorts add up. */
static void test_additive(const tess_quality_estimator_t *estimator) {
  const tess_quality_model_t model = {1000000, 10000000};
  tess_random_t random = tess_random_make(1, 1);
  for (int i = 0; i < 200; i++) {
    tess_quality_change_t a = random_change(&random);
    tess_quality_change_t b = random_change(&random);
    a.greatest_error = b.greatest_error = tess_random_unit(&random);
    tess_quality_change_t both = {a.elements + b.elements, a.greatest_error,
                                  a.removed_macs + b.removed_macs};
    tess_quality_change_t swap = {a.elements, a.greatest_error, 0};
    tess_quality_change_t removal = {0, 0.0, a.removed_macs};
    CHECK_NEAR(estimator->distance(&model, &both),
               estimator->distance(&model, &a) +
                   estimator->distance(&model, &b),
               1e-12);
    CHECK_NEAR(estimator->distance(&model, &a),
               estimator->distance(&model, &swap) +
                   estimator->distance(&model, &removal),
               1e-12);
    CHECK(estimator->distance(&model, &a) >= 0.0);
  }
}

static void test_exact_is_zero(const tess_quality_estimator_t *estimator) {
  const tess_quality_change_t none = {0, 0.0, 0}, some = {10, 0.5, 10};
  const tess_quality_model_t model = {100, 100}, empty = {0, 0};
  CHECK(estimator->distance(&model, &none) == 0.0);
  CHECK(estimator->distance(&empty, &none) == 0.0);
  CHECK(estimator->distance(&empty, &some) == 0.0);
  CHECK(estimator->distance(&model, &some) > 0.0);
}

/* A quarter of the activations off by 0.5 at most, a tenth of the arithmetic
 * to be learned again: 0.125 + 0.1. */
static void test_keep_by_hand(void) {
  const tess_quality_model_t model = {400, 1000};
  const tess_quality_change_t change = {100, 0.5, 100};
  CHECK_NEAR(tess_quality_find("keep")->distance(&model, &change), 0.225,
             1e-15);
}

int main(void) {
  CHECK(tess_quality_find("taste") == NULL);
  CHECK(tess_quality_count() >= 1);
  CHECK(tess_quality_at(tess_quality_count()) == NULL);
  for (size_t i = 0; i < tess_quality_count(); i++) {
    const tess_quality_estimator_t *estimator = tess_quality_at(i);
    CHECK(tess_quality_find(estimator->name) == estimator);
    test_additive(estimator);
    test_exact_is_zero(estimator);
  }
  test_keep_by_hand();
  return tess_check_result();
}
