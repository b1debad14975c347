/* A bottleneck's 1x1 convolution and the k x k one behind it become one k x k
 * convolution (fused bottleneck), as an MBConv's do. Another function with new
 * weights: more multiply-accumulates where the 1x1 made few channels of many,
 * and no tensor in between. */
#include "conv_path.h"
#include "rule.h"

/* Where it matches, the caller frees the path. */
static bool match_at(const tess_model_t *model, int32_t node,
                     tess_conv_path_t *path) {
  const tess_conv2d_t *c = &path->conv;
  if (model->nodes[node].kind != TESS_NODE_CONV ||
      !tess_conv_path_find(model, node, path))
    return false;
  if ((c->kh > 1 || c->kw > 1) && tess_conv_is_pointwise(&path->before) &&
      tess_conv_path_fits(c, path->before.c, c->o))
    return true;
  tess_conv_path_free(path);
  return false;
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  for (int32_t i = 0; i < model->node_count; i++) {
    tess_conv_path_t path;
    if (!match_at(model, i, &path))
      continue;
    const tess_kernel_t dense =
        tess_match_dense(&model->nodes[i], path.before.c, path.conv.o);
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = "fused",
         .rewrite_class = TESS_CLASS_RETRAIN,
         .why = "one convolution in place of two, no tensor in between",
         .removed_macs = model->nodes[i].kernel.macs +
                         model->nodes[path.before_node].kernel.macs,
         .least = &dense}};
    tess_site_add(collector, i, path.nodes, path.node_count, alternatives, 2);
    tess_conv_path_free(&path);
  }
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  tess_conv_path_t path;
  if (!match_at(model, anchor, &path))
    return false;
  tess_conv_path_fuse_before(model, &path, "fused-bottleneck");
  tess_conv_path_free(&path);
  return true;
}

const tess_rule_t tess_rule_fused_bottleneck = {find, apply, NULL};
