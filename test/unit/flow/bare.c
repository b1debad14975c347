/* A bare analysis has the kernels, sites and costs of the full one, and nothing
 * of what only people ask for; reading for kernels alone has its kernels. */
#include "../load.h"
#include "tessera/flow/flow.h"
#include <string.h>

static void compare_kernels(const tess_program_t *bare,
                            const tess_program_t *full) {
  CHECK_EQ(bare->kernel_count, full->kernel_count);
  int32_t same = 0, unnamed = 0;
  for (int32_t k = 0; k < full->kernel_count; k++) {
    const tess_program_kernel_t *a = &bare->kernels[k], *b = &full->kernels[k];
    same +=
        a->root == b->root && a->node_count == b->node_count &&
        !memcmp(&a->kernel, &b->kernel, sizeof a->kernel) &&
        !memcmp(a->nodes, b->nodes, (size_t)a->node_count * sizeof *a->nodes);
    unnamed += !a->name && !a->label && !a->location && b->name && b->label &&
               b->location && a->block == TESS_NONE;
  }
  CHECK_EQ(same, full->kernel_count);
  CHECK_EQ(unnamed, full->kernel_count);
  CHECK(full->kernel_count > 0);
}

static void compare_sites(const tess_model_t *bare, const tess_model_t *full) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t a, b;
  tess_rewrite_find_sites(bare, TESS_CLASS_RETRAIN, TESS_ALL_REWRITES, &arena,
                          &a);
  tess_rewrite_find_sites(full, TESS_CLASS_RETRAIN, TESS_ALL_REWRITES, &arena,
                          &b);
  CHECK_EQ(a.count, b.count);
  for (int32_t i = 0; i < a.count && i < b.count; i++) {
    CHECK_STRING(a.sites[i].name, b.sites[i].name);
    CHECK_STRING(a.sites[i].location, b.sites[i].location);
    CHECK_STRING(b.sites[i].location, full->nodes[b.sites[i].node].location);
  }
  tess_arena_free(&arena);
}

/* What is read for kernels alone has those of the bare model, and no chains. */
static void check_kernels_alone(MlirOperation function,
                                const tess_analysis_t *bare) {
  tess_model_t *model;
  CHECK_OK(tess_ir_read_kernels(function, &model));
  tess_program_t *program = tess_program_form(model, &bare->target->fusion);
  CHECK_EQ(program->kernel_count, bare->program->kernel_count);
  int32_t same = 0;
  for (int32_t k = 0; k < program->kernel_count; k++)
    same += !memcmp(&program->kernels[k].kernel,
                    &bare->program->kernels[k].kernel, sizeof(tess_kernel_t));
  CHECK_EQ(same, program->kernel_count);
  CHECK_EQ(model->chain_count, 0);
  CHECK(bare->model->chain_count > 0);
  tess_program_destroy(program);
  tess_model_destroy(model);
}

static void check(MlirModule module, const tess_target_t *target) {
  if (mlirModuleIsNull(module))
    return;
  MlirOperation function = tess_load_function(module);
  tess_analysis_t bare, full;
  CHECK_OK(tess_flow_analyse_bare(function, target, "roofline", &bare));
  CHECK_OK(tess_flow_analyse(function, target, "roofline", &full));
  compare_kernels(bare.program, full.program);
  compare_sites(bare.model, full.model);
  check_kernels_alone(function, &bare);
  CHECK(bare.total.latency_ns == full.total.latency_ns);
  CHECK(full.model->block_count > 0);
  CHECK_EQ(bare.model->block_count, 0);
  CHECK_EQ(bare.model->pattern_count, 0);
  tess_analysis_free(&bare);
  tess_analysis_free(&full);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  CHECK_OK(tess_target_load(&arena, "tpu-v3", &target, NULL, NULL));
  check(tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_TOSA, 64), target);
  check(tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_LINALG, 64), target);
  check(tess_load_zoo(context, "vit-b16", TESS_ZOO_LINALG, 32), target);
  check(tess_load_shared(context, "resnet50.torch.linalg.mlir"), target);
  check(tess_load_shared(context, "efficientnet_b0.tflite.tosa.mlir"), target);
  check(tess_load_shared(context, "efficientnet_b0.jax.linalg.mlir"), target);
  tess_arena_free(&arena);
  mlirContextDestroy(context);
  return tess_check_result();
}
