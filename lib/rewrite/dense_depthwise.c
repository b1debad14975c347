/* A depthwise convolution as a dense one: the filter becomes block-diagonal,
 * zero wherever input and output channel differ. Exact; it pays where the
 * matrix unit is so much faster that multiplying by zeros is free. */
#include "convolve.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"

#define TAKES (TESS_TAKES_INT8 | TESS_TAKES_DILATION)

static bool is_site(const tess_node_t *node, tess_conv2d_t *conv) {
  if (node->kind != TESS_NODE_DEPTHWISE ||
      !tess_match_conv2d_with(node, TAKES, conv))
    return false;
  const int64_t filter[] = {conv->kh, conv->kw, conv->c, conv->c + 1};
  const int64_t macs[] = {conv->n,  conv->oh, conv->ow, conv->kh,
                          conv->kw, conv->c,  conv->c};
  return tess_match_fits(filter, 4) && tess_match_fits(macs, 7);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  tess_conv2d_t conv;
  for (int32_t i = 0; i < model->node_count; i++) {
    if (!is_site(&model->nodes[i], &conv))
      continue;
    const tess_kernel_t dense =
        tess_match_dense(&model->nodes[i], conv.c, conv.c);
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = "dense",
         .why = "matrix unit instead of vector unit, block-diagonal weights",
         .least = &dense}};
    const int32_t nodes[] = {
        i, tess_match_elementwise_before(model, model->nodes[i].data)};
    tess_site_add(collector, i, nodes, nodes[1] == TESS_NONE ? 1 : 2,
                  alternatives, 2);
  }
}

/* The filter is kh x kw x C x 1. Each tap's C weights become the diagonal of a
 * C x C matrix without any index arithmetic: each weight followed by C zeros,
 * read with rows of length C, puts the k-th one at (k, k). */
static MlirValue diagonal_tosa(const tess_builder_t *b,
                               const tess_conv2d_t *conv, MlirValue filter) {
  int64_t c = conv->c, taps = conv->kh * conv->kw;
  const int64_t none[] = {0, 0, 0, 0}, zeros[] = {0, 0, 0, c};
  const tess_dims_t flat = {2, {taps, c * (c + 1)}}, cut = {2, {taps, c * c}};
  const tess_dims_t square = {4, {conv->kh, conv->kw, c, c}};
  const int32_t output_first[] = {3, 0, 1, 2};
  MlirValue value =
      tess_build_pad_with(b, filter, none, zeros, (double)conv->filter_zero);
  value = tess_build_reshape(b, value, &flat);
  value = tess_build_slice(b, value, &cut);
  value = tess_build_reshape(b, value, &square);
  return tess_build_transpose(b, value, output_first);
}

static MlirValue channel(const tess_builder_t *in, int64_t loop) {
  const MlirNamedAttribute dim[] = {tess_build_attribute(
      in, "dim",
      mlirIntegerAttrGet(mlirIntegerTypeGet(in->context, 64), loop))};
  const tess_op_t op = {.name = "linalg.index",
                        .attributes = dim,
                        .attribute_count = 1,
                        .type = mlirIndexTypeGet(in->context)};
  return tess_build_op(in, &op);
}

/* Which loops run over output and input channels, and what stands for zero. */
typedef struct diagonal {
  int32_t outputs, inputs;
  double zero;
} diagonal_t;

/* The weight where both channels are the same, else zero. */
static MlirValue diagonal_element(const tess_builder_t *in, MlirValue weight,
                                  const void *data) {
  const diagonal_t *d = data;
  MlirValue zero = tess_build_number(in, d->zero, mlirValueGetType(weight));
  const MlirValue channels[] = {channel(in, d->outputs),
                                channel(in, d->inputs)};
  const MlirNamedAttribute equal[] = {tess_build_attribute(
      in, "predicate",
      mlirIntegerAttrGet(mlirIntegerTypeGet(in->context, 64), 0))};
  const tess_op_t compare = {.name = "arith.cmpi",
                             .operands = channels,
                             .operand_count = 2,
                             .attributes = equal,
                             .attribute_count = 1,
                             .type = mlirIntegerTypeGet(in->context, 1)};
  const MlirValue choice[] = {tess_build_op(in, &compare), weight, zero};
  const tess_op_t select = {.name = "arith.select",
                            .operands = choice,
                            .operand_count = 3,
                            .type = mlirValueGetType(weight)};
  return tess_build_op(in, &select);
}

/* The filter is C x kh x kw (NCHW) or kh x kw x C (NHWC). */
static MlirValue diagonal_linalg(const tess_builder_t *b,
                                 const tess_conv2d_t *conv, MlirValue filter) {
  static const int32_t oyx[] = {0, 2, 3}, yxo[] = {0, 1, 3}; /* reads */
  const diagonal_t d = {conv->nchw ? 0 : 3, conv->nchw ? 1 : 2,
                        (double)conv->filter_zero};
  const tess_dims_t dense =
      tess_convolve_filter(conv, conv->c, conv->c, conv->kh, conv->kw);
  return tess_build_generic(b, filter, tess_build_type(&dense, filter),
                            conv->nchw ? oyx : yxo, diagonal_element, &d);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  tess_conv2d_t conv;
  if (!is_site(&model->nodes[anchor], &conv))
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  const tess_builder_t b = tess_build_before(op);
  MlirValue filter = (conv.tosa ? diagonal_tosa : diagonal_linalg)(
      &b, &conv, mlirOperationGetOperand(op, 1));
  const tess_window_t window = tess_convolve_window(&conv);
  tess_edit_replace(op, tess_convolve(op, &conv, mlirOperationGetOperand(op, 0),
                                      filter, &window));
  return true;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  return n->kind == TESS_NODE_DEPTHWISE ? tess_match_conv2d_obstacle(n, TAKES)
                                        : NULL;
}

const tess_rule_t tess_rule_dense_depthwise = {find, apply, obstacle};
