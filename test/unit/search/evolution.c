/* The heuristics judged by the true front: evolution reaches all of it on small
 * problems, and comes closer than random drawing on larger ones. */
#include "check.h"
#include "toy.h"

static tess_search_result_t search(const tess_problem_t *problem,
                                   const char *strategy, uint64_t seed,
                                   int64_t budget) {
  tess_search_options_t options = {strategy, seed, budget, 1, NULL, NULL};
  tess_search_result_t result;
  CHECK_OK(tess_search_run(problem, &options, &result));
  return result;
}

/* Area between a front and a corner that is worse than everything, in shares
 * of the box from (0, 0): the usual hypervolume of two objectives. */
static double area(const tess_archive_t *archive, tess_score_t corner) {
  double sum = 0.0, above = corner.distance;
  for (size_t i = 0; i < tess_archive_count(archive); i++) {
    tess_score_t score = tess_archive_score(archive, i);
    sum += (corner.latency_ns - score.latency_ns) * (above - score.distance);
    above = score.distance;
  }
  return sum / (corner.latency_ns * corner.distance);
}

static void test_reaches_front(uint64_t seed) {
  const toy_t toy = {5, 2, 3, seed % 2, true, true, 0};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, seed);
  toy_front_t expected = toy_true_front(problem);
  tess_search_result_t result = search(problem, "evolution", seed, 40000);
  CHECK(toy_same_front(&expected, result.archive));
  CHECK(!result.certified);
  tess_archive_destroy(result.archive);
  free(expected.scores);
  tess_arena_free(&arena);
}

static void test_against_random(uint64_t seed) {
  const toy_t toy = {40, 2, 4, false, false, false, 3};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, seed);
  tess_search_result_t exact = search(problem, "exact", 0, 1);
  tess_search_result_t evolved = search(problem, "evolution", seed, 20000);
  tess_search_result_t drawn = search(problem, "random", seed, 20000);
  double groups = (double)problem->group_count;
  tess_score_t corner = {3.0 + 15.0 * groups, 10.0 * groups};
  double best = area(exact.archive, corner);
  double reached = area(evolved.archive, corner);
  CHECK(exact.certified && exact.epsilon == 0.0);
  CHECK(reached <= best * (1 + 1e-12));
  CHECK(reached >= 0.94 * best);
  CHECK(area(drawn.archive, corner) < reached);
  tess_archive_destroy(exact.archive);
  tess_archive_destroy(evolved.archive);
  tess_archive_destroy(drawn.archive);
  tess_arena_free(&arena);
}

int main(void) {
  for (uint64_t seed = 0; seed < 40; seed++)
    test_reaches_front(seed);
  for (uint64_t seed = 1; seed < 6; seed++)
    test_against_random(seed);
  return tess_check_result();
}
