/* Finding patterns: from the last node backwards, each takes the nodes between
 * its result and what it is applied to; then attention around each softmax. */
#include "patterns.h"
#include "algebra.h"
#include <stdlib.h>

/* A pattern with what only its finder needs. */
typedef struct item {
  tess_pattern_t pattern;
  int32_t input; /* expression */
} item_t;

typedef struct finder {
  tess_reading_t *r;
  item_t *items;
  int32_t count;
  size_t capacity;
} finder_t;

void tess_pattern_nodes_add(tess_pattern_nodes_t *nodes, int32_t node) {
  for (int32_t i = 0; i < nodes->count; i++)
    if (nodes->items[i] == node)
      return;
  if (nodes->count == TESS_PATTERN_NODES)
    nodes->overflow = true;
  else
    nodes->items[nodes->count++] = node;
}

/* A node may hold many steps: an interpolation in a table has ten. */
enum { MOST_STEPS = 16 * TESS_PATTERN_NODES };

/* A walk over the expressions of a pattern, through its reductions. */
typedef struct walk {
  int32_t pending[MOST_STEPS], seen[MOST_STEPS];
  int32_t pending_count, seen_count;
} walk_t;

static bool is_new(walk_t *walk, int32_t e) {
  for (int32_t i = 0; i < walk->seen_count; i++)
    if (walk->seen[i] == e)
      return false;
  walk->seen[walk->seen_count++] = e;
  return true;
}

/* The node that computes `e` and what it needs of it; TESS_NONE: a tensor that
 * no reduction makes. */
static int32_t step(const tess_reading_t *r, int32_t e, walk_t *walk) {
  const tess_expression_t *item = &r->expressions.items[e];
  if (item->scalar != TESS_SCALAR_LEAF) {
    for (int i = 0; i < 3; i++)
      if (item->child[i] != TESS_NONE)
        walk->pending[walk->pending_count++] = item->child[i];
    return item->node;
  }
  int32_t n = r->values[item->value].node;
  if (n == TESS_NONE || r->extras[n].element == TESS_NONE)
    return TESS_NONE;
  walk->pending[walk->pending_count++] = r->extras[n].element;
  return n;
}

/* Collects the nodes between `root` and `input`; false if anything else than
 * weights is read on the way. */
static bool collect(const tess_reading_t *r, int32_t root, int32_t input,
                    tess_pattern_nodes_t *nodes) {
  walk_t walk; /* large: only what counts is set */
  walk.pending[0] = root;
  walk.pending_count = 1;
  walk.seen_count = 0;
  int32_t stop = tess_expression_strip(&r->expressions, input);
  while (walk.pending_count) {
    int32_t e = walk.pending[--walk.pending_count];
    if (r->expressions.items[e].prepared || !is_new(&walk, e) || e == stop ||
        tess_expression_alike(&r->expressions, e, input))
      continue;
    int32_t n = step(r, e, &walk);
    if (n == TESS_NONE || walk.seen_count == MOST_STEPS ||
        walk.pending_count > MOST_STEPS - 3)
      return false;
    for (; n != TESS_NONE; n = r->extras[n].inner)
      tess_pattern_nodes_add(nodes, n);
  }
  return !nodes->overflow;
}

static int by_number(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

static void add(finder_t *f, tess_pattern_t pattern, int32_t input,
                tess_pattern_nodes_t *found) {
  size_t count = (size_t)found->count;
  qsort(found->items, count, sizeof *found->items, by_number);
  pattern.nodes =
      tess_arena_copy(f->r->arena, found->items, count, sizeof *found->items);
  pattern.node_count = found->count;
  f->items =
      tess_grow(f->items, (size_t)f->count + 1, &f->capacity, sizeof *f->items);
  f->items[f->count++] = (item_t){pattern, input};
}

/* The tensor whose element `e` is, or the first one that it is made of. */
static int32_t value_behind(const tess_reading_t *r, int32_t e) {
  const tess_expression_t *items = r->expressions.items;
  while (items[e].value == TESS_NONE) {
    int32_t next = TESS_NONE;
    for (int i = 2; i >= 0; i--) {
      int32_t child = items[e].child[i];
      if (child != TESS_NONE && !items[child].prepared)
        next = child;
    }
    if (next == TESS_NONE)
      return TESS_NONE;
    e = next;
  }
  return items[e].value;
}

/* linalg.softmax is one by itself. */
static bool match_operation(tess_reading_t *r, int32_t n,
                            tess_pattern_kind_t *kind, int32_t *input,
                            tess_pattern_nodes_t *nodes) {
  const tess_node_t *node = &r->nodes[n];
  if (node->kind != TESS_NODE_REDUCTION ||
      node->combiner != TESS_COMBINER_SOFTMAX || !node->input_count)
    return false;
  *kind = TESS_PATTERN_SOFTMAX;
  *input = tess_reading_expression(r, node->inputs[0]);
  tess_pattern_nodes_add(nodes, n);
  return true;
}

static void find_at(finder_t *f, int32_t n, bool *taken) {
  tess_reading_t *r = f->r;
  const tess_node_t *node = &r->nodes[n];
  tess_pattern_nodes_t nodes = {.count = 0};
  tess_pattern_kind_t kind;
  int32_t input;
  if (node->prepared || taken[n] || node->output_count != 1)
    return;
  if (!match_operation(r, n, &kind, &input, &nodes)) {
    int32_t e = r->value_expression[node->outputs[0]];
    if (node->kind != TESS_NODE_ELEMENTWISE || e == TESS_NONE ||
        !tess_pattern_match(r, e, &kind, &input) ||
        !collect(r, e, input, &nodes))
      return;
  }
  for (int32_t i = 0; i < nodes.count; i++)
    taken[nodes.items[i]] = true;
  tess_pattern_t pattern = {.kind = (int32_t)kind,
                            .input = value_behind(r, input),
                            .key = TESS_NONE,
                            .value = TESS_NONE,
                            .output = node->outputs[0],
                            .outer = TESS_NONE};
  add(f, pattern, input, &nodes);
}

static void find_attentions(finder_t *f) {
  int32_t count = f->count;
  for (int32_t i = 0; i < count; i++) {
    tess_pattern_nodes_t nodes = {.count = 0};
    tess_pattern_t pattern;
    if (f->items[i].pattern.kind != TESS_PATTERN_SOFTMAX ||
        !tess_pattern_find_attention(f->r, f->items[i].input,
                                     f->items[i].pattern.output, &pattern,
                                     &nodes))
      continue;
    const tess_pattern_t *softmax = &f->items[i].pattern;
    for (int32_t k = 0; k < softmax->node_count; k++)
      tess_pattern_nodes_add(&nodes, softmax->nodes[k]);
    if (nodes.overflow)
      continue;
    f->items[i].pattern.outer = f->count;
    add(f, pattern, TESS_NONE, &nodes);
  }
}

static int32_t last_of(const tess_pattern_t *pattern) {
  return pattern->nodes[pattern->node_count - 1];
}

/* In the order of their last nodes, an outer pattern behind its inner ones. */
static int by_last(const void *a, const void *b) {
  const tess_pattern_t *x = &((const item_t *)a)->pattern;
  const tess_pattern_t *y = &((const item_t *)b)->pattern;
  int32_t difference = last_of(x) - last_of(y);
  return difference ? difference : x->node_count - y->node_count;
}

/* An inner pattern names the outer one by its last node while they move. */
static void sort(finder_t *f) {
  for (int32_t i = 0; i < f->count; i++) {
    tess_pattern_t *inner = &f->items[i].pattern;
    if (inner->outer != TESS_NONE)
      inner->outer = last_of(&f->items[inner->outer].pattern);
  }
  qsort(f->items, (size_t)f->count, sizeof *f->items, by_last);
  for (int32_t i = 0; i < f->count; i++) {
    tess_pattern_t *inner = &f->items[i].pattern;
    for (int32_t k = i + 1; k < f->count && inner->outer != TESS_NONE; k++)
      if (f->items[k].pattern.kind == TESS_PATTERN_ATTENTION &&
          last_of(&f->items[k].pattern) == inner->outer) {
        inner->outer = k;
        break;
      }
  }
}

/* Outer patterns first, so that the innermost one stays. */
static const int32_t *by_node(const finder_t *f,
                              const tess_pattern_t *patterns) {
  size_t count = (size_t)f->r->node_count;
  int32_t *of_node = tess_arena_array(f->r->arena, count, sizeof *of_node);
  for (size_t n = 0; n < count; n++)
    of_node[n] = TESS_NONE;
  for (int pass = 0; pass < 2; pass++)
    for (int32_t i = 0; i < f->count; i++)
      for (int32_t k = 0; k < patterns[i].node_count; k++)
        if (pass == (patterns[i].kind != TESS_PATTERN_ATTENTION))
          of_node[patterns[i].nodes[k]] = i;
  return of_node;
}

static void store(finder_t *f) {
  tess_model_t *model = f->r->model;
  tess_pattern_t *patterns =
      tess_arena_array(f->r->arena, (size_t)f->count, sizeof *patterns);
  for (int32_t i = 0; i < f->count; i++)
    patterns[i] = f->items[i].pattern;
  model->patterns = patterns;
  model->pattern_count = f->count;
  model->pattern_of_node = by_node(f, patterns);
}

void tess_reading_find_patterns(tess_reading_t *r) {
  finder_t f = {.r = r};
  bool *taken = tess_alloc((size_t)r->node_count + 1);
  for (int32_t e = 0; e < r->expressions.count && !r->counts_zeros; e++)
    r->counts_zeros = r->expressions.items[e].scalar == TESS_SCALAR_CLZ;
  for (int32_t n = r->node_count - 1; n >= 0; n--)
    find_at(&f, n, taken);
  find_attentions(&f);
  if (f.count) {
    sort(&f);
    store(&f);
  }
  free(taken);
  free(f.items);
}
