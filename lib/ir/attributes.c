/* Numbers out of MLIR attributes, whichever of its many forms they take. */
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "reading.h"

MlirAttribute tess_attribute(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

static int64_t dense_element(MlirAttribute attribute, MlirType element,
                             int64_t index) {
  if (mlirTypeIsAIndex(element))
    return (int64_t)mlirDenseElementsAttrGetIndexValue(attribute, index);
  if (mlirIntegerTypeGetWidth(element) == 32)
    return mlirDenseElementsAttrGetInt32Value(attribute, index);
  return mlirDenseElementsAttrGetInt64Value(attribute, index);
}

static bool has_integer_elements(MlirAttribute attribute) {
  if (!mlirAttributeIsADenseElements(attribute))
    return false;
  MlirType element =
      mlirShapedTypeGetElementType(mlirAttributeGetType(attribute));
  if (mlirTypeIsAIndex(element))
    return true;
  return mlirTypeIsAInteger(element) &&
         (mlirIntegerTypeGetWidth(element) == 32 ||
          mlirIntegerTypeGetWidth(element) == 64);
}

static int64_t dense_integers(MlirAttribute attribute, int64_t *out,
                              int64_t capacity) {
  int64_t count = mlirElementsAttrGetNumElements(attribute);
  MlirType element =
      mlirShapedTypeGetElementType(mlirAttributeGetType(attribute));
  bool splat = mlirDenseElementsAttrIsSplat(attribute);
  for (int64_t i = 0; i < count && i < capacity; i++)
    out[i] = dense_element(attribute, element, splat ? 0 : i);
  return count;
}

static int64_t list_integers(MlirAttribute attribute, int64_t *out,
                             int64_t capacity) {
  int64_t count = mlirArrayAttrGetNumElements(attribute);
  for (int64_t i = 0; i < count && i < capacity; i++) {
    MlirAttribute item = mlirArrayAttrGetElement(attribute, i);
    if (!mlirAttributeIsAInteger(item))
      return -1;
    out[i] = mlirIntegerAttrGetValueInt(item);
  }
  return count;
}

int64_t tess_attribute_integers(MlirAttribute attribute, int64_t *out,
                                int64_t capacity) {
  if (mlirAttributeIsNull(attribute))
    return -1;
  if (has_integer_elements(attribute))
    return dense_integers(attribute, out, capacity);
  if (mlirAttributeIsAArray(attribute))
    return list_integers(attribute, out, capacity);
  bool wide = mlirAttributeIsADenseI64Array(attribute);
  if (!wide && !mlirAttributeIsADenseI32Array(attribute))
    return -1;
  int64_t count = mlirDenseArrayGetNumElements(attribute);
  for (int64_t i = 0; i < count && i < capacity; i++)
    out[i] = wide ? mlirDenseI64ArrayGetElement(attribute, i)
                  : mlirDenseI32ArrayGetElement(attribute, i);
  return count;
}

bool tess_attribute_number(MlirAttribute attribute, double *number) {
  if (mlirAttributeIsNull(attribute))
    return false;
  if (mlirAttributeIsADenseElements(attribute)) {
    MlirType element =
        mlirShapedTypeGetElementType(mlirAttributeGetType(attribute));
    bool known = mlirTypeIsAFloat(element) || mlirTypeIsAInteger(element) ||
                 mlirTypeIsAIndex(element);
    if (!known || !mlirDenseElementsAttrIsSplat(attribute))
      return false;
    if (mlirTypeIsAF32(element)) { /* without making an attribute of it */
      *number = (double)mlirDenseElementsAttrGetFloatSplatValue(attribute);
      return true;
    }
    attribute = mlirDenseElementsAttrGetSplatValue(attribute);
  }
  if (mlirAttributeIsAFloat(attribute)) {
    *number = mlirFloatAttrGetValueDouble(attribute);
    return true;
  }
  if (!mlirAttributeIsAInteger(attribute))
    return false;
  MlirType type = mlirAttributeGetType(attribute);
  if (mlirTypeIsAInteger(type) && mlirIntegerTypeGetWidth(type) > 64)
    return false;
  if (mlirTypeIsAInteger(type) && mlirIntegerTypeIsUnsigned(type))
    *number = (double)mlirIntegerAttrGetValueUInt(attribute);
  else if (mlirTypeIsAInteger(type) && mlirIntegerTypeIsSigned(type))
    *number = (double)mlirIntegerAttrGetValueSInt(attribute);
  else
    *number = (double)mlirIntegerAttrGetValueInt(attribute);
  return true;
}
