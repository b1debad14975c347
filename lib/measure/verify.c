/* Runs two models on the same random inputs and compares what comes out. */
#include "tessera/measure/verify.h"
#include "compare.h"
#include "elements.h"
#include "inputs.h"
#include "mlir-c/BuiltinAttributes.h"
#include "product.h"
#include "strength.h"
#include "tessera/base/parallel.h"
#include "tessera/base/text.h"
#include "tessera/ir/reader.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct side {
  MlirOperation function;
  char *name;
  tess_jit_t *jit;
  tess_tensor_t *outputs;
} side_t;

typedef struct verify {
  side_t a, b;
  tess_tensor_t *inputs;
  tess_draw_t *draws;
  int32_t input_count, output_count;
  tess_strength_t strength;
  const tess_verify_options_t *options;
  tess_verify_report_t *report;
} verify_t;

static void add_type(tess_text_t *text, const tess_tensor_t *tensor) {
  tess_text_add(text, "tensor<");
  for (int32_t d = 0; d < tensor->rank; d++)
    tess_text_add(text, "%lldx", (long long)tensor->shape[d]);
  tess_text_add(text, "%s>", tess_dtype_name(tensor->dtype));
}

static bool same_type(const tess_tensor_t *a, const tess_tensor_t *b) {
  return a->dtype == b->dtype && a->rank == b->rank &&
         memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

static tess_status_t match_types(const char *what, int32_t index,
                                 const tess_tensor_t *a,
                                 const tess_tensor_t *b) {
  if (same_type(a, b))
    return TESS_SUCCESS;
  tess_text_t first = TESS_TEXT_INIT, second = TESS_TEXT_INIT;
  add_type(&first, a);
  add_type(&second, b);
  tess_status_t status =
      tess_error(TESS_MISMATCH,
                 "%s %d is %s in the first model and %s in the "
                 "second",
                 what, index, tess_text_get(&first), tess_text_get(&second));
  tess_text_free(&first);
  tess_text_free(&second);
  return status;
}

static tess_status_t match_counts(int32_t inputs_a, int32_t inputs_b,
                                  int32_t outputs_a, int32_t outputs_b) {
  if (inputs_b > inputs_a)
    return tess_error(
        TESS_UNSUPPORTED,
        "the second model takes %d arguments more than the first; new weights "
        "must be learned first, so there is nothing to compare with",
        inputs_b - inputs_a);
  if (inputs_b < inputs_a)
    return tess_error(TESS_MISMATCH,
                      "the first model takes %d arguments, the second %d",
                      inputs_a, inputs_b);
  if (outputs_a != outputs_b)
    return tess_error(TESS_MISMATCH,
                      "the first model returns %d results, the second %d",
                      outputs_a, outputs_b);
  return TESS_SUCCESS;
}

static tess_status_t match_signatures(const tess_jit_t *a,
                                      const tess_jit_t *b) {
  int32_t inputs = tess_jit_input_count(a), outputs = tess_jit_output_count(a);
  TESS_TRY(match_counts(inputs, tess_jit_input_count(b), outputs,
                        tess_jit_output_count(b)));
  for (int32_t i = 0; i < inputs; i++)
    TESS_TRY(
        match_types("argument", i, tess_jit_input(a, i), tess_jit_input(b, i)));
  for (int32_t i = 0; i < outputs; i++)
    TESS_TRY(
        match_types("result", i, tess_jit_output(a, i), tess_jit_output(b, i)));
  return TESS_SUCCESS;
}

static tess_status_t open_side(MlirModule module, const char *name,
                               side_t *side) {
  TESS_TRY(tess_ir_find_function(module, name, &side->function));
  MlirStringRef symbol = mlirStringAttrGetValue(mlirOperationGetAttributeByName(
      side->function, mlirSymbolTableGetSymbolAttributeName()));
  side->name = tess_alloc(symbol.length + 1);
  memcpy(side->name, symbol.data, symbol.length);
  return tess_jit_create(module, side->name, &side->jit);
}

static void allocate(verify_t *v) {
  v->input_count = tess_jit_input_count(v->a.jit);
  v->output_count = tess_jit_output_count(v->a.jit);
  size_t inputs = (size_t)v->input_count + 1;
  size_t outputs = (size_t)v->output_count + 1;
  v->inputs = tess_alloc(inputs * sizeof *v->inputs);
  v->draws = tess_alloc(inputs * sizeof *v->draws);
  v->a.outputs = tess_alloc(outputs * sizeof *v->a.outputs);
  v->b.outputs = tess_alloc(outputs * sizeof *v->b.outputs);
  for (int32_t i = 0; i < v->input_count; i++)
    v->inputs[i] = tess_tensor_allocate(tess_jit_input(v->a.jit, i));
  for (int32_t i = 0; i < v->output_count; i++) {
    v->a.outputs[i] = tess_tensor_allocate(tess_jit_output(v->a.jit, i));
    v->b.outputs[i] = tess_tensor_allocate(tess_jit_output(v->a.jit, i));
  }
  tess_draws_choose(v->a.function, v->inputs, v->input_count, v->draws);
}

static void release_tensors(tess_tensor_t *tensors, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    free(tensors[i].data);
  free(tensors);
}

static void release(verify_t *v) {
  release_tensors(v->inputs, v->input_count);
  release_tensors(v->a.outputs, v->output_count);
  release_tensors(v->b.outputs, v->output_count);
  free(v->draws);
  free(v->a.name);
  free(v->b.name);
  tess_jit_destroy(v->a.jit);
  tess_jit_destroy(v->b.jit);
}

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static tess_status_t run_side(const verify_t *v, side_t *side, int poison,
                              tess_verify_times_t *times) {
  if (tess_interrupted())
    return tess_error(TESS_INTERRUPTED, "interrupted after %lld runs",
                      (long long)v->report->runs);
  for (int32_t i = 0; i < v->output_count; i++)
    tess_poison(&side->outputs[i], poison);
  double start = now_ns();
  TESS_TRY(tess_jit_run(side->jit, v->inputs, side->outputs));
  double took = now_ns() - start;
  if (times->run_ns == 0 || took < times->run_ns)
    times->run_ns = took;
  times->lower_ns = tess_jit_lower_ns(side->jit);
  times->compile_ns = tess_jit_compile_ns(side->jit);
  v->report->runs++;
  if (v->options->progress)
    v->options->progress(v->options->progress_context, v->report->runs);
  return TESS_SUCCESS;
}

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

static tess_status_t try_seed(verify_t *v, int32_t seed, bool *all_zero) {
  const tess_verify_options_t *options = v->options;
  tess_verify_report_t *report = v->report;
  tess_strength_draw(v->inputs, v->draws, v->input_count, v->strength,
                     options->first_seed + (uint64_t)seed, false);
  TESS_TRY(run_side(v, &v->a, 0, &report->times_a));
  TESS_TRY(run_side(v, &v->b, 1, &report->times_b));
  for (int32_t i = 0; i < v->output_count; i++) {
    tess_difference_t difference =
        tess_compare(&v->a.outputs[i], &v->b.outputs[i]);
    double tolerance = options->tolerance > 0
                           ? options->tolerance
                           : tess_compare_tolerance(v->a.outputs[i].dtype);
    keep_worst(&difference, tolerance, i, seed, report);
    report->compared += v->a.outputs[i].elements;
    report->not_finite += difference.not_finite;
    *all_zero = *all_zero && difference.all_zero;
  }
  return TESS_SUCCESS;
}

static tess_status_t open_sides(verify_t *v, MlirModule a, MlirModule b) {
  TESS_TRY(tess_status_prefix(open_side(a, v->options->function_a, &v->a),
                              "the first model"));
  TESS_TRY(tess_status_prefix(open_side(b, v->options->function_b, &v->b),
                              "the second model"));
  TESS_TRY(match_signatures(v->a.jit, v->b.jit));
  allocate(v);
  return TESS_SUCCESS;
}

static tess_status_t run_first(void *user) {
  verify_t *v = user;
  return run_side(v, &v->a, 0, &v->report->times_a);
}

static tess_status_t compare_sides(verify_t *v, bool *all_zero) {
  const tess_strength_subject_t subject = {
      .inputs = v->inputs,
      .draws = v->draws,
      .input_count = v->input_count,
      .output = v->output_count ? &v->a.outputs[0] : NULL,
      .seed = v->options->first_seed,
      .run = run_first,
      .user = v};
  TESS_TRY(tess_strength_find(&subject, &v->strength, &v->report->dependence));
  *all_zero = true;
  for (int32_t seed = 0; seed < v->options->seeds; seed++)
    TESS_TRY(try_seed(v, seed, all_zero));
  return TESS_SUCCESS;
}

static tess_status_t verify(MlirModule a, MlirModule b,
                            const tess_verify_options_t *options,
                            bool *all_zero, tess_verify_report_t *report) {
  verify_t v = {.options = options, .report = report};
  tess_status_t status = open_sides(&v, a, b);
  if (!status)
    status = compare_sides(&v, all_zero);
  release(&v);
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
    status = verify(first, second, options, all_zero, report);
  report->product = count - back;
  report->product_count = count;
  if (!mlirModuleIsNull(second))
    mlirModuleDestroy(second);
  if (!mlirModuleIsNull(first))
    mlirModuleDestroy(first);
  return status;
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
    deeper = (tess_verify_report_t){
        .equal = true, .output = -1, .runs = deeper.runs};
    tess_status_t status = verify_products(a, b, back, options, &zero, &deeper);
    done =
        status != TESS_SUCCESS || !deeper.equal || deeper.dependence >= hardly;
    if (!status && done && !zero) {
      deeper.compared += report->compared;
      *report = deeper;
      *all_zero = false;
    }
    tess_status_free(status);
  }
}

tess_status_t tess_verify(MlirModule a, MlirModule b,
                          const tess_verify_options_t *options,
                          tess_verify_report_t *report) {
  *report = (tess_verify_report_t){.equal = true, .output = -1};
  if (options->seeds < 1)
    return tess_error(TESS_INVALID, "the number of seeds must be 1 or more");
  bool all_zero = true;
  tess_status_t status = verify(a, b, options, &all_zero, report);
  if (!status)
    verify_deeper(a, b, options, &all_zero, report);
  if (!status && tess_interrupted())
    status = tess_error(TESS_INTERRUPTED, "interrupted");
  if (!status && all_zero)
    status = tess_error(TESS_MISMATCH,
                        "outputs are all zero, so nothing was compared");
  if (status)
    report->equal = false;
  return status;
}
