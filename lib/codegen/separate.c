/* Copies that keep chains out of the loops that would repeat them. */
#define _GNU_SOURCE /* memmem */
#include "separate.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <string.h>

static MlirStringRef text_ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static bool is_op(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            text_ref(name));
}

static MlirAffineMap map_of(MlirOperation generic, intptr_t operand) {
  MlirAttribute maps =
      mlirOperationGetAttributeByName(generic, text_ref("indexing_maps"));
  return mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, operand));
}

static bool depends_on(MlirAffineMap map, intptr_t loop) {
  for (intptr_t r = 0; r < mlirAffineMapGetNumResults(map); r++)
    if (mlirAffineExprIsFunctionOfDim(mlirAffineMapGetResult(map, r), loop))
      return true;
  return false;
}

/* The iterations of a loop, off an operand that it alone indexes; 0 where there
 * is none. */
static int64_t extent_of(MlirOperation generic, intptr_t loop) {
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(generic); i++) {
    MlirAffineMap map = map_of(generic, i);
    for (intptr_t r = 0; r < mlirAffineMapGetNumResults(map); r++) {
      MlirAffineExpr result = mlirAffineMapGetResult(map, r);
      if (mlirAffineExprIsADim(result) &&
          mlirAffineDimExprGetPosition(result) == loop)
        return mlirShapedTypeGetDimSize(
            mlirValueGetType(mlirOperationGetOperand(generic, i)), r);
    }
  }
  return 0;
}

/* Whether some loop of more than one iteration does not move the operand. */
static bool is_repeated(MlirOperation generic, intptr_t operand) {
  MlirAffineMap map = map_of(generic, operand);
  for (intptr_t d = 0; d < mlirAffineMapGetNumDims(map); d++)
    if (!depends_on(map, d) && extent_of(generic, d) != 1)
      return true;
  return false;
}

/* More than a yield: the body computes something. */
static bool computes(MlirOperation generic) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(generic, 0));
  MlirOperation first = mlirBlockGetFirstOperation(body);
  return !mlirOperationIsNull(mlirOperationGetNextInBlock(first));
}

static bool is_reshape(MlirOperation op) {
  return is_op(op, "tensor.expand_shape") || is_op(op, "tensor.collapse_shape");
}

/* A value that fusion would take apart, behind reshapes too. */
static bool is_chain(MlirValue value) {
  while (mlirValueIsAOpResult(value)) {
    MlirOperation op = mlirOpResultGetOwner(value);
    if (is_op(op, "linalg.generic"))
      return computes(op);
    if (!is_reshape(op))
      return false;
    value = mlirOperationGetOperand(op, 0);
  }
  return false;
}

static MlirValue insert_copy(MlirOperation user, MlirValue value) {
  MlirContext context = mlirOperationGetContext(user);
  MlirType type = mlirValueGetType(value);
  MlirOperationState state = mlirOperationStateGet(
      text_ref("bufferization.alloc_tensor"), mlirOperationGetLocation(user));
  mlirOperationStateAddOperands(&state, 1, &value);
  mlirOperationStateAddResults(&state, 1, &type);
  const int32_t segments[3] = {0, 1, 0}; /* sizes, what to copy, a hint */
  MlirNamedAttribute attribute = mlirNamedAttributeGet(
      mlirIdentifierGet(context, text_ref("operandSegmentSizes")),
      mlirDenseI32ArrayGet(context, 3, segments));
  mlirOperationStateAddAttributes(&state, 1, &attribute);
  MlirOperation copy = mlirOperationCreate(&state);
  mlirBlockInsertOwnedOperationBefore(mlirOperationGetBlock(user), user, copy);
  return mlirOperationGetResult(copy, 0);
}

static bool is_static(MlirType type) {
  return mlirTypeIsARankedTensor(type) && mlirShapedTypeHasStaticShape(type);
}

static bool is_used_by_reshape(MlirValue value) {
  MlirOpOperand use = mlirValueGetFirstUse(value);
  for (; !mlirOpOperandIsNull(use); use = mlirOpOperandGetNextUse(use))
    if (is_reshape(mlirOpOperandGetOwner(use)))
      return true;
  return false;
}

/* Fusion makes a named product with a reshape beside it a generic one. */
static bool is_beside_reshape(MlirOperation op) {
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    MlirValue value = mlirOperationGetOperand(op, i);
    if (mlirValueIsAOpResult(value) && is_reshape(mlirOpResultGetOwner(value)))
      return true;
  }
  for (intptr_t i = 0; i < mlirOperationGetNumResults(op); i++)
    if (is_used_by_reshape(mlirOperationGetResult(op, i)))
      return true;
  return false;
}

static bool is_named_product(MlirOperation op) {
  static const char *const parts[] = {"mat", "dot", "conv", "pool", "contract"};
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  if (name.length < 7 || memcmp(name.data, "linalg.", 7))
    return false;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (memmem(name.data, name.length, parts[i], strlen(parts[i])))
      return true;
  return false;
}

static MlirWalkResult separate(MlirOperation op, void *unused) {
  (void)unused;
  bool generic = is_op(op, "linalg.generic");
  if (!generic && !(is_named_product(op) && is_beside_reshape(op)))
    return MlirWalkResultAdvance;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    MlirValue value = mlirOperationGetOperand(op, i);
    if (is_static(mlirValueGetType(value)) && is_chain(value) &&
        (!generic || is_repeated(op, i)))
      mlirOperationSetOperand(op, i, insert_copy(op, value));
  }
  return MlirWalkResultAdvance;
}

void tess_separate(MlirModule module) {
  mlirOperationWalk(mlirModuleGetOperation(module), separate, NULL,
                    MlirWalkPreOrder);
}
