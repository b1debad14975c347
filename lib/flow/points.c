/* Choosing the Pareto points that are worth writing out. */
#include "points.h"
#include <math.h>
#include <string.h>

static tess_flow_point_t make_point(tess_flow_result_t *result,
                                    const uint8_t *candidate,
                                    tess_score_t score) {
  const tess_site_list_t *sites = &result->space->sites;
  tess_flow_point_t point = {
      .candidate = tess_arena_array(&result->arena, (size_t)sites->count, 1),
      .score = score};
  if (sites->count)
    memcpy(point.candidate, candidate, (size_t)sites->count);
  point.text = tess_rewrite_candidate_text(&result->arena, sites, candidate);
  for (int32_t i = 0; i < sites->count; i++) {
    if (!candidate[i])
      continue;
    tess_class_t used =
        sites->sites[i].alternatives[candidate[i]].rewrite_class;
    point.rewrite_class =
        used > point.rewrite_class ? used : point.rewrite_class;
    point.change_count++;
  }
  return point;
}

static bool is_baseline(const uint8_t *candidate, int32_t site_count) {
  for (int32_t i = 0; i < site_count; i++)
    if (candidate[i])
      return false;
  return true;
}

/* Marks the member whose latency is nearest to `latency_ns`. */
static void mark_nearest(const tess_archive_t *archive, double latency_ns,
                         bool *marked) {
  size_t best = 0;
  double least = INFINITY;
  for (size_t i = 0; i < tess_archive_count(archive); i++) {
    double gap = fabs(tess_archive_score(archive, i).latency_ns - latency_ns);
    if (gap < least) {
      least = gap;
      best = i;
    }
  }
  marked[best] = true;
}

/* Members are by rising latency: the first is the fastest, the last the
 * nearest to the original function. */
static void mark_members(const tess_archive_t *archive, int32_t limit,
                         bool *marked) {
  size_t count = tess_archive_count(archive);
  double fastest = tess_archive_score(archive, 0).latency_ns;
  double slowest = tess_archive_score(archive, count - 1).latency_ns;
  marked[0] = marked[count - 1] = true;
  for (int32_t i = 1; i + 1 < limit; i++)
    mark_nearest(archive,
                 fastest + (slowest - fastest) * i / (double)(limit - 1),
                 marked);
}

void tess_flow_choose_points(tess_flow_result_t *result,
                             const tess_problem_t *problem, int32_t limit) {
  const tess_archive_t *archive = result->search.archive;
  size_t count = tess_archive_count(archive);
  size_t sites = (size_t)problem->site_count;
  result->front_count = (int64_t)count;
  result->points =
      tess_arena_array(&result->arena, count + 1, sizeof *result->points);
  uint8_t *original = tess_arena_array(&result->arena, sites, 1);
  result->points[result->point_count++] =
      make_point(result, original, tess_problem_score(problem, original));
  bool *marked = tess_arena_array(&result->arena, count, sizeof *marked);
  if (count)
    mark_members(archive, limit, marked);
  for (size_t i = count; i-- > 0;) {
    const uint8_t *candidate = tess_archive_candidate(archive, i);
    if (marked[i] && !is_baseline(candidate, problem->site_count))
      result->points[result->point_count++] =
          make_point(result, candidate, tess_archive_score(archive, i));
  }
}
