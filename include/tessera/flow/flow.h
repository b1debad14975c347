/* The whole path as one function: read, cost, space, search, apply. The driver
 * and the tessera-search pass both call it. Includes mlir-c. */
#ifndef TESSERA_FLOW_FLOW_H
#define TESSERA_FLOW_FLOW_H

#include "mlir-c/IR.h"
#include "tessera/cost/cost.h"
#include "tessera/ir/program.h"
#include "tessera/rewrite/space.h"
#include "tessera/search/search.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- A model on a target: read, cut into kernels, costed. ---- */

typedef struct tess_analysis {
  const tess_target_t *target; /* borrowed */
  tess_model_t *model;
  tess_program_t *program;
  tess_cost_t *costs; /* one per program kernel */
  tess_cost_total_t total;
} tess_analysis_t;

TESS_MUST_USE tess_status_t tess_flow_analyse(MlirOperation function,
                                              const tess_target_t *target,
                                              const char *cost_model,
                                              tess_analysis_t *analysis);
/* The same without what only people ask for: as tess_ir_read_bare, and kernels
 * have neither name nor label (NULL). */
TESS_MUST_USE tess_status_t tess_flow_analyse_bare(MlirOperation function,
                                                   const tess_target_t *target,
                                                   const char *cost_model,
                                                   tess_analysis_t *analysis);
void tess_analysis_free(tess_analysis_t *analysis);

/* ---- Search. ---- */

typedef struct tess_flow_options {
  const tess_target_t *target; /* borrowed */
  const char *cost_model;      /* "roofline" */
  const char *quality;         /* "keep" */
  tess_class_t allow;
  tess_rewrite_set_t rewrites;
  bool fastest_alone; /* tess_search_fastest instead of `search` */
  bool bare;          /* the baseline as tess_flow_analyse_bare gives it */
  tess_search_options_t search;
  tess_space_memo_t *pieces; /* shared by searches of one context, target and
                                cost model; NULL: none */
  int32_t points; /* Pareto points kept at most, spread over the front; the
                     fastest, the fastest exact one and the baseline always */
} tess_flow_options_t;

typedef struct tess_flow_point {
  uint8_t *candidate;
  const char *text;           /* candidate text */
  tess_score_t score;         /* from the table */
  tess_class_t rewrite_class; /* the strongest used */
  int32_t change_count;       /* sites that differ from the original */
} tess_flow_point_t;

typedef struct tess_flow_result {
  tess_arena_t arena;
  tess_analysis_t baseline;
  tess_space_t *space;
  tess_search_result_t search;
  tess_flow_point_t *points; /* baseline first, then by falling latency */
  int32_t point_count;
  int64_t front_count; /* size of the whole Pareto set found */
  double read_ns, space_ns, search_ns;
} tess_flow_result_t;

/* Searches; the function is not changed. */
TESS_MUST_USE tess_status_t tess_flow_search(MlirOperation function,
                                             const tess_flow_options_t *options,
                                             tess_flow_result_t **result);
/* The same for a function that was read and costed: the result takes the
 * analysis over, which is zero afterwards, also on an error. */
TESS_MUST_USE tess_status_t tess_flow_search_in(
    tess_analysis_t *analysis, const tess_flow_options_t *options,
    tess_flow_result_t **result);
void tess_flow_result_destroy(tess_flow_result_t *result);

/* Applies a candidate, or several with " then " between, each in the names of
 * the function as the one before left it, to `function` in place (its model is
 * read anew) and
 * records it: the decision attribute tessera.candidate goes, tessera.applied
 * (the text) and tessera.target come. The whole module is verified afterwards,
 * since a rewrite may add arguments to a function that is called:
 * TESS_UNSUPPORTED. */
TESS_MUST_USE tess_status_t tess_flow_apply(MlirOperation function,
                                            const char *candidate_text,
                                            const char *target_name);

/* The same for a function that has been read: one alternative per site of its
 * model, which is stale afterwards. Verifying is left to the caller. */
TESS_MUST_USE tess_status_t tess_flow_apply_sites(const tess_model_t *model,
                                                  const tess_site_list_t *sites,
                                                  const uint8_t *candidate,
                                                  const char *target_name);

#ifdef __cplusplus
}
#endif

#endif
