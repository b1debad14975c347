/* The strategy to copy: every candidate is drawn uniformly, and nothing is
 * learned from the scores. Candidate number i depends on the seed and i only.
 */
#include "tessera/base/random.h"
#include "strategies.h"
#include "tessera/base/arena.h"
#include <stdlib.h>

typedef struct random_strategy {
  tess_strategy_t base;
  uint64_t seed;
  uint64_t asked;
} random_strategy_t;

static tess_status_t random_create(const tess_problem_t *problem, uint64_t seed,
                                   tess_strategy_t **strategy) {
  random_strategy_t *self = tess_alloc(sizeof(*self));
  self->base = (tess_strategy_t){&tess_strategy_random, problem};
  self->seed = seed;
  *strategy = &self->base;
  return TESS_SUCCESS;
}

static size_t random_ask(tess_strategy_t *strategy, size_t count,
                         uint8_t *candidates) {
  random_strategy_t *self = (random_strategy_t *)strategy;
  const tess_problem_t *problem = strategy->problem;
  for (size_t i = 0; i < count; i++) {
    tess_random_t random = tess_random_make(self->seed, self->asked++);
    for (int32_t site = 0; site < problem->site_count; site++)
      *candidates++ = (uint8_t)tess_random_below(
          &random, problem->alternative_counts[site]);
  }
  return count;
}

static void random_tell(tess_strategy_t *strategy, size_t count,
                        const uint8_t *candidates, const tess_score_t *scores) {
  (void)strategy, (void)count, (void)candidates, (void)scores;
}

static bool random_certificate(const tess_strategy_t *strategy,
                               double *epsilon) {
  (void)strategy;
  *epsilon = 0.0;
  return false;
}

static void random_destroy(tess_strategy_t *strategy) { free(strategy); }

const tess_strategy_vtable_t tess_strategy_random = {
    .name = "random",
    .summary = "uniformly drawn candidates: the baseline for the others",
    .create = random_create,
    .ask = random_ask,
    .tell = random_tell,
    .certificate = random_certificate,
    .destroy = random_destroy,
};
