/* Blocks that architectures are made of: found from their projecting 1x1
 * convolution backwards, through element-wise chains, pads and transposes. */
#include "reading.h"
#include <stdlib.h>

typedef struct finder {
  const tess_model_t *model;
  tess_block_t *blocks;
  int32_t count;
  int32_t *block_of_node; /* of contractions, or TESS_NONE */
} finder_t;

/* What a walk against the data flow met. */
typedef struct walk {
  int32_t node; /* the contraction it ended at, or TESS_NONE */
  int32_t gate; /* `other` of a scale on the way, or TESS_NONE */
  bool reduced; /* passed a reduction */
  bool merged;  /* stopped at a residual addition */
} walk_t;

static const tess_node_t *node_at(const tess_model_t *model, int32_t node) {
  return &model->nodes[node];
}

/* One step back from `value` through element-wise node `n`. */
static int32_t step_chain(const tess_model_t *model, int32_t n, walk_t *walk) {
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

static walk_t walk_back(const tess_model_t *model, int32_t value,
                        bool through_reductions) {
  walk_t walk = {.node = TESS_NONE, .gate = TESS_NONE};
  while (value != TESS_NONE && model->values[value].node != TESS_NONE) {
    int32_t n = model->values[value].node;
    const tess_node_t *node = node_at(model, n);
    if (node->prepared)
      break;
    if (node->kind <= TESS_NODE_MATMUL) {
      walk.node = n;
      break;
    }
    bool passes = node->kind == TESS_NODE_PAD ||
                  node->kind == TESS_NODE_TRANSPOSE ||
                  node->kind == TESS_NODE_RESHAPE;
    if (node->kind == TESS_NODE_ELEMENTWISE) {
      value = step_chain(model, n, &walk);
    } else if (passes ||
               (node->kind == TESS_NODE_REDUCTION && through_reductions)) {
      walk.reduced = walk.reduced || node->kind == TESS_NODE_REDUCTION;
      value = node->input_count ? node->inputs[0] : TESS_NONE;
    } else {
      break;
    }
  }
  return walk;
}

static int64_t window_of(const tess_kernel_t *kernel) {
  int64_t window = 1;
  for (int32_t i = 0; i < kernel->spatial_rank; i++)
    window = kernel->window[i] > window ? kernel->window[i] : window;
  return window;
}

static bool is_pointwise(const tess_node_t *node) {
  if (node->kind != TESS_NODE_CONV || node->kernel.groups != 1 ||
      window_of(&node->kernel) != 1)
    return false;
  for (int32_t i = 0; i < node->kernel.spatial_rank; i++)
    if (node->kernel.stride[i] != 1)
      return false;
  return true;
}

/* The value that enters: through views, pads and transposes only. */
static int32_t entering(const tess_model_t *model, int32_t value) {
  for (;;) {
    int32_t n = model->values[value].node;
    if (n == TESS_NONE)
      return value;
    const tess_node_t *node = node_at(model, n);
    bool passes = node->kind == TESS_NODE_PAD ||
                  node->kind == TESS_NODE_TRANSPOSE ||
                  node->kind == TESS_NODE_RESHAPE;
    if (!passes || node->input_count == 0)
      return value;
    value = node->inputs[0];
  }
}

/* The one chain that holds all readers of `value`, or TESS_NONE. */
static int32_t only_chain(const tess_model_t *model, int32_t value) {
  int32_t chain = TESS_NONE;
  if (model->values[value].returned)
    return TESS_NONE;
  for (int32_t i = model->first_user[value]; i < model->first_user[value + 1];
       i++) {
    int32_t found = model->chain_of_node[model->value_users[i]];
    if (found == TESS_NONE || (chain != TESS_NONE && found != chain))
      return TESS_NONE;
    chain = found;
  }
  return chain;
}

/* The only reader of `value` if that is a transpose or view: its result. */
static int32_t only_view(const tess_model_t *model, int32_t value) {
  int32_t first = model->first_user[value];
  if (model->first_user[value + 1] != first + 1 ||
      model->values[value].returned)
    return TESS_NONE;
  const tess_node_t *user = node_at(model, model->value_users[first]);
  bool view =
      user->kind == TESS_NODE_TRANSPOSE || user->kind == TESS_NODE_RESHAPE;
  return view && user->output_count == 1 ? user->outputs[0] : TESS_NONE;
}

/* Follows the result of the block's last contraction through normalisation
 * and activation to the residual addition, if there is one. */
static void find_output(const tess_model_t *model, tess_block_t *block) {
  int32_t value = node_at(model, block->project)->outputs[0];
  block->output = value;
  while (!block->residual) {
    int32_t chain = only_chain(model, value);
    if (chain == TESS_NONE) {
      value = only_view(model, value);
      if (value == TESS_NONE)
        return;
      continue;
    }
    const tess_chain_t *c = &model->chains[chain];
    if (c->function == TESS_FUNCTION_SCALE)
      return;
    if (c->function == TESS_FUNCTION_RESIDUAL) {
      bool own = entering(model, c->other) == block->input ||
                 entering(model, c->input) == block->input;
      if (!own)
        return;
      block->residual = true;
    }
    value = block->output = c->output;
  }
}

static void claim(finder_t *f, tess_block_t block) {
  const int32_t nodes[] = {block.expand, block.depthwise, block.se_reduce,
                           block.se_expand, block.project};
  int32_t first = TESS_NONE;
  for (int i = 0; i < 5; i++) {
    if (nodes[i] == TESS_NONE)
      continue;
    f->block_of_node[nodes[i]] = f->count;
    first = first == TESS_NONE ? nodes[i] : first;
  }
  block.input = entering(f->model, node_at(f->model, first)->data);
  find_output(f->model, &block);
  f->blocks[f->count++] = block;
}

static tess_block_t blank(tess_block_kind_t kind, int32_t project) {
  return (tess_block_t){.kind = (int32_t)kind,
                        .expand = TESS_NONE,
                        .depthwise = TESS_NONE,
                        .se_reduce = TESS_NONE,
                        .se_expand = TESS_NONE,
                        .project = project,
                        .input = TESS_NONE,
                        .output = TESS_NONE};
}

static bool is_free(const finder_t *f, int32_t node) {
  return node != TESS_NONE && f->block_of_node[node] == TESS_NONE;
}

/* The two products of a squeeze-and-excite whose pool reads `spatial`. */
static bool find_gate(const finder_t *f, int32_t gate, int32_t spatial,
                      tess_block_t *block) {
  walk_t expand = walk_back(f->model, gate, false);
  if (!is_free(f, expand.node))
    return false;
  walk_t reduce =
      walk_back(f->model, node_at(f->model, expand.node)->data, false);
  if (!is_free(f, reduce.node))
    return false;
  walk_t pooled =
      walk_back(f->model, node_at(f->model, reduce.node)->data, true);
  if (!pooled.reduced || pooled.node != spatial)
    return false;
  block->se_reduce = reduce.node;
  block->se_expand = expand.node;
  return true;
}

/* The block that ends in the 1x1 convolution `n`, if one does. */
static bool find_mbconv(finder_t *f, int32_t n) {
  const tess_node_t *project = node_at(f->model, n);
  if (!is_pointwise(project))
    return false;
  walk_t spatial = walk_back(f->model, project->data, false);
  if (!is_free(f, spatial.node))
    return false;
  const tess_node_t *middle = node_at(f->model, spatial.node);
  bool depthwise = middle->kind == TESS_NODE_DEPTHWISE;
  bool dense = middle->kind == TESS_NODE_CONV && middle->kernel.groups == 1 &&
               window_of(&middle->kernel) > 1 &&
               middle->kernel.out_channels >= project->kernel.out_channels;
  if (!depthwise && !dense)
    return false;
  tess_block_t block =
      blank(depthwise ? TESS_BLOCK_MBCONV : TESS_BLOCK_FUSED_MBCONV, n);
  block.depthwise = spatial.node;
  if (spatial.gate != TESS_NONE &&
      !find_gate(f, spatial.gate, spatial.node, &block))
    return false;
  walk_t before = walk_back(f->model, middle->data, false);
  if (depthwise && is_free(f, before.node) && !before.merged &&
      is_pointwise(node_at(f->model, before.node)))
    block.expand = before.node;
  claim(f, block);
  return true;
}

static bool is_working_contraction(const tess_node_t *node) {
  return node->kind <= TESS_NODE_MATMUL && !node->prepared;
}

/* The first convolution, where nothing but the input is before it. */
static void find_stem(finder_t *f) {
  for (int32_t n = 0; n < f->model->node_count; n++) {
    const tess_node_t *node = node_at(f->model, n);
    if (!is_working_contraction(node))
      continue;
    if (node->kind == TESS_NODE_CONV && window_of(&node->kernel) > 1 &&
        walk_back(f->model, node->data, false).node == TESS_NONE)
      claim(f, blank(TESS_BLOCK_STEM, n));
    return;
  }
}

/* What is left after the last block: [convolution,] product. */
static void find_rest(finder_t *f, bool architecture) {
  int32_t last = TESS_NONE, tail[3], count = 0;
  for (int32_t n = 0; n < f->model->node_count; n++)
    if (is_working_contraction(node_at(f->model, n)) && !is_free(f, n))
      last = n;
  for (int32_t n = last + 1; n < f->model->node_count && count < 3; n++)
    if (is_working_contraction(node_at(f->model, n)))
      tail[count++] = n;
  if (architecture && (count == 1 || count == 2)) {
    tess_block_t head = blank(TESS_BLOCK_HEAD, tail[count - 1]);
    head.expand = count == 2 ? tail[0] : TESS_NONE;
    claim(f, head);
  }
  for (int32_t n = 0; n < f->model->node_count; n++)
    if (is_working_contraction(node_at(f->model, n)) && is_free(f, n))
      claim(f, blank(TESS_BLOCK_OTHER, n));
}

static int by_project(const void *a, const void *b) {
  const tess_block_t *x = a, *y = b;
  return (x->project > y->project) - (x->project < y->project);
}

void tess_reading_find_blocks(tess_reading_t *r) {
  size_t count = (size_t)r->node_count + 1;
  finder_t f = {.model = r->model,
                .blocks = tess_arena_array(r->arena, count, sizeof *f.blocks),
                .block_of_node = tess_alloc(count * sizeof(int32_t))};
  for (int32_t n = 0; n < r->node_count; n++)
    f.block_of_node[n] = TESS_NONE;
  find_stem(&f);
  int32_t before = f.count;
  for (int32_t n = 0; n < r->node_count; n++)
    if (is_working_contraction(node_at(f.model, n)) && is_free(&f, n))
      find_mbconv(&f, n);
  find_rest(&f, f.count > before);
  qsort(f.blocks, (size_t)f.count, sizeof *f.blocks, by_project);
  free(f.block_of_node);
  r->model->blocks = f.blocks;
  r->model->block_count = f.count;
}
