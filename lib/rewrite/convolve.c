/* Making the convolution that a rewrite ends with. */
#include "convolve.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"

static const int64_t ones[] = {1, 1};

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

static MlirValue convolve_tosa(const tess_builder_t *b, MlirOperation like,
                               MlirValue data, MlirValue filter,
                               const tess_window_t *window) {
  const int64_t pad[] = {window->low[0], window->high[0], window->low[1],
                         window->high[1]};
  MlirAttribute bound = attribute_of(like, "local_bound");
  MlirNamedAttribute attributes[5] = {
      tess_build_attribute(b, "pad", mlirDenseI64ArrayGet(b->context, 4, pad)),
      tess_build_attribute(b, "stride",
                           mlirDenseI64ArrayGet(b->context, 2, window->stride)),
      tess_build_attribute(b, "dilation",
                           mlirDenseI64ArrayGet(b->context, 2, ones)),
      tess_build_attribute(b, "acc_type", attribute_of(like, "acc_type"))};
  if (!mlirAttributeIsNull(bound))
    attributes[4] = tess_build_attribute(b, "local_bound", bound);
  const MlirValue operands[] = {data, filter, mlirOperationGetOperand(like, 2),
                                mlirOperationGetOperand(like, 3),
                                mlirOperationGetOperand(like, 4)};
  const tess_op_t op = {.name = "tosa.conv2d",
                        .operands = operands,
                        .operand_count = 5,
                        .attributes = attributes,
                        .attribute_count = mlirAttributeIsNull(bound) ? 4 : 5,
                        .type =
                            mlirValueGetType(mlirOperationGetResult(like, 0))};
  return tess_build_op(b, &op);
}

static MlirAttribute pair(MlirContext context, const int64_t values[2]) {
  const int64_t shape[] = {2};
  MlirType type = mlirVectorTypeGet(1, shape, mlirIntegerTypeGet(context, 64));
  return mlirDenseElementsAttrInt64Get(type, 2, values);
}

static MlirValue convolve_linalg(const tess_builder_t *b, MlirOperation like,
                                 bool nchw, MlirValue data, MlirValue filter,
                                 const tess_window_t *window) {
  const int32_t segments[] = {2, 1};
  const MlirNamedAttribute attributes[] = {
      tess_build_attribute(b, "strides", pair(b->context, window->stride)),
      tess_build_attribute(b, "dilations", pair(b->context, ones)),
      tess_build_attribute(b, "operandSegmentSizes",
                           mlirDenseI32ArrayGet(b->context, 2, segments))};
  const MlirValue operands[] = {data, filter, mlirOperationGetOperand(like, 2)};
  const tess_op_t op = {
      .name = nchw ? "linalg.conv_2d_nchw_fchw" : "linalg.conv_2d_nhwc_hwcf",
      .operands = operands,
      .operand_count = 3,
      .attributes = attributes,
      .attribute_count = 3,
      .type = mlirValueGetType(mlirOperationGetResult(like, 0))};
  return tess_build_named(b, &op);
}

MlirValue tess_convolve(MlirOperation like, const tess_conv2d_t *conv,
                        MlirValue data, MlirValue filter,
                        const tess_window_t *window) {
  const tess_builder_t b = tess_build_before(like);
  return conv->tosa
             ? convolve_tosa(&b, like, data, filter, window)
             : convolve_linalg(&b, like, conv->nchw, data, filter, window);
}

tess_dims_t tess_convolve_filter(const tess_conv2d_t *conv, int64_t o,
                                 int64_t i, int64_t kh, int64_t kw) {
  if (conv->tosa)
    return (tess_dims_t){4, {o, kh, kw, i}};
  if (conv->nchw)
    return (tess_dims_t){4, {o, i, kh, kw}};
  return (tess_dims_t){4, {kh, kw, i, o}};
}
