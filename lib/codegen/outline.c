/* Moves linalg ops on buffers into functions of their own. */
#include "outline.h"
#include "interchange.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/arena.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values from outside that an op reads, its operands included. */
typedef struct captures {
  MlirOperation root;
  MlirValue *values;
  size_t count, capacity;
} captures_t;

static MlirStringRef text_ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static bool is_inside(MlirValue value, MlirOperation root) {
  bool argument = mlirValueIsABlockArgument(value);
  MlirOperation op =
      argument ? mlirBlockGetParentOperation(mlirBlockArgumentGetOwner(value))
               : mlirOpResultGetOwner(value);
  for (; !mlirOperationIsNull(op); op = mlirOperationGetParentOperation(op))
    if (mlirOperationEqual(op, root))
      return true;
  return false;
}

static size_t find_capture(const captures_t *captures, MlirValue value) {
  size_t i = 0;
  while (i < captures->count && !mlirValueEqual(captures->values[i], value))
    i++;
  return i;
}

static MlirWalkResult collect(MlirOperation op, void *data) {
  captures_t *captures = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    MlirValue value = mlirOperationGetOperand(op, i);
    if (is_inside(value, captures->root) ||
        find_capture(captures, value) < captures->count)
      continue;
    captures->values = tess_grow(captures->values, captures->count + 1,
                                 &captures->capacity, sizeof *captures->values);
    captures->values[captures->count++] = value;
  }
  return MlirWalkResultAdvance;
}

typedef struct renaming {
  const captures_t *captures;
  MlirBlock block; /* its arguments stand for the captures */
} renaming_t;

static MlirWalkResult rename_operands(MlirOperation op, void *data) {
  const renaming_t *renaming = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    size_t index =
        find_capture(renaming->captures, mlirOperationGetOperand(op, i));
    if (index < renaming->captures->count)
      mlirOperationSetOperand(
          op, i, mlirBlockGetArgument(renaming->block, (intptr_t)index));
  }
  return MlirWalkResultAdvance;
}

static MlirOperation make_op(const char *name, MlirLocation location,
                             const captures_t *operands, size_t attributes,
                             const MlirNamedAttribute *attribute,
                             MlirRegion *body) {
  MlirOperationState state = mlirOperationStateGet(text_ref(name), location);
  if (operands)
    mlirOperationStateAddOperands(&state, (intptr_t)operands->count,
                                  operands->values);
  mlirOperationStateAddAttributes(&state, (intptr_t)attributes, attribute);
  if (body)
    mlirOperationStateAddOwnedRegions(&state, 1, body);
  return mlirOperationCreate(&state);
}

static MlirNamedAttribute named(MlirContext context, const char *name,
                                MlirAttribute value) {
  return mlirNamedAttributeGet(mlirIdentifierGet(context, text_ref(name)),
                               value);
}

/* A private function whose block takes the captures, and nothing in it. */
static MlirOperation make_function(const char *name, MlirLocation location,
                                   const captures_t *captures,
                                   MlirBlock *block) {
  MlirContext context = mlirLocationGetContext(location);
  *block = mlirBlockCreate(0, NULL, NULL);
  MlirType *types = tess_alloc((captures->count + 1) * sizeof *types);
  for (size_t i = 0; i < captures->count; i++) {
    types[i] = mlirValueGetType(captures->values[i]);
    mlirBlockAddArgument(*block, types[i], location);
  }
  MlirType type =
      mlirFunctionTypeGet(context, (intptr_t)captures->count, types, 0, NULL);
  free(types);
  MlirRegion body = mlirRegionCreate();
  mlirRegionAppendOwnedBlock(body, *block);
  MlirAttribute keep = mlirStringAttrGet(context, text_ref("noinline"));
  MlirNamedAttribute attributes[4] = {
      named(context, "sym_name", mlirStringAttrGet(context, text_ref(name))),
      named(context, "function_type", mlirTypeAttrGet(type)),
      named(context, "sym_visibility",
            mlirStringAttrGet(context, text_ref("private"))),
      named(context, "passthrough", mlirArrayAttrGet(context, 1, &keep))};
  return make_op("func.func", location, NULL, 4, attributes, &body);
}

/* Buffers are passed as bare pointers, so their layout must be in the type. */
static bool is_passable(MlirType type) {
  if (!mlirTypeIsAMemRef(type))
    return true;
  if (!mlirShapedTypeHasStaticShape(type))
    return false;
  int64_t strides[16], offset;
  intptr_t rank = mlirShapedTypeGetRank(type);
  if (rank > 16 || mlirLogicalResultIsFailure(mlirMemRefTypeGetStridesAndOffset(
                       type, strides, &offset)))
    return false;
  bool fixed = !mlirShapedTypeIsDynamicStrideOrOffset(offset);
  for (intptr_t d = 0; d < rank; d++)
    fixed = fixed && !mlirShapedTypeIsDynamicStrideOrOffset(strides[d]);
  return fixed;
}

static bool can_outline(const captures_t *captures) {
  for (size_t i = 0; i < captures->count; i++)
    if (!is_passable(mlirValueGetType(captures->values[i])))
      return false;
  return true;
}

static void move_out(MlirModule module, MlirOperation op,
                     const captures_t *captures, int index) {
  MlirLocation location = mlirOperationGetLocation(op);
  MlirContext context = mlirOperationGetContext(op);
  char name[48];
  snprintf(name, sizeof name, "tessera_kernel_%d", index);
  MlirBlock block;
  MlirOperation function = make_function(name, location, captures, &block);
  MlirNamedAttribute callee = named(
      context, "callee", mlirFlatSymbolRefAttrGet(context, text_ref(name)));
  mlirBlockInsertOwnedOperationBefore(
      mlirOperationGetBlock(op), op,
      make_op("func.call", location, captures, 1, &callee, NULL));
  mlirOperationRemoveFromParent(op);
  mlirBlockAppendOwnedOperation(block, op);
  mlirBlockAppendOwnedOperation(
      block, make_op("func.return", location, NULL, 0, NULL, NULL));
  renaming_t renaming = {captures, block};
  mlirOperationWalk(op, rename_operands, &renaming, MlirWalkPreOrder);
  mlirBlockAppendOwnedOperation(mlirModuleGetBody(module), function);
}

static void outline_op(MlirModule module, MlirOperation op, int index) {
  captures_t captures = {.root = op};
  mlirOperationWalk(op, collect, &captures, MlirWalkPreOrder);
  if (can_outline(&captures))
    move_out(module, op, &captures, index);
  free(captures.values);
}

static bool is_linalg(MlirOperation op) {
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  return name.length > 7 && !memcmp(name.data, "linalg.", 7);
}

void tess_outline(MlirModule module, MlirOperation function) {
  int index = 0;
  MlirBlock block =
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  MlirOperation op = mlirBlockGetFirstOperation(block);
  while (!mlirOperationIsNull(op)) {
    MlirOperation next = mlirOperationGetNextInBlock(op);
    if (is_linalg(op) && mlirOperationGetNumResults(op) == 0) {
      tess_interchange(op);
      outline_op(module, op, index++);
    }
    op = next;
  }
}
