/* A grouped convolution as a dense one: the filter becomes block-diagonal, zero
 * wherever input and output are of different groups. Exact; it pays where
 * groups are too small to fill the matrix unit. linalg alone: TOSA has no
 * groups. */
#include "convolve.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"

static bool is_site(const tess_node_t *node, tess_conv2d_t *conv) {
  const unsigned takes =
      TESS_TAKES_DILATION | TESS_TAKES_GROUPS | TESS_TAKES_INT8;
  if (node->kind != TESS_NODE_CONV ||
      !tess_match_conv2d_with(node, takes, conv) || !conv->grouped ||
      conv->groups < 2)
    return false;
  const int64_t filter[] = {conv->kh, conv->kw, conv->c, conv->o, 2};
  const int64_t macs[] = {conv->n,  conv->oh, conv->ow, conv->kh,
                          conv->kw, conv->c,  conv->o};
  return tess_match_fits(filter, 5) && tess_match_fits(macs, 7);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  tess_conv2d_t conv;
  for (int32_t i = 0; i < model->node_count; i++) {
    if (!is_site(&model->nodes[i], &conv))
      continue;
    const tess_kernel_t dense =
        tess_match_dense(&model->nodes[i], conv.c, conv.o);
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = "dense",
         .why =
             "one product that fills the matrix unit, block-diagonal weights",
         .least = &dense}};
    tess_site_add(collector, i, &i, 1, alternatives, 2);
  }
}

/* G x F x C x kh x kw, in whatever order the op has them. */
static MlirValue in_order(const tess_builder_t *b, const tess_conv2d_t *conv,
                          MlirValue filter) {
  static const char letters[] = "GFCHW";
  int32_t perm[5];
  for (int i = 0; i < 5; i++)
    perm[i] = tess_match_axis(conv->filter_layout, letters[i]);
  return tess_build_transpose(b, filter, perm);
}

/* Each group's weights followed by as many zeros as G groups have, read with
 * rows of G groups, puts those of group g at (g, g), without any arithmetic on
 * indices. Then outputs are (G F), inputs (G C). */
static MlirValue diagonal(const tess_builder_t *b, const tess_conv2d_t *conv,
                          MlirValue filter) {
  int64_t g = conv->groups, f = conv->o / g, c = conv->c / g;
  int64_t block = f * c * conv->kh * conv->kw;
  const tess_dims_t rows = {2, {g, block}}, flat = {1, {g * (g + 1) * block}};
  const tess_dims_t cut = {1, {g * g * block}};
  const tess_dims_t blocks = {6, {g, g, f, c, conv->kh, conv->kw}};
  const int32_t first[] = {0, 2, 1, 3, 4, 5}, last[] = {4, 5, 1, 3, 0, 2};
  const tess_dims_t dense =
      tess_convolve_filter(conv, conv->o, conv->c, conv->kh, conv->kw);
  const int64_t none[] = {0, 0}, zeros[] = {0, g * block};
  MlirValue value = in_order(b, conv, filter);
  value = tess_build_reshape(b, value, &rows);
  value = tess_build_pad_with(b, value, none, zeros, (double)conv->filter_zero);
  value = tess_build_reshape(b, value, &flat);
  value = tess_build_slice(b, value, &cut);
  value = tess_build_reshape(b, value, &blocks);
  value = tess_build_transpose(b, value, conv->nchw ? first : last);
  return tess_build_reshape(b, value, &dense);
}

/* Groups and their channels as one dimension. */
static MlirValue joined(const tess_builder_t *b, const tess_conv2d_t *conv,
                        MlirValue tensor) {
  tess_dims_t dims = tess_build_dims(tensor);
  int32_t groups = conv->nchw ? 1 : 3;
  dims.at[groups] *= dims.at[groups + 1];
  dims.rank--;
  for (int32_t i = groups + 1; i < dims.rank; i++)
    dims.at[i] = dims.at[i + 1];
  return tess_build_reshape(b, tensor, &dims);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  tess_conv2d_t conv;
  if (!is_site(&model->nodes[anchor], &conv))
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  const tess_builder_t b = tess_build_before(op);
  const tess_window_t window = tess_convolve_window(&conv);
  tess_convolution_t made = {
      .data = joined(&b, &conv, mlirOperationGetOperand(op, 0)),
      .filter = diagonal(&b, &conv, mlirOperationGetOperand(op, 1)),
      .start = joined(&b, &conv,
                      mlirOperationGetOperand(op, tess_convolve_start(&conv)))};
  made.type = mlirValueGetType(made.start);
  MlirValue result = tess_convolve_with(op, &conv, &made, &window);
  const tess_dims_t dims = tess_build_dims(mlirOperationGetResult(op, 0));
  tess_edit_replace(op, tess_build_reshape(&b, result, &dims));
  return true;
}

const tess_rule_t tess_rule_dense_grouped = {find, apply, NULL};
