/* Rewrites, each stated once on the IR: where it may act (sites), what it may
 * do there (alternatives), and doing it. One file per rewrite in lib/rewrite,
 * one row each in rewrite.def. Includes mlir-c. */
#ifndef TESSERA_REWRITE_REWRITE_H
#define TESSERA_REWRITE_REWRITE_H

#include "mlir-c/IR.h"
#include "tessera/base/status.h"
#include "tessera/ir/model.h"
#include "tessera/rewrite/class.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The pass that a rewrite belongs to. */
typedef enum tess_family {
  TESS_FAMILY_RESHAPE,     /* tessera-reshape */
  TESS_FAMILY_ACTIVATIONS, /* tessera-select-activations */
  TESS_FAMILY_FUSE,        /* tessera-fuse-convs */
  TESS_FAMILY_COUNT
} tess_family_t;

const char *tess_family_name(tess_family_t family);

/* When a rewrite is decided: one stage after the other, each on what the stages
 * before it have made. SEARCH and ASKED are one step. */
typedef enum tess_stage {
  TESS_STAGE_CLEAN,  /* clean-ups: what exporters write out is folded */
  TESS_STAGE_LAYOUT, /* of the whole function */
  TESS_STAGE_ASKED,  /* with SEARCH, but only where named */
  TESS_STAGE_SEARCH, /* combined with each other */
  TESS_STAGE_LOWER,  /* the form in which the target's compiler wants it */
  TESS_STAGE_COUNT
} tess_stage_t;

const char *tess_stage_name(tess_stage_t stage);

/* Rewrites: bit i is row i of the table. */
typedef uint64_t tess_rewrite_set_t;
#define TESS_ALL_REWRITES (~(tess_rewrite_set_t)0)

tess_rewrite_set_t tess_rewrites_of_family(tess_family_t family);
tess_rewrite_set_t tess_rewrites_of_stage(tess_stage_t stage);
/* Reads "all", names of families and names of rewrites, with commas between.
 * "all" and families stand for those of them in `usual`; a rewrite's own name
 * for it in any case. TESS_NOT_FOUND lists the names. */
TESS_MUST_USE tess_status_t tess_rewrites_parse(const char *text,
                                                tess_rewrite_set_t usual,
                                                tess_rewrite_set_t *rewrites);

typedef struct tess_alternative {
  const char *name; /* "keep" at index 0, then "relu" … */
  tess_class_t rewrite_class;
  const char *why; /* one clause: what it buys */
  /* What it changes, for the quality estimate; zero where exact. */
  double greatest_error; /* sup |f - g| over the reals; infinite: no bound */
  int64_t changed_elements;
  int64_t removed_macs;
  int32_t number; /* its index among all that the rule lists for the site */
  /* Taken also where it is no faster: a clean-up, or the form that the target's
   * compiler knows best. Exact ones only. */
  bool at_par;
  /* The contraction that it puts into the model wherever it changes anything,
   * without what fuses into it: no bytes, no vector work. NULL: not said. */
  const tess_kernel_t *least;
} tess_alternative_t;

typedef struct tess_site {
  const char *name; /* "activation.7": rewrite and ordinal in the function */
  int32_t rewrite;  /* index into the table */
  const char *location; /* of the anchor op */
  int32_t node;         /* the anchor's, of the model */
  const void *anchor;   /* MlirOperation.ptr: the op that carries the mark */
  const int32_t *nodes; /* model nodes that it may change, or matches on */
  int32_t node_count;
  const tess_alternative_t *alternatives;
  int32_t alternative_count;
} tess_site_t;

/* Sites of one function; owned by the arena given to the finder. */
typedef struct tess_site_list {
  const tess_site_t *sites;
  int32_t count;
} tess_site_list_t;

/* All sites of a model, restricted to alternatives up to class `allow` and to
 * the rewrites of a set; sites that have nothing but "keep" left are not
 * listed. Order and names depend on the model alone. */
void tess_rewrite_find_sites(const tess_model_t *model, tess_class_t allow,
                             tess_rewrite_set_t rewrites, tess_arena_t *arena,
                             tess_site_list_t *list);

/* Something that a rewrite is about and leaves alone. */
typedef struct tess_obstacle {
  int32_t rewrite;
  const void *op;  /* MlirOperation.ptr */
  const char *why; /* static text: a form or type that it does not support */
} tess_obstacle_t;

/* What the rewrites of a set leave alone beside their sites `list`, found with
 * the same set; returns how many. The array is the arena's. */
int32_t tess_rewrite_find_obstacles(const tess_model_t *model,
                                    tess_rewrite_set_t rewrites,
                                    const tess_site_list_t *list,
                                    tess_arena_t *arena,
                                    const tess_obstacle_t **obstacles);

/* Applies one alternative per site (candidate[i], 0 = keep) to the function
 * that the model was read from, in place: the model is stale afterwards.
 * `applied[i]` (may be NULL) says whether site i's choice changed anything: one
 * inside something that another choice removed does not. */
TESS_MUST_USE tess_status_t tess_rewrite_apply(const tess_model_t *model,
                                               const tess_site_list_t *sites,
                                               const uint8_t *candidate,
                                               bool *applied);

/* A candidate as text, "activation.7=relu;fused-mbconv.2=fused" ("" for the
 * original), and back. Errors name the site or alternative and what there is.
 */
char *tess_rewrite_candidate_text(tess_arena_t *arena,
                                  const tess_site_list_t *sites,
                                  const uint8_t *candidate);
TESS_MUST_USE tess_status_t tess_rewrite_candidate_parse(
    const tess_site_list_t *sites, const char *text, uint8_t *candidate);

size_t tess_rewrite_count(void);
const char *tess_rewrite_name(size_t index);
const char *tess_rewrite_summary(size_t index);
tess_family_t tess_rewrite_family(size_t index);
tess_stage_t tess_rewrite_stage(size_t index);

#ifdef __cplusplus
}
#endif

#endif
