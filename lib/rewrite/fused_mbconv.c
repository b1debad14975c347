/* Hybrid convolution: an MBConv's 1x1 expansion and depthwise convolution
 * become one dense convolution (fused MBConv). Another function with new
 * weights; it moves the work from the vector unit to the matrix unit. */
#include "conv_path.h"
#include "rule.h"

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  for (int32_t i = 0; i < model->node_count; i++) {
    tess_conv_path_t path;
    if (!tess_conv_path_find_mbconv(model, i, &path))
      continue;
    const tess_kernel_t dense =
        tess_match_dense(&model->nodes[i], path.before.c, path.conv.o);
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = "fused",
         .rewrite_class = TESS_CLASS_RETRAIN,
         .why = "one dense convolution on the matrix unit, no expanded tensor "
                "in between",
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
  if (!tess_conv_path_find_mbconv(model, anchor, &path))
    return false;
  tess_conv_path_fuse_before(model, &path, "fused-mbconv");
  tess_conv_path_free(&path);
  return true;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  return n->kind == TESS_NODE_DEPTHWISE
             ? tess_match_conv2d_obstacle(n, TESS_TAKES_DILATION)
             : NULL;
}

const tess_rule_t tess_rule_fused_mbconv = {find, apply, obstacle};
