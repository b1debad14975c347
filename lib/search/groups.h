/* Between a group's combination index and the alternatives of its sites.
 * Private to lib/search; inline, since scoring lives on it. */
#ifndef TESSERA_LIB_SEARCH_GROUPS_H
#define TESSERA_LIB_SEARCH_GROUPS_H

#include "tessera/search/problem.h"

/* The mixed-radix index of the candidate's choice in this group. */
static inline int64_t tess_group_combination(const tess_problem_t *problem,
                                             const tess_problem_group_t *group,
                                             const uint8_t *candidate) {
  int64_t index = 0;
  for (int32_t i = group->site_count - 1; i >= 0; i--) {
    int32_t site = group->sites[i];
    index = index * problem->alternative_counts[site] + candidate[site];
  }
  return index;
}

/* Writes combination `index` into the group's sites of the candidate. */
static inline void tess_group_choose(const tess_problem_t *problem,
                                     const tess_problem_group_t *group,
                                     int64_t index, uint8_t *candidate) {
  for (int32_t i = 0; i < group->site_count; i++) {
    int32_t site = group->sites[i];
    candidate[site] = (uint8_t)(index % problem->alternative_counts[site]);
    index /= problem->alternative_counts[site];
  }
}

#endif
