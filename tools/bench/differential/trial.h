/* A model under judgement: what the judges share. */
#ifndef TESSERA_BENCH_DIFFERENTIAL_TRIAL_H
#define TESSERA_BENCH_DIFFERENTIAL_TRIAL_H

#include "judge.h"
#include "tessera/ir/reader.h"

/* A model with its inputs and what it gives. */
typedef struct diff_trial {
  MlirContext context;
  const diff_model_t *model;
  const diff_options_t *options;
  diff_tally_t *tally;
  diff_verdict_t *verdict;
  tess_arena_t arena; /* of the inputs and the expected outputs */
  diff_program_t program;
  MlirModule original;
  tess_array_t *inputs, *expected;
  int32_t expected_count;
} diff_trial_t;

/* The first thing that went wrong becomes the verdict. */
void diff_fail(diff_trial_t *t, const char *candidate, const char *format, ...)
    TESS_PRINTF(3, 4);
/* Turns an error into the verdict; true if there was none. */
bool diff_holds(diff_trial_t *t, const char *candidate, const char *step,
                tess_status_t status);

/* The function that is run: it calls the model, or is it. */
const char *diff_entry(const diff_trial_t *t);
MlirModule diff_clone(MlirModule module);
/* A draw of an argument of a type, as the type holds it. */
tess_array_t diff_draw_array(diff_trial_t *t, tess_arena_t *arena,
                             MlirType type, const diff_argument_t *argument,
                             uint64_t stream);

/* The sites of a module's model. Close also after an error. */
typedef struct diff_reading {
  tess_arena_t arena;
  tess_model_t *model;
  tess_site_list_t sites;
} diff_reading_t;

TESS_MUST_USE tess_status_t diff_reading_open(MlirModule module,
                                              tess_class_t allow,
                                              tess_rewrite_set_t rewrites,
                                              diff_reading_t *reading);
void diff_reading_close(diff_reading_t *reading);

/* Verifies and runs a rewritten module, and holds it against the original:
 * what each rounds is explained. `code`: compiled too. */
void diff_judge_module(diff_trial_t *t, MlirModule module,
                       const char *candidate, bool code);
/* The same of an approximation whose operation is off by `greatest_error`,
 * rounded as written. Within a few units in the last place of f32 it counts as
 * another library's function, of which `rounding` allows 4 units; else only
 * models of that one function tell. */
void diff_judge_bounded(diff_trial_t *t, MlirModule module,
                        const char *candidate, double greatest_error);

/* ---- Judges, each in a file of its own. ---- */

/* Compiles a module, runs it and holds it against the interpreter's bounds. */
TESS_MUST_USE tess_status_t diff_run_code(diff_trial_t *t, MlirModule module,
                                          const char *candidate,
                                          const tess_array_t *want);
/* Approximate and retrain alternatives, each alone. */
void diff_judge_classes(diff_trial_t *t);
/* Tables of costs, running again, and order. */
void diff_judge_properties(diff_trial_t *t);
/* All of tessera-optimize. */
void diff_judge_pipeline(diff_trial_t *t);

/* The whole module is read anew after a rewrite: what arguments are for is then
 * guessed from other ops, unless they say so; constants have been folded, and
 * values that nobody reads are gone. So predicted costs can be held to account
 * on models that say what their arguments are. */
bool diff_sure_roles(const diff_trial_t *t);

#endif
