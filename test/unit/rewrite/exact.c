/* Every exact alternative against the original, run through the JIT: single
 * convolutions of many shapes in each dialect and layout, and a network. */
#include "all_exact.h"

/* ---- Single convolutions. ---- */

typedef enum form { FORM_TOSA, FORM_NCHW, FORM_NHWC } form_t;

typedef struct shape {
  int h, w, c, o, k, s, top, bottom, left, right;
} shape_t;

static int outputs(int size, const shape_t *s, int low, int high) {
  return (size + low + high - s->k) / s->s + 1;
}

static void tosa_source(tess_text_t *t, const shape_t *s, bool depthwise) {
  int oh = outputs(s->h, s, s->top, s->bottom);
  int ow = outputs(s->w, s, s->left, s->right);
  char filter[64];
  if (depthwise)
    snprintf(filter, sizeof filter, "tensor<%dx%dx%dx1xf32>", s->k, s->k, s->c);
  else
    snprintf(filter, sizeof filter, "tensor<%dx%dx%dx%dxf32>", s->o, s->k, s->k,
             s->c);
  tess_text_add(
      t,
      "func.func @f(%%x: tensor<2x%dx%dx%dxf32>, %%w: %s, %%b: tensor<%dxf32>)"
      " -> tensor<2x%dx%dx%dxf32> {\n"
      "  %%z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () "
      "-> tensor<1xf32>\n"
      "  %%r = tosa.%s %%x, %%w, %%b, %%z, %%z {acc_type = f32, dilation = "
      "array<i64: 1, 1>, pad = array<i64: %d, %d, %d, %d>, stride = "
      "array<i64: %d, %d>} : (tensor<2x%dx%dx%dxf32>, %s, tensor<%dxf32>, "
      "tensor<1xf32>, tensor<1xf32>) -> tensor<2x%dx%dx%dxf32>\n"
      "  return %%r : tensor<2x%dx%dx%dxf32>\n}\n",
      s->h, s->w, s->c, filter, s->o, oh, ow, s->o,
      depthwise ? "depthwise_conv2d" : "conv2d", s->top, s->bottom, s->left,
      s->right, s->s, s->s, s->h, s->w, s->c, filter, s->o, oh, ow, s->o, oh,
      ow, s->o);
}

static void add_tensor(tess_text_t *t, bool nchw, int h, int w, int c) {
  if (nchw)
    tess_text_add(t, "tensor<2x%dx%dx%dxf32>", c, h, w);
  else
    tess_text_add(t, "tensor<2x%dx%dx%dxf32>", h, w, c);
}

static const char *linalg_op(bool nchw, bool depthwise) {
  if (depthwise)
    return nchw ? "depthwise_conv_2d_nchw_chw" : "depthwise_conv_2d_nhwc_hwc";
  return nchw ? "conv_2d_nchw_fchw" : "conv_2d_nhwc_hwcf";
}

static void linalg_source(tess_text_t *t, const shape_t *s, bool nchw,
                          bool depthwise) {
  tess_text_t x = TESS_TEXT_INIT, r = TESS_TEXT_INIT, w = TESS_TEXT_INIT;
  tess_text_t p = TESS_TEXT_INIT;
  int bottom = s->bottom > 0 ? s->bottom : 0;
  int right = s->right > 0 ? s->right : 0;
  add_tensor(&x, nchw, s->h, s->w, s->c);
  add_tensor(&p, nchw, s->h + s->top + bottom, s->w + s->left + right, s->c);
  add_tensor(&r, nchw, outputs(s->h, s, s->top, bottom),
             outputs(s->w, s, s->left, right), s->o);
  if (depthwise && nchw)
    tess_text_add(&w, "tensor<%dx%dx%dxf32>", s->c, s->k, s->k);
  else if (depthwise)
    tess_text_add(&w, "tensor<%dx%dx%dxf32>", s->k, s->k, s->c);
  else if (nchw)
    tess_text_add(&w, "tensor<%dx%dx%dx%dxf32>", s->o, s->c, s->k, s->k);
  else
    tess_text_add(&w, "tensor<%dx%dx%dx%dxf32>", s->k, s->k, s->c, s->o);
  tess_text_add(t,
                "func.func @f(%%x: %s, %%w: %s) -> %s {\n"
                "  %%z = arith.constant 0.0 : f32\n",
                tess_text_get(&x), tess_text_get(&w), tess_text_get(&r));
  tess_text_add(t,
                "  %%p = tensor.pad %%x low[0, %d, %d, %d] high[0, %d, %d, "
                "%d] {\n  ^bb0(%%a: index, %%b: index, %%c: index, %%d: "
                "index):\n    tensor.yield %%z : f32\n  } : %s to %s\n",
                nchw ? 0 : s->top, nchw ? s->top : s->left, nchw ? s->left : 0,
                nchw ? 0 : bottom, nchw ? bottom : right, nchw ? right : 0,
                tess_text_get(&x), tess_text_get(&p));
  tess_text_add(
      t,
      "  %%e = tensor.empty() : %s\n"
      "  %%i = linalg.fill ins(%%z : f32) outs(%%e : %s) -> %s\n"
      "  %%r = linalg.%s {dilations = dense<1> : vector<2xi64>, strides = "
      "dense<%d> : vector<2xi64>} ins(%%p, %%w : %s, %s) outs(%%i : %s) -> "
      "%s\n  return %%r : %s\n}\n",
      tess_text_get(&r), tess_text_get(&r), tess_text_get(&r),
      linalg_op(nchw, depthwise), s->s, tess_text_get(&p), tess_text_get(&w),
      tess_text_get(&r), tess_text_get(&r), tess_text_get(&r));
  tess_text_free(&x);
  tess_text_free(&p);
  tess_text_free(&r);
  tess_text_free(&w);
}

static void check_shape(MlirContext context, const shape_t *shape, form_t form,
                        bool depthwise, int expected) {
  tess_text_t source = TESS_TEXT_INIT;
  if (form == FORM_TOSA)
    tosa_source(&source, shape, depthwise);
  else
    linalg_source(&source, shape, form == FORM_NCHW, depthwise);
  check_all_exact(context, tess_text_get(&source), expected,
                  tess_text_get(&source));
  tess_text_free(&source);
}

/* TOSA wants (size + pads - k) divisible by the stride. */
static const shape_t stems[] = {
    {16, 16, 3, 5, 3, 2, 0, 1, 0, 1},   /* the TFLite converter's stem */
    {16, 16, 3, 5, 3, 2, 1, 0, 1, 0},   /* torch-mlir's stem */
    {16, 12, 3, 4, 5, 2, 1, 2, 2, 1},   /* different pads a side */
    {16, 16, 4, 4, 7, 2, 3, 2, 3, 2},   /* ResNet's stem */
    {16, 16, 3, 8, 4, 4, 0, 0, 0, 0},   /* patches, as in a ViT */
    {18, 12, 1, 3, 5, 3, 1, 1, 1, 1},   /* stride 3, one channel */
    {16, 16, 8, 2, 2, 2, 0, 0, 0, 0},   /* most channels, whole blocks */
    {16, 20, 2, 3, 1, 2, 0, -1, 0, -1}, /* 1x1: linalg only */
};

static void check_stems(MlirContext context) {
  for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
    if (stems[i].bottom >= 0)
      check_shape(context, &stems[i], FORM_TOSA, false, 1);
    check_shape(context, &stems[i], FORM_NCHW, false, 1);
    check_shape(context, &stems[i], FORM_NHWC, false, 1);
  }
}

static const shape_t depthwises[] = {
    {9, 8, 6, 6, 3, 1, 1, 1, 1, 1},
    {16, 16, 5, 5, 5, 2, 2, 1, 1, 2},
    {7, 7, 1, 1, 3, 1, 0, 0, 0, 0},
    {12, 12, 40, 40, 3, 3, 0, 0, 0, 0},
};

static void check_depthwises(MlirContext context) {
  for (size_t i = 0; i < sizeof depthwises / sizeof depthwises[0]; i++) {
    check_shape(context, &depthwises[i], FORM_TOSA, true, 1);
    check_shape(context, &depthwises[i], FORM_NCHW, true, 1);
    check_shape(context, &depthwises[i], FORM_NHWC, true, 1);
  }
}

/* ---- A network: the stem, and the depthwise convolutions of the first five
 * blocks, whose dense weights stay small. ---- */

static void check_network(MlirContext context, tess_zoo_dialect_t dialect) {
  MlirModule original = tess_load_zoo(context, "efficientnet-b0", dialect, 64);
  MlirModule rewritten = tess_load_clone(original);
  MlirOperation function = tess_load_function(rewritten);
  CHECK_OK(tess_flow_apply(
      function,
      "space-to-depth.0=blocks;dense-depthwise.0=dense;dense-depthwise.1=dense;"
      "dense-depthwise.2=dense;dense-depthwise.3=dense;dense-depthwise.4=dense",
      "tpu-v3"));
  verify_equal(original, rewritten, "efficientnet-b0 at 64");
  mlirModuleDestroy(original);
  mlirModuleDestroy(rewritten);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_stems(context);
  check_depthwises(context);
  check_network(context, TESS_ZOO_TOSA);
  check_network(context, TESS_ZOO_LINALG);
  mlirContextDestroy(context);
  return tess_check_result();
}
