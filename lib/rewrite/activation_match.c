/* Where a chain reads its argument. */
#include "activation_match.h"
#include "match.h"

/* The value behind reshapes. */
static int32_t behind_views(const tess_model_t *model, int32_t value) {
  int32_t node = tess_match_producer(model, value);
  while (node != TESS_NONE && model->nodes[node].kind == TESS_NODE_RESHAPE) {
    value = model->nodes[node].inputs[0];
    node = tess_match_producer(model, value);
  }
  return value;
}

static bool find_reading(const tess_model_t *model, const tess_chain_t *chain,
                         tess_activation_t *activation) {
  int32_t input = behind_views(model, chain->input);
  for (int32_t i = 0; i < chain->node_count; i++) {
    const tess_node_t *node = &model->nodes[chain->nodes[i]];
    for (int32_t j = 0; j < node->input_count; j++)
      if (behind_views(model, node->inputs[j]) == input) {
        activation->node = chain->nodes[i];
        activation->operand = j;
        activation->value = node->inputs[j];
        return true;
      }
  }
  return false;
}

static bool same_shape(const tess_value_t *a, const tess_value_t *b) {
  if (a->dtype != b->dtype || a->rank != b->rank)
    return false;
  for (int32_t i = 0; i < a->rank; i++)
    if (a->shape[i] != b->shape[i])
      return false;
  return true;
}

bool tess_activation_match(const tess_model_t *model, const tess_chain_t *chain,
                           tess_activation_t *activation) {
  if (chain->output == TESS_NONE || chain->input == TESS_NONE)
    return false;
  const tess_value_t *out = &model->values[chain->output];
  activation->anchor = chain->nodes[chain->node_count - 1];
  return !model->nodes[activation->anchor].prepared &&
         (out->dtype == TESS_F32 || out->dtype == TESS_F16 ||
          out->dtype == TESS_BF16) &&
         find_reading(model, chain, activation) &&
         same_shape(&model->values[activation->value], out);
}

const tess_chain_t *tess_activation_at(const tess_model_t *model,
                                       int32_t anchor,
                                       tess_activation_t *activation) {
  int32_t index = model->chain_of_node[anchor];
  if (index == TESS_NONE)
    return NULL;
  const tess_chain_t *chain = &model->chains[index];
  return tess_activation_match(model, chain, activation) &&
                 activation->anchor == anchor
             ? chain
             : NULL;
}
