/* What reductions combine, and those that combine further what others did: a
 * sum over three dimensions may be three ops. */
#include "operations.h"
#include "roles.h"
#include "tessera/base/checked.h"

/* The reduction that `element` is a result of and that combines alike, or
 * TESS_NONE. */
static int32_t find_inner(const tess_reading_t *r, int32_t node,
                          int32_t element) {
  element = tess_expression_strip(&r->expressions, element);
  const tess_expression_t *leaf = &r->expressions.items[element];
  int32_t n = leaf->scalar == TESS_SCALAR_LEAF ? r->values[leaf->value].node
                                               : TESS_NONE;
  bool combines = n != TESS_NONE && r->nodes[n].kind == TESS_NODE_REDUCTION &&
                  r->nodes[n].combiner == r->nodes[node].combiner &&
                  r->nodes[n].combiner != TESS_COMBINER_ARGMAX &&
                  r->nodes[n].outputs[0] == leaf->value;
  return combines && r->extras[n].ordered ? n : TESS_NONE;
}

/* The next dimension from `at` on of more than one element, marked ones of
 * `skipped` left out; `rank` where there is none. */
static int32_t next_wide(int32_t rank, const int64_t *extent, uint32_t skipped,
                         int32_t at) {
  while (at < rank && (extent[at] == 1 || skipped >> at & 1))
    at++;
  return at;
}

/* Which dimensions of `inner` reducing the marked ones of what it keeps
 * reduces, its own included; 0 if the dimensions are not the same ones. */
static uint32_t marked_by_both(const tess_node_extra_t *inner, int32_t rank,
                               const int64_t *extent, uint32_t marked) {
  uint32_t both = inner->marked;
  int32_t i = -1, k = -1;
  for (;;) {
    i = next_wide(inner->rank, inner->extent, inner->marked, i + 1);
    k = next_wide(rank, extent, 0, k + 1);
    if (i >= inner->rank || k >= rank)
      return i >= inner->rank && k >= rank ? both : 0;
    if (inner->extent[i] != extent[k])
      return 0;
    both |= marked >> k & 1 ? 1u << i : 0;
  }
}

static void measure(tess_node_extra_t *extra) {
  extra->reduced =
      tess_maps_geometry(extra->rank, extra->extent, extra->marked);
  extra->kept = tess_maps_geometry(extra->rank, extra->extent, ~extra->marked);
  extra->terms = 1;
  for (int32_t i = 0; i < extra->rank; i++)
    if (extra->marked >> i & 1 &&
        !tess_mul_i64(extra->terms, extra->extent[i], &extra->terms))
      extra->element = TESS_NONE;
}

void tess_reading_describe(tess_reading_t *r, int32_t node, int32_t element,
                           int32_t rank, const int64_t *extent, uint32_t marked,
                           bool ordered) {
  tess_node_extra_t *extra = &r->extras[node];
  int32_t inner = find_inner(r, node, element);
  uint32_t both = inner == TESS_NONE
                      ? 0
                      : marked_by_both(&r->extras[inner], rank, extent, marked);
  extra->element = element;
  if (both) {
    const tess_node_extra_t *first = &r->extras[inner];
    extra->inner = inner;
    extra->element = first->element;
    extra->rank = first->rank;
    extra->extent = first->extent;
    extra->marked = both;
  } else {
    extra->rank = rank;
    extra->marked = marked;
    extra->extent =
        tess_arena_copy(r->arena, extent, (size_t)rank, sizeof *extent);
  }
  measure(extra);
  extra->ordered = ordered;
}

/* Of those that find an element and its place, the ones of which nothing reads
 * the element. */
void tess_reading_find_places(tess_reading_t *r) {
  for (int32_t n = 0; n < r->node_count; n++) {
    const tess_node_t *node = &r->nodes[n];
    if (!r->extras[n].finds_place)
      continue;
    bool first = tess_role_is_choice(&r->values[node->outputs[0]]);
    if (r->values[node->outputs[first ? 1 : 0]].uses == 0)
      r->nodes[n].combiner = TESS_COMBINER_ARGMAX;
  }
}
