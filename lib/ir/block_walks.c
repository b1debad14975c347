/* Walking against the data flow, past everything that is part of a block but
 * no contraction. */
#include "blocks.h"

/* One step back from `value` through element-wise node `n`. */
static int32_t step_chain(const tess_model_t *model, int32_t n,
                          tess_walk_t *walk) {
  const tess_chain_t *chain = model->chain_of_node[n] == TESS_NONE
                                  ? NULL
                                  : &model->chains[model->chain_of_node[n]];
  if (!chain)
    return TESS_NONE;
  if (chain->function == TESS_FUNCTION_RESIDUAL) {
    walk->merged = true;
    return TESS_NONE;
  }
  if (chain->function == TESS_FUNCTION_SCALE)
    walk->gate = chain->other;
  return chain->input;
}

static bool is_shape_change(const tess_node_t *node) {
  return node->kind == TESS_NODE_PAD || node->kind == TESS_NODE_TRANSPOSE ||
         node->kind == TESS_NODE_RESHAPE;
}

/* The first operand that is computed from the input. */
static int32_t main_operand(const tess_model_t *model,
                            const tess_node_t *node) {
  for (int32_t i = 0; i < node->input_count; i++)
    if (model->values[node->inputs[i]].role == TESS_ROLE_ACTIVATION)
      return node->inputs[i];
  return node->input_count ? node->inputs[0] : TESS_NONE;
}

/* One step back through the pattern that node `n` is in; TESS_NONE ends the
 * walk. False: it is in none that a walk passes or ends at. */
static bool step_pattern(const tess_model_t *model, int32_t n, int32_t *next,
                         tess_walk_t *walk) {
  int32_t p = model->pattern_of_node ? model->pattern_of_node[n] : TESS_NONE;
  while (p != TESS_NONE && model->patterns[p].outer != TESS_NONE)
    p = model->patterns[p].outer;
  if (p == TESS_NONE || model->patterns[p].kind == TESS_PATTERN_SOFTMAX)
    return false;
  if (model->patterns[p].kind == TESS_PATTERN_ATTENTION) {
    walk->pattern = p;
    *next = TESS_NONE;
  } else {
    walk->norm = p;
    *next = model->patterns[p].input;
  }
  return true;
}

/* The value before node `n`, or TESS_NONE where the walk ends. */
static int32_t step(const tess_model_t *model, int32_t n, int what,
                    tess_walk_t *walk) {
  const tess_node_t *node = &model->nodes[n];
  int32_t next;
  if (node->prepared)
    return TESS_NONE;
  if (step_pattern(model, n, &next, walk))
    return next;
  if (node->kind <= TESS_NODE_MATMUL) {
    walk->node = n;
    return TESS_NONE;
  }
  if (node->kind == TESS_NODE_ELEMENTWISE)
    return step_chain(model, n, walk);
  bool reduction = node->kind == TESS_NODE_REDUCTION;
  bool passes = is_shape_change(node) ||
                (reduction && what & TESS_WALK_REDUCTIONS) ||
                (node->kind == TESS_NODE_MOVEMENT && what & TESS_WALK_MOVEMENT);
  if (!passes)
    return TESS_NONE;
  walk->reduced = walk->reduced || reduction;
  return main_operand(model, node);
}

/* Between contractions of real networks there are tens of nodes; without an
 * end, many walks over one long chain would take too long. */
enum { LONGEST_WALK = 1000 };

tess_walk_t tess_walk_back(const tess_model_t *model, int32_t value, int what) {
  tess_walk_t walk = {.node = TESS_NONE,
                      .value = value,
                      .gate = TESS_NONE,
                      .norm = TESS_NONE,
                      .pattern = TESS_NONE};
  for (int i = 0; i < LONGEST_WALK && value != TESS_NONE &&
                  model->values[value].node != TESS_NONE;
       i++) {
    value = step(model, model->values[value].node, what, &walk);
    walk.value = value == TESS_NONE ? walk.value : value;
  }
  return walk;
}

int32_t tess_walk_origin(const tess_model_t *model, int32_t value, int what) {
  return tess_walk_back(model, value, what).value;
}

int32_t tess_walk_entering(const tess_model_t *model, int32_t value) {
  for (;;) {
    int32_t n = model->values[value].node;
    if (n == TESS_NONE)
      return value;
    const tess_node_t *node = &model->nodes[n];
    if (!is_shape_change(node) || node->input_count == 0)
      return value;
    value = node->inputs[0];
  }
}
