/* The whole Pareto set by dynamic programming: scores are sums over groups, so
 * a candidate's choices in the first groups must be on the front of those
 * groups. Each group is added to the front so far and what is dominated drops.
 *
 * Where a front outgrows its limit it is thinned, and the latency that this
 * can cost at most adds up in the certificate. */
#include "exact.h"
#include "front.h"
#include "groups.h"
#include "strategies.h"
#include "tessera/base/arena.h"
#include "tessera/base/parallel.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* At 24 bytes a point, twice: 48 MB for a sum; at 8 bytes a step: 32 MB for
 * the way back. */
#define FRONT_MOST 20000
#define SUM_MOST (1 << 20)
#define STEPS_MOST (4 << 20)

/* How a front's point came about. */
typedef struct step {
  uint32_t parent, choice;
} step_t;

typedef struct exact {
  tess_strategy_t base;
  tess_exact_limits_t limits;
  step_t **steps; /* per group, one per point of the front after it */
  tess_front_t front;
  size_t asked;
  double slack_ns; /* what all thinning may have cost */
} exact_t;

/* The front of no group at all. */
static tess_front_t empty_prefix(const tess_problem_t *problem) {
  tess_front_t front = {tess_alloc(sizeof(tess_front_point_t)), 0};
  if (isfinite(problem->base.latency_ns) && isfinite(problem->base.distance)) {
    front.points[0].score = problem->base;
    front.count = 1;
  }
  return front;
}

static step_t *steps_of(const tess_front_t *front) {
  step_t *steps = tess_alloc((front->count + 1) * sizeof(*steps));
  for (size_t i = 0; i < front->count; i++)
    steps[i] = (step_t){front->points[i].parent, front->points[i].choice};
  return steps;
}

static void add_group(exact_t *self, int32_t index) {
  tess_front_t group = tess_front_of_group(&self->base.problem->groups[index]);
  if (self->front.count)
    self->slack_ns +=
        tess_front_thin(&group, self->limits.sum_most / self->front.count);
  tess_front_t sum = tess_front_sum(&self->front, &group);
  self->slack_ns += tess_front_thin(&sum, self->limits.front_most);
  free(group.points);
  free(self->front.points);
  self->front = sum;
  self->steps[index] = steps_of(&sum);
}

static void exact_destroy(tess_strategy_t *strategy) {
  exact_t *self = (exact_t *)strategy;
  for (int32_t g = 0; g < strategy->problem->group_count; g++)
    free(self->steps[g]);
  free(self->steps);
  free(self->front.points);
  free(self);
}

tess_status_t tess_exact_create_limited(const tess_problem_t *problem,
                                        tess_exact_limits_t limits,
                                        tess_strategy_t **strategy) {
  assert(limits.front_most >= 2 && limits.sum_most / 2 >= limits.front_most);
  exact_t *self = tess_alloc(sizeof(*self));
  self->base = (tess_strategy_t){&tess_strategy_exact, problem};
  self->limits = limits;
  self->steps =
      tess_alloc(((size_t)problem->group_count + 1) * sizeof(*self->steps));
  self->front = empty_prefix(problem);
  for (int32_t g = 0; g < problem->group_count; g++) {
    if (tess_interrupted()) {
      exact_destroy(&self->base);
      return tess_error(TESS_INTERRUPTED,
                        "search interrupted after %d of %d groups", (int)g,
                        (int)problem->group_count);
    }
    add_group(self, g);
  }
  *strategy = &self->base;
  return TESS_SUCCESS;
}

static tess_status_t exact_create(const tess_problem_t *problem, uint64_t seed,
                                  tess_strategy_t **strategy) {
  (void)seed;
  size_t most = FRONT_MOST;
  if (problem->group_count > STEPS_MOST / FRONT_MOST)
    most = STEPS_MOST / (size_t)problem->group_count;
  tess_exact_limits_t limits = {most > 2 ? most : 2, SUM_MOST};
  return tess_exact_create_limited(problem, limits, strategy);
}

static void rebuild(const exact_t *self, size_t point, uint8_t *candidate) {
  const tess_problem_t *problem = self->base.problem;
  memset(candidate, 0, (size_t)problem->site_count); /* sites in no group */
  for (int32_t g = problem->group_count - 1; g >= 0; g--) {
    step_t step = self->steps[g][point];
    tess_group_choose(problem, &problem->groups[g], step.choice, candidate);
    point = step.parent;
  }
}

static size_t exact_ask(tess_strategy_t *strategy, size_t count,
                        uint8_t *candidates) {
  exact_t *self = (exact_t *)strategy;
  size_t left = self->front.count - self->asked;
  if (count > left)
    count = left;
  for (size_t i = 0; i < count; i++)
    rebuild(self, self->asked++,
            candidates + i * (size_t)strategy->problem->site_count);
  return count;
}

static void exact_tell(tess_strategy_t *strategy, size_t count,
                       const uint8_t *candidates, const tess_score_t *scores) {
  (void)strategy, (void)count, (void)candidates, (void)scores;
}

/* The slack as a share of the fastest latency, which thinning keeps, with room
 * for the rounding of the sums. */
static bool exact_certificate(const tess_strategy_t *strategy,
                              double *epsilon) {
  const exact_t *self = (const exact_t *)strategy;
  *epsilon = 0.0;
  if (self->slack_ns == 0.0)
    return true;
  double fastest_ns = self->front.points[0].score.latency_ns;
  if (!(fastest_ns > 0.0))
    return false;
  *epsilon = self->slack_ns / fastest_ns +
             4.0 * DBL_EPSILON * (strategy->problem->group_count + 1);
  return true;
}

const tess_strategy_vtable_t tess_strategy_exact = {
    .name = "exact",
    .summary = "the whole Pareto set by dynamic programming, certified",
    .exhaustive = true,
    .create = exact_create,
    .ask = exact_ask,
    .tell = exact_tell,
    .certificate = exact_certificate,
    .destroy = exact_destroy,
};
