/* What every pass does around its own work: read the shared options, visit the
 * functions, turn a status into a diagnostic. Only files of this folder. */
#ifndef TESSERA_PASSES_SHELL_H
#define TESSERA_PASSES_SHELL_H

#include "plugin/bridge.h"
#include "tessera/base/arena.h"
#include "tessera/flow/flow.h"

/* The options that every pass has, first in its table. */
#define TESS_SHELL_OPTIONS                                                     \
  TESS_TEXT_OPTION("target", "tpu-v3", "a name or a file.json",                \
                   "Hardware that the predictions are for"),                   \
      TESS_TEXT_OPTION("allow", "exact", "exact, approximate, retrain",        \
                       "How far a rewrite may change the function"),           \
      TESS_TEXT_OPTION("cost-model", "roofline", "roofline, null",             \
                       "What predicts the times")

/* One run of a pass on one operation. */
typedef struct tess_shell {
  tess_pass_run_t *run;
  tess_arena_t arena; /* lives as long as the run */
  const tess_target_t *target;
  const char *cost_model;
  tess_class_t allow;
  tess_space_memo_t *pieces; /* on `target`, for all functions of the run;
                              * NULL: there is only one */
  const void *options;       /* of the pass itself */
} tess_shell_t;

typedef tess_status_t (*tess_shell_visit_t)(tess_shell_t *shell,
                                            MlirOperation function);

/* Calls `visit` on `operation`, or, where that is a module, on every function
 * in it. Functions without a body or without ops are named and skipped. An
 * error becomes a diagnostic and the pass fails. */
void tess_shell_run(tess_pass_run_t *run, MlirOperation operation,
                    tess_shell_visit_t visit, const void *options);

/* Reports a bad option of the pass at `operation` and fails; frees `status`. */
void tess_shell_reject(tess_pass_run_t *run, MlirOperation operation,
                       tess_status_t status);

void tess_shell_say(tess_shell_t *shell, tess_severity_t severity,
                    MlirLocation location, const char *format, ...)
    TESS_PRINTF(4, 5);

/* Warns where the reading is likely to be wrong, and lists the ops that the
 * reader does not know: as a warning where they move much, else as a remark, if
 * `always` or there are calls among them. */
void tess_shell_say_doubts(tess_shell_t *shell, MlirOperation function,
                           const tess_analysis_t *analysis, bool always);

/* The function's name with an @ before it; memory from the arena. */
const char *tess_shell_name(tess_shell_t *shell, MlirOperation function);

/* " (layer)" where the location names a layer, else "": diagnostics show files
 * and lines alone. Memory from the arena. */
const char *tess_shell_layer(tess_shell_t *shell, MlirLocation location);

/* A string attribute of the function, copied to the arena; NULL if it has none
 * of that name. */
const char *tess_shell_attribute(tess_shell_t *shell, MlirOperation function,
                                 const char *name);
void tess_shell_set_attribute(MlirOperation operation, const char *name,
                              const char *text);

void tess_shell_dialects(MlirDialectRegistry registry);

#endif
