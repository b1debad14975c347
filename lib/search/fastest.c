/* The fastest candidate, for those who ask for nothing else: scores are sums
 * over groups, so it takes the best of each, without the rest of the front. */
#include "groups.h"
#include "tessera/base/arena.h"
#include "tessera/search/search.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_better(tess_score_t a, tess_score_t b) {
  return a.latency_ns < b.latency_ns ||
         (a.latency_ns == b.latency_ns && a.distance < b.distance);
}

/* The first of the group's best combinations; -1: none can run. */
static int64_t best_of(const tess_problem_group_t *group) {
  int64_t best = -1;
  for (int64_t c = 0; c < group->combination_count; c++) {
    const tess_score_t *score = &group->scores[c];
    if (group->canonical[c] == c && isfinite(score->latency_ns) &&
        isfinite(score->distance) &&
        (best < 0 || is_better(*score, group->scores[best])))
      best = c;
  }
  return best;
}

static bool choose(const tess_problem_t *problem, uint8_t *candidate) {
  for (int32_t g = 0; g < problem->group_count; g++) {
    int64_t best = best_of(&problem->groups[g]);
    if (best < 0)
      return false;
    tess_group_choose(problem, &problem->groups[g], best, candidate);
  }
  return true;
}

void tess_search_fastest(const tess_problem_t *problem,
                         tess_search_result_t *result) {
  *result = (tess_search_result_t){
      .archive = tess_archive_create(problem->site_count)};
  uint8_t *candidate = tess_alloc((size_t)problem->site_count + 1);
  tess_archive_add(result->archive, candidate,
                   tess_problem_score(problem, candidate));
  if (choose(problem, candidate)) {
    tess_archive_add(result->archive, candidate,
                     tess_problem_score(problem, candidate));
    result->evaluated = 1;
  }
  free(candidate);
}
