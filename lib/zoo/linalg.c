/* Prints linalg on tensors: arguments, constants, the frame of a generic,
 * products, and the table of primitives. Element-wise regions compute in f32;
 * with 16-bit data they extend what they read and truncate what they yield, and
 * convolutions and products accumulate in f32, as torch-mlir does. */
#include "linalg.h"
#include <inttypes.h>
#include <string.h>

const char *tess_linalg_wide(const char *element) {
  return element[0] == 'i' ? "i32" : "f32";
}

const char *tess_linalg_least(const char *element) {
  return !strcmp(element, "f16")    ? "0xFC00"
         : !strcmp(element, "bf16") ? "0xFF80"
         : !strcmp(element, "i8")   ? "-128"
                                    : "0xFF800000";
}

/* Adds "#r4_0zz3 = affine_map<(d0, d1, d2, d3) -> (d0, 0, 0, d3)>" for the
 * letters "0zz3". */
static const char *alias(tess_zoo_emitter_t *e, size_t rank,
                         const char *letters) {
  const char *name = tess_arena_format(&e->arena, "#r%zu_%s", rank, letters);
  if (!tess_zoo_constant_is_new(e, name))
    return name;
  tess_text_add(&e->header, "%s = affine_map<(", name);
  for (size_t i = 0; i < rank; i++)
    tess_text_add(&e->header, "%sd%zu", i ? ", " : "", i);
  tess_text_add(&e->header, ") -> (");
  for (size_t i = 0; letters[i]; i++)
    if (letters[i] == 'z')
      tess_text_add(&e->header, "%s0", i ? ", " : "");
    else
      tess_text_add(&e->header, "%sd%c", i ? ", " : "", letters[i]);
  tess_text_add(&e->header, ")>\n");
  return name;
}

const char *tess_linalg_map_of(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               const tess_zoo_value_t *shape) {
  char letters[TESS_ZOO_RANK + 1] = {0};
  if (shape->vector)
    return alias(e, 1, "0");
  if (x.vector)
    letters[0] = (char)('0' + x.axis);
  else
    for (size_t i = 0; i < x.rank; i++)
      letters[i] =
          x.dims[i] == 1 && shape->dims[i] != 1 ? 'z' : (char)('0' + i);
  return alias(e, shape->rank, letters);
}

const char *tess_linalg_map_without(tess_zoo_emitter_t *e, size_t rank,
                                    unsigned zero) {
  char letters[TESS_ZOO_RANK + 1] = {0};
  for (size_t i = 0; i < rank; i++)
    letters[i] = zero >> i & 1 ? 'z' : (char)('0' + i);
  return alias(e, rank, letters);
}

void tess_linalg_constant(tess_zoo_emitter_t *e, const char *name,
                          const char *element, const char *value) {
  if (tess_zoo_constant_is_new(e, name))
    tess_text_add(&e->constants, "    %s = arith.constant %s : %s\n", name,
                  value, element);
}

void tess_linalg_number(tess_zoo_emitter_t *e, const char *name, double value) {
  tess_linalg_constant(e, name, "f32",
                       tess_arena_format(&e->arena, "%.9e", value));
}

const char *tess_linalg_empty(tess_zoo_emitter_t *e, tess_zoo_value_t result) {
  tess_text_add(&e->body, "    %s.empty = tensor.empty() : %s\n", result.name,
                result.type);
  return tess_arena_format(&e->arena, "%s.empty", result.name);
}

const char *tess_linalg_fill(tess_zoo_emitter_t *e, tess_zoo_value_t result,
                             const char *suffix, const char *constant) {
  const char *empty = tess_linalg_empty(e, result);
  tess_text_add(&e->body,
                "    %s.%s = linalg.fill ins(%s : %s) outs(%s : %s) -> %s\n",
                result.name, suffix, constant, result.element, empty,
                result.type, result.type);
  return tess_arena_format(&e->arena, "%s.%s", result.name, suffix);
}

const char *tess_linalg_zeros(tess_zoo_emitter_t *e, tess_zoo_value_t result) {
  bool integer = result.element[0] == 'i';
  if (integer)
    tess_linalg_constant(e, "%zero_i32", "i32", "0");
  else
    tess_linalg_number(e, "%zero", 0.0);
  return tess_linalg_fill(e, result, "zero", integer ? "%zero_i32" : "%zero");
}

static void print_operands(tess_zoo_emitter_t *e,
                           const tess_linalg_generic_t *g) {
  for (int i = 0; i < g->input_count; i++)
    tess_text_add(&e->body, "%s%s", i ? ", " : " ins(", g->inputs[i].name);
  for (int i = 0; i < g->input_count; i++)
    tess_text_add(&e->body, "%s%s", i ? ", " : " : ", g->inputs[i].type);
  if (g->input_count)
    tess_text_add(&e->body, ")");
}

/* Whether a body reads an input through a conversion to f32. */
static bool converted(const tess_linalg_generic_t *g, int i) {
  const char *element = g->inputs[i].element;
  return !g->integer && strcmp(element, "f32") && strcmp(element, "i1");
}

static void print_block(tess_zoo_emitter_t *e, const tess_linalg_generic_t *g,
                        tess_zoo_value_t result) {
  tess_text_add(&e->body, "    ^bb0(");
  for (int i = 0; i < g->input_count; i++)
    tess_text_add(&e->body, "%%%c%d: %s, ", converted(g, i) ? 'n' : 'x', i,
                  g->inputs[i].element);
  tess_text_add(&e->body, "%%acc: %s):\n", result.element);
  for (int i = 0; i < g->input_count; i++)
    if (converted(g, i))
      tess_text_add(&e->body, "      %%x%d = arith.%s %%n%d : %s to f32\n", i,
                    g->inputs[i].element[0] == 'i' ? "sitofp" : "extf", i,
                    g->inputs[i].element);
}

void tess_linalg_begin(tess_zoo_emitter_t *e, const tess_linalg_generic_t *g,
                       tess_zoo_value_t result) {
  const char *init =
      g->accumulator ? g->accumulator : tess_linalg_empty(e, result);
  const char *last =
      g->result_map ? g->result_map : tess_linalg_map_without(e, g->rank, 0);
  tess_text_add(&e->body, "    %s = linalg.generic {indexing_maps = [",
                result.name);
  for (int i = 0; i < g->input_count; i++)
    tess_text_add(&e->body, "%s, ", g->maps[i]);
  tess_text_add(&e->body, "%s], iterator_types = [", last);
  for (size_t i = 0; i < g->rank; i++)
    tess_text_add(&e->body, "%s\"%s\"", i ? ", " : "",
                  g->reductions >> i & 1 ? "reduction" : "parallel");
  tess_text_add(&e->body, "]}");
  print_operands(e, g);
  tess_text_add(&e->body, " outs(%s : %s) {\n", init, result.type);
  print_block(e, g, result);
}

/* To the nearest i8, ties to even. */
static void print_quantised(tess_zoo_emitter_t *e, const char *y) {
  tess_linalg_number(e, "%least_i8", -128);
  tess_linalg_number(e, "%most_i8", 127);
  tess_text_add(&e->body,
                "      %%r = math.roundeven %s : f32\n"
                "      %%l = arith.maximumf %%r, %%least_i8 : f32\n"
                "      %%m = arith.minimumf %%l, %%most_i8 : f32\n"
                "      %%z = arith.fptosi %%m : f32 to i8\n",
                y);
}

void tess_linalg_end(tess_zoo_emitter_t *e, tess_zoo_value_t result,
                     const char *y, bool integer) {
  bool same = integer || !strcmp(result.element, "f32");
  if (!same && result.element[0] == 'i')
    print_quantised(e, y);
  else if (!same)
    tess_text_add(&e->body, "      %%z = arith.truncf %s : f32 to %s\n", y,
                  result.element);
  tess_text_add(&e->body, "      linalg.yield %s : %s\n    } -> %s\n",
                same ? y : "%z", result.element, result.type);
}

static tess_zoo_value_t vector(tess_zoo_emitter_t *e, const char *suffix,
                               const char *element, tess_zoo_use_t use,
                               size_t rank, size_t axis, int64_t length) {
  tess_zoo_value_t value =
      tess_zoo_vector(e, suffix, element, rank, axis, length);
  tess_zoo_declare(e, use, &value);
  return value;
}

static tess_zoo_value_t matrix(tess_zoo_emitter_t *e, const char *suffix,
                               int64_t rows, int64_t columns) {
  return tess_zoo_argument(e, suffix, TESS_ZOO_TRAINED, 2,
                           (int64_t[]){rows, columns});
}

static void print_product(tess_zoo_emitter_t *e, const char *op,
                          tess_zoo_value_t x, tess_zoo_value_t y,
                          tess_zoo_value_t result) {
  const char *zeros = tess_linalg_zeros(e, result);
  tess_text_add(&e->body,
                "    %s = linalg.%s ins(%s, %s : %s, %s) outs(%s : %s) -> %s\n",
                result.name, op, x.name, y.name, x.type, y.type, zeros,
                result.type, result.type);
}

static tess_zoo_value_t product(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                tess_zoo_value_t right) {
  int64_t columns = x.dims[x.rank - 1];
  int64_t rows = columns ? tess_zoo_elements(e, &x) / columns : 0;
  if (x.rank != 2)
    x = tess_linalg_reshape(e, "input", x, 2, (int64_t[]){rows, columns});
  tess_zoo_value_t result =
      tess_zoo_tensor(e, "matmul", tess_linalg_wide(x.element), 2,
                      (int64_t[]){rows, right.dims[1]});
  print_product(e, "matmul", x, right, result);
  return result;
}

static tess_zoo_value_t batch_product(tess_zoo_emitter_t *e, const char *suffix,
                                      tess_zoo_value_t x, tess_zoo_value_t y) {
  tess_zoo_value_t result =
      tess_zoo_tensor(e, suffix, tess_linalg_wide(x.element), 3,
                      (int64_t[]){x.dims[0], x.dims[1], y.dims[2]});
  print_product(e, "batch_matmul", x, y, result);
  return result;
}

const tess_zoo_printer_t tess_zoo_linalg = {
    .vector = vector,
    .matrix = matrix,
    .convolve = tess_linalg_convolve,
    .max_pool = tess_linalg_max_pool,
    .product = product,
    .batch_product = batch_product,
    .map = tess_linalg_map,
    .reduce = tess_linalg_reduce,
    .reshape = tess_linalg_reshape,
    .transpose = tess_linalg_transpose,
    .slice = tess_linalg_slice,
    .concat = tess_linalg_concat,
    .repeat = tess_linalg_repeat,
    .gather = tess_linalg_gather,
    .future = tess_linalg_future,
    .rescale = tess_linalg_rescale,
    .integer = tess_linalg_integer,
    .look_up = tess_linalg_look_up,
    .clamp = tess_linalg_clamp,
};
