/* Cloning the ops of a cut into a function of their own. */
#include "outline.h"
#include "edit.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/arena.h"
#include <stdlib.h>

typedef struct outliner {
  const tess_cut_t *cut;
  MlirOperation current;
  /* Values of the cut -> values of the new function. */
  tess_index_map_t *map;
  MlirValue *mapped;
  size_t mapped_capacity;
  MlirBlock block;      /* of the new function */
  MlirValue *arguments; /* the outside values that became arguments */
  size_t argument_count, argument_capacity;
} outliner_t;

static MlirStringRef ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static void map_value(outliner_t *o, MlirValue from, MlirValue to) {
  size_t index = tess_index_map_add(o->map, &from.ptr, NULL);
  o->mapped =
      tess_grow(o->mapped, index + 1, &o->mapped_capacity, sizeof *o->mapped);
  o->mapped[index] = to;
}

static void add_argument(outliner_t *o, MlirValue value) {
  MlirValue argument = mlirBlockAddArgument(
      o->block, mlirValueGetType(value), mlirOperationGetLocation(o->current));
  map_value(o, value, argument);
  o->arguments = tess_grow(o->arguments, o->argument_count + 1,
                           &o->argument_capacity, sizeof *o->arguments);
  o->arguments[o->argument_count++] = value;
}

/* Rewires the clone of an op, and what its regions capture. */
static MlirWalkResult rewire(MlirOperation op, void *data) {
  outliner_t *o = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    MlirValue value = mlirOperationGetOperand(op, i);
    size_t index = tess_index_map_find(o->map, &value.ptr);
    if (index == SIZE_MAX) {
      if (!tess_cut_is_argument(o->cut, value))
        continue;
      add_argument(o, value);
      index = tess_index_map_find(o->map, &value.ptr);
    }
    mlirOperationSetOperand(op, i, o->mapped[index]);
  }
  return MlirWalkResultAdvance;
}

static void clone_ops(outliner_t *o) {
  for (size_t i = 0; i < o->cut->count; i++) {
    o->current = o->cut->body->ops[o->cut->ops[i]];
    MlirOperation clone = mlirOperationClone(o->current);
    mlirBlockAppendOwnedOperation(o->block, clone);
    tess_edit_walk(clone, rewire, o);
    for (intptr_t r = 0; r < mlirOperationGetNumResults(clone); r++)
      map_value(o, mlirOperationGetResult(o->current, r),
                mlirOperationGetResult(clone, r));
  }
}

static void append_return(outliner_t *o, MlirContext context, MlirType **types,
                          intptr_t *count) {
  MlirOperationState state = mlirOperationStateGet(
      ref("func.return"), mlirLocationUnknownGet(context));
  size_t capacity = 0;
  for (size_t i = 0; i < o->cut->count; i++) {
    MlirOperation op = o->cut->body->ops[o->cut->ops[i]];
    for (intptr_t r = 0; r < mlirOperationGetNumResults(op); r++) {
      MlirValue value = mlirOperationGetResult(op, r);
      if (!tess_cut_is_returned(o->cut, o->cut->ops[i], value))
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

/* The attributes of the arguments: outside values keep their role, activations
 * arrive as inputs do. */
static MlirAttribute roles(const outliner_t *o, MlirContext context) {
  MlirIdentifier name = mlirIdentifierGet(context, ref("tessera.role"));
  MlirAttribute *all = tess_alloc((o->argument_count + 1) * sizeof *all);
  MlirAttribute of_role[TESS_ROLE_PREPARED + 1] = {{NULL}};
  for (size_t i = 0; i < o->argument_count; i++) {
    int32_t role = tess_body_role(o->cut->body, o->arguments[i]);
    if (mlirAttributeIsNull(of_role[role])) {
      MlirNamedAttribute own = mlirNamedAttributeGet(
          name, mlirStringAttrGet(context, ref(role_name(role))));
      of_role[role] = mlirDictionaryAttrGet(context, 1, &own);
    }
    all[i] = of_role[role];
  }
  MlirAttribute list =
      mlirArrayAttrGet(context, (intptr_t)o->argument_count, all);
  free(all);
  return list;
}

static MlirOperation make_function(outliner_t *o, MlirRegion region,
                                   MlirContext context) {
  MlirType *results = NULL;
  intptr_t result_count = 0;
  append_return(o, context, &results, &result_count);
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
                            mlirTypeAttrGet(type)),
      mlirNamedAttributeGet(mlirIdentifierGet(context, ref("arg_attrs")),
                            roles(o, context))};
  MlirOperationState state =
      mlirOperationStateGet(ref("func.func"), mlirLocationUnknownGet(context));
  mlirOperationStateAddAttributes(&state, 3, attributes);
  mlirOperationStateAddOwnedRegions(&state, 1, &region);
  return mlirOperationCreate(&state);
}

MlirModule tess_outline_cut(const tess_cut_t *cut) {
  MlirContext context = mlirOperationGetContext(cut->body->ops[0]);
  outliner_t o = {.cut = cut,
                  .map = tess_index_map_create(sizeof(void *)),
                  .block = mlirBlockCreate(0, NULL, NULL)};
  MlirRegion region = mlirRegionCreate();
  mlirRegionAppendOwnedBlock(region, o.block);
  clone_ops(&o);
  MlirOperation function = make_function(&o, region, context);
  MlirModule module = mlirModuleCreateEmpty(mlirLocationUnknownGet(context));
  mlirBlockAppendOwnedOperation(mlirModuleGetBody(module), function);
  tess_index_map_destroy(o.map);
  free(o.mapped);
  free(o.arguments);
  return module;
}

MlirOperation tess_outline_function(MlirModule module) {
  return mlirBlockGetFirstOperation(mlirModuleGetBody(module));
}
