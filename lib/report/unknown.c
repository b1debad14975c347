/* Unknown ops by name. */
#include "tessera/report/unknown.h"
#include "tessera/base/hash.h"
#include <stdlib.h>
#include <string.h>

static double bytes_of(const tess_kernel_t *kernel) {
  return (double)kernel->read_bytes + (double)kernel->weight_bytes +
         (double)kernel->write_bytes;
}

/* By falling bytes, then by name. */
static int larger_first(const void *left, const void *right) {
  const tess_unknown_op_t *a = left, *b = right;
  if (a->bytes != b->bytes)
    return a->bytes < b->bytes ? 1 : -1;
  return strcmp(a->name, b->name);
}

tess_unknown_t tess_unknown_find(const tess_model_t *model,
                                 const tess_program_t *program,
                                 tess_arena_t *arena) {
  tess_unknown_t unknown = {0};
  for (int32_t k = 0; k < program->kernel_count; k++)
    unknown.all_bytes += bytes_of(&program->kernels[k].kernel);
  size_t room = (size_t)model->unknown_count;
  tess_unknown_op_t *ops = tess_arena_array(arena, room, sizeof *ops);
  /* The reader keeps one string a name. */
  tess_index_map_t *names = tess_index_map_create(sizeof(const char *));
  for (int32_t n = 0; n < model->node_count && room; n++) {
    const tess_node_t *node = &model->nodes[n];
    if (node->kind != TESS_NODE_UNKNOWN)
      continue;
    int32_t k =
        program->kernel_of_node ? program->kernel_of_node[n] : TESS_NONE;
    double bytes = k == TESS_NONE ? 0 : bytes_of(&program->kernels[k].kernel);
    bool added;
    tess_unknown_op_t *op =
        &ops[tess_index_map_add(names, &node->op_name, &added)];
    if (added) {
      unknown.op_count++;
      op->name = node->op_name;
      op->location = node->location ? node->location : "";
    }
    op->count++;
    op->bytes += bytes;
    unknown.bytes += bytes;
    unknown.count++;
  }
  if (unknown.op_count)
    qsort(ops, unknown.op_count, sizeof *ops, larger_first);
  tess_index_map_destroy(names);
  unknown.ops = ops;
  return unknown;
}

double tess_unknown_share(const tess_unknown_t *unknown, double bytes) {
  return unknown->all_bytes > 0 ? bytes / unknown->all_bytes : 0;
}

bool tess_unknown_matters(const tess_unknown_t *unknown) {
  return tess_unknown_share(unknown, unknown->bytes) > TESS_UNKNOWN_SHARE;
}

void tess_unknown_add_sentence(const tess_unknown_t *unknown,
                               tess_text_t *out) {
  bool calls = false;
  if (!unknown->count)
    return;
  tess_text_add(out,
                "%d unknown op%s move%s %.1f%% of all bytes and %s counted as "
                "memory traffic only: ",
                unknown->count, unknown->count == 1 ? "" : "s",
                unknown->count == 1 ? "s" : "",
                100 * tess_unknown_share(unknown, unknown->bytes),
                unknown->count == 1 ? "is" : "are");
  for (size_t i = 0; i < unknown->op_count; i++) {
    const tess_unknown_op_t *op = &unknown->ops[i];
    tess_text_add(out, "%s%d x %s (%.1f%%)", i ? ", " : "", op->count, op->name,
                  100 * tess_unknown_share(unknown, op->bytes));
    calls = calls || !strcmp(op->name, "func.call");
  }
  if (calls)
    tess_text_add(out, "; run the inline pass to look into calls");
}
