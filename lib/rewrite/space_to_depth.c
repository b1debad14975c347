/* Space-to-depth: a convolution of few channels becomes one with stride 1 on
 * blocks of pixels, whose channels are the pixels' side by side. The filter is
 * padded to whole blocks and regrouped, in IR, so it is exact.
 *
 * "blocks": a block is as large as the stride, and makes one output.
 * "output-blocks": it is twice as large and makes 2 x 2 outputs, that is four
 * times the output channels, which depth-to-space puts into place. */
#include "behind.h"
#include "blocks.h"
#include "convolve.h"
#include "edit.h"
#include "match.h"
#include "rule.h"
#include "tessera/base/checked.h"

/* Half of the widest side of a matrix unit's array (128, with 256 on TPU v6e
 * alone): above it there is no room for a second pixel's channels. */
#define MAX_CHANNELS 64
/* Output blocks copy the result: few channels in, few out, or no gain. */
#define MAX_BLOCK_CHANNELS 32

/* One spatial dimension. A block of `block` pixels makes `phases` outputs; all
 * outputs of a block together see the `taps` blocks from its own on. */
typedef struct axis {
  int64_t stride, phases, block;
  int64_t before;    /* pixels put before the data, to be cut with them */
  int64_t blocks;    /* that the data, with those, is cut or padded to */
  int64_t outputs;   /* blocks of outputs */
  int64_t taps;      /* of the new filter */
  int64_t offset;    /* zeros before the old filter, for the first phase */
  int64_t low, high; /* new padding, in blocks */
} axis_t;

typedef struct plan {
  tess_conv2d_t conv; /* h, w: of the tensor that is cut into blocks */
  axis_t y, x;
  int32_t pad; /* the tensor.pad that the new padding replaces, or TESS_NONE */
} plan_t;

/* Blocks start at the tensor's edge, so that padding is whole blocks and the
 * old filter starts inside one; where that costs a tap, the data is padded
 * before it is cut. */
static bool plan_axis(int64_t size, int64_t out, int64_t window, int64_t stride,
                      int64_t pad, int64_t phases, axis_t *axis) {
  *axis =
      (axis_t){.stride = stride, .phases = phases, .block = stride * phases};
  int64_t span =
      window + (phases - 1) * stride; /* what a block's outputs see */
  int64_t least = tess_ceil_div(span, axis->block);
  axis->outputs = tess_ceil_div(out, phases);
  axis->low = tess_ceil_div(pad, axis->block);
  axis->offset = axis->low * axis->block - pad;
  axis->taps = tess_ceil_div(span + axis->offset, axis->block);
  if (axis->taps > least) {
    axis->taps = least;
    axis->before = pad;
    axis->low = axis->offset = 0;
  }
  int64_t needed = axis->outputs - 1 + axis->taps - axis->low;
  axis->blocks = tess_ceil_div(size + axis->before, axis->block);
  if (axis->blocks > needed)
    axis->blocks = needed;
  axis->high = needed - axis->blocks;
  return axis->blocks > 0;
}

/* No single size is so large that arithmetic on a few of them overflows. */
static bool is_sane(const tess_conv2d_t *c) {
  const int64_t sizes[] = {c->h,  c->w,  c->oh, c->ow,  c->kh,
                           c->kw, c->sh, c->sw, c->top, c->left};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] < 0 || sizes[i] > INT32_MAX / 4)
      return false;
  return true;
}

/* A linalg convolution right behind a pad of zeros: as if it padded itself. */
static void look_through_pad(const tess_model_t *model, int32_t data,
                             plan_t *plan) {
  tess_conv2d_t *c = &plan->conv;
  tess_padding_t amounts;
  plan->pad =
      c->tosa ? TESS_NONE : tess_match_conv_pad(model, data, c, &amounts);
  if (plan->pad == TESS_NONE)
    return;
  const tess_node_t *pad = &model->nodes[plan->pad];
  const tess_value_t *input = &model->values[pad->inputs[0]];
  int32_t h = c->nchw ? 2 : 1;
  c->h = input->shape[h];
  c->w = input->shape[h + 1];
  c->top = amounts.low[h];
  c->left = amounts.low[h + 1];
}

/* Whether data, filter, result and products of the plan can be counted. */
static bool plan_fits(const plan_t *plan) {
  const tess_conv2d_t *c = &plan->conv;
  const axis_t *y = &plan->y, *x = &plan->x;
  const int64_t data[] = {c->n,     c->c,
                          y->block, y->low + y->blocks + y->high,
                          x->block, x->low + x->blocks + x->high};
  const int64_t filter[] = {c->o,    c->c,      y->phases, y->block,
                            y->taps, x->phases, x->block,  x->taps};
  const int64_t macs[] = {c->n,      c->o,     c->c,    y->outputs,
                          y->phases, y->block, y->taps, x->outputs,
                          x->phases, x->block, x->taps};
  return tess_match_fits(data, 6) && tess_match_fits(filter, 8) &&
         tess_match_fits(macs, 11);
}

static bool is_strided(const tess_conv2d_t *c) {
  return c->sh > 1 || c->sw > 1;
}

#define TAKES (TESS_TAKES_INT8 | TESS_TAKES_FHWC)

/* Whether the data lies in blocks already: doing it twice gains less than the
 * better of both choices did. */
static bool is_on_blocks(const tess_model_t *model, int32_t data) {
  int32_t node = tess_match_producer(model, data);
  if (node != TESS_NONE && model->nodes[node].kind == TESS_NODE_PAD)
    node = tess_match_producer(model, model->nodes[node].inputs[0]);
  if (node == TESS_NONE || model->nodes[node].kind != TESS_NODE_RESHAPE)
    return false;
  node = tess_match_producer(model, model->nodes[node].inputs[0]);
  return node != TESS_NONE && model->nodes[node].kind == TESS_NODE_TRANSPOSE &&
         model->values[model->nodes[node].outputs[0]].rank == 6;
}

static bool make_plan(const tess_model_t *model, int32_t index, int64_t phases,
                      plan_t *plan) {
  const tess_node_t *node = &model->nodes[index];
  tess_conv2d_t *c = &plan->conv;
  if (node->kind != TESS_NODE_CONV || !tess_match_conv2d_with(node, TAKES, c) ||
      c->c > MAX_CHANNELS)
    return false;
  if (phases > 1
          ? c->c > MAX_BLOCK_CHANNELS || c->o > MAX_BLOCK_CHANNELS ||
                (c->kh == 1 && c->kw == 1) || (c->oh == 1 && c->ow == 1) ||
                is_on_blocks(model, node->data)
          : !is_strided(c))
    return false;
  look_through_pad(model, node->data, plan);
  return is_sane(c) &&
         plan_axis(c->h, c->oh, c->kh, c->sh, c->top, c->oh > 1 ? phases : 1,
                   &plan->y) &&
         plan_axis(c->w, c->ow, c->kw, c->sw, c->left, c->ow > 1 ? phases : 1,
                   &plan->x) &&
         plan_fits(plan);
}

/* ---- Sites. ---- */

static tess_kernel_t new_kernel(const tess_node_t *node, const plan_t *plan) {
  const axis_t *y = &plan->y, *x = &plan->x;
  tess_node_t like = *node;
  like.kernel.out_size[0] = y->outputs;
  like.kernel.out_size[1] = x->outputs;
  like.kernel.window[0] = y->taps;
  like.kernel.window[1] = x->taps;
  like.kernel.stride[0] = like.kernel.stride[1] = 1;
  return tess_match_dense(&like, plan->conv.c * y->block * x->block,
                          plan->conv.o * y->phases * x->phases);
}

/* Which outputs a block makes in each alternative, in this order: "blocks" is
 * for strides alone. */
static int64_t phases_of(const tess_conv2d_t *conv, int32_t alternative) {
  return is_strided(conv) ? alternative : 2;
}

static tess_behind_t nodes_of(int32_t conv, const plan_t *plan) {
  return (tess_behind_t){{conv, plan->pad}, plan->pad == TESS_NONE ? 1 : 2};
}

/* `claimed`: nodes behind sites with output blocks, which have none in turn, so
 * that chains of convolutions do not become one group. */
static void find_at(const tess_model_t *model, int32_t index, bool *claimed,
                    tess_site_collector_t *collector) {
  const tess_node_t *node = &model->nodes[index];
  plan_t plan = {.pad = TESS_NONE};
  tess_behind_t nodes = {{0}, 0};
  tess_kernel_t kernels[2];
  tess_alternative_t alternatives[3] = {{.name = "keep"}};
  int32_t count = 1;
  if (make_plan(model, index, 1, &plan)) {
    nodes = nodes_of(index, &plan);
    kernels[0] = new_kernel(node, &plan);
    alternatives[count++] = (tess_alternative_t){
        .name = "blocks",
        .why = "more input channels fill the matrix unit, fewer taps",
        .least = &kernels[0]};
  }
  if (!claimed[index] && make_plan(model, index, 2, &plan) &&
      count > is_strided(&plan.conv)) {
    tess_behind_t more = nodes_of(index, &plan);
    if (tess_behind_add(model, index, &more)) {
      nodes = more;
      kernels[1] = new_kernel(node, &plan);
      alternatives[count++] = (tess_alternative_t){
          .name = "output-blocks",
          .why = "more input and output channels fill the matrix unit",
          .least = &kernels[1]};
      for (int32_t i = 0; i < more.count; i++)
        claimed[more.at[i]] = true;
    }
  }
  if (count > 1)
    tess_site_add(collector, index, nodes.at, nodes.count, alternatives, count);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  tess_arena_t arena = TESS_ARENA_INIT;
  bool *claimed =
      tess_arena_array(&arena, (size_t)model->node_count + 1, sizeof *claimed);
  for (int32_t i = 0; i < model->node_count; i++)
    if (model->nodes[i].kind == TESS_NODE_CONV)
      find_at(model, i, claimed, collector);
  tess_arena_free(&arena);
}

/* ---- Applying. ---- */

static MlirValue build_data(const tess_builder_t *b, const plan_t *plan,
                            MlirValue data) {
  const axis_t *y = &plan->y, *x = &plan->x;
  const int64_t before[] = {y->before, x->before}, none[] = {0, 0};
  const int64_t low[] = {y->low, x->low}, high[] = {y->high, x->high};
  bool nchw = plan->conv.nchw;
  double zero = (double)plan->conv.data_zero;
  data = tess_blocks_pad(b, data, nchw, before, none, zero);
  data = tess_blocks_resize(b, data, nchw, y->blocks * y->block,
                            x->blocks * x->block, zero);
  data = tess_blocks_to_depth(b, data, nchw,
                              (tess_block_size_t){y->block, x->block});
  /* linalg convolutions do not pad: the blocks are padded for them. */
  return plan->conv.tosa ? data
                         : tess_blocks_pad(b, data, nchw, low, high, zero);
}

/* The filter of one output of a block, on blocks. */
static MlirValue build_phase(const tess_builder_t *b, const plan_t *plan,
                             MlirValue filter, int64_t phase_y,
                             int64_t phase_x) {
  const tess_conv2d_t *conv = &plan->conv;
  const axis_t *y = &plan->y, *x = &plan->x;
  int32_t h = tess_match_axis(conv->filter_layout, 'H');
  int64_t low[4] = {0}, high[4] = {0};
  low[h] = y->offset + phase_y * y->stride;
  low[h + 1] = x->offset + phase_x * x->stride;
  high[h] = y->block * y->taps - conv->kh - low[h];
  high[h + 1] = x->block * x->taps - conv->kw - low[h + 1];
  MlirValue whole =
      tess_build_pad_with(b, filter, low, high, (double)conv->filter_zero);
  return tess_blocks_of_filter(b, conv, whole,
                               (tess_block_size_t){y->block, x->block});
}

static MlirValue build_filter(const tess_builder_t *b, const plan_t *plan,
                              MlirValue filter) {
  MlirValue phases[4];
  int32_t count = 0;
  for (int64_t i = 0; i < plan->y.phases; i++)
    for (int64_t j = 0; j < plan->x.phases; j++)
      phases[count++] = build_phase(b, plan, filter, i, j);
  int32_t outputs = tess_match_axis(plan->conv.filter_layout, 'F');
  return count == 1 ? phases[0] : tess_build_concat(b, phases, count, outputs);
}

/* What the sums start from, for blocks of outputs: a bias once for each, an
 * accumulator cut into blocks. */
static MlirValue build_start(const tess_builder_t *b, const plan_t *plan,
                             MlirValue start, MlirType type) {
  const axis_t *y = &plan->y, *x = &plan->x;
  MlirValue number;
  if (tess_match_filled(start, &number))
    return tess_build_fill(b, number, type);
  const MlirValue same[] = {start, start, start, start};
  if (plan->conv.tosa)
    return tess_build_dims(start).at[0] == 1
               ? start
               : tess_build_concat(b, same, y->phases * x->phases, 0);
  bool nchw = plan->conv.nchw;
  start = tess_blocks_resize(b, start, nchw, y->outputs * y->phases,
                             x->outputs * x->phases, 0);
  return tess_blocks_to_depth(b, start, nchw,
                              (tess_block_size_t){y->phases, x->phases});
}

/* The result's shape with blocks of outputs. */
static MlirType build_type(const plan_t *plan, MlirValue result) {
  const axis_t *y = &plan->y, *x = &plan->x;
  int64_t n = plan->conv.n, o = plan->conv.o * y->phases * x->phases;
  const tess_dims_t nchw = {4, {n, o, y->outputs, x->outputs}};
  const tess_dims_t nhwc = {4, {n, y->outputs, x->outputs, o}};
  return tess_build_type(plan->conv.nchw ? &nchw : &nhwc, result);
}

static MlirValue build_result(const tess_builder_t *b, const plan_t *plan,
                              MlirOperation op, tess_convolution_t *made,
                              const tess_window_t *window) {
  const tess_conv2d_t *conv = &plan->conv;
  const axis_t *y = &plan->y, *x = &plan->x;
  if (y->phases == 1 && x->phases == 1)
    return tess_convolve_with(op, conv, made, window);
  made->type = build_type(plan, mlirOperationGetResult(op, 0));
  made->start = build_start(
      b, plan, mlirOperationGetOperand(op, tess_convolve_start(conv)),
      made->type);
  MlirValue value = tess_convolve_with(op, conv, made, window);
  value = tess_blocks_to_space(b, value, conv->nchw,
                               (tess_block_size_t){y->phases, x->phases});
  return tess_blocks_resize(b, value, conv->nchw, conv->oh, conv->ow, 0);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  plan_t plan;
  tess_conv2d_t conv;
  if (!tess_match_conv2d_with(&model->nodes[anchor],
                              TESS_TAKES_INT8 | TESS_TAKES_FHWC, &conv) ||
      !make_plan(model, anchor, phases_of(&conv, alternative), &plan))
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  MlirOperation reader =
      plan.pad == TESS_NONE ? op : tess_edit_op(model, plan.pad);
  const tess_builder_t b = tess_build_before(op);
  tess_convolution_t made = {
      .data = build_data(&b, &plan, mlirOperationGetOperand(reader, 0)),
      .filter = build_filter(&b, &plan, mlirOperationGetOperand(op, 1))};
  const tess_window_t window = {
      {1, 1}, {plan.y.low, plan.x.low}, {plan.y.high, plan.x.high}, {1, 1}};
  tess_edit_replace(op, build_result(&b, &plan, op, &made, &window));
  return true;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  bool meant = n->kind == TESS_NODE_CONV &&
               n->kernel.in_channels <= MAX_CHANNELS &&
               (n->kernel.stride[0] > 1 || n->kernel.stride[1] > 1);
  return meant ? tess_match_conv2d_obstacle(n, TAKES) : NULL;
}

const tess_rule_t tess_rule_space_to_depth = {find, apply, obstacle};
