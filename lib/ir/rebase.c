/* One reading for a function and its clones. */
#include "reading.h"

/* Original and clone, walked side by side. Values are numbered in program
 * order, arguments first, and so are nodes. */
typedef struct rebase {
  const tess_model_t *model;
  tess_value_t *values;
  tess_node_t *nodes;
  int32_t value, node; /* the next ones */
} rebase_t;

static void rebase_value(rebase_t *r, MlirValue old, MlirValue new) {
  if (r->value == r->model->value_count ||
      r->model->values[r->value].handle != old.ptr)
    return; /* no tensor */
  r->values[r->value++].handle = new.ptr;
}

static void rebase_operation(rebase_t *r, MlirOperation old,
                             MlirOperation new) {
  intptr_t results = mlirOperationGetNumResults(old);
  for (intptr_t i = 0; i < results; i++)
    rebase_value(r, mlirOperationGetResult(old, i),
                 mlirOperationGetResult(new, i));
  while (r->node < r->model->node_count &&
         r->model->nodes[r->node].op == old.ptr)
    r->nodes[r->node++].op = new.ptr;
}

static MlirBlock body_of(MlirOperation function) {
  return mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
}

static void rebase_body(rebase_t *r, MlirBlock old, MlirBlock new) {
  intptr_t arguments = mlirBlockGetNumArguments(old);
  for (intptr_t i = 0; i < arguments; i++)
    rebase_value(r, mlirBlockGetArgument(old, i), mlirBlockGetArgument(new, i));
  MlirOperation op = mlirBlockGetFirstOperation(old);
  MlirOperation clone = mlirBlockGetFirstOperation(new);
  for (; !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op),
                                   clone = mlirOperationGetNextInBlock(clone))
    rebase_operation(r, op, clone);
}

tess_model_t *tess_ir_rebase(const tess_model_t *model, MlirOperation clone) {
  tess_model_t *copy = tess_alloc(sizeof *copy);
  *copy = *model;
  copy->arena = TESS_ARENA_INIT;
  size_t values = (size_t)model->value_count, nodes = (size_t)model->node_count;
  rebase_t r = {.model = model,
                .values = tess_arena_copy(&copy->arena, model->values, values,
                                          sizeof *r.values),
                .nodes = tess_arena_copy(&copy->arena, model->nodes, nodes,
                                         sizeof *r.nodes)};
  rebase_body(&r, body_of((MlirOperation){(void *)(uintptr_t)model->func_op}),
              body_of(clone));
  copy->func_op = clone.ptr;
  copy->values = r.values;
  copy->nodes = r.nodes;
  return copy;
}
