/* 1x1 convolutions as products and as slices: in each dialect, layout and type,
 * with and without strides and zero points, run against the original, and what
 * the rewritten model is then read as; and what must be left alone. */
#include "../load.h"
#include "tessera/flow/flow.h"
#include "tessera/measure/verify.h"

typedef enum form { TOSA, HWCF, FHWC, FCHW } form_t;

typedef struct example {
  form_t form;
  const char *type; /* of the data; i8 with zero points -7 and 3 */
  int n, h, w, c, o, stride[2];
} example_t;

static bool is_i8(const example_t *e) { return !strcmp(e->type, "i8"); }

static int places(int size, int stride) { return (size - 1) / stride + 1; }

static const char *result_type(const example_t *e) {
  return is_i8(e) ? "i32" : e->type;
}

static void tensor(tess_text_t *t, const example_t *e, int h, int w, int c,
                   const char *type) {
  if (e->form == FCHW)
    tess_text_add(t, "tensor<%dx%dx%dx%dx%s>", e->n, c, h, w, type);
  else
    tess_text_add(t, "tensor<%dx%dx%dx%dx%s>", e->n, h, w, c, type);
}

static void filter(tess_text_t *t, const example_t *e) {
  if (e->form == TOSA || e->form == FHWC)
    tess_text_add(t, "tensor<%dx1x1x%dx%s>", e->o, e->c, e->type);
  else if (e->form == HWCF)
    tess_text_add(t, "tensor<1x1x%dx%dx%s>", e->c, e->o, e->type);
  else
    tess_text_add(t, "tensor<%dx%dx1x1x%s>", e->o, e->c, e->type);
}

static void tosa_source(tess_text_t *t, const example_t *e, const char *x,
                        const char *w, const char *r) {
  const char *zeros[] = {is_i8(e) ? "-7" : "0.0", is_i8(e) ? "3" : "0.0"};
  tess_text_add(t,
                "func.func @f(%%x: %s {tessera.role = \"input\"}, %%w: %s, "
                "%%i: tensor<%dx%s>) -> %s {\n",
                x, w, e->o, result_type(e), r);
  for (int i = 0; i < 2; i++)
    tess_text_add(t,
                  "  %%z%d = \"tosa.const\"() <{values = dense<%s> : "
                  "tensor<1x%s>}> : () -> tensor<1x%s>\n",
                  i, zeros[i], e->type, e->type);
  tess_text_add(t,
                "  %%r = tosa.conv2d %%x, %%w, %%i, %%z0, %%z1 {acc_type = %s, "
                "dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, "
                "stride = array<i64: %d, %d>} : (%s, %s, tensor<%dx%s>, "
                "tensor<1x%s>, tensor<1x%s>) -> %s\n",
                is_i8(e)                  ? "i32"
                : !strcmp(e->type, "f16") ? "f16"
                                          : "f32",
                e->stride[0], e->stride[1], x, w, e->o, result_type(e), e->type,
                e->type, r);
}

static void linalg_source(tess_text_t *t, const example_t *e, const char *x,
                          const char *w, const char *r) {
  static const char *const names[] = {
      [HWCF] = "nhwc_hwcf", [FHWC] = "nhwc_fhwc", [FCHW] = "nchw_fchw"};
  tess_text_add(t,
                "func.func @f(%%x: %s {tessera.role = \"input\"}, %%w: %s, "
                "%%i: %s) -> %s {\n",
                x, w, r, r);
  if (is_i8(e))
    tess_text_add(t, "  %%z0 = arith.constant -7 : i32\n"
                     "  %%z1 = arith.constant 3 : i32\n");
  tess_text_add(t,
                "  %%r = linalg.conv_2d_%s%s {dilations = dense<1> : "
                "vector<2xi64>, strides = dense<[%d, %d]> : vector<2xi64>} "
                "ins(%%x, %%w%s : %s, %s%s) outs(%%i : %s) -> %s\n",
                names[e->form], is_i8(e) ? "_q" : "", e->stride[0],
                e->stride[1], is_i8(e) ? ", %z0, %z1" : "", x, w,
                is_i8(e) ? ", i32, i32" : "", r, r);
}

static void source(tess_text_t *t, const example_t *e) {
  tess_text_t x = TESS_TEXT_INIT, w = TESS_TEXT_INIT, r = TESS_TEXT_INIT;
  tensor(&x, e, e->h, e->w, e->c, e->type);
  filter(&w, e);
  tensor(&r, e, places(e->h, e->stride[0]), places(e->w, e->stride[1]), e->o,
         result_type(e));
  (e->form == TOSA ? tosa_source : linalg_source)(
      t, e, tess_text_get(&x), tess_text_get(&w), tess_text_get(&r));
  tess_text_add(t, "  return %%r : %s\n}\n", tess_text_get(&r));
  tess_text_free(&x);
  tess_text_free(&w);
  tess_text_free(&r);
}

/* ---- Checking. ---- */

static void check_equal(MlirModule a, MlirModule b, const char *what) {
  const tess_verify_options_t options = {.seeds = 1, .first_seed = 1};
  tess_verify_report_t report = {0};
  CHECK_OK(tess_verify(a, b, &options, &report));
  CHECK(report.equal && report.compared > 0);
  if (!report.equal)
    fprintf(stderr, "%s  greatest error %g\n", what, report.greatest_error);
}

/* One contraction of the same work is left: a product, or a convolution
 * without strides. */
static void check_read(MlirModule module, int64_t macs, bool product,
                       const char *what) {
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  CHECK_EQ(model->contraction_count, 1);
  if (model->contraction_count != 1)
    fprintf(stderr, "%s", what);
  CHECK_EQ(model->macs, macs);
  CHECK_EQ(model->unknown_count, 0);
  for (int32_t i = 0; i < model->node_count; i++) {
    const tess_node_t *node = &model->nodes[i];
    CHECK(node->kind != TESS_NODE_CONV ||
          (!product && node->kernel.stride[0] == 1 &&
           node->kernel.stride[1] == 1));
    CHECK(node->kind != TESS_NODE_MATMUL || product);
  }
  tess_model_destroy(model);
}

static void check_alternative(MlirModule original, uint8_t number,
                              const char *what) {
  MlirModule rewritten = tess_load_clone(original);
  tess_model_t *model;
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  bool applied = false;
  CHECK_OK(tess_ir_read(tess_load_function(rewritten), &model));
  const int64_t macs = model->macs;
  tess_rewrite_set_t only;
  CHECK_OK(tess_rewrites_parse("pointwise-matmul", TESS_ALL_REWRITES, &only));
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, only, &arena, &sites);
  CHECK_EQ(sites.count, 1);
  if (sites.count == 1 && number < sites.sites[0].alternative_count) {
    const char *name = sites.sites[0].alternatives[number].name;
    CHECK_OK(tess_rewrite_apply(model, &sites, &number, &applied));
    CHECK(applied);
    CHECK(mlirOperationVerify(mlirModuleGetOperation(rewritten)));
    check_equal(original, rewritten, what);
    check_read(rewritten, macs, !strcmp(name, "matmul"), what);
  }
  tess_model_destroy(model);
  tess_arena_free(&arena);
  mlirModuleDestroy(rewritten);
}

/* The names of the alternatives of all sites, with spaces between. */
static void check_offers(MlirContext context, const char *text,
                         const char *expected) {
  MlirModule module = tess_load_text(context, text);
  tess_model_t *model;
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_text_t names = TESS_TEXT_INIT;
  tess_rewrite_set_t only;
  CHECK_OK(tess_rewrites_parse("pointwise-matmul", TESS_ALL_REWRITES, &only));
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, only, &arena, &sites);
  for (int32_t s = 0; s < sites.count; s++)
    for (int32_t i = 1; i < sites.sites[s].alternative_count; i++)
      tess_text_add(&names, "%s%s", names.length ? " " : "",
                    sites.sites[s].alternatives[i].name);
  CHECK_STRING(tess_text_get(&names), expected);
  tess_text_free(&names);
  tess_model_destroy(model);
  tess_arena_free(&arena);
  mlirModuleDestroy(module);
}

static void check_example(MlirContext context, const example_t *e) {
  const bool strided = e->stride[0] > 1 || e->stride[1] > 1;
  const bool product = !(e->form == FCHW && e->n > 1 && is_i8(e));
  tess_text_t text = TESS_TEXT_INIT;
  source(&text, e);
  check_offers(context, tess_text_get(&text),
               strided   ? product ? "slice matmul" : "slice"
               : product ? "matmul"
                         : "");
  MlirModule original = tess_load_text(context, tess_text_get(&text));
  for (uint8_t number = 1; number <= strided + product; number++)
    check_alternative(original, number, tess_text_get(&text));
  mlirModuleDestroy(original);
  tess_text_free(&text);
}

/* ---- Left alone. ---- */

#define CONV(x, w, r, zero, pad, stride)                                       \
  "func.func @f(%x: tensor<" x "xf32>, %w: tensor<" w                          \
  "xf32>, %b: tensor<4xf32>) -> tensor<" r "xf32> {\n"                         \
  "  %z = \"tosa.const\"() <{values = dense<" zero                             \
  "> : tensor<1xf32>}> : () -> tensor<1xf32>\n"                                \
  "  %r = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation = "         \
  "array<i64: 1, 1>, pad = array<i64: " pad ">, stride = array<i64: " stride   \
  ">} : (tensor<" x "xf32>, tensor<" w "xf32>, tensor<4xf32>, "                \
  "tensor<1xf32>, tensor<1xf32>) -> tensor<" r "xf32>\n"                       \
  "  return %r : tensor<" r "xf32>\n}\n"

static void check_left_alone(MlirContext context) {
  check_offers(
      context,
      CONV("1x4x4x3", "4x1x1x3", "1x6x6x4", "0.0", "1, 1, 1, 1", "1, 1"), "");
  check_offers(
      context,
      CONV("1x4x4x3", "4x1x2x3", "1x4x3x4", "0.0", "0, 0, 0, 0", "1, 1"), "");
  check_offers(
      context,
      CONV("1x4x4x3", "4x1x1x3", "1x4x4x4", "0.0", "0, 0, 0, 0", "1, 1"),
      "matmul");
}

/* Exporters cut the data to what the windows reach: it is not padded again. */
static const char cut[] =
    "func.func @f(%x: tensor<1x8x8x3xf32>, %w: tensor<4x1x1x3xf32>, %b: "
    "tensor<4xf32>) -> tensor<1x4x4x4xf32> {\n"
    "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
    "tensor<1xf32>\n"
    "  %at = tosa.const_shape {values = dense<0> : tensor<4xindex>} : () -> "
    "!tosa.shape<4>\n"
    "  %rows = tosa.const_shape {values = dense<[1, 7, 8, 3]> : "
    "tensor<4xindex>} : () -> !tosa.shape<4>\n"
    "  %part = tosa.const_shape {values = dense<[1, 7, 7, 3]> : "
    "tensor<4xindex>} : () -> !tosa.shape<4>\n"
    "  %0 = tosa.slice %x, %at, %rows : (tensor<1x8x8x3xf32>, "
    "!tosa.shape<4>, !tosa.shape<4>) -> tensor<1x7x8x3xf32>\n"
    "  %1 = tosa.slice %0, %at, %part : (tensor<1x7x8x3xf32>, "
    "!tosa.shape<4>, !tosa.shape<4>) -> tensor<1x7x7x3xf32>\n"
    "  %r = tosa.conv2d %1, %w, %b, %z, %z {acc_type = f32, dilation = "
    "array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, "
    "2>} : (tensor<1x7x7x3xf32>, tensor<4x1x1x3xf32>, tensor<4xf32>, "
    "tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x4xf32>\n"
    "  return %r : tensor<1x4x4x4xf32>\n}\n";

/* A slice of rows and channels: the channels stay cut. */
static const char cut_channels[] =
    "func.func @f(%x: tensor<1x4x5x6xf32>, %w: tensor<3x1x1x4xf32>, %b: "
    "tensor<3xf32>) -> tensor<1x2x3x3xf32> {\n"
    "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
    "tensor<1xf32>\n"
    "  %at = tosa.const_shape {values = dense<0> : tensor<4xindex>} : () -> "
    "!tosa.shape<4>\n"
    "  %part = tosa.const_shape {values = dense<[1, 3, 5, 4]> : "
    "tensor<4xindex>} : () -> !tosa.shape<4>\n"
    "  %c = tosa.slice %x, %at, %part : (tensor<1x4x5x6xf32>, "
    "!tosa.shape<4>, !tosa.shape<4>) -> tensor<1x3x5x4xf32>\n"
    "  %r = tosa.conv2d %c, %w, %b, %z, %z {acc_type = f32, dilation = "
    "array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, "
    "2>} : (tensor<1x3x5x4xf32>, tensor<3x1x1x4xf32>, tensor<3xf32>, "
    "tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x3x3xf32>\n"
    "  return %r : tensor<1x2x3x3xf32>\n}\n";

static void check_cut_channels(MlirContext context) {
  MlirModule original = tess_load_text(context, cut_channels);
  check_alternative(original, 1, cut_channels);
  check_alternative(original, 2, cut_channels);
  mlirModuleDestroy(original);
}

static void check_cut(MlirContext context) {
  MlirModule original = tess_load_text(context, cut);
  check_alternative(original, 1, cut);
  MlirModule rewritten = tess_load_clone(original);
  tess_model_t *model;
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  const uint8_t slice = 1;
  CHECK_OK(tess_ir_read(tess_load_function(rewritten), &model));
  tess_rewrite_set_t only;
  CHECK_OK(tess_rewrites_parse("pointwise-matmul", TESS_ALL_REWRITES, &only));
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, only, &arena, &sites);
  CHECK_OK(tess_rewrite_apply(model, &sites, &slice, NULL));
  tess_model_destroy(model);
  CHECK_OK(tess_ir_read(tess_load_function(rewritten), &model));
  int moves = 0;
  for (int32_t i = 0; i < model->node_count; i++) {
    CHECK(model->nodes[i].kind != TESS_NODE_PAD);
    moves += model->nodes[i].kind == TESS_NODE_MOVEMENT;
  }
  CHECK_EQ(moves, 1);
  tess_model_destroy(model);
  tess_arena_free(&arena);
  mlirModuleDestroy(original);
  mlirModuleDestroy(rewritten);
}

int main(void) {
  static const char *const types[] = {"f32", "f16", "bf16", "i8"};
  MlirContext context = tess_ir_context_create();
  for (int form = TOSA; form <= FCHW; form++)
    for (int type = 0; type < 4; type++) {
      const example_t list[] = {
          {(form_t)form, types[type], 1, 4, 5, 6, 7, {1, 1}},
          {(form_t)form, types[type], 2, 5, 7, 3, 4, {2, 3}},
          {(form_t)form, types[type], 2, 3, 3, 5, 2, {1, 1}},
          {(form_t)form, types[type], 1, 5, 9, 3, 4, {4, 2}},
          {(form_t)form, types[type], 1, 1, 1, 8, 3, {1, 1}}};
      for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        check_example(context, &list[i]);
    }
  check_left_alone(context);
  check_cut(context);
  check_cut_channels(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
