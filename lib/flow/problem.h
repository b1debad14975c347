/* From a space to the table that search runs on. Only this folder. */
#ifndef TESSERA_LIB_FLOW_PROBLEM_H
#define TESSERA_LIB_FLOW_PROBLEM_H

#include "tessera/quality/quality.h"
#include "tessera/rewrite/space.h"
#include "tessera/search/problem.h"

/* Everything is in the arena. */
tess_problem_t tess_flow_problem(const tess_model_t *model,
                                 const tess_space_t *space,
                                 const tess_quality_estimator_t *quality,
                                 tess_arena_t *arena);

#endif
