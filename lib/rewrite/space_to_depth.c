/* Space-to-depth: a convolution with stride s and few input channels becomes
 * one with stride 1 on s x s blocks of pixels, s * s times the channels. The
 * filter is padded to whole blocks and regrouped, in IR, so it is exact. */
#include "convolve.h"
#include "edit.h"
#include "emit.h"
#include "match.h"
#include "rule.h"
#include "tessera/base/checked.h"

/* Above this the matrix unit's rows fill up without help: 8 channels are the
 * alignment of tensor cores, and s * s * 8 is beyond what regrouping gains. */
#define MAX_CHANNELS 8

/* One spatial dimension: the blocks that the new convolution reads. */
typedef struct axis {
  int64_t stride;
  int64_t size; /* pixels used: blocks * stride */
  int64_t blocks;
  int64_t taps;      /* of the new filter */
  int64_t offset;    /* zeros before the old filter */
  int64_t low, high; /* new padding, in blocks */
} axis_t;

/* TOSA pads inside the convolution, so blocks start at the tensor's edge and
 * padding must come out whole and not negative. */
static bool tosa_axis(int64_t size, int64_t out, int64_t window, int64_t stride,
                      int64_t pad, axis_t *axis) {
  axis->stride = stride;
  axis->size = size;
  axis->blocks = size / stride;
  axis->low = tess_ceil_div(pad, stride);
  axis->offset = axis->low * stride - pad;
  axis->taps = tess_ceil_div(window + axis->offset, stride);
  axis->high = out - 1 + axis->taps - axis->blocks - axis->low;
  return size % stride == 0 && axis->high >= 0;
}

/* linalg reads a tensor that is padded already; it is padded or cut to the
 * blocks that the outputs need. */
static bool linalg_axis(int64_t out, int64_t window, int64_t stride,
                        axis_t *axis) {
  *axis = (axis_t){.stride = stride, .taps = tess_ceil_div(window, stride)};
  axis->blocks = out - 1 + axis->taps;
  axis->size = axis->blocks * stride;
  return true;
}

static bool is_site(const tess_node_t *node, tess_conv2d_t *conv, axis_t *y,
                    axis_t *x) {
  if (node->kind != TESS_NODE_CONV || !tess_match_conv2d(node, conv) ||
      conv->c > MAX_CHANNELS || conv->sh < 2 || conv->sh != conv->sw)
    return false;
  if (!conv->tosa)
    return linalg_axis(conv->oh, conv->kh, conv->sh, y) &&
           linalg_axis(conv->ow, conv->kw, conv->sw, x);
  return tosa_axis(conv->h, conv->oh, conv->kh, conv->sh, conv->top, y) &&
         tosa_axis(conv->w, conv->ow, conv->kw, conv->sw, conv->left, x);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "blocks",
       .why = "more input channels fill the matrix unit, fewer taps"}};
  tess_conv2d_t conv;
  axis_t y, x;
  for (int32_t i = 0; i < model->node_count; i++)
    if (is_site(&model->nodes[i], &conv, &y, &x))
      tess_site_add(collector, i, &i, 1, alternatives, 2);
}

/* ---- Channels last: N H W C, filters O H W C (TOSA) or H W C O. ---- */

static void emit_blocks_last(tess_emit_t *emit, const char *operand,
                             const tess_dims_t *from, const axis_t *y,
                             const axis_t *x) {
  int64_t s = y->stride, c = from->at[3];
  const tess_dims_t split = {6, {from->at[0], y->blocks, s, x->blocks, s, c}};
  const tess_dims_t merged = {4,
                              {from->at[0], y->blocks, x->blocks, s * s * c}};
  const int32_t perm[] = {0, 1, 3, 2, 4, 5};
  tess_emit_reshape(emit, "split", operand, from, &split);
  tess_dims_t turned =
      tess_emit_transpose(emit, "turned", "split", &split, perm);
  tess_emit_reshape(emit, "result", "turned", &turned, &merged);
}

static void emit_filter_ohwi(tess_emit_t *emit, const tess_conv2d_t *conv,
                             const axis_t *y, const axis_t *x) {
  int64_t s = y->stride;
  const tess_dims_t old = {4, {conv->o, conv->kh, conv->kw, conv->c}};
  const int64_t low[] = {0, y->offset, x->offset, 0};
  const int64_t high[] = {0, s * y->taps - conv->kh - y->offset,
                          s * x->taps - conv->kw - x->offset, 0};
  tess_dims_t whole = tess_emit_pad(emit, "whole", "in0", &old, low, high);
  const tess_dims_t split = {6, {conv->o, y->taps, s, x->taps, s, conv->c}};
  const tess_dims_t merged = {4, {conv->o, y->taps, x->taps, s * s * conv->c}};
  const int32_t perm[] = {0, 1, 3, 2, 4, 5};
  tess_emit_reshape(emit, "split", "whole", &whole, &split);
  tess_dims_t turned =
      tess_emit_transpose(emit, "turned", "split", &split, perm);
  tess_emit_reshape(emit, "result", "turned", &turned, &merged);
}

static void emit_filter_hwio(tess_emit_t *emit, const tess_conv2d_t *conv,
                             const axis_t *y, const axis_t *x) {
  int64_t s = y->stride;
  const tess_dims_t old = {4, {conv->kh, conv->kw, conv->c, conv->o}};
  const int64_t low[] = {0, 0, 0, 0};
  const int64_t high[] = {s * y->taps - conv->kh, s * x->taps - conv->kw, 0, 0};
  tess_dims_t whole = tess_emit_pad(emit, "whole", "in0", &old, low, high);
  const tess_dims_t split = {6, {y->taps, s, x->taps, s, conv->c, conv->o}};
  const tess_dims_t merged = {4, {y->taps, x->taps, s * s * conv->c, conv->o}};
  const int32_t perm[] = {0, 2, 1, 3, 4, 5};
  tess_emit_reshape(emit, "split", "whole", &whole, &split);
  tess_dims_t turned =
      tess_emit_transpose(emit, "turned", "split", &split, perm);
  tess_emit_reshape(emit, "result", "turned", &turned, &merged);
}

/* ---- Channels first: N C H W and O C H W alike. ---- */

static void emit_blocks_first(tess_emit_t *emit, const char *operand,
                              const tess_dims_t *from, int64_t rows,
                              int64_t columns, int64_t s) {
  const tess_dims_t split = {6,
                             {from->at[0], from->at[1], rows, s, columns, s}};
  const tess_dims_t merged = {
      4, {from->at[0], s * s * from->at[1], rows, columns}};
  const int32_t perm[] = {0, 3, 5, 1, 2, 4};
  tess_emit_reshape(emit, "split", operand, from, &split);
  tess_dims_t turned =
      tess_emit_transpose(emit, "turned", "split", &split, perm);
  tess_emit_reshape(emit, "result", "turned", &turned, &merged);
}

static void emit_filter_oihw(tess_emit_t *emit, const tess_conv2d_t *conv,
                             const axis_t *y, const axis_t *x) {
  const tess_dims_t old = {4, {conv->o, conv->c, conv->kh, conv->kw}};
  const int64_t low[] = {0, 0, 0, 0};
  const int64_t high[] = {0, 0, y->stride * y->taps - conv->kh,
                          x->stride * x->taps - conv->kw};
  tess_dims_t whole = tess_emit_pad(emit, "whole", "in0", &old, low, high);
  emit_blocks_first(emit, "whole", &whole, y->taps, x->taps, y->stride);
}

/* ---- Applying. ---- */

/* Cuts or pads the data (%in0) to whole blocks where it is not; returns the
 * name of the value to go on with and its shape in `data`. */
static const char *emit_sized(tess_emit_t *emit, const tess_conv2d_t *conv,
                              const axis_t *y, const axis_t *x,
                              tess_dims_t *data) {
  int32_t h = conv->nchw ? 2 : 1;
  *data = (tess_dims_t){4, {conv->n, conv->h, conv->w, conv->c}};
  if (conv->nchw)
    *data = (tess_dims_t){4, {conv->n, conv->c, conv->h, conv->w}};
  const char *name = "in0";
  if (conv->h > y->size || conv->w > x->size) {
    tess_dims_t cut = *data;
    cut.at[h] = conv->h < y->size ? conv->h : y->size;
    cut.at[h + 1] = conv->w < x->size ? conv->w : x->size;
    tess_emit_slice(emit, "cut", name, data, &cut);
    *data = cut;
    name = "cut";
  }
  if (conv->h < y->size || conv->w < x->size) {
    const int64_t low[4] = {0};
    int64_t high[4] = {0};
    high[h] = y->size - data->at[h];
    high[h + 1] = x->size - data->at[h + 1];
    *data = tess_emit_pad(emit, "sized", name, data, low, high);
    name = "sized";
  }
  return name;
}

static tess_status_t splice_data(MlirOperation op, const tess_conv2d_t *conv,
                                 const axis_t *y, const axis_t *x,
                                 MlirValue *blocks) {
  MlirValue data = mlirOperationGetOperand(op, 0);
  tess_emit_t emit = {.tosa = conv->tosa, .like = mlirValueGetType(data)};
  tess_dims_t sized;
  const char *name = emit_sized(&emit, conv, y, x, &sized);
  int64_t c = conv->c * y->stride * y->stride;
  tess_dims_t result = {4, {conv->n, y->blocks, x->blocks, c}};
  if (conv->nchw) {
    emit_blocks_first(&emit, name, &sized, y->blocks, x->blocks, y->stride);
    result = (tess_dims_t){4, {conv->n, c, y->blocks, x->blocks}};
  } else {
    emit_blocks_last(&emit, name, &sized, y, x);
  }
  tess_text_t type = TESS_TEXT_INIT;
  tess_edit_add_type(&type, result.at, 4, emit.like);
  tess_status_t status = tess_edit_splice(op, &data, 1, tess_text_get(&type),
                                          tess_text_get(&emit.body), blocks);
  tess_text_free(&emit.body);
  tess_text_free(&type);
  return status;
}

static tess_status_t splice_filter(MlirOperation op, const tess_conv2d_t *conv,
                                   const axis_t *y, const axis_t *x,
                                   MlirValue *regrouped) {
  MlirValue filter = mlirOperationGetOperand(op, 1);
  tess_emit_t emit = {.tosa = conv->tosa, .like = mlirValueGetType(filter)};
  if (conv->tosa)
    emit_filter_ohwi(&emit, conv, y, x);
  else if (conv->nchw)
    emit_filter_oihw(&emit, conv, y, x);
  else
    emit_filter_hwio(&emit, conv, y, x);
  tess_text_t type = TESS_TEXT_INIT;
  tess_convolve_filter_type(&type, conv, conv->o,
                            conv->c * y->stride * y->stride, y->taps, x->taps,
                            emit.like);
  tess_status_t status = tess_edit_splice(op, &filter, 1, tess_text_get(&type),
                                          tess_text_get(&emit.body), regrouped);
  tess_text_free(&emit.body);
  tess_text_free(&type);
  return status;
}

static tess_status_t apply(const tess_model_t *model, int32_t anchor,
                           int32_t alternative, bool *applied) {
  (void)alternative;
  tess_conv2d_t conv;
  axis_t y, x;
  if (!is_site(&model->nodes[anchor], &conv, &y, &x))
    return TESS_SUCCESS;
  MlirOperation op = tess_edit_op(model, anchor);
  MlirValue blocks, regrouped;
  TESS_TRY(splice_data(op, &conv, &y, &x, &blocks));
  TESS_TRY(splice_filter(op, &conv, &y, &x, &regrouped));
  const tess_window_t window = {{1, 1}, {y.low, x.low}, {y.high, x.high}};
  tess_edit_replace(op, tess_convolve(op, &conv, blocks, regrouped, &window));
  *applied = true;
  return TESS_SUCCESS;
}

const tess_rule_t tess_rule_space_to_depth = {find, apply};
