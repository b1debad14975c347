/* tessera-apply: replay the decision that stands in the IR. */
#include "rewriting.h"

const tess_pass_option_t tess_options_apply[] = {
    TESS_SHELL_OPTIONS,
    TESS_TEXT_OPTION("candidate", "", "site=alternative;...",
                     "The decision to carry out instead of the one in the IR"),
    TESS_NO_OPTION,
};
void tess_execute_apply(tess_pass_run_t *run, MlirOperation operation);

static tess_status_t replay(tess_shell_t *shell, MlirOperation function) {
  const char *text =
      tess_pass_given(shell->run, "candidate")
          ? tess_pass_string(shell->run, "candidate")
          : tess_shell_attribute(shell, function, TESS_ATTRIBUTE_CANDIDATE);
  if (text)
    return tess_rewriting_obey(shell, function, text, TESS_ALL_REWRITES);
  tess_shell_say(
      shell, TESS_SEVERITY_WARNING, mlirOperationGetLocation(function),
      "%s has no standing decision (attribute " TESS_ATTRIBUTE_CANDIDATE
      "): run tessera-search{apply=false} "
      "before, or give candidate=",
      tess_shell_name(shell, function));
  return TESS_SUCCESS;
}

void tess_execute_apply(tess_pass_run_t *run, MlirOperation operation) {
  tess_shell_run(run, operation, replay, NULL);
}
