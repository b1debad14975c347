/* Which ops a cut takes, and which values cross its edge. */
#include "cut.h"
#include "edit.h"
#include "tessera/base/arena.h"
#include <stdlib.h>

/* ---- The body. ---- */

static void index_ops(tess_body_t *body) {
  size_t capacity = 0;
  for (MlirOperation op = mlirBlockGetFirstOperation(body->block);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    body->ops =
        tess_grow(body->ops, body->count + 1, &capacity, sizeof *body->ops);
    body->ops[body->count++] = op;
    tess_index_map_add(body->position, &op.ptr, NULL);
  }
}

static void index_nodes(tess_body_t *body) {
  const tess_model_t *model = body->model;
  size_t nodes = (size_t)model->node_count;
  body->node = tess_alloc((body->count + 1) * sizeof *body->node);
  body->op_of_node = tess_alloc((nodes + 1) * sizeof *body->op_of_node);
  for (size_t i = 0; i < body->count; i++)
    body->node[i] = TESS_NONE;
  for (size_t i = 0; i < nodes; i++) {
    size_t at = tess_index_map_find(body->position, &model->nodes[i].op);
    body->op_of_node[i] = at;
    if (at != SIZE_MAX)
      body->node[at] = (int32_t)i;
  }
}

tess_body_t *tess_body_create(const tess_model_t *model,
                              const tess_program_t *program) {
  tess_body_t *body = tess_alloc(sizeof *body);
  body->model = model;
  body->program = program;
  MlirOperation function = {(void *)(uintptr_t)model->func_op};
  body->block = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  body->position = tess_index_map_create(sizeof(void *));
  tess_index_map_reserve(body->position, (size_t)model->node_count + 1);
  index_ops(body);
  index_nodes(body);
  body->cut_of_op = tess_alloc((body->count + 1) * sizeof *body->cut_of_op);
  return body;
}

void tess_body_destroy(tess_body_t *body) {
  tess_index_map_destroy(body->position);
  free(body->cut_of_op);
  free(body->op_of_node);
  free(body->ops);
  free(body->node);
  free(body);
}

size_t tess_body_defining(const tess_body_t *body, MlirValue value) {
  if (!mlirValueIsAOpResult(value))
    return SIZE_MAX;
  MlirOperation owner = mlirOpResultGetOwner(value);
  return tess_index_map_find(body->position, &owner.ptr);
}

/* The model's value behind one of the body, or TESS_NONE: it is among those
 * that the nodes of its op make, or that the function takes. */
static int32_t find_value(const tess_body_t *body, MlirValue value) {
  const tess_model_t *model = body->model;
  if (mlirValueIsABlockArgument(value)) {
    intptr_t argument = mlirBlockArgumentGetArgNumber(value);
    return mlirBlockEqual(mlirBlockArgumentGetOwner(value), body->block)
               ? model->arguments[argument]
               : TESS_NONE;
  }
  size_t op = tess_body_defining(body, value);
  int32_t last = op == SIZE_MAX ? TESS_NONE : body->node[op];
  for (int32_t n = last; n >= 0; n--) {
    const tess_node_t *node = &model->nodes[n];
    if (node->op != model->nodes[last].op)
      break;
    for (int32_t i = 0; i < node->output_count; i++)
      if (model->values[node->outputs[i]].handle == value.ptr)
        return node->outputs[i];
  }
  return TESS_NONE;
}

int32_t tess_body_role(const tess_body_t *body, MlirValue value) {
  int32_t v = find_value(body, value);
  return v == TESS_NONE ? (int32_t)TESS_ROLE_ACTIVATION
                        : body->model->values[v].role;
}

/* ---- A cut. ---- */

typedef struct taking {
  tess_body_t *body;
  tess_cut_t *cut;
} taking_t;

/* Whether an op that a taken one reads comes along: all but those that work in
 * another kernel. */
static bool comes_along(const tess_body_t *body, size_t op) {
  int32_t node = body->node[op];
  return node == TESS_NONE || body->program->kernel_of_node[node] < 0;
}

static void take_op(taking_t *t, size_t op) {
  tess_cut_t *cut = t->cut;
  if (op == SIZE_MAX || t->body->cut_of_op[op] == t->body->cuts)
    return;
  t->body->cut_of_op[op] = t->body->cuts;
  cut->ops =
      tess_grow(cut->ops, cut->count + 1, &cut->capacity, sizeof *cut->ops);
  cut->ops[cut->count++] = op;
}

static MlirWalkResult take_operands(MlirOperation op, void *data) {
  taking_t *t = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    size_t at = tess_body_defining(t->body, mlirOperationGetOperand(op, i));
    if (at != SIZE_MAX && comes_along(t->body, at))
      take_op(t, at);
  }
  return MlirWalkResultAdvance;
}

static int by_position(const void *a, const void *b) {
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return (x > y) - (x < y);
}

/* The kernels' own ops, then what they read: the list grows as it is walked. */
tess_cut_t tess_cut_make(tess_body_t *body, const int32_t *kernels,
                         int32_t count) {
  tess_cut_t cut = {.body = body};
  taking_t t = {body, &cut};
  body->cuts++;
  for (int32_t k = 0; k < count; k++) {
    const tess_program_kernel_t *kernel = &body->program->kernels[kernels[k]];
    for (int32_t i = 0; i < kernel->node_count; i++)
      take_op(&t, body->op_of_node[kernel->nodes[i]]);
  }
  for (size_t i = 0; i < cut.count; i++)
    tess_edit_walk(body->ops[cut.ops[i]], take_operands, &t);
  if (cut.count)
    qsort(cut.ops, cut.count, sizeof *cut.ops, by_position);
  return cut;
}

void tess_cut_free(tess_cut_t *cut) {
  free(cut->ops);
  *cut = (tess_cut_t){0};
}

bool tess_cut_has(const tess_cut_t *cut, size_t op) {
  return cut->body->cut_of_op[op] == cut->body->cuts;
}

static bool is_read_outside(const tess_cut_t *cut, MlirValue value) {
  const tess_body_t *body = cut->body;
  for (MlirOpOperand use = mlirValueGetFirstUse(value);
       !mlirOpOperandIsNull(use); use = mlirOpOperandGetNextUse(use)) {
    MlirOperation user = mlirOpOperandGetOwner(use);
    while (!mlirBlockEqual(mlirOperationGetBlock(user), body->block))
      user = mlirOperationGetParentOperation(user);
    size_t at = tess_index_map_find(body->position, &user.ptr);
    if (at != SIZE_MAX && !tess_cut_has(cut, at))
      return true;
  }
  return false;
}

bool tess_cut_is_returned(const tess_cut_t *cut, size_t op, MlirValue result) {
  int32_t n = cut->body->node[op];
  if (n < 0)
    return false;
  const tess_node_t *node = &cut->body->model->nodes[n];
  return !node->prepared && node->kind != TESS_NODE_INIT &&
         is_read_outside(cut, result);
}

bool tess_cut_is_argument(const tess_cut_t *cut, MlirValue value) {
  if (mlirValueIsABlockArgument(value))
    return mlirBlockEqual(mlirBlockArgumentGetOwner(value), cut->body->block);
  size_t at = tess_body_defining(cut->body, value);
  return at != SIZE_MAX && !tess_cut_has(cut, at);
}
