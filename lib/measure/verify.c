/* Runs two models on the same random inputs and compares what comes out. */
#include "tessera/measure/verify.h"
#include "compare.h"
#include "noise.h"
#include "product.h"
#include "rounding.h"
#include "sides.h"
#include "strength.h"
#include "tessera/base/parallel.h"
#include "tessera/codegen/widen.h"

typedef struct verify {
  tess_sides_t sides;
  tess_strength_t strength;
  const tess_verify_options_t *options;
  tess_verify_report_t *report;
} verify_t;

/* Keeps the difference that is worst for its tolerance. */
static void keep_worst(const tess_difference_t *difference, double tolerance,
                       int32_t output, int32_t seed,
                       tess_verify_report_t *report) {
  bool fails = !(difference->greatest <= tolerance);
  bool first = report->output < 0;
  bool worse = difference->greatest * report->tolerance >
               report->greatest_error * tolerance;
  if (fails && report->equal)
    worse = true;
  if (fails)
    report->equal = false;
  if (!first && !worse)
    return;
  report->greatest_error = difference->greatest;
  report->tolerance = tolerance;
  report->output = output;
  report->seed = seed;
  report->element = difference->element;
  report->a = difference->a;
  report->b = difference->b;
}

static tess_status_t compare_seed(verify_t *v, int32_t seed, bool *all_zero) {
  const tess_verify_options_t *options = v->options;
  const tess_sides_t *sides = &v->sides;
  tess_verify_report_t *report = v->report;
  tess_strength_draw(sides->inputs, sides->draws, sides->input_count,
                     v->strength, options->first_seed + (uint64_t)seed, false);
  TESS_TRY(tess_sides_run(sides, options, report));
  for (int32_t i = 0; i < sides->output_count; i++) {
    const tess_tensor_t *a = &sides->a.outputs[i], *b = &sides->b.outputs[i];
    tess_difference_t difference = tess_compare(a, b);
    double tolerance = options->tolerance > 0
                           ? options->tolerance
                           : tess_compare_tolerance(a->dtype);
    keep_worst(&difference, tolerance, i, seed, report);
    report->compared += a->elements;
    report->not_finite += difference.not_finite;
    *all_zero = *all_zero && difference.all_zero;
  }
  return TESS_SUCCESS;
}

/* Nudging the inputs moves the outputs about as much as the two models
 * differ: a network at the edge of chaos amplifies rounding. Rewrites round at
 * more places than the nudge does, hence the factor. */
static bool is_noise(double difference, double moved) {
  return difference <= 16 * moved;
}

/* A seed at which the models differ, but no more than rounding explains, says
 * nothing: it is counted and left out. */
static tess_status_t try_seed(verify_t *v, int32_t seed, bool *all_zero) {
  tess_verify_report_t *report = v->report, before = *report;
  TESS_TRY(compare_seed(v, seed, all_zero));
  if (report->equal || !before.equal || report->not_finite > before.not_finite)
    return TESS_SUCCESS;
  double moved;
  TESS_TRY(tess_noise_measure(&v->sides, v->options, report, &moved));
  if (!is_noise(report->greatest_error, moved))
    return TESS_SUCCESS;
  before.runs = report->runs;
  before.times_a = report->times_a;
  before.times_b = report->times_b;
  before.noisy_seeds++;
  *report = before;
  return TESS_SUCCESS;
}

static tess_status_t run_first(void *user) {
  verify_t *v = user;
  return tess_sides_run_first(&v->sides, v->options, v->report);
}

static tess_status_t compare_sides(verify_t *v, bool *all_zero) {
  const tess_sides_t *sides = &v->sides;
  bool outputs = sides->output_count > 0;
  const tess_strength_subject_t subject = {
      .inputs = sides->inputs,
      .others = sides->others,
      .draws = sides->draws,
      .input_count = sides->input_count,
      .output = outputs ? &sides->a.outputs[0] : NULL,
      .other = outputs ? &sides->b.outputs[0] : NULL,
      .seed = v->options->first_seed,
      .run = run_first,
      .user = v};
  TESS_TRY(tess_strength_find(&subject, &v->strength, &v->report->dependence));
  *all_zero = true;
  for (int32_t seed = 0; seed < v->options->seeds; seed++)
    TESS_TRY(try_seed(v, seed, all_zero));
  if (v->report->noisy_seeds == v->options->seeds)
    return tess_error(TESS_MISMATCH,
                      "one unit in the last place of the inputs moves the "
                      "outputs as much as the models differ, so nothing was "
                      "compared; try other seeds");
  return TESS_SUCCESS;
}

/* `narrow`: the models as written where a and b had 16-bit floats, else
 * NULL. */
static tess_status_t verify(MlirModule a, MlirModule b,
                            const tess_sides_t *narrow,
                            const tess_verify_options_t *options,
                            bool *all_zero, tess_verify_report_t *report) {
  verify_t v = {.options = options, .report = report};
  tess_status_t status = tess_sides_open(a, b, options, &v.sides);
  if (!status)
    status = compare_sides(&v, all_zero);
  if (!status && narrow && report->equal)
    status =
        tess_rounding_compare(narrow, &v.sides, v.strength, options, report);
  tess_sides_release(&v.sides);
  return status;
}

/* The same for what the products `back` before the last ones give. */
static tess_status_t verify_products(MlirModule a, MlirModule b, int32_t back,
                                     const tess_verify_options_t *options,
                                     bool *all_zero,
                                     tess_verify_report_t *report) {
  MlirModule first = {NULL}, second = {NULL};
  int32_t count = 0, other_count = 0;
  tess_status_t status =
      tess_product_module(a, options->function_a, back, &count, &first);
  if (!status)
    status = tess_product_module(b, options->function_b, back, &other_count,
                                 &second);
  if (!status && count != other_count)
    status =
        tess_error(TESS_MISMATCH, "%d products against %d", count, other_count);
  if (!status)
    status = verify(first, second, NULL, options, all_zero, report);
  report->product = count - back;
  report->product_count = count;
  if (!mlirModuleIsNull(second))
    mlirModuleDestroy(second);
  if (!mlirModuleIsNull(first))
    mlirModuleDestroy(first);
  return status;
}

/* Nothing could be compared there, which may be otherwise further up. */
static bool says_nothing(tess_status_t status) {
  return status && tess_status_code(status) == TESS_MISMATCH;
}

/* Where other data hardly changes the outputs, equal outputs say little: looks
 * for a product that it does change, from the last one on in growing steps. */
static void verify_deeper(MlirModule a, MlirModule b,
                          const tess_verify_options_t *options, bool *all_zero,
                          tess_verify_report_t *report) {
  static const double hardly = 1e-3;
  tess_verify_report_t deeper = *report;
  bool done = !report->equal || report->dependence >= hardly;
  for (int32_t back = 0; !done; back = 2 * back + 1) {
    bool zero;
    deeper = (tess_verify_report_t){.equal = true,
                                    .output = -1,
                                    .runs = deeper.runs,
                                    .widened = report->widened,
                                    .rounding_a = report->rounding_a,
                                    .rounding_b = report->rounding_b};
    tess_status_t status = verify_products(a, b, back, options, &zero, &deeper);
    if (status)
      done = !says_nothing(status);
    else
      done = !deeper.equal || deeper.dependence >= hardly;
    if (!status && done && !zero) {
      deeper.compared += report->compared;
      *report = deeper;
      *all_zero = false;
    }
    tess_status_free(status);
  }
}

static MlirModule clone_module(MlirModule module) {
  return mlirModuleFromOperation(
      mlirOperationClone(mlirModuleGetOperation(module)));
}

/* Copies without 16-bit floats. False: there are none, or a model cannot do
 * without. */
static bool widen_both(MlirModule a, MlirModule b) {
  bool wide_a = false, wide_b = false;
  tess_status_t status = tess_widen(a, &wide_a);
  if (!status)
    status = tess_widen(b, &wide_b);
  bool widened = !status && (wide_a || wide_b);
  tess_status_free(status);
  return widened;
}

static tess_status_t verify_outputs(MlirModule a, MlirModule b,
                                    const tess_sides_t *narrow,
                                    const tess_verify_options_t *options,
                                    tess_verify_report_t *report) {
  bool all_zero = true;
  TESS_TRY(verify(a, b, narrow, options, &all_zero, report));
  verify_deeper(a, b, options, &all_zero, report);
  if (tess_interrupted())
    return tess_error(TESS_INTERRUPTED, "interrupted");
  if (all_zero)
    return tess_error(TESS_MISMATCH,
                      "outputs are all zero, so nothing was compared");
  return TESS_SUCCESS;
}

/* Types are compared as written, and whether that runs. */
static tess_status_t verify_widened(MlirModule a, MlirModule b,
                                    MlirModule wide_a, MlirModule wide_b,
                                    const tess_verify_options_t *options,
                                    tess_verify_report_t *report) {
  tess_sides_t narrow;
  tess_status_t status = tess_sides_open(a, b, options, &narrow);
  report->widened = true;
  if (!status)
    status = verify_outputs(wide_a, wide_b, &narrow, options, report);
  tess_sides_release(&narrow);
  return status;
}

tess_status_t tess_verify(MlirModule a, MlirModule b,
                          const tess_verify_options_t *options,
                          tess_verify_report_t *report) {
  *report = (tess_verify_report_t){.equal = true, .output = -1};
  if (options->seeds < 1)
    return tess_error(TESS_INVALID, "the number of seeds must be 1 or more");
  MlirModule wide_a = clone_module(a), wide_b = clone_module(b);
  tess_status_t status =
      widen_both(wide_a, wide_b)
          ? verify_widened(a, b, wide_a, wide_b, options, report)
          : verify_outputs(a, b, NULL, options, report);
  mlirModuleDestroy(wide_b);
  mlirModuleDestroy(wide_a);
  if (status)
    report->equal = false;
  return status;
}
