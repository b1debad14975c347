/* From lists of nodes to finished kernels: order, blocks, totals. */
#include "forming.h"
#include "tessera/base/checked.h"
#include <stdlib.h>

/* Sums that do not fit stay at the greatest number: a kernel of 2^63 bytes is
 * infeasible anywhere. */
static void add(int64_t *total, int64_t amount) {
  if (!tess_add_i64(*total, amount, total))
    *total = INT64_MAX;
}

/* A window narrower than its stride passes over some of the data: whole rows,
 * and pixels where their channels lie together. */
static int64_t bytes_in_windows(const tess_kernel_t *kernel, int64_t bytes) {
  for (int32_t i = 0; i < kernel->spatial_rank; i++) {
    int64_t size = kernel->in_size[i], used;
    bool together =
        kernel->layout == TESS_LAYOUT_NHWC || i + 1 < kernel->spatial_rank;
    if (together && kernel->stride[i] > kernel->window[i] &&
        tess_mul_i64(kernel->out_size[i], kernel->window[i], &used) &&
        used < size)
      bytes = bytes / size * used;
  }
  return bytes;
}

/* What the node reads of an operand. A slice or gather reads what it picks: a
 * movement takes no more of an operand than it makes. */
static int64_t bytes_read(const tess_forming_t *f, const tess_node_t *node,
                          const tess_value_t *operand) {
  if (node->kind == TESS_NODE_CONV && node->data != TESS_NONE &&
      operand == &f->model->values[f->base[node->data]])
    return bytes_in_windows(&node->kernel, operand->bytes);
  if (node->kind != TESS_NODE_MOVEMENT || node->output_count != 1)
    return operand->bytes;
  int64_t made = f->model->values[node->outputs[0]].bytes;
  return made < operand->bytes ? made : operand->bytes;
}

/* Constants are part of the code, but for filters: one that is computed from
 * constants is read like the constant that it can be folded to. */
static bool is_free(const tess_forming_t *f, const tess_node_t *node,
                    int32_t base) {
  bool is_filter = node->filter != TESS_NONE && f->base[node->filter] == base;
  return f->model->values[base].role == TESS_ROLE_CONSTANT && !is_filter;
}

static void add_reads(const tess_forming_t *f, const tess_node_t *node,
                      int32_t k, int32_t *reader, tess_kernel_t *kernel) {
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t base = f->base[node->inputs[i]];
    const tess_value_t *value = &f->model->values[base];
    if (is_free(f, node, base))
      continue;
    if (value->node != TESS_NONE && f->kernel_of_node[value->node] == k)
      continue;
    if (reader[base] != k)
      add(tess_forming_is_activation(f, base) ? &kernel->read_bytes
                                              : &kernel->weight_bytes,
          bytes_read(f, node, value));
    reader[base] = k;
  }
}

static void fold_pad(const tess_forming_t *f, const tess_draft_t *draft,
                     tess_kernel_t *kernel) {
  const tess_node_t *pad = &f->model->nodes[draft->pad];
  const tess_value_t *in = &f->model->values[pad->inputs[0]];
  int32_t first =
      kernel->layout == TESS_LAYOUT_NCHW ? in->rank - kernel->spatial_rank : 1;
  for (int32_t i = 0; i < kernel->spatial_rank; i++) {
    kernel->in_size[i] = in->shape[first + i];
    add(&kernel->pad_low[i], pad->pad_low[first + i]);
    add(&kernel->pad_high[i], pad->pad_high[first + i]);
  }
}

/* The root's kernel with everything that was fused into it. `reader`: the
 * kernel that last read each value. */
static tess_kernel_t total(const tess_forming_t *f, int32_t k,
                           int32_t *reader) {
  const tess_draft_t *draft = &f->drafts[k];
  tess_kernel_t kernel = f->model->nodes[draft->root].kernel;
  int64_t *operations = kernel.vector_ops;
  for (int32_t n = draft->first; n != TESS_NONE; n = f->next_node[n]) {
    const tess_node_t *node = &f->model->nodes[n];
    add_reads(f, node, k, reader, &kernel);
    for (int i = 0; i < TESS_VECTOR_OP_COUNT && n != draft->root; i++)
      add(&operations[i], node->kernel.vector_ops[i]);
    for (int32_t o = 0; o < node->output_count; o++) {
      const tess_value_t *value = &f->model->values[node->outputs[o]];
      if (tess_forming_escapes(f, node->outputs[o]))
        add(&kernel.write_bytes, value->bytes);
    }
    if (n != draft->root && node->kind == TESS_NODE_REDUCTION)
      kernel.k *= node->kernel.k; /* no more than there are elements */
    if (n == draft->last && node->output_count) {
      kernel.out_elements = f->model->values[node->outputs[0]].elements;
      kernel.out_type = f->model->values[node->outputs[0]].dtype;
    }
  }
  if (draft->pad != TESS_NONE)
    fold_pad(f, draft, &kernel);
  return kernel;
}

static const int32_t *list_nodes(const tess_forming_t *f, tess_arena_t *arena,
                                 const tess_draft_t *draft) {
  int32_t *nodes =
      tess_arena_array(arena, (size_t)draft->node_count, sizeof *nodes);
  int32_t count = 0;
  for (int32_t n = draft->first; n != TESS_NONE; n = f->next_node[n])
    nodes[count++] = n;
  return nodes;
}

/* The block of the latest node that makes an operand. */
static int32_t block_of_producer(const tess_model_t *model,
                                 const int32_t *block_of_node, int32_t n) {
  const tess_node_t *node = &model->nodes[n];
  int32_t latest = TESS_NONE;
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t from = model->values[node->inputs[i]].node;
    if (from != TESS_NONE && from > latest && block_of_node[from] != TESS_NONE)
      latest = from;
  }
  return latest == TESS_NONE ? TESS_NONE : block_of_node[latest];
}

/* What blocks say of their nodes; other kernels belong to the block that makes
 * what they work on. */
static void find_blocks(const tess_forming_t *f, tess_program_kernel_t *kernels,
                        int32_t count) {
  const tess_model_t *model = f->model;
  for (int32_t k = 0; k < count && !model->block_count; k++)
    kernels[k].block = TESS_NONE;
  if (!model->block_count)
    return;
  size_t nodes = (size_t)model->node_count + 1;
  int32_t *block_of_node = tess_alloc(nodes * sizeof *block_of_node);
  for (int32_t n = 0; n < model->node_count; n++)
    block_of_node[n] = TESS_NONE;
  for (int32_t b = 0; b < model->block_count; b++) {
    const tess_block_t *block = &model->blocks[b];
    for (int32_t i = 0; i < block->node_count; i++)
      block_of_node[block->nodes[i]] = b;
  }
  for (int32_t n = 0; n < model->node_count; n++)
    if (block_of_node[n] == TESS_NONE)
      block_of_node[n] = block_of_producer(model, block_of_node, n);
  for (int32_t k = 0; k < count; k++)
    kernels[k].block = block_of_node[kernels[k].root];
  free(block_of_node);
}

/* Drafts in order of their last node; returns how many there are. */
static int32_t order(const tess_forming_t *f, int32_t *drafts) {
  int32_t count = 0;
  for (int32_t n = 0; n < f->model->node_count; n++) {
    int32_t k = f->kernel_of_node[n];
    if (k != TESS_NONE && f->drafts[k].last == n)
      drafts[count++] = k;
  }
  return count;
}

void tess_forming_finish(tess_forming_t *f, tess_program_t *program) {
  size_t drafts = (size_t)f->draft_count + 1;
  int32_t *ordered = tess_arena_room(&f->scratch, drafts, sizeof *ordered);
  int32_t *number = tess_arena_room(&f->scratch, drafts, sizeof *number);
  size_t values = (size_t)f->model->value_count + 1;
  int32_t *reader = tess_arena_room(&f->scratch, values, sizeof *reader);
  for (size_t v = 0; v < values; v++)
    reader[v] = TESS_NONE;
  int32_t count = order(f, ordered);
  tess_arena_t *arena = &program->arena;
  tess_program_kernel_t *kernels =
      tess_arena_array(arena, (size_t)count, sizeof *kernels);
  for (int32_t i = 0; i < count; i++) {
    const tess_draft_t *draft = &f->drafts[ordered[i]];
    tess_program_kernel_t *out = &kernels[i];
    out->kernel = total(f, ordered[i], reader);
    out->location = f->model->nodes[draft->root].location;
    out->root = draft->root;
    out->nodes = list_nodes(f, arena, draft);
    out->node_count = draft->node_count;
    number[ordered[i]] = i;
  }
  find_blocks(f, kernels, count);
  for (int32_t n = 0; n < f->model->node_count; n++)
    if (f->kernel_of_node[n] != TESS_NONE)
      f->kernel_of_node[n] = number[f->kernel_of_node[n]];
  program->kernels = kernels;
  program->kernel_count = count;
}
