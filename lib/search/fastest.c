/* The fastest candidate, for those who ask for nothing else: scores are sums
 * over groups, so it takes the best of each, without the rest of the front. */
#include "groups.h"
#include "tessera/base/arena.h"
#include "tessera/search/search.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_better(const tess_problem_group_t *group, int64_t a, int64_t b) {
  tess_score_t x = group->scores[a], y = group->scores[b];
  if (x.latency_ns != y.latency_ns)
    return x.latency_ns < y.latency_ns;
  if (x.distance != y.distance)
    return x.distance < y.distance;
  return group->at_par && group->at_par[a] > group->at_par[b];
}

/* The first of the group's best combinations; -1: none can run. */
static int64_t best_of(const tess_problem_group_t *group) {
  int64_t best = -1;
  for (int64_t c = 0; c < group->combination_count; c++) {
    const tess_score_t *score = &group->scores[c];
    if (group->canonical[c] == c && isfinite(score->latency_ns) &&
        isfinite(score->distance) && (best < 0 || is_better(group, c, best)))
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
  size_t room = (size_t)problem->site_count + 1;
  uint8_t *original = tess_alloc(room), *best = tess_alloc(room);
  tess_score_t score = tess_problem_score(problem, original);
  /* Of equal scores the archive would keep the original, also where the best is
   * to be taken at par. */
  bool only_best = false;
  if (choose(problem, best)) {
    tess_score_t found = tess_problem_score(problem, best);
    tess_archive_add(result->archive, best, found);
    result->evaluated = 1;
    only_best = found.latency_ns == score.latency_ns &&
                found.distance == score.distance;
  }
  if (!only_best)
    tess_archive_add(result->archive, original, score);
  free(original);
  free(best);
}
