/* The greatest differences that the activation rewrites state, against brute
 * force over a fine grid. */
#include "../load.h"
#include "tessera/rewrite/rewrite.h"

static double relu(double x) { return x > 0 ? x : 0; }
static double swish(double x) { return x / (1 + exp(-x)); }
static double hard_swish(double x) { return x * fmin(fmax(x + 3, 0), 6) / 6; }

static double greatest(double (*f)(double), double (*g)(double)) {
  double worst = 0;
  for (int64_t i = -20000000; i <= 20000000; i++)
    worst = fmax(worst, fabs(f((double)i * 1e-6) - g((double)i * 1e-6)));
  return worst;
}

static void check_site(const tess_site_t *site) {
  CHECK_EQ(site->alternative_count, 3);
  CHECK_STRING(site->alternatives[1].name, "hard-swish");
  CHECK_NEAR(site->alternatives[1].greatest_error, greatest(swish, hard_swish),
             1e-9);
  CHECK_STRING(site->alternatives[2].name, "relu");
  CHECK_NEAR(site->alternatives[2].greatest_error, greatest(swish, relu), 1e-9);
  CHECK_EQ(site->alternatives[2].rewrite_class, TESS_CLASS_RETRAIN);
}

static const char hard_swish_model[] =
    "func.func @f(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {\n"
    "  %z = arith.constant 0.0 : f32\n"
    "  %three = arith.constant 3.0 : f32\n"
    "  %six = arith.constant 6.0 : f32\n"
    "  %e = tensor.empty() : tensor<4x8xf32>\n"
    "  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, "
    "affine_map<(i, j) -> (i, j)>], iterator_types = [\"parallel\", "
    "\"parallel\"]} ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {\n"
    "  ^bb0(%a: f32, %o: f32):\n"
    "    %s = arith.addf %a, %three : f32\n"
    "    %l = arith.maximumf %s, %z : f32\n"
    "    %h = arith.minimumf %l, %six : f32\n"
    "    %p = arith.mulf %a, %h : f32\n"
    "    %q = arith.divf %p, %six : f32\n"
    "    linalg.yield %q : f32\n"
    "  } -> tensor<4x8xf32>\n"
    "  return %r : tensor<4x8xf32>\n"
    "}\n";

static void check_hard_swish(MlirContext context) {
  MlirModule module = tess_load_text(context, hard_swish_model);
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN, TESS_ALL_REWRITES, &arena,
                          &sites);
  CHECK_EQ(sites.count, 1);
  if (sites.count == 1) {
    CHECK_EQ(sites.sites[0].alternative_count, 2);
    CHECK_NEAR(sites.sites[0].alternatives[1].greatest_error,
               greatest(hard_swish, relu), 1e-9);
    CHECK_EQ(sites.sites[0].alternatives[1].changed_elements, 32);
  }
  /* Nothing is allowed to change the function: no site is left. */
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, TESS_ALL_REWRITES, &arena,
                          &sites);
  CHECK_EQ(sites.count, 0);
  tess_arena_free(&arena);
  tess_model_destroy(model);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  MlirModule module =
      tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_TOSA, 64);
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN,
                          tess_rewrites_of_family(TESS_FAMILY_ACTIVATIONS),
                          &arena, &sites);
  /* 16 blocks: expansion (not in the first), depthwise, squeeze; stem, head. */
  CHECK_EQ(sites.count, 15 + 16 + 16 + 2);
  if (sites.count)
    check_site(&sites.sites[0]);
  tess_arena_free(&arena);
  tess_model_destroy(model);
  mlirModuleDestroy(module);
  check_hard_swish(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
