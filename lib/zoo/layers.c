/* Layers composed from primitives. */
#include "layers.h"
#include "quantised.h"
#include "tessera/base/checked.h"
#include <inttypes.h>
#include <string.h>

int64_t tess_zoo_scale_channels(int64_t channels, int64_t ratio) {
  int64_t scaled = channels * ratio; /* in TESS_ZOO_ONE */
  int64_t rounded = (scaled + 4 * TESS_ZOO_ONE) / (8 * TESS_ZOO_ONE) * 8;
  if (rounded < 8)
    rounded = 8;
  return 10 * rounded * TESS_ZOO_ONE < 9 * scaled ? rounded + 8 : rounded;
}

int64_t tess_zoo_scale_layers(int64_t layers, int64_t ratio) {
  return tess_ceil_div(layers * ratio, TESS_ZOO_ONE);
}

int64_t tess_zoo_scale_count(int64_t count, int64_t ratio) {
  int64_t scaled = (count * ratio + TESS_ZOO_ONE / 2) / TESS_ZOO_ONE;
  return scaled > 1 ? scaled : 1;
}

tess_zoo_value_t tess_zoo_picture(tess_zoo_emitter_t *e) {
  tess_zoo_scope(e, "input");
  tess_zoo_value_t x = tess_zoo_image(e, "data", e->element, e->resolution, 3);
  x.scale = tess_zoo_data_scale;
  tess_zoo_declare_image(e, &x);
  return x;
}

/* The windows' places, from the side of the image they slide over. */
static void place(tess_zoo_conv_t *conv, int64_t side, bool valid) {
  conv->pad_low = valid ? 0 : (conv->kernel - 1) / 2;
  conv->size = valid ? (side - conv->kernel) / conv->stride + 1
                     : (side - 1) / conv->stride + 1;
  int64_t read = (conv->size - 1) * conv->stride + conv->kernel;
  conv->pad_high = read - side - conv->pad_low;
}

tess_zoo_value_t tess_zoo_convolve(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                   tess_zoo_conv_t conv, bool valid) {
  int64_t groups = conv.groups > 1 ? conv.groups : 1;
  int64_t in = conv.depthwise ? 1 : tess_zoo_channels(e, &x) / groups;
  place(&conv, tess_zoo_side(e, &x), valid);
  conv.bias |= e->quantised;
  const int64_t factors[] = {e->batch,    conv.size, conv.size,    conv.kernel,
                             conv.kernel, in,        conv.channels};
  tess_zoo_count_macs(e, 7, factors);
  tess_zoo_value_t y = e->printer->convolve(e, x, &conv);
  if (!e->quantised)
    return y;
  int64_t fan_in = tess_zoo_product(e, 3, factors + 3);
  y.scale = x.scale * tess_zoo_weight_scale(fan_in);
  return tess_zoo_requantise(e, "requantised", y, tess_zoo_data_scale);
}

/* Batch norm: (x - mean) / sqrt(variance + epsilon) * scale + offset. */
static tess_zoo_value_t normalise(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  size_t axis = tess_zoo_channel_axis(e);
  int64_t n = x.dims[axis];
  const tess_zoo_printer_t *p = e->printer;
  tess_zoo_value_t inputs[] = {
      x, p->vector(e, "norm.mean", e->real, TESS_ZOO_STATISTIC, 4, axis, n),
      p->vector(e, "norm.variance", e->real, TESS_ZOO_STATISTIC, 4, axis, n),
      p->vector(e, "norm.scale", e->real, TESS_ZOO_TRAINED, 4, axis, n),
      p->vector(e, "norm.offset", e->real, TESS_ZOO_TRAINED, 4, axis, n)};
  tess_zoo_map_t root = tess_zoo_map(e, 1, &inputs[2]);
  int epsilon = tess_zoo_constant(&root, "epsilon", e->epsilon);
  int sum = tess_zoo_binary(&root, TESS_ZOO_ADD, 0, epsilon, "norm.sum");
  tess_zoo_unary(&root, TESS_ZOO_RSQRT, sum, "norm.rsqrt");
  inputs[2] = tess_zoo_finish(e, &root, "norm.rsqrt");
  tess_zoo_map_t map = tess_zoo_map(e, 5, inputs);
  int y = tess_zoo_binary(&map, TESS_ZOO_SUB, 0, 1, "norm.centred");
  y = tess_zoo_binary(&map, TESS_ZOO_MUL, y, 2, "norm.unit");
  y = tess_zoo_binary(&map, TESS_ZOO_MUL, y, 3, "norm.scaled");
  tess_zoo_binary(&map, TESS_ZOO_ADD, y, 4, "norm");
  return tess_zoo_finish(e, &map, "norm");
}

tess_zoo_value_t tess_zoo_unit(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               tess_zoo_conv_t conv,
                               tess_zoo_function_t function) {
  x = tess_zoo_convolve(e, x, conv, false);
  if (!e->quantised)
    x = normalise(e, x);
  return tess_zoo_activate(e, x, function);
}

tess_zoo_value_t tess_zoo_max_pool(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                   int64_t kernel, int64_t stride) {
  tess_zoo_conv_t window = {.kernel = kernel, .stride = stride};
  place(&window, tess_zoo_side(e, &x), false);
  tess_zoo_value_t y = e->printer->max_pool(e, x, &window);
  y.scale = x.scale;
  return y;
}

static tess_zoo_value_t mean_of_integers(tess_zoo_emitter_t *e,
                                         tess_zoo_value_t x, unsigned pixels,
                                         double count) {
  double scale = x.scale;
  x = e->printer->rescale(e, "pool.wide", "i32", 1, x);
  x = e->printer->reduce(e, "pool.sum", TESS_ZOO_SUM, pixels, x);
  x.scale = scale / count;
  return tess_zoo_requantise(e, "pool", x, scale);
}

tess_zoo_value_t tess_zoo_mean_pool(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  int64_t side = tess_zoo_side(e, &x);
  unsigned pixels = e->nchw ? 0xc : 0x6;
  double count = (double)side * (double)side;
  if (e->quantised)
    return mean_of_integers(e, x, pixels, count);
  x = e->printer->reduce(e, "pool.sum", TESS_ZOO_SUM, pixels, x);
  tess_zoo_map_t map = tess_zoo_map(e, 1, &x);
  const char *name = tess_arena_format(&e->arena, "pixels_%" PRId64, side);
  int divisor = tess_zoo_constant(&map, name, count);
  tess_zoo_binary(&map, TESS_ZOO_DIV, 0, divisor, "pool");
  return tess_zoo_finish(e, &map, "pool");
}

tess_zoo_value_t tess_zoo_flatten(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  if (!e->nchw)
    return x; /* the channels come last already */
  return e->printer->reshape(e, "flat", x, 2, x.dims);
}

tess_zoo_value_t tess_zoo_squeeze(tess_zoo_emitter_t *e, const char *scope,
                                  tess_zoo_value_t x, int64_t width,
                                  tess_zoo_function_t function,
                                  tess_zoo_function_t gate) {
  tess_zoo_conv_t conv = {
      .bias = true, .kernel = 1, .stride = 1, .channels = width};
  tess_zoo_scope(e, "%s.squeeze", scope);
  tess_zoo_value_t y = tess_zoo_mean_pool(e, x);
  y = tess_zoo_activate(e, tess_zoo_convolve(e, y, conv, false), function);
  tess_zoo_scope(e, "%s.excite", scope);
  conv.channels = tess_zoo_channels(e, &x);
  y = tess_zoo_activate(e, tess_zoo_convolve(e, y, conv, false), gate);
  if (e->quantised)
    return tess_zoo_integer_scale(e, x, y);
  tess_zoo_map_t map = tess_zoo_map(e, 2, (tess_zoo_value_t[]){x, y});
  tess_zoo_binary(&map, TESS_ZOO_MUL, 0, 1, "scale");
  return tess_zoo_finish(e, &map, "scale");
}

tess_zoo_value_t tess_zoo_add(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                              tess_zoo_value_t y) {
  if (e->quantised)
    return tess_zoo_integer_add(e, x, y);
  tess_zoo_map_t map = tess_zoo_map(e, 2, (tess_zoo_value_t[]){x, y});
  tess_zoo_binary(&map, TESS_ZOO_ADD, 0, 1, "add");
  return tess_zoo_finish(e, &map, "add");
}

tess_zoo_value_t tess_zoo_narrow(tess_zoo_emitter_t *e, const char *suffix,
                                 tess_zoo_value_t x) {
  if (!strcmp(x.element, e->element))
    return x;
  if (e->quantised)
    return tess_zoo_requantise(e, suffix, x, tess_zoo_data_scale);
  tess_zoo_map_t map = tess_zoo_map(e, 1, &x);
  return tess_zoo_finish(e, &map, suffix);
}

static tess_zoo_value_t add_bias(tess_zoo_emitter_t *e, const char *suffix,
                                 tess_zoo_value_t x, tess_zoo_value_t bias) {
  tess_zoo_map_t map = tess_zoo_map(e, 2, (tess_zoo_value_t[]){x, bias});
  tess_zoo_binary(&map, TESS_ZOO_ADD, 0, 1, suffix);
  return tess_zoo_finish(e, &map, suffix);
}

tess_zoo_value_t tess_zoo_linear(tess_zoo_emitter_t *e, const char *suffix,
                                 tess_zoo_value_t x, int64_t columns) {
  const tess_zoo_printer_t *p = e->printer;
  int64_t in = x.dims[x.rank - 1];
  tess_zoo_value_t weight = p->matrix(e, "weight", in, columns);
  tess_zoo_value_t bias =
      p->vector(e, "bias", e->quantised ? "i32" : e->element, TESS_ZOO_TRAINED,
                2, 1, columns);
  tess_zoo_count_macs(e, 2, (int64_t[]){tess_zoo_elements(e, &x), columns});
  tess_zoo_value_t y = p->product(e, x, weight);
  if (!e->quantised)
    return add_bias(e, suffix, y, bias);
  y = p->integer(e, "biased", false, y, bias);
  y.scale = x.scale * tess_zoo_weight_scale(in);
  return tess_zoo_requantise(e, suffix, y, tess_zoo_data_scale);
}
