/* The gain of the weights at which data shows in the output.
 *
 * A signal that fades on its way hides a change of an early layer; one that
 * grows saturates sigmoids and turns rounding into chaos. Estimates for single
 * layers compound over a deep network, so all filters get one common gain,
 * about the least for which other data visibly changes the output. Where none
 * does, the filters stay as they were drawn. */
#include "strength.h"
#include "elements.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is enough, and what is near enough to it to stop looking. */
static const double visible = 0.05, plain = 0.1;

/* Whether one element is nearly all of a row, as in a saturated softmax, in
 * most rows: a long last dimension, else the whole tensor. */
static bool is_saturated(const tess_tensor_t *tensor) {
  int64_t last = tensor->rank ? tensor->shape[tensor->rank - 1] : 1;
  int64_t length = last > 8 ? last : tensor->elements, saturated = 0;
  if (length <= 8)
    return false;
  for (int64_t row = 0; row < tensor->elements; row += length) {
    double squares = 0, greatest = 0;
    for (int64_t i = row; i < row + length; i++) {
      double x = tess_element_get(tensor, i);
      squares += x * x;
      greatest = fmax(greatest, x * x);
    }
    saturated += greatest > squares / 2;
  }
  return 2 * saturated > tensor->elements / length;
}

/* Infinite where it overflows or is saturated. */
static double dependence_of(const tess_tensor_t *one,
                            const tess_tensor_t *other) {
  double change = 0, squares = 0;
  for (int64_t i = 0; i < one->elements; i++) {
    double x = tess_element_get(one, i), y = tess_element_get(other, i);
    change += (x - y) * (x - y);
    squares += x * x;
  }
  if (!isfinite(squares) || !isfinite(change) || is_saturated(one))
    return (double)INFINITY;
  return squares > 0 ? sqrt(change / squares) : 0;
}

void tess_strength_draw(tess_tensor_t *inputs, const tess_draw_t *draws,
                        int32_t count, tess_strength_t strength, uint64_t seed,
                        bool other_data) {
  for (int32_t i = 0; i < count; i++) {
    tess_draw_t draw = draws[i];
    if (draw.filter)
      draw.spread *= strength.filters;
    if (draw.data)
      draw.spread *= strength.data;
    bool fresh = draw.data && other_data;
    tess_draw_fill(&inputs[i], &draw, seed, (uint64_t)(fresh ? i + count : i));
  }
}

static tess_status_t run(const tess_strength_subject_t *subject,
                         tess_strength_t strength, bool other_data) {
  tess_strength_draw(subject->inputs, subject->draws, subject->input_count,
                     strength, subject->seed, other_data);
  return subject->run(subject->user);
}

/* Runs the model on two draws of the data with the same weights. */
static tess_status_t measure(const tess_strength_subject_t *subject,
                             tess_strength_t strength, double *dependence) {
  const tess_tensor_t *output = subject->output;
  TESS_TRY(run(subject, strength, true));
  tess_tensor_t other = tess_tensor_allocate(output);
  memcpy(other.data, output->data,
         (size_t)(other.elements * tess_dtype_bytes(other.dtype)));
  tess_status_t status = run(subject, strength, false);
  *dependence = dependence_of(output, &other);
  free(other.data);
  return status;
}

static bool has_gain(const tess_strength_subject_t *subject) {
  bool filter = false, data = false;
  for (int32_t i = 0; i < subject->input_count; i++) {
    bool real = tess_dtype_is_float(subject->inputs[i].dtype);
    filter = filter || (real && subject->draws[i].filter);
    data = data || (real && subject->draws[i].data);
  }
  return filter && data && tess_dtype_is_float(subject->output->dtype);
}

/* Wider data, where a model divides it (pictures of 0 to 255): the first of a
 * few widths at which it shows, else width 1. */
static tess_status_t widen_data(const tess_strength_subject_t *subject,
                                tess_strength_t *strength, double *dependence) {
  for (double width = 16; width <= 256 && *dependence < visible; width *= 16) {
    double level;
    TESS_TRY(measure(subject, (tess_strength_t){1, width}, &level));
    if (!(level >= visible) || !isfinite(level))
      continue;
    strength->data = width;
    *dependence = level;
  }
  return TESS_SUCCESS;
}

/* Bisects the logarithm of the filters' gain between 1/8 and 8, from the level
 * at 1. */
static tess_status_t bisect(const tess_strength_subject_t *subject,
                            tess_strength_t *strength, double *dependence) {
  double low = -3, high = 3, level = *dependence;
  double below = (double)INFINITY, above = (double)INFINITY;
  for (double middle = 0; high - low > 0.01 && above > plain;
       middle = (low + high) / 2) {
    if (middle != 0)
      TESS_TRY(measure(subject, (tess_strength_t){exp2(middle), strength->data},
                       &level));
    if (level >= visible) {
      high = middle;
      above = level;
    } else {
      low = middle;
      below = level;
    }
  }
  if (isfinite(above)) {
    strength->filters = exp2(high);
    *dependence = above;
  } else if (!isfinite(*dependence)) {
    strength->filters = exp2(low);
    *dependence = below;
  }
  return TESS_SUCCESS;
}

tess_status_t tess_strength_find(const tess_strength_subject_t *subject,
                                 tess_strength_t *strength,
                                 double *dependence) {
  *strength = (tess_strength_t){1, 1};
  *dependence = 0;
  if (!subject->output)
    return TESS_SUCCESS;
  TESS_TRY(measure(subject, *strength, dependence));
  if (!has_gain(subject))
    return TESS_SUCCESS;
  TESS_TRY(widen_data(subject, strength, dependence));
  return bisect(subject, strength, dependence);
}
