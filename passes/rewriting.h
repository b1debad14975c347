/* What the rewriting passes share: obey a decision that stands in the IR, or
 * decide by cost, then carry it out and say what was done and why. A standing
 * decision is the function's attribute tessera.candidate; tess_flow_apply moves
 * what was carried out to tessera.applied. Only files of this folder. */
#ifndef TESSERA_PASSES_REWRITING_H
#define TESSERA_PASSES_REWRITING_H

#include "shell.h"
#include "tessera/flow/optimize.h"

#define TESS_ATTRIBUTE_CANDIDATE "tessera.candidate"
#define TESS_ATTRIBUTE_TARGET "tessera.target"

/* How to decide. */
typedef struct tess_deciding {
  tess_rewrite_set_t rewrites;
  tess_search_options_t search;
  double greatest_distance; /* of the point to take */
  bool apply;               /* false: only write the decision down */
} tess_deciding_t;

/* Searches the rewrites and takes the fastest point that is near enough. */
tess_status_t tess_rewriting_decide(tess_shell_t *shell, MlirOperation function,
                                    const tess_deciding_t *how);

/* Carries out the part of these rewrites of the decision `text`; the rest of it
 * keeps standing. */
tess_status_t tess_rewriting_obey(tess_shell_t *shell, MlirOperation function,
                                  const char *text,
                                  tess_rewrite_set_t rewrites);

/* The option that picks rewrites among those that a pass has. */
#define TESS_REWRITES_OPTION                                                   \
  TESS_TEXT_OPTION("rewrites", "all",                                          \
                   "all, or families (reshape, activations, fuse) and single " \
                   "rewrites with commas between",                             \
                   "Rewrites to choose from")

/* A pass that obeys where a decision stands, and else decides stage after
 * stage, among the rewrites of its option; `usual` is what "all" stands for. */
void tess_rewriting_stages(tess_pass_run_t *run, MlirOperation operation,
                           tess_rewrite_set_t usual);

#endif
