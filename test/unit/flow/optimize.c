/* Stage after stage: the recorded candidates replayed one by one give the same
 * module, predicted times are those of the result, and the reasons add up. */
#include "tessera/flow/optimize.h"
#include "../load.h"
#include "tessera/ir/reader.h"
#include <math.h>

static tess_optimize_result_t *
optimize(MlirModule module, const tess_target_t *target, tess_class_t allow) {
  const tess_optimize_options_t options = {.target = target,
                                           .cost_model = "roofline",
                                           .allow = allow,
                                           .rewrites = tess_optimize_usual()};
  tess_optimize_result_t *result;
  CHECK_OK(tess_flow_optimize(tess_load_function(module), &options, &result));
  return result;
}

static double time_of(MlirModule module, const tess_target_t *target) {
  tess_analysis_t analysis;
  CHECK_OK(tess_flow_analyse_bare(tess_load_function(module), target,
                                  "roofline", &analysis));
  double ns = analysis.total.latency_ns;
  tess_analysis_free(&analysis);
  return ns;
}

static void check_same(MlirModule a, MlirModule b) {
  size_t a_length, b_length;
  char *a_text = tess_ir_print(mlirModuleGetOperation(a), &a_length);
  char *b_text = tess_ir_print(mlirModuleGetOperation(b), &b_length);
  CHECK(a_length == b_length && !memcmp(a_text, b_text, a_length));
  free(a_text);
  free(b_text);
}

/* What is taken is never slower than leaving it, and never beyond the class;
 * what was refused is never faster. */
static void check_reasons(const tess_decision_list_t *decisions,
                          tess_class_t allow) {
  int32_t taken = 0;
  for (int32_t i = 0; i < decisions->count; i++) {
    const tess_decision_t *d = &decisions->items[i];
    taken += d->taken;
    if (d->obstacle)
      continue;
    CHECK(d->rewrite_class <= allow);
    CHECK(d->taken ? d->changed_ns <= d->kept_ns : d->changed_ns >= d->kept_ns);
    CHECK(d->site && d->alternative && d->why && d->location);
  }
  CHECK_EQ(taken, decisions->taken_count);
}

static void check(MlirContext context, const char *network,
                  tess_zoo_dialect_t dialect, const char *target_name,
                  tess_class_t allow) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  CHECK_OK(tess_target_load(&arena, target_name, &target, NULL, NULL));
  MlirModule original = tess_load_zoo(context, network, dialect, 64);
  MlirModule module = tess_load_clone(original);
  tess_optimize_result_t *result = optimize(module, target, allow);
  CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  check_reasons(&result->decisions, allow);
  CHECK(fabs(result->before_ns - time_of(original, target)) < 1e-3);
  CHECK(fabs(result->after_ns - time_of(module, target)) < 1e-3);
  CHECK(result->after_ns <= result->before_ns);
  if (*result->applied) {
    CHECK_OK(tess_flow_apply(tess_load_function(original), result->applied,
                             target_name));
    check_same(original, module);
  }
  tess_optimize_result_destroy(result);
  mlirModuleDestroy(original);
  mlirModuleDestroy(module);
  tess_arena_free(&arena);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  static const char *const networks[] = {"efficientnet-b0", "mobilenet-v2"};
  static const char *const targets[] = {"tpu-v3", "h200", "cpu"};
  for (size_t n = 0; n < sizeof networks / sizeof *networks; n++)
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++)
      for (int allow = TESS_CLASS_EXACT; allow <= TESS_CLASS_RETRAIN; allow++) {
        check(context, networks[n], TESS_ZOO_TOSA, targets[t],
              (tess_class_t)allow);
        check(context, networks[n], TESS_ZOO_LINALG, targets[t],
              (tess_class_t)allow);
      }
  mlirContextDestroy(context);
  return tess_check_result();
}
