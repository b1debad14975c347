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

bool tess_match_op(const tess_node_t *node, const char *name) {
  return !strcmp(node->op_name, name);
}

static bool is_float(int32_t dtype) {
  return dtype == TESS_F32 || dtype == TESS_F16 || dtype == TESS_BF16;
}

static bool known_op(const tess_node_t *node, tess_conv2d_t *conv) {
  conv->tosa = tess_match_op(node, "tosa.conv2d") ||
               tess_match_op(node, "tosa.depthwise_conv2d");
  conv->nchw = tess_match_op(node, "linalg.conv_2d_nchw_fchw") ||
               tess_match_op(node, "linalg.depthwise_conv_2d_nchw_chw");
  return conv->tosa || conv->nchw ||
         tess_match_op(node, "linalg.conv_2d_nhwc_hwcf") ||
         tess_match_op(node, "linalg.depthwise_conv_2d_nhwc_hwc");
}

bool tess_match_conv2d(const tess_node_t *node, tess_conv2d_t *conv) {
  const tess_kernel_t *k = &node->kernel;
  bool depthwise = node->kind == TESS_NODE_DEPTHWISE;
  if (node->prepared || (node->kind != TESS_NODE_CONV && !depthwise) ||
      k->spatial_rank != 2 || !is_float(k->in_type) || k->dilation[0] != 1 ||
      k->dilation[1] != 1 || !known_op(node, conv))
    return false;
  if (depthwise ? k->out_channels != k->in_channels : k->groups != 1)
    return false;
  conv->n = k->batch;
  conv->c = k->in_channels;
  conv->o = k->out_channels;
  conv->h = k->in_size[0];
  conv->w = k->in_size[1];
  conv->oh = k->out_size[0];
  conv->ow = k->out_size[1];
  conv->kh = k->window[0];
  conv->kw = k->window[1];
  conv->sh = k->stride[0];
  conv->sw = k->stride[1];
  conv->top = k->pad_low[0];
  conv->left = k->pad_low[1];
  conv->bottom = k->pad_high[0];
  conv->right = k->pad_high[1];
  return true;
}

int32_t tess_match_spatial_pad(const tess_model_t *model, int32_t value,
                               bool nchw) {
  int32_t node = tess_match_producer(model, value);
  if (node == TESS_NONE || !tess_match_single_use(model, value))
    return TESS_NONE;
  const tess_node_t *pad = &model->nodes[node];
  int32_t channel = nchw ? 1 : 3;
  if (!tess_match_op(pad, "tensor.pad") || !pad->pad_low ||
      model->values[value].rank != 4 || pad->pad_low[0] || pad->pad_high[0] ||
      pad->pad_low[channel] || pad->pad_high[channel])
    return TESS_NONE;
  for (int32_t i = 1; i < 4; i++)
    if (pad->pad_low[i] < 0 || pad->pad_high[i] < 0)
      return TESS_NONE;
  return node;
}

bool tess_match_fits(const int64_t *sizes, int count) {
  int64_t product = 64;
  for (int i = 0; i < count; i++)
    if (sizes[i] < 0 || !tess_mul_i64(product, sizes[i], &product))
      return false;
  return true;
}

tess_kernel_t tess_match_dense(const tess_node_t *node, int64_t inputs,
                               int64_t outputs) {
  tess_kernel_t kernel = node->kernel;
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
  kernel.read_bytes = kernel.weight_bytes = kernel.write_bytes = 0;
  memset(kernel.vector_ops, 0, sizeof kernel.vector_ops);
  return kernel;
}
