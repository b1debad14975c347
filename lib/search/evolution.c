/* Evolution towards the Pareto set: tournaments on rank and crowding, crossover
 * that keeps interacting sites together, few mutations. Each child draws from
 * a generator of its own, split by generation and place. */
#include "ranking.h"
#include "strategies.h"
#include "tessera/base/arena.h"
#include "tessera/base/random.h"
#include <stdlib.h>
#include <string.h>

#define POPULATION 128
/* Every so many children one is drawn uniformly, so that each candidate stays
 * reachable after the population has converged. */
#define IMMIGRANT_EVERY 16

typedef struct evolution {
  tess_strategy_t base;
  uint64_t seed;
  uint64_t generation;
  size_t asked, told;     /* children of this generation */
  uint8_t *parents;       /* POPULATION candidates, best first */
  uint8_t *children;      /* POPULATION candidates, in canonical form */
  uint8_t *next;          /* POPULATION candidates: the parents to be */
  tess_score_t *scores;   /* of the parents, then of the children */
  tess_ranked_t *members; /* parents and children together */
} evolution_t;

static tess_status_t evolution_create(const tess_problem_t *problem,
                                      uint64_t seed,
                                      tess_strategy_t **strategy) {
  evolution_t *self = tess_alloc(sizeof(*self));
  size_t bytes = POPULATION * ((size_t)problem->site_count + 1);
  self->base = (tess_strategy_t){&tess_strategy_evolution, problem};
  self->seed = seed;
  self->parents = tess_alloc(bytes);
  self->children = tess_alloc(bytes);
  self->next = tess_alloc(bytes);
  self->scores = tess_alloc(2 * POPULATION * sizeof(*self->scores));
  self->members = tess_alloc(2 * POPULATION * sizeof(*self->members));
  *strategy = &self->base;
  return TESS_SUCCESS;
}

static uint8_t draw(const tess_problem_t *problem, int32_t site,
                    tess_random_t *random) {
  return (uint8_t)tess_random_below(random, problem->alternative_counts[site]);
}

/* The first generation: child 0 is the baseline, and later ones change ever
 * more sites, so that the near end of the front is populated as well. */
static void found(const tess_problem_t *problem, size_t place,
                  tess_random_t *random, uint8_t *child) {
  double share = (double)place / (POPULATION - 1);
  for (int32_t site = 0; site < problem->site_count; site++)
    child[site] =
        tess_random_unit(random) < share ? draw(problem, site, random) : 0;
}

static void immigrate(const tess_problem_t *problem, tess_random_t *random,
                      uint8_t *child) {
  for (int32_t site = 0; site < problem->site_count; site++)
    child[site] = draw(problem, site, random);
}

/* Parents stand in order of merit: the smaller of two places wins. */
static const uint8_t *tournament(const evolution_t *self,
                                 tess_random_t *random) {
  uint64_t a = tess_random_below(random, POPULATION);
  uint64_t b = tess_random_below(random, POPULATION);
  return self->parents +
         (a < b ? a : b) * (size_t)self->base.problem->site_count;
}

static void cross(const tess_problem_t *problem, const uint8_t *mother,
                  const uint8_t *father, tess_random_t *random,
                  uint8_t *child) {
  uint64_t coins = 0;
  memcpy(child, mother, (size_t)problem->site_count);
  for (int32_t g = 0; g < problem->group_count; g++, coins >>= 1) {
    const tess_problem_group_t *group = &problem->groups[g];
    if (g % 64 == 0)
      coins = tess_random_next(random);
    if (coins & 1)
      for (int32_t i = 0; i < group->site_count; i++)
        child[group->sites[i]] = father[group->sites[i]];
  }
}

/* One site, and another with probability 1/2, and so on. */
static void mutate(const tess_problem_t *problem, tess_random_t *random,
                   uint8_t *child) {
  do {
    int32_t site =
        (int32_t)tess_random_below(random, (uint64_t)problem->site_count);
    child[site] = draw(problem, site, random);
  } while (tess_random_next(random) >> 63);
}

static void breed(const evolution_t *self, size_t place, uint8_t *child) {
  const tess_problem_t *problem = self->base.problem;
  tess_random_t random =
      tess_random_make(self->seed, self->generation * POPULATION + place);
  if (self->generation == 0) {
    found(problem, place, &random, child);
  } else if (place % IMMIGRANT_EVERY == 0) {
    immigrate(problem, &random, child);
  } else {
    const uint8_t *mother = tournament(self, &random);
    const uint8_t *father = tournament(self, &random);
    cross(problem, mother, father, &random, child);
    mutate(problem, &random, child);
  }
}

static size_t evolution_ask(tess_strategy_t *strategy, size_t count,
                            uint8_t *candidates) {
  evolution_t *self = (evolution_t *)strategy;
  size_t sites = (size_t)strategy->problem->site_count;
  size_t left = POPULATION - self->asked;
  if (count > left)
    count = left;
  if (sites)
    for (size_t i = 0; i < count; i++)
      breed(self, self->asked + i, candidates + i * sites);
  self->asked += count;
  return count;
}

/* The better half of parents and children become the parents. */
static void select_parents(evolution_t *self) {
  size_t sites = (size_t)self->base.problem->site_count;
  size_t first = self->generation == 0 ? POPULATION : 0;
  size_t count = 2 * POPULATION - first;
  tess_score_t scores[POPULATION];
  for (size_t i = 0; i < count; i++)
    self->members[i] =
        (tess_ranked_t){.score = self->scores[first + i], .index = first + i};
  tess_ranking_sort(self->members, count);
  for (size_t i = 0; i < POPULATION; i++) {
    size_t index = self->members[i].index;
    const uint8_t *from = index < POPULATION
                              ? self->parents + index * sites
                              : self->children + (index - POPULATION) * sites;
    memcpy(self->next + i * sites, from, sites);
    scores[i] = self->members[i].score;
  }
  memcpy(self->scores, scores, sizeof(scores));
  uint8_t *old = self->parents;
  self->parents = self->next;
  self->next = old;
}

static void evolution_tell(tess_strategy_t *strategy, size_t count,
                           const uint8_t *candidates,
                           const tess_score_t *scores) {
  evolution_t *self = (evolution_t *)strategy;
  size_t sites = (size_t)strategy->problem->site_count;
  memcpy(self->children + self->told * sites, candidates, count * sites);
  memcpy(self->scores + POPULATION + self->told, scores,
         count * sizeof(*scores));
  self->told += count;
  if (self->told < POPULATION)
    return;
  select_parents(self);
  self->generation++;
  self->asked = self->told = 0;
}

static bool evolution_certificate(const tess_strategy_t *strategy,
                                  double *epsilon) {
  (void)strategy;
  *epsilon = 0.0;
  return false;
}

static void evolution_destroy(tess_strategy_t *strategy) {
  evolution_t *self = (evolution_t *)strategy;
  free(self->parents);
  free(self->children);
  free(self->next);
  free(self->scores);
  free(self->members);
  free(self);
}

const tess_strategy_vtable_t tess_strategy_evolution = {
    .name = "evolution",
    .summary = "genetic search that spreads over the Pareto front (NSGA-II)",
    .create = evolution_create,
    .ask = evolution_ask,
    .tell = evolution_tell,
    .certificate = evolution_certificate,
    .destroy = evolution_destroy,
};
