/* Prints networks as TOSA 1.0, NHWC, the way PyTorch's and TFLite's exporters
 * do: batch norm unfolded, pooling as two sums, the classifier as a batched
 * matmul of batch 1. */
#include "emitter.h"
#include <inttypes.h>
#include <string.h>

/* The constant `name` of `rank` dimensions, all elements `value`. */
static tess_zoo_value_t splat(tess_zoo_emitter_t *e, const char *name,
                              size_t rank, const int64_t *dims, double value) {
  const char *type = tess_zoo_type(e, e->element, rank, dims);
  if (tess_zoo_constant_is_new(e, name))
    tess_text_add(&e->constants,
                  "    %s = \"tosa.const\"() <{values = dense<%.9e> : %s}> : "
                  "() -> %s\n",
                  name, value, type, type);
  return (tess_zoo_value_t){.name = name, .type = type, .element = e->element};
}

static tess_zoo_value_t scalar(tess_zoo_emitter_t *e, const char *name,
                               double value) {
  return splat(e, name, 4, (int64_t[]){1, 1, 1, 1}, value);
}

/* A !tosa.shape constant. Its name is its content. */
static const char *shape(tess_zoo_emitter_t *e, size_t rank,
                         const int64_t *dims) {
  const char *name = "%shape", *list = "";
  for (size_t i = 0; i < rank; i++) {
    name = tess_arena_format(&e->arena, "%s_%" PRId64, name, dims[i]);
    list = tess_arena_format(&e->arena, "%s%s%" PRId64, list, i ? ", " : "",
                             dims[i]);
  }
  if (tess_zoo_constant_is_new(e, name))
    tess_text_add(&e->constants,
                  "    %s = tosa.const_shape {values = dense<[%s]> : "
                  "tensor<%zuxindex>} : () -> !tosa.shape<%zu>\n",
                  name, list, rank, rank);
  return name;
}

static void unary(tess_zoo_emitter_t *e, const char *op, tess_zoo_value_t x,
                  tess_zoo_value_t result) {
  tess_text_add(&e->body, "    %s = tosa.%s %s : (%s) -> %s\n", result.name, op,
                x.name, x.type, result.type);
}

static void binary(tess_zoo_emitter_t *e, const char *op, tess_zoo_value_t x,
                   tess_zoo_value_t y, tess_zoo_value_t result) {
  tess_text_add(&e->body, "    %s = tosa.%s %s, %s : (%s, %s) -> %s\n",
                result.name, op, x.name, y.name, x.type, y.type, result.type);
}

/* tosa.mul has a shift operand that only integers use. */
static void multiply(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                     tess_zoo_value_t y, tess_zoo_value_t result) {
  if (tess_zoo_constant_is_new(e, "%shift"))
    tess_text_add(&e->constants,
                  "    %%shift = \"tosa.const\"() <{values = dense<0> : "
                  "tensor<1xi8>}> : () -> tensor<1xi8>\n");
  tess_text_add(&e->body,
                "    %s = tosa.mul %s, %s, %%shift : (%s, %s, tensor<1xi8>) -> "
                "%s\n",
                result.name, x.name, y.name, x.type, y.type, result.type);
}

static void reshape(tess_zoo_emitter_t *e, tess_zoo_value_t x, size_t rank,
                    const int64_t *dims, tess_zoo_value_t result) {
  tess_text_add(
      &e->body, "    %s = tosa.reshape %s, %s : (%s, !tosa.shape<%zu>) -> %s\n",
      result.name, x.name, shape(e, rank, dims), x.type, rank, result.type);
}

/* TOSA wants every pixel read: drops the last row and column where a strided
 * 1x1 window never reaches them. */
static tess_zoo_value_t trim(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                             const tess_zoo_conv_t *conv) {
  if (conv->pad_high >= 0)
    return x;
  int64_t size = x.size + conv->pad_high;
  tess_zoo_value_t result =
      tess_zoo_activation(e, "trim", x.batch, size, x.channels);
  const char *start = shape(e, 4, (int64_t[]){0, 0, 0, 0});
  const char *sizes = shape(e, 4, (int64_t[]){x.batch, size, size, x.channels});
  tess_text_add(&e->body,
                "    %s = tosa.slice %s, %s, %s : (%s, !tosa.shape<4>, "
                "!tosa.shape<4>) -> %s\n",
                result.name, x.name, start, sizes, x.type, result.type);
  return result;
}

static tess_zoo_value_t conv_weight(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                    const tess_zoo_conv_t *conv) {
  int64_t k = conv->kernel, c = conv->channels;
  if (conv->depthwise)
    return tess_zoo_argument(e, "weight", true, 4, (int64_t[]){k, k, c, 1});
  return tess_zoo_argument(e, "weight", true, 4,
                           (int64_t[]){c, k, k, x.channels});
}

static tess_zoo_value_t conv_bias(tess_zoo_emitter_t *e,
                                  const tess_zoo_conv_t *conv) {
  if (conv->bias)
    return tess_zoo_argument(e, "bias", true, 1, &conv->channels);
  const char *name =
      tess_arena_format(&e->arena, "%%no_bias_%" PRId64, conv->channels);
  return splat(e, name, 1, &conv->channels, 0.0);
}

static tess_zoo_value_t convolve(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                 const tess_zoo_conv_t *conv) {
  x = trim(e, x, conv);
  tess_zoo_value_t weight = conv_weight(e, x, conv);
  tess_zoo_value_t bias = conv_bias(e, conv);
  tess_zoo_value_t zero = splat(e, "%zero_point", 1, (int64_t[]){1}, 0.0);
  tess_zoo_value_t result =
      tess_zoo_activation(e, "conv", x.batch, conv->size, conv->channels);
  int64_t low = conv->pad_low, high = conv->pad_high > 0 ? conv->pad_high : 0;
  tess_text_add(&e->body,
                "    %s = tosa.%s %s, %s, %s, %s, %s {acc_type = f32, dilation "
                "= array<i64: 1, 1>, pad = array<i64: %" PRId64 ", %" PRId64
                ", %" PRId64 ", %" PRId64 ">, stride = array<i64: %" PRId64
                ", %" PRId64 ">} : (%s, %s, %s, %s, %s) -> %s\n",
                result.name, conv->depthwise ? "depthwise_conv2d" : "conv2d",
                x.name, weight.name, bias.name, zero.name, zero.name, low, high,
                low, high, conv->stride, conv->stride, x.type, weight.type,
                bias.type, zero.type, zero.type, result.type);
  return result;
}

static tess_zoo_value_t normalize(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  const int64_t dims[] = {1, 1, 1, x.channels};
  tess_zoo_value_t mean = tess_zoo_argument(e, "norm.mean", false, 4, dims);
  tess_zoo_value_t variance =
      tess_zoo_argument(e, "norm.variance", false, 4, dims);
  tess_zoo_value_t scale = tess_zoo_argument(e, "norm.scale", true, 4, dims);
  tess_zoo_value_t offset = tess_zoo_argument(e, "norm.offset", true, 4, dims);
  tess_zoo_value_t sum = tess_zoo_tensor(e, "norm.sum", e->element, 4, dims);
  tess_zoo_value_t root = tess_zoo_tensor(e, "norm.rsqrt", e->element, 4, dims);
  tess_zoo_value_t centred = tess_zoo_like(e, "norm.centred", x);
  tess_zoo_value_t unit = tess_zoo_like(e, "norm.unit", x);
  tess_zoo_value_t scaled = tess_zoo_like(e, "norm.scaled", x);
  tess_zoo_value_t result = tess_zoo_like(e, "norm", x);
  binary(e, "add", variance, scalar(e, "%epsilon", e->network->epsilon), sum);
  unary(e, "rsqrt", sum, root);
  binary(e, "sub", x, mean, centred);
  multiply(e, centred, root, unit);
  multiply(e, unit, scale, scaled);
  binary(e, "add", scaled, offset, result);
  return result;
}

/* `most` as text: the largest finite number means no upper bound. */
static void clamp(tess_zoo_emitter_t *e, const char *most, tess_zoo_value_t x,
                  tess_zoo_value_t result) {
  tess_text_add(&e->body,
                "    %s = tosa.clamp %s {max_val = %s : %s, min_val = "
                "0.000000e+00 : %s} : (%s) -> %s\n",
                result.name, x.name, most, e->element, e->element, x.type,
                result.type);
}

static const char *largest(const tess_zoo_emitter_t *e) {
  return strcmp(e->element, "bf16") ? "3.40282347E+38" : "3.38953139E+38";
}

static tess_zoo_value_t hard_sigmoid(tess_zoo_emitter_t *e,
                                     tess_zoo_value_t x) {
  tess_zoo_value_t sixth = tess_zoo_like(e, "sixth", x),
                   sum = tess_zoo_like(e, "sum", x);
  tess_zoo_value_t result = tess_zoo_like(e, "activation", x);
  multiply(e, x, scalar(e, "%one_sixth", 1.0 / 6.0), sixth);
  binary(e, "add", sixth, scalar(e, "%half", 0.5), sum);
  clamp(e, "1.000000e+00", sum, result);
  return result;
}

static tess_zoo_value_t swish(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  tess_zoo_value_t sigmoid = tess_zoo_like(e, "sigmoid", x);
  tess_zoo_value_t result = tess_zoo_like(e, "activation", x);
  unary(e, "sigmoid", x, sigmoid);
  multiply(e, x, sigmoid, result);
  return result;
}

static tess_zoo_value_t activate(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                 tess_zoo_function_t function) {
  if (function == TESS_ZOO_SWISH)
    return swish(e, x);
  if (function == TESS_ZOO_HARD_SIGMOID)
    return hard_sigmoid(e, x);
  tess_zoo_value_t result = tess_zoo_like(e, "activation", x);
  if (function == TESS_ZOO_SIGMOID)
    unary(e, "sigmoid", x, result);
  else
    clamp(e, largest(e), x, result);
  return result;
}

static void sum_axis(tess_zoo_emitter_t *e, int axis, tess_zoo_value_t x,
                     tess_zoo_value_t result) {
  tess_text_add(&e->body,
                "    %s = tosa.reduce_sum %s {axis = %d : i32} : (%s) -> %s\n",
                result.name, x.name, axis, x.type, result.type);
}

static tess_zoo_value_t pool(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  tess_zoo_value_t rows =
      tess_zoo_tensor(e, "pool.rows", e->element, 4,
                      (int64_t[]){x.batch, 1, x.size, x.channels});
  tess_zoo_value_t sum =
      tess_zoo_activation(e, "pool.sum", x.batch, 1, x.channels);
  tess_zoo_value_t result =
      tess_zoo_activation(e, "pool", x.batch, 1, x.channels);
  const char *name =
      tess_arena_format(&e->arena, "%%one_pixel_of_%" PRId64, x.size);
  double pixels = (double)x.size * (double)x.size;
  sum_axis(e, 1, x, rows);
  sum_axis(e, 2, rows, sum);
  multiply(e, sum, scalar(e, name, 1.0 / pixels), result);
  return result;
}

static tess_zoo_value_t scale(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                              tess_zoo_value_t gate) {
  tess_zoo_value_t result = tess_zoo_like(e, "scale", x);
  multiply(e, x, gate, result);
  return result;
}

static tess_zoo_value_t add(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                            tess_zoo_value_t y) {
  tess_zoo_value_t result = tess_zoo_like(e, "add", x);
  binary(e, "add", x, y, result);
  return result;
}

/* A product of bf16 is an f32 in TOSA; this brings it back. */
static tess_zoo_value_t matmul(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               tess_zoo_value_t weight, const int64_t *dims) {
  tess_zoo_value_t zero = splat(e, "%zero_point", 1, (int64_t[]){1}, 0.0);
  tess_zoo_value_t product = tess_zoo_tensor(e, "matmul", "f32", 3, dims);
  tess_text_add(&e->body,
                "    %s = tosa.matmul %s, %s, %s, %s : (%s, %s, %s, %s) -> "
                "%s\n",
                product.name, x.name, weight.name, zero.name, zero.name, x.type,
                weight.type, zero.type, zero.type, product.type);
  if (!strcmp(e->element, "f32"))
    return product;
  tess_zoo_value_t result = tess_zoo_tensor(e, "cast", e->element, 3, dims);
  unary(e, "cast", product, result);
  return result;
}

static tess_zoo_value_t classify(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  int64_t n = x.batch, c = x.channels, classes = e->network->classes;
  const int64_t rows[] = {1, n, c}, products[] = {1, n, classes};
  tess_zoo_value_t weight =
      tess_zoo_argument(e, "weight", true, 3, (int64_t[]){1, c, classes});
  tess_zoo_value_t bias =
      tess_zoo_argument(e, "bias", true, 2, (int64_t[]){1, classes});
  tess_zoo_value_t flat = tess_zoo_tensor(e, "input", e->element, 3, rows);
  tess_zoo_value_t logits =
      tess_zoo_tensor(e, "output", e->element, 2, products + 1);
  tess_zoo_value_t result =
      tess_zoo_tensor(e, "logits", e->element, 2, products + 1);
  reshape(e, x, 3, rows, flat);
  reshape(e, matmul(e, flat, weight, products), 2, products + 1, logits);
  binary(e, "add", logits, bias, result);
  return result;
}

const tess_zoo_printer_t tess_zoo_tosa = {.header = "",
                                          .convolve = convolve,
                                          .normalize = normalize,
                                          .activate = activate,
                                          .pool = pool,
                                          .scale = scale,
                                          .add = add,
                                          .classify = classify};
