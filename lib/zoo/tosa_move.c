/* Prints what moves elements, and quantised arithmetic, as TOSA. */
#include "quantised.h"
#include "tosa.h"
#include <inttypes.h>
#include <string.h>

tess_zoo_value_t tess_tosa_reshape(tess_zoo_emitter_t *e, const char *suffix,
                                   tess_zoo_value_t x, size_t rank,
                                   const int64_t *dims) {
  tess_zoo_value_t result = tess_zoo_tensor(e, suffix, x.element, rank, dims);
  result.scale = x.scale;
  tess_text_add(&e->body,
                "    %s = tosa.reshape %s, %s : (%s, !tosa.shape<%zu>) -> %s\n",
                result.name, x.name, tess_tosa_shape(e, rank, dims), x.type,
                rank, result.type);
  return result;
}

tess_zoo_value_t tess_tosa_transpose(tess_zoo_emitter_t *e, const char *suffix,
                                     tess_zoo_value_t x, const int64_t *order) {
  int64_t dims[TESS_ZOO_RANK];
  for (size_t i = 0; i < x.rank; i++)
    dims[i] = x.dims[order[i]];
  tess_zoo_value_t result = tess_zoo_tensor(e, suffix, x.element, x.rank, dims);
  result.scale = x.scale;
  tess_text_add(&e->body,
                "    %s = tosa.transpose %s {perms = array<i32: ", result.name,
                x.name);
  tess_zoo_add_list(&e->body, x.rank, order);
  tess_text_add(&e->body, ">} : (%s) -> %s\n", x.type, result.type);
  return result;
}

tess_zoo_value_t tess_tosa_slice(tess_zoo_emitter_t *e, const char *suffix,
                                 tess_zoo_value_t x, const int64_t *start,
                                 const int64_t *size) {
  tess_zoo_value_t result = tess_zoo_tensor(e, suffix, x.element, x.rank, size);
  result.scale = x.scale;
  const char *from = tess_tosa_shape(e, x.rank, start);
  tess_text_add(&e->body,
                "    %s = tosa.slice %s, %s, %s : (%s, !tosa.shape<%zu>, "
                "!tosa.shape<%zu>) -> %s\n",
                result.name, x.name, from, tess_tosa_shape(e, x.rank, size),
                x.type, x.rank, x.rank, result.type);
  return result;
}

tess_zoo_value_t tess_tosa_concat(tess_zoo_emitter_t *e, const char *suffix,
                                  size_t axis, size_t count,
                                  const tess_zoo_value_t *parts) {
  tess_zoo_value_t result = tess_zoo_joined(e, suffix, axis, count, parts);
  tess_text_add(&e->body, "    %s = tosa.concat ", result.name);
  for (size_t i = 0; i < count; i++)
    tess_text_add(&e->body, "%s%s", i ? ", " : "", parts[i].name);
  tess_text_add(&e->body, " {axis = %zu : i32} : (", axis);
  for (size_t i = 0; i < count; i++)
    tess_text_add(&e->body, "%s%s", i ? ", " : "", parts[i].type);
  tess_text_add(&e->body, ") -> %s\n", result.type);
  return result;
}

tess_zoo_value_t tess_tosa_repeat(tess_zoo_emitter_t *e, const char *suffix,
                                  tess_zoo_value_t x, int64_t count) {
  int64_t dims[TESS_ZOO_RANK], times[TESS_ZOO_RANK] = {count, 1, 1, 1, 1};
  memcpy(dims, x.dims, sizeof dims);
  dims[0] = count;
  tess_zoo_value_t result = tess_zoo_tensor(e, suffix, x.element, x.rank, dims);
  tess_text_add(&e->body,
                "    %s = tosa.tile %s, %s : (%s, !tosa.shape<%zu>) -> %s\n",
                result.name, x.name, tess_tosa_shape(e, x.rank, times), x.type,
                x.rank, result.type);
  return result;
}

static tess_zoo_value_t bound_rows(tess_zoo_emitter_t *e, const char *suffix,
                                   const char *op, const char *constant,
                                   int64_t bound, tess_zoo_value_t rows) {
  int64_t ones[TESS_ZOO_RANK] = {1, 1, 1, 1, 1};
  tess_zoo_value_t limit =
      tess_tosa_splat(e, constant, "i32", rows.rank, ones, (double)bound);
  tess_zoo_value_t result = tess_zoo_like(e, suffix, "i32", rows);
  tess_tosa_binary(e, op, rows, limit, result);
  return result;
}

tess_zoo_value_t tess_tosa_gather(tess_zoo_emitter_t *e, const char *suffix,
                                  tess_zoo_value_t table,
                                  tess_zoo_value_t rows) {
  int64_t v = table.dims[0], c = table.dims[1], n = rows.dims[0];
  const char *last = tess_arena_format(&e->arena, "%%last_of_%" PRId64, v);
  rows = bound_rows(e, "least", "maximum", "%first_row", 0, rows);
  rows = bound_rows(e, "index", "minimum", last, v - 1, rows);
  rows = tess_tosa_reshape(e, "rows", rows, 2, (int64_t[]){1, n});
  table = tess_tosa_reshape(e, "table", table, 3, (int64_t[]){1, v, c});
  tess_zoo_value_t found =
      tess_zoo_tensor(e, "gather", table.element, 3, (int64_t[]){1, n, c});
  found.scale = table.scale;
  tess_tosa_binary(e, "gather", table, rows, found);
  return tess_tosa_reshape(e, suffix, found, 2, (int64_t[]){n, c});
}

/* 0, 1 … n - 1 along `axis` of three. */
static tess_zoo_value_t positions(tess_zoo_emitter_t *e, const char *name,
                                  size_t axis, int64_t n) {
  int64_t dims[] = {1, 1, 1};
  dims[axis] = n;
  tess_zoo_value_t value = {
      .name = name, .type = tess_zoo_type(e, "i32", 3, dims), .element = "i32"};
  if (!tess_zoo_constant_is_new(e, name))
    return value;
  tess_text_add(&e->constants, "    %s = \"tosa.const\"() <{values = dense<[[",
                name);
  bool column = axis == 1;
  for (int64_t i = 0; i < n; i++)
    tess_text_add(&e->constants, "%s%s%" PRId64 "%s", i ? ", " : "",
                  column || i == 0 ? "[" : "", i,
                  column || i == n - 1 ? "]" : "");
  tess_text_add(&e->constants, "]]> : %s}> : () -> %s\n", value.type,
                value.type);
  return value;
}

tess_zoo_value_t tess_tosa_future(tess_zoo_emitter_t *e, const char *suffix,
                                  int64_t n) {
  tess_zoo_value_t rows = positions(e, "%row_numbers", 1, n);
  tess_zoo_value_t columns = positions(e, "%column_numbers", 2, n);
  tess_zoo_value_t result =
      tess_zoo_tensor(e, suffix, "i1", 3, (int64_t[]){1, n, n});
  tess_tosa_binary(e, "greater", columns, rows, result);
  return result;
}

tess_zoo_value_t tess_tosa_rescale(tess_zoo_emitter_t *e, const char *suffix,
                                   const char *element, double ratio,
                                   tess_zoo_value_t x) {
  tess_zoo_ratio_t r = tess_zoo_ratio(ratio);
  const int64_t one[] = {1};
  const char *name =
      tess_arena_format(&e->arena, "%%multiplier_%" PRId32, r.multiplier);
  tess_zoo_value_t multiplier =
      tess_tosa_splat(e, name, "i32", 1, one, r.multiplier);
  name = tess_arena_format(&e->arena, "%%shift_%d", r.shift);
  tess_zoo_value_t shift = tess_tosa_splat(e, name, "i8", 1, one, r.shift);
  name = tess_arena_format(&e->arena, "%%zero_%s", x.element);
  tess_zoo_value_t in = tess_tosa_splat(e, name, x.element, 1, one, 0);
  name = tess_arena_format(&e->arena, "%%zero_%s", element);
  tess_zoo_value_t out = tess_tosa_splat(e, name, element, 1, one, 0);
  tess_zoo_value_t result = tess_zoo_like(e, suffix, element, x);
  tess_text_add(&e->body,
                "    %s = tosa.rescale %s, %s, %s, %s, %s {input_unsigned = "
                "false, output_unsigned = false, per_channel = false, "
                "rounding_mode = SINGLE_ROUND, scale32 = true} : (%s, %s, %s, "
                "%s, %s) -> %s\n",
                result.name, x.name, multiplier.name, shift.name, in.name,
                out.name, x.type, multiplier.type, shift.type, in.type,
                out.type, result.type);
  return result;
}

tess_zoo_value_t tess_tosa_integer(tess_zoo_emitter_t *e, const char *suffix,
                                   bool multiply, tess_zoo_value_t x,
                                   tess_zoo_value_t y) {
  tess_zoo_value_t result = tess_zoo_like(e, suffix, "i32", x);
  if (multiply)
    tess_tosa_multiply(e, x, y, result);
  else
    tess_tosa_binary(e, "add", x, y, result);
  return result;
}

tess_zoo_value_t tess_tosa_look_up(tess_zoo_emitter_t *e, const char *suffix,
                                   const char *name, const int8_t *table,
                                   tess_zoo_value_t x) {
  tess_zoo_value_t result = tess_zoo_like(e, suffix, "i8", x);
  if (tess_zoo_constant_is_new(e, name)) {
    tess_text_add(&e->constants, "    %s = \"tosa.const\"() <{values = ", name);
    tess_zoo_add_table(&e->constants, table);
    tess_text_add(&e->constants, "}> : () -> tensor<256xi8>\n");
  }
  tess_text_add(&e->body,
                "    %s = tosa.table %s, %s : (%s, tensor<256xi8>) -> %s\n",
                result.name, x.name, name, x.type, result.type);
  return result;
}

tess_zoo_value_t tess_tosa_clamp(tess_zoo_emitter_t *e, const char *suffix,
                                 int least, int most, tess_zoo_value_t x) {
  tess_zoo_value_t result = tess_zoo_like(e, suffix, "i8", x);
  tess_tosa_unary(e, "clamp",
                  tess_arena_format(&e->arena,
                                    "{max_val = %d : i8, min_val = %d : i8}",
                                    most, least),
                  x, result);
  return result;
}
