/* Additions of one number for each channel behind a convolution or product
 * into its bias (TOSA) or what its accumulator starts from (linalg). */
#include "rule.h"
#include "tail.h"

static bool is_bias(const tess_tail_t *tail) {
  return !tail->scales && !tail->narrow;
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "fold",
       .why = "the accumulator starts from the bias",
       .at_par = true}};
  tess_tail_t tail;
  for (int32_t i = 0; i < model->node_count; i++)
    if (tess_tail_match(model, i, &tail) && is_bias(&tail))
      tess_site_add(collector, i, tail.nodes, tail.node_count, alternatives, 2);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  tess_tail_t tail;
  if (!tess_tail_match(model, anchor, &tail) || !is_bias(&tail))
    return false;
  tess_tail_fold(model, &tail);
  return true;
}

const tess_rule_t tess_rule_fold_bias = {find, apply, NULL};
