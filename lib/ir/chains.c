/* Element-wise nodes grouped into named chains. From the last node backwards:
 * each takes the nodes that its function is made of, as far as nothing outside
 * the chain reads what is between. */
#include "reading.h"
#include <stdlib.h>

enum { MAX_CHAIN = 80, MAX_STEPS = 160, MAX_VIEWS = 16 };

typedef struct chains {
  tess_reading_t *r;
  tess_chain_t *items;
  int32_t count;
  int32_t *of_node;
} chains_t;

typedef struct cover {
  int32_t nodes[MAX_CHAIN];
  int32_t count;
} cover_t;

static bool contains(const cover_t *cover, int32_t node) {
  for (int32_t i = 0; i < cover->count; i++)
    if (cover->nodes[i] == node)
      return true;
  return false;
}

/* Adds what is not there yet; false where no room is left. */
static bool add_step(int32_t *steps, int32_t *count, int32_t e) {
  for (int32_t i = 0; i < *count; i++)
    if (steps[i] == e)
      return true;
  if (*count == MAX_STEPS)
    return false;
  steps[(*count)++] = e;
  return true;
}

/* Collects the nodes between `root` and `input`; false if anything else than
 * weights and `other` is read on the way. */
static bool collect(const tess_reading_t *r, int32_t root, int32_t input,
                    int32_t other, cover_t *cover) {
  int32_t steps[MAX_STEPS], count = 0;
  cover->count = 0;
  steps[count++] = root;
  for (int32_t at = 0; at < count; at++) {
    int32_t e = steps[at];
    const tess_expression_t *item = &r->expressions.items[e];
    if (e == input || e == other || item->prepared)
      continue;
    if (item->node == TESS_NONE)
      return false;
    if (!contains(cover, item->node)) {
      if (cover->count == MAX_CHAIN)
        return false;
      cover->nodes[cover->count++] = item->node;
    }
    for (int i = 0; i < 3; i++)
      if (item->child[i] != TESS_NONE &&
          !add_step(steps, &count, item->child[i]))
        return false;
  }
  return true;
}

/* Whether only nodes of the cover read the value, through views too. */
static bool read_inside_only(const tess_reading_t *r, const cover_t *cover,
                             int32_t value, int views) {
  const tess_model_t *model = r->model;
  if (r->values[value].returned || views > MAX_VIEWS)
    return false;
  for (int32_t i = model->first_user[value]; i < model->first_user[value + 1];
       i++) {
    int32_t user = model->value_users[i];
    const tess_node_t *node = &r->nodes[user];
    bool view = node->kind == TESS_NODE_RESHAPE && node->output_count == 1;
    if (view ? !read_inside_only(r, cover, node->outputs[0], views + 1)
             : !contains(cover, user))
      return false;
  }
  return true;
}

static bool is_closed(const chains_t *c, const cover_t *cover, int32_t root) {
  for (int32_t i = 0; i < cover->count; i++) {
    int32_t n = cover->nodes[i];
    const tess_node_t *node = &c->r->nodes[n];
    if (node->kind != TESS_NODE_ELEMENTWISE || node->prepared ||
        c->of_node[n] != TESS_NONE || node->output_count != 1)
      return false;
    if (n != root && !read_inside_only(c->r, cover, node->outputs[0], 0))
      return false;
  }
  return true;
}

/* Whether the match's nodes can be a chain with `input` as its argument. */
static bool covers(const chains_t *c, int32_t root, int32_t e, int32_t input,
                   int32_t other, cover_t *cover) {
  const tess_expression_t *items = c->r->expressions.items;
  return items[input].value != TESS_NONE &&
         (other == TESS_NONE || items[other].value != TESS_NONE) &&
         collect(c->r, e, input, other, cover) && is_closed(c, cover, root);
}

/* The tensor behind the zero point that is subtracted before a scale. */
static int32_t without_zero(const tess_expressions_t *all, int32_t e) {
  e = tess_expression_boundary(all, e);
  const tess_expression_t *item = &all->items[e];
  double zero;
  bool subtracts = item->value == TESS_NONE &&
                   item->scalar == TESS_SCALAR_SUB &&
                   tess_expression_number(all, item->child[1], &zero);
  return subtracts ? tess_expression_boundary(all, item->child[0]) : e;
}

/* The tensor behind casts and quantised scales of `e` that has the result's
 * own type; `e` itself where there is none. */
static int32_t typed(const tess_reading_t *r, int32_t root, int32_t e) {
  const tess_expressions_t *all = &r->expressions;
  int32_t dtype = r->values[r->nodes[root].outputs[0]].dtype;
  for (int32_t at = e, steps = 0; at != TESS_NONE && steps < 4; steps++) {
    const tess_expression_t *item = &all->items[at];
    if (item->value != TESS_NONE && r->values[item->value].dtype == dtype)
      return at;
    int32_t scale = tess_expression_affine(all, at);
    if (all->items[scale].scalar == TESS_SCALAR_RESCALE)
      at = without_zero(all, all->items[scale].child[0]);
    else if (item->scalar == TESS_SCALAR_CAST ||
             item->scalar == TESS_SCALAR_COPY)
      at = tess_expression_boundary(all, item->child[0]);
    else
      break;
  }
  return e;
}

/* covers() with arguments of the result's own type, else as they are. */
static bool covers_typed(const chains_t *c, int32_t root, int32_t e,
                         int32_t *input, int32_t *other, cover_t *cover) {
  int32_t inputs[] = {typed(c->r, root, *input), *input};
  int32_t others[] = {typed(c->r, root, *other), *other};
  for (int i = 0; i < 4; i++)
    if (covers(c, root, e, inputs[i / 2], others[i % 2], cover)) {
      *input = inputs[i / 2];
      *other = others[i % 2];
      return true;
    }
  return false;
}

static int by_number(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

static void add(chains_t *c, tess_function_t function, int32_t input,
                int32_t other, int32_t root, cover_t *cover) {
  qsort(cover->nodes, (size_t)cover->count, sizeof *cover->nodes, by_number);
  int32_t *nodes =
      tess_arena_array(c->r->arena, (size_t)cover->count, sizeof *nodes);
  for (int32_t i = 0; i < cover->count; i++) {
    nodes[i] = cover->nodes[i];
    c->of_node[nodes[i]] = c->count;
  }
  const tess_node_t *last = &c->r->nodes[root];
  c->items[c->count++] = (tess_chain_t){
      .function = (int32_t)function,
      .input = input,
      .output = last->output_count ? last->outputs[0] : TESS_NONE,
      .other = other,
      .nodes = nodes,
      .node_count = cover->count};
}

/* The argument or constant below broadcasts and casts becomes a statistic. */
static void mark_statistic(tess_reading_t *r, int32_t e) {
  const tess_expression_t *items = r->expressions.items;
  while (e != TESS_NONE && items[e].scalar != TESS_SCALAR_LEAF) {
    bool passes = items[e].scalar == TESS_SCALAR_BROADCAST ||
                  items[e].scalar == TESS_SCALAR_CAST ||
                  items[e].scalar == TESS_SCALAR_COPY;
    e = passes ? items[e].child[0] : TESS_NONE;
  }
  if (e == TESS_NONE || r->source[items[e].value] == TESS_NONE)
    return;
  tess_value_t *source = &r->values[r->source[items[e].value]];
  if (source->role == TESS_ROLE_WEIGHT)
    source->role = TESS_ROLE_STATISTIC;
}

static bool is_of_reduction(const tess_reading_t *r, int32_t value) {
  int32_t node = r->values[value].node;
  return node != TESS_NONE && r->nodes[node].kind == TESS_NODE_REDUCTION;
}

/* Whether it may be a part of a step between float and quantised types. */
static bool is_step(tess_function_t function) {
  return function == TESS_FUNCTION_CAST || function == TESS_FUNCTION_SHIFT ||
         function == TESS_FUNCTION_FACTOR || function == TESS_FUNCTION_CLAMP;
}

static bool is_float(int32_t dtype) {
  return dtype == TESS_F32 || dtype == TESS_F16 || dtype == TESS_BF16 ||
         dtype == TESS_F64;
}

static bool is_quantised(int32_t dtype) {
  return dtype == TESS_I8 || dtype == TESS_I16;
}

/* The name of the step that ends in `e`: quantise or dequantise if numbers,
 * roundings and casts lead from the one kind of type to the other. */
static tess_function_t quantised(const chains_t *c, int32_t root, int32_t e,
                                 tess_function_t function, int32_t *value,
                                 cover_t *cover) {
  const tess_reading_t *r = c->r;
  int32_t input = tess_expression_affine(&r->expressions, e);
  int32_t from = r->expressions.items[input].value;
  cover_t whole;
  if (from == TESS_NONE || !covers(c, root, e, input, TESS_NONE, &whole))
    return function;
  int32_t in = r->values[from].dtype;
  int32_t out = r->values[r->nodes[root].outputs[0]].dtype;
  bool down = is_float(in) && is_quantised(out);
  if (!down && !(is_quantised(in) && is_float(out)))
    return function;
  *value = from;
  *cover = whole;
  return down ? TESS_FUNCTION_QUANTISE : TESS_FUNCTION_DEQUANTISE;
}

/* Tries to make the chain of the match that ends in node `n`. */
static bool add_match(chains_t *c, int32_t n, int32_t e, tess_match_t match) {
  tess_reading_t *r = c->r;
  cover_t cover;
  int32_t input = tess_expression_boundary(&r->expressions, match.input);
  int32_t too = tess_expression_boundary(&r->expressions, match.input_too);
  int32_t other = match.other;
  const tess_expression_t *items = r->expressions.items;
  if (!covers_typed(c, n, e, &input, &other, &cover)) {
    input = too;
    if (!covers_typed(c, n, e, &input, &other, &cover))
      return false;
  }
  int32_t value = items[input].value;
  other = other == TESS_NONE ? TESS_NONE : items[other].value;
  if (match.function == TESS_FUNCTION_RESIDUAL && value < other) {
    int32_t later = other; /* what the block made */
    other = value;
    value = later;
  }
  if (match.function == TESS_FUNCTION_MEAN_SCALE && !is_of_reduction(r, value))
    match.function = TESS_FUNCTION_FACTOR;
  if (is_step(match.function))
    match.function = quantised(c, n, e, match.function, &value, &cover);
  add(c, match.function, value, other, n, &cover);
  mark_statistic(r, match.mean);
  mark_statistic(r, match.variance);
  return true;
}

/* Names what ends in node `n`: as a whole function, or by its last step where
 * others read what is between. */
static bool add_named(chains_t *c, int32_t n) {
  const tess_reading_t *r = c->r;
  const tess_node_t *node = &r->nodes[n];
  int32_t e = node->output_count == 1 ? r->value_expression[node->outputs[0]]
                                      : TESS_NONE;
  if (e == TESS_NONE)
    return false;
  tess_match_t match;
  if (tess_expression_match(&r->expressions, e, &match) &&
      add_match(c, n, e, match))
    return true;
  return tess_expression_match_step(&r->expressions, e, &match) &&
         add_match(c, n, e, match);
}

/* The name of the outermost step of a node that is one op or several in one
 * body, where that says most of what it does. */
static tess_function_t outermost(const tess_reading_t *r, int32_t n) {
  const tess_node_t *node = &r->nodes[n];
  int32_t e = node->output_count == 1 ? r->value_expression[node->outputs[0]]
                                      : TESS_NONE;
  tess_match_t match;
  if (e == TESS_NONE)
    return TESS_FUNCTION_ARITHMETIC;
  if (r->expressions.items[tess_expression_strip(&r->expressions, e)].scalar ==
      TESS_SCALAR_EXP)
    return TESS_FUNCTION_EXP;
  if (!tess_expression_match_step(&r->expressions, e, &match))
    return TESS_FUNCTION_ARITHMETIC;
  switch (match.function) {
  case TESS_FUNCTION_ERF:
  case TESS_FUNCTION_LOG:
  case TESS_FUNCTION_SQRT:
  case TESS_FUNCTION_RSQRT:
  case TESS_FUNCTION_SQUARE:
  case TESS_FUNCTION_ABS:
  case TESS_FUNCTION_RECIPROCAL:
  case TESS_FUNCTION_MASK:
    return match.function;
  default:
    return TESS_FUNCTION_ARITHMETIC;
  }
}

static void add_unnamed(chains_t *c, int32_t n) {
  const tess_node_t *node = &c->r->nodes[n];
  int32_t input = node->input_count ? node->inputs[0] : TESS_NONE;
  for (int32_t i = node->input_count - 1; i >= 0; i--) {
    int32_t role = c->r->values[node->inputs[i]].role;
    if (role == TESS_ROLE_ACTIVATION || role == TESS_ROLE_INPUT)
      input = node->inputs[i];
  }
  cover_t cover = {.nodes = {n}, .count = 1};
  add(c, outermost(c->r, n), input, TESS_NONE, n, &cover);
}

/* The chains were found last first. */
static void reverse(chains_t *c) {
  for (int32_t i = 0; i < c->count / 2; i++) {
    tess_chain_t first = c->items[i];
    c->items[i] = c->items[c->count - 1 - i];
    c->items[c->count - 1 - i] = first;
  }
  for (int32_t n = 0; n < c->r->node_count; n++)
    if (c->of_node[n] != TESS_NONE)
      c->of_node[n] = c->count - 1 - c->of_node[n];
}

void tess_reading_find_chains(tess_reading_t *r) {
  size_t count = (size_t)r->node_count;
  chains_t c = {.r = r,
                .items = tess_arena_room(r->arena, count, sizeof *c.items),
                .of_node =
                    tess_arena_array(r->arena, count, sizeof *c.of_node)};
  for (int32_t n = 0; n < r->node_count; n++)
    c.of_node[n] = TESS_NONE;
  for (int32_t n = r->node_count - 1; n >= 0; n--)
    if (r->nodes[n].kind == TESS_NODE_ELEMENTWISE && !r->nodes[n].prepared &&
        c.of_node[n] == TESS_NONE && !add_named(&c, n))
      add_unnamed(&c, n);
  reverse(&c);
  r->model->chains = c.items;
  r->model->chain_count = c.count;
  r->model->chain_of_node = c.of_node;
}
