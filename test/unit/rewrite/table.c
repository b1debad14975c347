/* The space's table against the materialised module: for every alternative of
 * every site alone, and for random candidates, the table's latency and number
 * of kernels that cannot run equal those of the rewritten module read from IR
 * again, on every target, and on one with too little memory. */
#include "space_of.h"
#include "tessera/base/random.h"

typedef struct outcome {
  double latency_ns;
  int32_t infeasible; /* kernels of the groups, or of the whole module */
} outcome_t;

static outcome_t table_outcome(const tess_space_t *space,
                               const uint8_t *candidate) {
  outcome_t sum = {space->fixed_latency_ns, 0};
  for (int32_t g = 0; g < space->group_count; g++) {
    const tess_space_group_t *group = &space->groups[g];
    int64_t index = tess_space_combination(space, group, candidate);
    sum.latency_ns += group->latency_ns[index];
    sum.infeasible += group->infeasible[index];
  }
  return sum;
}

static outcome_t module_outcome(MlirModule module, const tess_target_t *target,
                                const tess_site_list_t *sites,
                                const uint8_t *candidate) {
  tess_arena_t arena = TESS_ARENA_INIT;
  char *text = tess_rewrite_candidate_text(&arena, sites, candidate);
  MlirModule clone = tess_load_clone(module);
  MlirOperation function = tess_load_function(clone);
  CHECK_OK(tess_flow_apply(function, text, target->name));
  CHECK(mlirOperationVerify(mlirModuleGetOperation(clone)));
  tess_analysis_t analysis;
  CHECK_OK(tess_flow_analyse(function, target, "roofline", &analysis));
  outcome_t outcome = {analysis.total.latency_ns,
                       analysis.total.infeasible_count};
  tess_analysis_free(&analysis);
  mlirModuleDestroy(clone);
  tess_arena_free(&arena);
  return outcome;
}

/* `fixed`: kernels in no group that cannot run. */
static void compare(MlirModule module, const tess_target_t *target,
                    const tess_space_t *space, const uint8_t *candidate,
                    int32_t fixed, const char *what) {
  outcome_t table = table_outcome(space, candidate);
  outcome_t built = module_outcome(module, target, &space->sites, candidate);
  CHECK_EQ(table.infeasible + fixed, built.infeasible);
  if (built.infeasible)
    return; /* the latency of what cannot run means nothing */
  CHECK_NEAR(table.latency_ns / built.latency_ns, 1.0, 1e-9);
  if (!(fabs(table.latency_ns / built.latency_ns - 1.0) <= 1e-9))
    fprintf(stderr, "  %s on %s: table %.17g, module %.17g\n", what,
            target->name, table.latency_ns, built.latency_ns);
}

/* The canonical combination of every group of a candidate leaves out just the
 * choices that change nothing when the whole candidate is applied. */
static void compare_canonical(MlirModule module, const tess_space_t *space,
                              const uint8_t *candidate) {
  MlirModule clone = tess_load_clone(module);
  tess_model_t *model;
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  CHECK_OK(tess_ir_read(tess_load_function(clone), &model));
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN, searched(), &arena,
                          &sites);
  bool *applied = tess_arena_alloc(&arena, (size_t)sites.count);
  CHECK_EQ(sites.count, space->sites.count);
  CHECK_OK(tess_rewrite_apply(model, &sites, candidate, applied));
  for (int32_t g = 0; g < space->group_count; g++) {
    const tess_space_group_t *group = &space->groups[g];
    int64_t asked = 0, changing = 0;
    for (int32_t i = group->site_count; i-- > 0;) {
      int32_t site = group->sites[i];
      int32_t count = sites.sites[site].alternative_count;
      asked = asked * count + candidate[site];
      changing = changing * count + (applied[site] ? candidate[site] : 0);
    }
    CHECK_EQ(group->canonical[asked], changing);
  }
  tess_model_destroy(model);
  tess_arena_free(&arena);
  mlirModuleDestroy(clone);
}

static void check_alternatives(MlirModule module, const tess_target_t *target,
                               const tess_space_t *space) {
  uint8_t *candidate = tess_alloc((size_t)space->sites.count);
  int32_t fixed =
      module_outcome(module, target, &space->sites, candidate).infeasible -
      table_outcome(space, candidate).infeasible;
  compare(module, target, space, candidate, fixed, "the original");
  for (int32_t i = 0; i < space->sites.count; i++)
    for (int32_t a = 1; a < space->sites.sites[i].alternative_count; a++) {
      candidate[i] = (uint8_t)a;
      compare(module, target, space, candidate, fixed,
              space->sites.sites[i].name);
      candidate[i] = 0;
    }
  for (uint64_t seed = 0; seed < 10; seed++) {
    tess_random_t random = tess_random_make(7, seed);
    for (int32_t i = 0; i < space->sites.count; i++)
      candidate[i] = (uint8_t)tess_random_below(
          &random, (uint64_t)space->sites.sites[i].alternative_count);
    compare(module, target, space, candidate, fixed, "a random candidate");
    compare_canonical(module, space, candidate);
  }
  free(candidate);
}

/* `memory_bytes` replaces what the target has; 0: as it is. */
static void check_space(MlirModule module, const char *target_name,
                        int64_t memory_bytes) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *loaded;
  CHECK_OK(tess_target_load(&arena, target_name, &loaded, NULL, NULL));
  tess_target_t small = *loaded;
  if (memory_bytes)
    small.memory_bytes = memory_bytes;
  const tess_target_t *target = &small;
  tess_space_t *space =
      space_of(module, target, TESS_CLASS_RETRAIN, searched(), NULL);
  CHECK(space->sites.count >= 60);
  /* 16 blocks, 16 squeeze-and-excites and their gates, stem, head. The first
   * block comes to the stem where its outputs may lie in blocks. */
  CHECK(space->group_count == 49 || space->group_count == 50);
  check_alternatives(module, target, space);
  tess_space_destroy(space);
  tess_arena_free(&arena);
}

static void check_module(MlirModule module) {
  if (mlirModuleIsNull(module))
    return;
  check_space(module, "tpu-v3", 0);
  check_space(module, "h200", 0);
  check_space(module, "tpu-v3", 3 << 20);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_module(tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_TOSA, 224));
  check_module(tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_LINALG, 224));
  check_module(tess_load_shared(context, "efficientnet_b0.torch.linalg.mlir"));
  check_module(tess_load_shared(context, "efficientnet_b0.torch.tosa.mlir"));
  check_module(tess_load_shared(context, "efficientnet_b0.tflite.tosa.mlir"));
  mlirContextDestroy(context);
  return tess_check_result();
}
