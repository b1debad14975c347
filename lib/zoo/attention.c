/* Attention: softmax(Q K^T / sqrt(d)) V of Vaswani et al., arXiv 1706.03762. */
#include "attention.h"
#include "quantised.h"
#include <inttypes.h>
#include <math.h>

/* Queries, keys and values as batches of matrices, a head each. */
typedef struct heads {
  tess_zoo_value_t queries, keys, values;
} heads_t;

/* [b, m, k] times [b, k, n], counted; i8 becomes an i32 with its scale. */
static tess_zoo_value_t multiply(tess_zoo_emitter_t *e, const char *suffix,
                                 tess_zoo_value_t x, tess_zoo_value_t y) {
  tess_zoo_count_macs(e, 2, (int64_t[]){tess_zoo_elements(e, &x), y.dims[2]});
  tess_zoo_value_t product = e->printer->batch_product(e, suffix, x, y);
  product.scale = x.scale * y.scale;
  return product;
}

static tess_zoo_value_t softmax(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                size_t axis) {
  const tess_zoo_printer_t *p = e->printer;
  unsigned axes = 1U << axis;
  tess_zoo_value_t most =
      p->reduce(e, "softmax.max", TESS_ZOO_LARGEST, axes, x);
  tess_zoo_map_t map = tess_zoo_map(e, 2, (tess_zoo_value_t[]){x, most});
  int y = tess_zoo_binary(&map, TESS_ZOO_SUB, 0, 1, "softmax.shifted");
  tess_zoo_unary(&map, TESS_ZOO_EXP, y, "softmax.exp");
  x = tess_zoo_finish(e, &map, "softmax.exp");
  tess_zoo_value_t sum = p->reduce(e, "softmax.sum", TESS_ZOO_SUM, axes, x);
  map = tess_zoo_map(e, 2, (tess_zoo_value_t[]){x, sum});
  tess_zoo_binary(&map, TESS_ZOO_DIV, 0, 1, "softmax");
  x = tess_zoo_finish(e, &map, "softmax");
  return tess_zoo_quantise(e, "softmax.quantised", x, tess_zoo_unit_scale);
}

/* Scores over the root of the head size, with the future cut off. */
static tess_zoo_value_t weigh(tess_zoo_emitter_t *e,
                              const tess_zoo_attention_t *a,
                              tess_zoo_value_t scores, size_t axis) {
  const double unlikely = -1e4; /* exp of it is 0, and f16 holds it */
  scores = tess_zoo_dequantise(e, "scores.real", scores);
  tess_zoo_value_t inputs[2] = {scores};
  if (a->causal)
    inputs[1] = e->printer->future(e, "future", a->positions);
  tess_zoo_map_t map = tess_zoo_map(e, a->causal ? 2 : 1, inputs);
  const char *name =
      tess_arena_format(&e->arena, "root_of_%" PRId64, a->head_size);
  int root = tess_zoo_constant(&map, name, sqrt((double)a->head_size));
  int y = tess_zoo_binary(&map, TESS_ZOO_DIV, 0, root, "scores.scaled");
  if (a->causal) {
    int masked = tess_zoo_constant(&map, "unlikely", unlikely);
    tess_zoo_choose(&map, 1, y, masked, "scores.masked");
  }
  return softmax(e, tess_zoo_finish(e, &map, "scores"), axis);
}

/* Rows [n * s, h * d] as [n * h, s, d], or transposed [n * h, d, s]. */
static tess_zoo_value_t split(tess_zoo_emitter_t *e, const char *part,
                              const tess_zoo_attention_t *a, tess_zoo_value_t x,
                              bool transposed) {
  static const int64_t plain[] = {0, 2, 1, 3}, across[] = {0, 2, 3, 1};
  int64_t n = e->batch, s = a->positions, h = a->heads, d = a->head_size;
  const tess_zoo_printer_t *p = e->printer;
  const char *apart = tess_arena_format(&e->arena, "%s.split", part);
  x = p->reshape(e, apart, x, 4, (int64_t[]){n, s, h, d});
  const char *heads = tess_arena_format(&e->arena, "%s.heads", part);
  x = p->transpose(e, heads, x, transposed ? across : plain);
  const char *batch = tess_arena_format(&e->arena, "%s.batch", part);
  const int64_t rows[] = {n * h, s, d}, columns[] = {n * h, d, s};
  return p->reshape(e, batch, x, 3, transposed ? columns : rows);
}

/* One of the three products, or its part of the fused one. */
static tess_zoo_value_t project(tess_zoo_emitter_t *e, const char *scope,
                                const tess_zoo_attention_t *a, int which,
                                tess_zoo_value_t x) {
  static const char *const names[] = {"query", "key", "value"};
  int64_t width = a->heads * a->head_size;
  tess_zoo_scope(e, "%s.%s", scope, names[which]);
  if (!a->fused)
    return tess_zoo_linear(e, "linear", x, width);
  return e->printer->slice(e, "linear", x, (int64_t[]){0, which * width},
                           (int64_t[]){x.dims[0], width});
}

/* The three, each rows of h * d. */
static heads_t project_all(tess_zoo_emitter_t *e, const char *scope,
                           const tess_zoo_attention_t *a, tess_zoo_value_t x) {
  if (a->fused) {
    tess_zoo_scope(e, "%s.heads", scope);
    x = tess_zoo_linear(e, "linear", x, 3 * a->heads * a->head_size);
  }
  heads_t h;
  h.queries = project(e, scope, a, 0, x);
  h.keys = project(e, scope, a, 1, x);
  h.values = project(e, scope, a, 2, x);
  return h;
}

static tess_zoo_value_t attend_all(tess_zoo_emitter_t *e,
                                   const tess_zoo_attention_t *a, heads_t h) {
  int64_t n = e->batch, s = a->positions;
  h.queries = split(e, "query", a, h.queries, false);
  h.keys = split(e, "key", a, h.keys, true);
  h.values = split(e, "value", a, h.values, false);
  tess_zoo_value_t scores = multiply(e, "products", h.queries, h.keys);
  scores = weigh(e, a, scores, 2);
  tess_zoo_value_t x = multiply(e, "mixed", scores, h.values);
  x = tess_zoo_narrow(e, "mixed.narrow", x);
  const tess_zoo_printer_t *p = e->printer;
  x = p->reshape(e, "mixed.split", x, 4,
                 (int64_t[]){n, a->heads, s, a->head_size});
  x = p->transpose(e, "mixed.heads", x, (int64_t[]){0, 2, 1, 3});
  return p->reshape(e, "mixed.rows", x, 2,
                    (int64_t[]){n * s, a->heads * a->head_size});
}

/* The cache of keys or values with the new position's behind it, which is a
 * result too: [n * h, t, d]. */
static tess_zoo_value_t grow(tess_zoo_emitter_t *e, const char *part,
                             const tess_zoo_attention_t *a,
                             tess_zoo_value_t fresh) {
  int64_t n = e->batch, h = a->heads, d = a->head_size, t = a->cached;
  const tess_zoo_printer_t *p = e->printer;
  tess_zoo_value_t parts[2];
  const char *name = tess_arena_format(&e->arena, "%s.cache", part);
  parts[0] =
      tess_zoo_argument(e, name, TESS_ZOO_INPUT, 4, (int64_t[]){n, h, t, d});
  parts[0].scale = fresh.scale;
  name = tess_arena_format(&e->arena, "%s.new", part);
  parts[1] = p->reshape(e, name, fresh, 4, (int64_t[]){n, h, 1, d});
  name = tess_arena_format(&e->arena, "%s.grown", part);
  tess_zoo_value_t grown = p->concat(e, name, 2, 2, parts);
  tess_zoo_return(e, grown);
  name = tess_arena_format(&e->arena, "%s.batch", part);
  return p->reshape(e, name, grown, 3, (int64_t[]){n * h, t + 1, d});
}

/* One position: the keys times the query, so that no cache is transposed. */
static tess_zoo_value_t
attend_cached(tess_zoo_emitter_t *e, const tess_zoo_attention_t *a, heads_t h) {
  int64_t n = e->batch, d = a->head_size, t = a->cached + 1;
  const tess_zoo_printer_t *p = e->printer;
  tess_zoo_value_t keys = grow(e, "key", a, h.keys);
  tess_zoo_value_t values = grow(e, "value", a, h.values);
  tess_zoo_value_t query = p->reshape(e, "query.batch", h.queries, 3,
                                      (int64_t[]){n * a->heads, d, 1});
  tess_zoo_value_t scores = multiply(e, "products", keys, query);
  scores = weigh(e, a, scores, 1);
  scores = p->reshape(e, "weights", scores, 3, (int64_t[]){n * a->heads, 1, t});
  tess_zoo_value_t x = multiply(e, "mixed", scores, values);
  x = tess_zoo_narrow(e, "mixed.narrow", x);
  return p->reshape(e, "mixed.rows", x, 2, (int64_t[]){n, a->heads * d});
}

tess_zoo_value_t tess_zoo_attend(tess_zoo_emitter_t *e, const char *scope,
                                 const tess_zoo_attention_t *attention,
                                 tess_zoo_value_t x) {
  heads_t h = project_all(e, scope, attention, x);
  tess_zoo_scope(e, "%s", scope);
  x = attention->cached ? attend_cached(e, attention, h)
                        : attend_all(e, attention, h);
  tess_zoo_scope(e, "%s.output", scope);
  return tess_zoo_linear(e, "linear", x,
                         attention->heads * attention->head_size);
}
