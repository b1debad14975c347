/* Fronts of partial candidates, for dynamic programming over groups: points by
 * rising latency and falling distance. Private to lib/search. */
#ifndef TESSERA_LIB_SEARCH_FRONT_H
#define TESSERA_LIB_SEARCH_FRONT_H

#include "tessera/search/problem.h"
#include <stddef.h>

typedef struct tess_front_point {
  tess_score_t score;
  uint32_t parent; /* the point of the front before this group */
  uint32_t choice; /* the group's combination */
} tess_front_point_t;

typedef struct tess_front {
  tess_front_point_t *points; /* owned */
  size_t count;
} tess_front_t;

/* One group's own front: feasible canonical combinations, none dominated; of
 * equal scores the smallest combination. */
tess_front_t tess_front_of_group(const tess_problem_group_t *group);

/* All sums of a prefix and a choice that no other sum dominates. Rounding
 * keeps order, so pruning loses no score that the sum over whole candidates,
 * group by group, would have found. The caller makes sure that
 * 2 * prefix->count * group->count points fit in memory. */
tess_front_t tess_front_sum(const tess_front_t *prefix,
                            const tess_front_t *group);

/* Leaves at most `most` (>= 2) points, the first and the last among them, so
 * that each dropped one has a kept one at no greater distance and with at most
 * the returned latency more: the smallest such number to four digits. 0: no
 * loss. */
double tess_front_thin(tess_front_t *front, size_t most);

#endif
