/* Dynamic programming against every candidate there is, and its certificate
 * where fronts are thinned. */
#include "../../../lib/search/exact.h"
#include "check.h"
#include "toy.h"

static tess_search_result_t search(const tess_problem_t *problem) {
  tess_search_options_t options = {.strategy = "exact", .jobs = 1};
  tess_search_result_t result;
  CHECK_OK(tess_search_run(problem, &options, &result));
  return result;
}

/* Every member's candidate has the score that stands beside it. */
static void check_scores(const tess_problem_t *problem,
                         const tess_archive_t *archive) {
  for (size_t i = 0; i < tess_archive_count(archive); i++) {
    tess_score_t score = tess_archive_score(archive, i);
    tess_score_t expected =
        toy_score_of(problem, tess_archive_candidate(archive, i));
    CHECK(score.latency_ns == expected.latency_ns &&
          score.distance == expected.distance);
  }
}

static void test_against_enumeration(uint64_t seed) {
  const toy_t toy = {5, 2, 3, seed % 2, seed % 3 != 0, seed % 5 == 0, 0};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, seed);
  toy_front_t expected = toy_true_front(problem);
  tess_search_result_t result = search(problem);
  CHECK(toy_same_front(&expected, result.archive));
  CHECK(result.certified && result.epsilon == 0.0);
  CHECK_EQ(result.evaluated, expected.count);
  check_scores(problem, result.archive);
  tess_archive_destroy(result.archive);
  free(expected.scores);
  tess_arena_free(&arena);
}

/* With room for a few points only, each true point has one that is as near and
 * at most the stated share slower. Returns whether points were lost. */
static bool test_thinned(uint64_t seed, size_t most) {
  const toy_t toy = {6, 2, 3, false, true, false, 2};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, seed);
  toy_front_t expected = toy_true_front(problem);
  tess_strategy_t *strategy = NULL;
  CHECK_OK(tess_exact_create_limited(
      problem, (tess_exact_limits_t){most, 2 * most}, &strategy));
  double epsilon = -1.0;
  CHECK(strategy->vtable->certificate(strategy, &epsilon) && epsilon >= 0.0);
  uint8_t *found = tess_arena_array(&arena, most, (size_t)problem->site_count);
  size_t count = strategy->vtable->ask(strategy, most, found);
  CHECK(count > 0 && count <= most);
  CHECK_EQ(strategy->vtable->ask(strategy, 0, found), 0);
  for (size_t i = 0; i < expected.count; i++) {
    bool near = false;
    tess_score_t limit = expected.scores[i];
    limit.latency_ns *= 1.0 + epsilon;
    for (size_t j = 0; j < count && !near; j++)
      near = toy_covers(
          toy_score_of(problem, found + j * (size_t)problem->site_count),
          limit);
    CHECK(near);
  }
  bool lost = count < expected.count;
  if (lost)
    CHECK(epsilon > 0.0);
  strategy->vtable->destroy(strategy);
  free(expected.scores);
  tess_arena_free(&arena);
  return lost;
}

/* The ends of a thinned front are those of the whole one. */
static void test_thinned_ends(void) {
  const toy_t toy = {6, 2, 3, false, false, false, 2};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, 77);
  tess_search_result_t whole = search(problem);
  tess_strategy_t *strategy = NULL;
  CHECK_OK(tess_exact_create_limited(problem, (tess_exact_limits_t){2, 4},
                                     &strategy));
  uint8_t *found = tess_arena_array(&arena, 2, (size_t)problem->site_count);
  CHECK_EQ(strategy->vtable->ask(strategy, 2, found), 2);
  size_t last = tess_archive_count(whole.archive) - 1;
  CHECK(last > 2);
  CHECK(toy_score_of(problem, found).latency_ns ==
        tess_archive_score(whole.archive, 0).latency_ns);
  CHECK(toy_score_of(problem, found + problem->site_count).distance ==
        tess_archive_score(whole.archive, last).distance);
  strategy->vtable->destroy(strategy);
  tess_archive_destroy(whole.archive);
  tess_arena_free(&arena);
}

/* Far more points than the limit: bounded, and still certified. */
static void test_many_groups(void) {
  const toy_t toy = {400, 2, 9, false, false, false, 6};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, 3);
  CHECK(problem->group_count > 250);
  tess_search_result_t result = search(problem);
  CHECK(result.certified && result.epsilon > 0.0 && result.epsilon < 0.05);
  CHECK(result.evaluated <= 20000);
  check_scores(problem, result.archive);
  tess_archive_destroy(result.archive);
  tess_arena_free(&arena);
}

/* One group as large as a space may have. */
static void test_large_group(void) {
  const toy_t toy = {1, 1, 2, false, false, true, 2};
  tess_arena_t arena = TESS_ARENA_INIT;
  uint8_t counts[16];
  int32_t sites[16];
  tess_problem_group_t group = {sites, 16, NULL, NULL, 0, NULL};
  tess_problem_t problem = {16, counts, &group, 1, {1.0, 0.0}};
  for (int32_t i = 0; i < 16; i++) {
    counts[i] = 2;
    sites[i] = i;
  }
  tess_random_t random = tess_random_make(5, 5);
  toy_fill_group(&toy, &arena, &random, &problem, &group);
  CHECK_EQ(group.combination_count, 65536);
  toy_front_t expected = toy_true_front(&problem);
  tess_search_result_t result = search(&problem);
  CHECK(toy_same_front(&expected, result.archive));
  tess_archive_destroy(result.archive);
  free(expected.scores);
  tess_arena_free(&arena);
}

static void test_nothing_feasible(void) {
  const uint8_t counts[] = {2};
  const int32_t site[] = {0}, canonical[] = {0, 1};
  const tess_score_t scores[] = {{INFINITY, 0}, {INFINITY, 1}};
  tess_problem_group_t group = {site, 1, scores, canonical, 2, NULL};
  const tess_problem_t problem = {1, counts, &group, 1, {1, 0}};
  tess_search_result_t result = search(&problem);
  CHECK_EQ(tess_archive_count(result.archive), 0);
  CHECK(result.certified && result.epsilon == 0.0);
  tess_archive_destroy(result.archive);
}

static void test_no_sites(void) {
  const tess_problem_t problem = {.base = {7, 0}};
  tess_search_result_t result = search(&problem);
  CHECK_EQ(tess_archive_count(result.archive), 1);
  CHECK(tess_archive_score(result.archive, 0).latency_ns == 7.0);
  tess_archive_destroy(result.archive);
}

/* 0.1 + 0.2 > 0.3 in binary: of two candidates of equal latency the nearer one
 * is the only one on the front, whichever the sums favour. */
static void rounding_keeps_nobody(void) {
  const uint8_t counts[] = {2, 2};
  const int32_t first[] = {0}, second[] = {1}, canonical[] = {0, 1};
  const tess_score_t one[] = {{0.3, 0.5}, {0.1, 0.1}};
  const tess_score_t two[] = {{0.0, 0.0}, {0.2, 0.1}};
  tess_problem_group_t groups[] = {{first, 1, one, canonical, 2, NULL},
                                   {second, 1, two, canonical, 2, NULL}};
  const tess_problem_t problem = {2, counts, groups, 2, {0.0, 0.0}};
  const uint8_t far[] = {0, 0}, near[] = {1, 1};
  tess_score_t a = tess_problem_score(&problem, far);
  tess_score_t b = tess_problem_score(&problem, near);
  CHECK(0.1 + 0.2 > 0.3 && a.latency_ns == b.latency_ns);
  CHECK_NEAR(a.latency_ns, 0.3, 1e-6);
  tess_search_options_t options = {.strategy = "exact", .jobs = 1};
  tess_search_result_t result;
  CHECK_OK(tess_search_run(&problem, &options, &result));
  for (size_t i = 0; i < tess_archive_count(result.archive); i++)
    CHECK(tess_archive_score(result.archive, i).distance < 0.5);
  tess_archive_destroy(result.archive);
}

int main(void) {
  for (uint64_t seed = 0; seed < 200; seed++)
    test_against_enumeration(seed);
  int lost = 0;
  for (uint64_t seed = 0; seed < 60; seed++)
    lost += test_thinned(seed, 2 + seed % 7);
  CHECK(lost > 20);
  test_thinned_ends();
  test_many_groups();
  test_large_group();
  test_nothing_feasible();
  test_no_sites();
  rounding_keeps_nobody();
  return tess_check_result();
}
