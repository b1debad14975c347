/* Scores and canonical forms of candidates, straight from the table. */
#include "tessera/search/problem.h"
#include "groups.h"
#include <math.h>

/* Sums that are equal but for the order of their terms must be equal, or one
 * of two candidates would be on the front by rounding alone. */
static double on_grid(double sum, double steps) {
  double scaled = sum * steps;
  return fabs(scaled) < 0x1p52 ? round(scaled) / steps : sum;
}

tess_score_t tess_problem_score(const tess_problem_t *problem,
                                const uint8_t *candidate) {
  tess_score_t sum = problem->base;
  for (int32_t g = 0; g < problem->group_count; g++) {
    const tess_problem_group_t *group = &problem->groups[g];
    const tess_score_t *score =
        &group->scores[tess_group_combination(problem, group, candidate)];
    sum.latency_ns += score->latency_ns;
    sum.distance += score->distance;
  }
  sum.latency_ns = on_grid(sum.latency_ns, 0x1p20);
  sum.distance = on_grid(sum.distance, 0x1p40);
  return sum;
}

void tess_problem_canonicalise(const tess_problem_t *problem,
                               uint8_t *candidate) {
  for (int32_t g = 0; g < problem->group_count; g++) {
    const tess_problem_group_t *group = &problem->groups[g];
    int64_t combination = tess_group_combination(problem, group, candidate);
    if (group->canonical[combination] != combination)
      tess_group_choose(problem, group, group->canonical[combination],
                        candidate);
  }
}
