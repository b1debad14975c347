/* Channels last or first throughout a function: convolutions and poolings by
 * their other names, whatever lies between them with its dimensions in the
 * other order, and transposes where the two meet: at the inputs, the results,
 * and in front of what knows one layout alone. Exact: nothing is computed in
 * another way. The function's signature stays.
 *
 * What TOSA has for convolutions knows one layout; there, and around matrix
 * products, transposes go that undo each other across what lies between. */
#include "layout_change.h"
#include "layout_plan.h"
#include "match.h"
#include "rule.h"
#include <stdlib.h>
#include <string.h>

enum { LAST = 1, FIRST = 2 };

/* What there is to choose from, in the order of the alternatives. */
typedef struct choices {
  int32_t ways[2]; /* LAST, FIRST */
  int32_t count;
  bool convolves; /* at all, in any dialect */
} choices_t;

static bool has_layout(const tess_node_t *node) {
  return node->kernel.layout != TESS_LAYOUT_NONE &&
         (node->kind == TESS_NODE_CONV || node->kind == TESS_NODE_DEPTHWISE);
}

static bool is_tosa(const tess_node_t *node) {
  return !strncmp(node->op_name, "tosa.", 5);
}

/* A glance at the nodes: whether there can be anything to gain. */
static choices_t find_choices(const tess_model_t *model) {
  choices_t choices = {.count = 0};
  bool last = false, first = false;
  for (int32_t i = 0; i < model->node_count; i++) {
    const tess_node_t *node = &model->nodes[i];
    if (node->prepared)
      continue;
    last = last || node->kind == TESS_NODE_TRANSPOSE;
    choices.convolves = choices.convolves || has_layout(node);
    if (!has_layout(node) || is_tosa(node))
      continue;
    last = last || node->kernel.layout == TESS_LAYOUT_NCHW;
    first = first || node->kernel.layout == TESS_LAYOUT_NHWC;
  }
  if (last)
    choices.ways[choices.count++] = LAST;
  if (first)
    choices.ways[choices.count++] = FIRST;
  return choices;
}

static bool is_worth(const tess_layout_plan_t *plan) {
  return plan->first != TESS_NONE &&
         (plan->turned > 0 || (plan->to_last && plan->saved_bytes > 0.0));
}

static int32_t node_of(const tess_model_t *model, MlirOperation op) {
  for (int32_t i = 0; i < model->node_count; i++)
    if (model->nodes[i].op == op.ptr)
      return i;
  return TESS_NONE;
}

/* Appends what the function gains from; returns the node of the first op that
 * changes. */
static int32_t list(const tess_model_t *model, tess_layout_graph_t *graph,
                    const choices_t *choices, tess_alternative_t *alternatives,
                    int32_t *ways, int32_t *count) {
  int32_t anchor = TESS_NONE;
  for (int32_t i = 0; i < choices->count; i++) {
    bool to_last = choices->ways[i] == LAST;
    tess_layout_plan_t plan = tess_layout_plan(graph, to_last);
    if (!is_worth(&plan))
      continue;
    int32_t node = node_of(model, graph->ops[plan.first].op);
    if (node == TESS_NONE)
      continue;
    ways[*count] = choices->ways[i];
    alternatives[(*count)++] = (tess_alternative_t){
        .name = to_last ? "nhwc" : "nchw",
        .why = !choices->convolves ? "transposes that undo each other go"
               : to_last ? "channels last from input to result: vectors of "
                           "channels, transposes at the ends alone"
                         : "channels first from input to result"};
    anchor = anchor == TESS_NONE || node < anchor ? node : anchor;
  }
  return anchor;
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const choices_t choices = find_choices(model);
  tess_layout_graph_t *graph =
      choices.count ? tess_layout_graph_create(model) : NULL;
  if (!graph)
    return;
  tess_alternative_t alternatives[3] = {{.name = "keep"}};
  int32_t ways[3], count = 1;
  int32_t anchor = list(model, graph, &choices, alternatives, ways, &count);
  tess_layout_graph_destroy(graph);
  if (anchor == TESS_NONE)
    return;
  int32_t *nodes = tess_alloc((size_t)model->node_count * sizeof *nodes);
  for (int32_t i = 0; i < model->node_count; i++)
    nodes[i] = i;
  tess_site_add(collector, anchor, nodes, model->node_count, alternatives,
                count);
  free(nodes);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)anchor;
  const choices_t choices = find_choices(model);
  tess_layout_graph_t *graph =
      choices.count ? tess_layout_graph_create(model) : NULL;
  if (!graph)
    return false;
  tess_alternative_t alternatives[3];
  int32_t ways[3] = {0}, count = 1;
  list(model, graph, &choices, alternatives, ways, &count);
  bool there = alternative < count;
  if (there) {
    tess_layout_plan_t plan =
        tess_layout_plan(graph, ways[alternative] == LAST);
    tess_layout_change(&plan);
  }
  tess_layout_graph_destroy(graph);
  return there;
}

static const char *obstacle(const tess_model_t *model, int32_t n) {
  const tess_node_t *node = &model->nodes[n];
  if (!has_layout(node) || node->kernel.layout != TESS_LAYOUT_NCHW ||
      is_tosa(node))
    return NULL;
  if (!strcmp(node->op_name, "linalg.generic"))
    return "a convolution written out as linalg.generic has no other layout";
  return tess_layout_has_twin(node->op_name)
             ? NULL
             : "linalg has no such convolution with the channels last";
}

const tess_rule_t tess_rule_layout = {find, apply, obstacle};
