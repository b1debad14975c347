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

typedef struct plan {
  tess_conv2d_t conv; /* h, w: of the tensor that is cut into blocks */
  axis_t y, x;
  int32_t pad; /* the tensor.pad that the new padding replaces, or TESS_NONE */
} plan_t;

/* Blocks start at the tensor's edge, so the padding before it comes out in
 * whole blocks and must not be negative after it. */
static bool padded_axis(int64_t size, int64_t out, int64_t window,
                        int64_t stride, int64_t pad, axis_t *axis) {
  axis->stride = stride;
  axis->size = size;
  axis->blocks = size / stride;
  axis->low = tess_ceil_div(pad, stride);
  axis->offset = axis->low * stride - pad;
  axis->taps = tess_ceil_div(window + axis->offset, stride);
  axis->high = out - 1 + axis->taps - axis->blocks - axis->low;
  return size % stride == 0 && axis->high >= 0;
}

/* Where there is no padding of the op's own, the tensor may be padded or cut
 * to the blocks that the outputs need. */
static void sized_axis(int64_t out, int64_t window, int64_t stride,
                       axis_t *axis) {
  *axis = (axis_t){.stride = stride, .taps = tess_ceil_div(window, stride)};
  axis->blocks = out - 1 + axis->taps;
  axis->size = axis->blocks * stride;
}

static bool plan_padded(plan_t *plan) {
  const tess_conv2d_t *c = &plan->conv;
  return padded_axis(c->h, c->oh, c->kh, c->sh, c->top, &plan->y) &&
         padded_axis(c->w, c->ow, c->kw, c->sw, c->left, &plan->x);
}

/* No single size is so large that arithmetic on a few of them overflows. */
static bool is_sane(const tess_model_t *model, const plan_t *plan) {
  const tess_conv2d_t *c = &plan->conv;
  const int64_t sizes[] = {c->h,  c->w,  c->oh,  c->ow,  c->kh,
                           c->kw, c->sh, c->top, c->left};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] > INT32_MAX)
      return false;
  const tess_node_t *pad =
      plan->pad == TESS_NONE ? NULL : &model->nodes[plan->pad];
  for (int i = 1; pad && i < 4; i++)
    if (pad->pad_low[i] > INT32_MAX)
      return false;
  return true;
}

/* A linalg convolution right behind a pad of zeros: as if it padded itself. */
static bool plan_through_pad(const tess_model_t *model, int32_t data,
                             plan_t *plan) {
  plan->pad = tess_match_spatial_pad(model, data, plan->conv.nchw);
  if (plan->pad == TESS_NONE || !is_sane(model, plan))
    return false;
  plan_t inside = *plan;
  const tess_node_t *pad = &model->nodes[plan->pad];
  const tess_value_t *input = &model->values[pad->inputs[0]];
  int32_t h = plan->conv.nchw ? 2 : 1;
  inside.conv.h = input->shape[h];
  inside.conv.w = input->shape[h + 1];
  inside.conv.top = pad->pad_low[h];
  inside.conv.left = pad->pad_low[h + 1];
  if (!plan_padded(&inside))
    return false;
  *plan = inside;
  return true;
}

/* Whether data, filter and products of the plan can be counted. */
static bool plan_fits(const plan_t *plan) {
  const tess_conv2d_t *c = &plan->conv;
  const axis_t *y = &plan->y, *x = &plan->x;
  int64_t s = y->stride;
  const int64_t data[] = {c->n, c->c,
                          s,    y->low + y->blocks + y->high,
                          s,    x->low + x->blocks + x->high};
  const int64_t filter[] = {c->o, c->c, s, y->taps, s, x->taps};
  const int64_t macs[] = {c->n, c->oh, c->ow,   c->o,   c->c,
                          s,    s,     y->taps, x->taps};
  return tess_match_fits(data, 6) && tess_match_fits(filter, 6) &&
         tess_match_fits(macs, 9);
}

static bool make_plan(const tess_model_t *model, int32_t index, plan_t *plan) {
  const tess_node_t *node = &model->nodes[index];
  const tess_conv2d_t *c = &plan->conv;
  if (node->kind != TESS_NODE_CONV || !tess_match_conv2d(node, &plan->conv) ||
      c->c > MAX_CHANNELS || c->sh < 2 || c->sh != c->sw)
    return false;
  plan->pad = TESS_NONE;
  if (!is_sane(model, plan))
    return false;
  if (c->tosa)
    return plan_padded(plan) && plan_fits(plan);
  if (plan_through_pad(model, node->data, plan))
    return plan_fits(plan);
  plan->pad = TESS_NONE;
  sized_axis(c->oh, c->kh, c->sh, &plan->y);
  sized_axis(c->ow, c->kw, c->sw, &plan->x);
  return plan_fits(plan);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "blocks",
       .why = "more input channels fill the matrix unit, fewer taps"}};
  for (int32_t i = 0; i < model->node_count; i++) {
    plan_t plan;
    if (!make_plan(model, i, &plan))
      continue;
    const int32_t nodes[] = {i, plan.pad};
    tess_site_add(collector, i, nodes, plan.pad == TESS_NONE ? 1 : 2,
                  alternatives, 2);
  }
}

/* ---- Regrouping: s x s pixels and C channels become one dimension. ---- */

/* N (H s) (W s) C -> N H W (s s C), and filters O (H s) (W s) C alike. */
static void emit_blocks_last(tess_emit_t *emit, const char *result,
                             const char *operand, const tess_dims_t *from,
                             const int64_t blocks[2], int64_t s,
                             tess_dims_t *to) {
  const tess_dims_t split = {
      6, {from->at[0], blocks[0], s, blocks[1], s, from->at[3]}};
  *to = (tess_dims_t){4,
                      {from->at[0], blocks[0], blocks[1], s * s * from->at[3]}};
  const int32_t perm[] = {0, 1, 3, 2, 4, 5};
  tess_emit_reshape(emit, "split", operand, from, &split);
  tess_dims_t turned =
      tess_emit_transpose(emit, "turned", "split", &split, perm);
  tess_emit_reshape(emit, result, "turned", &turned, to);
}

/* N C (H s) (W s) -> N (s s C) H W, and filters O C (H s) (W s) alike. */
static void emit_blocks_first(tess_emit_t *emit, const char *result,
                              const char *operand, const tess_dims_t *from,
                              const int64_t blocks[2], int64_t s,
                              tess_dims_t *to) {
  const tess_dims_t split = {
      6, {from->at[0], from->at[1], blocks[0], s, blocks[1], s}};
  *to = (tess_dims_t){4,
                      {from->at[0], s * s * from->at[1], blocks[0], blocks[1]}};
  const int32_t perm[] = {0, 3, 5, 1, 2, 4};
  tess_emit_reshape(emit, "split", operand, from, &split);
  tess_dims_t turned =
      tess_emit_transpose(emit, "turned", "split", &split, perm);
  tess_emit_reshape(emit, result, "turned", &turned, to);
}

/* (H s) (W s) C O -> H W (s s C) O. */
static void emit_filter_hwio(tess_emit_t *emit, const tess_dims_t *from,
                             const int64_t taps[2], int64_t s) {
  const tess_dims_t split = {
      6, {taps[0], s, taps[1], s, from->at[2], from->at[3]}};
  const tess_dims_t to = {4,
                          {taps[0], taps[1], s * s * from->at[2], from->at[3]}};
  const int32_t perm[] = {0, 2, 1, 3, 4, 5};
  tess_emit_reshape(emit, "split", "whole", from, &split);
  tess_dims_t turned =
      tess_emit_transpose(emit, "turned", "split", &split, perm);
  tess_emit_reshape(emit, "result", "turned", &turned, &to);
}

/* ---- Applying. ---- */

/* Cuts or pads the data (%in0) to whole blocks where it is not; returns the
 * name of the value to go on with and its shape in `data`. */
static const char *emit_sized(tess_emit_t *emit, const plan_t *plan,
                              tess_dims_t *data) {
  const tess_conv2d_t *conv = &plan->conv;
  const axis_t *y = &plan->y, *x = &plan->x;
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

static tess_status_t splice(MlirOperation op, MlirValue input,
                            tess_emit_t *emit, const tess_dims_t *type,
                            MlirValue *result) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_edit_add_type(&text, type->at, type->rank, emit->like);
  tess_status_t status = tess_edit_splice(op, &input, 1, tess_text_get(&text),
                                          tess_text_get(&emit->body), result);
  tess_text_free(&text);
  tess_text_free(&emit->body);
  return status;
}

/* linalg convolutions do not pad: the blocks are padded for them. */
static bool pads_blocks(const plan_t *plan) {
  return !plan->conv.tosa &&
         (plan->y.low || plan->y.high || plan->x.low || plan->x.high);
}

static tess_status_t splice_data(MlirOperation op, MlirValue data,
                                 const plan_t *plan, MlirValue *blocks) {
  const tess_conv2d_t *conv = &plan->conv;
  tess_emit_t emit = {.tosa = conv->tosa, .like = mlirValueGetType(data)};
  tess_dims_t sized, type;
  const char *name = emit_sized(&emit, plan, &sized);
  const char *result = pads_blocks(plan) ? "blocks" : "result";
  const int64_t counts[] = {plan->y.blocks, plan->x.blocks};
  (conv->nchw ? emit_blocks_first : emit_blocks_last)(
      &emit, result, name, &sized, counts, plan->y.stride, &type);
  if (pads_blocks(plan)) {
    int32_t h = conv->nchw ? 2 : 1;
    int64_t low[4] = {0}, high[4] = {0};
    low[h] = plan->y.low;
    low[h + 1] = plan->x.low;
    high[h] = plan->y.high;
    high[h + 1] = plan->x.high;
    type = tess_emit_pad(&emit, "result", "blocks", &type, low, high);
  }
  return splice(op, data, &emit, &type, blocks);
}

static tess_status_t splice_filter(MlirOperation op, const plan_t *plan,
                                   MlirValue *regrouped) {
  const tess_conv2d_t *conv = &plan->conv;
  const axis_t *y = &plan->y, *x = &plan->x;
  MlirValue filter = mlirOperationGetOperand(op, 1);
  tess_emit_t emit = {.tosa = conv->tosa, .like = mlirValueGetType(filter)};
  int64_t s = y->stride, i = conv->c, o = conv->o;
  tess_dims_t old = {4, {conv->kh, conv->kw, i, o}}; /* H W C O */
  if (conv->tosa)
    old = (tess_dims_t){4, {o, conv->kh, conv->kw, i}};
  else if (conv->nchw)
    old = (tess_dims_t){4, {o, i, conv->kh, conv->kw}};
  int32_t h = conv->tosa ? 1 : conv->nchw ? 2 : 0;
  int64_t low[4] = {0}, high[4] = {0};
  low[h] = y->offset;
  low[h + 1] = x->offset;
  high[h] = s * y->taps - conv->kh - y->offset;
  high[h + 1] = s * x->taps - conv->kw - x->offset;
  tess_dims_t whole = tess_emit_pad(&emit, "whole", "in0", &old, low, high);
  const int64_t taps[] = {y->taps, x->taps};
  tess_dims_t type = {4, {taps[0], taps[1], s * s * i, o}};
  if (conv->tosa)
    emit_blocks_last(&emit, "result", "whole", &whole, taps, s, &type);
  else if (conv->nchw)
    emit_blocks_first(&emit, "result", "whole", &whole, taps, s, &type);
  else
    emit_filter_hwio(&emit, &whole, taps, s);
  return splice(op, filter, &emit, &type, regrouped);
}

static tess_status_t apply(const tess_model_t *model, int32_t anchor,
                           int32_t alternative, bool *applied) {
  (void)alternative;
  plan_t plan;
  if (!make_plan(model, anchor, &plan))
    return TESS_SUCCESS;
  MlirOperation op = tess_edit_op(model, anchor);
  MlirOperation reader =
      plan.pad == TESS_NONE ? op : tess_edit_op(model, plan.pad);
  MlirValue blocks, regrouped;
  TESS_TRY(splice_data(op, mlirOperationGetOperand(reader, 0), &plan, &blocks));
  TESS_TRY(splice_filter(op, &plan, &regrouped));
  const tess_window_t window = {
      {1, 1}, {plan.y.low, plan.x.low}, {plan.y.high, plan.x.high}};
  tess_edit_replace(op,
                    tess_convolve(op, &plan.conv, blocks, regrouped, &window));
  *applied = true;
  return TESS_SUCCESS;
}

const tess_rule_t tess_rule_space_to_depth = {find, apply};
