/* Blocks of convolutions, each found from its last contraction backwards. */
#include "blocks.h"

static const tess_node_t *node_at(const tess_finder_t *f, int32_t node) {
  return &f->model->nodes[node];
}

static tess_walk_t back(const tess_finder_t *f, int32_t node) {
  return tess_walk_back(f->model, node_at(f, node)->data, 0);
}

/* ---- Inverted bottlenecks. ---- */

/* The two contractions of a squeeze-and-excite whose pool reads `spatial`. */
static bool find_gate(const tess_finder_t *f, int32_t gate, int32_t spatial,
                      tess_block_t *block) {
  tess_walk_t expand = tess_walk_back(f->model, gate, 0);
  if (!tess_finder_free(f, expand.node))
    return false;
  tess_walk_t reduce = back(f, expand.node);
  if (!tess_finder_free(f, reduce.node))
    return false;
  tess_walk_t pooled = tess_walk_back(f->model, node_at(f, reduce.node)->data,
                                      TESS_WALK_REDUCTIONS);
  if (!pooled.reduced || pooled.node != spatial)
    return false;
  block->se_reduce = reduce.node;
  block->se_expand = expand.node;
  return true;
}

/* The kxk convolution before a pointwise one, and the gate between. */
static bool find_spatial(const tess_finder_t *f, tess_block_t *block) {
  if (!tess_block_pointwise(node_at(f, block->project)) ||
      tess_block_stride(node_at(f, block->project)) != 1)
    return false;
  tess_walk_t spatial = back(f, block->project);
  if (!tess_finder_free(f, spatial.node))
    return false;
  block->spatial = spatial.node;
  return spatial.gate == TESS_NONE ||
         find_gate(f, spatial.gate, spatial.node, block);
}

bool tess_find_mbconv(tess_finder_t *f, int32_t n) {
  tess_block_t block = tess_block_blank(TESS_BLOCK_MBCONV, n);
  if (!find_spatial(f, &block))
    return false;
  const tess_node_t *middle = node_at(f, block.spatial);
  bool depthwise = middle->kind == TESS_NODE_DEPTHWISE;
  bool dense =
      middle->kind == TESS_NODE_CONV && middle->kernel.groups == 1 &&
      tess_block_window(middle) > 1 &&
      middle->kernel.out_channels >= node_at(f, n)->kernel.out_channels;
  if (!depthwise && !dense)
    return false;
  if (dense)
    block.kind = TESS_BLOCK_FUSED_MBCONV;
  tess_walk_t before = back(f, block.spatial);
  if (depthwise && tess_finder_free(f, before.node) &&
      tess_block_pointwise(node_at(f, before.node)) &&
      tess_block_stride(node_at(f, before.node)) == 1)
    block.expand = before.node;
  tess_finder_settle(f, &block);
  tess_finder_claim(f, &block);
  return true;
}

/* ---- Residual networks. ---- */

/* The convolution of one part of a convolution that is written as one for each
 * group: slices of one value, convolved apart, then concatenated. */
static int32_t find_part(const tess_finder_t *f, int32_t value,
                         int32_t *whole) {
  int32_t n = tess_walk_back(f->model, value, 0).node;
  if (!tess_finder_free(f, n) || node_at(f, n)->kind != TESS_NODE_CONV ||
      tess_block_window(node_at(f, n)) == 1)
    return TESS_NONE;
  int32_t from = tess_walk_entering(f->model, node_at(f, n)->data);
  int32_t slice = f->model->values[from].node;
  if (slice == TESS_NONE || node_at(f, slice)->kind != TESS_NODE_MOVEMENT ||
      node_at(f, slice)->input_count == 0)
    return TESS_NONE;
  int32_t base = tess_walk_entering(f->model, node_at(f, slice)->inputs[0]);
  if (*whole != TESS_NONE && *whole != base)
    return TESS_NONE;
  *whole = base;
  return n;
}

/* The concatenation before the pointwise `project` if all its operands are
 * parts of one grouped convolution; `whole` is what they are slices of. */
static const tess_node_t *find_parts(const tess_finder_t *f, int32_t project,
                                     int32_t *whole) {
  int32_t value = back(f, project).value;
  int32_t n = f->model->values[value].node;
  const tess_node_t *join = n == TESS_NONE ? NULL : node_at(f, n);
  *whole = TESS_NONE;
  if (!join || join->kind != TESS_NODE_MOVEMENT || join->input_count < 2)
    return NULL;
  for (int32_t i = 0; i < join->input_count; i++)
    if (find_part(f, join->inputs[i], whole) == TESS_NONE)
      return NULL;
  return join;
}

/* A bottleneck whose groups are convolutions of their own. */
static bool find_split_bottleneck(tess_finder_t *f, int32_t n) {
  tess_block_t block = tess_block_blank(TESS_BLOCK_BOTTLENECK, n);
  int32_t whole;
  const tess_node_t *join = find_parts(f, n, &whole);
  if (!join)
    return false;
  tess_walk_t before = tess_walk_back(f->model, whole, 0);
  if (!tess_finder_free(f, before.node) ||
      !tess_block_pointwise(node_at(f, before.node)))
    return false;
  block.expand = before.node;
  block.spatial = find_part(f, join->inputs[0], &whole);
  block.groups = join->input_count;
  block.hidden_channels = tess_block_in_channels(node_at(f, n));
  tess_finder_settle(f, &block);
  int32_t index = tess_finder_claim(f, &block);
  for (int32_t i = 1; i < join->input_count; i++)
    tess_finder_add_node(f, index, find_part(f, join->inputs[i], &whole));
  return true;
}

/* 1x1, kxk, 1x1 with an addition around them; with groups and more channels
 * within than without, the addition may be missing. */
bool tess_find_bottleneck(tess_finder_t *f, int32_t n) {
  tess_block_t block = tess_block_blank(TESS_BLOCK_BOTTLENECK, n);
  if (!tess_block_pointwise(node_at(f, n)))
    return false;
  if (!find_spatial(f, &block))
    return find_split_bottleneck(f, n);
  const tess_node_t *middle = node_at(f, block.spatial);
  if (middle->kind != TESS_NODE_CONV || tess_block_window(middle) == 1)
    return false;
  tess_walk_t before = back(f, block.spatial);
  if (!tess_finder_free(f, before.node) || before.reduced ||
      !tess_block_pointwise(node_at(f, before.node)))
    return false;
  block.expand = before.node;
  tess_finder_settle(f, &block);
  if (!block.residual && middle->kernel.groups == 1)
    return false;
  tess_finder_claim(f, &block);
  return true;
}

bool tess_find_basic(tess_finder_t *f, int32_t n) {
  const tess_node_t *last = node_at(f, n);
  if (last->kind != TESS_NODE_CONV || tess_block_window(last) == 1)
    return false;
  tess_walk_t before = back(f, n);
  if (!tess_finder_free(f, before.node) || before.gate != TESS_NONE)
    return false;
  const tess_node_t *first = node_at(f, before.node);
  if (first->kind != TESS_NODE_CONV || tess_block_window(first) == 1)
    return false;
  tess_block_t block = tess_block_blank(TESS_BLOCK_BASIC, n);
  block.spatial = before.node;
  tess_finder_settle(f, &block);
  if (block.residual)
    tess_finder_claim(f, &block);
  return block.residual;
}

/* ---- ConvNeXt. ---- */

bool tess_find_convnext(tess_finder_t *f, int32_t n) {
  const tess_node_t *project = node_at(f, n);
  if (!tess_block_dense(f->model, project))
    return false;
  tess_walk_t up = back(f, n);
  if (!tess_finder_free(f, up.node) || up.gate != TESS_NONE ||
      !tess_block_dense(f->model, node_at(f, up.node)) ||
      tess_block_out_channels(node_at(f, up.node)) <=
          tess_block_out_channels(project))
    return false;
  tess_walk_t spatial = back(f, up.node);
  if (!tess_finder_free(f, spatial.node) || spatial.gate != TESS_NONE ||
      node_at(f, spatial.node)->kind != TESS_NODE_DEPTHWISE)
    return false;
  tess_block_t block = tess_block_blank(TESS_BLOCK_CONVNEXT, n);
  block.expand = up.node;
  block.spatial = spatial.node;
  tess_finder_settle(f, &block);
  if (!block.residual)
    return false;
  int32_t index = tess_finder_claim(f, &block);
  tess_finder_add_pattern(f, index, spatial.norm);
  return true;
}
