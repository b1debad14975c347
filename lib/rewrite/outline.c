/* Cutting some kernels of a function out into a function of their own. */
#include "outline.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Func.h"
#include "tessera/base/arena.h"
#include "tessera/base/hash.h"
#include "tessera/rewrite/rewrite.h"
#include <stdlib.h>
#include <string.h>

struct tess_body {
  const tess_model_t *model;
  const tess_program_t *program;
  MlirBlock block;
  tess_index_map_t *position; /* op pointer -> index into ops */
  MlirOperation *ops;
  size_t count;
  int32_t *node;            /* the node of each op, or TESS_NONE */
  size_t *op_of_node;       /* and back; SIZE_MAX: in no body op */
  tess_index_map_t *values; /* handle -> value of the model */
};

static MlirStringRef ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

tess_body_t *tess_body_create(const tess_model_t *model,
                              const tess_program_t *program) {
  tess_body_t *body = tess_alloc(sizeof *body);
  body->model = model;
  body->program = program;
  MlirOperation function = {(void *)(uintptr_t)model->func_op};
  body->block = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  body->position = tess_index_map_create(sizeof(void *));
  size_t capacity = 0;
  for (MlirOperation op = mlirBlockGetFirstOperation(body->block);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    body->ops =
        tess_grow(body->ops, body->count + 1, &capacity, sizeof *body->ops);
    body->ops[body->count++] = op;
    tess_index_map_add(body->position, &op.ptr, NULL);
  }
  body->node = tess_alloc(body->count * sizeof *body->node);
  for (size_t i = 0; i < body->count; i++)
    body->node[i] = TESS_NONE;
  body->op_of_node =
      tess_alloc(((size_t)model->node_count + 1) * sizeof *body->op_of_node);
  body->values = tess_index_map_create(sizeof(void *));
  for (int32_t i = 0; i < model->node_count; i++) {
    size_t at = tess_index_map_find(body->position, &model->nodes[i].op);
    body->op_of_node[i] = at;
    if (at != SIZE_MAX)
      body->node[at] = i;
  }
  for (int32_t i = 0; i < model->value_count; i++)
    tess_index_map_add(body->values, &model->values[i].handle, NULL);
  return body;
}

void tess_body_destroy(tess_body_t *body) {
  tess_index_map_destroy(body->position);
  tess_index_map_destroy(body->values);
  free(body->op_of_node);
  free(body->ops);
  free(body->node);
  free(body);
}

/* ---- One outline in the making. ---- */

typedef struct outliner {
  const tess_body_t *body;
  bool *taken;  /* per op */
  size_t *list; /* the taken ops, in program order once all are known */
  size_t list_count, list_capacity;
  MlirOperation current;
  /* Values outside -> values of the new function. */
  tess_index_map_t *map;
  MlirValue *mapped;
  size_t mapped_capacity;
  MlirBlock block;      /* of the new function */
  MlirValue *arguments; /* the outside values that became arguments */
  size_t argument_count, argument_capacity;
} outliner_t;

/* The position of the body op that defines `value`, or SIZE_MAX. */
static size_t defining(const outliner_t *o, MlirValue value) {
  if (!mlirValueIsAOpResult(value))
    return SIZE_MAX;
  MlirOperation owner = mlirOpResultGetOwner(value);
  return tess_index_map_find(o->body->position, &owner.ptr);
}

/* Whether an op that a taken one reads comes along: all but those that work in
 * another kernel. */
static bool comes_along(const outliner_t *o, size_t op) {
  int32_t node = o->body->node[op];
  return node == TESS_NONE || o->body->program->kernel_of_node[node] < 0;
}

static void take_op(outliner_t *o, size_t op) {
  if (op == SIZE_MAX || o->taken[op])
    return;
  o->taken[op] = true;
  o->list =
      tess_grow(o->list, o->list_count + 1, &o->list_capacity, sizeof *o->list);
  o->list[o->list_count++] = op;
}

static MlirWalkResult take_operands(MlirOperation op, void *data) {
  outliner_t *o = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    size_t at = defining(o, mlirOperationGetOperand(op, i));
    if (at != SIZE_MAX && comes_along(o, at))
      take_op(o, at);
  }
  return MlirWalkResultAdvance;
}

static int by_position(const void *a, const void *b) {
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return (x > y) - (x < y);
}

/* The kernels' own ops, then what they read: the list grows as it is walked. */
static void take(outliner_t *o, const int32_t *kernels, int32_t count) {
  const tess_body_t *body = o->body;
  for (int32_t k = 0; k < count; k++) {
    const tess_program_kernel_t *kernel = &body->program->kernels[kernels[k]];
    for (int32_t i = 0; i < kernel->node_count; i++)
      take_op(o, body->op_of_node[kernel->nodes[i]]);
  }
  for (size_t i = 0; i < o->list_count; i++)
    mlirOperationWalk(body->ops[o->list[i]], take_operands, o,
                      MlirWalkPreOrder);
  if (o->list_count)
    qsort(o->list, o->list_count, sizeof *o->list, by_position);
}

static void map_value(outliner_t *o, MlirValue from, MlirValue to) {
  size_t index = tess_index_map_add(o->map, &from.ptr, NULL);
  o->mapped =
      tess_grow(o->mapped, index + 1, &o->mapped_capacity, sizeof *o->mapped);
  o->mapped[index] = to;
}

static bool is_outside(const outliner_t *o, MlirValue value) {
  if (mlirValueIsABlockArgument(value))
    return mlirBlockEqual(mlirBlockArgumentGetOwner(value), o->body->block);
  return defining(o, value) != SIZE_MAX;
}

/* Rewires the clone of a taken op, and what its regions capture. */
static MlirWalkResult rewire(MlirOperation op, void *data) {
  outliner_t *o = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    MlirValue value = mlirOperationGetOperand(op, i);
    size_t index = tess_index_map_find(o->map, &value.ptr);
    if (index == SIZE_MAX) {
      if (!is_outside(o, value))
        continue;
      MlirValue argument =
          mlirBlockAddArgument(o->block, mlirValueGetType(value),
                               mlirOperationGetLocation(o->current));
      map_value(o, value, argument);
      o->arguments = tess_grow(o->arguments, o->argument_count + 1,
                               &o->argument_capacity, sizeof *o->arguments);
      o->arguments[o->argument_count++] = value;
      index = tess_index_map_find(o->map, &value.ptr);
    }
    mlirOperationSetOperand(op, i, o->mapped[index]);
  }
  return MlirWalkResultAdvance;
}

static void clone_taken(outliner_t *o) {
  for (size_t i = 0; i < o->list_count; i++) {
    o->current = o->body->ops[o->list[i]];
    MlirOperation clone = mlirOperationClone(o->current);
    mlirBlockAppendOwnedOperation(o->block, clone);
    mlirOperationWalk(clone, rewire, o, MlirWalkPreOrder);
    for (intptr_t r = 0; r < mlirOperationGetNumResults(clone); r++)
      map_value(o, mlirOperationGetResult(o->current, r),
                mlirOperationGetResult(clone, r));
  }
}

/* Whether an op that is not taken reads the value. */
static bool is_read_outside(const outliner_t *o, MlirValue value) {
  for (MlirOpOperand use = mlirValueGetFirstUse(value);
       !mlirOpOperandIsNull(use); use = mlirOpOperandGetNextUse(use)) {
    MlirOperation user = mlirOpOperandGetOwner(use);
    while (!mlirBlockEqual(mlirOperationGetBlock(user), o->body->block))
      user = mlirOperationGetParentOperation(user);
    size_t at = tess_index_map_find(o->body->position, &user.ptr);
    if (at != SIZE_MAX && !o->taken[at])
      return true;
  }
  return false;
}

/* Prepared values and constants stay inside: nobody else needs this copy. */
static bool may_be_returned(const outliner_t *o, size_t op) {
  int32_t node = o->body->node[op];
  return node >= 0 && !o->body->model->nodes[node].prepared &&
         o->body->model->nodes[node].kind != TESS_NODE_INIT;
}

static void append_return(outliner_t *o, MlirType **types, intptr_t *count) {
  MlirContext context = mlirOperationGetContext(o->body->ops[0]);
  MlirOperationState state = mlirOperationStateGet(
      ref("func.return"), mlirLocationUnknownGet(context));
  size_t capacity = 0;
  for (size_t i = 0; i < o->list_count; i++) {
    MlirOperation op = o->body->ops[o->list[i]];
    if (!may_be_returned(o, o->list[i]))
      continue;
    for (intptr_t r = 0; r < mlirOperationGetNumResults(op); r++) {
      MlirValue value = mlirOperationGetResult(op, r);
      if (!is_read_outside(o, value))
        continue;
      mlirOperationStateAddOperands(
          &state, 1, &o->mapped[tess_index_map_find(o->map, &value.ptr)]);
      *types = tess_grow(*types, (size_t)*count + 1, &capacity, sizeof **types);
      (*types)[(*count)++] = mlirValueGetType(value);
    }
  }
  mlirBlockAppendOwnedOperation(o->block, mlirOperationCreate(&state));
}

static const char *role_name(int32_t role) {
  return role == TESS_ROLE_WEIGHT      ? "weight"
         : role == TESS_ROLE_STATISTIC ? "statistic"
                                       : "input";
}

/* Outside values keep their role; activations arrive as inputs do. */
static void set_roles(const outliner_t *o, MlirOperation function) {
  const tess_model_t *model = o->body->model;
  MlirContext context = mlirOperationGetContext(function);
  for (size_t i = 0; i < o->argument_count; i++) {
    size_t index = tess_index_map_find(o->body->values, &o->arguments[i].ptr);
    int32_t role = index == SIZE_MAX ? (int32_t)TESS_ROLE_ACTIVATION
                                     : model->values[index].role;
    mlirFuncSetArgAttr(function, (intptr_t)i, ref("tessera.role"),
                       mlirStringAttrGet(context, ref(role_name(role))));
  }
}

static MlirOperation make_function(outliner_t *o, MlirRegion region,
                                   MlirContext context) {
  MlirType *results = NULL;
  intptr_t result_count = 0;
  append_return(o, &results, &result_count);
  MlirType *inputs = tess_alloc((o->argument_count + 1) * sizeof *inputs);
  for (size_t i = 0; i < o->argument_count; i++)
    inputs[i] = mlirValueGetType(o->arguments[i]);
  MlirType type = mlirFunctionTypeGet(context, (intptr_t)o->argument_count,
                                      inputs, result_count, results);
  free(inputs);
  free(results);
  MlirNamedAttribute attributes[] = {
      mlirNamedAttributeGet(mlirIdentifierGet(context, ref("sym_name")),
                            mlirStringAttrGet(context, ref("site"))),
      mlirNamedAttributeGet(mlirIdentifierGet(context, ref("function_type")),
                            mlirTypeAttrGet(type))};
  MlirOperationState state =
      mlirOperationStateGet(ref("func.func"), mlirLocationUnknownGet(context));
  mlirOperationStateAddAttributes(&state, 2, attributes);
  mlirOperationStateAddOwnedRegions(&state, 1, &region);
  return mlirOperationCreate(&state);
}

MlirModule tess_outline_kernels(const tess_body_t *body, const int32_t *kernels,
                                int32_t count) {
  MlirContext context = mlirOperationGetContext(body->ops[0]);
  outliner_t o = {.body = body,
                  .taken = tess_alloc(body->count * sizeof(bool)),
                  .map = tess_index_map_create(sizeof(void *)),
                  .block = mlirBlockCreate(0, NULL, NULL)};
  MlirRegion region = mlirRegionCreate();
  mlirRegionAppendOwnedBlock(region, o.block);
  take(&o, kernels, count);
  clone_taken(&o);
  MlirOperation function = make_function(&o, region, context);
  set_roles(&o, function);
  MlirModule module = mlirModuleCreateEmpty(mlirLocationUnknownGet(context));
  mlirBlockAppendOwnedOperation(mlirModuleGetBody(module), function);
  tess_index_map_destroy(o.map);
  free(o.taken);
  free(o.list);
  free(o.mapped);
  free(o.arguments);
  return module;
}

MlirOperation tess_outline_function(MlirModule module) {
  return mlirBlockGetFirstOperation(mlirModuleGetBody(module));
}
