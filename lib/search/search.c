/* The loop around a strategy: ask, score, tell, archive. */
#include "tessera/search/search.h"
#include "strategies.h"
#include "tessera/base/arena.h"
#include "tessera/base/parallel.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Fixed, so that what a strategy is asked never depends on the threads. */
#define BATCH 4096
/* Below this many candidates starting threads costs more than it gains. */
#define CHUNK 512

typedef struct run {
  const tess_problem_t *problem;
  const tess_search_options_t *options;
  tess_strategy_t *strategy;
  tess_archive_t *archive;
  uint8_t *candidates; /* BATCH of them */
  tess_score_t *scores;
  size_t count; /* in this batch */
  int64_t evaluated;
} run_t;

static double now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void score_chunk(void *context, size_t index) {
  run_t *run = context;
  size_t sites = (size_t)run->problem->site_count;
  size_t end =
      (index + 1) * CHUNK < run->count ? (index + 1) * CHUNK : run->count;
  for (size_t i = index * CHUNK; i < end; i++) {
    uint8_t *candidate = run->candidates + i * sites;
    tess_problem_canonicalise(run->problem, candidate);
    run->scores[i] = tess_problem_score(run->problem, candidate);
  }
}

static void archive_batch(run_t *run) {
  size_t sites = (size_t)run->problem->site_count;
  for (size_t i = 0; i < run->count; i++)
    tess_archive_add(run->archive, run->candidates + i * sites, run->scores[i]);
}

static void add_baseline(run_t *run) {
  memset(run->candidates, 0, (size_t)run->problem->site_count);
  run->count = 1;
  score_chunk(run, 0);
  archive_batch(run);
}

/* How many candidates the next batch may have. */
static size_t batch_room(const run_t *run) {
  int64_t left = run->options->budget - run->evaluated;
  if (run->strategy->vtable->exhaustive || left > BATCH)
    return BATCH;
  return left > 0 ? (size_t)left : 0;
}

static tess_status_t run_batches(run_t *run) {
  const tess_strategy_vtable_t *vtable = run->strategy->vtable;
  for (size_t room; (room = batch_room(run)) > 0;) {
    if (tess_interrupted())
      return tess_error(TESS_INTERRUPTED,
                        "search interrupted after %lld candidates",
                        (long long)run->evaluated);
    run->count = vtable->ask(run->strategy, room, run->candidates);
    if (run->count == 0)
      break;
    tess_parallel_for(run->options->jobs, (run->count + CHUNK - 1) / CHUNK,
                      score_chunk, run);
    vtable->tell(run->strategy, run->count, run->candidates, run->scores);
    archive_batch(run);
    run->evaluated += (int64_t)run->count;
    if (run->options->progress)
      run->options->progress(run->options->progress_context, run->evaluated,
                             vtable->exhaustive ? 0 : run->options->budget);
  }
  return TESS_SUCCESS;
}

static tess_status_t check_options(const tess_search_options_t *options,
                                   const tess_strategy_vtable_t **vtable) {
  *vtable = tess_strategy_find(options->strategy);
  if (!*vtable)
    return tess_strategy_unknown(options->strategy);
  if (!(*vtable)->exhaustive && options->budget < 1)
    return tess_error(TESS_INVALID,
                      "the search budget is %lld candidates; it must be at "
                      "least 1",
                      (long long)options->budget);
  return TESS_SUCCESS;
}

tess_status_t tess_search_run(const tess_problem_t *problem,
                              const tess_search_options_t *options,
                              tess_search_result_t *result) {
  const tess_strategy_vtable_t *vtable;
  double start = now_s();
  *result = (tess_search_result_t){0};
  TESS_TRY(check_options(options, &vtable));
  run_t run = {.problem = problem, .options = options};
  TESS_TRY(vtable->create(problem, options->seed, &run.strategy));
  run.archive = tess_archive_create(problem->site_count);
  /* Not cleared: strategies fill what they are asked for, mostly little. */
  run.candidates =
      tess_realloc(NULL, BATCH * ((size_t)problem->site_count + 1));
  run.scores = tess_realloc(NULL, BATCH * sizeof(*run.scores));
  add_baseline(&run);
  tess_status_t status = run_batches(&run);
  if (status) {
    tess_archive_destroy(run.archive);
  } else {
    result->archive = run.archive;
    result->evaluated = run.evaluated;
    result->certified = vtable->certificate(run.strategy, &result->epsilon);
    result->seconds = now_s() - start;
  }
  free(run.candidates);
  free(run.scores);
  vtable->destroy(run.strategy);
  return status;
}
