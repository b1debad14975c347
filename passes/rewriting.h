/* What the rewriting passes share: obey a decision that stands in the IR, or
 * decide by cost, then carry it out and say what was done and why. A standing
 * decision is the function's attribute tessera.candidate; tess_flow_apply moves
 * what was carried out to tessera.applied. Only files of this folder. */
#ifndef TESSERA_PASSES_REWRITING_H
#define TESSERA_PASSES_REWRITING_H

#include "shell.h"

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

/* A pass of one family: obeys where a decision stands, else decides. */
void tess_rewriting_family_pass(tess_pass_run_t *run, MlirOperation operation,
                                tess_family_t family);

#endif
