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

void tess_strength_draw(const tess_tensor_t *inputs, const tess_draw_t *draws,
                        int32_t count, tess_strength_t strength, uint64_t seed,
                        bool other_data) {
  for (int32_t i = 0; i < count; i++) {
    tess_draw_t draw = draws[i];
    if (other_data && !draw.data)
      continue;
    if (draw.filter)
      draw.spread *= strength.filters;
    if (draw.data)
      draw.spread *= strength.data;
    tess_draw_fill(&inputs[i], &draw, seed,
                   (uint64_t)(other_data ? i + count : i));
  }
}

/* Runs the model on two draws of the data with the same weights. */
static tess_status_t measure(const tess_strength_subject_t *subject,
                             tess_strength_t strength, double *dependence) {
  tess_strength_draw(subject->inputs, subject->draws, subject->input_count,
                     strength, subject->seed, false);
  tess_strength_draw(subject->others, subject->draws, subject->input_count,
                     strength, subject->seed, true);
  TESS_TRY(subject->run(subject->user));
  *dependence = dependence_of(subject->output, subject->other);
  return TESS_SUCCESS;
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

/* The logarithm of a gain at which data is not yet visible, of one at which it
 * is, and how visible it is there. Either end may be unknown. */
typedef struct bracket {
  bool has_low, has_high;
  double low, below, high, above;
} bracket_t;

static const double widest = 3, narrowest = 0.01;

static void add_level(bracket_t *bracket, double gain, double level) {
  if (level >= visible) {
    bracket->has_high = true;
    bracket->high = gain;
    bracket->above = level;
  } else {
    bracket->has_low = true;
    bracket->low = gain;
    bracket->below = level;
  }
}

/* Between the ends, where a line through the logarithms of both levels meets
 * what is looked for; in the middle where one of them is infinite. */
static double split(const bracket_t *bracket) {
  double share = 0.5;
  if (isfinite(bracket->above)) {
    double below = log(fmax(bracket->below, 1e-6));
    double goal = log(visible * plain) / 2;
    share = (goal - below) / (log(bracket->above) - below);
  }
  share = fmin(fmax(share, 0.1), 0.9);
  return bracket->low + share * (bracket->high - bracket->low);
}

/* From an end in steps that double, until there are two ends; then between
 * them. False: there is nothing left to try. */
static bool next_gain(const bracket_t *bracket, double *gain) {
  if (bracket->has_low && bracket->has_high) {
    *gain = split(bracket);
    return bracket->high - bracket->low > narrowest && bracket->above > plain;
  }
  double end = bracket->has_low ? bracket->low : bracket->high;
  double step = end == 0 ? 0.25 : fabs(end);
  *gain =
      bracket->has_low ? fmin(end + step, widest) : fmax(end - step, -widest);
  return fabs(end) < widest && !(bracket->has_high && bracket->above <= plain);
}

/* Looks for the gain from the level at gain 1 on. */
static tess_status_t find_gain(const tess_strength_subject_t *subject,
                               tess_strength_t *strength, double *dependence) {
  bracket_t bracket = {0};
  add_level(&bracket, 0, *dependence);
  for (double gain; next_gain(&bracket, &gain);) {
    double level;
    TESS_TRY(measure(subject, (tess_strength_t){exp2(gain), strength->data},
                     &level));
    add_level(&bracket, gain, level);
  }
  if (bracket.has_high && isfinite(bracket.above)) {
    strength->filters = exp2(bracket.high);
    *dependence = bracket.above;
  } else if (!isfinite(*dependence) && bracket.has_low) {
    strength->filters = exp2(bracket.low);
    *dependence = bracket.below;
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
  return find_gain(subject, strength, dependence);
}
