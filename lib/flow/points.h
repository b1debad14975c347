/* Choosing the Pareto points that are worth writing out. Only this folder. */
#ifndef TESSERA_LIB_FLOW_POINTS_H
#define TESSERA_LIB_FLOW_POINTS_H

#include "tessera/flow/flow.h"

/* Fills result->points: the baseline, then up to `limit` members of the front
 * by falling latency: the fastest exact and the fastest always, the others
 * spread evenly over the latency between them. */
void tess_flow_choose_points(tess_flow_result_t *result,
                             const tess_problem_t *problem, int32_t limit);

#endif
