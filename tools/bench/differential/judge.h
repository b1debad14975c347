/* One random model under every rewrite: what was tried, and what was wrong. */
#ifndef TESSERA_BENCH_DIFFERENTIAL_JUDGE_H
#define TESSERA_BENCH_DIFFERENTIAL_JUDGE_H

#include "model.h"
#include "tessera/rewrite/rewrite.h"
#include <stdio.h>

/* How often each alternative was applied alone, by form, type and layout. */
enum { DIFF_ROWS = 256 };

typedef struct diff_coverage {
  struct diff_row {
    const char *rewrite;  /* static */
    char alternative[32]; /* "blocks" */
    tess_class_t rewrite_class;
    int64_t counts[2][4][2]; /* form; f32, bf16, f16, i8; nhwc, nchw */
  } rows[DIFF_ROWS];
  int32_t row_count;
} diff_coverage_t;

/* 0 f32, 1 bf16, 2 f16, 3 i8. */
int diff_type_index(tess_dtype_t dtype);
const char *diff_type_name(int index);
void diff_cover(diff_coverage_t *coverage, const diff_model_t *model,
                const char *rewrite, const tess_alternative_t *alternative);

/* Combinations that no model can have, from the table below the heading
 * "Combinations without a site" of a Markdown text; "any" stands for all. */
typedef struct diff_exceptions {
  struct diff_exception {
    char rewrite[32], alternative[32], form[16], type[16], layout[16];
    char why[128];
  } rows[DIFF_ROWS];
  int32_t count;
} diff_exceptions_t;

/* False: there is no such heading. */
bool diff_exceptions_read(const char *text, diff_exceptions_t *exceptions);
/* How many combinations of an exact alternative were neither tried nor listed,
 * or both; each is a line on `out`, which may be NULL. */
int64_t diff_coverage_faults(const diff_coverage_t *coverage,
                             diff_exceptions_t *exceptions, FILE *out);
/* Whether a model has an exact alternative on a form that was not tried. */
bool diff_covers_more(MlirContext context, const diff_model_t *model,
                      diff_coverage_t *coverage);

typedef struct diff_tally {
  int64_t models, sites, variants, compared, exact; /* elements */
  int64_t jit_runs, undecided; /* elements without a finite bound */
  int64_t unknown;             /* runs that the interpreter could not do */
  int64_t costs;    /* candidates whose table and module were compared */
  int64_t repeated; /* rewrites that found more to do in a second run */
  int64_t orders;   /* pairs of rewrites that were run in both orders */
  int64_t optimized, optimized_twice; /* models that the pipeline changed */
  diff_coverage_t coverage;
} diff_tally_t;

typedef struct diff_options {
  bool jit;         /* also run the original and the last variant as code */
  int32_t mixtures; /* random candidates of each model */
  tess_class_t allow;
} diff_options_t;

/* What was wrong with a model; empty text: nothing. */
typedef struct diff_verdict {
  bool failed;
  char what[512];
  char candidate[512];
} diff_verdict_t;

/* Never fails itself: whatever goes wrong is the verdict. */
void diff_judge(MlirContext context, const diff_model_t *model,
                const diff_options_t *options, diff_tally_t *tally,
                diff_verdict_t *verdict);

/* Leaves out layers, and makes the rest smaller, as long as it fails. */
diff_model_t diff_minimise(const diff_model_t *model,
                           const diff_options_t *options,
                           diff_verdict_t *verdict);

#endif
