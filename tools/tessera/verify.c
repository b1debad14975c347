/* tessera verify: do two models compute the same? */
#include "tessera/measure/verify.h"
#include "commands.h"
#include "model.h"
#include "options.h"
#include "progress.h"
#include <limits.h>
#include <malloc.h>
#include <math.h>

typedef struct settings {
  const char *models[2], *function_a, *function_b;
  int64_t seeds, seed;
  double tolerance;
} settings_t;

/* Errors of the figures before are the programs', not rounding's. */
static void add_rounding(const tess_verify_report_t *report, tess_text_t *out) {
  tess_text_add(out, "  compared with f32 in place of 16-bit floats\n");
  if (isfinite(report->rounding_a) && report->rounding_a > 0)
    tess_text_add(out,
                  "  rounding to 16 bits moves the outputs of the first by "
                  "%.3g%%, of the second by %.3g%%\n",
                  100 * report->rounding_a, 100 * report->rounding_b);
  else if (!isfinite(report->rounding_a))
    tess_text_add(out, "  as written the first overflows, so nothing was "
                       "compared in 16 bits\n");
}

static void add_report(const tess_verify_report_t *report, int64_t seeds,
                       tess_text_t *out) {
  tess_text_add(out, "%s: greatest error %.3g, tolerance %.3g\n",
                report->equal ? "equal" : "different", report->greatest_error,
                report->tolerance);
  tess_text_add(out,
                "  at output %d, element %lld, seed %d: %.9g against "
                "%.9g\n",
                report->output, (long long)report->element, report->seed,
                report->a, report->b);
  tess_text_add(out,
                "  %lld elements compared over %lld seed%s, %lld of them "
                "not finite\n",
                (long long)report->compared,
                (long long)(seeds - report->noisy_seeds),
                seeds - report->noisy_seeds == 1 ? "" : "s",
                (long long)report->not_finite);
  if (report->noisy_seeds)
    tess_text_add(out,
                  "  %d more seed%s left out: one unit in the last place of "
                  "the inputs moves the outputs as much\n",
                  report->noisy_seeds, report->noisy_seeds == 1 ? "" : "s");
  if (report->product)
    tess_text_add(out,
                  "  the outputs are equal too, but hardly depend on the data: "
                  "the figures are of product %d of %d\n",
                  report->product, report->product_count);
  tess_text_add(out, "  other data changes %s by %.3g%%\n",
                report->product ? "its result" : "the output",
                100 * report->dependence);
  if (report->widened)
    add_rounding(report, out);
}

static void show_progress(void *context, int64_t runs) {
  cli_progress_show(context, runs, 0);
}

static tess_status_t verify(const settings_t *settings, cli_model_t *a,
                            cli_model_t *b, bool *equal) {
  cli_progress_t progress = cli_progress_start();
  progress.what = "runs";
  tess_verify_options_t options = {
      .function_a = settings->function_a,
      .function_b = settings->function_b,
      .seeds = (int32_t)settings->seeds,
      .first_seed = (uint64_t)settings->seed,
      .tolerance = settings->tolerance,
      .progress = show_progress,
      .progress_context = &progress,
  };
  tess_verify_report_t report;
  TESS_TRY(cli_model_load(a, settings->models[0]));
  TESS_TRY(cli_model_load_beside(b, a, settings->models[1]));
  MlirOperation function;
  TESS_TRY(cli_model_entry(a, options.function_a, &function));
  TESS_TRY(cli_model_entry(b, options.function_b, &function));
  tess_status_t status = tess_verify(a->module, b->module, &options, &report);
  cli_progress_end(&progress);
  TESS_TRY(status);
  tess_text_t text = TESS_TEXT_INIT;
  add_report(&report, settings->seeds, &text);
  status = cli_write("-", &text);
  tess_text_free(&text);
  *equal = report.equal;
  return status;
}

/* Each run allocates and frees the same buffers: giving their pages back to the
 * system and getting zeroed ones again took a third of the time. */
static void keep_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}

static int run(const settings_t *settings) {
  keep_memory();
  cli_model_t a = {0}, b = {0};
  bool equal = false;
  int code = cli_finish(verify(settings, &a, &b, &equal));
  cli_model_free(&b);
  cli_model_free(&a);
  return code == CLI_OK && !equal ? CLI_FAILED : code;
}

int cli_verify(int argc, char **argv) {
  settings_t settings = {.seeds = 3, .seed = 0, .tolerance = 0};
  const cli_option_t options[] = {
      {"seeds", 0, CLI_INTEGER, &settings.seeds, "N", "random inputs to try", 1,
       1000000, false},
      {"seed", 0, CLI_INTEGER, &settings.seed, "N", "the first seed", 0,
       INT64_MAX, false},
      {"tolerance", 0, CLI_NUMBER, &settings.tolerance, "X",
       "relative to the output's greatest value, 0: by element type", 0, 0,
       false},
      {"function-a", 0, CLI_TEXT, &settings.function_a, "NAME",
       "the function of A, where it has several", 0, 0, false},
      {"function-b", 0, CLI_TEXT, &settings.function_b, "NAME",
       "the function of B, where it has several", 0, 0, false},
  };
  const cli_command_t command = {
      .name = "verify",
      .operands_help = "A B",
      .details =
          "Both run on the CPU with the same random inputs and weights,\n"
          "models with 16-bit floats in f32 and then as written.\n"
          "Exit code 1 also where they differ.\n",
      .options = options,
      .option_count = sizeof options / sizeof *options,
      .operands = settings.models,
      .operand_least = 2,
      .operand_most = 2};
  int code = cli_parse(&command, argc, argv);
  return code >= 0 ? code : run(&settings);
}
