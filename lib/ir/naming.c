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

/* Whether node `n` is the first of its pattern in the kernel. */
static bool begins_pattern(const tess_model_t *model,
                           const tess_program_kernel_t *kernel, int32_t n) {
  const int32_t *of_node = model->pattern_of_node;
  for (int32_t i = 0; kernel->nodes[i] != n; i++)
    if (of_node[kernel->nodes[i]] == of_node[n])
      return false;
  return true;
}

/* What an element-wise node adds to a label: the function that ends with it, or
 * the pattern where that is not the kernel's own. */
static const char *chain_part(const tess_model_t *model,
                              const tess_program_kernel_t *kernel, int32_t n) {
  const tess_pattern_t *pattern = pattern_of(model, n);
  if (pattern && pattern != pattern_of(model, kernel->root))
    return begins_pattern(model, kernel, n)
               ? tess_pattern_name((tess_pattern_kind_t)pattern->kind)
               : NULL;
  const tess_chain_t *chain = &model->chains[model->chain_of_node[n]];
  bool plain = chain->function == TESS_FUNCTION_CAST ||
               chain->function == TESS_FUNCTION_COPY;
  bool ends = chain->nodes[chain->node_count - 1] == n;
  return plain || !ends ? NULL
                        : tess_function_name((tess_function_t)chain->function);
}

/* What node `n` adds to the kernel's label; NULL for nothing. */
static const char *label_part(const tess_model_t *model,
                              const tess_program_kernel_t *kernel, int32_t n) {
  const tess_node_t *node = &model->nodes[n];
  if (model->chain_of_node[n] != TESS_NONE)
    return chain_part(model, kernel, n);
  if (n != kernel->root)
    return NULL;
  if (node->kind == TESS_NODE_REDUCTION)
    return reduction_name(node);
  if (node->kind == TESS_NODE_MATMUL && pattern_of(model, n))
    return product_name(node, pattern_of(model, n));
  return tess_kernel_kind_name((tess_kernel_kind_t)node->kernel.kind);
}

/* "scale + conv + batch-norm": chains and the root, in program order. */
static const char *label(tess_arena_t *arena, const tess_model_t *model,
                         const tess_program_kernel_t *kernel) {
  tess_text_t text = TESS_TEXT_INIT;
  add_prefix(&text, model, kernel->root);
  size_t bare = text.length;
  for (int32_t i = 0; i < kernel->node_count; i++) {
    const char *part = label_part(model, kernel, kernel->nodes[i]);
    if (part)
      tess_text_add(&text, "%s%s", text.length > bare ? " + " : "", part);
  }
  int32_t chain = model->chain_of_node[kernel->root];
  if (text.length == bare && chain != TESS_NONE)
    tess_text_add(
        &text, "%s",
        tess_function_name((tess_function_t)model->chains[chain].function));
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
