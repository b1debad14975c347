/* Pads with what stands for zero into the TOSA convolution behind them, which
 * pads by itself, and pads behind pads into one. */
#include "build.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/BuiltinAttributes.h"
#include "rule.h"
#include "tessera/base/checked.h"
#include <math.h>

#define MOST_PADS 8
/* TOSA's level 8K: the most that a convolution may pad. */
#define MOST_PADDING 8192

/* Pads that become one, or part of a convolution. */
typedef struct plan {
  int32_t nodes[MOST_PADS + 1]; /* the anchor, then the pads upwards */
  int32_t node_count;
  tess_padding_t total;
  tess_conv2d_t conv; /* of an anchor that convolves */
} plan_t;

static bool add_amounts(tess_padding_t *total, const tess_padding_t *more) {
  for (int32_t i = 0; i < TESS_MAX_RANK; i++)
    if (!tess_add_i64(total->low[i], more->low[i], &total->low[i]) ||
        !tess_add_i64(total->high[i], more->high[i], &total->high[i]))
      return false;
  return true;
}

/* Integers beyond this are not told apart. */
static bool is_plain(double fill) { return fabs(fill) < 0x1p53; }

static bool read_pad(const tess_model_t *model, int32_t node,
                     tess_padding_t *padding) {
  *padding = (tess_padding_t){.fill = 0};
  return node != TESS_NONE && tess_match_padding(model, node, padding) &&
         is_plain(padding->fill);
}

/* Follows the pads with this fill from `value` upwards, in height and width
 * alone if `spatial`. */
static void follow_pads(const tess_model_t *model, int32_t value, double fill,
                        bool spatial, plan_t *plan) {
  tess_padding_t more;
  while (plan->node_count <= MOST_PADS && tess_match_single_use(model, value)) {
    int32_t node = tess_match_producer(model, value);
    tess_padding_t total = plan->total;
    if (!read_pad(model, node, &more) || more.fill != fill ||
        (spatial && (more.low[0] || more.high[0] || more.low[3] ||
                     more.high[3] || model->values[value].rank != 4)) ||
        !add_amounts(&total, &more))
      return;
    plan->total = total;
    plan->nodes[plan->node_count++] = node;
    value = model->nodes[node].inputs[0];
  }
}

static bool plan_conv(const tess_model_t *model, int32_t node, plan_t *plan) {
  const tess_node_t *conv = &model->nodes[node];
  const unsigned all =
      TESS_TAKES_DILATION | TESS_TAKES_MULTIPLIER | TESS_TAKES_INT8;
  *plan = (plan_t){.nodes = {node}, .node_count = 1};
  if (!tess_match_conv2d_with(conv, all, &plan->conv) || !plan->conv.tosa)
    return false;
  const tess_conv2d_t *c = &plan->conv;
  plan->total = (tess_padding_t){.low = {0, c->top, c->left},
                                 .high = {0, c->bottom, c->right},
                                 .fill = (double)c->data_zero};
  follow_pads(model, conv->data, plan->total.fill, true, plan);
  for (int i = 1; i < 3; i++)
    if (plan->total.low[i] > MOST_PADDING || plan->total.high[i] > MOST_PADDING)
      return false;
  return plan->node_count > 1;
}

/* Whether the only reader of a pad's result takes the pad in. */
static bool is_taken(const tess_model_t *model, int32_t value, double fill) {
  if (!tess_match_single_use(model, value))
    return false;
  int32_t user = model->value_users[model->first_user[value]];
  tess_padding_t padding;
  plan_t plan;
  if (model->nodes[user].kind == TESS_NODE_PAD)
    return read_pad(model, user, &padding) && padding.fill == fill;
  return plan_conv(model, user, &plan) && model->nodes[user].data == value;
}

static bool plan_pads(const tess_model_t *model, int32_t node, plan_t *plan) {
  *plan = (plan_t){.nodes = {node}, .node_count = 1};
  const tess_node_t *pad = &model->nodes[node];
  if (pad->prepared || !read_pad(model, node, &plan->total) ||
      is_taken(model, pad->outputs[0], plan->total.fill))
    return false;
  follow_pads(model, pad->inputs[0], plan->total.fill, false, plan);
  return plan->node_count > 1;
}

static bool make_plan(const tess_model_t *model, int32_t node, plan_t *plan) {
  int32_t kind = model->nodes[node].kind;
  if (kind == TESS_NODE_PAD)
    return plan_pads(model, node, plan);
  return (kind == TESS_NODE_CONV || kind == TESS_NODE_DEPTHWISE) &&
         plan_conv(model, node, plan);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "fold", .why = "no padded copy of the data", .at_par = true}};
  plan_t plan;
  for (int32_t i = 0; i < model->node_count; i++)
    if (make_plan(model, i, &plan))
      tess_site_add(collector, i, plan.nodes, plan.node_count, alternatives, 2);
}

static MlirValue fold_into_conv(const tess_builder_t *b, const plan_t *plan,
                                MlirOperation op, MlirValue data) {
  const int64_t pad[] = {plan->total.low[1], plan->total.high[1],
                         plan->total.low[2], plan->total.high[2]};
  MlirOperation made = mlirOperationClone(op);
  mlirOperationSetOperand(made, 0, data);
  mlirOperationSetAttributeByName(made, mlirStringRefCreateFromCString("pad"),
                                  mlirDenseI64ArrayGet(b->context, 4, pad));
  mlirBlockInsertOwnedOperationBefore(b->block, op, made);
  return mlirOperationGetResult(made, 0);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  plan_t plan;
  if (!make_plan(model, anchor, &plan))
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  MlirOperation first = tess_edit_op(model, plan.nodes[plan.node_count - 1]);
  const tess_builder_t b = tess_build_before(op);
  MlirValue data = mlirOperationGetOperand(first, 0);
  MlirValue value = model->nodes[anchor].kind == TESS_NODE_PAD
                        ? tess_build_pad_with(&b, data, plan.total.low,
                                              plan.total.high, plan.total.fill)
                        : fold_into_conv(&b, &plan, op, data);
  tess_edit_replace(op, value);
  return true;
}

const tess_rule_t tess_rule_fold_pad = {find, apply, NULL};
