/* Arguments that the caller carries from call to call. What is concatenated
 * with data, or gets data inserted, and is then returned or multiplied with
 * data is a cache of keys or values; what a moving average goes on from is a
 * running statistic. */
#include "algebra.h"
#include "roles.h"
#include <string.h>

/* What one walk visits at most. */
enum { MOST_VISITED = 64 };

typedef struct states {
  tess_reading_t *r;
  const uint8_t *votes;
  bool *varies;     /* by value: depends on input */
  int32_t *carried; /* by value: the argument whose elements alone it holds, in
                       any order, and constants; or TESS_NONE */
} states_t;

typedef struct visit {
  int32_t values[MOST_VISITED];
  int32_t count, next;
} visit_t;

static void visit(visit_t *visit, int32_t value) {
  for (int32_t i = 0; i < visit->count; i++)
    if (visit->values[i] == value)
      return;
  if (visit->count < MOST_VISITED)
    visit->values[visit->count++] = value;
}

static bool is_one_of(const char *name, const char *const *names) {
  for (; *names; names++)
    if (strcmp(name, *names) == 0)
      return true;
  return false;
}

/* Whether the node puts data beside or into other data. */
static bool joins(const tess_node_t *node) {
  static const char *const names[] = {"tosa.concat",    "tensor.concat",
                                      "tosa.scatter",   "tensor.insert_slice",
                                      "tensor.scatter", NULL};
  return node->kind == TESS_NODE_MOVEMENT && is_one_of(node->op_name, names);
}

/* Whether it hands elements on, some of them or repeated. */
static bool moves(const tess_node_t *node) {
  static const char *const names[] = {"tosa.slice", "tensor.extract_slice",
                                      "tosa.tile", "tosa.reverse", NULL};
  return node->kind == TESS_NODE_RESHAPE || node->kind == TESS_NODE_TRANSPOSE ||
         node->kind == TESS_NODE_PAD ||
         (node->kind == TESS_NODE_MOVEMENT && is_one_of(node->op_name, names));
}

/* Whether the node chooses between elements of its operands. */
static bool selects(const tess_reading_t *r, const tess_node_t *node) {
  int32_t e = node->kind == TESS_NODE_ELEMENTWISE && node->output_count == 1
                  ? r->value_expression[node->outputs[0]]
                  : TESS_NONE;
  if (e == TESS_NONE)
    return false;
  e = tess_expression_strip(&r->expressions, e);
  return r->expressions.items[e].scalar == TESS_SCALAR_SELECT;
}

/* The argument that looks like a weight and that the value is made of. */
static int32_t argument_behind(const states_t *s, int32_t value) {
  const tess_reading_t *r = s->r;
  int32_t source = r->source[value];
  if (source == TESS_NONE || r->values[source].argument == TESS_NONE)
    return s->carried[value];
  bool weight = r->values[source].role == TESS_ROLE_WEIGHT &&
                !(s->votes[source] & TESS_VOTE_STATED) &&
                !tess_role_is_choice(&r->values[source]);
  return weight ? source : TESS_NONE;
}

/* What the node's results carry: the argument of one operand beside which
 * nothing varies. */
static int32_t carried_by(const states_t *s, const tess_node_t *node) {
  int32_t found = TESS_NONE;
  if (!moves(node) && !joins(node))
    return TESS_NONE;
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t argument = argument_behind(s, node->inputs[i]);
    if (s->varies[node->inputs[i]] ||
        (argument != TESS_NONE && found != TESS_NONE))
      return TESS_NONE;
    found = argument != TESS_NONE ? argument : found;
  }
  return found;
}

static void flow(states_t *s) {
  const tess_reading_t *r = s->r;
  for (int32_t v = 0; v < r->value_count; v++) {
    s->varies[v] = r->values[v].role == TESS_ROLE_INPUT;
    s->carried[v] = TESS_NONE;
  }
  for (int32_t n = 0; n < r->node_count; n++) {
    const tess_node_t *node = &r->nodes[n];
    bool varies = false;
    for (int32_t i = 0; i < node->input_count; i++)
      varies = varies || s->varies[node->inputs[i]];
    for (int32_t i = 0; i < node->output_count; i++) {
      s->varies[node->outputs[i]] = varies;
      s->carried[node->outputs[i]] = carried_by(s, node);
    }
  }
}

/* Whether another operand of the product than `value` depends on input. */
static bool multiplies_data(const states_t *s, const tess_node_t *node,
                            int32_t value) {
  int32_t other = node->data == value ? node->filter : node->data;
  return node->kind == TESS_NODE_MATMUL && other != TESS_NONE &&
         s->varies[other];
}

static bool hands_on(const states_t *s, const tess_node_t *node) {
  const tess_reading_t *r = s->r;
  if (moves(node) || joins(node))
    return true;
  return node->kind == TESS_NODE_ELEMENTWISE && node->output_count == 1 &&
         r->values[node->outputs[0]].elements >=
             r->values[node->inputs[0]].elements;
}

/* Whether what is made of `joined` ends in a product with data: on the way it
 * may be turned, cut, scaled and rotated. */
static bool reaches_product(const states_t *s, int32_t joined) {
  const tess_model_t *model = s->r->model;
  visit_t way = {.values = {joined}, .count = 1};
  while (way.next < way.count) {
    int32_t value = way.values[way.next++];
    for (int32_t i = model->first_user[value]; i < model->first_user[value + 1];
         i++) {
      const tess_node_t *node = &s->r->nodes[model->value_users[i]];
      if (multiplies_data(s, node, value))
        return true;
      if (node->input_count && hands_on(s, node))
        visit(&way, node->outputs[0]);
    }
  }
  return false;
}

/* Whether it is returned, turned or cast at most. */
static bool is_returned(const states_t *s, int32_t value, int depth) {
  const tess_model_t *model = s->r->model;
  if (s->r->values[value].returned)
    return true;
  for (int32_t i = model->first_user[value];
       depth && i < model->first_user[value + 1]; i++) {
    const tess_node_t *node = &s->r->nodes[model->value_users[i]];
    bool turns =
        node->kind == TESS_NODE_RESHAPE || node->kind == TESS_NODE_TRANSPOSE ||
        (node->kind == TESS_NODE_ELEMENTWISE && node->input_count == 1);
    if (turns && node->output_count == 1 &&
        is_returned(s, node->outputs[0], depth - 1))
      return true;
  }
  return false;
}

/* The argument that node `n` joins with data, if that makes it a cache. */
static void find_joined(states_t *s, int32_t n) {
  tess_reading_t *r = s->r;
  const tess_node_t *node = &r->nodes[n];
  int32_t argument = TESS_NONE;
  int64_t data = 0;
  if (!joins(node) && !selects(r, node))
    return;
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t input = node->inputs[i], found = argument_behind(s, input);
    const tess_value_t *value = &r->values[input];
    bool whole = node->kind != TESS_NODE_ELEMENTWISE ||
                 value->elements == node->kernel.out_elements;
    if (found != TESS_NONE && whole)
      argument = found;
    else if (s->varies[input] && !tess_role_is_choice(value))
      data += value->elements;
  }
  if (argument == TESS_NONE || data == 0 ||
      s->votes[argument] & (TESS_VOTE_FILTER | TESS_VOTE_BIAS))
    return;
  bool larger = r->values[argument].elements >= data ||
                node->kind == TESS_NODE_ELEMENTWISE;
  if ((larger && is_returned(s, node->outputs[0], 4)) ||
      reaches_product(s, node->outputs[0]))
    r->values[argument].role = TESS_ROLE_INPUT;
}

/* The argument whose element `e` is, or TESS_NONE. */
static int32_t argument_of(const states_t *s, int32_t e) {
  e = tess_expression_strip(&s->r->expressions, e);
  int32_t value = s->r->expressions.items[e].value;
  return value == TESS_NONE ? TESS_NONE : argument_behind(s, value);
}

/* What `e` is a part of, between none and all, or TESS_NONE. */
static int32_t part_of(const states_t *s, int32_t e) {
  int32_t rest;
  double part;
  bool is_part = tess_expression_scaled(&s->r->expressions, e, &rest, &part) &&
                 part > 0 && part < 1;
  return is_part ? tess_expression_strip(&s->r->expressions, rest) : TESS_NONE;
}

/* The argument of which `e` is a moving average: a part of it and something
 * else, or itself and a part of what something else differs by. */
static int32_t averaged(const states_t *s, int32_t e) {
  const tess_expressions_t *all = &s->r->expressions;
  e = tess_expression_strip(all, e);
  const int32_t *child = tess_expression_at(all, e)->child;
  for (int i = 0; i < 2 && tess_expression_is(all, e, TESS_SCALAR_ADD); i++) {
    int32_t part = part_of(s, child[i]), other = part_of(s, child[1 - i]);
    if (part != TESS_NONE && argument_of(s, part) != TESS_NONE)
      return argument_of(s, part);
    int32_t own = argument_of(s, child[i]);
    if (own != TESS_NONE && other != TESS_NONE &&
        tess_expression_is(all, other, TESS_SCALAR_SUB) &&
        argument_of(s, tess_expression_at(all, other)->child[1]) == own)
      return own;
  }
  return TESS_NONE;
}

/* Running statistics: what a moving average that is returned was before. */
static void find_running(const states_t *s) {
  const tess_reading_t *r = s->r;
  for (int32_t v = 0; v < r->value_count; v++) {
    int32_t e = r->value_expression[v];
    int32_t argument = r->values[v].returned && s->varies[v] && e != TESS_NONE
                           ? averaged(s, e)
                           : TESS_NONE;
    if (argument != TESS_NONE && !(s->votes[argument] & TESS_VOTE_FILTER))
      r->values[argument].role = TESS_ROLE_STATISTIC;
  }
}

/* The argument that a batch of products has as their second factor. */
static int32_t factor_of(const states_t *s, const tess_node_t *node) {
  bool batch = node->kind == TESS_NODE_MATMUL && node->kernel.batch > 1;
  return batch ? argument_behind(s, node->filter) : TESS_NONE;
}

/* The argument that the shares of a softmax over the results of product `n` are
 * multiplied with, or TESS_NONE. */
static int32_t find_values(const states_t *s, int32_t n) {
  const tess_model_t *model = s->r->model;
  const tess_node_t *product = &s->r->nodes[n];
  visit_t way = {.values = {product->outputs[0]}, .count = 1};
  bool reduced = false, raised = false;
  while (way.next < way.count) {
    int32_t value = way.values[way.next++];
    for (int32_t i = model->first_user[value]; i < model->first_user[value + 1];
         i++) {
      const tess_node_t *node = &s->r->nodes[model->value_users[i]];
      bool reduces = node->kind == TESS_NODE_REDUCTION;
      bool whole = reduces && node->combiner == TESS_COMBINER_SOFTMAX;
      if (node->data == value && reduced && raised &&
          factor_of(s, node) != TESS_NONE)
        return factor_of(s, node);
      if (reduces || (node->kind == TESS_NODE_ELEMENTWISE) || moves(node)) {
        reduced = reduced || reduces;
        raised = raised || whole || node->kernel.vector_ops[TESS_VECTOR_EXP];
        visit(&way, node->outputs[0]);
      }
    }
  }
  return TESS_NONE;
}

/* Keys and values that an attention multiplies as they are. */
static void find_factors(states_t *s, int32_t n) {
  tess_reading_t *r = s->r;
  int32_t keys = factor_of(s, &r->nodes[n]);
  if (keys == TESS_NONE || !s->varies[r->nodes[n].data])
    return;
  int32_t values = find_values(s, n);
  if (values == TESS_NONE)
    return;
  r->values[keys].role = TESS_ROLE_INPUT;
  r->values[values].role = TESS_ROLE_INPUT;
}

void tess_roles_find_states(tess_reading_t *r, const uint8_t *votes) {
  size_t count = (size_t)r->value_count;
  states_t s = {.r = r,
                .votes = votes,
                .varies = tess_arena_room(&r->scratch, count, sizeof *s.varies),
                .carried =
                    tess_arena_room(&r->scratch, count, sizeof *s.carried)};
  flow(&s);
  for (int32_t n = 0; n < r->node_count; n++) {
    find_joined(&s, n);
    find_factors(&s, n);
  }
  find_running(&s);
}
