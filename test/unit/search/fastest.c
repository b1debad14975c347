/* The fastest candidate against every candidate there is, and against the
 * first point of the whole front. */
#include "check.h"
#include "toy.h"

/* Of the candidates with least latency, those of least distance; of those the
 * exact strategy's choice. */
static void check(const tess_problem_t *problem) {
  toy_front_t expected = toy_true_front(problem);
  const tess_search_options_t options = {.strategy = "exact", .jobs = 1};
  tess_search_result_t whole, fastest;
  CHECK_OK(tess_search_run(problem, &options, &whole));
  tess_search_fastest(problem, &fastest);
  CHECK(expected.count > 0 && tess_archive_count(fastest.archive) > 0);
  tess_score_t score = tess_archive_score(fastest.archive, 0);
  tess_score_t least = expected.scores[0];
  for (size_t i = 1; i < expected.count; i++)
    if (expected.scores[i].latency_ns < least.latency_ns)
      least = expected.scores[i];
  CHECK(score.latency_ns == least.latency_ns);
  CHECK(score.distance == least.distance);
  CHECK(!memcmp(tess_archive_candidate(fastest.archive, 0),
                tess_archive_candidate(whole.archive, 0),
                (size_t)problem->site_count));
  CHECK(!fastest.certified);
  tess_archive_destroy(whole.archive);
  tess_archive_destroy(fastest.archive);
  free(expected.scores);
}

/* A group in which nothing can run: only the baseline is left to be tried, and
 * it cannot run either. */
static void test_infeasible(void) {
  const int32_t site = 0, canonical[] = {0, 1};
  const uint8_t alternatives = 2;
  const tess_score_t scores[] = {{INFINITY, 0}, {INFINITY, 1}};
  tess_problem_group_t group = {&site, 1, scores, canonical, 2, NULL};
  const tess_problem_t problem = {1, &alternatives, &group, 1, {0, 0}};
  tess_search_result_t result;
  tess_search_fastest(&problem, &result);
  CHECK_EQ(tess_archive_count(result.archive), 0);
  tess_archive_destroy(result.archive);
}

/* What the best candidate of one group of two sites chooses; `at_par` may be
 * NULL. */
static int fastest_of(const tess_score_t scores[4], const int32_t *at_par) {
  const int32_t sites[] = {0, 1}, canonical[] = {0, 1, 2, 3};
  const uint8_t alternatives[] = {2, 2};
  tess_problem_group_t group = {sites, 2, scores, canonical, 4, at_par};
  const tess_problem_t problem = {2, alternatives, &group, 1, {0, 0}};
  tess_search_result_t result;
  tess_search_fastest(&problem, &result);
  const uint8_t *best = tess_archive_candidate(result.archive, 0);
  int combination = best[0] + 2 * best[1];
  tess_archive_destroy(result.archive);
  return combination;
}

/* Equal scores: as it is, unless choices are to be taken at par; never where
 * that is slower or further away. */
static void test_at_par(void) {
  const tess_score_t equal[] = {{5, 0}, {5, 0}, {5, 0}, {5, 0}};
  const tess_score_t slower[] = {{5, 0}, {6, 0}, {5, 0}, {6, 0}};
  const tess_score_t further[] = {{5, 0}, {5, 0}, {5, 1}, {5, 1}};
  const tess_score_t faster[] = {{5, 0}, {5, 0}, {4, 0}, {5, 0}};
  const int32_t first[] = {0, 1, 0, 1}, both[] = {0, 1, 1, 2};
  CHECK_EQ(fastest_of(equal, NULL), 0);
  CHECK_EQ(fastest_of(equal, first), 1);
  CHECK_EQ(fastest_of(equal, both), 3);
  CHECK_EQ(fastest_of(slower, both), 2);
  CHECK_EQ(fastest_of(further, both), 1);
  CHECK_EQ(fastest_of(faster, both), 2);
}

int main(void) {
  for (uint64_t seed = 0; seed < 300; seed++) {
    const toy_t toy = {5, 2, 3, seed % 2, seed % 3 != 0, seed % 5 == 0, 0};
    tess_arena_t arena = TESS_ARENA_INIT;
    check(toy_problem(&toy, &arena, seed));
    tess_arena_free(&arena);
  }
  test_infeasible();
  test_at_par();
  return tess_check_result();
}
