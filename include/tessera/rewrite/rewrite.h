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

typedef struct tess_alternative {
  const char *name; /* "keep" at index 0, then "relu" … */
  tess_class_t rewrite_class;
  const char *why; /* one clause: what it buys */
  /* What it changes, for the quality estimate; zero where exact. */
  double greatest_error; /* sup |f - g| over the reals */
  int64_t changed_elements;
  int64_t removed_macs;
  int32_t number; /* its index among all that the rule lists for the site */
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
 * the families in the bit set `families` (1 << tess_family_t); sites that have
 * nothing but "keep" left are not listed. Order and names depend on the model
 * alone. */
void tess_rewrite_find_sites(const tess_model_t *model, tess_class_t allow,
                             unsigned families, tess_arena_t *arena,
                             tess_site_list_t *list);

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

#ifdef __cplusplus
}
#endif

#endif
