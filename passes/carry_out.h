/* Carrying out a decision on one function. Only files of this folder. */
#ifndef TESSERA_PASSES_CARRY_OUT_H
#define TESSERA_PASSES_CARRY_OUT_H

#include "reasons.h"

typedef struct tess_plan {
  const tess_analysis_t *before; /* of the function as it stands */
  const tess_site_list_t *sites; /* of before->model */
  const uint8_t *now;            /* one alternative a site, to apply */
  const uint8_t *later;          /* to keep standing; NULL: nothing */
  /* Why `now`, and the latency with it, where a search has found it; NULL and
   * 0: the rewritten function is read again, and remarks give no reason. */
  const tess_decision_list_t *decisions;
  double after_ns;
} tess_plan_t;

/* How many sites a candidate changes. */
int32_t tess_plan_changes(const tess_site_list_t *sites,
                          const uint8_t *candidate);

/* Applies `now`, one remark per site, and writes the attributes. `before` is
 * stale afterwards. */
tess_status_t tess_plan_carry_out(tess_shell_t *shell, MlirOperation function,
                                  const tess_plan_t *plan);

/* Only writes `now` down as the standing decision, one remark per site; needs
 * `after_ns`. */
void tess_plan_write_down(tess_shell_t *shell, MlirOperation function,
                          const tess_plan_t *plan);

#endif
