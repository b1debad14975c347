/* A depthwise convolution and the 1x1 one behind it, together a
 * depthwise-separable convolution, become one dense convolution. Another
 * function with new weights; it moves the work from the vector unit to the
 * matrix unit. */
#include "conv_path.h"
#include "edit.h"
#include "rule.h"

/* Where it matches, the caller frees the path. */
static bool match_at(const tess_model_t *model, int32_t node,
                     tess_conv_path_t *path) {
  if (model->nodes[node].kind != TESS_NODE_CONV ||
      !tess_conv_path_find(model, node, path))
    return false;
  if (path->before.depthwise && tess_conv_is_pointwise(&path->conv) &&
      path->pad == TESS_NONE &&
      tess_conv_path_fits(&path->before, path->before.c, path->conv.o))
    return true;
  tess_conv_path_free(path);
  return false;
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  for (int32_t i = 0; i < model->node_count; i++) {
    tess_conv_path_t path;
    if (!match_at(model, i, &path))
      continue;
    const tess_node_t *depthwise = &model->nodes[path.before_node];
    const tess_kernel_t dense =
        tess_match_dense(depthwise, path.before.c, path.conv.o);
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = "dense",
         .rewrite_class = TESS_CLASS_RETRAIN,
         .why = "one dense convolution on the matrix unit, no tensor in "
                "between",
         .removed_macs = model->nodes[i].kernel.macs + depthwise->kernel.macs,
         .least = &dense}};
    tess_site_add(collector, i, path.nodes, path.node_count, alternatives, 2);
    tess_conv_path_free(&path);
  }
}

/* The depthwise convolution's data and window, the 1x1's bias and result. */
static void fuse(const tess_model_t *model, const tess_conv_path_t *path) {
  const tess_conv2d_t *d = &path->before;
  MlirOperation op = tess_edit_op(model, path->nodes[0]);
  MlirOperation depthwise = tess_edit_op(model, path->before_node);
  const tess_window_t window = tess_convolve_window(d);
  const tess_dims_t dims =
      tess_convolve_filter(&path->conv, path->conv.o, d->c, d->kh, d->kw);
  MlirValue old = mlirOperationGetOperand(depthwise, 1);
  MlirValue filter = tess_edit_add_weight(op, tess_build_type(&dims, old),
                                          "fused-separable", old);
  tess_edit_replace(op, tess_convolve(op, &path->conv,
                                      mlirOperationGetOperand(depthwise, 0),
                                      filter, &window));
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  tess_conv_path_t path;
  if (!match_at(model, anchor, &path))
    return false;
  fuse(model, &path);
  tess_conv_path_free(&path);
  return true;
}

const tess_rule_t tess_rule_fused_separable = {find, apply, NULL};
