/* Layers of several operations: what rewrites look for, in the forms that
 * exporters give it. */
#include "emit.h"
#include <string.h>

static bool is_i8(const diff_emitter_t *e) {
  return e->model->dtype == TESS_I8;
}

/* A norm, or none, and an activation, or none. */
static diff_image_t finish_unit(diff_emitter_t *e, diff_image_t x,
                                bool activates) {
  if (is_i8(e))
    return x;
  if (diff_chance(e, 75))
    x = diff_norm(e, &x);
  return activates ? diff_activate(e, &x) : x;
}

static diff_conv_t draw_conv(diff_emitter_t *e, const diff_image_t *x,
                             bool depthwise) {
  diff_conv_t c = {.groups = 1, .multiplier = 1};
  diff_draw_window(e, &c);
  diff_draw_pads(e, &c);
  diff_fit_pads(e, x, &c);
  c.outputs = diff_pick(e, 1, 12);
  if (depthwise) {
    c.depthwise = true;
    c.groups = c.outputs = x->c;
  }
  return c;
}

/* Convolution, norm, activation. */
bool diff_unit_layer(diff_emitter_t *e) {
  const diff_image_t *x = diff_choose_input(e);
  diff_conv_t c = draw_conv(e, x, diff_chance(e, 40));
  diff_image_t z = diff_convolve(e, x, &c);
  z = finish_unit(e, z, diff_chance(e, 75));
  return diff_keep(e, &z);
}

static bool same_size(const diff_image_t *x, const diff_image_t *y) {
  return x->h == y->h && x->w == y->w && x->c == y->c;
}

/* 1x1 that expands, depthwise, squeeze-and-excite, 1x1 that narrows, and the
 * input added where it fits. */
bool diff_mbconv_layer(diff_emitter_t *e) {
  diff_image_t x = *diff_choose_input(e);
  diff_image_t z = diff_one_by_one(e, &x, x.c * diff_pick(e, 1, 4) % 24 + 1);
  z = finish_unit(e, z, true);
  diff_conv_t c = draw_conv(e, &z, true);
  if (diff_chance(e, 50)) {
    c = (diff_conv_t){.kh = 3, .kw = 3, .sh = 1, .sw = 1, .dh = 1, .dw = 1};
    c.top = c.bottom = c.left = c.right = c.multiplier = 1;
    c.depthwise = true;
    c.groups = c.outputs = z.c;
  }
  z = diff_convolve(e, &z, &c);
  z = finish_unit(e, z, true);
  if (!is_i8(e) && diff_chance(e, 50))
    z = diff_squeeze(e, &z);
  z = diff_one_by_one(e, &z, diff_chance(e, 60) ? x.c : diff_pick(e, 1, 8));
  z = finish_unit(e, z, false);
  if (!is_i8(e) && same_size(&x, &z))
    z = diff_sum(e, &z, &x);
  return diff_keep(e, &z);
}

/* Convolutions of one input and one window, side by side or apart. */
bool diff_twins_layer(diff_emitter_t *e) {
  diff_image_t x = *diff_choose_input(e);
  diff_conv_t c = draw_conv(e, &x, false);
  const char *zero = NULL;
  c.zero = &zero;
  diff_image_t first = diff_convolve(e, &x, &c);
  c.outputs = diff_pick(e, 1, 12);
  diff_image_t second = diff_convolve(e, &x, &c);
  if (diff_chance(e, 30)) {
    first = finish_unit(e, first, diff_chance(e, 50));
    second = finish_unit(e, second, diff_chance(e, 50));
  }
  if (diff_chance(e, 50)) {
    diff_image_t z = diff_concat(e, &first, &second);
    return diff_keep(e, &z);
  }
  return diff_keep(e, &first) && diff_keep(e, &second);
}

/* Linear 1x1 convolutions one behind the other, perhaps around a wider one. */
bool diff_chain_layer(diff_emitter_t *e) {
  diff_image_t x = *diff_choose_input(e);
  diff_image_t z = diff_one_by_one(e, &x, diff_pick(e, 1, 12));
  if (diff_chance(e, 30)) {
    diff_conv_t c = draw_conv(e, &z, false);
    z = diff_convolve(e, &z, &c);
  }
  z = diff_one_by_one(e, &z, diff_pick(e, 1, 12));
  return diff_keep(e, &z);
}

/* ---- Padding before a convolution. ---- */

static diff_image_t tosa_pad(diff_emitter_t *e, const diff_image_t *x,
                             const int64_t pads[4], const char *value) {
  diff_image_t z = diff_sized(e, x, x->h + pads[0] + pads[1],
                              x->w + pads[2] + pads[3], x->c);
  const int64_t nhwc[] = {0, 0, pads[0], pads[1], pads[2], pads[3], 0, 0};
  const int64_t nchw[] = {0, 0, 0, 0, pads[0], pads[1], pads[2], pads[3]};
  const char *shape = diff_shape(e, 8, e->nchw ? nchw : nhwc);
  const char *number = diff_name(e);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%s> : tensor<1x%s>}> : () "
            "-> tensor<1x%s>",
            number, value, x->element, x->element);
  diff_line(e,
            "%s = tosa.pad %s, %s, %s : (%s, !tosa.shape<8>, tensor<1x%s>) "
            "-> %s",
            z.name, x->name, shape, number, diff_type(e, x), x->element,
            diff_type(e, &z));
  return z;
}

/* A pad of its own, seldom not of zeros, and a convolution that may pad more.
 */
bool diff_pad_layer(diff_emitter_t *e) {
  const diff_image_t *x = diff_choose_input(e);
  const int64_t pads[] = {diff_pick(e, 0, 2), diff_pick(e, 0, 2),
                          diff_pick(e, 0, 2), diff_pick(e, 0, 2)};
  bool zeros = diff_chance(e, 80);
  const char *value = is_i8(e) ? (zeros ? "0" : "3") : zeros ? "0.0" : "2.0";
  diff_image_t z =
      e->tosa ? tosa_pad(e, x, pads, value) : diff_pad(e, x, pads, value);
  if (diff_chance(e, 15) && !diff_keep(e, &z))
    return false; /* it is read elsewhere too */
  diff_conv_t c = draw_conv(e, &z, diff_chance(e, 40));
  if (diff_chance(e, 60)) {
    c.top = c.bottom = c.left = c.right = 0;
    diff_fit_pads(e, &z, &c);
  }
  z = diff_convolve(e, &z, &c);
  return diff_keep(e, &z);
}

/* ---- i8. ---- */

/* i8 to i32, times 2^10, as TFLite's conversion scales the terms of a sum. */
static diff_image_t tosa_rescaled(diff_emitter_t *e, const diff_image_t *x,
                                  const char *to, int shift) {
  diff_image_t z = diff_like(e, x);
  const char *names[3] = {diff_name(e), diff_name(e), diff_name(e)};
  const char *zero_in = diff_name(e);
  z.element = to;
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<1073741824> : "
            "tensor<1xi32>}> : () -> tensor<1xi32>",
            names[0]);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%d> : tensor<1xi8>}> : "
            "() -> tensor<1xi8>",
            names[1], shift);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%d> : tensor<1x%s>}> : "
            "() -> tensor<1x%s>",
            zero_in, strcmp(x->element, "i8") ? 0 : (int)diff_pick(e, -9, 9),
            x->element, x->element);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%d> : tensor<1x%s>}> : "
            "() -> tensor<1x%s>",
            names[2], strcmp(to, "i8") ? 0 : (int)diff_pick(e, -9, 9), to, to);
  diff_line(e,
            "%s = tosa.rescale %s, %s, %s, %s, %s {input_unsigned = false, "
            "output_unsigned = false, per_channel = false, rounding_mode = "
            "SINGLE_ROUND, scale32 = true} : (%s, tensor<1xi32>, tensor<1xi8>, "
            "tensor<1x%s>, tensor<1x%s>) -> %s",
            z.name, x->name, names[0], names[1], zero_in, names[2],
            diff_type(e, x), x->element, to, diff_type(e, &z));
  return z;
}

static diff_image_t tosa_i8_sum(diff_emitter_t *e, const diff_image_t *x,
                                const diff_image_t *y) {
  diff_image_t a = tosa_rescaled(e, x, "i32", 20);
  diff_image_t b = tosa_rescaled(e, y, "i32", 20), sum = diff_like(e, &a);
  diff_line(e, "%s = tosa.add %s, %s : (%s, %s) -> %s", sum.name, a.name,
            b.name, diff_type(e, &a), diff_type(e, &b), diff_type(e, &sum));
  return tosa_rescaled(e, &sum, "i8", 41);
}

static diff_image_t linalg_i8_sum(diff_emitter_t *e, const diff_image_t *x,
                                  const diff_image_t *y) {
  diff_image_t z = diff_like(e, x);
  const char *type = diff_type(e, x), *empty = diff_name(e);
  const char *map = "affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>";
  diff_line(e, "%s = tensor.empty() : %s", empty, type);
  diff_line(e,
            "%s = linalg.generic {indexing_maps = [%s, %s, %s], iterator_types "
            "= [\"parallel\", \"parallel\", \"parallel\", \"parallel\"]} "
            "ins(%s, %s : %s, %s) outs(%s : %s) {",
            z.name, map, map, map, x->name, y->name, type, type, empty, type);
  diff_line(e, "^bb0(%%x: i8, %%y: i8, %%o: i8):");
  diff_line(e, "  %%a = arith.extsi %%x : i8 to i32");
  diff_line(e, "  %%b = arith.extsi %%y : i8 to i32");
  diff_line(e, "  %%s = arith.addi %%a, %%b : i32");
  diff_line(e, "  %%one = arith.constant 1 : i32");
  diff_line(e, "  %%h = arith.shrsi %%s, %%one : i32");
  diff_line(e, "  %%t = arith.trunci %%h : i32 to i8");
  diff_line(e, "  linalg.yield %%t : i8");
  diff_line(e, "} -> %s", type);
  return z;
}

/* The last value and another of its size, or itself. */
bool diff_i8_sum_layer(diff_emitter_t *e) {
  const diff_image_t *x = &e->images[e->image_count - 1], *y = x;
  if (!is_i8(e))
    return false;
  for (int32_t i = 0; i + 1 < e->image_count; i++)
    if (same_size(x, &e->images[i]))
      y = &e->images[i];
  diff_image_t z = e->tosa ? tosa_i8_sum(e, x, y) : linalg_i8_sum(e, x, y);
  return diff_keep(e, &z);
}
