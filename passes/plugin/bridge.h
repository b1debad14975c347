/* What the MLIR C API lacks for passes: registration, real options,
 * statistics, diagnostics of every severity. A pass is described by plain data
 * and a callback; bridge.cpp makes an mlir::Pass of it and holds no logic.
 * Included by passes/ only. Everything in a descriptor is borrowed and must
 * live as long as the process. */
#ifndef TESSERA_PASSES_PLUGIN_BRIDGE_H
#define TESSERA_PASSES_PLUGIN_BRIDGE_H

#include "mlir-c/IR.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tess_option_kind {
  TESS_OPTION_STRING,
  TESS_OPTION_INT,
  TESS_OPTION_BOOL,
} tess_option_kind_t;

typedef struct tess_pass_option {
  const char *name;
  tess_option_kind_t kind;
  const char *text;   /* default of a string option */
  int64_t number;     /* default of an int or bool option */
  const char *values; /* what may stand there, for the documentation */
  const char *help;
} tess_pass_option_t;

/* Rows of an option table, and its end. */
#define TESS_TEXT_OPTION(name, text, values, help)                             \
  { name, TESS_OPTION_STRING, text, 0, values, help }
#define TESS_INT_OPTION(name, number, values, help)                            \
  { name, TESS_OPTION_INT, NULL, number, values, help }
#define TESS_BOOL_OPTION(name, flag, help)                                     \
  { name, TESS_OPTION_BOOL, NULL, flag, "true, false", help }
#define TESS_NO_OPTION                                                         \
  { NULL, TESS_OPTION_STRING, NULL, 0, NULL, NULL }

typedef struct tess_pass_statistic {
  const char *name, *help;
} tess_pass_statistic_t;

/* One execution of a pass on one operation; valid during the callback. */
typedef struct tess_pass_run tess_pass_run_t;

typedef struct tess_pass {
  const char *argument; /* "tessera-explain" */
  const char *summary;
  const char *const *anchors; /* op names it may be scheduled on, then NULL */
  const tess_pass_option_t *options;       /* then one without a name */
  const tess_pass_statistic_t *statistics; /* then one without a name */
  /* Adds the dialects whose ops the pass may create. */
  void (*dialects)(MlirDialectRegistry registry);
  /* The pass itself. Several threads may be in it at once, each with its own
   * `run`; it changes nothing outside `operation`. */
  void (*execute)(tess_pass_run_t *run, MlirOperation operation);
} tess_pass_t;

/* Makes the pass known to the textual pipelines of this process. */
void tess_pass_register(const tess_pass_t *pass);

/* The value of an option of the descriptor, by name; a string is borrowed. */
const char *tess_pass_string(const tess_pass_run_t *run, const char *name);
int64_t tess_pass_int(const tess_pass_run_t *run, const char *name);
bool tess_pass_bool(const tess_pass_run_t *run, const char *name);
/* Whether the pipeline gave the option, even if as its default. */
bool tess_pass_given(const tess_pass_run_t *run, const char *name);

void tess_pass_count(tess_pass_run_t *run, const char *statistic,
                     int64_t amount);

typedef enum tess_severity {
  TESS_SEVERITY_ERROR,
  TESS_SEVERITY_WARNING,
  TESS_SEVERITY_NOTE,
  TESS_SEVERITY_REMARK,
} tess_severity_t;

/* A diagnostic; a remark also goes to MLIR's remark engine where that is on. */
void tess_pass_emit(tess_pass_run_t *run, tess_severity_t severity,
                    MlirLocation location, const char *message);

/* What was done, or not done, and why. */
typedef struct tess_pass_fact {
  const char *key, *text; /* "before-ns", "1204.5" */
} tess_pass_fact_t;

typedef struct tess_pass_reason {
  bool done;                     /* false: it was considered and refused */
  const char *name;              /* of what: "space-to-depth" */
  const char *function;          /* without the @ */
  const char *message;           /* for people */
  const tess_pass_fact_t *facts; /* for machines */
  size_t fact_count;
} tess_pass_reason_t;

/* A remark: what was done as a diagnostic too, the rest goes to MLIR's remark
 * engine alone. */
void tess_pass_explain(tess_pass_run_t *run, MlirLocation location,
                       const tess_pass_reason_t *reason);
/* Whether anyone listens to what was refused. */
bool tess_pass_is_heard(tess_pass_run_t *run);

/* Says that the run changes the IR. A run that does not say so keeps all that
 * is known about it: other passes' analyses, and that the verifier passed. */
void tess_pass_change(tess_pass_run_t *run);

/* Ends the pipeline with failure after the callback. */
void tess_pass_fail(tess_pass_run_t *run);

#ifdef __cplusplus
}
#endif

#endif
