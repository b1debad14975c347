/* Rewriting a function by cost, stage after stage, with a reason for every
 * site. The tessera-optimize pass, those of one family and the driver's
 * optimize call it. Includes mlir-c. */
#ifndef TESSERA_FLOW_OPTIMIZE_H
#define TESSERA_FLOW_OPTIMIZE_H

#include "tessera/flow/flow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was decided at one site, and what it is worth: the time of the kernels
 * around it, all other sites as decided. */
typedef struct tess_decision {
  const char *site;           /* "activation.7"; "activation" where it is
                                 left alone */
  const char *location;       /* of the anchor op, as text */
  const void *location_ptr;   /* the same, an MlirLocation */
  const char *layer;          /* that the location names, or NULL */
  const char *obstacle;       /* why it is left alone, and then there are
                                 neither alternative nor times; or NULL */
  const char *alternative;    /* taken, or the quickest that was refused */
  const char *why;            /* one clause: what it buys */
  tess_class_t rewrite_class; /* of the alternative */
  bool taken;
  bool least;         /* changed_ns is a lower bound, not a time */
  double kept_ns;     /* as the site was */
  double changed_ns;  /* with the alternative */
  tess_bound_t bound; /* of the anchor's kernel as it was, if it has one */
  bool has_bound;
} tess_decision_t;

typedef struct tess_decision_list {
  const tess_decision_t *items;
  int32_t count, taken_count;
} tess_decision_list_t;

/* The reasons for a candidate of the space of a search, a row for each site in
 * the order of the sites, then those that were set aside, then what the
 * rewrites of the set leave alone. Call it before the candidate is applied.
 * Everything is the arena's. */
tess_decision_list_t tess_flow_decisions(const tess_flow_result_t *result,
                                         tess_rewrite_set_t rewrites,
                                         const uint8_t *candidate,
                                         tess_arena_t *arena);

/* The fastest candidate of a search that is no further than `distance` from
 * the original; all zero where nothing beats it. Returns its latency in ns. */
double tess_flow_fastest(const tess_flow_result_t *result, double distance,
                         uint8_t *candidate);

typedef struct tess_optimize_options {
  const tess_target_t *target; /* borrowed */
  const char *cost_model;      /* "roofline" */
  tess_class_t allow;
  tess_rewrite_set_t rewrites;
  tess_space_memo_t *pieces; /* as in tess_flow_options_t */
  /* Called with the function as it was read at first; may be NULL. */
  void (*on_read)(void *context, const tess_analysis_t *before);
  void *context;
} tess_optimize_options_t;

typedef struct tess_optimize_result {
  tess_arena_t arena;
  tess_decision_list_t decisions; /* of all stages, in order */
  const char *applied;            /* candidates of the stages, " then " between;
                                     "" where nothing was changed */
  double before_ns, after_ns;     /* of the whole function */
} tess_optimize_result_t;

/* Decides and applies, in place. On an error the function may have been
 * changed in part. */
TESS_MUST_USE tess_status_t tess_flow_optimize(
    MlirOperation function, const tess_optimize_options_t *options,
    tess_optimize_result_t **result);
void tess_optimize_result_destroy(tess_optimize_result_t *result);

/* All rewrites that are decided without being asked for. */
tess_rewrite_set_t tess_optimize_usual(void);

#ifdef __cplusplus
}
#endif

#endif
