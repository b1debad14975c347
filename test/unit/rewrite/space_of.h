/* The space of a module's function, for the tests of tables. */
#ifndef TESSERA_TEST_UNIT_REWRITE_SPACE_OF_H
#define TESSERA_TEST_UNIT_REWRITE_SPACE_OF_H

#include "../load.h"
#include "tessera/flow/flow.h"

/* What a search combines unless told otherwise. */
static inline tess_rewrite_set_t searched(void) {
  return tess_rewrites_of_stage(TESS_STAGE_SEARCH);
}

/* By the roofline; `pieces` may be NULL. The caller destroys the space. */
static inline tess_space_t *
space_with(MlirModule module, const tess_target_t *target, tess_class_t allow,
           tess_rewrite_set_t rewrites, tess_space_memo_t *pieces,
           bool keep_slow) {
  tess_analysis_t analysis;
  CHECK_OK(tess_flow_analyse(tess_load_function(module), target, "roofline",
                             &analysis));
  tess_cost_model_t *model;
  CHECK_OK(tess_cost_model_create("roofline", target, &model));
  tess_cost_memo_t *costs = tess_cost_memo_create(model);
  const tess_space_options_t options = {.target = target,
                                        .costs = costs,
                                        .pieces = pieces,
                                        .allow = allow,
                                        .rewrites = rewrites,
                                        .keep_slow = keep_slow};
  tess_space_t *space;
  CHECK_OK(
      tess_space_create(analysis.model, analysis.program, &options, &space));
  tess_cost_memo_destroy(costs);
  tess_cost_model_destroy(model);
  tess_analysis_free(&analysis);
  return space;
}

/* The same with every alternative. */
static inline tess_space_t *
space_of(MlirModule module, const tess_target_t *target, tess_class_t allow,
         tess_rewrite_set_t rewrites, tess_space_memo_t *pieces) {
  return space_with(module, target, allow, rewrites, pieces, true);
}

#endif
