/* Im2col: a convolution of few channels as a 1x1 one on the pixels of each
 * window side by side, a matrix product. The windows are gathered along the
 * rows first, then along the columns: kw + kh copies instead of kh * kw. Exact:
 * the same products, summed in another order. */
#include "blocks.h"
#include "convolve.h"
#include "edit.h"
#include "match.h"
#include "rule.h"
#include "tessera/base/checked.h"

/* Beyond this a tap alone is deep enough for every matrix unit. */
#define MAX_CHANNELS 16
/* Copies along one dimension. */
#define MAX_WINDOW 32

#define TAKES (TESS_TAKES_INT8 | TESS_TAKES_FHWC | TESS_TAKES_DILATION)

static bool is_site(const tess_node_t *node, tess_conv2d_t *conv) {
  if (node->kind != TESS_NODE_CONV ||
      !tess_match_conv2d_with(node, TAKES, conv) || conv->c > MAX_CHANNELS ||
      conv->kh > MAX_WINDOW || conv->kw > MAX_WINDOW ||
      conv->kh * conv->kw == 1)
    return false;
  int64_t h, w;
  if (!tess_add_i64(conv->h, conv->top, &h) ||
      !tess_add_i64(h, conv->bottom, &h) ||
      !tess_add_i64(conv->w, conv->left, &w) ||
      !tess_add_i64(w, conv->right, &w))
    return false;
  const int64_t rows[] = {conv->n, h, w, conv->kw, conv->c};
  const int64_t windows[] = {conv->n,  conv->oh, conv->ow, conv->kh,
                             conv->kw, conv->c,  conv->o};
  return tess_match_fits(rows, 5) && tess_match_fits(windows, 7);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  tess_conv2d_t conv;
  for (int32_t i = 0; i < model->node_count; i++) {
    if (!is_site(&model->nodes[i], &conv))
      continue;
    tess_node_t like = model->nodes[i];
    for (int32_t d = 0; d < 2; d++)
      like.kernel.window[d] = like.kernel.stride[d] = like.kernel.dilation[d] =
          1;
    const tess_kernel_t product =
        tess_match_dense(&like, conv.kh * conv.kw * conv.c, conv.o);
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = "windows",
         .why = "all taps of a window fill the matrix unit together",
         .least = &product}};
    tess_site_add(collector, i, &i, 1, alternatives, 2);
  }
}

/* The places along one dimension that each tap sees, their channels side by
 * side. */
static MlirValue gather(const tess_builder_t *b, const tess_conv2d_t *conv,
                        MlirValue data, int32_t dimension, int64_t taps,
                        int64_t dilation, int64_t stride, int64_t outputs) {
  MlirValue seen[MAX_WINDOW];
  for (int64_t t = 0; t < taps; t++)
    seen[t] =
        tess_build_every(b, data, dimension, t * dilation, stride, outputs);
  return taps == 1 ? seen[0]
                   : tess_build_concat(b, seen, taps, conv->nchw ? 1 : 3);
}

static MlirValue build_data(const tess_builder_t *b, const tess_conv2d_t *conv,
                            MlirValue data) {
  const int64_t low[] = {conv->top, conv->left};
  const int64_t high[] = {conv->bottom, conv->right};
  int32_t h = conv->nchw ? 2 : 1;
  data =
      tess_blocks_pad(b, data, conv->nchw, low, high, (double)conv->data_zero);
  data = gather(b, conv, data, h + 1, conv->kw, conv->dw, conv->sw, conv->ow);
  return gather(b, conv, data, h, conv->kh, conv->dh, conv->sh, conv->oh);
}

static MlirValue build_filter(const tess_builder_t *b,
                              const tess_conv2d_t *conv, MlirValue filter) {
  const int32_t channels_last[] = {0, 2, 3, 1};
  int64_t depth = conv->kh * conv->kw * conv->c;
  const tess_dims_t flat = {2, {conv->o, depth}},
                    turned = {2, {depth, conv->o}};
  const tess_dims_t to = tess_convolve_filter(conv, conv->o, depth, 1, 1);
  bool outputs_first = tess_match_axis(conv->filter_layout, 'F') == 0;
  if (conv->nchw)
    filter = tess_build_transpose(b, filter, channels_last);
  filter = tess_build_reshape(b, filter, outputs_first ? &flat : &turned);
  return tess_build_reshape(b, filter, &to);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  tess_conv2d_t conv;
  if (!is_site(&model->nodes[anchor], &conv))
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  const tess_builder_t b = tess_build_before(op);
  MlirValue data = build_data(&b, &conv, mlirOperationGetOperand(op, 0));
  MlirValue filter = build_filter(&b, &conv, mlirOperationGetOperand(op, 1));
  const tess_window_t window = {{1, 1}, {0, 0}, {0, 0}, {1, 1}};
  tess_edit_replace(op, tess_convolve(op, &conv, data, filter, &window));
  return true;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  bool meant = n->kind == TESS_NODE_CONV &&
               n->kernel.in_channels <= MAX_CHANNELS &&
               (n->kernel.window[0] > 1 || n->kernel.window[1] > 1);
  return meant ? tess_match_conv2d_obstacle(n, TAKES) : NULL;
}

const tess_rule_t tess_rule_im2col = {find, apply, obstacle};
