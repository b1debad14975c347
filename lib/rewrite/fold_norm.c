/* Batch norm at inference into the convolution or product before it: what
 * multiplies a channel goes into the filter, the rest into the bias. Exact up
 * to rounding; what it computes depends on weights alone and is prepared. */
#include "rule.h"
#include "tail.h"

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "fold",
       .why = "scales and shifts of channels are part of filter and bias",
       .at_par = true}};
  tess_tail_t tail;
  for (int32_t i = 0; i < model->node_count; i++)
    if (tess_tail_match(model, i, &tail) && tail.scales)
      tess_site_add(collector, i, tail.nodes, tail.node_count, alternatives, 2);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  tess_tail_t tail;
  if (!tess_tail_match(model, anchor, &tail) || !tail.scales)
    return false;
  tess_tail_fold(model, &tail);
  return true;
}

const tess_rule_t tess_rule_fold_norm = {find, apply, NULL};
