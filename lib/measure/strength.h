/* How strong random weights must be for a network's outputs to depend on its
 * data: private to lib/measure. */
#ifndef TESSERA_LIB_MEASURE_STRENGTH_H
#define TESSERA_LIB_MEASURE_STRENGTH_H

#include "inputs.h"

/* A model to run: `run` computes `output`, its first result (NULL: it has
 * none), from `inputs`, and `other` from `others`, which differ in the data and
 * share the memory of all else with them. */
typedef struct tess_strength_subject {
  const tess_tensor_t *inputs, *others;
  const tess_draw_t *draws;
  int32_t input_count;
  const tess_tensor_t *output, *other;
  uint64_t seed;
  tess_status_t (*run)(void *user);
  void *user;
} tess_strength_subject_t;

/* How many times as wide filters and real data are drawn. */
typedef struct tess_strength {
  double filters, data;
} tess_strength_t;

/* Draws all inputs of a seed; for other data only what the model is asked
 * about, from another stream. */
void tess_strength_draw(const tess_tensor_t *inputs, const tess_draw_t *draws,
                        int32_t count, tess_strength_t strength, uint64_t seed,
                        bool other_data);

/* The strength (1 and 1 for a model without real filters), and what share of
 * the output other data changes then: the root mean square of the change
 * against that of the output. 0: nothing; about 1.4: all of it; infinite where
 * no strength keeps the output finite. */
TESS_MUST_USE tess_status_t
tess_strength_find(const tess_strength_subject_t *subject,
                   tess_strength_t *strength, double *dependence);

#endif
