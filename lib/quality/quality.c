/* The table of quality estimates, and "keep": keep the function. */
#include "tessera/quality/quality.h"
#include <math.h>
#include <string.h>

static double share(int64_t part, int64_t whole) {
  return whole > 0 ? (double)part / (double)whole : 0.0;
}

/* Where the difference has no bound, an activation counts as wholly lost. */
static double keep_distance(const tess_quality_model_t *model,
                            const tess_quality_change_t *change) {
  return share(change->elements, model->elements) *
             fmin(change->greatest_error, 1.0) +
         share(change->removed_macs, model->macs);
}

static const tess_quality_estimator_t estimators[] = {
    {"keep",
     "share of the activations times the greatest error of the swap, plus the "
     "share of the multiply-accumulates to be learned again",
     keep_distance},
};

size_t tess_quality_count(void) {
  return sizeof(estimators) / sizeof(estimators[0]);
}

const tess_quality_estimator_t *tess_quality_at(size_t index) {
  return index < tess_quality_count() ? &estimators[index] : NULL;
}

const tess_quality_estimator_t *tess_quality_find(const char *name) {
  for (size_t i = 0; i < tess_quality_count(); i++)
    if (!strcmp(estimators[i].name, name))
      return &estimators[i];
  return NULL;
}
