/* What kernels are called in reports. */
#include "forming.h"
#include "tessera/base/text.h"

/* The pattern that a kernel works for, that of its root, or NULL. */
static const tess_pattern_t *pattern_of(const tess_model_t *model,
                                        int32_t root) {
  int32_t pattern =
      model->pattern_of_node ? model->pattern_of_node[root] : TESS_NONE;
  return pattern == TESS_NONE ? NULL : &model->patterns[pattern];
}

/* The products of an attention, by what they multiply. */
static const char *product_name(const tess_node_t *node,
                                const tess_pattern_t *attention) {
  return node->data == attention->input && node->filter == attention->key
             ? "queries x keys"
             : "shares x values";
}

/* "softmax: " for all but an op that is a whole pattern. */
static void add_prefix(tess_text_t *text, const tess_model_t *model,
                       int32_t root) {
  const tess_pattern_t *pattern = pattern_of(model, root);
  if (pattern && model->nodes[root].combiner != TESS_COMBINER_SOFTMAX)
    tess_text_add(
        text, "%s: ", tess_pattern_name((tess_pattern_kind_t)pattern->kind));
}

/* "sum", or "max-pool" where it slides over space. */
static const char *reduction_name(const tess_node_t *node) {
  bool pool = node->kernel.spatial_rank > 0;
  if (pool && node->combiner == TESS_COMBINER_MAX)
    return "max-pool";
  if (pool && node->combiner == TESS_COMBINER_MIN)
    return "min-pool";
  if (pool && node->combiner == TESS_COMBINER_SUM)
    return "sum-pool";
  if (pool && node->combiner == TESS_COMBINER_MEAN)
    return "average-pool";
  return tess_combiner_name((tess_combiner_t)node->combiner);
}

/* What node `n` adds to a label: the root its kind, an element-wise node its
 * chain's function if it begins there; NULL for anything else. */
static const char *label_part(const tess_model_t *model, int32_t root,
                              int32_t n, int32_t chain_before) {
  int32_t chain = model->chain_of_node[n];
  if (chain != TESS_NONE)
    return chain == chain_before
               ? NULL
               : tess_function_name(
                     (tess_function_t)model->chains[chain].function);
  if (n != root)
    return NULL;
  if (model->nodes[n].kind == TESS_NODE_REDUCTION)
    return reduction_name(&model->nodes[n]);
  if (model->nodes[n].kind == TESS_NODE_MATMUL && pattern_of(model, n))
    return product_name(&model->nodes[n], pattern_of(model, n));
  return tess_kernel_kind_name((tess_kernel_kind_t)model->nodes[n].kernel.kind);
}

/* "scale + conv + batch-norm": chains and the root, in program order. */
static const char *label(tess_arena_t *arena, const tess_model_t *model,
                         const tess_program_kernel_t *kernel) {
  tess_text_t text = TESS_TEXT_INIT;
  int32_t chain = TESS_NONE;
  add_prefix(&text, model, kernel->root);
  size_t bare = text.length;
  for (int32_t i = 0; i < kernel->node_count; i++) {
    int32_t n = kernel->nodes[i];
    const char *part = label_part(model, kernel->root, n, chain);
    if (part)
      tess_text_add(&text, "%s%s", text.length > bare ? " + " : "", part);
    if (model->chain_of_node[n] != TESS_NONE)
      chain = model->chain_of_node[n];
  }
  const char *copy = tess_arena_string(arena, tess_text_get(&text));
  tess_text_free(&text);
  return copy;
}

void tess_forming_name(tess_program_t *program, const tess_model_t *model) {
  int32_t of_kind[TESS_KERNEL_KIND_COUNT] = {0};
  tess_arena_t *arena = &program->arena;
  for (int32_t i = 0; i < program->kernel_count; i++) {
    tess_program_kernel_t *kernel =
        (tess_program_kernel_t *)&program->kernels[i];
    int32_t kind = kernel->kernel.kind;
    kernel->name = tess_arena_format(
        arena, "%s.%d", tess_kernel_kind_name((tess_kernel_kind_t)kind),
        of_kind[kind]++);
    kernel->label = label(arena, model, kernel);
  }
}
