/* The expansion ratio of an inverted bottleneck: channels between its 1x1
 * expansion and its projection, in the depthwise convolution and in the
 * squeeze-and-excite. Another function with new weights. */
#include "match.h"
#include "resize.h"
#include "rule.h"
#include "tessera/base/arena.h"
#include <stdlib.h>

enum { MOST_RATIO = 6 };

typedef struct match {
  tess_conv2d_t expand;
  tess_resize_t hidden;
} match_t;

/* Whether the channels go through one depthwise convolution, and otherwise
 * through products alone, of which those that end them make fewer. */
static bool is_inverted(const tess_resize_t *hidden) {
  const tess_model_t *model = hidden->model;
  int32_t depthwise = 0, inward = 0;
  for (int32_t i = 0; i < hidden->working; i++) {
    const tess_node_t *node = &model->nodes[hidden->nodes[i]];
    bool ends = hidden->dimension[node->outputs[0]] == TESS_NONE;
    depthwise += node->kind == TESS_NODE_DEPTHWISE;
    if (node->kind != TESS_NODE_CONV && node->kind != TESS_NODE_MATMUL)
      continue;
    inward += ends;
    if (!tess_match_product(node) ||
        (ends && tess_match_outputs(&node->kernel) >= hidden->size))
      return false;
  }
  return depthwise == 1 && inward >= 1;
}

/* Where it matches, the caller frees match->hidden. */
static bool match_at(const tess_model_t *model, int32_t n, match_t *match) {
  const tess_node_t *node = &model->nodes[n];
  const tess_conv2d_t *e = &match->expand;
  if (node->kind != TESS_NODE_CONV ||
      !tess_match_conv2d_with(node, TESS_TAKES_FHWC, &match->expand) ||
      e->kh != 1 || e->kw != 1 || e->sh != 1 || e->sw != 1 || e->o <= e->c ||
      node->output_count != 1 ||
      !tess_resize_follow(model, node->outputs[0], e->nchw ? 1 : 3,
                          &match->hidden))
    return false;
  /* Not where it is the one that makes a squeeze-and-excite's gate. */
  if (match->hidden.nodes[0] == n && is_inverted(&match->hidden))
    return true;
  tess_resize_free(&match->hidden);
  return false;
}

/* The ratios on offer, from low to high; returns how many. */
static int list_ratios(const match_t *match, int64_t *list) {
  int count = 0;
  for (int64_t ratio = 1; ratio <= MOST_RATIO; ratio++)
    if (ratio * match->expand.c != match->expand.o &&
        tess_resize_fits(&match->hidden, ratio * match->expand.c))
      list[count++] = ratio;
  return count;
}

static void add_site(const tess_model_t *model, int32_t node,
                     const match_t *match, tess_site_collector_t *collector) {
  static const char *const names[] = {"e1", "e2", "e3", "e4", "e5", "e6"};
  int64_t list[MOST_RATIO], c = match->expand.c;
  tess_kernel_t least[MOST_RATIO];
  tess_alternative_t alternatives[MOST_RATIO + 1] = {{.name = "keep"}};
  int count = list_ratios(match, list);
  for (int i = 0; i < count; i++) {
    least[i] = tess_match_dense(&model->nodes[node], c, list[i] * c);
    alternatives[i + 1] = (tess_alternative_t){
        .name = names[list[i] - 1],
        .rewrite_class = TESS_CLASS_RETRAIN,
        .why = list[i] * c < match->expand.o
                   ? "fewer channels between expansion and projection"
                   : "more channels between expansion and projection",
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
    tess_resize_apply(&match.hidden, list[alternative - 1] * match.expand.c,
                      "expansion");
  tess_resize_free(&match.hidden);
  return known;
}

const tess_rule_t tess_rule_expansion = {find, apply, NULL};
