/* The driver: the same bytes for any number of threads, errors, progress, and
 * an interrupt. */
#include "check.h"
#include "tessera/base/parallel.h"
#include "toy.h"
#include <signal.h>

static tess_search_result_t search(const tess_problem_t *problem,
                                   const char *strategy, uint64_t seed,
                                   int jobs) {
  tess_search_options_t options = {strategy, seed, 20000, jobs, NULL, NULL};
  tess_search_result_t result;
  CHECK_OK(tess_search_run(problem, &options, &result));
  return result;
}

static bool same_archive(const tess_archive_t *a, const tess_archive_t *b,
                         size_t sites) {
  if (tess_archive_count(a) != tess_archive_count(b))
    return false;
  for (size_t i = 0; i < tess_archive_count(a); i++) {
    tess_score_t left = tess_archive_score(a, i),
                 right = tess_archive_score(b, i);
    if (memcmp(&left, &right, sizeof(left)) ||
        memcmp(tess_archive_candidate(a, i), tess_archive_candidate(b, i),
               sites))
      return false;
  }
  return true;
}

static void test_jobs_and_seeds(const tess_problem_t *problem,
                                const tess_strategy_vtable_t *vtable) {
  size_t sites = (size_t)problem->site_count;
  tess_search_result_t one = search(problem, vtable->name, 9, 1);
  for (int jobs = 0; jobs <= 4; jobs += 2) {
    tess_search_result_t many = search(problem, vtable->name, 9, jobs);
    CHECK(same_archive(one.archive, many.archive, sites));
    CHECK_EQ(one.evaluated, many.evaluated);
    tess_archive_destroy(many.archive);
  }
  tess_search_result_t other = search(problem, vtable->name, 10, 1);
  CHECK(same_archive(one.archive, other.archive, sites) == vtable->exhaustive);
  tess_archive_destroy(other.archive);
  tess_archive_destroy(one.archive);
}

/* Everything but the baseline is slower, and random never draws it in so few
 * tries: it must be there all the same. */
static void test_baseline(void) {
  uint8_t counts[8];
  int32_t sites[8], canonical[256];
  tess_score_t scores[256];
  tess_problem_group_t group = {sites, 8, scores, canonical, 256, NULL};
  const tess_problem_t problem = {8, counts, &group, 1, {0, 0}};
  for (int32_t i = 0; i < 8; i++) {
    counts[i] = 2;
    sites[i] = i;
  }
  for (int32_t i = 0; i < 256; i++) {
    canonical[i] = i;
    scores[i] = (tess_score_t){i ? 2.0 : 1.0, i ? 1.0 : 0.0};
  }
  tess_search_options_t options = {"random", 3, 2, 1, NULL, NULL};
  tess_search_result_t result;
  CHECK_OK(tess_search_run(&problem, &options, &result));
  CHECK_EQ(tess_archive_count(result.archive), 1);
  CHECK(tess_archive_score(result.archive, 0).latency_ns == 1.0);
  for (int i = 0; i < 8; i++)
    CHECK_EQ(tess_archive_candidate(result.archive, 0)[i], 0);
  tess_archive_destroy(result.archive);
}

/* Of two candidates that mean the same the canonical one is kept, even where
 * the other comes first in the archive's own order. */
static void test_canonical(void) {
  const uint8_t counts[] = {2, 2};
  const int32_t sites[] = {0, 1}, canonical[] = {0, 1, 1, 3};
  const tess_score_t scores[] = {{4, 0}, {1, 1}, {1, 1}, {9, 9}};
  tess_problem_group_t group = {sites, 2, scores, canonical, 4, NULL};
  const tess_problem_t problem = {2, counts, &group, 1, {0, 0}};
  tess_search_options_t options = {"random", 1, 100, 1, NULL, NULL};
  tess_search_result_t result;
  CHECK_OK(tess_search_run(&problem, &options, &result));
  CHECK_EQ(tess_archive_count(result.archive), 2);
  CHECK(
      !memcmp(tess_archive_candidate(result.archive, 0), (uint8_t[]){1, 0}, 2));
  tess_archive_destroy(result.archive);
}

typedef struct watch {
  int64_t done, budget;
  int calls;
  int stop_at; /* call that raises an interrupt; 0: none */
} watch_t;

static void watch(void *context, int64_t done, int64_t budget) {
  watch_t *seen = context;
  CHECK(done > seen->done);
  seen->done = done;
  seen->budget = budget;
  if (++seen->calls == seen->stop_at)
    raise(SIGINT);
}

static void test_progress(const tess_problem_t *problem) {
  watch_t seen = {0};
  tess_search_options_t options = {"random", 1, 20000, 1, watch, &seen};
  tess_search_result_t result;
  CHECK_OK(tess_search_run(problem, &options, &result));
  CHECK(seen.calls > 1 && seen.done == 20000 && seen.budget == 20000);
  tess_archive_destroy(result.archive);
}

static void test_errors(const tess_problem_t *problem) {
  tess_search_options_t options = {"annealing", 1, 10, 1, NULL, NULL};
  tess_search_result_t result;
  CHECK_ERROR(tess_search_run(problem, &options, &result), TESS_NOT_FOUND,
              "random, evolution, exact");
  options.strategy = "evolutoin";
  CHECK_ERROR(tess_search_run(problem, &options, &result), TESS_NOT_FOUND,
              "did you mean \"evolution\"");
  options = (tess_search_options_t){"random", 1, 0, 1, NULL, NULL};
  CHECK_ERROR(tess_search_run(problem, &options, &result), TESS_INVALID,
              "at least 1");
  CHECK(result.archive == NULL);
}

/* Last, since the flag stays up. */
static void test_interrupt(const tess_problem_t *problem) {
  watch_t seen = {.stop_at = 2};
  tess_search_options_t options = {"random", 1, 1000000, 1, watch, &seen};
  tess_search_result_t result;
  tess_interrupt_install();
  CHECK_ERROR(tess_search_run(problem, &options, &result), TESS_INTERRUPTED,
              "interrupted after");
  CHECK_EQ(seen.calls, 2);
  CHECK(result.archive == NULL);
  options.strategy = "exact";
  CHECK_ERROR(tess_search_run(problem, &options, &result), TESS_INTERRUPTED,
              "interrupted after 0 of");
}

int main(void) {
  const toy_t toy = {40, 2, 5, false, true, true, 3};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, 2);
  CHECK(problem->group_count > 4);
  for (size_t i = 0; i < tess_strategy_count(); i++)
    test_jobs_and_seeds(problem, tess_strategy_at(i));
  test_baseline();
  test_canonical();
  test_progress(problem);
  test_errors(problem);
  test_interrupt(problem);
  tess_arena_free(&arena);
  return tess_check_result();
}
