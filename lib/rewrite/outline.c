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
  int32_t *node; /* the node of each op, or TESS_NONE */
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
  for (int32_t i = 0; i < model->node_count; i++) {
    size_t at = tess_index_map_find(body->position, &model->nodes[i].op);
    if (at != SIZE_MAX)
      body->node[at] = i;
  }
  return body;
}

void tess_body_destroy(tess_body_t *body) {
  tess_index_map_destroy(body->position);
  free(body->ops);
  free(body->node);
  free(body);
}

/* ---- One outline in the making. ---- */

typedef struct outliner {
  const tess_body_t *body;
  bool *taken; /* per op */
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

static MlirWalkResult take_operands(MlirOperation op, void *data) {
  outliner_t *o = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    size_t at = defining(o, mlirOperationGetOperand(op, i));
    if (at != SIZE_MAX && comes_along(o, at))
      o->taken[at] = true;
  }
  return MlirWalkResultAdvance;
}

static void take(outliner_t *o, const bool *chosen) {
  const tess_body_t *body = o->body;
  for (size_t i = body->count; i-- > 0;) {
    int32_t node = body->node[i];
    int32_t kernel = node < 0 ? -1 : body->program->kernel_of_node[node];
    if (kernel >= 0 && chosen[kernel])
      o->taken[i] = true;
    if (o->taken[i])
      mlirOperationWalk(body->ops[i], take_operands, o, MlirWalkPreOrder);
  }
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
  for (size_t i = 0; i < o->body->count; i++) {
    if (!o->taken[i])
      continue;
    o->current = o->body->ops[i];
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
  for (size_t i = 0; i < o->body->count; i++) {
    if (!o->taken[i] || !may_be_returned(o, i))
      continue;
    for (intptr_t r = 0; r < mlirOperationGetNumResults(o->body->ops[i]); r++) {
      MlirValue value = mlirOperationGetResult(o->body->ops[i], r);
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
  tess_index_map_t *values = tess_index_map_create(sizeof(void *));
  for (int32_t i = 0; i < model->value_count; i++)
    tess_index_map_add(values, &model->values[i].handle, NULL);
  MlirContext context = mlirOperationGetContext(function);
  for (size_t i = 0; i < o->argument_count; i++) {
    size_t index = tess_index_map_find(values, &o->arguments[i].ptr);
    int32_t role = index == SIZE_MAX ? (int32_t)TESS_ROLE_ACTIVATION
                                     : model->values[index].role;
    mlirFuncSetArgAttr(function, (intptr_t)i, ref("tessera.role"),
                       mlirStringAttrGet(context, ref(role_name(role))));
  }
  tess_index_map_destroy(values);
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

MlirModule tess_outline_kernels(const tess_body_t *body, const bool *chosen) {
  MlirContext context = mlirOperationGetContext(body->ops[0]);
  outliner_t o = {.body = body,
                  .taken = tess_alloc(body->count * sizeof(bool)),
                  .map = tess_index_map_create(sizeof(void *)),
                  .block = mlirBlockCreate(0, NULL, NULL)};
  MlirRegion region = mlirRegionCreate();
  mlirRegionAppendOwnedBlock(region, o.block);
  take(&o, chosen);
  clone_taken(&o);
  MlirOperation function = make_function(&o, region, context);
  set_roles(&o, function);
  MlirModule module = mlirModuleCreateEmpty(mlirLocationUnknownGet(context));
  mlirBlockAppendOwnedOperation(mlirModuleGetBody(module), function);
  tess_index_map_destroy(o.map);
  free(o.taken);
  free(o.mapped);
  free(o.arguments);
  return module;
}

MlirOperation tess_outline_function(MlirModule module) {
  return mlirBlockGetFirstOperation(mlirModuleGetBody(module));
}
