/* Who survives a generation: ranks of non-domination and crowding, as in
 * NSGA-II (Deb, Pratap, Agarwal, Meyarivan, "A fast and elitist multiobjective
 * genetic algorithm", 2002). Private to lib/search. */
#ifndef TESSERA_LIB_SEARCH_RANKING_H
#define TESSERA_LIB_SEARCH_RANKING_H

#include "tessera/search/problem.h"
#include <stddef.h>

typedef struct tess_ranked {
  tess_score_t score;
  size_t index; /* the caller's */
  int32_t rank; /* 0: not dominated; larger is worse */
  double crowding;
} tess_ranked_t;

/* Fills rank and crowding and sorts from best to worst. Equal scores count as
 * dominated by the first of them, so copies sink; infeasible ones come last.
 * The order depends on scores and indices only. */
void tess_ranking_sort(tess_ranked_t *members, size_t count);

#endif
