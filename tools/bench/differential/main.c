/* bench-differential [OPTION=VALUE]...: random models, each run as it is and
 * under its rewrites. A failure is made smaller and written out. */
#include "judge.h"
#include "tessera/base/file.h"
#include "tessera/base/parallel.h"
#include "tessera/ir/reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A context keeps every type it has seen: a new one from time to time. */
enum { MODELS_A_CONTEXT = 100 };

typedef struct arguments {
  int64_t models, first, jit, mixtures, failures;
  int64_t seek;       /* models looked at for what was not covered */
  const char *folder; /* of failing models */
  const char *cover;  /* the document that lists what cannot be covered */
} arguments_t;

static const char usage[] =
    "usage: bench-differential [models=10000] [first=1] [jit=50] [mixtures=2] "
    "[failures=10] [folder=.] [cover=FILE] [seek=5000]\n"
    "  models    how many seeds\n"
    "  first     the first of them\n"
    "  jit       compile every jit-th model too; 0: none\n"
    "  mixtures  random candidates of each model\n"
    "  failures  stop after as many\n"
    "  folder    where failing models are written\n"
    "  cover     check that every exact alternative met every form that this\n"
    "            document does not except, docs/rewrites.md\n"
    "  seek      models looked through for what is missing then\n";

static bool read_argument(const char *text, arguments_t *a) {
  const struct {
    const char *name;
    int64_t *value;
  } numbers[] = {{"models=", &a->models},     {"first=", &a->first},
                 {"jit=", &a->jit},           {"mixtures=", &a->mixtures},
                 {"failures=", &a->failures}, {"seek=", &a->seek}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    size_t length = strlen(numbers[i].name);
    if (strncmp(text, numbers[i].name, length) == 0)
      return tess_parse_i64(text + length, numbers[i].value) &&
             *numbers[i].value >= 0;
  }
  bool folder = strncmp(text, "folder=", 7) == 0;
  bool cover = strncmp(text, "cover=", 6) == 0;
  if (folder)
    a->folder = text + 7;
  if (cover)
    a->cover = text + 6;
  return folder || cover;
}

/* ---- Failures. ---- */

static void describe(FILE *out, const diff_model_t *model,
                     const diff_verdict_t *verdict) {
  fprintf(out, "// seed %llu, %s %s %s, %d layers: %s\n",
          (unsigned long long)model->seed, diff_form_name(model->form),
          tess_dtype_name(model->dtype), model->nchw ? "nchw" : "nhwc",
          model->layer_count, verdict->what);
  if (verdict->candidate[0])
    fprintf(out, "// candidate: %s\n", verdict->candidate);
}

static void write_failure(const arguments_t *a, const diff_model_t *model,
                          const diff_options_t *options,
                          diff_verdict_t *verdict) {
  diff_model_t small = diff_minimise(model, options, verdict);
  diff_program_t program;
  tess_text_t path = TESS_TEXT_INIT;
  tess_text_add(&path, "%s/differential-%llu.mlir", a->folder,
                (unsigned long long)model->seed);
  diff_model_emit(&small, &program);
  describe(stderr, &small, verdict);
  FILE *out = fopen(tess_text_get(&path), "w");
  if (out) {
    describe(out, &small, verdict);
    fputs(tess_text_get(&program.text), out);
  }
  if (!out || fclose(out) != 0)
    fprintf(stderr, "bench-differential: cannot write %s\n",
            tess_text_get(&path));
  else
    fprintf(stderr, "// written to %s\n", tess_text_get(&path));
  tess_text_free(&program.text);
  tess_text_free(&path);
}

/* ---- Progress and summary. ---- */

static double now_s(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void show(const arguments_t *a, const diff_tally_t *tally,
                 int64_t failures, double start, double *shown) {
  double now = now_s();
  if (!isatty(STDERR_FILENO) || now - *shown < 0.5)
    return;
  *shown = now;
  fprintf(stderr,
          "\r%lld of %lld models, %lld variants, %lld failures, %.0f s ",
          (long long)tally->models, (long long)a->models,
          (long long)tally->variants, (long long)failures, now - start);
}

static void print_coverage(const diff_coverage_t *coverage) {
  printf("rewrite,alternative,class,form,type,layout,sites\n");
  for (int32_t i = 0; i < coverage->row_count; i++) {
    const struct diff_row *row = &coverage->rows[i];
    for (int form = 0; form < 2; form++)
      for (int type = 0; type < 4; type++)
        for (int nchw = 0; nchw < 2; nchw++)
          printf("%s,%s,%s,%s,%s,%s,%lld\n", row->rewrite, row->alternative,
                 tess_class_name(row->rewrite_class),
                 diff_form_name((diff_form_t)form), diff_type_name(type),
                 nchw ? "nchw" : "nhwc",
                 (long long)row->counts[form][type][nchw]);
  }
}

static void print_summary(const diff_tally_t *tally, int64_t failures,
                          double seconds) {
  print_coverage(&tally->coverage);
  fprintf(
      stderr,
      "%lld models, %lld sites, %lld variants interpreted, %lld runs of "
      "compiled code, %lld elements compared (%lld to the bit, %lld "
      "without a bound), %lld runs not interpreted, %lld tables and modules "
      "costed, %lld orders, %lld second rounds, %lld optimized, %lld of them "
      "again, %lld failures, %.1f s\n",
      (long long)tally->models, (long long)tally->sites,
      (long long)tally->variants, (long long)tally->jit_runs,
      (long long)tally->compared, (long long)tally->exact,
      (long long)tally->undecided, (long long)tally->unknown,
      (long long)tally->costs, (long long)tally->orders,
      (long long)tally->repeated, (long long)tally->optimized,
      (long long)tally->optimized_twice, (long long)failures, seconds);
}

typedef struct run {
  const arguments_t *arguments;
  diff_tally_t *tally;
  MlirContext context;
  int64_t failures;
  double start, shown;
} run_t;

static void renew_context(run_t *r) {
  mlirContextDestroy(r->context);
  r->context = tess_ir_context_create();
}

static void judge(run_t *r, const diff_model_t *model, bool code) {
  const diff_options_t options = {.jit = code,
                                  .mixtures = (int32_t)r->arguments->mixtures,
                                  .allow = TESS_CLASS_EXACT};
  diff_verdict_t verdict;
  diff_judge(r->context, model, &options, r->tally, &verdict);
  if (verdict.failed) {
    r->failures++;
    write_failure(r->arguments, model, &options, &verdict);
  }
  show(r->arguments, r->tally, r->failures, r->start, &r->shown);
}

static bool goes_on(const run_t *r) {
  return r->failures < r->arguments->failures && !tess_interrupted();
}

static void judge_all(run_t *r) {
  const arguments_t *a = r->arguments;
  for (int64_t i = 0; i < a->models && goes_on(r); i++) {
    if (i > 0 && i % MODELS_A_CONTEXT == 0)
      renew_context(r);
    diff_model_t model = diff_model_make((uint64_t)(a->first + i));
    judge(r, &model, a->jit > 0 && i % a->jit == 0);
  }
}

/* Further models, as far as they have what those so far had not. */
static void judge_missing(run_t *r, diff_exceptions_t *exceptions) {
  const arguments_t *a = r->arguments;
  for (int64_t i = 0; i < a->seek && goes_on(r); i++) {
    if (i % MODELS_A_CONTEXT == 0) {
      renew_context(r);
      if (!diff_coverage_faults(&r->tally->coverage, exceptions, NULL))
        return;
    }
    diff_model_t model = diff_model_make((uint64_t)(a->first + a->models + i));
    if (diff_covers_more(r->context, &model, &r->tally->coverage))
      judge(r, &model, a->jit > 0 && i % 4 == 0);
  }
}

/* How many combinations are missing, or wrongly excepted. */
static int64_t cover(run_t *r) {
  diff_exceptions_t *exceptions = tess_alloc(sizeof *exceptions);
  char *text = NULL;
  size_t length;
  int64_t faults = 1;
  tess_status_t status = tess_file_read(r->arguments->cover, &text, &length);
  if (status)
    fprintf(stderr, "bench-differential: %s\n", tess_status_text(status));
  else if (!diff_exceptions_read(text, exceptions))
    fprintf(stderr, "bench-differential: %s has no list of combinations\n",
            r->arguments->cover);
  else {
    judge_missing(r, exceptions);
    faults = diff_coverage_faults(&r->tally->coverage, exceptions, stderr);
  }
  tess_status_free(status);
  free(text);
  free(exceptions);
  return faults;
}

static int64_t run(const arguments_t *a, diff_tally_t *tally) {
  run_t r = {.arguments = a,
             .tally = tally,
             .context = tess_ir_context_create(),
             .start = now_s(),
             .shown = now_s()};
  judge_all(&r);
  int64_t faults = a->cover && goes_on(&r) ? cover(&r) : 0;
  mlirContextDestroy(r.context);
  print_summary(tally, r.failures, now_s() - r.start);
  return r.failures + faults;
}

int main(int count, char **words) {
  arguments_t a = {.models = 10000,
                   .first = 1,
                   .jit = 50,
                   .mixtures = 2,
                   .failures = 10,
                   .seek = 5000,
                   .folder = "."};
  for (int i = 1; i < count; i++)
    if (!read_argument(words[i], &a)) {
      fputs(usage, stderr);
      return 2;
    }
  tess_interrupt_install();
  diff_tally_t *tally = tess_alloc(sizeof *tally);
  int64_t failures = run(&a, tally);
  bool cut = tess_interrupted();
  free(tally);
  return failures ? 1 : cut ? 130 : 0;
}
