/* Functions of one convolution, of any shape, form and type, for tests of
 * rewrites of one; and running them before and after one named choice. */
#ifndef TESSERA_TEST_UNIT_REWRITE_CONVOLUTIONS_H
#define TESSERA_TEST_UNIT_REWRITE_CONVOLUTIONS_H

#include "../load.h"
#include "tessera/flow/flow.h"
#include "tessera/measure/verify.h"

typedef struct shape {
  int h, w, c, o; /* o: 0 for a depthwise one */
  int kh, kw, sh, sw, dh, dw;
  int top, bottom, left, right;
} shape_t;

typedef enum form {
  FORM_TOSA,
  FORM_NCHW,
  FORM_NHWC,
  FORM_FHWC,
  FORM_SUM, /* NHWC, added to an argument */
  FORM_COUNT
} form_t;

/* COUNTED: f32, but data and filter are small integers, so that every order of
 * summation gives the same bits. */
typedef enum type {
  TYPE_COUNTED,
  TYPE_F32,
  TYPE_BF16,
  TYPE_F16,
  TYPE_I8,
  TYPE_COUNT
} type_t;

#define BATCH 2

static inline const char *operand_type(type_t type) {
  static const char *const names[] = {"f32", "f32", "bf16", "f16", "i8"};
  return names[type];
}

static inline const char *result_type(type_t type) {
  return type == TYPE_I8 ? "i32" : operand_type(type);
}

static inline int outputs(int size, int window, int stride, int dilation,
                          int pads) {
  return (size + pads - dilation * (window - 1) - 1) / stride + 1;
}

static inline bool fits_tosa(const shape_t *s) {
  int h = s->h + s->top + s->bottom - s->dh * (s->kh - 1) - 1;
  int w = s->w + s->left + s->right - s->dw * (s->kw - 1) - 1;
  return h % s->sh == 0 && w % s->sw == 0;
}

/* The text of a picture's type without its element type: "2x9x9x3x". */
static inline void picture(char *out, bool nchw, int h, int w, int c) {
  if (nchw)
    snprintf(out, 64, "%dx%dx%dx%dx", BATCH, c, h, w);
  else
    snprintf(out, 64, "%dx%dx%dx%dx", BATCH, h, w, c);
}

static inline void filter(char *out, const shape_t *s, form_t form) {
  if (form == FORM_TOSA && !s->o)
    snprintf(out, 64, "%dx%dx%dx1x", s->kh, s->kw, s->c);
  else if (form == FORM_TOSA || form == FORM_FHWC)
    snprintf(out, 64, "%dx%dx%dx%dx", s->o, s->kh, s->kw, s->c);
  else if (form == FORM_NCHW && s->o)
    snprintf(out, 64, "%dx%dx%dx%dx", s->o, s->c, s->kh, s->kw);
  else if (form == FORM_NCHW)
    snprintf(out, 64, "%dx%dx%dx", s->c, s->kh, s->kw);
  else if (s->o)
    snprintf(out, 64, "%dx%dx%dx%dx", s->kh, s->kw, s->c, s->o);
  else
    snprintf(out, 64, "%dx%dx%dx", s->kh, s->kw, s->c);
}

static inline const char *linalg_name(form_t form, bool depthwise, bool i8) {
  if (depthwise)
    return form == FORM_NCHW ? "depthwise_conv_2d_nchw_chw"
           : i8              ? "depthwise_conv_2d_nhwc_hwc_q"
                             : "depthwise_conv_2d_nhwc_hwc";
  if (form == FORM_NCHW)
    return i8 ? "conv_2d_nchw_fchw_q" : "conv_2d_nchw_fchw";
  if (form == FORM_FHWC)
    return i8 ? "conv_2d_nhwc_fhwc_q" : "conv_2d_nhwc_fhwc";
  return i8 ? "conv_2d_nhwc_hwcf_q" : "conv_2d_nhwc_hwcf";
}

/* Names of types and values of the function in work. */
typedef struct names {
  char x[96], p[96], w[96], r[96]; /* data, padded, filter, result */
} names_t;

/* "func @f(…) {" with data %x and filter %w of the type. */
static inline void add_head(tess_text_t *t, const names_t *n, type_t type,
                            bool tosa, const char *more) {
  const char *e = operand_type(type);
  bool counted = type == TYPE_COUNTED;
  const char *in = counted ? "i8" : e, *mark = counted ? "i" : "";
  tess_text_add(t,
                "func.func @f(%%x%s: tensor<%s%s>, %%w%s: tensor<%s%s>, %s) "
                "-> tensor<%s%s> {\n",
                mark, n->x, in, mark, n->w, in, more, n->r, result_type(type));
  for (int i = 0; counted && i < 2; i++)
    tess_text_add(t,
                  tosa ? "  %%%s = tosa.cast %%%si : (tensor<%si8>) -> "
                         "tensor<%sf32>\n"
                       : "  %%%s = arith.sitofp %%%si : tensor<%si8> to "
                         "tensor<%sf32>\n",
                  i ? "w" : "x", i ? "w" : "x", i ? n->w : n->x,
                  i ? n->w : n->x);
}

static inline void tosa_source(tess_text_t *t, const shape_t *s, type_t type) {
  names_t n;
  const char *e = operand_type(type), *r = result_type(type);
  int channels = s->o ? s->o : s->c;
  int oh = outputs(s->h, s->kh, s->sh, s->dh, s->top + s->bottom);
  int ow = outputs(s->w, s->kw, s->sw, s->dw, s->left + s->right);
  picture(n.x, false, s->h, s->w, s->c);
  picture(n.r, false, oh, ow, channels);
  filter(n.w, s, FORM_TOSA);
  char more[64];
  bool counted = type == TYPE_COUNTED;
  snprintf(more, sizeof more, "%%b%s: tensor<%dx%s>", counted ? "i" : "",
           channels, counted ? "i8" : r);
  add_head(t, &n, type, true, more);
  if (counted)
    tess_text_add(t,
                  "  %%b = tosa.cast %%bi : (tensor<%dxi8>) -> "
                  "tensor<%dxf32>\n",
                  channels, channels);
  const char *zeros[] = {type == TYPE_I8 ? "-7" : "0.0",
                         type == TYPE_I8 ? "3" : "0.0"};
  for (int i = 0; i < 2; i++)
    tess_text_add(t,
                  "  %%z%d = \"tosa.const\"() <{values = dense<%s> : "
                  "tensor<1x%s>}> : () -> tensor<1x%s>\n",
                  i, zeros[i], e, e);
  tess_text_add(
      t,
      "  %%r = tosa.%s %%x, %%w, %%b, %%z0, %%z1 {acc_type = %s, dilation = "
      "array<i64: %d, %d>, pad = array<i64: %d, %d, %d, %d>, stride = "
      "array<i64: %d, %d>} : (tensor<%s%s>, tensor<%s%s>, tensor<%dx%s>, "
      "tensor<1x%s>, tensor<1x%s>) -> tensor<%s%s>\n"
      "  return %%r : tensor<%s%s>\n}\n",
      s->o ? "conv2d" : "depthwise_conv2d", type == TYPE_I8 ? "i32" : "f32",
      s->dh, s->dw, s->top, s->bottom, s->left, s->right, s->sh, s->sw, n.x, e,
      n.w, e, channels, r, e, e, n.r, r, n.r, r);
}

static inline void add_pad(tess_text_t *t, const shape_t *s, const names_t *n,
                           bool nchw, const char *e, const char *fill) {
  tess_text_add(t,
                "  %%fill = arith.constant %s : %s\n"
                "  %%p = tensor.pad %%x low[0, %d, %d, %d] high[0, %d, %d, "
                "%d] {\n  ^bb0(%%a: index, %%b: index, %%c: index, %%d: "
                "index):\n    tensor.yield %%fill : %s\n  } : tensor<%s%s> to "
                "tensor<%s%s>\n",
                fill, e, nchw ? 0 : s->top, nchw ? s->top : s->left,
                nchw ? s->left : 0, nchw ? 0 : s->bottom,
                nchw ? s->bottom : s->right, nchw ? s->right : 0, e, n->x, e,
                n->p, e);
}

static inline void linalg_source(tess_text_t *t, const shape_t *s, form_t form,
                                 type_t type) {
  names_t n;
  const char *e = operand_type(type), *r = result_type(type);
  bool nchw = form == FORM_NCHW, i8 = type == TYPE_I8;
  int channels = s->o ? s->o : s->c;
  int oh = outputs(s->h, s->kh, s->sh, s->dh, s->top + s->bottom);
  int ow = outputs(s->w, s->kw, s->sw, s->dw, s->left + s->right);
  picture(n.x, nchw, s->h, s->w, s->c);
  picture(n.p, nchw, s->h + s->top + s->bottom, s->w + s->left + s->right,
          s->c);
  picture(n.r, nchw, oh, ow, channels);
  filter(n.w, s, form);
  char more[128];
  bool counted = type == TYPE_COUNTED;
  snprintf(more, sizeof more, "%%s: tensor<%s%s>", form == FORM_SUM ? n.r : "",
           counted ? "i8" : r);
  add_head(t, &n, type, false, more);
  if (form == FORM_SUM && counted)
    tess_text_add(t,
                  "  %%start = arith.sitofp %%s : tensor<%si8> to "
                  "tensor<%sf32>\n",
                  n.r, n.r);
  add_pad(t, s, &n, nchw, e, i8 ? "-7" : "0.0");
  if (i8)
    tess_text_add(t, "  %%z0 = arith.constant -7 : i32\n"
                     "  %%z1 = arith.constant 3 : i32\n");
  if (form != FORM_SUM)
    tess_text_add(t,
                  "  %%zero = arith.constant %s : %s\n"
                  "  %%e = tensor.empty() : tensor<%s%s>\n"
                  "  %%i = linalg.fill ins(%%zero : %s) outs(%%e : "
                  "tensor<%s%s>) -> tensor<%s%s>\n",
                  i8 ? "0" : "0.0", r, n.r, r, r, n.r, r, n.r, r);
  tess_text_add(
      t,
      "  %%r = linalg.%s {dilations = dense<[%d, %d]> : vector<2xi64>, "
      "strides = dense<[%d, %d]> : vector<2xi64>} ins(%%p, %%w%s : "
      "tensor<%s%s>, tensor<%s%s>%s) outs(%s : tensor<%s%s>) -> "
      "tensor<%s%s>\n  return %%r : tensor<%s%s>\n}\n",
      linalg_name(form, !s->o, i8), s->dh, s->dw, s->sh, s->sw,
      i8 ? ", %z0, %z1" : "", n.p, e, n.w, e, i8 ? ", i32, i32" : "",
      form != FORM_SUM ? "%i"
      : counted        ? "%start"
                       : "%s",
      n.r, r, n.r, r, n.r, r);
}

/* Whether there is an op for it. */
static inline bool is_possible(const shape_t *s, form_t form, type_t type) {
  if (form == FORM_TOSA)
    return fits_tosa(s);
  if (!s->o)
    return form != FORM_FHWC && !(form == FORM_NCHW && type == TYPE_I8);
  return true;
}

static inline void write_source(tess_text_t *t, const shape_t *s, form_t form,
                                type_t type) {
  if (form == FORM_TOSA)
    tosa_source(t, s, type);
  else
    linalg_source(t, s, form, type);
}

/* Applies the choice and runs both. `exactly`: to the bit. */
static inline void check_choice(MlirContext context, const char *source,
                                const char *choice, bool exactly) {
  MlirModule original = tess_load_text(context, source);
  if (mlirModuleIsNull(original)) {
    fprintf(stderr, "%s", source);
    return;
  }
  MlirModule rewritten = tess_load_clone(original);
  const tess_verify_options_t options = {.seeds = 1, .first_seed = 1};
  tess_verify_report_t report = {0};
  tess_status_t status =
      tess_flow_apply(tess_load_function(rewritten), choice, "tpu-v3");
  CHECK_OK(status);
  CHECK(mlirOperationVerify(mlirModuleGetOperation(rewritten)));
  CHECK(!mlirOperationEqual(mlirModuleGetOperation(original),
                            mlirModuleGetOperation(rewritten)));
  CHECK_OK(tess_verify(original, rewritten, &options, &report));
  CHECK(report.equal && report.compared > 0);
  CHECK(!exactly || report.greatest_error == 0);
  if (!report.equal || (exactly && report.greatest_error != 0))
    fprintf(stderr, "%s: error %g in\n%s", choice, report.greatest_error,
            source);
  mlirModuleDestroy(original);
  mlirModuleDestroy(rewritten);
}

/* How many sites of one rewrite a function has, and the alternatives of the
 * first, "keep" included. */
static inline void count_sites_of(MlirModule module, const char *rewrite,
                                  int *sites, int *alternatives) {
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t list;
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, ~0u, &arena, &list);
  *sites = *alternatives = 0;
  for (int32_t i = 0; i < list.count; i++) {
    const tess_site_t *site = &list.sites[i];
    if (strcmp(tess_rewrite_name((size_t)site->rewrite), rewrite))
      continue;
    if (!(*sites)++)
      *alternatives = site->alternative_count;
  }
  tess_model_destroy(model);
  tess_arena_free(&arena);
}

static inline void count_sites(MlirContext context, const char *source,
                               const char *rewrite, int *sites,
                               int *alternatives) {
  MlirModule module = tess_load_text(context, source);
  count_sites_of(module, rewrite, sites, alternatives);
  mlirModuleDestroy(module);
}

#endif
