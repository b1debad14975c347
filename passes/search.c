/* tessera-search: all rewrites together, the fastest allowed model. */
#include "rewriting.h"
#include "tessera/base/text.h"
#include <math.h>
#include <string.h>

const tess_pass_option_t tess_options_search[] = {
    TESS_SHELL_OPTIONS,
    TESS_REWRITES_OPTION,
    TESS_TEXT_OPTION("strategy", "exact", "exact, evolution, random",
                     "How to search; exact certifies its result"),
    TESS_INT_OPTION("seed", 1, "a number >= 0", "Seed of evolution and random"),
    TESS_INT_OPTION("budget", 100000, "a number >= 1",
                    "Candidates that evolution and random score at most"),
    TESS_TEXT_OPTION(
        "max-distance", "unlimited", "unlimited, or a number >= 0",
        "Take the fastest model within this distance of the original function"),
    TESS_BOOL_OPTION(
        "apply", 1,
        "Rewrite; false only writes the decision down for tessera-apply"),
    TESS_NO_OPTION,
};
void tess_execute_search(tess_pass_run_t *run, MlirOperation operation);

/* ---- Options. ---- */

static tess_status_t read_rewrites(const tess_pass_run_t *run,
                                   tess_rewrite_set_t *rewrites) {
  return tess_rewrites_parse(tess_pass_string(run, "rewrites"),
                             tess_rewrites_of_stage(TESS_STAGE_SEARCH),
                             rewrites);
}

static tess_status_t check_strategy(const char *name) {
  if (tess_strategy_find(name))
    return TESS_SUCCESS;
  tess_text_t known = TESS_TEXT_INIT;
  for (size_t i = 0; i < tess_strategy_count(); ++i)
    tess_text_add(&known, "%s%s", i ? ", " : "", tess_strategy_at(i)->name);
  tess_status_t status =
      tess_error(TESS_INVALID, "strategy=%s is unknown; there are %s", name,
                 tess_text_get(&known));
  tess_text_free(&known);
  return status;
}

static tess_status_t read_distance(const char *text, double *distance) {
  *distance = INFINITY;
  if (strcmp(text, "unlimited") == 0)
    return TESS_SUCCESS;
  if (tess_parse_f64(text, distance) && *distance >= 0 && isfinite(*distance))
    return TESS_SUCCESS;
  return tess_error(TESS_INVALID,
                    "max-distance=%s: give unlimited or a number >= 0", text);
}

static tess_status_t read_number(const tess_pass_run_t *run, const char *name,
                                 int64_t least, int64_t *number) {
  *number = tess_pass_int(run, name);
  if (*number >= least)
    return TESS_SUCCESS;
  return tess_error(TESS_INVALID, "%s=%lld: give a number >= %lld", name,
                    (long long)*number, (long long)least);
}

static tess_status_t read_options(const tess_pass_run_t *run,
                                  tess_deciding_t *how) {
  int64_t seed;
  how->search.strategy = tess_pass_string(run, "strategy");
  how->search.jobs = 1;
  how->apply = tess_pass_bool(run, "apply");
  TESS_TRY(read_rewrites(run, &how->rewrites));
  TESS_TRY(check_strategy(how->search.strategy));
  TESS_TRY(read_number(run, "seed", 0, &seed));
  TESS_TRY(read_number(run, "budget", 1, &how->search.budget));
  how->search.seed = (uint64_t)seed;
  return read_distance(tess_pass_string(run, "max-distance"),
                       &how->greatest_distance);
}

/* ---- The pass. ---- */

static tess_status_t search(tess_shell_t *shell, MlirOperation function) {
  return tess_rewriting_decide(shell, function, shell->options);
}

void tess_execute_search(tess_pass_run_t *run, MlirOperation operation) {
  tess_deciding_t how = {0};
  tess_status_t status = read_options(run, &how);
  if (status)
    tess_shell_reject(run, operation, status);
  else
    tess_shell_run(run, operation, search, &how);
}
