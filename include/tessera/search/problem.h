/* The table that search runs on: sites with alternatives, costs added up over
 * groups of sites that interact. Knows no IR and no hardware; toy problems are
 * written by hand in tests. */
#ifndef TESSERA_SEARCH_PROBLEM_H
#define TESSERA_SEARCH_PROBLEM_H

#include "tessera/base/status.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Both are minimised. */
typedef struct tess_score {
  double latency_ns;
  double distance; /* from the original function: 0 is the same function */
} tess_score_t;

/* Sites that touch the same kernels: one joint table over the product of their
 * alternatives. Combination index: mixed radix, the group's first site is the
 * fastest digit. */
typedef struct tess_problem_group {
  const int32_t *sites;
  int32_t site_count;
  const tess_score_t *scores; /* one per combination */
  /* Combinations that mean the same network (a choice inside something that
   * another choice removed) name one representative, the smallest index. */
  const int32_t *canonical;
  int64_t combination_count;
  /* How many of a combination's choices are to be taken where it is no better
   * without them; NULL: none. Only tess_search_fastest asks. */
  const int32_t *at_par;
} tess_problem_group_t;

/* A candidate is one alternative (uint8_t) per site, 0 = leave as it is. Its
 * score is `base` plus the sum of its groups' scores. Every site is in exactly
 * one group. */
typedef struct tess_problem {
  int32_t site_count;
  const uint8_t *alternative_counts; /* per site, >= 1 */
  tess_problem_group_t *groups;
  int32_t group_count;
  tess_score_t base;
} tess_problem_t;

/* The score of a candidate: sums in group order, so the same bits always, and
 * rounded to 2^-20 ns and 2^-40, so that no order of terms matters. */
tess_score_t tess_problem_score(const tess_problem_t *problem,
                                const uint8_t *candidate);
/* Replaces each group's choice by its canonical one. */
void tess_problem_canonicalise(const tess_problem_t *problem,
                               uint8_t *candidate);

#ifdef __cplusplus
}
#endif

#endif
