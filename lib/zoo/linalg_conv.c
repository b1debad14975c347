/* Prints convolutions and max pooling as named ops of linalg, NHWC or NCHW. */
#include "linalg.h"
#include <inttypes.h>
#include <string.h>

/* `x` with rows and columns of `constant` around it. */
static tess_zoo_value_t pad(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                            const tess_zoo_conv_t *conv, const char *constant) {
  int64_t low = conv->pad_low, high = conv->pad_high > 0 ? conv->pad_high : 0;
  if (low == 0 && high == 0)
    return x;
  size_t first = e->nchw ? 2 : 1;
  int64_t dims[4], lows[4] = {0}, highs[4] = {0};
  memcpy(dims, x.dims, sizeof dims);
  for (size_t i = first; i < first + 2; i++) {
    lows[i] = low;
    highs[i] = high;
    dims[i] += low + high;
  }
  tess_zoo_value_t result = tess_zoo_tensor(e, "pad", x.element, 4, dims);
  tess_text_add(&e->body, "    %s = tensor.pad %s low[", result.name, x.name);
  tess_zoo_add_list(&e->body, 4, lows);
  tess_text_add(&e->body, "] high[");
  tess_zoo_add_list(&e->body, 4, highs);
  tess_text_add(&e->body,
                "] {\n"
                "    ^bb0(%%i: index, %%j: index, %%k: index, %%l: index):\n"
                "      tensor.yield %s : %s\n"
                "    } : %s to %s\n",
                constant, x.element, x.type, result.type);
  return result;
}

static tess_zoo_value_t weight_of(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                  const tess_zoo_conv_t *conv) {
  int64_t k = conv->kernel, out = conv->channels;
  int64_t in = tess_zoo_channels(e, &x), g = conv->groups;
  int64_t dims[5];
  size_t rank = 4;
  if (conv->depthwise) {
    memcpy(dims, e->nchw ? (int64_t[]){out, k, k} : (int64_t[]){k, k, out},
           3 * sizeof *dims);
    rank = 3;
  } else if (g > 1) {
    const int64_t nchw[] = {g, out / g, in / g, k, k},
                  nhwc[] = {g, out / g, k, k, in / g};
    memcpy(dims, e->nchw ? nchw : nhwc, sizeof dims);
    rank = 5;
  } else {
    const int64_t nchw[] = {out, in, k, k}, nhwc[] = {k, k, in, out};
    memcpy(dims, e->nchw ? nchw : nhwc, 4 * sizeof *dims);
  }
  return tess_zoo_argument(e, "weight", TESS_ZOO_TRAINED, rank, dims);
}

static const char *op_of(const tess_zoo_emitter_t *e,
                         const tess_zoo_conv_t *conv) {
  if (conv->depthwise)
    return e->nchw ? "depthwise_conv_2d_nchw_chw"
                   : "depthwise_conv_2d_nhwc_hwc";
  if (conv->groups > 1)
    return e->nchw ? "conv_2d_ngchw_gfchw" : "conv_2d_nhwgc_gfhwc";
  return e->nchw ? "conv_2d_nchw_fchw" : "conv_2d_nhwc_hwcf";
}

/* The channels as groups of channels. */
static tess_zoo_value_t grouped(tess_zoo_emitter_t *e, const char *suffix,
                                tess_zoo_value_t x, int64_t groups) {
  size_t axis = tess_zoo_channel_axis(e);
  int64_t dims[TESS_ZOO_RANK];
  for (size_t i = 0, from = 0; i < 5; i++)
    if (i == axis)
      dims[i] = groups;
    else
      dims[i] = i == axis + 1 ? x.dims[from++] / groups : x.dims[from++];
  return tess_linalg_reshape(e, suffix, x, 5, dims);
}

static tess_zoo_value_t print_conv(tess_zoo_emitter_t *e,
                                   const tess_zoo_conv_t *conv,
                                   tess_zoo_value_t x, tess_zoo_value_t weight,
                                   tess_zoo_value_t result) {
  const char *zeros = tess_linalg_zeros(e, result);
  tess_text_add(&e->body,
                "    %s = linalg.%s {dilations = dense<1> : vector<2xi64>, "
                "strides = dense<%" PRId64 "> : vector<2xi64>} ins(%s, %s : "
                "%s, %s) outs(%s : %s) -> %s\n",
                result.name, op_of(e, conv), conv->stride, x.name, weight.name,
                x.type, weight.type, zeros, result.type, result.type);
  return result;
}

static tess_zoo_value_t convolve_groups(tess_zoo_emitter_t *e,
                                        const tess_zoo_conv_t *conv,
                                        tess_zoo_value_t x,
                                        tess_zoo_value_t weight,
                                        tess_zoo_value_t result) {
  size_t axis = tess_zoo_channel_axis(e);
  int64_t dims[TESS_ZOO_RANK];
  for (size_t i = 0; i < 5; i++)
    dims[i] = result.dims[i > axis ? i - 1 : i];
  dims[axis] = conv->groups;
  dims[axis + 1] = conv->channels / conv->groups;
  x = grouped(e, "groups", x, conv->groups);
  tess_zoo_value_t parts =
      tess_zoo_tensor(e, "group_conv", result.element, 5, dims);
  parts = print_conv(e, conv, x, weight, parts);
  return tess_linalg_reshape(e, "conv", parts, 4, result.dims);
}

static tess_zoo_value_t add_bias(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  size_t axis = tess_zoo_channel_axis(e);
  tess_zoo_value_t bias =
      e->printer->vector(e, "bias", e->quantised ? "i32" : e->element,
                         TESS_ZOO_TRAINED, 4, axis, x.dims[axis]);
  if (e->quantised)
    return tess_linalg_integer(e, "biased", false, x, bias);
  tess_zoo_map_t map = tess_zoo_map(e, 2, (tess_zoo_value_t[]){x, bias});
  tess_zoo_binary(&map, TESS_ZOO_ADD, 0, 1, "biased");
  return tess_linalg_map(e, "biased", &map);
}

tess_zoo_value_t tess_linalg_convolve(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                      const tess_zoo_conv_t *conv) {
  tess_zoo_value_t weight = weight_of(e, x, conv);
  if (conv->pad_low > 0 || conv->pad_high > 0)
    tess_linalg_constant(e, "%pad_value", e->element,
                         e->quantised ? "0" : "0.000000000e+00");
  x = pad(e, x, conv, "%pad_value");
  tess_zoo_value_t result = tess_zoo_image(
      e, "conv", tess_linalg_wide(e->element), conv->size, conv->channels);
  if (conv->groups > 1)
    result = convolve_groups(e, conv, x, weight, result);
  else
    result = print_conv(e, conv, x, weight, result);
  return conv->bias ? add_bias(e, result) : result;
}

tess_zoo_value_t tess_linalg_max_pool(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                      const tess_zoo_conv_t *window) {
  const char *least = tess_arena_format(&e->arena, "%%least_%s", x.element);
  tess_linalg_constant(e, least, x.element, tess_linalg_least(x.element));
  int64_t channels = tess_zoo_channels(e, &x);
  tess_zoo_value_t padded = pad(e, x, window, least);
  tess_zoo_value_t result =
      tess_zoo_image(e, "max", x.element, window->size, channels);
  tess_zoo_value_t shape = tess_zoo_tensor(
      e, "window", x.element, 2, (int64_t[]){window->kernel, window->kernel});
  const char *empty = tess_linalg_empty(e, shape);
  const char *start = tess_linalg_fill(e, result, "least", least);
  tess_text_add(&e->body,
                "    %s = linalg.pooling_%s_max {dilations = dense<1> : "
                "vector<2xi64>, strides = dense<%" PRId64
                "> : vector<2xi64>} ins(%s, %s : %s, %s) outs(%s : %s) -> %s\n",
                result.name, e->nchw ? "nchw" : "nhwc", window->stride,
                padded.name, empty, padded.type, shape.type, start, result.type,
                result.type);
  return result;
}
