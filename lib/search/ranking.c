/* Non-dominated sorting and crowding distance for two objectives, in
 * O(n log n). */
#include "ranking.h"
#include "tessera/base/arena.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define LAST_RANK INT32_MAX

static int order_of(double a, double b) { return (a > b) - (a < b); }

static bool is_feasible(tess_score_t score) {
  return isfinite(score.latency_ns) && isfinite(score.distance);
}

static int by_score(const void *left, const void *right) {
  const tess_ranked_t *a = left, *b = right;
  int order = (int)is_feasible(b->score) - (int)is_feasible(a->score);
  if (!order && is_feasible(a->score))
    order = order_of(a->score.latency_ns, b->score.latency_ns);
  if (!order && is_feasible(a->score))
    order = order_of(a->score.distance, b->score.distance);
  return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int by_rank(const void *left, const void *right) {
  const tess_ranked_t *a = left, *b = right;
  int order = (a->rank > b->rank) - (a->rank < b->rank);
  if (!order)
    order = order_of(b->crowding, a->crowding);
  return order ? order : by_score(a, b);
}

/* In order of latency a member is dominated by a front exactly if the front's
 * last distance is not above its own; last distances rise with the rank. */
static void assign_ranks(tess_ranked_t *members, size_t count,
                         double *last_distance) {
  int32_t ranks = 0;
  for (size_t i = 0; i < count; i++) {
    if (!is_feasible(members[i].score)) {
      members[i].rank = LAST_RANK;
      continue;
    }
    int32_t low = 0, high = ranks;
    while (low < high) {
      int32_t middle = low + (high - low) / 2;
      if (last_distance[middle] <= members[i].score.distance)
        low = middle + 1;
      else
        high = middle;
    }
    members[i].rank = low;
    last_distance[low] = members[i].score.distance;
    ranks += low == ranks;
  }
}

static double share(double part, double whole) {
  return whole > 0.0 ? part / whole : 0.0;
}

/* `front`: one rank's members by rising latency. */
static void assign_crowding(tess_ranked_t *front, size_t count) {
  tess_score_t first = front[0].score, last = front[count - 1].score;
  for (size_t i = 0; i < count; i++) {
    if (front[0].rank == LAST_RANK)
      front[i].crowding = 0.0;
    else if (i == 0 || i + 1 == count)
      front[i].crowding = INFINITY;
    else
      front[i].crowding =
          share(front[i + 1].score.latency_ns - front[i - 1].score.latency_ns,
                last.latency_ns - first.latency_ns) +
          share(front[i - 1].score.distance - front[i + 1].score.distance,
                first.distance - last.distance);
  }
}

void tess_ranking_sort(tess_ranked_t *members, size_t count) {
  if (count == 0)
    return;
  double *last_distance = tess_alloc(count * sizeof(*last_distance));
  qsort(members, count, sizeof(*members), by_score);
  assign_ranks(members, count, last_distance);
  free(last_distance);
  for (size_t i = 0; i < count; i++)
    members[i].crowding = 0.0;
  qsort(members, count, sizeof(*members), by_rank);
  for (size_t start = 0, end; start < count; start = end) {
    for (end = start; end < count && members[end].rank == members[start].rank;)
      end++;
    assign_crowding(members + start, end - start);
  }
  qsort(members, count, sizeof(*members), by_rank);
}
