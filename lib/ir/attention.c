/* Attention: from a softmax back to the product of queries and keys, and on to
 * the product with the values. */
#include "algebra.h"
#include "patterns.h"

enum { MAX_STEPS = 12 };

/* Whether the product can be one of queries and keys: two activations, or a
 * batch of products, which no layer of weights is. */
static bool is_of_activations(const tess_reading_t *r, int32_t n) {
  const tess_node_t *node = &r->nodes[n];
  int32_t role = r->values[node->filter].role;
  return node->kind == TESS_NODE_MATMUL && !node->prepared &&
         (role == TESS_ROLE_ACTIVATION || role == TESS_ROLE_INPUT ||
          node->kernel.batch > 1);
}

/* Scores may be scaled, masked, clamped and cast on their way. */
static bool passes_scores(int32_t scalar) {
  switch (scalar) {
  case TESS_SCALAR_CAST:
  case TESS_SCALAR_COPY:
  case TESS_SCALAR_ADD:
  case TESS_SCALAR_SUB:
  case TESS_SCALAR_MUL:
  case TESS_SCALAR_DIV:
  case TESS_SCALAR_MIN:
  case TESS_SCALAR_MAX:
  case TESS_SCALAR_SELECT:
  case TESS_SCALAR_TANH:
    return true;
  default:
    return false;
  }
}

/* The product that the scores `e` come from, or TESS_NONE; nodes on the way,
 * the product too, are added. */
static int32_t find_scores(tess_reading_t *r, int32_t e, int depth,
                           tess_pattern_nodes_t *nodes) {
  tess_expression_t item = r->expressions.items[e];
  int32_t found = TESS_NONE, n = item.node;
  if (item.prepared || depth == 0)
    return TESS_NONE;
  if (item.scalar == TESS_SCALAR_LEAF) {
    n = r->values[item.value].node;
    if (n == TESS_NONE)
      return TESS_NONE;
    if (r->nodes[n].kind == TESS_NODE_TRANSPOSE)
      found = find_scores(r, tess_reading_expression(r, r->nodes[n].inputs[0]),
                          depth - 1, nodes);
    else if (is_of_activations(r, n))
      found = n;
  } else if (passes_scores(item.scalar)) {
    for (int i = 0; i < 3 && found == TESS_NONE; i++)
      if (item.child[i] != TESS_NONE)
        found = find_scores(r, item.child[i], depth - 1, nodes);
  }
  if (found != TESS_NONE && n != TESS_NONE)
    tess_pattern_nodes_add(nodes, n);
  return found;
}

/* Whether the node hands its operand through, up to a number and a type. */
static bool hands_on(const tess_reading_t *r, const tess_node_t *node) {
  if (node->kind == TESS_NODE_RESHAPE || node->kind == TESS_NODE_TRANSPOSE)
    return node->output_count == 1;
  if (node->kind != TESS_NODE_ELEMENTWISE || node->output_count != 1)
    return false;
  int32_t e = r->value_expression[node->outputs[0]], rest;
  double number;
  if (e == TESS_NONE)
    return false;
  int32_t scalar = tess_expression_at(&r->expressions, e)->scalar;
  return scalar == TESS_SCALAR_CAST || scalar == TESS_SCALAR_COPY ||
         tess_expression_scaled(&r->expressions, e, &rest, &number);
}

/* The product that reads `value`, or TESS_NONE; *operand: as what. */
static int32_t find_product(const tess_reading_t *r, int32_t value, int depth,
                            int32_t *operand, tess_pattern_nodes_t *nodes) {
  const tess_model_t *model = r->model;
  for (int32_t i = model->first_user[value];
       depth && i < model->first_user[value + 1]; i++) {
    int32_t n = model->value_users[i];
    const tess_node_t *node = &r->nodes[n];
    int32_t found = TESS_NONE;
    if (node->kind == TESS_NODE_MATMUL &&
        (node->data == value || node->filter == value)) {
      *operand = value;
      found = n;
    } else if (hands_on(r, node)) {
      found = find_product(r, node->outputs[0], depth - 1, operand, nodes);
    }
    if (found == TESS_NONE)
      continue;
    if (node->kind != TESS_NODE_RESHAPE)
      tess_pattern_nodes_add(nodes, n);
    return found;
  }
  return TESS_NONE;
}

bool tess_pattern_find_attention(tess_reading_t *r, int32_t input,
                                 int32_t output, tess_pattern_t *pattern,
                                 tess_pattern_nodes_t *nodes) {
  int32_t operand;
  int32_t scores = find_scores(r, input, MAX_STEPS, nodes);
  if (scores == TESS_NONE)
    return false;
  int32_t product = find_product(r, output, MAX_STEPS, &operand, nodes);
  if (product == TESS_NONE || product == scores || nodes->overflow)
    return false;
  const tess_node_t *first = &r->nodes[scores], *last = &r->nodes[product];
  *pattern = (tess_pattern_t){.kind = TESS_PATTERN_ATTENTION,
                              .input = first->data,
                              .key = first->filter,
                              .value = last->data == operand ? last->filter
                                                             : last->data,
                              .output = last->outputs[0],
                              .outer = TESS_NONE};
  return true;
}
