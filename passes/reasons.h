/* Saying what was decided at each site, to people and to machines. Only files
 * of this folder. */
#ifndef TESSERA_PASSES_REASONS_H
#define TESSERA_PASSES_REASONS_H

#include "shell.h"
#include "tessera/flow/optimize.h"

/* What the whole function takes before and after, in ns. */
typedef struct tess_gain {
  double before_ns, after_ns;
} tess_gain_t;

/* One remark for each decision: `verb` ("now", "decided") for those that were
 * taken; refused ones go to the remark engine alone. */
void tess_reasons_say(tess_shell_t *shell, MlirOperation function,
                      const tess_decision_list_t *decisions, const char *verb,
                      tess_gain_t gain);

#endif
