/* Compiles two models for the same inputs and runs them. */
#include "sides.h"
#include "compare.h"
#include "elements.h"
#include "mlir-c/BuiltinAttributes.h"
#include "tessera/base/parallel.h"
#include "tessera/base/text.h"
#include "tessera/ir/reader.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
                               tess_side_t *side) {
  TESS_TRY(tess_ir_find_function(module, name, &side->function));
  MlirStringRef symbol = mlirStringAttrGetValue(mlirOperationGetAttributeByName(
      side->function, mlirSymbolTableGetSymbolAttributeName()));
  side->name = tess_alloc(symbol.length + 1);
  memcpy(side->name, symbol.data, symbol.length);
  return tess_jit_create(module, side->name, &side->jit);
}

static void allocate_inputs(tess_sides_t *sides) {
  size_t count = (size_t)tess_jit_input_count(sides->a.jit);
  sides->inputs = tess_alloc((count + 1) * sizeof *sides->inputs);
  sides->others = tess_alloc((count + 1) * sizeof *sides->others);
  sides->draws = tess_alloc((count + 1) * sizeof *sides->draws);
  sides->input_count = (int32_t)count;
  for (int32_t i = 0; i < sides->input_count; i++)
    sides->inputs[i] = tess_tensor_allocate(tess_jit_input(sides->a.jit, i));
  tess_draws_choose(sides->a.function, sides->inputs, sides->input_count,
                    sides->draws);
  for (int32_t i = 0; i < sides->input_count; i++)
    sides->others[i] = sides->draws[i].data
                           ? tess_tensor_allocate(&sides->inputs[i])
                           : sides->inputs[i];
}

static void allocate_outputs(tess_sides_t *sides) {
  size_t count = (size_t)tess_jit_output_count(sides->a.jit);
  sides->a.outputs = tess_alloc((count + 1) * sizeof *sides->a.outputs);
  sides->b.outputs = tess_alloc((count + 1) * sizeof *sides->b.outputs);
  sides->output_count = (int32_t)count;
  for (int32_t i = 0; i < sides->output_count; i++) {
    const tess_tensor_t *type = tess_jit_output(sides->a.jit, i);
    sides->a.outputs[i] = tess_tensor_allocate(type);
    sides->b.outputs[i] = tess_tensor_allocate(type);
  }
}

tess_status_t tess_sides_open(MlirModule a, MlirModule b,
                              const tess_verify_options_t *options,
                              tess_sides_t *sides) {
  *sides = (tess_sides_t){0};
  TESS_TRY(tess_status_prefix(open_side(a, options->function_a, &sides->a),
                              "the first model"));
  TESS_TRY(tess_status_prefix(open_side(b, options->function_b, &sides->b),
                              "the second model"));
  TESS_TRY(match_signatures(sides->a.jit, sides->b.jit));
  allocate_inputs(sides);
  allocate_outputs(sides);
  return TESS_SUCCESS;
}

static void release_side(tess_side_t *side, int32_t output_count) {
  for (int32_t i = 0; i < output_count; i++)
    free(side->outputs[i].data);
  free(side->outputs);
  free(side->name);
  tess_jit_destroy(side->jit);
}

void tess_sides_release(tess_sides_t *sides) {
  for (int32_t i = 0; i < sides->input_count; i++) {
    if (sides->draws[i].data)
      free(sides->others[i].data);
    free(sides->inputs[i].data);
  }
  free(sides->inputs);
  free(sides->others);
  free(sides->draws);
  release_side(&sides->a, sides->output_count);
  release_side(&sides->b, sides->output_count);
}

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* One call of a compiled model. */
typedef struct call {
  tess_jit_t *jit;
  const tess_tensor_t *inputs, *outputs;
  int32_t output_count;
  double took_ns;
  tess_status_t status;
} call_t;

static void run_call(void *calls, size_t index) {
  call_t *call = (call_t *)calls + index;
  for (int32_t i = 0; i < call->output_count; i++)
    tess_poison(&call->outputs[i], (int)index);
  double start = now_ns();
  call->status = tess_jit_run(call->jit, call->inputs, call->outputs);
  call->took_ns = now_ns() - start;
}

static void keep_times(const call_t *call, tess_verify_times_t *times) {
  if (times->run_ns == 0 || call->took_ns < times->run_ns)
    times->run_ns = call->took_ns;
  times->lower_ns = tess_jit_lower_ns(call->jit);
  times->compile_ns = tess_jit_compile_ns(call->jit);
}

static tess_status_t run_both(call_t calls[2],
                              const tess_verify_options_t *options,
                              tess_verify_report_t *report) {
  if (tess_interrupted())
    return tess_error(TESS_INTERRUPTED, "interrupted after %lld runs",
                      (long long)report->runs);
  tess_parallel_for(tess_core_count(), 2, run_call, calls);
  if (calls[0].status)
    tess_status_free(calls[1].status);
  TESS_TRY(calls[0].status);
  TESS_TRY(calls[1].status);
  report->runs += 2;
  if (options->progress)
    options->progress(options->progress_context, report->runs);
  return TESS_SUCCESS;
}

/* A run of `side` that writes to the outputs of `into`. */
static call_t call_of(const tess_sides_t *sides, const tess_side_t *side,
                      const tess_tensor_t *inputs, const tess_side_t *into) {
  return (call_t){.jit = side->jit,
                  .inputs = inputs,
                  .outputs = into->outputs,
                  .output_count = sides->output_count};
}

tess_status_t tess_sides_run(const tess_sides_t *sides,
                             const tess_verify_options_t *options,
                             tess_verify_report_t *report) {
  call_t calls[2] = {call_of(sides, &sides->a, sides->inputs, &sides->a),
                     call_of(sides, &sides->b, sides->inputs, &sides->b)};
  TESS_TRY(run_both(calls, options, report));
  keep_times(&calls[0], &report->times_a);
  keep_times(&calls[1], &report->times_b);
  return TESS_SUCCESS;
}

tess_status_t tess_sides_run_first(const tess_sides_t *sides,
                                   const tess_verify_options_t *options,
                                   tess_verify_report_t *report) {
  call_t calls[2] = {call_of(sides, &sides->a, sides->inputs, &sides->a),
                     call_of(sides, &sides->a, sides->others, &sides->b)};
  TESS_TRY(run_both(calls, options, report));
  keep_times(&calls[0], &report->times_a);
  keep_times(&calls[1], &report->times_a);
  return TESS_SUCCESS;
}
