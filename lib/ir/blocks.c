/* Blocks that architectures are made of, each claiming its nodes: first those
 * with the most structure, then the head, then single contractions. */
#include "blocks.h"
#include <stdlib.h>
#include <string.h>

/* ---- Contractions. ---- */

bool tess_block_works(const tess_node_t *node) {
  return node->kind <= TESS_NODE_MATMUL && !node->prepared;
}

bool tess_finder_free(const tess_finder_t *f, int32_t node) {
  return node != TESS_NONE && f->block_of_node[node] == TESS_NONE;
}

static int64_t largest(const int64_t *sizes, int32_t count) {
  int64_t size = 1;
  for (int32_t i = 0; i < count; i++)
    size = sizes[i] > size ? sizes[i] : size;
  return size;
}

int64_t tess_block_window(const tess_node_t *node) {
  return largest(node->kernel.window, node->kernel.spatial_rank);
}

int64_t tess_block_stride(const tess_node_t *node) {
  return largest(node->kernel.stride, node->kernel.spatial_rank);
}

int64_t tess_block_in_channels(const tess_node_t *node) {
  return node->kind == TESS_NODE_MATMUL ? node->kernel.k
                                        : node->kernel.in_channels;
}

int64_t tess_block_out_channels(const tess_node_t *node) {
  return node->kind == TESS_NODE_MATMUL ? node->kernel.n
                                        : node->kernel.out_channels;
}

bool tess_block_pointwise(const tess_node_t *node) {
  return node->kind == TESS_NODE_CONV && node->kernel.groups == 1 &&
         tess_block_window(node) == 1;
}

bool tess_block_dense(const tess_model_t *model, const tess_node_t *node) {
  if (tess_block_pointwise(node))
    return true;
  if (node->kind != TESS_NODE_MATMUL || node->filter == TESS_NONE)
    return false;
  int32_t role = model->values[node->filter].role;
  return role != TESS_ROLE_ACTIVATION && role != TESS_ROLE_INPUT;
}

/* ---- Settling a block's ends. ---- */

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
  const tess_node_t *user = &model->nodes[model->value_users[first]];
  bool view =
      user->kind == TESS_NODE_TRANSPOSE || user->kind == TESS_NODE_RESHAPE;
  return view && user->output_count == 1 ? user->outputs[0] : TESS_NONE;
}

/* Whether `other`, the second operand of an addition, is what the block reads,
 * as it is or through one convolution. */
static bool is_residual(const tess_finder_t *f, tess_block_t *block,
                        int32_t first, int32_t other) {
  const tess_model_t *model = f->model;
  const int all = TESS_WALK_MOVEMENT | TESS_WALK_REDUCTIONS;
  int32_t data = model->nodes[first].data;
  if (tess_walk_origin(model, other, TESS_WALK_MOVEMENT) ==
      tess_walk_origin(model, data, TESS_WALK_MOVEMENT))
    return true;
  int32_t n = tess_walk_back(model, other, 0).node;
  if (!tess_finder_free(f, n) || !tess_block_pointwise(&model->nodes[n]) ||
      tess_walk_origin(model, model->nodes[n].data, all) !=
          tess_walk_origin(model, data, all))
    return false;
  block->shortcut = n;
  return true;
}

/* Follows the result of the block's last contraction through normalisation
 * and activation to the residual addition, if there is one. */
static void find_output(const tess_finder_t *f, tess_block_t *block,
                        int32_t first) {
  const tess_model_t *model = f->model;
  int32_t value = model->nodes[block->project].outputs[0];
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
      bool mine = tess_walk_entering(model, c->input) ==
                  tess_walk_entering(model, value);
      if (!is_residual(f, block, first, mine ? c->other : c->input))
        return;
      block->residual = true;
    }
    value = block->output = c->output;
  }
}

/* The contraction that reads what enters the block. */
static int32_t first_of(const tess_block_t *block) {
  if (block->kind == TESS_BLOCK_CONVNEXT)
    return block->spatial;
  if (block->expand != TESS_NONE)
    return block->expand;
  return block->spatial != TESS_NONE ? block->spatial : block->project;
}

void tess_finder_settle(const tess_finder_t *f, tess_block_t *block) {
  int32_t first = first_of(block);
  block->input = tess_walk_entering(f->model, f->model->nodes[first].data);
  find_output(f, block, first);
}

/* ---- Claiming nodes. ---- */

tess_block_t tess_block_blank(tess_block_kind_t kind, int32_t project) {
  return (tess_block_t){.kind = (int32_t)kind,
                        .expand = TESS_NONE,
                        .spatial = TESS_NONE,
                        .se_reduce = TESS_NONE,
                        .se_expand = TESS_NONE,
                        .project = project,
                        .shortcut = TESS_NONE,
                        .input = TESS_NONE,
                        .output = TESS_NONE};
}

void tess_finder_add_node(tess_finder_t *f, int32_t block, int32_t node) {
  if (tess_finder_free(f, node))
    f->block_of_node[node] = block;
}

void tess_finder_add_pattern(tess_finder_t *f, int32_t block, int32_t pattern) {
  if (pattern == TESS_NONE)
    return;
  const tess_pattern_t *p = &f->model->patterns[pattern];
  for (int32_t i = 0; i < p->node_count; i++)
    tess_finder_add_node(f, block, p->nodes[i]);
}

int32_t tess_finder_claim(tess_finder_t *f, const tess_block_t *block) {
  const int32_t roles[] = {block->expand,    block->spatial, block->se_reduce,
                           block->se_expand, block->project, block->shortcut};
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
    tess_finder_add_node(f, f->count, roles[i]);
  f->blocks[f->count] = *block;
  return f->count++;
}

void tess_finder_join(tess_finder_t *f, int32_t into, int32_t from) {
  for (int32_t n = 0; n < f->model->node_count; n++)
    if (f->block_of_node[n] == from)
      f->block_of_node[n] = into;
  f->blocks[from] = tess_block_blank(TESS_BLOCK_OTHER, TESS_NONE);
}

/* ---- The ends of a network, and what is left. ---- */

static void claim_alone(tess_finder_t *f, tess_block_kind_t kind, int32_t n) {
  tess_block_t block = tess_block_blank(kind, n);
  tess_finder_settle(f, &block);
  tess_finder_claim(f, &block);
}

/* The first convolution, where nothing but the input is before it. */
static void find_stem(tess_finder_t *f) {
  for (int32_t n = 0; n < f->model->node_count; n++) {
    const tess_node_t *node = &f->model->nodes[n];
    if (!tess_block_works(node))
      continue;
    if (node->kind == TESS_NODE_CONV && tess_block_window(node) > 1 &&
        tess_walk_back(f->model, node->data, 0).node == TESS_NONE)
      claim_alone(f, TESS_BLOCK_STEM, n);
    return;
  }
}

enum { LONGEST_HEAD = 3 };

/* What is left after the last block: at most a convolution or product more
 * than the classifier has layers. */
static void find_head(tess_finder_t *f) {
  int32_t last = TESS_NONE, tail[LONGEST_HEAD + 1], count = 0;
  for (int32_t n = 0; n < f->model->node_count; n++)
    if (tess_block_works(&f->model->nodes[n]) && !tess_finder_free(f, n))
      last = n;
  for (int32_t n = last + 1; n < f->model->node_count && count <= LONGEST_HEAD;
       n++)
    if (tess_block_works(&f->model->nodes[n]))
      tail[count++] = n;
  if (count < 1 || count > LONGEST_HEAD)
    return;
  tess_block_t head = tess_block_blank(TESS_BLOCK_HEAD, tail[count - 1]);
  head.expand = count > 1 ? tail[0] : TESS_NONE;
  tess_finder_settle(f, &head);
  int32_t index = tess_finder_claim(f, &head);
  for (int32_t i = 1; i + 1 < count; i++)
    tess_finder_add_node(f, index, tail[i]);
}

static void find_single(tess_finder_t *f, int32_t n) {
  const tess_node_t *node = &f->model->nodes[n];
  claim_alone(f,
              node->kind != TESS_NODE_MATMUL     ? TESS_BLOCK_CONV
              : tess_block_dense(f->model, node) ? TESS_BLOCK_DENSE
                                                 : TESS_BLOCK_OTHER,
              n);
}

static void find_all(tess_finder_t *f) {
  static bool (*const searches[])(tess_finder_t *, int32_t) = {
      tess_find_bottleneck, tess_find_mbconv, tess_find_basic};
  const tess_model_t *model = f->model;
  find_stem(f);
  int32_t before = f->count;
  for (int32_t n = 0; n < model->node_count; n++)
    if (tess_block_works(&model->nodes[n]) && tess_finder_free(f, n))
      tess_find_convnext(f, n);
  tess_find_transformers(f);
  for (int32_t n = 0; n < model->node_count; n++)
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++)
      if (tess_block_works(&model->nodes[n]) && tess_finder_free(f, n) &&
          searches[i](f, n))
        break;
  if (f->count > before)
    find_head(f);
  for (int32_t n = 0; n < model->node_count; n++)
    if (tess_block_works(&model->nodes[n]) && tess_finder_free(f, n))
      find_single(f, n);
}

/* ---- The finished list. ---- */

/* The numbers of the blocks that there still are, in order of their first
 * nodes, as those nodes come; `number`: the new one of each old one. */
static int32_t order(const tess_finder_t *f, int32_t *number) {
  int32_t count = 0;
  for (int32_t b = 0; b < f->count; b++)
    number[b] = TESS_NONE;
  for (int32_t n = 0; n < f->model->node_count; n++) {
    int32_t b = f->block_of_node[n];
    if (b != TESS_NONE && number[b] == TESS_NONE &&
        tess_block_works(&f->model->nodes[n]))
      number[b] = count++;
  }
  return count;
}

/* Gives each block its nodes, all from one array. */
static void list_nodes(const tess_finder_t *f, tess_arena_t *arena,
                       const int32_t *number, tess_block_t *blocks,
                       int32_t count) {
  size_t total = 0;
  for (int32_t n = 0; n < f->model->node_count; n++)
    if (f->block_of_node[n] != TESS_NONE) {
      blocks[number[f->block_of_node[n]]].node_count++;
      total++;
    }
  int32_t *nodes = tess_arena_array(arena, total + 1, sizeof *nodes);
  for (int32_t b = 0; b < count; b++) {
    blocks[b].nodes = nodes;
    nodes += blocks[b].node_count;
    blocks[b].node_count = 0;
  }
  for (int32_t n = 0; n < f->model->node_count; n++)
    if (f->block_of_node[n] != TESS_NONE) {
      tess_block_t *block = &blocks[number[f->block_of_node[n]]];
      ((int32_t *)block->nodes)[block->node_count++] = n;
    }
}

void tess_reading_find_blocks(tess_reading_t *r) {
  size_t room = (size_t)r->node_count + 1;
  tess_finder_t f = {.model = r->model,
                     .blocks = tess_alloc(room * sizeof *f.blocks),
                     .block_of_node = tess_alloc(room * sizeof(int32_t))};
  for (int32_t n = 0; n < r->node_count; n++)
    f.block_of_node[n] = TESS_NONE;
  find_all(&f);
  int32_t *number = tess_alloc(room * sizeof *number);
  int32_t count = order(&f, number);
  tess_block_t *blocks =
      tess_arena_array(r->arena, (size_t)count, sizeof *blocks);
  for (int32_t b = 0; b < f.count; b++)
    if (number[b] != TESS_NONE)
      blocks[number[b]] = f.blocks[b];
  list_nodes(&f, r->arena, number, blocks, count);
  for (int32_t b = 0; b < count; b++)
    tess_block_measure(r->model, &blocks[b]);
  free(number);
  free(f.block_of_node);
  free(f.blocks);
  r->model->blocks = blocks;
  r->model->block_count = count;
}
