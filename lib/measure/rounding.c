/* How far rounding to 16 bits moves the outputs of two models. */
#include "rounding.h"
#include "elements.h"
#include <math.h>

/* One step of an output's type; of bf16, the coarser of the two, where the
 * output itself is not rounded to 16 bits. */
static double step_of(tess_dtype_t type) {
  return type == TESS_F16 ? 0x1p-11 : 0x1p-8;
}

static void copy_values(const tess_tensor_t *from, const tess_tensor_t *to) {
  for (int64_t i = 0; i < from->elements; i++)
    tess_element_set(to, i, tess_element_get(from, i));
}

/* Root mean square of the error against that of the exact values. */
static double distance(const tess_tensor_t *rounded,
                       const tess_tensor_t *exact) {
  double error = 0, squares = 0;
  for (int64_t i = 0; i < exact->elements; i++) {
    double x = tess_element_get(exact, i);
    double e = tess_element_get(rounded, i) - x;
    error += e * e;
    squares += x * x;
  }
  return squares > 0 ? sqrt(error / squares) : error > 0 ? HUGE_VAL : 0;
}

static void keep_worst(double a, double b, double step, bool first,
                       tess_verify_report_t *report) {
  bool worse = b * report->rounding_a > report->rounding_b * a;
  if (isfinite(a) && !(b <= 2 * a + step))
    report->equal = false;
  if (!first && !worse)
    return;
  report->rounding_a = a;
  report->rounding_b = b;
}

tess_status_t tess_rounding_compare(const tess_sides_t *narrow,
                                    const tess_sides_t *wide,
                                    tess_strength_t strength,
                                    const tess_verify_options_t *options,
                                    tess_verify_report_t *report) {
  tess_strength_draw(narrow->inputs, wide->draws, wide->input_count, strength,
                     options->first_seed, false);
  for (int32_t i = 0; i < wide->input_count; i++)
    copy_values(&narrow->inputs[i], &wide->inputs[i]);
  TESS_TRY(tess_sides_run(wide, options, report));
  TESS_TRY(tess_sides_run(narrow, options, report));
  bool first = true;
  for (int32_t i = 0; i < wide->output_count; i++) {
    const tess_tensor_t *exact = &wide->a.outputs[i];
    if (!tess_dtype_is_float(exact->dtype))
      continue;
    keep_worst(distance(&narrow->a.outputs[i], exact),
               distance(&narrow->b.outputs[i], exact),
               step_of(narrow->a.outputs[i].dtype), first, report);
    first = false;
  }
  return TESS_SUCCESS;
}
