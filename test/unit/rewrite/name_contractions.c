/* Named ops that upstream writes out as linalg.generic get their names back, in
 * any order of loops; what computes anything else keeps its form. */
#include "../ir/upstream.h"
#include "../load.h"
#include "tessera/measure/verify.h"
#include "tessera/rewrite/rewrite.h"
#include <string.h>

typedef struct example {
  const char *op, *data, *filter, *out; /* shapes; sizes of strides 2, 1 and
                                           dilations 1, 2 */
} example_t;

static const example_t convolutions[] = {
    {"conv_2d_nhwc_hwcf", "2x7x8x3", "3x2x3x4", "2x3x6x4"},
    {"conv_2d_nhwc_fhwc", "2x7x8x3", "4x3x2x3", "2x3x6x4"},
    {"conv_2d_nchw_fchw", "2x3x7x8", "4x3x3x2", "2x4x3x6"},
    {"conv_2d_ngchw_fgchw", "2x2x3x7x8", "4x2x3x3x2", "2x2x4x3x6"},
    {"conv_2d_ngchw_gfchw", "2x2x3x7x8", "2x4x3x3x2", "2x2x4x3x6"},
    {"conv_2d_nhwgc_gfhwc", "2x7x8x2x3", "2x4x3x2x3", "2x3x6x2x4"},
    {"depthwise_conv_2d_nhwc_hwc", "2x7x8x3", "3x2x3", "2x3x6x3"},
    {"depthwise_conv_2d_nchw_chw", "2x3x7x8", "3x3x2", "2x3x3x6"},
    {"depthwise_conv_2d_nhwc_hwcm", "2x7x8x3", "3x2x3x2", "2x3x6x3x2"},
    {"conv_2d_nhwc_hwcf_q", "2x7x8x3", "3x2x3x4", "2x3x6x4"},
    {"conv_2d_nhwc_fhwc_q", "2x7x8x3", "4x3x2x3", "2x3x6x4"},
    {"conv_2d_nchw_fchw_q", "2x3x7x8", "4x3x3x2", "2x4x3x6"},
    {"conv_2d_ngchw_gfchw_q", "2x2x3x7x8", "2x4x3x3x2", "2x2x4x3x6"},
    {"conv_2d_nhwgc_gfhwc_q", "2x7x8x2x3", "2x4x3x2x3", "2x3x6x2x4"},
    {"depthwise_conv_2d_nhwc_hwc_q", "2x7x8x3", "3x2x3", "2x3x6x3"},
    {"depthwise_conv_2d_nhwc_hwcm_q", "2x7x8x3", "3x2x3x2", "2x3x6x3x2"},
};

static const example_t products[] = {
    {"matmul", "3x5", "5x4", "3x4"},
    {"batch_matmul", "2x3x5", "2x5x4", "2x3x4"},
    {"quantized_matmul", "3x5", "5x4", "3x4"},
    {"quantized_batch_matmul", "2x3x5", "2x5x4", "2x3x4"},
};

static bool is_quantised(const example_t *e) {
  return strstr(e->op, "_q") || strstr(e->op, "quantized");
}

/* `in` and `out`: element types. */
static void source(tess_text_t *t, const example_t *e, bool window,
                   const char *in, const char *out) {
  bool q = is_quantised(e);
  tess_text_add(
      t,
      "func.func @f(%%x: tensor<%sx%s> {tessera.role = \"input\"}, %%w: "
      "tensor<%sx%s>, %%i: tensor<%sx%s>) -> tensor<%sx%s> {\n%s"
      "  %%r = linalg.%s %sins(%%x, %%w%s : tensor<%sx%s>, tensor<%sx%s>%s) "
      "outs(%%i : tensor<%sx%s>) -> tensor<%sx%s>\n"
      "  return %%r : tensor<%sx%s>\n}\n",
      e->data, in, e->filter, in, e->out, out, e->out, out,
      q ? "  %a = arith.constant 5 : i32\n  %b = arith.constant -3 : i32\n"
        : "",
      e->op,
      window ? "{dilations = dense<[1, 2]> : vector<2xi64>, strides = "
               "dense<[2, 1]> : vector<2xi64>} "
             : "",
      q ? ", %a, %b" : "", e->data, in, e->filter, in, q ? ", i32, i32" : "",
      e->out, out, e->out, out, e->out, out);
}

/* Applies the rule wherever it acts; returns how many sites there are. */
static int name_all(MlirModule module) {
  tess_model_t *model;
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_set_t only;
  CHECK_OK(tess_rewrites_parse("name-contractions", TESS_ALL_REWRITES, &only));
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, only, &arena, &sites);
  const int count = sites.count;
  uint8_t *candidate = tess_arena_array(&arena, (size_t)count + 1, 1);
  bool *applied = tess_arena_array(&arena, (size_t)count + 1, sizeof *applied);
  memset(candidate, 1, (size_t)count);
  CHECK_OK(tess_rewrite_apply(model, &sites, candidate, applied));
  for (int i = 0; i < count; i++)
    CHECK(applied[i] && sites.sites[i].alternatives[1].at_par);
  CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  tess_model_destroy(model);
  tess_arena_free(&arena);
  return count;
}

static void collect(MlirStringRef part, void *text) {
  tess_text_add_n(text, part.data, part.length);
}

static void print(MlirModule module, tess_text_t *text) {
  mlirOperationPrint(mlirModuleGetOperation(module), collect, text);
}

static void check_equal(MlirModule a, MlirModule b, const char *what) {
  const tess_verify_options_t options = {.seeds = 1, .first_seed = 1};
  tess_verify_report_t report = {0};
  CHECK_OK(tess_verify(a, b, &options, &report));
  CHECK(report.equal && report.compared > 0);
  if (!report.equal)
    fprintf(stderr, "%s", what);
}

/* Written out and named again, the text is the one that it was. */
static void check_example(MlirContext context, const example_t *e, bool window,
                          const char *in, const char *out) {
  tess_text_t text = TESS_TEXT_INIT, before = TESS_TEXT_INIT,
              after = TESS_TEXT_INIT;
  source(&text, e, window, in, out);
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  print(module, &before);
  CHECK_EQ(name_all(module), 0);
  upstream_generalise(module);
  CHECK_EQ(name_all(module), 1);
  print(module, &after);
  CHECK_STRING(tess_text_get(&after), tess_text_get(&before));
  mlirModuleDestroy(module);
  tess_text_free(&text);
  tess_text_free(&before);
  tess_text_free(&after);
}

/* ---- Other orders, and what is no named op. ---- */

/* A product of 3x5 by 5x4: maps, body of three arguments. */
#define GENERIC(maps, kinds, body)                                             \
  "func.func @f(%x: tensor<3x5xf32> {tessera.role = \"input\"}, %w: "          \
  "tensor<5x4xf32>, %i: tensor<3x4xf32>) -> tensor<3x4xf32> {\n"               \
  "  %two = arith.constant 2.0 : f32\n"                                        \
  "  %r = linalg.generic {indexing_maps = [" maps "], iterator_types = "       \
  "[" kinds "]} ins(%x, %w : tensor<3x5xf32>, tensor<5x4xf32>) outs(%i : "     \
  "tensor<3x4xf32>) {\n  ^bb0(%a: f32, %b: f32, %c: f32):\n" body              \
  "  } -> tensor<3x4xf32>\n  return %r : tensor<3x4xf32>\n}\n"
#define MAP(index) "affine_map<(d0, d1, d2) -> (" index ")>"
#define PLAIN MAP("d0, d2") ", " MAP("d2, d1") ", " MAP("d0, d1")
#define PARALLEL "\"parallel\", "
#define YIELD "    linalg.yield %s : f32\n"
#define MULTIPLY "    %m = arith.mulf %a, %b : f32\n"

static const struct {
  const char *text;
  int sites;
} generics[] = {
    {GENERIC(PLAIN, PARALLEL PARALLEL "\"reduction\"",
             MULTIPLY "    %s = arith.addf %c, %m : f32\n" YIELD),
     1},
    /* Other loops first, operands of sum and product exchanged. */
    {GENERIC(MAP("d2, d0") ", " MAP("d0, d1") ", " MAP("d2, d1"),
             "\"reduction\", " PARALLEL "\"parallel\"",
             "    %m = arith.mulf %b, %a : f32\n    %s = arith.addf %m, %c : "
             "f32\n" YIELD),
     1},
    /* Not the sum of products. */
    {GENERIC(PLAIN, PARALLEL PARALLEL "\"reduction\"",
             MULTIPLY "    %s = arith.subf %c, %m : f32\n" YIELD),
     0},
    {GENERIC(PLAIN, PARALLEL PARALLEL "\"reduction\"",
             MULTIPLY "    %t = arith.mulf %m, %two : f32\n"
                      "    %s = arith.addf %c, %t : f32\n" YIELD),
     0},
    {GENERIC(PLAIN, PARALLEL PARALLEL "\"reduction\"",
             "    %m = arith.mulf %a, %a : f32\n"
             "    %s = arith.addf %c, %m : f32\n" YIELD),
     0},
    {GENERIC(PLAIN, PARALLEL PARALLEL "\"reduction\"",
             "    %m = arith.mulf %a, %b fastmath<fast> : f32\n"
             "    %s = arith.addf %c, %m : f32\n" YIELD),
     0},
    {GENERIC(PLAIN, PARALLEL PARALLEL "\"reduction\"",
             MULTIPLY "    %s = arith.maximumf %c, %m : f32\n" YIELD),
     0},
};

/* Turned operands and fewer loops than a product has. */
static const char turned[] =
    "func.func @f(%x: tensor<4x4xf32> {tessera.role = \"input\"}, %w: "
    "tensor<4x4xf32>, %i: tensor<4x4xf32>) -> tensor<4x4xf32> {\n"
    "  %r = linalg.generic {indexing_maps = [" MAP("d0, d2") ", " MAP(
        "d1, d2") ", " MAP("d0, d1") "], iterator_types = [" PARALLEL PARALLEL
                                     "\"reduction\"]} ins(%x, %w : "
                                     "tensor<4x4xf32>, tensor<4x4xf32>) "
                                     "outs(%i : tensor<4x4xf32>) {\n"
                                     "  ^bb0(%a: f32, %b: f32, %c: "
                                     "f32):\n" MULTIPLY
                                     "    %s = arith.addf %c, %m : f32\n" YIELD
                                     "  } -> tensor<4x4xf32>\n  return %r : "
                                     "tensor<4x4xf32>\n}\n";

/* A convolution whose image is turned while it is read: rows by columns. */
#define IMAGE(index)                                                           \
  "func.func @f(%x: tensor<1x6x6x3xf32> {tessera.role = \"input\"}, %w: "      \
  "tensor<3x3x3x4xf32>, %i: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {\n"   \
  "  %r = linalg.generic {indexing_maps = [" SEVEN(index) ", " SEVEN(          \
      "d4, d5, d6, d3") ", " SEVEN("d0, d1, d2, d3") "], iterator_types = "    \
                                                     "[" PARALLEL PARALLEL     \
                                                         PARALLEL PARALLEL     \
                                                     "\"reduction\", "         \
                                                     "\"reduction\", "         \
                                                     "\"reduction\"]} "        \
                                                     "ins(%x, %w : "           \
                                                     "tensor<1x6x6x3xf32>, "   \
                                                     "tensor<3x3x3x4xf32>) "   \
                                                     "outs(%i : "              \
                                                     "tensor<1x4x4x4xf32>) "   \
                                                     "{\n  ^bb0(%a: f32, %b: " \
                                                     "f32, %c: "               \
                                                     "f32):\n" MULTIPLY        \
                                                     "    %s = arith.addf "    \
                                                     "%c, %m : f32\n" YIELD    \
                                                     "  } -> "                 \
                                                     "tensor<1x4x4x4xf32>\n"   \
                                                     "  return %r : "          \
                                                     "tensor<1x4x4x4xf32>\n}"  \
                                                     "\n"
#define SEVEN(index) "affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (" index ")>"

static void check_generic(MlirContext context, const char *text, int sites) {
  MlirModule original = tess_load_text(context, text);
  MlirModule rewritten = tess_load_clone(original);
  const int count = name_all(rewritten);
  CHECK_EQ(count, sites);
  if (count != sites)
    fprintf(stderr, "%s", text);
  tess_text_t after = TESS_TEXT_INIT;
  print(rewritten, &after);
  CHECK((strstr(tess_text_get(&after), "linalg.generic") == NULL) ==
        (sites > 0));
  if (count)
    check_equal(original, rewritten, text);
  tess_text_free(&after);
  mlirModuleDestroy(original);
  mlirModuleDestroy(rewritten);
}

int main(void) {
  static const char *const types[][2] = {
      {"f32", "f32"}, {"bf16", "bf16"}, {"f16", "f32"}, {"i8", "i32"}};
  MlirContext context = tess_ir_context_create();
  for (int type = 0; type < 4; type++) {
    const char *in = types[type][0], *out = types[type][1];
    for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++)
      if (!is_quantised(&convolutions[i]) || type == 3)
        check_example(context, &convolutions[i], true, in, out);
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
      if (!is_quantised(&products[i]) || type == 3)
        check_example(context, &products[i], false, in, out);
  }
  for (size_t i = 0; i < sizeof generics / sizeof *generics; i++)
    check_generic(context, generics[i].text, generics[i].sites);
  check_generic(context, turned, 0);
  check_generic(context, IMAGE("d0, d4 + d1, d2 + d5, d6"), 1);
  check_generic(context, IMAGE("d0, d2 + d4, d1 + d5, d6"), 0);
  check_generic(context, IMAGE("d0, d2 + d5, d1 + d4, d6"), 0);
  mlirContextDestroy(context);
  return tess_check_result();
}
