/* bench-effect: what the rewrites of each family, alone and together, are
 * predicted to gain on EfficientNet-B0 at batch 128 in 16 bits, and
 * EfficientNet-X-B0 beside it, as the tables of docs/rewrites.md. Predictions
 * are by the roofline: no clock is read, the output is the same every time. */
#include "tessera/flow/optimize.h"
#include "tessera/ir/reader.h"
#include "tessera/zoo/zoo.h"
#include <stdio.h>
#include <string.h>

static const char *const targets[] = {"tpu-v3", "tpu-v4i", "tpu-v5e",
                                      "v100",   "a100",    "h200"};

/* The V100 has no bf16. */
static tess_dtype_t type_on(const char *target) {
  return strcmp(target, "v100") ? TESS_BF16 : TESS_F16;
}

static tess_status_t load(MlirContext context, const char *network,
                          tess_dtype_t dtype, MlirModule *module) {
  const tess_zoo_options_t options = {
      .dialect = TESS_ZOO_TOSA, .dtype = dtype, .batch = 128};
  tess_text_t text = TESS_TEXT_INIT;
  tess_status_t status = tess_zoo_emit(network, &options, &text, NULL);
  if (!status) {
    *module = mlirModuleCreateParse(
        context, mlirStringRefCreateFromCString(tess_text_get(&text)));
    if (mlirModuleIsNull(*module))
      status = tess_error(TESS_INVALID, "the zoo's text does not parse");
  }
  tess_text_free(&text);
  return status;
}

typedef struct gain {
  double before_ns, after_ns;
} gain_t;

static tess_status_t optimize(MlirContext context, const char *network,
                              const tess_target_t *target, tess_class_t allow,
                              tess_rewrite_set_t rewrites, gain_t *gain) {
  const tess_optimize_options_t options = {.target = target,
                                           .cost_model = "roofline",
                                           .allow = allow,
                                           .rewrites = rewrites};
  MlirModule module;
  MlirOperation function;
  tess_optimize_result_t *result = NULL;
  TESS_TRY(load(context, network, type_on(target->name), &module));
  tess_status_t status = tess_ir_find_function(module, NULL, &function);
  if (!status)
    status = tess_flow_optimize(function, &options, &result);
  if (!status)
    *gain = (gain_t){result->before_ns, result->after_ns};
  tess_optimize_result_destroy(result);
  mlirModuleDestroy(module);
  return status;
}

/* One cell: the time, and in brackets how much faster than `before_ns`. */
static void print_cell(double after_ns, double before_ns) {
  printf(" %.2f ms (%.2fx) |", after_ns * 1e-6, before_ns / after_ns);
}

static tess_status_t print_families(MlirContext context,
                                    const tess_target_t *target,
                                    tess_class_t allow) {
  tess_rewrite_set_t usual = tess_optimize_usual();
  gain_t gain;
  for (int family = 0; family <= TESS_FAMILY_COUNT; family++) {
    tess_rewrite_set_t rewrites =
        family < TESS_FAMILY_COUNT
            ? usual & tess_rewrites_of_family((tess_family_t)family)
            : usual;
    TESS_TRY(
        optimize(context, "efficientnet-b0", target, allow, rewrites, &gain));
    if (family == 0)
      printf("| %s | %s | %.2f ms |", target->name, tess_class_name(allow),
             gain.before_ns * 1e-6);
    print_cell(gain.after_ns, gain.before_ns);
  }
  printf("\n");
  return TESS_SUCCESS;
}

/* The network that was searched for such hardware, against the plain one. */
static tess_status_t print_searched(MlirContext context,
                                    const tess_target_t *target) {
  gain_t plain, searched;
  TESS_TRY(optimize(context, "efficientnet-b0", target, TESS_CLASS_EXACT, 0,
                    &plain));
  TESS_TRY(optimize(context, "efficientnet-x-b0", target, TESS_CLASS_EXACT, 0,
                    &searched));
  printf("| %s | %.2f ms |", target->name, plain.before_ns * 1e-6);
  print_cell(searched.before_ns, plain.before_ns);
  TESS_TRY(optimize(context, "efficientnet-x-b0", target, TESS_CLASS_EXACT,
                    tess_optimize_usual(), &searched));
  print_cell(searched.after_ns, plain.before_ns);
  printf("\n");
  return TESS_SUCCESS;
}

static tess_status_t run(MlirContext context, tess_arena_t *arena) {
  const tess_target_t *loaded[sizeof targets / sizeof *targets];
  size_t count = sizeof targets / sizeof *targets;
  for (size_t t = 0; t < count; t++)
    TESS_TRY(tess_target_load(arena, targets[t], &loaded[t], NULL, NULL));
  printf("| target | class | as is | reshape | activations | fuse | all |\n"
         "|---|---|---|---|---|---|---|\n");
  for (size_t t = 0; t < count; t++) {
    TESS_TRY(print_families(context, loaded[t], TESS_CLASS_EXACT));
    TESS_TRY(print_families(context, loaded[t], TESS_CLASS_RETRAIN));
  }
  printf(
      "\n| target | B0 | X-B0 | X-B0, exact rewrites |\n|---|---|---|---|\n");
  for (size_t t = 0; t < count; t++)
    TESS_TRY(print_searched(context, loaded[t]));
  return TESS_SUCCESS;
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  MlirContext context = tess_ir_context_create();
  tess_status_t status = run(context, &arena);
  if (status)
    fprintf(stderr, "bench-effect: %s\n", tess_status_text(status));
  int code = status ? 1 : 0;
  tess_status_free(status);
  mlirContextDestroy(context);
  tess_arena_free(&arena);
  return code;
}
