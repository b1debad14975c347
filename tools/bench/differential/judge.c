/* Runs a model as it is and under its rewrites, and compares. */
#include "judge.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/half.h"
#include "tessera/codegen/jit.h"
#include "tessera/ir/reader.h"
#include "tessera/measure/reference.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A model with its inputs and what it gives. */
typedef struct trial {
  MlirContext context;
  const diff_model_t *model;
  const diff_options_t *options;
  diff_tally_t *tally;
  diff_verdict_t *verdict;
  tess_arena_t arena; /* of the inputs and the expected outputs */
  diff_program_t program;
  MlirModule original;
  tess_array_t *inputs, *expected;
  int32_t expected_count;
} trial_t;

static void fail(trial_t *t, const char *candidate, const char *format, ...)
    TESS_PRINTF(3, 4);

static void fail(trial_t *t, const char *candidate, const char *format, ...) {
  diff_verdict_t *v = t->verdict;
  va_list arguments;
  if (v->failed)
    return;
  v->failed = true;
  va_start(arguments, format);
  vsnprintf(v->what, sizeof v->what, format, arguments);
  va_end(arguments);
  snprintf(v->candidate, sizeof v->candidate, "%s", candidate);
}

/* Turns an error into the verdict; true if there was none. */
static bool holds(trial_t *t, const char *candidate, const char *step,
                  tess_status_t status) {
  if (!status)
    return true;
  fail(t, candidate, "%s: %s", step, tess_status_text(status));
  tess_status_free(status);
  return false;
}

/* ---- Inputs. ---- */

static const char *entry(const trial_t *t) {
  return t->model->called ? "main" : "model";
}

/* A number as the type holds it. */
static double rounded(tess_dtype_t dtype, double x) {
  if (dtype == TESS_BF16 || dtype == TESS_F16)
    return tess_half_value(dtype, tess_half_bits(dtype, x));
  return dtype == TESS_F32 ? (double)(float)x : x;
}

static tess_status_t draw_inputs(trial_t *t) {
  const diff_program_t *p = &t->program;
  MlirOperation function;
  TESS_TRY(tess_ir_find_function(t->original, entry(t), &function));
  MlirBlock block =
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  t->inputs = tess_arena_array(&t->arena, (size_t)p->argument_count + 1,
                               sizeof *t->inputs);
  for (int32_t i = 0; i < p->argument_count; i++) {
    tess_array_t type;
    tess_random_t random = tess_random_make(t->model->seed, 100 + (uint64_t)i);
    TESS_TRY(tess_array_of_type(
        mlirValueGetType(mlirBlockGetArgument(block, i)), &type));
    t->inputs[i] =
        tess_array_make(&t->arena, type.dtype, type.rank, type.shape);
    for (int64_t e = 0; e < t->inputs[i].count; e++)
      tess_array_set(
          &t->inputs[i], e,
          rounded(type.dtype, diff_draw_number(&random, &p->arguments[i],
                                               type.dtype, t->model->whole)));
  }
  return TESS_SUCCESS;
}

/* ---- Comparing. ---- */

static bool is_same(double x, double y) {
  return x == y || (isnan(x) && isnan(y));
}

/* One element of two runs of the interpreter: the values of the same function
 * in real arithmetic, each off by its residue. */
static bool agrees(trial_t *t, const tess_number_t *x, const tess_number_t *y) {
  double bound = x->residue + y->residue;
  t->tally->compared++;
  if (isinf(bound)) {
    t->tally->undecided++;
    return true;
  }
  t->tally->exact += bound == 0;
  return is_same(x->value, y->value) || fabs(x->value - y->value) <= bound;
}

static bool compare(trial_t *t, const char *candidate, const tess_array_t *got,
                    int32_t count) {
  if (count != t->expected_count) {
    fail(t, candidate, "%d results in place of %d", count, t->expected_count);
    return false;
  }
  for (int32_t i = 0; i < count; i++) {
    const tess_array_t *want = &t->expected[i];
    if (got[i].count != want->count || got[i].dtype != want->dtype) {
      fail(t, candidate, "result %d has another type", i);
      return false;
    }
    for (int64_t e = 0; e < want->count; e++)
      if (!agrees(t, &want->at[e], &got[i].at[e])) {
        fail(t, candidate,
             "result %d, element %lld: %.17g became %.17g; rounding explains "
             "%.3g",
             i, (long long)e, want->at[e].value, got[i].at[e].value,
             want->at[e].residue + got[i].at[e].residue);
        return false;
      }
  }
  return true;
}

/* ---- The JIT. ---- */

static void *pack(tess_arena_t *arena, const tess_array_t *array,
                  int64_t bytes) {
  void *data = tess_arena_array(arena, (size_t)array->count + 1, (size_t)bytes);
  for (int64_t i = 0; i < array->count; i++) {
    double x = array->at[i].value;
    switch (array->dtype) {
    case TESS_F32:
      ((float *)data)[i] = (float)x;
      break;
    case TESS_BF16:
    case TESS_F16:
      ((uint16_t *)data)[i] = tess_half_bits(array->dtype, x);
      break;
    case TESS_I32:
      ((int32_t *)data)[i] = (int32_t)x;
      break;
    default:
      ((int8_t *)data)[i] = (int8_t)x;
    }
  }
  return data;
}

static double unpack(const tess_tensor_t *tensor, int64_t i) {
  switch (tensor->dtype) {
  case TESS_F32:
    return (double)((const float *)tensor->data)[i];
  case TESS_BF16:
  case TESS_F16:
    return tess_half_value(tensor->dtype, ((const uint16_t *)tensor->data)[i]);
  case TESS_I32:
    return ((const int32_t *)tensor->data)[i];
  default:
    return ((const int8_t *)tensor->data)[i];
  }
}

/* Code against the interpreter's bounds on the same module. */
static void compare_code(trial_t *t, const char *candidate,
                         const tess_array_t *want, const tess_tensor_t *got,
                         int32_t count) {
  for (int32_t i = 0; i < count; i++)
    for (int64_t e = 0; e < want[i].count; e++) {
      const tess_number_t *x = &want[i].at[e];
      double y = unpack(&got[i], e), bound = x->rounding + x->residue;
      if (!isfinite(bound) || is_same(x->value, y) ||
          fabs(x->value - y) <= bound)
        continue;
      fail(t, candidate,
           "compiled, result %d, element %lld: %.9g, interpreted %.17g; "
           "rounding explains %.3g",
           i, (long long)e, y, x->value, bound);
      return;
    }
}

static tess_status_t run_code(trial_t *t, MlirModule module,
                              const char *candidate, const tess_array_t *want) {
  tess_jit_t *jit;
  tess_arena_t arena = TESS_ARENA_INIT;
  TESS_TRY(tess_jit_create(module, entry(t), &jit));
  int32_t in = tess_jit_input_count(jit), out = tess_jit_output_count(jit);
  tess_tensor_t *inputs =
      tess_arena_array(&arena, (size_t)in + 1, sizeof *inputs);
  tess_tensor_t *outputs =
      tess_arena_array(&arena, (size_t)out + 1, sizeof *outputs);
  for (int32_t i = 0; i < in; i++) {
    inputs[i] = *tess_jit_input(jit, i);
    inputs[i].data =
        pack(&arena, &t->inputs[i], tess_dtype_bytes(inputs[i].dtype));
  }
  for (int32_t i = 0; i < out; i++) {
    outputs[i] = *tess_jit_output(jit, i);
    size_t bytes =
        (size_t)(outputs[i].elements * tess_dtype_bytes(outputs[i].dtype));
    outputs[i].data = tess_arena_alloc(&arena, bytes + 1);
    memset(outputs[i].data, 0xff, bytes); /* NaN */
  }
  tess_status_t status = tess_jit_run(jit, inputs, outputs);
  if (!status)
    compare_code(t, candidate, want, outputs, out);
  t->tally->jit_runs++;
  tess_jit_destroy(jit);
  tess_arena_free(&arena);
  return status;
}

/* ---- Variants. ---- */

static MlirModule clone_module(MlirModule module) {
  return mlirModuleFromOperation(
      mlirOperationClone(mlirModuleGetOperation(module)));
}

/* The sites of a module's model, read into the arena. */
typedef struct reading {
  tess_arena_t arena;
  tess_model_t *model;
  tess_site_list_t sites;
} reading_t;

static tess_status_t open_reading(MlirModule module, tess_class_t allow,
                                  tess_rewrite_set_t rewrites,
                                  reading_t *reading) {
  MlirOperation function;
  *reading = (reading_t){.arena = TESS_ARENA_INIT};
  TESS_TRY(tess_ir_find_function(module, "model", &function));
  TESS_TRY(tess_ir_read(function, &reading->model));
  tess_rewrite_find_sites(reading->model, allow, rewrites, &reading->arena,
                          &reading->sites);
  return TESS_SUCCESS;
}

static void close_reading(reading_t *reading) {
  if (reading->model)
    tess_model_destroy(reading->model);
  tess_arena_free(&reading->arena);
}

static bool is_unknown(tess_status_t status) {
  return tess_status_code(status) == TESS_UNSUPPORTED;
}

/* Verifies and runs a rewritten module, and compares it. */
static void judge_module(trial_t *t, MlirModule module, const char *candidate,
                         bool code) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_array_t *outputs = NULL;
  int32_t count;
  t->tally->variants++;
  if (!holds(t, candidate, "verify",
             tess_ir_verify(mlirModuleGetOperation(module))))
    return;
  tess_status_t status =
      tess_reference_run(module, entry(t), t->inputs, t->program.argument_count,
                         &arena, &outputs, &count);
  if (is_unknown(status)) {
    t->tally->unknown++;
    if (getenv("TESSERA_DIFFERENTIAL_UNKNOWN"))
      fprintf(stderr, "%s: %s\n", candidate, tess_status_text(status));
    tess_status_free(status);
  } else if (holds(t, candidate, "interpret", status) &&
             compare(t, candidate, outputs, count) && code) {
    holds(t, candidate, "compile", run_code(t, module, candidate, outputs));
  }
  tess_arena_free(&arena);
}

/* Applies one candidate to a clone; `applied` (may be NULL) as in
 * tess_rewrite_apply. */
static void judge_candidate(trial_t *t, const uint8_t *candidate, bool code,
                            bool *applied) {
  MlirModule module = clone_module(t->original);
  reading_t reading;
  tess_status_t status =
      open_reading(module, t->options->allow, TESS_ALL_REWRITES, &reading);
  if (holds(t, "", "read again", status)) {
    char *text =
        tess_rewrite_candidate_text(&reading.arena, &reading.sites, candidate);
    status =
        tess_rewrite_apply(reading.model, &reading.sites, candidate, applied);
    if (holds(t, text, "apply", status))
      judge_module(t, module, text, code);
  }
  close_reading(&reading);
  mlirModuleDestroy(module);
}

static void judge_alone(trial_t *t, const tess_site_list_t *sites) {
  uint8_t *candidate = tess_alloc((size_t)sites->count + 1);
  bool *applied = tess_alloc((size_t)sites->count + 1);
  for (int32_t s = 0; s < sites->count && !t->verdict->failed; s++) {
    const tess_site_t *site = &sites->sites[s];
    for (int32_t a = 1; a < site->alternative_count; a++) {
      candidate[s] = (uint8_t)a;
      judge_candidate(t, candidate, false, applied);
      if (!t->verdict->failed && !applied[s])
        fail(t, site->name, "alternative %s changed nothing",
             site->alternatives[a].name);
      diff_cover(&t->tally->coverage, t->model,
                 tess_rewrite_name((size_t)site->rewrite),
                 &site->alternatives[a]);
    }
    candidate[s] = 0;
  }
  free(candidate);
  free(applied);
}

/* All sites, each with its last alternative; then random choices. */
static void judge_together(trial_t *t, const tess_site_list_t *sites) {
  uint8_t *candidate = tess_alloc((size_t)sites->count + 1);
  for (int32_t s = 0; s < sites->count; s++)
    candidate[s] = (uint8_t)(sites->sites[s].alternative_count - 1);
  judge_candidate(t, candidate, t->options->jit, NULL);
  for (int32_t m = 0; m < t->options->mixtures && !t->verdict->failed; m++) {
    tess_random_t random = tess_random_make(t->model->seed, 1000 + (uint64_t)m);
    for (int32_t s = 0; s < sites->count; s++)
      candidate[s] = (uint8_t)tess_random_below(
          &random, (uint64_t)sites->sites[s].alternative_count);
    judge_candidate(t, candidate, false, NULL);
  }
  free(candidate);
}

/* ---- Stages. ---- */

/* Applies a random choice of one stage's rewrites; false: there was nothing,
 * or it failed. */
static bool apply_stage(trial_t *t, MlirModule module, tess_stage_t stage,
                        tess_random_t *random, tess_text_t *text) {
  reading_t reading;
  bool done = false;
  tess_status_t status = open_reading(module, t->options->allow,
                                      tess_rewrites_of_stage(stage), &reading);
  if (holds(t, tess_text_get(text), "read again", status) &&
      reading.sites.count > 0) {
    const tess_site_list_t *sites = &reading.sites;
    uint8_t *candidate = tess_alloc((size_t)sites->count + 1);
    for (int32_t s = 0; s < sites->count; s++)
      candidate[s] = (uint8_t)tess_random_below(
          random, (uint64_t)sites->sites[s].alternative_count);
    tess_text_add(
        text, "%s%s", text->length ? " then " : "",
        tess_rewrite_candidate_text(&reading.arena, sites, candidate));
    status = tess_rewrite_apply(reading.model, sites, candidate, NULL);
    done = holds(t, tess_text_get(text), "apply", status);
    free(candidate);
  }
  close_reading(&reading);
  return done;
}

/* One stage after the other, each on what the one before made. */
static void judge_stages(trial_t *t) {
  MlirModule module = clone_module(t->original);
  tess_random_t random = tess_random_make(t->model->seed, 2000);
  tess_text_t text = TESS_TEXT_INIT;
  int applied = 0;
  for (int stage = 0; stage < TESS_STAGE_COUNT && !t->verdict->failed; stage++)
    applied += apply_stage(t, module, (tess_stage_t)stage, &random, &text);
  if (applied > 0 && !t->verdict->failed)
    judge_module(t, module, tess_text_get(&text), t->options->jit);
  tess_text_free(&text);
  mlirModuleDestroy(module);
}

/* ---- The whole of a model. ---- */

static void judge_sites(trial_t *t) {
  reading_t reading;
  tess_status_t status =
      open_reading(t->original, t->options->allow, TESS_ALL_REWRITES, &reading);
  if (holds(t, "", "read", status) && reading.sites.count > 0) {
    t->tally->sites += reading.sites.count;
    judge_alone(t, &reading.sites);
    if (!t->verdict->failed)
      judge_together(t, &reading.sites);
    if (!t->verdict->failed)
      judge_stages(t);
  }
  close_reading(&reading);
}

static bool run_original(trial_t *t) {
  t->original = mlirModuleCreateParse(
      t->context,
      mlirStringRefCreateFromCString(tess_text_get(&t->program.text)));
  if (mlirModuleIsNull(t->original)) {
    fail(t, "", "the model does not parse");
    return false;
  }
  if (!holds(t, "", "draw", draw_inputs(t)))
    return false;
  tess_status_t status = tess_reference_run(
      t->original, entry(t), t->inputs, t->program.argument_count, &t->arena,
      &t->expected, &t->expected_count);
  if (!holds(t, "", "interpret the original", status))
    return false;
  if (t->options->jit)
    holds(t, "", "compile the original",
          run_code(t, t->original, "", t->expected));
  return !t->verdict->failed;
}

void diff_judge(MlirContext context, const diff_model_t *model,
                const diff_options_t *options, diff_tally_t *tally,
                diff_verdict_t *verdict) {
  trial_t t = {.context = context,
               .model = model,
               .options = options,
               .tally = tally,
               .verdict = verdict};
  *verdict = (diff_verdict_t){.failed = false};
  diff_model_emit(model, &t.program);
  tally->models++;
  if (run_original(&t))
    judge_sites(&t);
  if (!mlirModuleIsNull(t.original))
    mlirModuleDestroy(t.original);
  tess_text_free(&t.program.text);
  tess_arena_free(&t.arena);
}
