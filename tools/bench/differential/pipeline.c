/* The whole of tessera-optimize on a model: the same function as before, no
 * slower by the cost model, and nothing left to do for a second run. */
#include "tessera/flow/optimize.h"
#include "trial.h"
#include <math.h>
#include <string.h>

static tess_status_t optimize(MlirModule module, const tess_target_t *target,
                              tess_optimize_result_t **result) {
  MlirOperation function;
  const tess_optimize_options_t options = {.target = target,
                                           .cost_model = "roofline",
                                           .allow = TESS_CLASS_EXACT,
                                           .rewrites = tess_optimize_usual()};
  TESS_TRY(tess_ir_find_function(module, "model", &function));
  return tess_flow_optimize(function, &options, result);
}

/* Times of tables are steps of 2^-20 ns for each kernel. */
static bool is_slower(double after, double before) {
  return after > before * (1 + 1e-9) + 0x1p-16;
}

/* A second run, on what the first has left. One that still gains is counted: a
 * later stage may put in what an earlier one would have changed. */
static void run_again(diff_trial_t *t, MlirModule module,
                      const tess_target_t *target, const char *first) {
  tess_optimize_result_t *again = NULL;
  if (!diff_holds(t, first, "optimize again", optimize(module, target, &again)))
    return;
  if (again->applied[0]) {
    t->tally->optimized_twice++;
    if (is_slower(again->after_ns, again->before_ns))
      diff_fail(t, first, "a second run (%s) on %s: %.17g ns became %.17g",
                again->applied, target->name, again->before_ns,
                again->after_ns);
    else
      diff_judge_module(t, module, again->applied, false);
  }
  tess_optimize_result_destroy(again);
}

static void judge_on(diff_trial_t *t, const tess_target_t *target) {
  MlirModule module = diff_clone(t->original);
  tess_optimize_result_t *result = NULL;
  if (diff_holds(t, "", "optimize", optimize(module, target, &result))) {
    t->tally->optimized += result->applied[0] != 0;
    if (is_slower(result->after_ns, result->before_ns) && diff_sure_roles(t))
      diff_fail(t, result->applied, "on %s: %.17g ns became %.17g",
                target->name, result->before_ns, result->after_ns);
    if (result->applied[0] && !t->verdict->failed)
      diff_judge_module(t, module, result->applied, t->options->jit);
    if (!t->verdict->failed && diff_sure_roles(t))
      run_again(t, module, target, result->applied);
    tess_optimize_result_destroy(result);
  }
  mlirModuleDestroy(module);
}

void diff_judge_pipeline(diff_trial_t *t) {
  static const char *const names[] = {"cpu-avx512", "tpu-v5e", "a100",
                                      "tpu-v4i"};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  tess_status_t status = tess_target_load(&arena, names[t->model->seed / 4 % 4],
                                          &target, NULL, NULL);
  if (diff_holds(t, "", "target", status))
    judge_on(t, target);
  tess_arena_free(&arena);
}
