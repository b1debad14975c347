/* Functions that are looked up: what a table of quantised values computes. */
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "operations.h"
#include <math.h>

/* Whether 256 quantised values are those of 1 / (1 + exp(-x)) for equal steps
 * of x: 256 times it, less 128, so that its logits lie on a line. 0: they are
 * not; 1: as far as they tell; 2: they cover its bend, so they tell. */
static int sigmoid_table(MlirAttribute values) {
  bool splat = mlirDenseElementsAttrIsSplat(values);
  double logits[256];
  int first = -1, last = -1;
  for (int i = 0; i < 256; i++) {
    int value = splat ? mlirDenseElementsAttrGetInt8SplatValue(values)
                      : mlirDenseElementsAttrGetInt8Value(values, i);
    double share = (value + 128) / 256.0;
    logits[i] = share < 0.1 || share > 0.9 ? NAN : log(share / (1 - share));
    if (isnan(logits[i]))
      continue;
    first = first < 0 ? i : first;
    last = i;
  }
  if (last - first < 3 || logits[first] > 0.2 || logits[last] < -0.2)
    return 0;
  double slope = (logits[last] - logits[first]) / (last - first);
  for (int i = first; i <= last; i++)
    if (!(fabs(logits[i] - logits[first] - slope * (i - first)) < 0.06))
      return 0;
  bool bends = logits[first] < -1.1 && logits[last] > 1.1;
  return bends ? 2 : slope >= 0;
}

/* The elements of a constant tensor of 256 bytes, or null. */
static MlirAttribute bytes_of(MlirValue table) {
  MlirAttribute values = {NULL};
  if (mlirValueIsAOpResult(table)) {
    MlirOperation op = mlirOpResultGetOwner(table);
    values = tess_attribute(op, "values");
    if (mlirAttributeIsNull(values))
      values = tess_attribute(op, "value");
  }
  if (mlirAttributeIsNull(values) || !mlirAttributeIsADenseElements(values) ||
      mlirElementsAttrGetNumElements(values) != 256)
    return (MlirAttribute){NULL};
  MlirType type = mlirShapedTypeGetElementType(mlirAttributeGetType(values));
  bool byte = mlirTypeIsAInteger(type) && mlirIntegerTypeGetWidth(type) == 8;
  return byte ? values : (MlirAttribute){NULL};
}

int tess_table_kind(MlirValue table) {
  MlirAttribute values = bytes_of(table);
  return mlirAttributeIsNull(values) ? 0 : sigmoid_table(values);
}
