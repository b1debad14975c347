/* Questions that several rules ask about a model. */
#include "match.h"
#include "tessera/base/checked.h"
#include <string.h>

int32_t tess_match_producer(const tess_model_t *model, int32_t value) {
  return value == TESS_NONE ? TESS_NONE : model->values[value].node;
}

bool tess_match_single_use(const tess_model_t *model, int32_t value) {
  const tess_value_t *v = &model->values[value];
  return v->uses == 1 && !v->returned;
}

const tess_chain_t *tess_match_chain(const tess_model_t *model, int32_t value) {
  int32_t node = tess_match_producer(model, value);
  if (node == TESS_NONE || model->chain_of_node[node] == TESS_NONE)
    return NULL;
  const tess_chain_t *chain = &model->chains[model->chain_of_node[node]];
  return chain->output == value ? chain : NULL;
}

static bool has_node(const tess_chain_t *chain, int32_t node) {
  for (int32_t i = 0; i < chain->node_count; i++)
    if (chain->nodes[i] == node)
      return true;
  return false;
}

bool tess_match_only_read_by(const tess_model_t *model, int32_t value,
                             const tess_chain_t *chain) {
  if (model->values[value].returned)
    return false;
  for (int32_t i = model->first_user[value]; i < model->first_user[value + 1];
       i++)
    if (!has_node(chain, model->value_users[i]))
      return false;
  return true;
}

bool tess_match_claim(bool *claimed, const int32_t *nodes, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    if (claimed[nodes[i]])
      return false;
  for (int32_t i = 0; i < count; i++)
    claimed[nodes[i]] = true;
  return true;
}

bool tess_match_op(const tess_node_t *node, const char *name) {
  return !strcmp(node->op_name, name);
}

int32_t tess_match_source(const tess_model_t *model, int32_t value) {
  int32_t node = tess_match_producer(model, tess_model_base(model, value));
  while (node != TESS_NONE && model->nodes[node].kind == TESS_NODE_TRANSPOSE)
    node = tess_match_producer(
        model, tess_model_base(model, model->nodes[node].inputs[0]));
  return node;
}

int32_t tess_match_elementwise_before(const tess_model_t *model,
                                      int32_t value) {
  int32_t node = tess_match_source(model, value);
  if (node != TESS_NONE && model->nodes[node].kind == TESS_NODE_PAD)
    node = tess_match_source(model, model->nodes[node].inputs[0]);
  return node != TESS_NONE && model->nodes[node].kind == TESS_NODE_ELEMENTWISE
             ? node
             : TESS_NONE;
}

int32_t tess_match_pads_before(const tess_model_t *model, int32_t value,
                               int32_t *nodes, int32_t room) {
  int32_t count = 0, node = tess_match_source(model, value);
  while (count < room && node != TESS_NONE &&
         model->nodes[node].kind == TESS_NODE_PAD) {
    nodes[count++] = node;
    node = tess_match_source(model, model->nodes[node].inputs[0]);
  }
  return count;
}

bool tess_match_fits(const int64_t *sizes, int count) {
  int64_t product = 64;
  for (int i = 0; i < count; i++)
    if (sizes[i] < 0 || !tess_mul_i64(product, sizes[i], &product))
      return false;
  return true;
}

bool tess_match_product(const tess_node_t *node) {
  const tess_kernel_t *k = &node->kernel;
  bool is_float = k->in_type == TESS_F32 || k->in_type == TESS_F16 ||
                  k->in_type == TESS_BF16;
  if (node->prepared || !is_float || node->output_count != 1)
    return false;
  if (node->kind == TESS_NODE_MATMUL)
    return true;
  for (int32_t i = 0; i < k->spatial_rank; i++)
    if (k->window[i] != 1 || k->stride[i] != 1)
      return false;
  return node->kind == TESS_NODE_CONV && k->groups == 1;
}

int64_t tess_match_inputs(const tess_kernel_t *kernel) {
  return kernel->kind == TESS_KERNEL_MATMUL ? kernel->k : kernel->in_channels;
}

int64_t tess_match_outputs(const tess_kernel_t *kernel) {
  return kernel->kind == TESS_KERNEL_MATMUL ? kernel->n : kernel->out_channels;
}

tess_kernel_t tess_match_alone(const tess_node_t *node) {
  tess_kernel_t kernel = node->kernel;
  kernel.read_bytes = kernel.weight_bytes = kernel.write_bytes = 0;
  memset(kernel.vector_ops, 0, sizeof kernel.vector_ops);
  return kernel;
}

tess_kernel_t tess_match_dense(const tess_node_t *node, int64_t inputs,
                               int64_t outputs) {
  tess_kernel_t kernel = tess_match_alone(node);
  kernel.kind = TESS_KERNEL_CONV;
  kernel.groups = 1;
  kernel.in_channels = inputs;
  kernel.out_channels = kernel.n = outputs;
  kernel.m = kernel.batch;
  kernel.k = inputs;
  for (int32_t i = 0; i < kernel.spatial_rank; i++) {
    kernel.m *= kernel.out_size[i];
    kernel.k *= kernel.window[i];
  }
  kernel.macs = kernel.m * kernel.n * kernel.k;
  return kernel;
}
