/* Transposed filters: made by an op that computes, equal by running, and left
 * alone where a compiler does not mind. */
#include "../load.h"
#include "tessera/measure/verify.h"
#include "tessera/rewrite/rewrite.h"
#include <string.h>

/* `before`: what makes %k from the argument %w; a convolution k x k. */
#define CONV(type, zero, acc, k, x, before)                                    \
  "func.func @f(%x: tensor<1x" x "x3x" type "> {tessera.role = \"input\"}, "   \
  "%w: tensor<4x3x" k "x" type ">, %s: tensor<4x" type                         \
  ">) -> tensor<1x5x5x4x" acc "> {\n"                                          \
  "  %zero = arith.constant " zero " : " acc "\n" before                       \
  "  %e = tensor.empty() : tensor<" k "x3x4x" type ">\n"                       \
  "  %t = linalg.transpose ins(%k : tensor<4x3x" k "x" type                    \
  ">) outs(%e : tensor<" k "x3x4x" type ">) permutation = [2, 3, 1, 0]\n"      \
  "  %o = tensor.empty() : tensor<1x5x5x4x" acc ">\n"                          \
  "  %i = linalg.fill ins(%zero : " acc ") outs(%o : tensor<1x5x5x4x" acc      \
  ">) -> tensor<1x5x5x4x" acc ">\n"                                            \
  "  %r = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : vector<2xi64>, "    \
  "strides = dense<1> : vector<2xi64>} ins(%x, %t : tensor<1x" x "x3x" type    \
  ">, tensor<" k "x3x4x" type ">) outs(%i : tensor<1x5x5x4x" acc               \
  ">) -> tensor<1x5x5x4x" acc ">\n  return %r : tensor<1x5x5x4x" acc ">\n}\n"

/* The filter as it is; scaled; scaled and read twice; scaled onto what was
 * there, which the scale reads. */
#define PLAIN(type, k)                                                         \
  "  %k = tensor.cast %w : tensor<4x3x" k "x" type ">to tensor<4x3x" k         \
  "x" type ">\n"
#define SCALED(init, body)                                                     \
  "  %b = tensor.empty() : tensor<4x3x2x3xf32>\n"                              \
  "  %k = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, " \
  "c, d)>, affine_map<(a, b, c, d) -> (a)>, affine_map<(a, b, c, d) -> (a, "   \
  "b, c, d)>], iterator_types = [\"parallel\", \"parallel\", \"parallel\", "   \
  "\"parallel\"]} ins(%w, %s : tensor<4x3x2x3xf32>, tensor<4xf32>) outs(" init \
  " : tensor<4x3x2x3xf32>) {\n  ^bb0(%u: f32, %v: f32, %q: f32):\n"            \
  "    %m = arith.mulf %u, %v : f32\n" body "  } -> tensor<4x3x2x3xf32>\n"
#define YIELD "    linalg.yield %m : f32\n"
#define ADDS "    %n = arith.addf %m, %q : f32\n    linalg.yield %n : f32\n"

static const char depthwise[] =
    "func.func @f(%x: tensor<1x6x6x3xf32> {tessera.role = \"input\"}, %w: "
    "tensor<3x2x2xf32>) -> tensor<1x5x5x3xf32> {\n"
    "  %z = arith.constant 0.0 : f32\n"
    "  %e = tensor.empty() : tensor<2x2x3xf32>\n"
    "  %t = linalg.transpose ins(%w : tensor<3x2x2xf32>) outs(%e : "
    "tensor<2x2x3xf32>) permutation = [1, 2, 0]\n"
    "  %o = tensor.empty() : tensor<1x5x5x3xf32>\n"
    "  %i = linalg.fill ins(%z : f32) outs(%o : tensor<1x5x5x3xf32>) -> "
    "tensor<1x5x5x3xf32>\n"
    "  %r = linalg.depthwise_conv_2d_nhwc_hwc {dilations = dense<1> : "
    "vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%x, %t : "
    "tensor<1x6x6x3xf32>, tensor<2x2x3xf32>) outs(%i : tensor<1x5x5x3xf32>) "
    "-> tensor<1x5x5x3xf32>\n  return %r : tensor<1x5x5x3xf32>\n}\n";

static const struct {
  const char *text;
  int sites, generics; /* that are left */
} examples[] = {
    {CONV("f32", "0.0", "f32", "2x3", "6x7", PLAIN("f32", "2x3")), 1, 1},
    {CONV("bf16", "0.0", "bf16", "2x3", "6x7", PLAIN("bf16", "2x3")), 1, 1},
    {CONV("f16", "0.0", "f32", "2x3", "6x7", PLAIN("f16", "2x3")), 1, 1},
    {CONV("i8", "0", "i32", "2x3", "6x7", PLAIN("i8", "2x3")), 0, 0},
    {CONV("f32", "0.0", "f32", "1x1", "5x5", PLAIN("f32", "1x1")), 0, 0},
    {CONV("f32", "0.0", "f32", "2x3", "6x7", SCALED("%b", YIELD)), 1, 1},
    {CONV("f32", "0.0", "f32", "2x3", "6x7", SCALED("%w", ADDS)), 1, 2},
    {depthwise, 1, 1},
};

static int count_of(MlirModule module, const char *op_name, int64_t *macs) {
  tess_model_t *model;
  int count = 0;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  for (int32_t i = 0; i < model->node_count; i++)
    count += !strcmp(model->nodes[i].op_name, op_name);
  *macs = model->macs;
  tess_model_destroy(model);
  return count;
}

static int rewrite(MlirModule module) {
  tess_model_t *model;
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_set_t only;
  const uint8_t computed = 1;
  bool applied = false;
  CHECK_OK(tess_rewrites_parse("filter-transpose", TESS_ALL_REWRITES, &only));
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, only, &arena, &sites);
  const int count = sites.count;
  if (count == 1) {
    CHECK_OK(tess_rewrite_apply(model, &sites, &computed, &applied));
    CHECK(applied && sites.sites[0].alternatives[1].at_par);
    CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  }
  tess_model_destroy(model);
  tess_arena_free(&arena);
  return count;
}

static void check_example(MlirContext context, const char *text, int sites,
                          int generics) {
  const tess_verify_options_t options = {.seeds = 1, .first_seed = 1};
  tess_verify_report_t report = {0};
  int64_t macs, before;
  MlirModule original = tess_load_text(context, text);
  MlirModule rewritten = tess_load_clone(original);
  CHECK_EQ(count_of(original, "linalg.transpose", &before), 1);
  CHECK_EQ(rewrite(rewritten), sites);
  CHECK_EQ(count_of(rewritten, "linalg.transpose", &macs), 1 - sites);
  CHECK_EQ(macs, before);
  if (sites) {
    CHECK_EQ(count_of(rewritten, "linalg.generic", &macs), generics);
    CHECK_EQ(rewrite(rewritten), 0);
    CHECK_OK(tess_verify(original, rewritten, &options, &report));
    CHECK(report.equal && report.compared > 0);
  }
  mlirModuleDestroy(original);
  mlirModuleDestroy(rewritten);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
    check_example(context, examples[i].text, examples[i].sites,
                  examples[i].generics);
  mlirContextDestroy(context);
  return tess_check_result();
}
