/* bench-score: complete candidates scored a second, on a synthetic problem of
 * the size of EfficientNet-B0's: 35 groups of one or two sites. CSV; medians of
 * five runs, one thread. */
#include "tessera/base/arena.h"
#include "tessera/base/random.h"
#include "tessera/search/search.h"
#include "timing.h"
#include <stdio.h>
#include <stdlib.h>

#define GROUPS 35
#define CANDIDATES 1000000
#define RUNS 5

typedef struct table {
  uint8_t counts[2 * GROUPS];
  int32_t sites[2 * GROUPS];
  tess_problem_group_t groups[GROUPS];
  tess_problem_t problem;
} table_t;

static void fill_group(tess_arena_t *arena, tess_random_t *random,
                       tess_problem_group_t *group) {
  size_t count = (size_t)group->combination_count;
  tess_score_t *scores = tess_arena_array(arena, count, sizeof(*scores));
  int32_t *canonical = tess_arena_array(arena, count, sizeof(*canonical));
  for (size_t c = 0; c < count; c++) {
    canonical[c] = (int32_t)c;
    scores[c].latency_ns = 1000.0 + 9000.0 * tess_random_unit(random);
    scores[c].distance = c ? tess_random_unit(random) / GROUPS : 0.0;
  }
  group->scores = scores;
  group->canonical = canonical;
}

static void build(table_t *table, tess_arena_t *arena) {
  tess_random_t random = tess_random_make(1, 0);
  int32_t sites = 0;
  for (int32_t g = 0; g < GROUPS; g++) {
    tess_problem_group_t *group = &table->groups[g];
    *group = (tess_problem_group_t){.sites = table->sites + sites,
                                    .site_count = 1 + g % 2,
                                    .combination_count = 1};
    for (int32_t i = 0; i < group->site_count; i++, sites++) {
      table->sites[sites] = sites;
      table->counts[sites] = (uint8_t)(2 + tess_random_below(&random, 4));
      group->combination_count *= table->counts[sites];
    }
    fill_group(arena, &random, group);
  }
  table->problem = (tess_problem_t){.site_count = sites,
                                    .alternative_counts = table->counts,
                                    .groups = table->groups,
                                    .group_count = GROUPS,
                                    .base = {10000.0, 0.0}};
}

static void print_row(const char *name, const table_t *table,
                      int64_t candidates, double *seconds) {
  double median = tess_bench_median(seconds, RUNS);
  printf("%s,%d,%lld,%.6f,%.0f\n", name, (int)table->problem.site_count,
         (long long)candidates, median, (double)candidates / median);
}

/* The table alone: no strategy, no archive. */
static void bench_table(const table_t *table) {
  size_t sites = (size_t)table->problem.site_count;
  uint8_t *pool = tess_alloc(1024 * sites);
  tess_random_t random = tess_random_make(2, 0);
  double seconds[RUNS], sum = 0.0;
  for (size_t i = 0; i < 1024 * sites; i++)
    pool[i] = (uint8_t)tess_random_below(&random, table->counts[i % sites]);
  for (int run = 0; run < RUNS; run++) {
    double start = 1e-3 * tess_bench_now_ms();
    for (size_t i = 0; i < CANDIDATES; i++)
      sum += tess_problem_score(&table->problem, pool + i % 1024 * sites)
                 .latency_ns;
    seconds[run] = 1e-3 * tess_bench_now_ms() - start;
  }
  /* Using the sum keeps the loop from being optimised away. */
  if (sum > 0.0)
    print_row("table", table, CANDIDATES, seconds);
  free(pool);
}

static int bench_strategy(const table_t *table, const char *name) {
  tess_search_options_t options = {
      .strategy = name, .seed = 1, .budget = CANDIDATES, .jobs = 1};
  tess_search_result_t result = {0};
  double seconds[RUNS];
  for (int run = 0; run < RUNS; run++) {
    tess_archive_destroy(result.archive);
    tess_status_t status = tess_search_run(&table->problem, &options, &result);
    if (status) {
      fprintf(stderr, "bench-score: %s\n", tess_status_text(status));
      tess_status_free(status);
      return 1;
    }
    seconds[run] = result.seconds;
  }
  print_row(name, table, result.evaluated, seconds);
  tess_archive_destroy(result.archive);
  return 0;
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  table_t *table = tess_alloc(sizeof(*table));
  int failed = 0;
  build(table, &arena);
  printf("strategy,sites,candidates,seconds,candidates_per_s\n");
  bench_table(table);
  for (size_t i = 0; i < tess_strategy_count() && !failed; i++)
    failed = bench_strategy(table, tess_strategy_at(i)->name);
  tess_arena_free(&arena);
  free(table);
  return failed;
}
