/* Names and lifetime of a model. */
#include "tessera/ir/model.h"
#include <stdlib.h>

static const char *const function_names[] = {
#define X(id, name) name,
    TESS_FUNCTIONS(X)
#undef X
};

const char *tess_function_name(tess_function_t function) {
  return function < TESS_FUNCTION_COUNT ? function_names[function] : "?";
}

static const char *const combiner_names[] = {
#define X(id, name) name,
    TESS_COMBINERS(X)
#undef X
};

const char *tess_combiner_name(tess_combiner_t combiner) {
  return combiner < TESS_COMBINER_COUNT ? combiner_names[combiner] : "?";
}

bool tess_function_is_activation(tess_function_t function) {
  switch (function) {
  case TESS_FUNCTION_RELU:
  case TESS_FUNCTION_RELU6:
  case TESS_FUNCTION_CLAMP:
  case TESS_FUNCTION_SIGMOID:
  case TESS_FUNCTION_HARD_SIGMOID:
  case TESS_FUNCTION_SWISH:
  case TESS_FUNCTION_HARD_SWISH:
  case TESS_FUNCTION_TANH:
  case TESS_FUNCTION_GELU:
  case TESS_FUNCTION_GELU_TANH:
  case TESS_FUNCTION_QUICK_GELU:
  case TESS_FUNCTION_LEAKY_RELU:
  case TESS_FUNCTION_PRELU:
  case TESS_FUNCTION_ELU:
  case TESS_FUNCTION_SELU:
  case TESS_FUNCTION_MISH:
  case TESS_FUNCTION_SOFTPLUS:
    return true;
  default:
    return false;
  }
}

static const char *const pattern_names[] = {
#define X(id, name) name,
    TESS_PATTERNS(X)
#undef X
};

const char *tess_pattern_name(tess_pattern_kind_t kind) {
  return kind < TESS_PATTERN_COUNT ? pattern_names[kind] : "?";
}

static const char *const block_kind_names[] = {
#define X(id, name) name,
    TESS_BLOCKS(X)
#undef X
};

const char *tess_block_kind_name(tess_block_kind_t kind) {
  return kind < TESS_BLOCK_KIND_COUNT ? block_kind_names[kind] : "?";
}

void tess_model_destroy(tess_model_t *model) {
  if (!model)
    return;
  tess_arena_free(&model->arena);
  free(model);
}

const char *tess_model_doubt(const tess_model_t *model) {
  if (model->contraction_count || !model->prepared_contraction_count)
    return NULL;
  return "no product is left at inference, since all of them work on "
         "arguments that were taken for weights; mark the argument that "
         "carries data with {tessera.role = \"input\"}";
}

int32_t tess_model_base(const tess_model_t *model, int32_t value) {
  for (;;) {
    int32_t node = model->values[value].node;
    if (node == TESS_NONE || model->nodes[node].kind != TESS_NODE_RESHAPE ||
        model->nodes[node].input_count == 0)
      return value;
    value = model->nodes[node].inputs[0];
  }
}
