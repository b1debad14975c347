/* Prints TOSA 1.0 the way PyTorch's and TFLite's exporters do: constants,
 * arguments, products, and the table of primitives. */
#include "tosa.h"
#include <inttypes.h>
#include <string.h>

tess_zoo_value_t tess_tosa_splat(tess_zoo_emitter_t *e, const char *name,
                                 const char *element, size_t rank,
                                 const int64_t *dims, double value) {
  tess_zoo_value_t result = {.name = name,
                             .type = tess_zoo_type(e, element, rank, dims),
                             .element = element,
                             .rank = rank};
  memcpy(result.dims, dims, rank * sizeof *dims);
  if (!tess_zoo_constant_is_new(e, name))
    return result;
  tess_text_add(&e->constants, "    %s = \"tosa.const\"() <{values = dense<",
                name);
  if (element[0] == 'i')
    tess_text_add(&e->constants, "%" PRId64, (int64_t)value);
  else
    tess_text_add(&e->constants, "%.9e", value);
  tess_text_add(&e->constants, "> : %s}> : () -> %s\n", result.type,
                result.type);
  return result;
}

const char *tess_tosa_shape(tess_zoo_emitter_t *e, size_t rank,
                            const int64_t *dims) {
  const char *name = "%shape";
  for (size_t i = 0; i < rank; i++)
    name = tess_arena_format(&e->arena, "%s_%" PRId64, name, dims[i]);
  if (!tess_zoo_constant_is_new(e, name))
    return name;
  tess_text_add(&e->constants, "    %s = tosa.const_shape {values = dense<[",
                name);
  tess_zoo_add_list(&e->constants, rank, dims);
  tess_text_add(&e->constants,
                "]> : tensor<%zuxindex>} : () -> !tosa.shape<%zu>\n", rank,
                rank);
  return name;
}

void tess_tosa_unary(tess_zoo_emitter_t *e, const char *op,
                     const char *attributes, tess_zoo_value_t x,
                     tess_zoo_value_t result) {
  tess_text_add(&e->body, "    %s = tosa.%s %s %s%s: (%s) -> %s\n", result.name,
                op, x.name, attributes, *attributes ? " " : "", x.type,
                result.type);
}

void tess_tosa_binary(tess_zoo_emitter_t *e, const char *op, tess_zoo_value_t x,
                      tess_zoo_value_t y, tess_zoo_value_t result) {
  tess_text_add(&e->body, "    %s = tosa.%s %s, %s : (%s, %s) -> %s\n",
                result.name, op, x.name, y.name, x.type, y.type, result.type);
}

void tess_tosa_multiply(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                        tess_zoo_value_t y, tess_zoo_value_t result) {
  tess_zoo_value_t shift =
      tess_tosa_splat(e, "%shift", "i8", 1, (int64_t[]){1}, 0);
  tess_text_add(&e->body, "    %s = tosa.mul %s, %s, %s : (%s, %s, %s) -> %s\n",
                result.name, x.name, y.name, shift.name, x.type, y.type,
                shift.type, result.type);
}

/* Operands of an op broadcast only where their ranks are equal. */
static tess_zoo_value_t vector(tess_zoo_emitter_t *e, const char *suffix,
                               const char *element, tess_zoo_use_t use,
                               size_t rank, size_t axis, int64_t length) {
  int64_t dims[TESS_ZOO_RANK] = {1, 1, 1, 1, 1};
  dims[axis] = length;
  tess_zoo_value_t value = tess_zoo_tensor(e, suffix, element, rank, dims);
  tess_zoo_declare(e, use, &value);
  return value;
}

static tess_zoo_value_t matrix(tess_zoo_emitter_t *e, const char *suffix,
                               int64_t rows, int64_t columns) {
  return tess_zoo_argument(e, suffix, TESS_ZOO_TRAINED, 3,
                           (int64_t[]){1, rows, columns});
}

static void print_matmul(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                         tess_zoo_value_t y, tess_zoo_value_t result) {
  const char *name =
      e->quantised && strcmp(x.element, "i8") ? "%zero_real" : "%zero_point";
  tess_zoo_value_t zero =
      tess_tosa_splat(e, name, x.element, 1, (int64_t[]){1}, 0.0);
  tess_text_add(&e->body,
                "    %s = tosa.matmul %s, %s, %s, %s : (%s, %s, %s, %s) -> "
                "%s\n",
                result.name, x.name, y.name, zero.name, zero.name, x.type,
                y.type, zero.type, zero.type, result.type);
}

/* A product of bf16 is an f32 in TOSA; this brings it back. */
static tess_zoo_value_t batch_product(tess_zoo_emitter_t *e, const char *suffix,
                                      tess_zoo_value_t x, tess_zoo_value_t y) {
  const int64_t dims[] = {x.dims[0], x.dims[1], y.dims[2]};
  bool narrow = !strcmp(x.element, "bf16") || !strcmp(x.element, "f16");
  const char *wide = strcmp(x.element, "i8") ? "f32" : "i32";
  tess_zoo_value_t product = tess_zoo_tensor(e, suffix, wide, 3, dims);
  print_matmul(e, x, y, product);
  if (!narrow)
    return product;
  const char *cast = tess_arena_format(&e->arena, "%s.cast", suffix);
  tess_zoo_value_t result = tess_zoo_like(
      e, strcmp(suffix, "matmul") ? cast : "cast", x.element, product);
  tess_tosa_unary(e, "cast", "", product, result);
  return result;
}

static tess_zoo_value_t product(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                tess_zoo_value_t right) {
  int64_t columns = x.dims[x.rank - 1];
  int64_t rows = columns ? tess_zoo_elements(e, &x) / columns : 0;
  if (right.rank == 2)
    right = tess_tosa_reshape(e, "right", right, 3,
                              (int64_t[]){1, columns, right.dims[1]});
  x = tess_tosa_reshape(e, "input", x, 3, (int64_t[]){1, rows, columns});
  x = batch_product(e, "matmul", x, right);
  return tess_tosa_reshape(e, "output", x, 2, x.dims + 1);
}

const tess_zoo_printer_t tess_zoo_tosa = {
    .vector = vector,
    .matrix = matrix,
    .convolve = tess_tosa_convolve,
    .max_pool = tess_tosa_max_pool,
    .product = product,
    .batch_product = batch_product,
    .map = tess_tosa_map,
    .reduce = tess_tosa_reduce,
    .reshape = tess_tosa_reshape,
    .transpose = tess_tosa_transpose,
    .slice = tess_tosa_slice,
    .concat = tess_tosa_concat,
    .repeat = tess_tosa_repeat,
    .gather = tess_tosa_gather,
    .future = tess_tosa_future,
    .rescale = tess_tosa_rescale,
    .integer = tess_tosa_integer,
    .look_up = tess_tosa_look_up,
    .clamp = tess_tosa_clamp,
};
