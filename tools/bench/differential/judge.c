/* Runs a model as it is and under its rewrites, and compares. */
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/half.h"
#include "trial.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void diff_fail(diff_trial_t *t, const char *candidate, const char *format,
               ...) {
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

bool diff_holds(diff_trial_t *t, const char *candidate, const char *step,
                tess_status_t status) {
  if (!status)
    return true;
  diff_fail(t, candidate, "%s: %s", step, tess_status_text(status));
  tess_status_free(status);
  return false;
}

/* ---- Inputs. ---- */

const char *diff_entry(const diff_trial_t *t) {
  return t->model->called ? "main" : "model";
}

/* A number as the type holds it. */
static double rounded(tess_dtype_t dtype, double x) {
  if (dtype == TESS_BF16 || dtype == TESS_F16)
    return tess_half_value(dtype, tess_half_bits(dtype, x));
  return dtype == TESS_F32 ? (double)(float)x : x;
}

tess_array_t diff_draw_array(diff_trial_t *t, tess_arena_t *arena,
                             MlirType type, const diff_argument_t *argument,
                             uint64_t stream) {
  tess_array_t array;
  tess_random_t random = tess_random_make(t->model->seed, stream);
  tess_status_free(tess_array_of_type(type, &array));
  array = tess_array_make(arena, array.dtype, array.rank, array.shape);
  for (int64_t e = 0; e < array.count; e++) {
    double x =
        diff_draw_number(&random, argument, array.dtype, t->model->whole);
    tess_array_set(&array, e, rounded(array.dtype, x));
  }
  return array;
}

static tess_status_t draw_inputs(diff_trial_t *t) {
  const diff_program_t *p = &t->program;
  MlirOperation function;
  TESS_TRY(tess_ir_find_function(t->original, diff_entry(t), &function));
  MlirBlock block =
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  t->inputs = tess_arena_array(&t->arena, (size_t)p->argument_count + 1,
                               sizeof *t->inputs);
  for (int32_t i = 0; i < p->argument_count; i++)
    t->inputs[i] = diff_draw_array(
        t, &t->arena, mlirValueGetType(mlirBlockGetArgument(block, i)),
        &p->arguments[i], 100 + (uint64_t)i);
  return TESS_SUCCESS;
}

/* ---- Comparing. ---- */

static bool is_same(double x, double y) {
  return x == y || (isnan(x) && isnan(y));
}

/* What may lie between two modules beside the residues: an error of the
 * function, and a share of what the original rounds. */
typedef struct allowance {
  bool approximate;
  double error, share;
} allowance_t;

static double bound_of(const tess_number_t *x, const tess_number_t *y,
                       const allowance_t *allowed) {
  if (!allowed->approximate)
    return x->residue + y->residue;
  return allowed->error + allowed->share * x->rounding + x->residue;
}

/* One element of two runs of the interpreter. */
static bool agrees(diff_trial_t *t, const tess_number_t *x,
                   const tess_number_t *y, const allowance_t *allowed) {
  double bound = bound_of(x, y, allowed);
  t->tally->compared++;
  if (!isfinite(bound)) {
    t->tally->undecided++;
    return true;
  }
  t->tally->exact += bound == 0;
  return is_same(x->value, y->value) || fabs(x->value - y->value) <= bound;
}

static bool compare(diff_trial_t *t, const char *candidate,
                    const tess_array_t *got, int32_t count,
                    const allowance_t *allowed) {
  if (count != t->expected_count) {
    diff_fail(t, candidate, "%d results in place of %d", count,
              t->expected_count);
    return false;
  }
  for (int32_t i = 0; i < count; i++) {
    const tess_array_t *want = &t->expected[i];
    if (got[i].count != want->count || got[i].dtype != want->dtype) {
      diff_fail(t, candidate, "result %d has another type", i);
      return false;
    }
    for (int64_t e = 0; e < want->count; e++)
      if (!agrees(t, &want->at[e], &got[i].at[e], allowed)) {
        diff_fail(t, candidate,
                  "result %d, element %lld: %.17g became %.17g; %.3g is "
                  "explained",
                  i, (long long)e, want->at[e].value, got[i].at[e].value,
                  bound_of(&want->at[e], &got[i].at[e], allowed));
        return false;
      }
  }
  return true;
}

/* ---- Variants. ---- */

MlirModule diff_clone(MlirModule module) {
  return mlirModuleFromOperation(
      mlirOperationClone(mlirModuleGetOperation(module)));
}

tess_status_t diff_reading_open(MlirModule module, tess_class_t allow,
                                tess_rewrite_set_t rewrites,
                                diff_reading_t *reading) {
  MlirOperation function;
  *reading = (diff_reading_t){.arena = TESS_ARENA_INIT};
  TESS_TRY(tess_ir_find_function(module, "model", &function));
  TESS_TRY(tess_ir_read(function, &reading->model));
  tess_rewrite_find_sites(reading->model, allow, rewrites, &reading->arena,
                          &reading->sites);
  return TESS_SUCCESS;
}

void diff_reading_close(diff_reading_t *reading) {
  if (reading->model)
    tess_model_destroy(reading->model);
  tess_arena_free(&reading->arena);
}

static bool is_unknown(tess_status_t status) {
  return tess_status_code(status) == TESS_UNSUPPORTED;
}

static void judge_allowing(diff_trial_t *t, MlirModule module,
                           const char *candidate, const allowance_t *allowed,
                           bool code) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_array_t *outputs = NULL;
  int32_t count;
  t->tally->variants++;
  if (!diff_holds(t, candidate, "verify",
                  tess_ir_verify(mlirModuleGetOperation(module))))
    return;
  tess_status_t status = tess_reference_run(
      module, diff_entry(t), t->inputs, t->program.argument_count,
      allowed->approximate, &arena, &outputs, &count);
  if (is_unknown(status)) {
    t->tally->unknown++;
    if (getenv("TESSERA_DIFFERENTIAL_UNKNOWN"))
      fprintf(stderr, "%s: %s\n", candidate, tess_status_text(status));
    tess_status_free(status);
  } else if (diff_holds(t, candidate, "interpret", status) &&
             compare(t, candidate, outputs, count, allowed) && code) {
    diff_holds(t, candidate, "compile",
               diff_run_code(t, module, candidate, outputs));
  }
  tess_arena_free(&arena);
}

void diff_judge_module(diff_trial_t *t, MlirModule module,
                       const char *candidate, bool code) {
  judge_allowing(t, module, candidate, &(allowance_t){.approximate = false},
                 code);
}

static double greatest_input(const diff_trial_t *t) {
  double greatest = 0;
  for (int64_t i = 0; i < t->inputs[0].count; i++)
    greatest = fmax(greatest, t->inputs[0].at[i].mass);
  return greatest;
}

void diff_judge_bounded(diff_trial_t *t, MlirModule module,
                        const char *candidate, double greatest_error) {
  double units = greatest_error * 0x1p24;
  allowance_t allowed = {.approximate = true, .share = 1};
  bool curve = t->program.curve;
  if (units <= 64) {
    allowed.share = 1 + units / 4;
    /* A sigmoid of TOSA is off by as much where it is near 0. */
    if (t->model->form == DIFF_TOSA)
      allowed.error =
          curve ? greatest_error * (1 + greatest_input(t)) : (double)INFINITY;
  } else {
    allowed.error = curve ? greatest_error : (double)INFINITY;
  }
  judge_allowing(t, module, candidate, &allowed, false);
}

/* Applies one candidate to a clone; `applied` (may be NULL) as in
 * tess_rewrite_apply. */
static void judge_candidate(diff_trial_t *t, const uint8_t *candidate,
                            bool code, bool *applied) {
  MlirModule module = diff_clone(t->original);
  diff_reading_t reading;
  tess_status_t status =
      diff_reading_open(module, t->options->allow, TESS_ALL_REWRITES, &reading);
  if (diff_holds(t, "", "read again", status)) {
    char *text =
        tess_rewrite_candidate_text(&reading.arena, &reading.sites, candidate);
    status =
        tess_rewrite_apply(reading.model, &reading.sites, candidate, applied);
    if (diff_holds(t, text, "apply", status))
      diff_judge_module(t, module, text, code);
  }
  diff_reading_close(&reading);
  mlirModuleDestroy(module);
}

static void judge_alone(diff_trial_t *t, const tess_site_list_t *sites) {
  uint8_t *candidate = tess_alloc((size_t)sites->count + 1);
  bool *applied = tess_alloc((size_t)sites->count + 1);
  for (int32_t s = 0; s < sites->count && !t->verdict->failed; s++) {
    const tess_site_t *site = &sites->sites[s];
    for (int32_t a = 1; a < site->alternative_count; a++) {
      candidate[s] = (uint8_t)a;
      judge_candidate(t, candidate, false, applied);
      if (!t->verdict->failed && !applied[s])
        diff_fail(t, site->name, "alternative %s changed nothing",
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
static void judge_together(diff_trial_t *t, const tess_site_list_t *sites) {
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
static bool apply_stage(diff_trial_t *t, MlirModule module, tess_stage_t stage,
                        tess_random_t *random, tess_text_t *text) {
  diff_reading_t reading;
  bool done = false;
  tess_status_t status = diff_reading_open(
      module, t->options->allow, tess_rewrites_of_stage(stage), &reading);
  if (diff_holds(t, tess_text_get(text), "read again", status) &&
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
    done = diff_holds(t, tess_text_get(text), "apply", status);
    free(candidate);
  }
  diff_reading_close(&reading);
  return done;
}

/* One stage after the other, each on what the one before made. */
static void judge_stages(diff_trial_t *t) {
  MlirModule module = diff_clone(t->original);
  tess_random_t random = tess_random_make(t->model->seed, 2000);
  tess_text_t text = TESS_TEXT_INIT;
  int applied = 0;
  for (int stage = 0; stage < TESS_STAGE_COUNT && !t->verdict->failed; stage++)
    applied += apply_stage(t, module, (tess_stage_t)stage, &random, &text);
  if (applied > 0 && !t->verdict->failed)
    diff_judge_module(t, module, tess_text_get(&text), t->options->jit);
  tess_text_free(&text);
  mlirModuleDestroy(module);
}

/* ---- The whole of a model. ---- */

static void judge_sites(diff_trial_t *t) {
  diff_reading_t reading;
  tess_status_t status = diff_reading_open(t->original, t->options->allow,
                                           TESS_ALL_REWRITES, &reading);
  if (diff_holds(t, "", "read", status) && reading.sites.count > 0) {
    t->tally->sites += reading.sites.count;
    judge_alone(t, &reading.sites);
    if (!t->verdict->failed)
      judge_together(t, &reading.sites);
    if (!t->verdict->failed)
      judge_stages(t);
    if (!t->verdict->failed)
      diff_judge_properties(t);
    if (!t->verdict->failed)
      diff_judge_pipeline(t);
  }
  diff_reading_close(&reading);
  if (!t->verdict->failed)
    diff_judge_classes(t);
}

static bool run_original(diff_trial_t *t) {
  t->original = mlirModuleCreateParse(
      t->context,
      mlirStringRefCreateFromCString(tess_text_get(&t->program.text)));
  if (mlirModuleIsNull(t->original)) {
    diff_fail(t, "", "the model does not parse");
    return false;
  }
  if (!diff_holds(t, "", "draw", draw_inputs(t)))
    return false;
  tess_status_t status = tess_reference_run(
      t->original, diff_entry(t), t->inputs, t->program.argument_count, false,
      &t->arena, &t->expected, &t->expected_count);
  if (!diff_holds(t, "", "interpret the original", status))
    return false;
  if (t->options->jit)
    diff_holds(t, "", "compile the original",
               diff_run_code(t, t->original, "", t->expected));
  return !t->verdict->failed;
}

void diff_judge(MlirContext context, const diff_model_t *model,
                const diff_options_t *options, diff_tally_t *tally,
                diff_verdict_t *verdict) {
  diff_trial_t t = {.context = context,
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
