/* Making the convolution that a rewrite ends with. */
#include "convolve.h"
#include "edit.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"

static MlirNamedAttribute named(MlirContext context, const char *name,
                                MlirAttribute value) {
  return mlirNamedAttributeGet(
      mlirIdentifierGet(context, mlirStringRefCreateFromCString(name)), value);
}

static MlirValue insert(MlirOperation like, const char *name,
                        const MlirValue *operands, intptr_t operand_count,
                        const MlirNamedAttribute *attributes,
                        intptr_t attribute_count, bool region) {
  MlirType result = mlirValueGetType(mlirOperationGetResult(like, 0));
  MlirOperationState state = mlirOperationStateGet(
      mlirStringRefCreateFromCString(name), mlirOperationGetLocation(like));
  mlirOperationStateAddOperands(&state, operand_count, operands);
  mlirOperationStateAddResults(&state, 1, &result);
  mlirOperationStateAddAttributes(&state, attribute_count, attributes);
  MlirRegion body;
  if (region) {
    body = mlirRegionCreate();
    mlirOperationStateAddOwnedRegions(&state, 1, &body);
  }
  MlirOperation op = mlirOperationCreate(&state);
  mlirBlockInsertOwnedOperationBefore(mlirOperationGetBlock(like), like, op);
  if (region)
    mlirLinalgFillBuiltinNamedOpRegion(op);
  return mlirOperationGetResult(op, 0);
}

static MlirValue convolve_tosa(MlirOperation like, MlirValue data,
                               MlirValue filter, const tess_window_t *window) {
  MlirContext context = mlirOperationGetContext(like);
  const int64_t pad[] = {window->low[0], window->high[0], window->low[1],
                         window->high[1]};
  const int64_t ones[] = {1, 1};
  MlirAttribute bound = mlirOperationGetAttributeByName(
      like, mlirStringRefCreateFromCString("local_bound"));
  int count = mlirAttributeIsNull(bound) ? 4 : 5;
  MlirNamedAttribute attributes[5] = {
      named(context, "pad", mlirDenseI64ArrayGet(context, 4, pad)),
      named(context, "stride",
            mlirDenseI64ArrayGet(context, 2, window->stride)),
      named(context, "dilation", mlirDenseI64ArrayGet(context, 2, ones)),
      named(context, "acc_type",
            mlirOperationGetAttributeByName(
                like, mlirStringRefCreateFromCString("acc_type")))};
  if (count == 5)
    attributes[4] = named(context, "local_bound", bound);
  MlirValue operands[] = {data, filter, mlirOperationGetOperand(like, 2),
                          mlirOperationGetOperand(like, 3),
                          mlirOperationGetOperand(like, 4)};
  return insert(like, "tosa.conv2d", operands, 5, attributes, count, false);
}

static MlirAttribute pair(MlirContext context, const int64_t values[2]) {
  const int64_t shape[] = {2};
  MlirType type = mlirVectorTypeGet(1, shape, mlirIntegerTypeGet(context, 64));
  return mlirDenseElementsAttrInt64Get(type, 2, values);
}

static MlirValue convolve_linalg(MlirOperation like, bool nchw, MlirValue data,
                                 MlirValue filter,
                                 const tess_window_t *window) {
  MlirContext context = mlirOperationGetContext(like);
  const int64_t ones[] = {1, 1};
  const int32_t segments[] = {2, 1};
  MlirNamedAttribute attributes[] = {
      named(context, "strides", pair(context, window->stride)),
      named(context, "dilations", pair(context, ones)),
      named(context, "operandSegmentSizes",
            mlirDenseI32ArrayGet(context, 2, segments))};
  MlirValue operands[] = {data, filter, mlirOperationGetOperand(like, 2)};
  return insert(like,
                nchw ? "linalg.conv_2d_nchw_fchw" : "linalg.conv_2d_nhwc_hwcf",
                operands, 3, attributes, 3, true);
}

MlirValue tess_convolve(MlirOperation like, const tess_conv2d_t *conv,
                        MlirValue data, MlirValue filter,
                        const tess_window_t *window) {
  return conv->tosa ? convolve_tosa(like, data, filter, window)
                    : convolve_linalg(like, conv->nchw, data, filter, window);
}

void tess_convolve_filter_type(tess_text_t *text, const tess_conv2d_t *conv,
                               int64_t o, int64_t i, int64_t kh, int64_t kw,
                               MlirType like) {
  const int64_t ohwi[] = {o, kh, kw, i}, oihw[] = {o, i, kh, kw};
  const int64_t hwio[] = {kh, kw, i, o};
  tess_edit_add_type(text,
                     conv->tosa   ? ohwi
                     : conv->nchw ? oihw
                                  : hwio,
                     4, like);
}
