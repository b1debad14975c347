/* Scoring and canonical forms on a problem written by hand, and against the
 * definition on random ones. */
#include "tessera/search/problem.h"
#include "check.h"
#include "toy.h"

static void test_by_hand(void) {
  const uint8_t counts[] = {2, 3, 2};
  const int32_t first[] = {2, 0}, second[] = {1};
  /* The first group's index is candidate[2] + 2 * candidate[0]. */
  const tess_score_t joint[] = {{10, 0}, {7, 1}, {4, 2}, {4, 2}};
  const tess_score_t alone[] = {{5, 0}, {3, 0.5}, {1, 4}};
  const int32_t joint_canonical[] = {0, 1, 2, 2}, alone_canonical[] = {0, 1, 2};
  tess_problem_group_t groups[] = {
      {first, 2, joint, joint_canonical, 4, NULL},
      {second, 1, alone, alone_canonical, 3, NULL},
  };
  const tess_problem_t problem = {3, counts, groups, 2, {100, 0.25}};

  uint8_t candidate[] = {1, 2, 1};
  tess_score_t score = tess_problem_score(&problem, candidate);
  CHECK(score.latency_ns == 105.0 && score.distance == 6.25);
  tess_problem_canonicalise(&problem, candidate);
  CHECK(!memcmp(candidate, (uint8_t[]){1, 2, 0}, 3));

  uint8_t other[] = {0, 1, 1};
  tess_problem_canonicalise(&problem, other);
  CHECK(!memcmp(other, (uint8_t[]){0, 1, 1}, 3));
  score = tess_problem_score(&problem, other);
  CHECK(score.latency_ns == 110.0 && score.distance == 1.75);
}

static void test_against_definition(uint64_t seed) {
  const toy_t toy = {5, 3, 4, seed % 2, true, true, 0};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, seed);
  size_t sites = (size_t)problem->site_count;
  uint8_t *candidate = tess_arena_alloc(&arena, sites);
  uint8_t *canonical = tess_arena_alloc(&arena, sites);
  int left = 2000;
  do {
    tess_score_t expected = toy_score_of(problem, candidate);
    tess_score_t score = tess_problem_score(problem, candidate);
    CHECK(!memcmp(&score, &expected, sizeof(score)));
    memcpy(canonical, candidate, sites);
    tess_problem_canonicalise(problem, canonical);
    score = tess_problem_score(problem, canonical);
    CHECK(!memcmp(&score, &expected, sizeof(score)));
    memcpy(candidate, canonical, sites);
    tess_problem_canonicalise(problem, canonical);
    CHECK(!memcmp(candidate, canonical, sites));
    for (size_t s = 0; s < sites; s++)
      CHECK(canonical[s] < problem->alternative_counts[s]);
    /* Canonical forms may lie behind, so go on by a random step. */
    tess_random_t random = tess_random_make(seed, (uint64_t)left);
    for (size_t s = 0; s < sites; s++)
      candidate[s] =
          (uint8_t)tess_random_below(&random, problem->alternative_counts[s]);
  } while (--left);
  tess_arena_free(&arena);
}

int main(void) {
  test_by_hand();
  for (uint64_t seed = 0; seed < 10; seed++)
    test_against_definition(seed);
  return tess_check_result();
}
