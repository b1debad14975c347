/* Search strategies behind one ask/tell vtable, and the Pareto archive. They
 * know no IR and no hardware. */
#ifndef TESSERA_SEARCH_SEARCH_H
#define TESSERA_SEARCH_SEARCH_H

#include "tessera/base/status.h"
#include "tessera/search/problem.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Pareto archive: the candidates that no other one dominates. ---- */

typedef struct tess_archive tess_archive_t;
tess_archive_t *tess_archive_create(int32_t site_count);
/* Adds a candidate unless it is dominated or equal in score to a member (then
 * the lexicographically smaller candidate stays, so that the order of adding
 * never matters). Returns whether it is in. */
bool tess_archive_add(tess_archive_t *archive, const uint8_t *candidate,
                      tess_score_t score);
/* Members by rising latency (falling distance). Borrowed. */
size_t tess_archive_count(const tess_archive_t *archive);
const uint8_t *tess_archive_candidate(const tess_archive_t *archive,
                                      size_t index);
tess_score_t tess_archive_score(const tess_archive_t *archive, size_t index);
void tess_archive_destroy(tess_archive_t *archive);

/* ---- Strategies. ---- */

typedef struct tess_strategy tess_strategy_t;

typedef struct tess_strategy_vtable {
  const char *name;    /* "evolution" */
  const char *summary; /* one line for --help */
  bool exhaustive;     /* ends by itself: no budget binds it */
  tess_status_t (*create)(const tess_problem_t *problem, uint64_t seed,
                          tess_strategy_t **strategy);
  /* Writes up to `count` candidates (each site_count bytes) and returns how
   * many; 0 ends the search. */
  size_t (*ask)(tess_strategy_t *strategy, size_t count, uint8_t *candidates);
  /* The scores of what the last ask gave, in its order. */
  void (*tell)(tess_strategy_t *strategy, size_t count,
               const uint8_t *candidates, const tess_score_t *scores);
  /* Whether everything that it told is the whole Pareto set, and how far off
   * it may be at most (0: exactly), as a relative latency. */
  bool (*certificate)(const tess_strategy_t *strategy, double *epsilon);
  void (*destroy)(tess_strategy_t *strategy);
} tess_strategy_vtable_t;

struct tess_strategy {
  const tess_strategy_vtable_t *vtable;
  const tess_problem_t *problem;
};

size_t tess_strategy_count(void);
const tess_strategy_vtable_t *tess_strategy_at(size_t index);
/* "random", "evolution" or "exact"; NULL if unknown. */
const tess_strategy_vtable_t *tess_strategy_find(const char *name);

typedef struct tess_search_options {
  const char *strategy;
  uint64_t seed;
  int64_t budget; /* candidates at most; exact ignores it */
  int jobs;       /* threads that score; never changes the result */
  /* Called now and then with candidates scored so far; may be NULL. The
   * budget is 0 where the strategy ends by itself. */
  void (*progress)(void *context, int64_t done, int64_t budget);
  void *progress_context;
} tess_search_options_t;

typedef struct tess_search_result {
  tess_archive_t *archive; /* owned by the caller */
  int64_t evaluated;       /* candidates asked for, the baseline aside */
  bool certified;          /* the whole Pareto set, up to `epsilon` */
  double epsilon;          /* every point is within this relative latency of
                              one that is at least as near; 0: exact */
  double seconds;
} tess_search_result_t;

/* Runs a strategy to its end. The baseline (all zeros) is always in the
 * competition. TESS_INTERRUPTED leaves nothing behind. */
TESS_MUST_USE tess_status_t tess_search_run(
    const tess_problem_t *problem, const tess_search_options_t *options,
    tess_search_result_t *result);

/* Looks for the candidate of least latency alone, of several the one of least
 * distance: the first point that the exact strategy finds, in the time of one
 * look at the table. The archive holds it, and the baseline where that is
 * nearer; nothing is certified. */
void tess_search_fastest(const tess_problem_t *problem,
                         tess_search_result_t *result);

#ifdef __cplusplus
}
#endif

#endif
