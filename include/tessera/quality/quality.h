/* How far a candidate is from the original function: the second objective of
 * search. Estimates are additive over the changes of a candidate, so that
 * search can be exact. Knows no MLIR. */
#ifndef TESSERA_QUALITY_QUALITY_H
#define TESSERA_QUALITY_QUALITY_H

#include "tessera/base/status.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one alternative changes. All zero for an exact rewrite. */
typedef struct tess_quality_change {
  int64_t elements;      /* activations whose function changes, per run */
  double greatest_error; /* sup |f - g| of an activation swap, may be infinite;
                            0 otherwise */
  int64_t removed_macs;  /* of kernels that are replaced by untrained ones */
} tess_quality_change_t;

/* The whole original model, for shares. */
typedef struct tess_quality_model {
  int64_t elements; /* activations computed by named functions, per run */
  int64_t macs;
} tess_quality_model_t;

typedef struct tess_quality_estimator {
  const char *name;    /* "keep" */
  const char *summary; /* one line for --help and the report */
  /* Never negative, and 0 where nothing changes. */
  double (*distance)(const tess_quality_model_t *model,
                     const tess_quality_change_t *change);
} tess_quality_estimator_t;

/* "keep" (keep the function): share of the network's activations times the
 * greatest error of the swap (1 where that has no bound), plus the share of its
 * multiply-accumulates that must be learned again. 0: the same function; it is
 * a distance, no accuracy. NULL if unknown. */
const tess_quality_estimator_t *tess_quality_find(const char *name);
size_t tess_quality_count(void);
const tess_quality_estimator_t *tess_quality_at(size_t index);

#ifdef __cplusplus
}
#endif

#endif
