/* The exact strategy with chosen limits, for its test. Private to lib/search.
 */
#ifndef TESSERA_LIB_SEARCH_EXACT_H
#define TESSERA_LIB_SEARCH_EXACT_H

#include "tessera/search/search.h"

typedef struct tess_exact_limits {
  size_t front_most; /* points of a front, >= 2; more are thinned */
  size_t sum_most;   /* points of a sum before pruning, >= 2 * front_most */
} tess_exact_limits_t;

TESS_MUST_USE tess_status_t tess_exact_create_limited(
    const tess_problem_t *problem, tess_exact_limits_t limits,
    tess_strategy_t **strategy);

#endif
