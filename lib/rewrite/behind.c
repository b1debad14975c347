/* Following a result to what reads it. */
#include "behind.h"
#include "match.h"

static bool has_node(const tess_behind_t *nodes, int32_t node) {
  for (int32_t i = 0; i < nodes->count; i++)
    if (nodes->at[i] == node)
      return true;
  return false;
}

/* Whether all activations that an element-wise node reads come from `nodes`. */
static bool is_fed_by(const tess_model_t *model, const tess_node_t *node,
                      const tess_behind_t *nodes) {
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t value = tess_model_base(model, node->inputs[i]);
    int32_t role = model->values[value].role;
    if ((role == TESS_ROLE_ACTIVATION || role == TESS_ROLE_INPUT) &&
        !has_node(nodes, tess_match_source(model, value)))
      return false;
  }
  return true;
}

static bool passes_on(const tess_node_t *node) {
  return node->kind == TESS_NODE_ELEMENTWISE ||
         node->kind == TESS_NODE_RESHAPE || node->kind == TESS_NODE_TRANSPOSE ||
         node->kind == TESS_NODE_PAD;
}

static bool add_readers(const tess_model_t *model, int32_t node,
                        tess_behind_t *nodes) {
  const tess_node_t *from = &model->nodes[node];
  for (int32_t o = 0; o < from->output_count; o++) {
    int32_t value = from->outputs[o];
    for (int32_t u = model->first_user[value]; u < model->first_user[value + 1];
         u++) {
      if (has_node(nodes, model->value_users[u]))
        continue;
      if (nodes->count == TESS_BEHIND_MOST)
        return false;
      nodes->at[nodes->count++] = model->value_users[u];
    }
  }
  return true;
}

bool tess_behind_add(const tess_model_t *model, int32_t conv,
                     tess_behind_t *nodes) {
  int32_t next = nodes->count;
  if (!add_readers(model, conv, nodes))
    return false;
  for (; next < nodes->count; next++)
    if (passes_on(&model->nodes[nodes->at[next]]) &&
        !add_readers(model, nodes->at[next], nodes))
      return false;
  for (int32_t i = 0; i < nodes->count; i++) {
    const tess_node_t *node = &model->nodes[nodes->at[i]];
    if (node->kind == TESS_NODE_ELEMENTWISE && !is_fed_by(model, node, nodes))
      return false;
  }
  return true;
}
