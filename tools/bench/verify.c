/* bench-verify A.mlir B.mlir [SEEDS]: compares two models in full and says how
 * long lowering, compiling and running took. CSV on standard output. */
#include "tessera/measure/verify.h"
#include "tessera/base/text.h"
#include "tessera/ir/reader.h"
#include <stdio.h>

static void print_row(const char *model, const tess_verify_times_t *times,
                      const tess_verify_report_t *report) {
  tess_text_t name = TESS_TEXT_INIT;
  tess_text_add_csv(&name, model);
  printf("%s,%.1f,%.1f,%.1f,%.3g,%s\n", tess_text_get(&name),
         times->lower_ns * 1e-6, times->compile_ns * 1e-6, times->run_ns * 1e-6,
         report->greatest_error, report->equal ? "yes" : "no");
  tess_text_free(&name);
}

static tess_status_t compare_files(MlirContext context, const char *path_a,
                                   const char *path_b, int32_t seeds,
                                   tess_verify_report_t *report) {
  MlirModule a, b;
  TESS_TRY(tess_ir_parse_file(context, path_a, &a));
  tess_status_t status = tess_ir_parse_file(context, path_b, &b);
  if (!status) {
    tess_verify_options_t options = {.seeds = seeds, .first_seed = 1};
    status = tess_verify(a, b, &options, report);
    mlirModuleDestroy(b);
  }
  mlirModuleDestroy(a);
  return status;
}

int main(int count, char **arguments) {
  int64_t seeds = 1;
  if (count < 3 || count > 4 ||
      (count == 4 && !tess_parse_i64(arguments[3], &seeds)) || seeds < 1 ||
      seeds > 1000) {
    fprintf(stderr, "usage: bench-verify A.mlir B.mlir [SEEDS 1..1000]\n");
    return 2;
  }
  MlirContext context = tess_ir_context_create();
  tess_verify_report_t report;
  tess_status_t status = compare_files(context, arguments[1], arguments[2],
                                       (int32_t)seeds, &report);
  mlirContextDestroy(context);
  if (status) {
    fprintf(stderr, "bench-verify: %s\n", tess_status_text(status));
    tess_status_free(status);
    return 1;
  }
  printf("model,lower_ms,compile_ms,run_ms,greatest_error,equal\n");
  print_row(arguments[1], &report.times_a, &report);
  print_row(arguments[2], &report.times_b, &report);
  return report.equal ? 0 : 1;
}
