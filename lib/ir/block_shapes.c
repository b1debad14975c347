/* The sizes of a block, and how tables show them. */
#include "blocks.h"
#include "tessera/base/checked.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const tess_node_t *node_or_null(const tess_model_t *model, int32_t n) {
  return n == TESS_NONE ? NULL : &model->nodes[n];
}

/* Positions and features of a product's operand or result. */
static int32_t product_shape(const tess_node_t *node, int64_t features,
                             int64_t *shape) {
  if (!tess_mul_i64(node->kernel.batch, node->kernel.m, &shape[0]))
    shape[0] = INT64_MAX;
  shape[1] = features;
  return 2;
}

/* Where a convolution's space is in `value`, which enters it through pads and
 * transposes: the layout in which the channels fit, the convolution's own if
 * both do. */
static int32_t first_spatial(const tess_node_t *node,
                             const tess_value_t *value) {
  int32_t spatial = node->kernel.spatial_rank;
  int64_t channels = node->kernel.in_channels;
  bool last = value->shape[value->rank - 1] == channels;
  bool first = value->shape[value->rank - spatial - 1] == channels;
  if (first != last)
    return first ? value->rank - spatial : value->rank - spatial - 1;
  return node->kernel.layout == TESS_LAYOUT_NCHW ? value->rank - spatial
                                                 : value->rank - spatial - 1;
}

/* The space before padding. */
static const int64_t *entering_space(const tess_model_t *model,
                                     const tess_node_t *node) {
  int32_t value = node->data, spatial = node->kernel.spatial_rank;
  for (;;) {
    int32_t n = model->values[value].node;
    const tess_node_t *from = n == TESS_NONE ? NULL : &model->nodes[n];
    if (!from || from->input_count == 0 ||
        (from->kind != TESS_NODE_PAD && from->kind != TESS_NODE_TRANSPOSE))
      break;
    value = from->inputs[0];
  }
  const tess_value_t *in = &model->values[value];
  if (in->rank != spatial + 2)
    return node->kernel.in_size;
  return &in->shape[first_spatial(node, in)];
}

static int32_t space_shape(const tess_node_t *node, const int64_t *size,
                           int64_t channels, int64_t *shape) {
  int32_t rank = node->kernel.spatial_rank;
  memcpy(shape, size, (size_t)rank * sizeof *shape);
  shape[rank] = channels;
  return rank + 1;
}

static void measure_ends(const tess_model_t *model, const tess_node_t *first,
                         const tess_node_t *last, tess_block_t *block) {
  if (first->kind == TESS_NODE_MATMUL)
    block->in_rank = product_shape(first, first->kernel.k, block->in_shape);
  else
    block->in_rank = space_shape(first, entering_space(model, first),
                                 first->kernel.in_channels, block->in_shape);
  bool same_space = block->residual && block->shortcut == TESS_NONE &&
                    first->kind != TESS_NODE_MATMUL;
  if (last->kind == TESS_NODE_MATMUL && same_space) {
    block->out_rank = block->in_rank;
    memcpy(block->out_shape, block->in_shape, sizeof block->in_shape);
    block->out_shape[block->out_rank - 1] = last->kernel.n;
  } else if (last->kind == TESS_NODE_MATMUL)
    block->out_rank = product_shape(last, last->kernel.n, block->out_shape);
  else
    block->out_rank = space_shape(last, last->kernel.out_size,
                                  last->kernel.out_channels, block->out_shape);
}

static void add_convolution(const tess_node_t *node, tess_block_t *block) {
  if (!node || node->kind == TESS_NODE_MATMUL)
    return;
  int64_t window = tess_block_window(node);
  block->window = window > block->window ? window : block->window;
  if (!tess_mul_i64(block->stride ? block->stride : 1, tess_block_stride(node),
                    &block->stride))
    block->stride = INT64_MAX;
  if (node->kind == TESS_NODE_CONV && node->kernel.groups > block->groups)
    block->groups = node->kernel.groups;
}

void tess_block_measure(const tess_model_t *model, tess_block_t *block) {
  const tess_node_t *expand = node_or_null(model, block->expand);
  const tess_node_t *spatial = node_or_null(model, block->spatial);
  const tess_node_t *project = node_or_null(model, block->project);
  const tess_node_t *first = expand ? expand : spatial ? spatial : project;
  if (block->kind == TESS_BLOCK_CONVNEXT)
    first = spatial;
  measure_ends(model, first, project, block);
  bool plain = block->kind == TESS_BLOCK_HEAD ||
               block->kind == TESS_BLOCK_ATTENTION || block->hidden_channels;
  const tess_node_t *middle = spatial ? spatial : expand;
  if (block->kind == TESS_BLOCK_CONVNEXT)
    middle = expand;
  if (!plain && middle)
    block->hidden_channels = tess_block_out_channels(middle);
  add_convolution(expand, block);
  add_convolution(spatial, block);
  add_convolution(project, block);
}

/* ---- Text. ---- */

static size_t add_shape(char *buffer, size_t length, const int64_t *shape,
                        int32_t rank) {
  for (int32_t i = 0; i < rank && length < TESS_BLOCK_CHARS; i++)
    length += (size_t)snprintf(buffer + length, TESS_BLOCK_CHARS - length,
                               "%s%" PRId64, i ? "x" : "", shape[i]);
  return length < TESS_BLOCK_CHARS ? length : TESS_BLOCK_CHARS - 1;
}

const char *tess_block_dims(const tess_block_t *block, char *buffer) {
  buffer[0] = 0;
  size_t length = add_shape(buffer, 0, block->in_shape, block->in_rank);
  bool same = block->in_rank == block->out_rank &&
              !memcmp(block->in_shape, block->out_shape,
                      (size_t)block->in_rank * sizeof *block->in_shape);
  if (same)
    return buffer;
  length += (size_t)snprintf(buffer + length, TESS_BLOCK_CHARS - length, "%s",
                             block->in_rank ? " -> " : "");
  if (length < TESS_BLOCK_CHARS)
    add_shape(buffer, length, block->out_shape, block->out_rank);
  return buffer;
}

/* "e6 ", "e1/4 " or, where no ratio is whole, "e96:56 ". */
static void add_ratio(const tess_block_t *block, char *ratio, size_t size) {
  int64_t hidden = block->hidden_channels;
  int64_t in = block->in_rank ? block->in_shape[block->in_rank - 1] : 0;
  if (hidden < 1 || in < 1)
    ratio[0] = 0;
  else if (hidden % in == 0)
    snprintf(ratio, size, "e%" PRId64 " ", hidden / in);
  else if (in % hidden == 0)
    snprintf(ratio, size, "e1/%" PRId64 " ", in / hidden);
  else
    snprintf(ratio, size, "e%" PRId64 ":%" PRId64 " ", hidden, in);
}

const char *tess_block_details(const tess_block_t *block, char *buffer) {
  char ratio[48], window[64] = "", groups[32] = "";
  add_ratio(block, ratio, sizeof ratio);
  if (block->window)
    snprintf(window, sizeof window, "k%" PRId64 " s%" PRId64 " ", block->window,
             block->stride);
  if (block->groups > 1)
    snprintf(groups, sizeof groups, "g%" PRId64 " ", block->groups);
  int length = snprintf(buffer, TESS_BLOCK_CHARS, "%s%s%s%s%s", ratio, window,
                        groups, block->se_reduce != TESS_NONE ? "se " : "",
                        block->shortcut != TESS_NONE ? "res1x1"
                        : block->residual            ? "res"
                                                     : "");
  while (length > 0 && length < TESS_BLOCK_CHARS && buffer[length - 1] == ' ')
    buffer[--length] = 0;
  return buffer;
}
