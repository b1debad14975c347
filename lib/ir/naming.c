/* What kernels are called in reports. */
#include "forming.h"
#include "tessera/base/text.h"

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
  return tess_kernel_kind_name((tess_kernel_kind_t)model->nodes[n].kernel.kind);
}

/* "scale + conv + batch-norm": chains and the root, in program order. */
static const char *label(tess_arena_t *arena, const tess_model_t *model,
                         const tess_program_kernel_t *kernel) {
  tess_text_t text = TESS_TEXT_INIT;
  int32_t chain = TESS_NONE;
  for (int32_t i = 0; i < kernel->node_count; i++) {
    int32_t n = kernel->nodes[i];
    const char *part = label_part(model, kernel->root, n, chain);
    if (part)
      tess_text_add(&text, "%s%s", text.length ? " + " : "", part);
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
