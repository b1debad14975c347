/* Replaces 16-bit floats by f32 throughout a module. */
#include "tessera/codegen/widen.h"
#include "diagnose.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/arena.h"
#include "tessera/base/half.h"
#include "tessera/ir/reader.h"
#include <stdlib.h>
#include <string.h>

static MlirStringRef text_ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static bool is_narrow(MlirType type) {
  return mlirTypeIsABF16(type) || mlirTypeIsAF16(type);
}

static MlirType widen_type(MlirType type);

static MlirType widen_function(MlirType type) {
  intptr_t inputs = mlirFunctionTypeGetNumInputs(type);
  intptr_t results = mlirFunctionTypeGetNumResults(type);
  MlirType *types = tess_alloc((size_t)(inputs + results + 1) * sizeof *types);
  for (intptr_t i = 0; i < inputs; i++)
    types[i] = widen_type(mlirFunctionTypeGetInput(type, i));
  for (intptr_t i = 0; i < results; i++)
    types[inputs + i] = widen_type(mlirFunctionTypeGetResult(type, i));
  MlirType wide = mlirFunctionTypeGet(mlirTypeGetContext(type), inputs, types,
                                      results, types + inputs);
  free(types);
  return wide;
}

static MlirType widen_tensor(MlirType type) {
  MlirType element = widen_type(mlirShapedTypeGetElementType(type));
  if (mlirTypeIsAUnrankedTensor(type))
    return mlirUnrankedTensorTypeGet(element);
  intptr_t rank = mlirShapedTypeGetRank(type);
  int64_t *shape = tess_alloc((size_t)(rank + 1) * sizeof *shape);
  for (intptr_t d = 0; d < rank; d++)
    shape[d] = mlirShapedTypeGetDimSize(type, d);
  MlirType wide = mlirRankedTensorTypeGet(
      rank, shape, element, mlirRankedTensorTypeGetEncoding(type));
  free(shape);
  return wide;
}

static MlirType widen_type(MlirType type) {
  if (is_narrow(type))
    return mlirF32TypeGet(mlirTypeGetContext(type));
  if (mlirTypeIsATensor(type) && is_narrow(mlirShapedTypeGetElementType(type)))
    return widen_tensor(type);
  if (mlirTypeIsAFunction(type))
    return widen_function(type);
  return type;
}

static MlirAttribute widen_elements(MlirAttribute attribute) {
  MlirType type = mlirAttributeGetType(attribute);
  tess_dtype_t narrow = tess_ir_dtype(mlirShapedTypeGetElementType(type));
  bool splat = mlirDenseElementsAttrIsSplat(attribute);
  size_t count = splat ? 1 : (size_t)mlirElementsAttrGetNumElements(attribute);
  const char *raw = mlirDenseElementsAttrGetRawData(attribute);
  float *values = tess_alloc((count + 1) * sizeof *values);
  for (size_t i = 0; i < count; i++) {
    uint16_t bits;
    memcpy(&bits, raw + i * sizeof bits, sizeof bits);
    values[i] = (float)tess_half_value(narrow, bits);
  }
  MlirAttribute wide = mlirDenseElementsAttrRawBufferGet(
      widen_type(type), count * sizeof *values, values);
  free(values);
  return wide;
}

static MlirAttribute widen_attribute(MlirAttribute attribute);

static MlirAttribute widen_array(MlirAttribute attribute) {
  intptr_t count = mlirArrayAttrGetNumElements(attribute);
  MlirAttribute *parts = tess_alloc((size_t)(count + 1) * sizeof *parts);
  for (intptr_t i = 0; i < count; i++)
    parts[i] = widen_attribute(mlirArrayAttrGetElement(attribute, i));
  MlirAttribute wide =
      mlirArrayAttrGet(mlirAttributeGetContext(attribute), count, parts);
  free(parts);
  return wide;
}

static bool has_narrow_elements(MlirAttribute attribute) {
  return is_narrow(
      mlirShapedTypeGetElementType(mlirAttributeGetType(attribute)));
}

static MlirAttribute widen_attribute(MlirAttribute attribute) {
  if (mlirAttributeIsAType(attribute))
    return mlirTypeAttrGet(widen_type(mlirTypeAttrGetValue(attribute)));
  if (mlirAttributeIsAFloat(attribute) &&
      is_narrow(mlirAttributeGetType(attribute)))
    return mlirFloatAttrDoubleGet(
        mlirAttributeGetContext(attribute),
        mlirF32TypeGet(mlirAttributeGetContext(attribute)),
        mlirFloatAttrGetValueDouble(attribute));
  if (mlirAttributeIsADenseElements(attribute) &&
      has_narrow_elements(attribute))
    return widen_elements(attribute);
  if (mlirAttributeIsAArray(attribute))
    return widen_array(attribute);
  return attribute;
}

static bool is_op(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            text_ref(name));
}

/* The bytes of a resource are not ours to copy: it keeps its type, and what
 * uses it gets a cast of it. */
static bool is_narrow_resource(MlirOperation op) {
  for (intptr_t i = 0; i < mlirOperationGetNumAttributes(op); i++) {
    MlirAttribute attribute = mlirOperationGetAttribute(op, i).attribute;
    if (mlirAttributeIsADenseResourceElements(attribute) &&
        has_narrow_elements(attribute))
      return true;
  }
  return false;
}

static void cast_results(MlirOperation op) {
  for (intptr_t i = 0; i < mlirOperationGetNumResults(op); i++) {
    MlirValue result = mlirOperationGetResult(op, i);
    MlirType type = widen_type(mlirValueGetType(result));
    MlirOperationState state = mlirOperationStateGet(
        text_ref("arith.extf"), mlirOperationGetLocation(op));
    mlirOperationStateAddOperands(&state, 1, &result);
    mlirOperationStateAddResults(&state, 1, &type);
    MlirOperation cast = mlirOperationCreate(&state);
    if (mlirOperationIsNull(cast))
      return;
    mlirBlockInsertOwnedOperationAfter(mlirOperationGetBlock(op), op, cast);
    mlirValueReplaceAllUsesExcept(result, mlirOperationGetResult(cast, 0), 1,
                                  &cast);
  }
}

static bool widen_attributes(MlirOperation op) {
  bool widened = false;
  for (intptr_t i = 0; i < mlirOperationGetNumAttributes(op); i++) {
    MlirNamedAttribute named = mlirOperationGetAttribute(op, i);
    MlirAttribute wide = widen_attribute(named.attribute);
    if (mlirAttributeEqual(wide, named.attribute))
      continue;
    mlirOperationSetAttributeByName(op, mlirIdentifierStr(named.name), wide);
    widened = true;
  }
  return widened;
}

static bool widen_value(MlirValue value) {
  MlirType type = mlirValueGetType(value), wide = widen_type(type);
  if (mlirTypeEqual(type, wide))
    return false;
  mlirValueSetType(value, wide);
  return true;
}

/* A cast between types that are the same now. */
static bool is_idle_cast(MlirOperation op) {
  static const char *const casts[] = {"arith.extf", "arith.truncf",
                                      "tosa.cast"};
  for (size_t i = 0; i < sizeof casts / sizeof *casts; i++)
    if (is_op(op, casts[i]))
      return mlirTypeEqual(mlirValueGetType(mlirOperationGetOperand(op, 0)),
                           mlirValueGetType(mlirOperationGetResult(op, 0)));
  return false;
}

static bool widen_blocks(MlirOperation op);

/* Operands come before their users, so theirs are wide by now. */
static bool widen_op(MlirOperation op) {
  if (is_narrow_resource(op)) {
    cast_results(op);
    return true;
  }
  bool widened = widen_attributes(op);
  for (intptr_t i = 0; i < mlirOperationGetNumResults(op); i++)
    widened = widen_value(mlirOperationGetResult(op, i)) || widened;
  widened = widen_blocks(op) || widened;
  if (is_idle_cast(op)) {
    mlirValueReplaceAllUsesOfWith(mlirOperationGetResult(op, 0),
                                  mlirOperationGetOperand(op, 0));
    mlirOperationDestroy(op);
  }
  return widened;
}

static bool widen_block(MlirBlock block) {
  bool widened = false;
  for (intptr_t i = 0; i < mlirBlockGetNumArguments(block); i++)
    widened = widen_value(mlirBlockGetArgument(block, i)) || widened;
  MlirOperation op = mlirBlockGetFirstOperation(block);
  while (!mlirOperationIsNull(op)) {
    MlirOperation next = mlirOperationGetNextInBlock(op);
    widened = widen_op(op) || widened;
    op = next;
  }
  return widened;
}

static bool widen_blocks(MlirOperation op) {
  bool widened = false;
  for (intptr_t r = 0; r < mlirOperationGetNumRegions(op); r++) {
    MlirBlock block = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, r));
    for (; !mlirBlockIsNull(block); block = mlirBlockGetNextInRegion(block))
      widened = widen_block(block) || widened;
  }
  return widened;
}

tess_status_t tess_widen(MlirModule module, bool *widened) {
  MlirOperation op = mlirModuleGetOperation(module);
  *widened = widen_blocks(op);
  tess_diagnosis_t diagnosis;
  tess_diagnosis_begin(&diagnosis, mlirModuleGetContext(module));
  return tess_diagnosis_end(&diagnosis, mlirOperationVerify(op),
                            TESS_UNSUPPORTED, "raising 16-bit floats to f32");
}
