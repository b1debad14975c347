/* Space-to-depth: a convolution with stride s and few input channels becomes
 * one with stride 1 on s x s blocks of pixels, s * s times the channels. The
 * filter is padded to whole blocks and regrouped, in IR, so it is exact. */
#include "convolve.h"
#include "edit.h"
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
  tess_padding_t amounts; /* of that */
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
static bool is_sane(const plan_t *plan) {
  const tess_conv2d_t *c = &plan->conv;
  const int64_t sizes[] = {c->h,  c->w,  c->oh,  c->ow,  c->kh,
                           c->kw, c->sh, c->top, c->left};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] > INT32_MAX)
      return false;
  for (int i = 1; plan->pad != TESS_NONE && i < 4; i++)
    if (plan->amounts.low[i] > INT32_MAX)
      return false;
  return true;
}

/* A linalg convolution right behind a pad of zeros: as if it padded itself. */
static bool plan_through_pad(const tess_model_t *model, int32_t data,
                             plan_t *plan) {
  plan->pad = tess_match_conv_pad(model, data, &plan->conv, &plan->amounts);
  if (plan->pad == TESS_NONE || !is_sane(plan))
    return false;
  plan_t inside = *plan;
  const tess_node_t *pad = &model->nodes[plan->pad];
  const tess_value_t *input = &model->values[pad->inputs[0]];
  int32_t h = plan->conv.nchw ? 2 : 1;
  inside.conv.h = input->shape[h];
  inside.conv.w = input->shape[h + 1];
  inside.conv.top = plan->amounts.low[h];
  inside.conv.left = plan->amounts.low[h + 1];
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
  if (node->kind != TESS_NODE_CONV ||
      !tess_match_conv2d_with(node, TESS_TAKES_INT8 | TESS_TAKES_FHWC,
                              &plan->conv) ||
      c->c > MAX_CHANNELS || c->sh < 2 || c->sh != c->sw)
    return false;
  plan->pad = TESS_NONE;
  if (!is_sane(plan))
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

/* The dimensions are cut (`split`), turned and joined again (`to`). */
static MlirValue regroup(const tess_builder_t *b, MlirValue tensor,
                         const tess_dims_t *split, const int32_t *perm,
                         const tess_dims_t *to) {
  MlirValue cut = tess_build_reshape(b, tensor, split);
  MlirValue turned = tess_build_transpose(b, cut, perm);
  return tess_build_reshape(b, turned, to);
}

/* N (H s) (W s) C -> N H W (s s C), and filters O (H s) (W s) C alike. */
static MlirValue blocks_last(const tess_builder_t *b, MlirValue tensor,
                             const int64_t blocks[2], int64_t s) {
  tess_dims_t from = tess_build_dims(tensor);
  int64_t n = from.at[0], c = from.at[3];
  const tess_dims_t split = {6, {n, blocks[0], s, blocks[1], s, c}};
  const tess_dims_t to = {4, {n, blocks[0], blocks[1], s * s * c}};
  const int32_t perm[] = {0, 1, 3, 2, 4, 5};
  return regroup(b, tensor, &split, perm, &to);
}

/* N C (H s) (W s) -> N (s s C) H W, and filters O C (H s) (W s) alike. */
static MlirValue blocks_first(const tess_builder_t *b, MlirValue tensor,
                              const int64_t blocks[2], int64_t s) {
  tess_dims_t from = tess_build_dims(tensor);
  int64_t n = from.at[0], c = from.at[1];
  const tess_dims_t split = {6, {n, c, blocks[0], s, blocks[1], s}};
  const tess_dims_t to = {4, {n, s * s * c, blocks[0], blocks[1]}};
  const int32_t perm[] = {0, 3, 5, 1, 2, 4};
  return regroup(b, tensor, &split, perm, &to);
}

/* (H s) (W s) C O -> H W (s s C) O. */
static MlirValue filter_hwio(const tess_builder_t *b, MlirValue filter,
                             const int64_t taps[2], int64_t s) {
  tess_dims_t from = tess_build_dims(filter);
  int64_t c = from.at[2], o = from.at[3];
  const tess_dims_t split = {6, {taps[0], s, taps[1], s, c, o}};
  const tess_dims_t to = {4, {taps[0], taps[1], s * s * c, o}};
  const int32_t perm[] = {0, 2, 1, 3, 4, 5};
  return regroup(b, filter, &split, perm, &to);
}

/* ---- Applying. ---- */

/* Cuts or pads the data to whole blocks where it is not. */
static MlirValue sized(const tess_builder_t *b, const plan_t *plan,
                       MlirValue data) {
  const axis_t *y = &plan->y, *x = &plan->x;
  tess_dims_t dims = tess_build_dims(data);
  int32_t h = plan->conv.nchw ? 2 : 1;
  if (dims.at[h] > y->size || dims.at[h + 1] > x->size) {
    if (dims.at[h] > y->size)
      dims.at[h] = y->size;
    if (dims.at[h + 1] > x->size)
      dims.at[h + 1] = x->size;
    data = tess_build_slice(b, data, &dims);
  }
  if (dims.at[h] < y->size || dims.at[h + 1] < x->size) {
    const int64_t low[4] = {0};
    int64_t high[4] = {0};
    high[h] = y->size - dims.at[h];
    high[h + 1] = x->size - dims.at[h + 1];
    data =
        tess_build_pad_with(b, data, low, high, (double)plan->conv.data_zero);
  }
  return data;
}

/* linalg convolutions do not pad: the blocks are padded for them. */
static bool pads_blocks(const plan_t *plan) {
  return !plan->conv.tosa &&
         (plan->y.low || plan->y.high || plan->x.low || plan->x.high);
}

static MlirValue build_data(const tess_builder_t *b, const plan_t *plan,
                            MlirValue data) {
  const int64_t counts[] = {plan->y.blocks, plan->x.blocks};
  MlirValue blocks = (plan->conv.nchw ? blocks_first : blocks_last)(
      b, sized(b, plan, data), counts, plan->y.stride);
  if (!pads_blocks(plan))
    return blocks;
  int32_t h = plan->conv.nchw ? 2 : 1;
  int64_t low[4] = {0}, high[4] = {0};
  low[h] = plan->y.low;
  low[h + 1] = plan->x.low;
  high[h] = plan->y.high;
  high[h + 1] = plan->x.high;
  return tess_build_pad_with(b, blocks, low, high,
                             (double)plan->conv.data_zero);
}

static MlirValue build_filter(const tess_builder_t *b, const plan_t *plan,
                              MlirValue filter) {
  const tess_conv2d_t *conv = &plan->conv;
  const axis_t *y = &plan->y, *x = &plan->x;
  int64_t s = y->stride;
  int32_t h = tess_match_axis(conv->filter_layout, 'H');
  int64_t low[4] = {0}, high[4] = {0};
  low[h] = y->offset;
  low[h + 1] = x->offset;
  high[h] = s * y->taps - conv->kh - y->offset;
  high[h + 1] = s * x->taps - conv->kw - x->offset;
  MlirValue whole =
      tess_build_pad_with(b, filter, low, high, (double)conv->filter_zero);
  const int64_t taps[] = {y->taps, x->taps};
  return (h == 1   ? blocks_last
          : h == 2 ? blocks_first
                   : filter_hwio)(b, whole, taps, s);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  plan_t plan;
  if (!make_plan(model, anchor, &plan))
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  MlirOperation reader =
      plan.pad == TESS_NONE ? op : tess_edit_op(model, plan.pad);
  const tess_builder_t b = tess_build_before(op);
  MlirValue blocks = build_data(&b, &plan, mlirOperationGetOperand(reader, 0));
  MlirValue filter = build_filter(&b, &plan, mlirOperationGetOperand(op, 1));
  const tess_window_t window = {
      {1, 1}, {plan.y.low, plan.x.low}, {plan.y.high, plan.x.high}, {1, 1}};
  tess_edit_replace(op, tess_convolve(op, &plan.conv, blocks, filter, &window));
  return true;
}

const tess_rule_t tess_rule_space_to_depth = {find, apply};
