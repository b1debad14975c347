/* Attentions with their projections, MLPs, and transformer blocks of the two.
 */
#include "blocks.h"

static const tess_node_t *node_at(const tess_finder_t *f, int32_t node) {
  return &f->model->nodes[node];
}

/* The norm that stands within the residual addition: of the block itself, not
 * of the data that enters it. */
static int32_t own_norm(const tess_finder_t *f, const tess_block_t *block,
                        int32_t data) {
  int32_t norm = tess_walk_back(f->model, data, TESS_WALK_MOVEMENT).norm;
  if (norm == TESS_NONE || !block->residual)
    return TESS_NONE;
  int32_t node = f->model->values[block->output].node;
  int32_t chain = node == TESS_NONE ? TESS_NONE : f->model->chain_of_node[node];
  if (chain == TESS_NONE)
    return norm;
  const tess_chain_t *add = &f->model->chains[chain];
  bool outside = tess_walk_back(f->model, add->input, 0).norm == norm ||
                 (add->other != TESS_NONE &&
                  tess_walk_back(f->model, add->other, 0).norm == norm);
  return outside ? TESS_NONE : norm;
}

/* ---- Attention. ---- */

/* The first free product with weights that reads the attention's result. */
static int32_t find_result(const tess_finder_t *f, int32_t pattern) {
  int32_t last = f->model->values[f->model->patterns[pattern].output].node;
  for (int32_t n = last + 1; n < f->model->node_count; n++)
    if (tess_block_works(node_at(f, n)) && tess_finder_free(f, n) &&
        tess_block_dense(f->model, node_at(f, n)) &&
        tess_walk_back(f->model, node_at(f, n)->data, TESS_WALK_MOVEMENT)
                .pattern == pattern)
      return n;
  return TESS_NONE;
}

/* The product that makes a query, key or value, or TESS_NONE. */
static int32_t find_projection(const tess_finder_t *f, int32_t value) {
  if (value == TESS_NONE)
    return TESS_NONE;
  int32_t n = tess_walk_back(f->model, value, TESS_WALK_MOVEMENT).node;
  return tess_finder_free(f, n) && tess_block_dense(f->model, node_at(f, n))
             ? n
             : TESS_NONE;
}

static void find_attention(tess_finder_t *f, int32_t p) {
  const tess_pattern_t *pattern = &f->model->patterns[p];
  int32_t result = find_result(f, p);
  if (result == TESS_NONE)
    return;
  tess_block_t block = tess_block_blank(TESS_BLOCK_ATTENTION, result);
  block.expand = find_projection(f, pattern->input);
  if (block.expand == TESS_NONE)
    return;
  int32_t key = find_projection(f, pattern->key);
  int32_t value = find_projection(f, pattern->value);
  tess_finder_settle(f, &block);
  int32_t index = tess_finder_claim(f, &block);
  tess_finder_add_node(f, index, key);
  tess_finder_add_node(f, index, value);
  for (int32_t inner = 0; inner < f->model->pattern_count; inner++)
    if (inner == p || f->model->patterns[inner].outer == p)
      tess_finder_add_pattern(f, index, inner);
  tess_finder_add_pattern(f, index,
                          own_norm(f, &block, node_at(f, block.expand)->data));
}

/* ---- MLP. ---- */

/* A gated MLP has a second product of the same data, of which one scales the
 * other: it stands between the first and the last. */
static void add_gate(tess_finder_t *f, int32_t index) {
  const tess_block_t *block = &f->blocks[index];
  const tess_node_t *up = node_at(f, block->expand);
  int32_t origin = tess_walk_origin(f->model, up->data, 0);
  for (int32_t n = origin == TESS_NONE ? 0 : f->model->values[origin].node + 1;
       n < block->project; n++) {
    const tess_node_t *node = node_at(f, n);
    if (tess_block_works(node) && tess_finder_free(f, n) &&
        tess_block_dense(f->model, node) &&
        tess_block_out_channels(node) == tess_block_out_channels(up) &&
        tess_walk_origin(f->model, node->data, 0) == origin)
      tess_finder_add_node(f, index, n);
  }
}

static void find_mlp(tess_finder_t *f, int32_t n) {
  if (!tess_block_dense(f->model, node_at(f, n)))
    return;
  tess_walk_t up = tess_walk_back(f->model, node_at(f, n)->data, 0);
  if (!tess_finder_free(f, up.node) || up.gate != TESS_NONE ||
      !tess_block_dense(f->model, node_at(f, up.node)))
    return;
  tess_block_t block = tess_block_blank(TESS_BLOCK_MLP, n);
  block.expand = up.node;
  tess_finder_settle(f, &block);
  if (!block.residual)
    return;
  int32_t index = tess_finder_claim(f, &block);
  tess_finder_add_pattern(f, index,
                          own_norm(f, &block, node_at(f, up.node)->data));
  add_gate(f, index);
}

/* ---- Both. ---- */

/* Joins each MLP to the attention whose result it reads. */
static void join(tess_finder_t *f, int32_t first) {
  for (int32_t m = first; m < f->count; m++) {
    if (f->blocks[m].kind != TESS_BLOCK_MLP)
      continue;
    int32_t from =
        tess_walk_origin(f->model, node_at(f, f->blocks[m].expand)->data, 0);
    for (int32_t a = first; a < f->count; a++) {
      tess_block_t *attention = &f->blocks[a];
      if (attention->kind != TESS_BLOCK_ATTENTION || !attention->residual ||
          tess_walk_origin(f->model, attention->output, 0) != from)
        continue;
      attention->kind = TESS_BLOCK_TRANSFORMER;
      attention->project = f->blocks[m].project;
      attention->output = f->blocks[m].output;
      attention->hidden_channels =
          tess_block_out_channels(node_at(f, f->blocks[m].expand));
      tess_finder_join(f, a, m);
      break;
    }
  }
}

void tess_find_transformers(tess_finder_t *f) {
  int32_t first = f->count;
  for (int32_t p = 0; p < f->model->pattern_count; p++)
    if (f->model->patterns[p].kind == TESS_PATTERN_ATTENTION &&
        f->model->patterns[p].outer == TESS_NONE)
      find_attention(f, p);
  for (int32_t n = 0; n < f->model->node_count; n++)
    if (tess_block_works(node_at(f, n)) && tess_finder_free(f, n))
      find_mlp(f, n);
  join(f, first);
}
