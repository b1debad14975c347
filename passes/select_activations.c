/* tessera-select-activations: cheaper activation functions. */
#include "rewriting.h"

const tess_pass_option_t tess_options_select_activations[] = {
    TESS_SHELL_OPTIONS,
    TESS_REWRITES_OPTION,
    TESS_NO_OPTION,
};
void tess_execute_select_activations(tess_pass_run_t *run,
                                     MlirOperation operation);

void tess_execute_select_activations(tess_pass_run_t *run,
                                     MlirOperation operation) {
  tess_rewriting_stages(run, operation,
                        tess_optimize_usual() &
                            tess_rewrites_of_family(TESS_FAMILY_ACTIVATIONS));
}
