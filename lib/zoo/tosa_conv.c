/* Prints convolutions and max pooling as TOSA, which knows NHWC alone: with
 * NCHW images transposes stand around each, as torch-mlir writes it. */
#include "tosa.h"
#include <inttypes.h>
#include <string.h>

static const int64_t to_nhwc[] = {0, 2, 3, 1}, to_nchw[] = {0, 3, 1, 2};

static int64_t high_padding(const tess_zoo_conv_t *conv) {
  return conv->pad_high > 0 ? conv->pad_high : 0;
}

/* TOSA wants every pixel read: drops the last rows and columns where a strided
 * window never reaches them. */
static tess_zoo_value_t trim(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                             const tess_zoo_conv_t *conv) {
  if (conv->pad_high >= 0)
    return x;
  int64_t side = x.dims[1] + conv->pad_high;
  return tess_tosa_slice(e, "trim", x, (int64_t[]){0, 0, 0, 0},
                         (int64_t[]){x.dims[0], side, side, x.dims[3]});
}

static tess_zoo_value_t weight_of(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                  const tess_zoo_conv_t *conv) {
  int64_t k = conv->kernel, c = conv->channels;
  int64_t groups = conv->groups > 1 ? conv->groups : 1;
  if (conv->depthwise)
    return tess_zoo_argument(e, "weight", TESS_ZOO_TRAINED, 4,
                             (int64_t[]){k, k, c, 1});
  return tess_zoo_argument(e, "weight", TESS_ZOO_TRAINED, 4,
                           (int64_t[]){c, k, k, x.dims[3] / groups});
}

static tess_zoo_value_t bias_of(tess_zoo_emitter_t *e,
                                const tess_zoo_conv_t *conv) {
  const char *element = e->quantised ? "i32" : e->element;
  if (conv->bias) {
    tess_zoo_value_t bias =
        tess_zoo_tensor(e, "bias", element, 1, &conv->channels);
    tess_zoo_declare(e, TESS_ZOO_TRAINED, &bias);
    return bias;
  }
  const char *name =
      tess_arena_format(&e->arena, "%%no_bias_%" PRId64, conv->channels);
  return tess_tosa_splat(e, name, element, 1, &conv->channels, 0.0);
}

static void print_conv(tess_zoo_emitter_t *e, const tess_zoo_conv_t *conv,
                       tess_zoo_value_t x, tess_zoo_value_t weight,
                       tess_zoo_value_t bias, tess_zoo_value_t result) {
  tess_zoo_value_t zero =
      tess_tosa_splat(e, "%zero_point", e->element, 1, (int64_t[]){1}, 0.0);
  int64_t low = conv->pad_low, high = high_padding(conv);
  tess_text_add(&e->body,
                "    %s = tosa.%s %s, %s, %s, %s, %s {acc_type = %s, dilation "
                "= array<i64: 1, 1>, pad = array<i64: %" PRId64 ", %" PRId64
                ", %" PRId64 ", %" PRId64 ">, stride = array<i64: %" PRId64
                ", %" PRId64 ">} : (%s, %s, %s, %s, %s) -> %s\n",
                result.name, conv->depthwise ? "depthwise_conv2d" : "conv2d",
                x.name, weight.name, bias.name, zero.name, zero.name,
                e->quantised ? "i32" : "f32", low, high, low, high,
                conv->stride, conv->stride, x.type, weight.type, bias.type,
                zero.type, zero.type, result.type);
}

/* TOSA has no groups: a convolution for each, as TFLite splits them. */
static tess_zoo_value_t
convolve_groups(tess_zoo_emitter_t *e, tess_zoo_conv_t conv, tess_zoo_value_t x,
                tess_zoo_value_t weight, tess_zoo_value_t bias,
                tess_zoo_value_t result) {
  int64_t in = x.dims[3] / conv.groups, out = conv.channels / conv.groups;
  tess_zoo_value_t *parts =
      tess_arena_array(&e->arena, (size_t)conv.groups, sizeof *parts);
  int64_t part[] = {result.dims[0], result.dims[1], result.dims[2], out};
  for (int64_t g = 0; g < conv.groups; g++) {
    const char *prefix = tess_arena_format(&e->arena, "group%" PRId64, g);
    const char *name = tess_arena_format(&e->arena, "%s.input", prefix);
    tess_zoo_value_t data =
        tess_tosa_slice(e, name, x, (int64_t[]){0, 0, 0, g * in},
                        (int64_t[]){x.dims[0], x.dims[1], x.dims[2], in});
    name = tess_arena_format(&e->arena, "%s.weight", prefix);
    tess_zoo_value_t filter =
        tess_tosa_slice(e, name, weight, (int64_t[]){g * out, 0, 0, 0},
                        (int64_t[]){out, conv.kernel, conv.kernel, in});
    name = tess_arena_format(&e->arena, "%s.conv", prefix);
    tess_zoo_value_t group_bias = bias;
    if (conv.bias)
      group_bias =
          tess_tosa_slice(e, tess_arena_format(&e->arena, "%s.bias", prefix),
                          bias, (int64_t[]){g * out}, (int64_t[]){out});
    parts[g] = tess_zoo_tensor(e, name, result.element, 4, part);
    print_conv(e, &conv, data, filter, group_bias, parts[g]);
  }
  return tess_tosa_concat(e, "conv", 3, (size_t)conv.groups, parts);
}

tess_zoo_value_t tess_tosa_convolve(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                    const tess_zoo_conv_t *conv) {
  if (e->nchw)
    x = tess_tosa_transpose(e, "nhwc", x, to_nhwc);
  x = trim(e, x, conv);
  tess_zoo_value_t weight = weight_of(e, x, conv);
  tess_zoo_conv_t part = *conv;
  if (conv->groups > 1 && !conv->bias)
    part.channels /= conv->groups;
  tess_zoo_value_t bias = bias_of(e, &part);
  const int64_t dims[] = {x.dims[0], conv->size, conv->size, conv->channels};
  tess_zoo_value_t result =
      tess_zoo_tensor(e, e->nchw ? "conv.nhwc" : "conv",
                      e->quantised ? "i32" : e->element, 4, dims);
  if (conv->groups > 1)
    result = convolve_groups(e, *conv, x, weight, bias, result);
  else
    print_conv(e, conv, x, weight, bias, result);
  return e->nchw
             ? tess_tosa_transpose(e, conv->groups > 1 ? "conv.nchw" : "conv",
                                   result, to_nchw)
             : result;
}

tess_zoo_value_t tess_tosa_max_pool(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                    const tess_zoo_conv_t *window) {
  if (e->nchw)
    x = tess_tosa_transpose(e, "nhwc", x, to_nhwc);
  x = trim(e, x, window);
  const int64_t dims[] = {x.dims[0], window->size, window->size, x.dims[3]};
  tess_zoo_value_t result =
      tess_zoo_tensor(e, e->nchw ? "max.nhwc" : "max", x.element, 4, dims);
  int64_t low = window->pad_low, high = high_padding(window);
  tess_text_add(&e->body,
                "    %s = tosa.max_pool2d %s {kernel = array<i64: %" PRId64
                ", %" PRId64 ">, pad = array<i64: %" PRId64 ", %" PRId64
                ", %" PRId64 ", %" PRId64 ">, stride = array<i64: %" PRId64
                ", %" PRId64 ">} : (%s) -> %s\n",
                result.name, x.name, window->kernel, window->kernel, low, high,
                low, high, window->stride, window->stride, x.type, result.type);
  return e->nchw ? tess_tosa_transpose(e, "max", result, to_nchw) : result;
}
