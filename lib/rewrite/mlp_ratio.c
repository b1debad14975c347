/* The features between the two products of an MLP, as a multiple of those
 * around it: a transformer's or ConvNeXt's, gated ones too. Another function
 * with new weights. */
#include "match.h"
#include "resize.h"
#include "rule.h"
#include "tessera/base/arena.h"
#include <stdlib.h>

enum { MOST_RATIO = 4 };

typedef struct match {
  int64_t in; /* features that enter */
  tess_resize_t hidden;
} match_t;

static int32_t features_of(const tess_model_t *model, const tess_node_t *node) {
  const tess_value_t *made = &model->values[node->outputs[0]];
  bool first =
      node->kind == TESS_NODE_CONV && node->kernel.layout == TESS_LAYOUT_NCHW;
  return made->rank - 1 - (first ? node->kernel.spatial_rank : 0);
}

/* Whether the features come from one or two products of `in` features, and end
 * in one that makes `in` of them. */
static bool is_mlp(const match_t *match) {
  const tess_resize_t *hidden = &match->hidden;
  int32_t up = 0, down = 0;
  for (int32_t i = 0; i < hidden->working; i++) {
    const tess_node_t *node = &hidden->model->nodes[hidden->nodes[i]];
    if (node->kind > TESS_NODE_MATMUL)
      continue;
    bool ends = hidden->dimension[node->outputs[0]] == TESS_NONE;
    up += !ends;
    down += ends;
    if (!tess_match_product(node) ||
        match->in !=
            (ends ? tess_match_outputs : tess_match_inputs)(&node->kernel))
      return false;
  }
  return down == 1 && (up == 1 || up == 2);
}

/* Where it matches, the caller frees match->hidden. */
static bool match_at(const tess_model_t *model, int32_t n, match_t *match) {
  const tess_node_t *node = &model->nodes[n];
  if (!tess_match_product(node) ||
      tess_match_outputs(&node->kernel) <= tess_match_inputs(&node->kernel))
    return false;
  int32_t features = features_of(model, node);
  match->in = tess_match_inputs(&node->kernel);
  if (features < 0 ||
      model->values[node->outputs[0]].shape[features] !=
          tess_match_outputs(&node->kernel) ||
      !tess_resize_follow(model, node->outputs[0], features, &match->hidden))
    return false;
  if (match->hidden.nodes[0] == n && is_mlp(match))
    return true;
  tess_resize_free(&match->hidden);
  return false;
}

static int list_ratios(const match_t *match, int64_t *list) {
  int count = 0;
  for (int64_t ratio = 1; ratio <= MOST_RATIO; ratio++)
    if (ratio * match->in != match->hidden.size &&
        tess_resize_fits(&match->hidden, ratio * match->in))
      list[count++] = ratio;
  return count;
}

/* The product that makes the features, with `n` of them. */
static tess_kernel_t with_outputs(const tess_node_t *node, int64_t n) {
  tess_kernel_t kernel = tess_match_alone(node);
  kernel.macs = kernel.macs / kernel.n * n;
  kernel.out_elements = kernel.out_elements / kernel.n * n;
  kernel.n = n;
  if (kernel.kind != TESS_KERNEL_MATMUL)
    kernel.out_channels = n;
  return kernel;
}

static void add_site(const tess_model_t *model, int32_t node,
                     const match_t *match, tess_site_collector_t *collector) {
  static const char *const names[] = {"r1", "r2", "r3", "r4"};
  int64_t list[MOST_RATIO];
  tess_kernel_t least[MOST_RATIO];
  tess_alternative_t alternatives[MOST_RATIO + 1] = {{.name = "keep"}};
  int count = list_ratios(match, list);
  for (int i = 0; i < count; i++) {
    int64_t size = list[i] * match->in;
    least[i] = with_outputs(&model->nodes[node], size);
    alternatives[i + 1] = (tess_alternative_t){
        .name = names[list[i] - 1],
        .rewrite_class = TESS_CLASS_RETRAIN,
        .why = size < match->hidden.size
                   ? "fewer features between the two products"
                   : "more features between the two products",
        .removed_macs = tess_resize_macs(&match->hidden),
        .least = &least[i]};
  }
  if (count)
    tess_site_add(collector, node, match->hidden.nodes, match->hidden.working,
                  alternatives, count + 1);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  bool *claimed = tess_alloc((size_t)model->node_count + 1);
  for (int32_t i = 0; i < model->node_count; i++) {
    match_t match;
    if (!match_at(model, i, &match))
      continue;
    if (tess_match_claim(claimed, match.hidden.nodes, match.hidden.working))
      add_site(model, i, &match, collector);
    tess_resize_free(&match.hidden);
  }
  free(claimed);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  match_t match;
  int64_t list[MOST_RATIO];
  if (!match_at(model, anchor, &match))
    return false;
  bool known = alternative <= list_ratios(&match, list);
  if (known)
    tess_resize_apply(&match.hidden, list[alternative - 1] * match.in,
                      "mlp-ratio");
  tess_resize_free(&match.hidden);
  return known;
}

const tess_rule_t tess_rule_mlp_ratio = {find, apply, NULL};
