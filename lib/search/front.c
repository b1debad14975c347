/* Sums, pruning and thinning of fronts. */
#include "front.h"
#include "tessera/base/arena.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* How closely the smallest slack is sought. */
#define SLACK_PRECISION 1e-4

static int score_order(tess_score_t a, tess_score_t b) {
  if (a.latency_ns != b.latency_ns)
    return a.latency_ns < b.latency_ns ? -1 : 1;
  return (a.distance > b.distance) - (a.distance < b.distance);
}

static int by_score(const void *left, const void *right) {
  const tess_front_point_t *a = left, *b = right;
  int order = score_order(a->score, b->score);
  return order ? order : (a->choice > b->choice) - (a->choice < b->choice);
}

/* Merges two lists in order of latency into `out` without what is dominated;
 * returns how many stay. */
static size_t merge(const tess_front_point_t *a, size_t a_count,
                    const tess_front_point_t *b, size_t b_count,
                    tess_front_point_t *out) {
  const tess_front_point_t *a_end = a + a_count, *b_end = b + b_count;
  double nearest = INFINITY;
  size_t count = 0;
  while (a < a_end || b < b_end) {
    bool take_a =
        b == b_end || (a < a_end && score_order(a->score, b->score) <= 0);
    const tess_front_point_t *point = take_a ? a++ : b++;
    if (!(point->score.distance < nearest))
      continue;
    nearest = point->score.distance;
    /* Rounding can make two latencies of one list equal. */
    if (count && out[count - 1].score.latency_ns == point->score.latency_ns)
      count--;
    out[count++] = *point;
  }
  return count;
}

tess_front_t tess_front_of_group(const tess_problem_group_t *group) {
  size_t total = (size_t)group->combination_count, count = 0;
  tess_front_point_t *points = tess_alloc((total + 1) * sizeof(*points));
  for (size_t c = 0; c < total; c++)
    if (group->canonical[c] == (int32_t)c &&
        isfinite(group->scores[c].latency_ns) &&
        isfinite(group->scores[c].distance))
      points[count++] = (tess_front_point_t){.score = group->scores[c],
                                             .choice = (uint32_t)c};
  qsort(points, count, sizeof(*points), by_score);
  tess_front_t front = {tess_alloc((count + 1) * sizeof(*points)), 0};
  front.count = merge(points, count, NULL, 0, front.points);
  free(points);
  return front;
}

/* The prefix with one choice added to each of its points. */
static void shift(const tess_front_t *prefix, const tess_front_point_t *choice,
                  tess_front_point_t *out) {
  for (size_t i = 0; i < prefix->count; i++) {
    tess_score_t score = prefix->points[i].score;
    score.latency_ns += choice->score.latency_ns;
    score.distance += choice->score.distance;
    out[i] = (tess_front_point_t){score, (uint32_t)i, choice->choice};
  }
}

/* Merges neighbouring runs of `from` pairwise into `to`; returns how many runs
 * are left. */
static size_t merge_runs(const tess_front_point_t *from, size_t *lengths,
                         size_t runs, tess_front_point_t *to) {
  size_t merged = 0;
  for (size_t r = 0; r < runs; r += 2, merged++) {
    size_t first = lengths[r], second = r + 1 < runs ? lengths[r + 1] : 0;
    lengths[merged] = merge(from, first, from + first, second, to);
    from += first + second;
    to += lengths[merged];
  }
  return merged;
}

tess_front_t tess_front_sum(const tess_front_t *prefix,
                            const tess_front_t *group) {
  size_t total = prefix->count * group->count, runs = group->count;
  size_t bytes = (total + 1) * sizeof(tess_front_point_t);
  tess_front_point_t *from = tess_alloc(bytes), *to = tess_alloc(bytes);
  size_t *lengths = tess_alloc((runs + 1) * sizeof(*lengths));
  for (size_t r = 0; r < runs; r++) {
    shift(prefix, &group->points[r], from + r * prefix->count);
    lengths[r] = prefix->count;
  }
  do {
    runs = merge_runs(from, lengths, runs, to);
    tess_front_point_t *old = from;
    from = to;
    to = old;
  } while (runs > 1);
  tess_front_t sum = {from, runs ? lengths[0] : 0};
  free(to);
  free(lengths);
  sum.points = tess_realloc(from, (sum.count + 1) * sizeof(*from));
  return sum;
}

/* The last point that is at most `slack_ns` slower than point `first`. Steps
 * double before they halve, since it is mostly close by. */
static size_t reach(const tess_front_t *front, size_t first, double slack_ns) {
  double limit = front->points[first].score.latency_ns + slack_ns;
  size_t low = first, step = 1;
  while (low + step < front->count &&
         front->points[low + step].score.latency_ns <= limit) {
    low += step;
    step *= 2;
  }
  for (; step > 0; step /= 2)
    if (low + step < front->count &&
        front->points[low + step].score.latency_ns <= limit)
      low += step;
  return low;
}

/* Whether at most `most` points stay if one may stand for those up to
 * `slack_ns` faster: the first, and then greedily, which is optimal on a line.
 */
static bool is_enough(const tess_front_t *front, double slack_ns, size_t most) {
  size_t kept = 1;
  for (size_t i = 1; i < front->count && kept <= most; kept++)
    i = reach(front, i, slack_ns) + 1;
  return kept <= most;
}

static double smallest_slack(const tess_front_t *front, size_t most) {
  double low = 0.0, high = front->points[front->count - 1].score.latency_ns -
                           front->points[0].score.latency_ns;
  while (high - low > SLACK_PRECISION * high) {
    double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high)
      break;
    if (is_enough(front, middle, most))
      high = middle;
    else
      low = middle;
  }
  return high;
}

double tess_front_thin(tess_front_t *front, size_t most) {
  if (front->count <= most)
    return 0.0;
  double slack_ns = smallest_slack(front, most);
  size_t kept = 1;
  for (size_t i = 1; i < front->count;) {
    size_t last = reach(front, i, slack_ns);
    front->points[kept++] = front->points[last];
    i = last + 1;
  }
  front->count = kept;
  return slack_ns;
}
