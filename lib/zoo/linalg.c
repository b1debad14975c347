/* Prints networks as linalg on tensors, NHWC. Element-wise regions compute in
 * f32; with bf16 data they extend what they read and truncate what they yield,
 * and convolutions and products accumulate in f32, as torch-mlir does. */
#include "emitter.h"
#include <inttypes.h>
#include <string.h>

static const char header[] =
    "#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>\n"
    "#channel = affine_map<(d0, d1, d2, d3) -> (d3)>\n"
    "#pooled = affine_map<(d0, d1, d2, d3) -> (d0, 0, 0, d3)>\n"
    "#vector = affine_map<(d0) -> (d0)>\n"
    "#matrix = affine_map<(d0, d1) -> (d0, d1)>\n"
    "#column = affine_map<(d0, d1) -> (d1)>\n";

#define FOUR_PARALLEL "\"parallel\", \"parallel\", \"parallel\", \"parallel\""
#define MAX_INPUTS 5

/* A linalg.generic. Its body reads the inputs as %x0, %x1 … and the old content
 * of the output as %acc, all f32, and defines %y. */
typedef struct generic {
  const char *maps, *iterators;
  tess_zoo_value_t inputs[MAX_INPUTS];
  size_t input_count;
  const char *accumulator; /* what the output starts from; NULL: nothing */
  const char *body;
} generic_t;

static bool is_f32(tess_zoo_value_t value) {
  return !strcmp(value.element, "f32");
}

static void add_constant(tess_zoo_emitter_t *e, const char *name,
                         const char *element, double value) {
  if (tess_zoo_constant_is_new(e, name))
    tess_text_add(&e->constants, "    %s = arith.constant %.9e : %s\n", name,
                  value, element);
}

/* Declares `value` with the element type f32, whatever the network's. */
static tess_zoo_value_t wide(tess_zoo_emitter_t *e, const char *suffix,
                             int64_t batch, int64_t size, int64_t channels) {
  tess_zoo_value_t value = tess_zoo_tensor(
      e, suffix, "f32", 4, (int64_t[]){batch, size, size, channels});
  value.batch = batch;
  value.size = size;
  value.channels = channels;
  return value;
}

static void print_empty(tess_zoo_emitter_t *e, tess_zoo_value_t result) {
  tess_text_add(&e->body, "    %s.empty = tensor.empty() : %s\n", result.name,
                result.type);
}

/* "%a, %b : type, type" */
static void print_inputs(tess_zoo_emitter_t *e, const generic_t *g) {
  for (size_t i = 0; i < g->input_count; i++)
    tess_text_add(&e->body, "%s%s", i ? ", " : "", g->inputs[i].name);
  for (size_t i = 0; i < g->input_count; i++)
    tess_text_add(&e->body, "%s%s", i ? ", " : " : ", g->inputs[i].type);
}

static void print_region(tess_zoo_emitter_t *e, const generic_t *g,
                         tess_zoo_value_t result) {
  tess_text_add(&e->body, "    ^bb0(");
  for (size_t i = 0; i < g->input_count; i++)
    tess_text_add(&e->body, "%%%c%zu: %s, ", is_f32(g->inputs[i]) ? 'x' : 'n',
                  i, g->inputs[i].element);
  tess_text_add(&e->body, "%%acc: %s):\n", result.element);
  for (size_t i = 0; i < g->input_count; i++)
    if (!is_f32(g->inputs[i]))
      tess_text_add(&e->body, "      %%x%zu = arith.extf %%n%zu : %s to f32\n",
                    i, i, g->inputs[i].element);
  tess_text_add_n(&e->body, g->body, strlen(g->body));
  if (is_f32(result))
    tess_text_add(&e->body, "      linalg.yield %%y : f32\n");
  else
    tess_text_add(&e->body,
                  "      %%z = arith.truncf %%y : f32 to %s\n"
                  "      linalg.yield %%z : %s\n",
                  result.element, result.element);
}

static void print_generic(tess_zoo_emitter_t *e, const generic_t *g,
                          tess_zoo_value_t result) {
  if (!g->accumulator)
    print_empty(e, result);
  tess_text_add(&e->body,
                "    %s = linalg.generic {indexing_maps = [%s], iterator_types "
                "= [%s]} ins(",
                result.name, g->maps, g->iterators);
  print_inputs(e, g);
  tess_text_add(&e->body, ") outs(%s%s : %s) {\n",
                g->accumulator ? g->accumulator : result.name,
                g->accumulator ? "" : ".empty", result.type);
  print_region(e, g, result);
  tess_text_add(&e->body, "    } -> %s\n", result.type);
}

/* Element-wise on activations: one input, or two with the second one's map. */
static tess_zoo_value_t map_one(tess_zoo_emitter_t *e, const char *suffix,
                                tess_zoo_value_t x, const char *body) {
  const generic_t g = {.maps = "#id, #id",
                       .iterators = FOUR_PARALLEL,
                       .inputs = {x},
                       .input_count = 1,
                       .body = body};
  tess_zoo_value_t result = tess_zoo_like(e, suffix, x);
  print_generic(e, &g, result);
  return result;
}

static tess_zoo_value_t map_two(tess_zoo_emitter_t *e, const char *suffix,
                                const char *maps, tess_zoo_value_t x,
                                tess_zoo_value_t y, const char *body) {
  const generic_t g = {.maps = maps,
                       .iterators = FOUR_PARALLEL,
                       .inputs = {x, y},
                       .input_count = 2,
                       .body = body};
  tess_zoo_value_t result = tess_zoo_like(e, suffix, x);
  print_generic(e, &g, result);
  return result;
}

static const char add_body[] = "      %y = arith.addf %x0, %x1 : f32\n";
static const char multiply_body[] = "      %y = arith.mulf %x0, %x1 : f32\n";

/* An f32 tensor of zeros for `result` to accumulate in: "<result>.zero". */
static const char *print_zeros(tess_zoo_emitter_t *e, tess_zoo_value_t result) {
  add_constant(e, "%zero", "f32", 0.0);
  print_empty(e, result);
  tess_text_add(&e->body,
                "    %s.zero = linalg.fill ins(%%zero : f32) outs(%s.empty : "
                "%s) -> %s\n",
                result.name, result.name, result.type, result.type);
  return tess_arena_format(&e->arena, "%s.zero", result.name);
}

static tess_zoo_value_t pad(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                            const tess_zoo_conv_t *conv) {
  int64_t low = conv->pad_low, high = conv->pad_high > 0 ? conv->pad_high : 0;
  if (low == 0 && high == 0)
    return x;
  add_constant(e, "%pad_value", e->element, 0.0);
  tess_zoo_value_t result =
      tess_zoo_activation(e, "pad", x.batch, x.size + low + high, x.channels);
  tess_text_add(&e->body,
                "    %s = tensor.pad %s low[0, %" PRId64 ", %" PRId64
                ", 0] high[0, %" PRId64 ", %" PRId64 ", 0] {\n"
                "    ^bb0(%%i: index, %%j: index, %%k: index, %%l: index):\n"
                "      tensor.yield %%pad_value : %s\n"
                "    } : %s to %s\n",
                result.name, x.name, low, low, high, high, e->element, x.type,
                result.type);
  return result;
}

static tess_zoo_value_t conv_weight(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                    const tess_zoo_conv_t *conv) {
  int64_t k = conv->kernel, c = conv->channels;
  if (conv->depthwise)
    return tess_zoo_argument(e, "weight", true, 3, (int64_t[]){k, k, c});
  return tess_zoo_argument(e, "weight", true, 4,
                           (int64_t[]){k, k, x.channels, c});
}

static tess_zoo_value_t convolve(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                 const tess_zoo_conv_t *conv) {
  tess_zoo_value_t weight = conv_weight(e, x, conv);
  x = pad(e, x, conv);
  tess_zoo_value_t result =
      wide(e, "conv", x.batch, conv->size, conv->channels);
  const char *zeros = print_zeros(e, result);
  tess_text_add(&e->body,
                "    %s = linalg.%s {dilations = dense<1> : vector<2xi64>, "
                "strides = dense<%" PRId64 "> : vector<2xi64>} ins(%s, %s : "
                "%s, %s) outs(%s : %s) -> %s\n",
                result.name,
                conv->depthwise ? "depthwise_conv_2d_nhwc_hwc"
                                : "conv_2d_nhwc_hwcf",
                conv->stride, x.name, weight.name, x.type, weight.type, zeros,
                result.type, result.type);
  if (!conv->bias)
    return result;
  tess_zoo_value_t bias =
      tess_zoo_argument(e, "bias", true, 1, &conv->channels);
  return map_two(e, "biased", "#id, #channel, #id", result, bias, add_body);
}

/* 1 / sqrt(variance + epsilon), once for each channel. */
static tess_zoo_value_t inverse_deviation(tess_zoo_emitter_t *e,
                                          tess_zoo_value_t variance,
                                          int64_t channels) {
  const generic_t g = {.maps = "#vector, #vector",
                       .iterators = "\"parallel\"",
                       .inputs = {variance},
                       .input_count = 1,
                       .body = "      %s = arith.addf %x0, %epsilon : f32\n"
                               "      %y = math.rsqrt %s : f32\n"};
  add_constant(e, "%epsilon", "f32", e->network->epsilon);
  tess_zoo_value_t result =
      tess_zoo_tensor(e, "norm.rsqrt", "f32", 1, &channels);
  print_generic(e, &g, result);
  return result;
}

static tess_zoo_value_t normalize(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  const int64_t *c = &x.channels;
  tess_zoo_value_t mean = tess_zoo_argument(e, "norm.mean", false, 1, c);
  tess_zoo_value_t variance =
      tess_zoo_argument(e, "norm.variance", false, 1, c);
  tess_zoo_value_t scale = tess_zoo_argument(e, "norm.scale", true, 1, c);
  tess_zoo_value_t offset = tess_zoo_argument(e, "norm.offset", true, 1, c);
  tess_zoo_value_t root = inverse_deviation(e, variance, x.channels);
  const generic_t g = {.maps =
                           "#id, #channel, #channel, #channel, #channel, #id",
                       .iterators = FOUR_PARALLEL,
                       .inputs = {x, mean, root, scale, offset},
                       .input_count = 5,
                       .body = "      %c = arith.subf %x0, %x1 : f32\n"
                               "      %u = arith.mulf %c, %x2 : f32\n"
                               "      %s = arith.mulf %u, %x3 : f32\n"
                               "      %y = arith.addf %s, %x4 : f32\n"};
  tess_zoo_value_t result = tess_zoo_like(e, "norm", x);
  print_generic(e, &g, result);
  return result;
}

#define SIGMOID_OF_X0                                                          \
  "      %n = arith.negf %x0 : f32\n"                                          \
  "      %e = math.exp %n : f32\n"                                             \
  "      %d = arith.addf %e, %one : f32\n"

static tess_zoo_value_t activate(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                 tess_zoo_function_t function) {
  static const char *const bodies[] = {
      [TESS_ZOO_SWISH] = SIGMOID_OF_X0 "      %s = arith.divf %one, %d : f32\n"
                                       "      %y = arith.mulf %x0, %s : f32\n",
      [TESS_ZOO_RELU] = "      %y = arith.maximumf %x0, %zero : f32\n",
      [TESS_ZOO_SIGMOID] =
          SIGMOID_OF_X0 "      %y = arith.divf %one, %d : f32\n",
      [TESS_ZOO_HARD_SIGMOID] = "      %m = arith.mulf %x0, %one_sixth : f32\n"
                                "      %s = arith.addf %m, %half : f32\n"
                                "      %p = arith.maximumf %s, %zero : f32\n"
                                "      %y = arith.minimumf %p, %one : f32\n"};
  bool hard = function == TESS_ZOO_HARD_SIGMOID;
  if (hard || function == TESS_ZOO_RELU)
    add_constant(e, "%zero", "f32", 0.0);
  if (function != TESS_ZOO_RELU)
    add_constant(e, "%one", "f32", 1.0);
  if (hard) {
    add_constant(e, "%half", "f32", 0.5);
    add_constant(e, "%one_sixth", "f32", 1.0 / 6.0);
  }
  return map_one(e, "activation", x, bodies[function]);
}

static tess_zoo_value_t pool(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  generic_t g = {.maps = "#id, #pooled",
                 .iterators = "\"parallel\", \"reduction\", \"reduction\", "
                              "\"parallel\"",
                 .inputs = {x},
                 .input_count = 1,
                 .body = "      %y = arith.addf %x0, %acc : f32\n"};
  tess_zoo_value_t sum = wide(e, "pool.sum", x.batch, 1, x.channels);
  g.accumulator = print_zeros(e, sum);
  print_generic(e, &g, sum);
  const char *pixels =
      tess_arena_format(&e->arena, "%%pixels_%" PRId64, x.size);
  add_constant(e, pixels, "f32", (double)x.size * (double)x.size);
  return map_one(e, "pool", sum,
                 tess_arena_format(&e->arena,
                                   "      %%y = arith.divf %%x0, %s : f32\n",
                                   pixels));
}

static tess_zoo_value_t scale(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                              tess_zoo_value_t gate) {
  return map_two(e, "scale", "#id, #pooled, #id", x, gate, multiply_body);
}

static tess_zoo_value_t add(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                            tess_zoo_value_t y) {
  return map_two(e, "add", "#id, #id, #id", x, y, add_body);
}

static tess_zoo_value_t classify(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  int64_t n = x.batch, c = x.channels, classes = e->network->classes;
  tess_zoo_value_t weight =
      tess_zoo_argument(e, "weight", true, 2, (int64_t[]){c, classes});
  tess_zoo_value_t bias = tess_zoo_argument(e, "bias", true, 1, &classes);
  tess_zoo_value_t flat =
      tess_zoo_tensor(e, "input", e->element, 2, (int64_t[]){n, c});
  tess_zoo_value_t product =
      tess_zoo_tensor(e, "matmul", "f32", 2, (int64_t[]){n, classes});
  tess_zoo_value_t result =
      tess_zoo_tensor(e, "logits", e->element, 2, (int64_t[]){n, classes});
  const generic_t g = {.maps = "#matrix, #column, #matrix",
                       .iterators = "\"parallel\", \"parallel\"",
                       .inputs = {product, bias},
                       .input_count = 2,
                       .body = add_body};
  tess_text_add(&e->body,
                "    %s = tensor.collapse_shape %s [[0, 1, 2], [3]] : %s into "
                "%s\n",
                flat.name, x.name, x.type, flat.type);
  const char *zeros = print_zeros(e, product);
  tess_text_add(&e->body,
                "    %s = linalg.matmul ins(%s, %s : %s, %s) outs(%s : %s) -> "
                "%s\n",
                product.name, flat.name, weight.name, flat.type, weight.type,
                zeros, product.type, product.type);
  print_generic(e, &g, result);
  return result;
}

const tess_zoo_printer_t tess_zoo_linalg = {.header = header,
                                            .convolve = convolve,
                                            .normalize = normalize,
                                            .activate = activate,
                                            .pool = pool,
                                            .scale = scale,
                                            .add = add,
                                            .classify = classify};
