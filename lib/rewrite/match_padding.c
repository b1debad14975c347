/* Constants, and pads and fills with them. */
#include "match.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <string.h>

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

static bool is_op(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            mlirStringRefCreateFromCString(name));
}

static bool number_of(MlirAttribute attribute, double *number) {
  if (mlirAttributeIsADenseElements(attribute) &&
      mlirDenseElementsAttrIsSplat(attribute))
    attribute = mlirDenseElementsAttrGetSplatValue(attribute);
  if (mlirAttributeIsAFloat(attribute))
    *number = mlirFloatAttrGetValueDouble(attribute);
  else if (mlirAttributeIsAInteger(attribute) &&
           mlirTypeIsAInteger(mlirAttributeGetType(attribute)) &&
           mlirIntegerTypeIsSignless(mlirAttributeGetType(attribute)) &&
           mlirIntegerTypeGetWidth(mlirAttributeGetType(attribute)) <= 64)
    *number = (double)mlirIntegerAttrGetValueInt(attribute);
  else
    return false;
  return true;
}

bool tess_match_number(MlirValue value, double *number) {
  if (!mlirValueIsAOpResult(value))
    return false;
  MlirOperation op = mlirOpResultGetOwner(value);
  bool tosa = is_op(op, "tosa.const");
  if (!tosa && !is_op(op, "arith.constant"))
    return false;
  MlirAttribute attribute = attribute_of(op, tosa ? "values" : "value");
  return !mlirAttributeIsNull(attribute) && number_of(attribute, number);
}

bool tess_match_filled(MlirValue value, MlirValue *number) {
  if (!mlirValueIsAOpResult(value) ||
      !is_op(mlirOpResultGetOwner(value), "linalg.fill"))
    return false;
  *number = mlirOperationGetOperand(mlirOpResultGetOwner(value), 0);
  return true;
}

/* tensor.pad: low and high beside each other, the number in its body. */
static bool read_tensor_pad(MlirOperation op, int32_t rank,
                            tess_padding_t *padding) {
  MlirAttribute low = attribute_of(op, "static_low");
  MlirAttribute high = attribute_of(op, "static_high");
  if (mlirOperationGetNumOperands(op) != 1 || mlirAttributeIsNull(low) ||
      mlirAttributeIsNull(high) || mlirDenseArrayGetNumElements(low) != rank ||
      mlirDenseArrayGetNumElements(high) != rank)
    return false;
  for (int32_t i = 0; i < rank; i++) {
    padding->low[i] = mlirDenseI64ArrayGetElement(low, i);
    padding->high[i] = mlirDenseI64ArrayGetElement(high, i);
  }
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  MlirOperation yield = mlirBlockGetTerminator(body);
  return mlirOperationGetNumOperands(yield) == 1 &&
         tess_match_number(mlirOperationGetOperand(yield, 0), &padding->fill);
}

/* tosa.pad: low and high of each dimension in turn, from a constant. */
static bool read_tosa_pad(MlirOperation op, int32_t rank,
                          tess_padding_t *padding) {
  MlirValue shape = mlirOperationGetOperand(op, 1);
  if (mlirOperationGetNumOperands(op) != 3 || !mlirValueIsAOpResult(shape))
    return false;
  MlirAttribute values = attribute_of(mlirOpResultGetOwner(shape), "values");
  if (mlirAttributeIsNull(values) || !mlirAttributeIsADenseElements(values) ||
      mlirElementsAttrGetNumElements(values) != 2 * rank)
    return false;
  for (int32_t i = 0; i < rank; i++) {
    padding->low[i] =
        (int64_t)mlirDenseElementsAttrGetIndexValue(values, 2 * i);
    padding->high[i] =
        (int64_t)mlirDenseElementsAttrGetIndexValue(values, 2 * i + 1);
  }
  return tess_match_number(mlirOperationGetOperand(op, 2), &padding->fill);
}

/* What the reader found to be zeros needs no constant in the op. */
static bool read_zeros(const tess_node_t *pad, int32_t rank,
                       tess_padding_t *padding) {
  memcpy(padding->low, pad->pad_low, (size_t)rank * sizeof *pad->pad_low);
  memcpy(padding->high, pad->pad_high, (size_t)rank * sizeof *pad->pad_high);
  padding->fill = 0;
  return true;
}

bool tess_match_padding(const tess_model_t *model, int32_t node,
                        tess_padding_t *padding) {
  const tess_node_t *pad = &model->nodes[node];
  if (pad->kind != TESS_NODE_PAD || pad->output_count != 1)
    return false;
  MlirOperation op = {(void *)(uintptr_t)pad->op};
  int32_t rank = model->values[pad->outputs[0]].rank;
  bool known =
      pad->pad_low ? read_zeros(pad, rank, padding)
      : tess_match_op(pad, "tensor.pad")
          ? read_tensor_pad(op, rank, padding)
          : tess_match_op(pad, "tosa.pad") && read_tosa_pad(op, rank, padding);
  for (int32_t i = 0; known && i < rank; i++)
    known = padding->low[i] >= 0 && padding->high[i] >= 0;
  return known;
}

static int32_t spatial_pad(const tess_model_t *model, int32_t value, bool nchw,
                           double zero, tess_padding_t *padding) {
  int32_t node = tess_match_producer(model, value);
  if (node == TESS_NONE || !tess_match_single_use(model, value) ||
      !tess_match_op(&model->nodes[node], "tensor.pad") ||
      model->values[value].rank != 4)
    return TESS_NONE;
  tess_padding_t own, *p = padding ? padding : &own;
  int32_t channel = nchw ? 1 : 3;
  return tess_match_padding(model, node, p) && p->fill == zero && !p->low[0] &&
                 !p->high[0] && !p->low[channel] && !p->high[channel]
             ? node
             : TESS_NONE;
}

int32_t tess_match_conv_pad(const tess_model_t *model, int32_t value,
                            const tess_conv2d_t *conv,
                            tess_padding_t *padding) {
  return spatial_pad(model, value, conv->nchw, (double)conv->data_zero,
                     padding);
}

int32_t tess_match_spatial_pad(const tess_model_t *model, int32_t value,
                               bool nchw) {
  return spatial_pad(model, value, nchw, 0, NULL);
}
