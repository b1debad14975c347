/* Batch norm at inference into the convolution or product before it: what
 * multiplies a channel goes into the filter, the rest into the bias. A filter
 * that would take longer to scale than the result stays, and the norm becomes
 * one scale and one shift. Exact up to rounding; what it computes depends on
 * weights alone and is prepared. */
#include "rule.h"
#include "tail.h"

static bool match(const tess_model_t *model, int32_t node, tess_tail_t *tail) {
  return tess_tail_match(model, node, tail) && tail->scales &&
         (tess_tail_is_cheap(model, tail) || tess_tail_can_join(model, tail));
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t fold[] = {
      {.name = "keep"},
      {.name = "fold",
       .why = "scales and shifts of channels are part of filter and bias",
       .at_par = true}};
  const tess_alternative_t join[] = {
      {.name = "keep"},
      {.name = "join",
       .why = "one scale and one shift of each channel; the filter is larger "
              "than the result and stays",
       .at_par = true}};
  tess_tail_t tail;
  for (int32_t i = 0; i < model->node_count; i++)
    if (match(model, i, &tail))
      tess_site_add(collector, i, tail.nodes, tail.node_count,
                    tess_tail_is_cheap(model, &tail) ? fold : join, 2);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  tess_tail_t tail;
  if (!match(model, anchor, &tail))
    return false;
  (tess_tail_is_cheap(model, &tail) ? tess_tail_fold : tess_tail_join)(model,
                                                                       &tail);
  return true;
}

const tess_rule_t tess_rule_fold_norm = {find, apply, NULL};
