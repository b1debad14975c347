/* Windows of 3, 5 or 7 in place of another of these: a new filter, and padding
 * that keeps the shape of the result. Another function with new weights. */
#include "convolve.h"
#include "edit.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"

/* From wide to narrow: whether narrow ones are on offer depends on padding that
 * a part of the model may not show. */
static const int64_t windows[] = {7, 5, 3};
enum { WINDOWS = 3 };

typedef struct match {
  tess_conv2d_t conv;
  int32_t pad; /* the tensor.pad before a linalg op, or TESS_NONE */
  tess_padding_t padding;
} match_t;

enum {
  TAKES = TESS_TAKES_DILATION | TESS_TAKES_GROUPS | TESS_TAKES_MULTIPLIER |
          TESS_TAKES_FHWC
};

static bool match_at(const tess_model_t *model, int32_t n, match_t *match) {
  const tess_node_t *node = &model->nodes[n];
  tess_conv2d_t *conv = &match->conv;
  if (!tess_match_conv2d_with(node, TAKES, conv) || conv->kh != conv->kw ||
      conv->kh < 3 || conv->kh % 2 == 0 || conv->kh > 15)
    return false;
  match->pad =
      conv->tosa || conv->grouped
          ? TESS_NONE
          : tess_match_conv_pad(model, node->data, conv, &match->padding);
  return true;
}

/* What padding grows by on each side of height and width: a dilated window of
 * odd size has as many places on both sides of its middle. */
static void growth(const tess_conv2d_t *conv, int64_t window, int64_t grow[2]) {
  grow[0] = conv->dh * (window - conv->kh) / 2;
  grow[1] = conv->dw * (window - conv->kw) / 2;
}

/* Padding of the convolution and of the op before it together. */
static int64_t padding_of(const match_t *match, int axis, bool low) {
  const tess_conv2d_t *c = &match->conv;
  int64_t own =
      axis == 0 ? (low ? c->top : c->bottom) : (low ? c->left : c->right);
  int32_t at = (c->nchw ? 2 : 1) + axis;
  const tess_padding_t *p = &match->padding;
  return own + (match->pad == TESS_NONE ? 0 : low ? p->low[at] : p->high[at]);
}

static bool fits(const match_t *match, int64_t window) {
  const tess_conv2d_t *c = &match->conv;
  int64_t grow[2];
  growth(c, window, grow);
  for (int axis = 0; axis < 2; axis++)
    if (padding_of(match, axis, true) + grow[axis] < 0 ||
        padding_of(match, axis, false) + grow[axis] < 0)
      return false;
  const int64_t macs[] = {c->n, c->oh, c->ow, window, window, c->c, c->o};
  const int64_t data[] = {c->n, c->c, c->h + 2 * (grow[0] > 0 ? grow[0] : 0),
                          c->w + 2 * (grow[1] > 0 ? grow[1] : 0)};
  return tess_match_fits(macs, 7) && tess_match_fits(data, 4);
}

/* The windows on offer; returns how many. */
static int list_windows(const match_t *match, int64_t *list) {
  int count = 0;
  for (int i = 0; i < WINDOWS; i++)
    if (windows[i] != match->conv.kh && fits(match, windows[i]))
      list[count++] = windows[i];
  return count;
}

/* The convolution itself with another window. */
static tess_kernel_t with_window(const tess_node_t *node, int64_t window) {
  tess_kernel_t kernel = tess_match_alone(node);
  int64_t old = kernel.window[0] * kernel.window[1];
  kernel.window[0] = kernel.window[1] = window;
  kernel.k = kernel.k / old * window * window;
  kernel.macs = kernel.macs / old * window * window;
  return kernel;
}

static void add_site(const tess_model_t *model, int32_t node,
                     const match_t *match, tess_site_collector_t *collector) {
  int64_t list[WINDOWS];
  tess_kernel_t least[WINDOWS];
  tess_alternative_t alternatives[WINDOWS + 1] = {{.name = "keep"}};
  int count = list_windows(match, list);
  for (int i = 0; i < count; i++) {
    least[i] = with_window(&model->nodes[node], list[i]);
    alternatives[i + 1] = (tess_alternative_t){
        .name = list[i] == 3   ? "3x3"
                : list[i] == 5 ? "5x5"
                               : "7x7",
        .rewrite_class = TESS_CLASS_RETRAIN,
        .why = list[i] < match->conv.kh ? "fewer taps for each result"
                                        : "a wider view in one layer",
        .removed_macs = model->nodes[node].kernel.macs,
        .least = &least[i]};
  }
  enum { ROOM = 8 };
  int32_t nodes[ROOM + 1] = {node};
  int32_t before =
      tess_match_pads_before(model, model->nodes[node].data, nodes + 1, ROOM);
  if (count)
    tess_site_add(collector, node, nodes, before + 1, alternatives, count + 1);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  match_t match;
  for (int32_t i = 0; i < model->node_count; i++)
    if (match_at(model, i, &match))
      add_site(model, i, &match, collector);
}

/* ---- Applying. ---- */

/* linalg: the data with other padding before it. */
static MlirValue padded_data(const tess_model_t *model, const match_t *match,
                             MlirOperation op, const int64_t grow[2]) {
  const tess_conv2d_t *c = &match->conv;
  MlirValue data =
      match->pad == TESS_NONE
          ? mlirOperationGetOperand(op, 0)
          : mlirOperationGetOperand(tess_edit_op(model, match->pad), 0);
  int64_t low[TESS_MAX_RANK] = {0}, high[TESS_MAX_RANK] = {0};
  bool any = false;
  int32_t rank = (int32_t)mlirShapedTypeGetRank(mlirValueGetType(data));
  for (int axis = 0; axis < 2; axis++) {
    int32_t at = (c->nchw ? rank - 2 : 1) + axis;
    low[at] = padding_of(match, axis, true) + grow[axis];
    high[at] = padding_of(match, axis, false) + grow[axis];
    any = any || low[at] || high[at];
  }
  const tess_builder_t b = tess_build_before(op);
  return any ? tess_build_pad(&b, data, low, high) : data;
}

static MlirValue new_filter(const tess_conv2d_t *conv, MlirOperation op,
                            int64_t window) {
  MlirValue old = mlirOperationGetOperand(op, 1);
  tess_dims_t dims = tess_build_dims(old);
  dims.at[tess_match_axis(conv->filter_layout, 'H')] = window;
  dims.at[tess_match_axis(conv->filter_layout, 'W')] = window;
  return tess_edit_add_weight(op, tess_build_type(&dims, old), "kernel-size",
                              old);
}

static void set_window(const tess_model_t *model, const match_t *match,
                       MlirOperation op, int64_t window) {
  const tess_conv2d_t *c = &match->conv;
  int64_t grow[2];
  growth(c, window, grow);
  MlirValue data = c->tosa ? mlirOperationGetOperand(op, 0)
                           : padded_data(model, match, op, grow);
  MlirOperation clone = mlirOperationClone(op);
  mlirBlockInsertOwnedOperationBefore(mlirOperationGetBlock(op), op, clone);
  if (c->tosa) {
    const int64_t pad[] = {c->top + grow[0], c->bottom + grow[0],
                           c->left + grow[1], c->right + grow[1]};
    mlirOperationSetAttributeByName(
        clone, mlirStringRefCreateFromCString("pad"),
        mlirDenseI64ArrayGet(mlirOperationGetContext(op), 4, pad));
  }
  mlirOperationSetOperand(clone, 0, data);
  mlirOperationSetOperand(clone, 1, new_filter(c, op, window));
  tess_edit_replace(op, mlirOperationGetResult(clone, 0));
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  match_t match;
  int64_t list[WINDOWS];
  if (!match_at(model, anchor, &match) ||
      alternative > list_windows(&match, list))
    return false;
  set_window(model, &match, tess_edit_op(model, anchor), list[alternative - 1]);
  return true;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  bool wide = n->kind <= TESS_NODE_DEPTHWISE && n->kernel.window[0] > 1;
  return wide ? tess_match_conv2d_obstacle(n, TAKES) : NULL;
}

const tess_rule_t tess_rule_kernel_size = {find, apply, obstacle};
