/* tessera-select-activations: cheaper activation functions. */
#include "rewriting.h"

const tess_pass_option_t tess_options_select_activations[] = {
    TESS_SHELL_OPTIONS,
    TESS_NO_OPTION,
};
void tess_execute_select_activations(tess_pass_run_t *run,
                                     MlirOperation operation);

void tess_execute_select_activations(tess_pass_run_t *run,
                                     MlirOperation operation) {
  tess_rewriting_family_pass(run, operation, TESS_FAMILY_ACTIVATIONS);
}
