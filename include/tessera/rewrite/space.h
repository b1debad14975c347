/* The space of a model on a target: what every combination of alternatives that
 * interact costs, found by applying it to a clone of just the kernels it
 * touches and reading them back. What is known to come out the same is done
 * once. After that search needs no IR. */
#ifndef TESSERA_REWRITE_SPACE_H
#define TESSERA_REWRITE_SPACE_H

#include "tessera/cost/cost.h"
#include "tessera/ir/program.h"
#include "tessera/rewrite/rewrite.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sites whose kernels overlap. Combination index: mixed radix over the
 * alternatives, the first site the fastest digit. */
typedef struct tess_space_group {
  const int32_t *sites;
  int32_t site_count;
  int64_t combination_count;
  const double *latency_ns;  /* of the group's kernels, per combination */
  const int32_t *canonical;  /* smallest combination with the same result */
  const int32_t *infeasible; /* kernels the target cannot run */
} tess_space_group_t;

/* A site all of whose alternatives were set aside; see keep_slow. */
typedef struct tess_space_aside {
  const tess_site_t *site;
  int32_t alternative; /* of the site's: the quickest */
  double least_ns;     /* of its contraction alone */
  double group_ns;     /* of all kernels of the site's group as they are */
} tess_space_aside_t;

typedef struct tess_space {
  tess_arena_t arena;
  tess_site_list_t sites;
  const tess_space_group_t *groups;
  int32_t group_count;
  double fixed_latency_ns; /* kernels in no group + the target's overhead */
  int64_t applied_count;   /* clones rewritten and costed to build the table */
  int64_t recalled_count;  /* groups whose table was known already */
  int32_t found_count;     /* sites, before any was set aside */
  int32_t set_aside_count; /* alternatives, see keep_slow */
  const tess_space_aside_t *aside;
  int32_t aside_count;
} tess_space_t;

/* What spaces of one context, target and cost model may share: the tables of
 * pieces, so that equal pieces are rewritten and costed once, in one model or
 * in many. Not for several threads at a time. */
typedef struct tess_space_memo tess_space_memo_t;
tess_space_memo_t *tess_space_memo_create(void);
void tess_space_memo_destroy(tess_space_memo_t *memo);

typedef struct tess_space_options {
  const tess_target_t *target;
  tess_cost_memo_t *costs;   /* of kernels, on a cost model of the target */
  tess_space_memo_t *pieces; /* NULL: one for this space alone */
  tess_class_t allow;
  tess_rewrite_set_t rewrites;
  /* An alternative whose own contraction takes longer than everything that its
   * group runs now can be in no candidate on the front: without the group's
   * changes it would be faster, and no further from the original. Such
   * alternatives are set aside, and sites that have no other. This keeps them.
   */
  bool keep_slow;
} tess_space_options_t;

/* Builds the space. `program` is the model's on the target. Groups of more
 * than 65,536 combinations are TESS_UNSUPPORTED. */
TESS_MUST_USE tess_status_t
tess_space_create(const tess_model_t *model, const tess_program_t *program,
                  const tess_space_options_t *options, tess_space_t **space);
void tess_space_destroy(tess_space_t *space);

/* The index of the group's combination that a candidate, one alternative per
 * site of the space, chooses. */
int64_t tess_space_combination(const tess_space_t *space,
                               const tess_space_group_t *group,
                               const uint8_t *candidate);

#ifdef __cplusplus
}
#endif

#endif
