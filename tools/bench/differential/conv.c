/* Convolutions of a model: TOSA's, and linalg's named and generic ones. */
#include "emit.h"
#include <math.h>
#include <string.h>

int64_t diff_conv_size(int64_t size, int64_t low, int64_t high, int64_t k,
                       int64_t dilation, int64_t stride) {
  int64_t room = size + low + high - dilation * (k - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

static diff_image_t tosa_turn(diff_emitter_t *e, const diff_image_t *x,
                              bool to_nhwc) {
  diff_image_t z = diff_like(e, x);
  const char *nhwc = diff_type_nhwc(e, x), *own = diff_type(e, x);
  diff_line(e, "%s = tosa.transpose %s {perms = array<i32: %s>} : (%s) -> %s",
            z.name, x->name, to_nhwc ? "0, 2, 3, 1" : "0, 3, 1, 2",
            to_nhwc ? own : nhwc, to_nhwc ? nhwc : own);
  return z;
}

static diff_image_t linalg_turn(diff_emitter_t *e, const diff_image_t *x,
                                bool to_nhwc) {
  diff_image_t z = diff_like(e, x);
  const char *nhwc = diff_type_nhwc(e, x), *own = diff_type(e, x);
  const char *empty = diff_name(e);
  diff_line(e, "%s = tensor.empty() : %s", empty, to_nhwc ? nhwc : own);
  diff_line(e,
            "%s = linalg.transpose ins(%s : %s) outs(%s : %s) permutation = "
            "[%s]",
            z.name, x->name, to_nhwc ? own : nhwc, empty, to_nhwc ? nhwc : own,
            to_nhwc ? "0, 2, 3, 1" : "0, 3, 1, 2");
  return z;
}

diff_image_t diff_to_nhwc(diff_emitter_t *e, const diff_image_t *x) {
  if (!e->nchw)
    return *x;
  return e->tosa ? tosa_turn(e, x, true) : linalg_turn(e, x, true);
}

diff_image_t diff_from_nhwc(diff_emitter_t *e, const diff_image_t *x) {
  if (!e->nchw)
    return *x;
  return e->tosa ? tosa_turn(e, x, false) : linalg_turn(e, x, false);
}

/* ---- TOSA. ---- */

/* What a rescale from i32 to i8 multiplies by: m * 2^-shift. */
static void requantise_constants(diff_emitter_t *e, int64_t fan_in,
                                 const char *names[4]) {
  double scale = 0.5 / (74 * sqrt((double)fan_in));
  int shift = 30;
  while (scale * ldexp(1, shift) < 1 << 30)
    shift++;
  for (int i = 0; i < 4; i++)
    names[i] = diff_name(e);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%lld> : tensor<1xi32>}> "
            ": () -> tensor<1xi32>",
            names[0], (long long)(scale * ldexp(1, shift)));
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%d> : tensor<1xi8>}> : "
            "() -> tensor<1xi8>",
            names[1], shift);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<0> : tensor<1xi32>}> : "
            "() -> tensor<1xi32>",
            names[2]);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%d> : tensor<1xi8>}> : "
            "() -> tensor<1xi8>",
            names[3], (int)diff_pick(e, -4, 4));
}

static diff_image_t tosa_requantise(diff_emitter_t *e, const diff_image_t *x,
                                    int64_t fan_in) {
  const char *names[4];
  diff_image_t z = diff_like(e, x);
  z.element = "i8";
  requantise_constants(e, fan_in, names);
  diff_line(e,
            "%s = tosa.rescale %s, %s, %s, %s, %s {input_unsigned = false, "
            "output_unsigned = false, per_channel = false, rounding_mode = "
            "%s_ROUND, scale32 = true} : (%s, tensor<1xi32>, tensor<1xi8>, "
            "tensor<1xi32>, tensor<1xi8>) -> %s",
            z.name, x->name, names[0], names[1], names[2], names[3],
            diff_chance(e, 50) ? "DOUBLE" : "SINGLE", diff_type_nhwc(e, x),
            diff_type_nhwc(e, &z));
  return z;
}

/* The zero point of i8 data, 0 of others. */
static const char *draw_zero_point(diff_emitter_t *e) {
  const char *name = diff_name(e);
  if (e->model->dtype != TESS_I8 || diff_chance(e, 40))
    return diff_zero(e, e->element);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%d> : tensor<1xi8>}> : "
            "() -> tensor<1xi8>",
            name, (int)diff_pick(e, -5, 5));
  return name;
}

static const char *zero_point(diff_emitter_t *e, const diff_conv_t *c) {
  if (!c->zero)
    return draw_zero_point(e);
  if (!*c->zero)
    *c->zero = draw_zero_point(e);
  return *c->zero;
}

static const char *tosa_filter(diff_emitter_t *e, const diff_image_t *x,
                               const diff_conv_t *c, int64_t fan_in,
                               const char **type) {
  const int64_t dense[] = {c->outputs, c->kh, c->kw, x->c};
  const int64_t depth[] = {c->kh, c->kw, x->c, c->multiplier};
  const int64_t *dims = c->depthwise ? depth : dense;
  *type = diff_tensor(e, e->element, 4, dims);
  return diff_weight(e, DIFF_FILTER, fan_in, e->element, 4, dims);
}

/* x: N H W C. The sum of an i8 convolution is i32, others are as the data. */
static diff_image_t tosa_conv(diff_emitter_t *e, const diff_image_t *x,
                              const diff_conv_t *c) {
  int64_t fan_in = c->kh * c->kw * (c->depthwise ? 1 : x->c);
  bool i8 = e->model->dtype == TESS_I8;
  const char *type, *w = tosa_filter(e, x, c, fan_in, &type);
  const char *bias_type = i8 ? "i32" : e->element;
  const char *b = diff_weight(e, DIFF_OFFSET, 1, bias_type, 1, &c->outputs);
  const char *zero = zero_point(e, c), *none = diff_zero(e, e->element);
  bool f16_sum = e->model->dtype == TESS_F16 && diff_chance(e, 50);
  diff_image_t z = diff_sized(
      e, x, diff_conv_size(x->h, c->top, c->bottom, c->kh, c->dh, c->sh),
      diff_conv_size(x->w, c->left, c->right, c->kw, c->dw, c->sw), c->outputs);
  z.element = i8 ? "i32" : e->element;
  diff_line(
      e,
      "%s = tosa.%s %s, %s, %s, %s, %s {acc_type = %s, dilation = array<i64: "
      "%lld, %lld>, pad = array<i64: %lld, %lld, %lld, %lld>, stride = "
      "array<i64: %lld, %lld>} : (%s, %s, tensor<%lldx%s>, tensor<1x%s>, "
      "tensor<1x%s>) -> %s",
      z.name, c->depthwise ? "depthwise_conv2d" : "conv2d", x->name, w, b, zero,
      none, f16_sum ? "f16" : e->sum, (long long)c->dh, (long long)c->dw,
      (long long)c->top, (long long)c->bottom, (long long)c->left,
      (long long)c->right, (long long)c->sh, (long long)c->sw,
      diff_type_nhwc(e, x), type, (long long)c->outputs, bias_type, e->element,
      e->element, diff_type_nhwc(e, &z));
  return i8 ? tosa_requantise(e, &z, fan_in) : z;
}

/* Groups: a slice and a convolution each, joined again. */
static diff_image_t tosa_groups(diff_emitter_t *e, const diff_image_t *x,
                                const diff_conv_t *c) {
  diff_conv_t one = *c;
  tess_text_t names = TESS_TEXT_INIT, types = TESS_TEXT_INIT;
  diff_image_t part = {0};
  one.groups = 1;
  one.outputs = c->outputs / c->groups;
  int64_t channels = x->c / c->groups;
  for (int64_t g = 0; g < c->groups; g++) {
    const int64_t start[] = {0, 0, 0, g * channels};
    const int64_t size[] = {x->n, x->h, x->w, channels};
    diff_image_t slice = diff_sized(e, x, x->h, x->w, channels);
    const char *at = diff_shape(e, 4, start), *by = diff_shape(e, 4, size);
    diff_line(e,
              "%s = tosa.slice %s, %s, %s : (%s, !tosa.shape<4>, "
              "!tosa.shape<4>) -> %s",
              slice.name, x->name, at, by, diff_type_nhwc(e, x),
              diff_type_nhwc(e, &slice));
    part = tosa_conv(e, &slice, &one);
    tess_text_add(&names, "%s%s", g ? ", " : "", part.name);
    tess_text_add(&types, "%s%s", g ? ", " : "", diff_type_nhwc(e, &part));
  }
  diff_image_t z = diff_sized(e, &part, part.h, part.w, c->outputs);
  diff_line(e, "%s = tosa.concat %s {axis = 3 : i32} : (%s) -> %s", z.name,
            tess_text_get(&names), tess_text_get(&types),
            diff_type_nhwc(e, &z));
  tess_text_free(&names);
  tess_text_free(&types);
  return z;
}

/* ---- linalg. ---- */

const char *diff_filled(diff_emitter_t *e, const char *type,
                        const char *element, const char *value) {
  const char *number = diff_name(e), *empty = diff_name(e);
  const char *made = diff_name(e);
  diff_line(e, "%s = arith.constant %s : %s", number, value, element);
  diff_line(e, "%s = tensor.empty() : %s", empty, type);
  diff_line(e, "%s = linalg.fill ins(%s : %s) outs(%s : %s) -> %s", made,
            number, element, empty, type, type);
  return made;
}

diff_image_t diff_pad(diff_emitter_t *e, const diff_image_t *x,
                      const int64_t pads[4], const char *value) {
  if (!pads[0] && !pads[1] && !pads[2] && !pads[3])
    return *x;
  diff_image_t z = diff_sized(e, x, x->h + pads[0] + pads[1],
                              x->w + pads[2] + pads[3], x->c);
  const char *number = diff_name(e);
  diff_line(e, "%s = arith.constant %s : %s", number, value, x->element);
  const char *format =
      e->nchw ? "%s = tensor.pad %s low[0, 0, %lld, %lld] high[0, 0, %lld, "
                "%lld] {"
              : "%s = tensor.pad %s low[0, %lld, %lld, 0] high[0, %lld, %lld, "
                "0] {";
  diff_line(e, format, z.name, x->name, (long long)pads[0], (long long)pads[2],
            (long long)pads[1], (long long)pads[3]);
  diff_line(e, "^bb0(%%p0: index, %%p1: index, %%p2: index, %%p3: index):");
  diff_line(e, "  tensor.yield %s : %s", number, x->element);
  diff_line(e, "} : %s to %s", diff_type(e, x), diff_type(e, &z));
  return z;
}

/* A linalg convolution's op, filter and the shapes that it works on. */
typedef struct linalg_conv {
  const char *op;
  int rank;          /* of data and result */
  int64_t filter[5]; /* its dimensions */
  int filter_rank;
} linalg_conv_t;

static linalg_conv_t dense_op(diff_emitter_t *e, int64_t in,
                              const diff_conv_t *c) {
  if (e->nchw)
    return (linalg_conv_t){
        "conv_2d_nchw_fchw", 4, {c->outputs, in, c->kh, c->kw}, 4};
  if (diff_chance(e, 30))
    return (linalg_conv_t){
        "conv_2d_nhwc_fhwc", 4, {c->outputs, c->kh, c->kw, in}, 4};
  return (linalg_conv_t){
      "conv_2d_nhwc_hwcf", 4, {c->kh, c->kw, in, c->outputs}, 4};
}

static linalg_conv_t choose_op(diff_emitter_t *e, int64_t in,
                               const diff_conv_t *c) {
  int64_t g = c->groups;
  if (c->depthwise && c->multiplier > 1)
    return (linalg_conv_t){
        "depthwise_conv_2d_nhwc_hwcm", 5, {c->kh, c->kw, in, c->multiplier}, 4};
  if (c->depthwise && e->nchw)
    return (linalg_conv_t){
        "depthwise_conv_2d_nchw_chw", 4, {in, c->kh, c->kw}, 3};
  if (c->depthwise)
    return (linalg_conv_t){
        "depthwise_conv_2d_nhwc_hwc", 4, {c->kh, c->kw, in}, 3};
  if (g > 1 && e->nchw)
    return (linalg_conv_t){
        "conv_2d_ngchw_gfchw", 5, {g, c->outputs / g, in / g, c->kh, c->kw}, 5};
  if (g > 1)
    return (linalg_conv_t){
        "conv_2d_nhwgc_gfhwc", 5, {g, c->outputs / g, c->kh, c->kw, in / g}, 5};
  return dense_op(e, in, c);
}

/* The type of data or result with the channels in two dimensions. */
static const char *split_type(diff_emitter_t *e, const diff_image_t *x,
                              int64_t groups) {
  const int64_t nhwc[] = {x->n, x->h, x->w, groups, x->c / groups};
  const int64_t nchw[] = {x->n, groups, x->c / groups, x->h, x->w};
  return diff_tensor(e, x->element, 5, e->nchw ? nchw : nhwc);
}

static const char *split_list(const diff_emitter_t *e) {
  return e->nchw ? "[[0], [1, 2], [3], [4]]" : "[[0], [1], [2], [3, 4]]";
}

static const char *split_channels(diff_emitter_t *e, const diff_image_t *x,
                                  int64_t groups) {
  const char *made = diff_name(e);
  const int64_t nhwc[] = {x->n, x->h, x->w, groups, x->c / groups};
  const int64_t nchw[] = {x->n, groups, x->c / groups, x->h, x->w};
  const int64_t *d = e->nchw ? nchw : nhwc;
  diff_line(e,
            "%s = tensor.expand_shape %s %s output_shape [%lld, %lld, %lld, "
            "%lld, %lld] : %s into %s",
            made, x->name, split_list(e), (long long)d[0], (long long)d[1],
            (long long)d[2], (long long)d[3], (long long)d[4], diff_type(e, x),
            split_type(e, x, groups));
  return made;
}

/* The result to add to: zeros, or the bias in each place. */
static const char *linalg_start(diff_emitter_t *e, const diff_image_t *z,
                                const char *type, bool bias) {
  bool whole = z->element[0] == 'i';
  if (!bias)
    return diff_filled(e, type, z->element, whole ? "0" : "0.0");
  const char *b = diff_weight(e, DIFF_OFFSET, 1, z->element, 1, &z->c);
  const char *empty = diff_name(e), *made = diff_name(e);
  diff_line(e, "%s = tensor.empty() : %s", empty, type);
  diff_line(e,
            "%s = linalg.broadcast ins(%s : tensor<%lldx%s>) outs(%s : %s) "
            "dimensions = [%s]",
            made, b, (long long)z->c, z->element, empty, type,
            e->nchw ? "0, 2, 3" : "0, 1, 2");
  return made;
}

/* x and z of 4 or 5 dimensions by their types. */
static const char *named_conv(diff_emitter_t *e, const linalg_conv_t *op,
                              const diff_conv_t *c, const char *x,
                              const char *x_type, const char *start,
                              const char *z_type, int64_t fan_in) {
  const char *made = diff_name(e);
  const char *w = diff_weight(e, DIFF_FILTER, fan_in, e->element,
                              op->filter_rank, op->filter);
  diff_line(e,
            "%s = linalg.%s {dilations = dense<[%lld, %lld]> : vector<2xi64>, "
            "strides = dense<[%lld, %lld]> : vector<2xi64>} ins(%s, %s : %s, "
            "%s) outs(%s : %s) -> %s",
            made, op->op, (long long)c->dh, (long long)c->dw, (long long)c->sh,
            (long long)c->sw, x, w, x_type,
            diff_tensor(e, e->element, op->filter_rank, op->filter), start,
            z_type, z_type);
  return made;
}

/* A dense convolution as StableHLO's conversion writes some. */
static const char *generic_conv(diff_emitter_t *e, const diff_conv_t *c,
                                const diff_image_t *x, const char *start,
                                const diff_image_t *z, int64_t fan_in) {
  const char *made = diff_name(e);
  const int64_t hwcf[] = {c->kh, c->kw, x->c, c->outputs};
  const int64_t fchw[] = {c->outputs, x->c, c->kh, c->kw};
  const int64_t *filter = e->nchw ? fchw : hwcf;
  const char *w = diff_weight(e, DIFF_FILTER, fan_in, e->element, 4, filter);
  const char *head = "affine_map<(d0, d1, d2, d3, d4, d5, d6) -> ";
  const char *data =
      e->nchw ? "%s(d0, d4, d2 * %lld + d5 * %lld, d3 * %lld + d6 * %lld)>"
              : "%s(d0, d1 * %lld + d4 * %lld, d2 * %lld + d5 * %lld, d6)>";
  const char *read =
      diff_format(e, data, head, (long long)c->sh, (long long)c->dh,
                  (long long)c->sw, (long long)c->dw);
  diff_line(e,
            "%s = linalg.generic {indexing_maps = [%s, %s(%s)>, %s(d0, d1, d2, "
            "d3)>], iterator_types = [\"parallel\", \"parallel\", "
            "\"parallel\", \"parallel\", \"reduction\", \"reduction\", "
            "\"reduction\"]} ins(%s, %s : %s, %s) outs(%s : %s) {",
            made, read, head, e->nchw ? "d1, d4, d5, d6" : "d4, d5, d6, d3",
            head, x->name, w, diff_type(e, x),
            diff_tensor(e, e->element, 4, filter), start, diff_type(e, z));
  diff_line(e, "^bb0(%%x: %s, %%w: %s, %%o: %s):", x->element, x->element,
            z->element);
  const char *a = "%x", *b = "%w";
  if (strcmp(x->element, z->element) != 0) {
    const char *op = z->element[0] == 'i' ? "arith.extsi" : "arith.extf";
    a = "%xe", b = "%we";
    diff_line(e, "  %%xe = %s %%x : %s to %s", op, x->element, z->element);
    diff_line(e, "  %%we = %s %%w : %s to %s", op, x->element, z->element);
  }
  char kind = z->element[0] == 'i' ? 'i' : 'f';
  diff_line(e, "  %%p = arith.mul%c %s, %s : %s", kind, a, b, z->element);
  diff_line(e, "  %%s = arith.add%c %%o, %%p : %s", kind, z->element);
  diff_line(e, "  linalg.yield %%s : %s", z->element);
  diff_line(e, "} -> %s", diff_type(e, z));
  return made;
}

/* A value added to a small f32 or i32 sum in its way to the data's type. */
static void narrow_body(diff_emitter_t *e, int64_t fan_in) {
  int shift = 7 + (int)ceil(log2((double)fan_in) / 2);
  if (e->model->dtype != TESS_I8) {
    diff_line(e, "  %%t = arith.truncf %%x : f32 to %s", e->element);
    return;
  }
  diff_line(e, "  %%h = arith.constant %d : i32", 1 << (shift - 1));
  diff_line(e, "  %%n = arith.constant %d : i32", shift);
  diff_line(e, "  %%lo = arith.constant -128 : i32");
  diff_line(e, "  %%hi = arith.constant 127 : i32");
  diff_line(e, "  %%r = arith.addi %%x, %%h : i32");
  diff_line(e, "  %%s = arith.shrsi %%r, %%n : i32");
  diff_line(e, "  %%a = arith.maxsi %%s, %%lo : i32");
  diff_line(e, "  %%b = arith.minsi %%a, %%hi : i32");
  diff_line(e, "  %%t = arith.trunci %%b : i32 to i8");
}

diff_image_t diff_narrow(diff_emitter_t *e, const diff_image_t *x,
                         int64_t fan_in) {
  if (strcmp(x->element, e->element) == 0)
    return *x;
  diff_image_t z = diff_like(e, x);
  z.element = e->element;
  const char *empty = diff_name(e);
  const char *map = "affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>";
  diff_line(e, "%s = tensor.empty() : %s", empty, diff_type(e, &z));
  diff_line(e,
            "%s = linalg.generic {indexing_maps = [%s, %s], iterator_types = "
            "[\"parallel\", \"parallel\", \"parallel\", \"parallel\"]} ins(%s "
            ": %s) outs(%s : %s) {",
            z.name, map, map, x->name, diff_type(e, x), empty,
            diff_type(e, &z));
  diff_line(e, "^bb0(%%x: %s, %%o: %s):", x->element, z.element);
  narrow_body(e, fan_in);
  diff_line(e, "  linalg.yield %%t : %s", z.element);
  diff_line(e, "} -> %s", diff_type(e, &z));
  return z;
}

static diff_image_t linalg_conv(diff_emitter_t *e, const diff_image_t *x,
                                const diff_conv_t *c) {
  const int64_t pads[] = {c->top, c->bottom, c->left, c->right};
  bool i8 = e->model->dtype == TESS_I8;
  const char *value = i8 ? "0" : diff_chance(e, 95) ? "0.0" : "1.0";
  diff_image_t padded = diff_pad(e, x, pads, value);
  diff_image_t z = diff_sized(
      e, x, diff_conv_size(padded.h, 0, 0, c->kh, c->dh, c->sh),
      diff_conv_size(padded.w, 0, 0, c->kw, c->dw, c->sw), c->outputs);
  int64_t fan_in = c->kh * c->kw * (c->depthwise ? 1 : x->c / c->groups);
  z.element = i8 || diff_chance(e, 60) ? e->sum : e->element;
  linalg_conv_t op = choose_op(e, x->c, c);
  if (op.rank == 5) {
    int64_t groups = c->depthwise ? x->c : c->groups;
    const char *in =
        c->depthwise ? padded.name : split_channels(e, &padded, groups);
    const char *in_type =
        c->depthwise ? diff_type(e, &padded) : split_type(e, &padded, groups);
    const char *type = split_type(e, &z, groups);
    const char *start = linalg_start(e, &z, type, false);
    const char *made = named_conv(e, &op, c, in, in_type, start, type, fan_in);
    diff_line(e, "%s = tensor.collapse_shape %s %s : %s into %s", z.name, made,
              split_list(e), type, diff_type(e, &z));
  } else {
    const char *type = diff_type(e, &z);
    const char *start = linalg_start(e, &z, type, diff_chance(e, 40));
    bool generic = !c->depthwise && diff_chance(e, 20);
    z.name = generic ? generic_conv(e, c, &padded, start, &z, fan_in)
                     : named_conv(e, &op, c, padded.name, diff_type(e, &padded),
                                  start, type, fan_in);
  }
  return diff_narrow(e, &z, fan_in);
}

diff_image_t diff_convolve(diff_emitter_t *e, const diff_image_t *x,
                           const diff_conv_t *conv) {
  if (!e->tosa)
    return linalg_conv(e, x, conv);
  diff_image_t in = diff_to_nhwc(e, x);
  diff_image_t z = conv->groups > 1 && !conv->depthwise
                       ? tosa_groups(e, &in, conv)
                       : tosa_conv(e, &in, conv);
  return diff_from_nhwc(e, &z);
}
