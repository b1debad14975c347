/* tessera-optimize: every rewrite by cost, stage after stage. */
#include "rewriting.h"

const tess_pass_option_t tess_options_optimize[] = {
    TESS_SHELL_OPTIONS,
    TESS_REWRITES_OPTION,
    TESS_NO_OPTION,
};
void tess_execute_optimize(tess_pass_run_t *run, MlirOperation operation);

void tess_execute_optimize(tess_pass_run_t *run, MlirOperation operation) {
  tess_rewriting_stages(run, operation, tess_optimize_usual());
}
