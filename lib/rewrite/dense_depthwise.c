/* A depthwise convolution as a dense one: the filter becomes block-diagonal,
 * zero wherever input and output channel differ. Exact; it pays where the
 * matrix unit is so much faster that multiplying by zeros is free. */
#include "convolve.h"
#include "edit.h"
#include "emit.h"
#include "match.h"
#include "rule.h"

static bool is_site(const tess_node_t *node, tess_conv2d_t *conv) {
  if (node->kind != TESS_NODE_DEPTHWISE || !tess_match_conv2d(node, conv))
    return false;
  const int64_t filter[] = {conv->kh, conv->kw, conv->c, conv->c + 1};
  const int64_t macs[] = {conv->n,  conv->oh, conv->ow, conv->kh,
                          conv->kw, conv->c,  conv->c};
  return tess_match_fits(filter, 4) && tess_match_fits(macs, 7);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "dense",
       .why = "matrix unit instead of vector unit, block-diagonal weights"}};
  tess_conv2d_t conv;
  for (int32_t i = 0; i < model->node_count; i++)
    if (is_site(&model->nodes[i], &conv))
      tess_site_add(collector, i, &i, 1, alternatives, 2);
}

/* %in0 is kh x kw x C x 1. Each tap's C weights become the diagonal of a C x C
 * matrix without any index arithmetic: each weight followed by C zeros, read
 * with rows of length C, puts the k-th one at (k, k). */
static void emit_tosa(tess_emit_t *emit, const tess_conv2d_t *conv) {
  int64_t c = conv->c, t = conv->kh * conv->kw;
  const tess_dims_t filter = {4, {conv->kh, conv->kw, c, 1}};
  const tess_dims_t column = {3, {t, c, 1}};
  const tess_dims_t flat = {2, {t, c * (c + 1)}}, cut = {2, {t, c * c}};
  const tess_dims_t square = {3, {t, c, c}};
  const tess_dims_t dense = {4, {c, conv->kh, conv->kw, c}};
  const int64_t none[] = {0, 0, 0}, zeros[] = {0, 0, c};
  const int32_t output_first[] = {1, 0, 2};
  tess_emit_reshape(emit, "column", "in0", &filter, &column);
  tess_dims_t wide =
      tess_emit_pad(emit, "wide", "column", &column, none, zeros);
  tess_emit_reshape(emit, "flat", "wide", &wide, &flat);
  tess_emit_slice(emit, "cut", "flat", &flat, &cut);
  tess_emit_reshape(emit, "square", "cut", &cut, &square);
  tess_dims_t turned =
      tess_emit_transpose(emit, "turned", "square", &square, output_first);
  tess_emit_reshape(emit, "result", "turned", &turned, &dense);
}

/* %in0 is C x kh x kw (NCHW) or kh x kw x C (NHWC). */
static void emit_linalg(tess_emit_t *emit, const tess_conv2d_t *conv,
                        const char *type) {
  tess_text_t *body = &emit->body;
  const char *map = conv->nchw ? "affine_map<(o, i, y, x) -> (o, y, x)>"
                               : "affine_map<(y, x, i, o) -> (y, x, o)>";
  const char *same = conv->nchw ? "affine_map<(o, i, y, x) -> (o, i, y, x)>"
                                : "affine_map<(y, x, i, o) -> (y, x, i, o)>";
  tess_text_add(body,
                "%%empty = tensor.empty() : %s\n"
                "%%result = linalg.generic {indexing_maps = [%s, %s], "
                "iterator_types = [\"parallel\", \"parallel\", \"parallel\", "
                "\"parallel\"]} ins(%%in0 : ",
                type, map, same);
  tess_edit_add_printed(body, emit->like);
  tess_text_add(body, ") outs(%%empty : %s) {\n^bb0(%%w: ", type);
  tess_edit_add_element(body, emit->like);
  tess_text_add(body, ", %%out: ");
  tess_edit_add_element(body, emit->like);
  tess_text_add(body, "):\n%%zero = arith.constant 0.0 : ");
  tess_edit_add_element(body, emit->like);
  tess_text_add(body,
                "\n%%o = linalg.index %d : index\n"
                "%%i = linalg.index %d : index\n"
                "%%same = arith.cmpi eq, %%o, %%i : index\n"
                "%%r = arith.select %%same, %%w, %%zero : ",
                conv->nchw ? 0 : 3, conv->nchw ? 1 : 2);
  tess_edit_add_element(body, emit->like);
  tess_text_add(body, "\nlinalg.yield %%r : ");
  tess_edit_add_element(body, emit->like);
  tess_text_add(body, "\n} -> %s\n", type);
}

static tess_status_t block_diagonal(MlirOperation op, const tess_conv2d_t *conv,
                                    MlirValue *dense) {
  MlirValue filter = mlirOperationGetOperand(op, 1);
  tess_emit_t emit = {.tosa = conv->tosa, .like = mlirValueGetType(filter)};
  tess_text_t type = TESS_TEXT_INIT;
  tess_convolve_filter_type(&type, conv, conv->c, conv->c, conv->kh, conv->kw,
                            emit.like);
  if (conv->tosa)
    emit_tosa(&emit, conv);
  else
    emit_linalg(&emit, conv, tess_text_get(&type));
  tess_status_t status = tess_edit_splice(op, &filter, 1, tess_text_get(&type),
                                          tess_text_get(&emit.body), dense);
  tess_text_free(&emit.body);
  tess_text_free(&type);
  return status;
}

static tess_status_t apply(const tess_model_t *model, int32_t anchor,
                           int32_t alternative, bool *applied) {
  (void)alternative;
  tess_conv2d_t conv;
  if (!is_site(&model->nodes[anchor], &conv))
    return TESS_SUCCESS;
  MlirOperation op = tess_edit_op(model, anchor);
  MlirValue dense;
  TESS_TRY(block_diagonal(op, &conv, &dense));
  const tess_window_t window = {
      {conv.sh, conv.sw}, {conv.top, conv.left}, {conv.bottom, conv.right}};
  tess_edit_replace(op, tess_convolve(op, &conv, mlirOperationGetOperand(op, 0),
                                      dense, &window));
  *applied = true;
  return TESS_SUCCESS;
}

const tess_rule_t tess_rule_dense_depthwise = {find, apply};
