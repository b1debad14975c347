/* Prints what moves elements as ops of tensor and linalg. */
#include "linalg.h"
#include <inttypes.h>
#include <string.h>

/* The coarsest shape that both shapes refine, and for each how many of its
 * dimensions go into each of the coarse ones. */
typedef struct grouping {
  size_t count;
  int64_t dims[TESS_ZOO_RANK];
  size_t parts[2][TESS_ZOO_RANK];
} grouping_t;

static grouping_t group_dimensions(size_t rank, const int64_t *from,
                                   size_t other_rank, const int64_t *to) {
  grouping_t g = {0};
  size_t i = 0, j = 0;
  while (i < rank && j < other_rank) {
    int64_t left = from[i++], right = to[j++];
    size_t a = 1, b = 1;
    while (left != right)
      if (left < right) {
        left *= from[i++];
        a++;
      } else {
        right *= to[j++];
        b++;
      }
    g.dims[g.count] = left;
    g.parts[0][g.count] = a;
    g.parts[1][g.count++] = b;
  }
  g.parts[0][g.count - 1] += rank - i; /* ones at the end */
  g.parts[1][g.count - 1] += other_rank - j;
  return g;
}

/* "[[0, 1], [2]]" */
static void add_groups(tess_text_t *text, size_t count, const size_t *parts) {
  size_t next = 0;
  for (size_t i = 0; i < count; i++) {
    tess_text_add(text, "%s", i ? "], [" : "[[");
    for (size_t p = 0; p < parts[i]; p++)
      tess_text_add(text, "%s%zu", p ? ", " : "", next++);
  }
  tess_text_add(text, "]]");
}

static tess_zoo_value_t collapse(tess_zoo_emitter_t *e, const char *suffix,
                                 tess_zoo_value_t x, const grouping_t *g) {
  tess_zoo_value_t result =
      tess_zoo_tensor(e, suffix, x.element, g->count, g->dims);
  tess_text_add(&e->body, "    %s = tensor.collapse_shape %s ", result.name,
                x.name);
  add_groups(&e->body, g->count, g->parts[0]);
  tess_text_add(&e->body, " : %s into %s\n", x.type, result.type);
  return result;
}

static tess_zoo_value_t expand(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               const grouping_t *g, tess_zoo_value_t result) {
  tess_text_add(&e->body, "    %s = tensor.expand_shape %s ", result.name,
                x.name);
  add_groups(&e->body, g->count, g->parts[1]);
  tess_text_add(&e->body, " output_shape [");
  tess_zoo_add_list(&e->body, result.rank, result.dims);
  tess_text_add(&e->body, "] : %s into %s\n", x.type, result.type);
  return result;
}

tess_zoo_value_t tess_linalg_reshape(tess_zoo_emitter_t *e, const char *suffix,
                                     tess_zoo_value_t x, size_t rank,
                                     const int64_t *dims) {
  if (e->overflow)
    return tess_zoo_tensor(e, suffix, x.element, rank, dims);
  grouping_t g = group_dimensions(x.rank, x.dims, rank, dims);
  double scale = x.scale;
  if (g.count < x.rank) {
    const char *name = g.count == rank
                           ? suffix
                           : tess_arena_format(&e->arena, "%s.flat", suffix);
    x = collapse(e, name, x, &g);
  }
  if (g.count < rank)
    x = expand(e, x, &g, tess_zoo_tensor(e, suffix, x.element, rank, dims));
  x.scale = scale;
  return x;
}

tess_zoo_value_t tess_linalg_transpose(tess_zoo_emitter_t *e,
                                       const char *suffix, tess_zoo_value_t x,
                                       const int64_t *order) {
  int64_t dims[TESS_ZOO_RANK];
  for (size_t i = 0; i < x.rank; i++)
    dims[i] = x.dims[order[i]];
  tess_zoo_value_t result = tess_zoo_tensor(e, suffix, x.element, x.rank, dims);
  result.scale = x.scale;
  const char *empty = tess_linalg_empty(e, result);
  tess_text_add(&e->body,
                "    %s = linalg.transpose ins(%s : %s) outs(%s : %s) "
                "permutation = [",
                result.name, x.name, x.type, empty, result.type);
  tess_zoo_add_list(&e->body, x.rank, order);
  tess_text_add(&e->body, "]\n");
  return result;
}

tess_zoo_value_t tess_linalg_slice(tess_zoo_emitter_t *e, const char *suffix,
                                   tess_zoo_value_t x, const int64_t *start,
                                   const int64_t *size) {
  const int64_t ones[] = {1, 1, 1, 1, 1};
  tess_zoo_value_t result = tess_zoo_tensor(e, suffix, x.element, x.rank, size);
  result.scale = x.scale;
  tess_text_add(&e->body, "    %s = tensor.extract_slice %s[", result.name,
                x.name);
  tess_zoo_add_list(&e->body, x.rank, start);
  tess_text_add(&e->body, "] [");
  tess_zoo_add_list(&e->body, x.rank, size);
  tess_text_add(&e->body, "] [");
  tess_zoo_add_list(&e->body, x.rank, ones);
  tess_text_add(&e->body, "] : %s to %s\n", x.type, result.type);
  return result;
}

tess_zoo_value_t tess_linalg_concat(tess_zoo_emitter_t *e, const char *suffix,
                                    size_t axis, size_t count,
                                    const tess_zoo_value_t *parts) {
  tess_zoo_value_t result = tess_zoo_joined(e, suffix, axis, count, parts);
  tess_text_add(&e->body, "    %s = tensor.concat dim(%zu) ", result.name,
                axis);
  for (size_t i = 0; i < count; i++)
    tess_text_add(&e->body, "%s%s", i ? ", " : "", parts[i].name);
  for (size_t i = 0; i < count; i++)
    tess_text_add(&e->body, "%s%s", i ? ", " : " : (", parts[i].type);
  tess_text_add(&e->body, ") -> %s\n", result.type);
  return result;
}

tess_zoo_value_t tess_linalg_repeat(tess_zoo_emitter_t *e, const char *suffix,
                                    tess_zoo_value_t x, int64_t count) {
  int64_t dims[TESS_ZOO_RANK];
  memcpy(dims, x.dims, sizeof dims);
  dims[0] = count;
  tess_zoo_value_t result = tess_zoo_tensor(e, suffix, x.element, x.rank, dims);
  tess_linalg_generic_t g = {.rank = x.rank,
                             .inputs = {x},
                             .maps = {tess_linalg_map_without(e, x.rank, 1)},
                             .input_count = 1,
                             .integer = true};
  tess_linalg_begin(e, &g, result);
  tess_linalg_end(e, result, "%x0", true);
  return result;
}

tess_zoo_value_t tess_linalg_gather(tess_zoo_emitter_t *e, const char *suffix,
                                    tess_zoo_value_t table,
                                    tess_zoo_value_t rows) {
  tess_zoo_value_t result = tess_zoo_tensor(
      e, suffix, table.element, 2, (int64_t[]){rows.dims[0], table.dims[1]});
  result.scale = table.scale;
  rows.vector = true; /* one dimension of the two */
  rows.axis = 0;
  tess_linalg_generic_t g = {.rank = 2,
                             .inputs = {rows},
                             .maps = {tess_linalg_map_of(e, rows, &result)},
                             .input_count = 1,
                             .integer = true};
  const char *last =
      tess_arena_format(&e->arena, "%%last_of_%" PRId64, table.dims[0]);
  tess_linalg_constant(e, "%zero_i32", "i32", "0");
  tess_linalg_constant(
      e, last, "i32",
      tess_arena_format(&e->arena, "%" PRId64, table.dims[0] - 1));
  tess_linalg_begin(e, &g, result);
  tess_text_add(&e->body,
                "      %%l = arith.maxsi %%x0, %%zero_i32 : i32\n"
                "      %%m = arith.minsi %%l, %s : i32\n"
                "      %%r = arith.index_cast %%m : i32 to index\n"
                "      %%c = linalg.index 1 : index\n"
                "      %%y = tensor.extract %s[%%r, %%c] : %s\n",
                last, table.name, table.type);
  tess_linalg_end(e, result, "%y", true);
  return result;
}

tess_zoo_value_t tess_linalg_future(tess_zoo_emitter_t *e, const char *suffix,
                                    int64_t n) {
  tess_zoo_value_t result =
      tess_zoo_tensor(e, suffix, "i1", 3, (int64_t[]){1, n, n});
  tess_linalg_generic_t g = {.rank = 3};
  tess_linalg_begin(e, &g, result);
  tess_text_add(&e->body, "      %%row = linalg.index 1 : index\n"
                          "      %%column = linalg.index 2 : index\n"
                          "      %%y = arith.cmpi sgt, %%column, %%row : "
                          "index\n");
  tess_linalg_end(e, result, "%y", true);
  return result;
}
