/* Making the convolution that a rewrite ends with. */
#include "convolve.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <string.h>

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

intptr_t tess_convolve_start(const tess_conv2d_t *conv) {
  return conv->quantised ? 4 : 2;
}

tess_window_t tess_convolve_window(const tess_conv2d_t *conv) {
  return (tess_window_t){{conv->sh, conv->sw},
                         {conv->top, conv->left},
                         {conv->bottom, conv->right},
                         {conv->dh, conv->dw}};
}

static MlirValue convolve_tosa(const tess_builder_t *b, MlirOperation like,
                               const tess_convolution_t *made,
                               const tess_window_t *window) {
  const int64_t pad[] = {window->low[0], window->high[0], window->low[1],
                         window->high[1]};
  MlirAttribute bound = attribute_of(like, "local_bound");
  MlirNamedAttribute attributes[5] = {
      tess_build_attribute(b, "pad", mlirDenseI64ArrayGet(b->context, 4, pad)),
      tess_build_attribute(b, "stride",
                           mlirDenseI64ArrayGet(b->context, 2, window->stride)),
      tess_build_attribute(
          b, "dilation", mlirDenseI64ArrayGet(b->context, 2, window->dilation)),
      tess_build_attribute(b, "acc_type", attribute_of(like, "acc_type"))};
  if (!mlirAttributeIsNull(bound))
    attributes[4] = tess_build_attribute(b, "local_bound", bound);
  const MlirValue operands[] = {made->data, made->filter, made->start,
                                mlirOperationGetOperand(like, 3),
                                mlirOperationGetOperand(like, 4)};
  const tess_op_t op = {.name = made->depthwise ? "tosa.depthwise_conv2d"
                                                : "tosa.conv2d",
                        .operands = operands,
                        .operand_count = 5,
                        .attributes = attributes,
                        .attribute_count = mlirAttributeIsNull(bound) ? 4 : 5,
                        .type = made->type};
  return tess_build_op(b, &op);
}

static MlirAttribute pair(MlirContext context, const int64_t values[2]) {
  const int64_t shape[] = {2};
  MlirType type = mlirVectorTypeGet(1, shape, mlirIntegerTypeGet(context, 64));
  return mlirDenseElementsAttrInt64Get(type, 2, values);
}

static const char *linalg_name(const tess_conv2d_t *conv,
                               const tess_convolution_t *made) {
  bool q = conv->quantised, grouped = made->grouped;
  if (made->depthwise)
    return conv->nchw ? "linalg.depthwise_conv_2d_nchw_chw"
                      : "linalg.depthwise_conv_2d_nhwc_hwc";
  if (grouped && conv->nchw)
    return q ? "linalg.conv_2d_ngchw_gfchw_q" : "linalg.conv_2d_ngchw_gfchw";
  if (grouped)
    return q ? "linalg.conv_2d_nhwgc_gfhwc_q" : "linalg.conv_2d_nhwgc_gfhwc";
  if (conv->nchw)
    return q ? "linalg.conv_2d_nchw_fchw_q" : "linalg.conv_2d_nchw_fchw";
  if (!strcmp(conv->filter_layout, "FHWC"))
    return q ? "linalg.conv_2d_nhwc_fhwc_q" : "linalg.conv_2d_nhwc_fhwc";
  return q ? "linalg.conv_2d_nhwc_hwcf_q" : "linalg.conv_2d_nhwc_hwcf";
}

static MlirValue convolve_linalg(const tess_builder_t *b, MlirOperation like,
                                 const tess_conv2d_t *conv,
                                 const tess_convolution_t *made,
                                 const tess_window_t *window) {
  const int32_t segments[] = {conv->quantised ? 4 : 2, 1};
  const MlirNamedAttribute attributes[] = {
      tess_build_attribute(b, "strides", pair(b->context, window->stride)),
      tess_build_attribute(b, "dilations", pair(b->context, window->dilation)),
      tess_build_attribute(b, "operandSegmentSizes",
                           mlirDenseI32ArrayGet(b->context, 2, segments))};
  MlirValue operands[5] = {made->data, made->filter};
  if (conv->quantised) {
    operands[2] = mlirOperationGetOperand(like, 2);
    operands[3] = mlirOperationGetOperand(like, 3);
  }
  operands[segments[0]] = made->start;
  const tess_op_t op = {.name = linalg_name(conv, made),
                        .operands = operands,
                        .operand_count = segments[0] + 1,
                        .attributes = attributes,
                        .attribute_count = 3,
                        .type = made->type};
  return tess_build_named(b, &op);
}

MlirValue tess_convolve_with(MlirOperation like, const tess_conv2d_t *conv,
                             const tess_convolution_t *made,
                             const tess_window_t *window) {
  const tess_builder_t b = tess_build_before(like);
  tess_convolution_t whole = *made;
  tess_window_t w = *window;
  if (mlirValueIsNull(whole.start))
    whole.start = mlirOperationGetOperand(like, tess_convolve_start(conv));
  if (mlirTypeIsNull(whole.type))
    whole.type = mlirValueGetType(mlirOperationGetResult(like, 0));
  for (int i = 0; i < 2; i++)
    w.dilation[i] = w.dilation[i] ? w.dilation[i] : 1;
  return conv->tosa ? convolve_tosa(&b, like, &whole, &w)
                    : convolve_linalg(&b, like, conv, &whole, &w);
}

MlirValue tess_convolve(MlirOperation like, const tess_conv2d_t *conv,
                        MlirValue data, MlirValue filter,
                        const tess_window_t *window) {
  const tess_convolution_t made = {.data = data, .filter = filter};
  return tess_convolve_with(like, conv, &made, window);
}

tess_dims_t tess_convolve_filter(const tess_conv2d_t *conv, int64_t o,
                                 int64_t i, int64_t kh, int64_t kw) {
  if (conv->tosa || !strcmp(conv->filter_layout, "FHWC"))
    return (tess_dims_t){4, {o, kh, kw, i}};
  if (conv->nchw)
    return (tess_dims_t){4, {o, i, kh, kw}};
  return (tess_dims_t){4, {kh, kw, i, o}};
}

static void set_attribute(MlirOperation op, const char *name,
                          MlirAttribute value) {
  mlirOperationSetAttributeByName(op, mlirStringRefCreateFromCString(name),
                                  value);
}

MlirValue tess_convolve_again(MlirOperation like, const tess_conv2d_t *conv,
                              MlirValue data, MlirValue start, MlirType type,
                              const tess_window_t *window) {
  MlirContext context = mlirOperationGetContext(like);
  MlirOperation made = mlirOperationClone(like);
  const int64_t pad[] = {window->low[0], window->high[0], window->low[1],
                         window->high[1]};
  mlirOperationSetOperand(made, 0, data);
  mlirOperationSetOperand(made, tess_convolve_start(conv), start);
  mlirValueSetType(mlirOperationGetResult(made, 0), type);
  if (conv->tosa) {
    set_attribute(made, "pad", mlirDenseI64ArrayGet(context, 4, pad));
    set_attribute(made, "stride",
                  mlirDenseI64ArrayGet(context, 2, window->stride));
    set_attribute(made, "dilation",
                  mlirDenseI64ArrayGet(context, 2, window->dilation));
  } else {
    set_attribute(made, "strides", pair(context, window->stride));
    set_attribute(made, "dilations", pair(context, window->dilation));
    /* linalg remembers the maps that it made of the old ones. */
    mlirOperationRemoveAttributeByName(
        made, mlirStringRefCreateFromCString("linalg.memoized_indexing_maps"));
  }
  mlirBlockInsertOwnedOperationBefore(mlirOperationGetBlock(like), like, made);
  return mlirOperationGetResult(made, 0);
}

tess_dims_t tess_convolve_depthwise_filter(const tess_conv2d_t *conv, int64_t c,
                                           int64_t kh, int64_t kw) {
  if (conv->tosa)
    return (tess_dims_t){4, {kh, kw, c, 1}};
  return conv->nchw ? (tess_dims_t){3, {c, kh, kw}}
                    : (tess_dims_t){3, {kh, kw, c}};
}
