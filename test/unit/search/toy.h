/* Toy problems for the tests of search, and the slow and obvious way to their
 * Pareto fronts. */
#ifndef TESSERA_TEST_UNIT_SEARCH_TOY_H
#define TESSERA_TEST_UNIT_SEARCH_TOY_H

#include "tessera/base/arena.h"
#include "tessera/base/random.h"
#include "tessera/search/search.h"
#include <math.h>
#include <string.h>

typedef struct toy {
  int32_t groups, sites_per_group, alternatives; /* at most */
  bool whole;                                    /* whole numbers: many ties */
  bool copies;                /* combinations that mean the same */
  bool infeasible;            /* some combinations that cannot run */
  int32_t least_alternatives; /* per site; 0 counts as 1 */
} toy_t;

/* Multiples of 2^-20, whose sums are exact. */
static inline double toy_number(const toy_t *toy, tess_random_t *random) {
  return toy->whole ? (double)tess_random_below(random, 8)
                    : (double)tess_random_below(random, 10 << 20) * 0x1p-20;
}

/* Combination 0 changes nothing: distance 0, always feasible. */
static inline tess_score_t toy_score(const toy_t *toy, tess_random_t *random,
                                     int64_t combination) {
  tess_score_t score = {toy_number(toy, random), toy_number(toy, random)};
  if (combination == 0)
    score = (tess_score_t){score.latency_ns + 5.0, 0.0};
  else if (toy->infeasible && tess_random_below(random, 6) == 0)
    score.latency_ns = INFINITY;
  return score;
}

static inline void toy_fill_group(const toy_t *toy, tess_arena_t *arena,
                                  tess_random_t *random,
                                  const tess_problem_t *problem,
                                  tess_problem_group_t *group) {
  group->combination_count = 1;
  for (int32_t i = 0; i < group->site_count; i++)
    group->combination_count *= problem->alternative_counts[group->sites[i]];
  size_t count = (size_t)group->combination_count;
  tess_score_t *scores = tess_arena_array(arena, count, sizeof(*scores));
  int32_t *canonical = tess_arena_array(arena, count, sizeof(*canonical));
  for (size_t c = 0; c < count; c++) {
    scores[c] = toy_score(toy, random, (int64_t)c);
    canonical[c] = (int32_t)c;
    if (toy->copies && c > 0 && tess_random_below(random, 4) == 0) {
      canonical[c] = canonical[tess_random_below(random, c)];
      scores[c] = scores[canonical[c]];
    }
  }
  group->scores = scores;
  group->canonical = canonical;
}

/* Sites are dealt out to groups in a mixed order, so that a group's sites do
 * not stand side by side. */
static inline tess_problem_t *toy_problem(const toy_t *toy, tess_arena_t *arena,
                                          uint64_t seed) {
  tess_random_t random = tess_random_make(seed, 0);
  tess_problem_t *problem = tess_arena_alloc(arena, sizeof(*problem));
  problem->group_count =
      1 + (int32_t)tess_random_below(&random, (uint64_t)toy->groups);
  problem->groups = tess_arena_array(arena, (size_t)problem->group_count,
                                     sizeof(*problem->groups));
  for (int32_t g = 0; g < problem->group_count; g++) {
    problem->groups[g].site_count =
        1 + (int32_t)tess_random_below(&random, (uint64_t)toy->sites_per_group);
    problem->site_count += problem->groups[g].site_count;
  }
  size_t sites = (size_t)problem->site_count;
  uint8_t *counts = tess_arena_array(arena, sites, 1);
  int32_t *order = tess_arena_array(arena, sites, sizeof(*order));
  int32_t least = toy->least_alternatives > 1 ? toy->least_alternatives : 1;
  for (size_t s = 0; s < sites; s++) {
    size_t other = tess_random_below(&random, s + 1);
    counts[s] =
        (uint8_t)((uint64_t)least +
                  tess_random_below(&random,
                                    (uint64_t)(toy->alternatives - least + 1)));
    order[s] = order[other];
    order[other] = (int32_t)s;
  }
  problem->alternative_counts = counts;
  problem->base = (tess_score_t){3.0, 0.0};
  for (int32_t g = 0; g < problem->group_count; g++) {
    problem->groups[g].sites = order;
    order += problem->groups[g].site_count;
    toy_fill_group(toy, arena, &random, problem, &problem->groups[g]);
  }
  return problem;
}

/* A candidate's score, written down from the definition. */
static inline tess_score_t toy_score_of(const tess_problem_t *problem,
                                        const uint8_t *candidate) {
  tess_score_t sum = problem->base;
  for (int32_t g = 0; g < problem->group_count; g++) {
    const tess_problem_group_t *group = &problem->groups[g];
    int64_t index = 0, stride = 1;
    for (int32_t i = 0; i < group->site_count; i++) {
      index += candidate[group->sites[i]] * stride;
      stride *= problem->alternative_counts[group->sites[i]];
    }
    sum.latency_ns += group->scores[index].latency_ns;
    sum.distance += group->scores[index].distance;
  }
  return sum;
}

/* The next candidate in counting order; false after the last. */
static inline bool toy_next(const tess_problem_t *problem, uint8_t *candidate) {
  for (int32_t s = 0; s < problem->site_count; s++) {
    if (++candidate[s] < problem->alternative_counts[s])
      return true;
    candidate[s] = 0;
  }
  return false;
}

static inline bool toy_covers(tess_score_t a, tess_score_t b) {
  return a.latency_ns <= b.latency_ns && a.distance <= b.distance;
}

typedef struct toy_front {
  tess_score_t *scores;
  size_t count, capacity;
} toy_front_t;

/* Adds a score unless a member is as good, and drops members it beats: a plain
 * list, compared with everybody. */
static inline void toy_front_add(toy_front_t *front, tess_score_t score) {
  size_t kept = 0;
  if (!isfinite(score.latency_ns))
    return;
  for (size_t i = 0; i < front->count; i++)
    if (toy_covers(front->scores[i], score))
      return;
  for (size_t i = 0; i < front->count; i++)
    if (!toy_covers(score, front->scores[i]))
      front->scores[kept++] = front->scores[i];
  front->scores = tess_grow(front->scores, kept + 1, &front->capacity,
                            sizeof(*front->scores));
  front->scores[kept] = score;
  front->count = kept + 1;
}

/* The front of every candidate there is. The caller frees `scores`. */
static inline toy_front_t toy_true_front(const tess_problem_t *problem) {
  toy_front_t front = {0};
  uint8_t *candidate = tess_alloc((size_t)problem->site_count + 1);
  do
    toy_front_add(&front, toy_score_of(problem, candidate));
  while (toy_next(problem, candidate));
  free(candidate);
  return front;
}

/* Whether an archive holds exactly these scores. */
static inline bool toy_same_front(const toy_front_t *front,
                                  const tess_archive_t *archive) {
  if (front->count != tess_archive_count(archive))
    return false;
  for (size_t i = 0; i < front->count; i++) {
    bool found = false;
    for (size_t j = 0; j < front->count && !found; j++) {
      tess_score_t score = tess_archive_score(archive, j);
      found = score.latency_ns == front->scores[i].latency_ns &&
              score.distance == front->scores[i].distance;
    }
    if (!found)
      return false;
  }
  return true;
}

#endif
