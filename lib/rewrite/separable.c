/* A dense k x k convolution as a depthwise-separable one: a depthwise and a 1x1
 * convolution, in either order. Another function with new weights. */
#include "convolve.h"
#include "edit.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"
#include "vector.h"

enum { DEPTHWISE_FIRST = 1 };

static bool is_site(const tess_node_t *node, tess_conv2d_t *conv) {
  if (node->kind != TESS_NODE_CONV ||
      !tess_match_conv2d_with(node, TESS_TAKES_DILATION | TESS_TAKES_FHWC,
                              conv) ||
      (conv->kh == 1 && conv->kw == 1))
    return false;
  const int64_t data[] = {conv->n, conv->h, conv->w, conv->o, conv->c};
  return tess_match_fits(data, 5);
}

/* What the 1x1 convolution reads: not linalg's padding, which then goes around
 * the depthwise one. */
static int32_t find_pad(const tess_model_t *model, int32_t node,
                        const tess_conv2d_t *conv, tess_padding_t *padding) {
  return conv->tosa ? TESS_NONE
                    : tess_match_conv_pad(model, model->nodes[node].data, conv,
                                          padding);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  tess_conv2d_t conv;
  for (int32_t i = 0; i < model->node_count; i++) {
    const tess_node_t *node = &model->nodes[i];
    if (!is_site(node, &conv))
      continue;
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = "depthwise-first",
         .rewrite_class = TESS_CLASS_RETRAIN,
         .why = "a depthwise and a 1x1 convolution, of fewer products",
         .removed_macs = node->kernel.macs},
        {.name = "pointwise-first",
         .rewrite_class = TESS_CLASS_RETRAIN,
         .why = "a 1x1 and a depthwise convolution, of fewer products",
         .removed_macs = node->kernel.macs}};
    enum { ROOM = 8 };
    int32_t nodes[ROOM + 2] = {
        i, tess_match_elementwise_before(model, node->data)};
    int32_t count = nodes[1] == TESS_NONE ? 1 : 2;
    count += tess_match_pads_before(model, node->data, nodes + count, ROOM);
    tess_site_add(collector, i, nodes, count, alternatives, 3);
  }
}

/* ---- Applying. ---- */

/* Where the first of the two starts from: no bias, an accumulator of zeros. */
static MlirValue start_of(const tess_builder_t *b, MlirOperation op,
                          const tess_conv2d_t *conv, int64_t channels,
                          MlirType type) {
  MlirType bias =
      mlirValueGetType(mlirOperationGetOperand(op, tess_convolve_start(conv)));
  MlirType element = mlirShapedTypeGetElementType(bias);
  MlirAttribute zero = mlirFloatAttrDoubleGet(b->context, element, 0);
  if (!conv->tosa)
    return tess_build_fill(b, tess_build_number(b, 0, element), type);
  MlirType vector =
      mlirRankedTensorTypeGet(1, &channels, element, mlirAttributeGetNull());
  return tess_build_constant(b, mlirDenseElementsAttrSplatGet(vector, zero));
}

/* The result of the first one. */
static MlirType between(MlirOperation op, const tess_conv2d_t *conv, int64_t c,
                        int64_t h, int64_t w) {
  const tess_dims_t dims = {
      4, {conv->n, conv->nchw ? c : h, conv->nchw ? h : w, conv->nchw ? w : c}};
  return tess_build_type(&dims, mlirOperationGetResult(op, 0));
}

static MlirValue weight(MlirOperation op, const tess_dims_t *dims) {
  MlirValue old = mlirOperationGetOperand(op, 1);
  return tess_edit_add_weight(op, tess_build_type(dims, old), "separable", old);
}

static MlirValue depthwise_filter(MlirOperation op, const tess_conv2d_t *conv,
                                  int64_t c) {
  const tess_dims_t dims =
      tess_convolve_depthwise_filter(conv, c, conv->kh, conv->kw);
  return weight(op, &dims);
}

static MlirValue pointwise_filter(MlirOperation op, const tess_conv2d_t *conv) {
  const tess_dims_t dims = tess_convolve_filter(conv, conv->o, conv->c, 1, 1);
  return weight(op, &dims);
}

/* What the first one made, in the type that the second one reads. */
static MlirValue as_data(const tess_builder_t *b, MlirOperation op,
                         MlirValue made) {
  MlirType type = mlirValueGetType(mlirOperationGetOperand(op, 0));
  return tess_vector_cast(b, made, mlirShapedTypeGetElementType(type));
}

static const tess_window_t pointwise = {.stride = {1, 1}};

static MlirValue depthwise_first(const tess_builder_t *b, MlirOperation op,
                                 const tess_conv2d_t *conv) {
  const tess_window_t window = tess_convolve_window(conv);
  MlirType type = between(op, conv, conv->c, conv->oh, conv->ow);
  const tess_convolution_t first = {
      .data = mlirOperationGetOperand(op, 0),
      .filter = depthwise_filter(op, conv, conv->c),
      .start = start_of(b, op, conv, conv->c, type),
      .type = type,
      .depthwise = true};
  MlirValue data =
      as_data(b, op, tess_convolve_with(op, conv, &first, &window));
  return tess_convolve(op, conv, data, pointwise_filter(op, conv), &pointwise);
}

static MlirValue pointwise_first(const tess_builder_t *b, MlirOperation op,
                                 const tess_conv2d_t *conv, MlirOperation pad,
                                 const tess_padding_t *padding) {
  const tess_window_t window = tess_convolve_window(conv);
  MlirValue data =
      mlirOperationGetOperand(mlirOperationIsNull(pad) ? op : pad, 0);
  const tess_dims_t dims = tess_build_dims(data);
  MlirType type = between(op, conv, conv->o, dims.at[conv->nchw ? 2 : 1],
                          dims.at[conv->nchw ? 3 : 2]);
  const tess_convolution_t first = {.data = data,
                                    .filter = pointwise_filter(op, conv),
                                    .start =
                                        start_of(b, op, conv, conv->o, type),
                                    .type = type};
  data = as_data(b, op, tess_convolve_with(op, conv, &first, &pointwise));
  if (!mlirOperationIsNull(pad))
    data = tess_build_pad(b, data, padding->low, padding->high);
  const tess_convolution_t second = {.data = data,
                                     .filter =
                                         depthwise_filter(op, conv, conv->o),
                                     .depthwise = true};
  return tess_convolve_with(op, conv, &second, &window);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  tess_conv2d_t conv;
  tess_padding_t padding;
  if (!is_site(&model->nodes[anchor], &conv))
    return false;
  MlirOperation op = tess_edit_op(model, anchor), pad = {NULL};
  const tess_builder_t b = tess_build_before(op);
  int32_t node = find_pad(model, anchor, &conv, &padding);
  if (node != TESS_NONE)
    pad = tess_edit_op(model, node);
  tess_edit_replace(op, alternative == DEPTHWISE_FIRST
                            ? depthwise_first(&b, op, &conv)
                            : pointwise_first(&b, op, &conv, pad, &padding));
  return true;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  bool wide = n->kind == TESS_NODE_CONV && n->kernel.window[0] > 1;
  return wide ? tess_match_conv2d_obstacle(n, TESS_TAKES_DILATION |
                                                  TESS_TAKES_FHWC)
              : NULL;
}

const tess_rule_t tess_rule_separable = {find, apply, obstacle};
