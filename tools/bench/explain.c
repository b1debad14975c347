/* bench-explain [MODELS [TARGETS]]: many models explained for many targets in
 * one process, 100 and 10 unless told: the zoo's networks in both dialects and
 * several types and batch sizes. CSV; the last row is all of them, emitting and
 * parsing included. */
#include "tessera/report/explain.h"
#include "tessera/base/parallel.h"
#include "tessera/flow/flow.h"
#include "tessera/ir/reader.h"
#include "tessera/zoo/zoo.h"
#include "timing.h"
#include <stdio.h>
#include <string.h>

enum { MAX_TARGETS = 32, READS = 3 };

typedef struct bench {
  MlirContext context;
  tess_arena_t arena;
  const tess_target_t *targets[MAX_TARGETS];
  int target_count;
  double emit_ms, parse_ms, read_ms, explain_ms; /* summed over the models */
  double slowest_read_ms;
  size_t characters; /* of all explanations */
} bench_t;

typedef struct form {
  tess_zoo_dialect_t dialect;
  tess_dtype_t dtype;
  int64_t batch;
} form_t;

static const form_t forms[] = {
    {TESS_ZOO_TOSA, TESS_F32, 1},    {TESS_ZOO_LINALG, TESS_F32, 1},
    {TESS_ZOO_TOSA, TESS_BF16, 1},   {TESS_ZOO_LINALG, TESS_BF16, 1},
    {TESS_ZOO_TOSA, TESS_F32, 8},    {TESS_ZOO_LINALG, TESS_F32, 8},
    {TESS_ZOO_TOSA, TESS_BF16, 128}, {TESS_ZOO_LINALG, TESS_BF16, 128},
};
enum { FORMS = sizeof forms / sizeof *forms };

/* Targets that need no measuring: all but "cpu". */
static tess_status_t load_targets(bench_t *bench, int wanted) {
  for (size_t i = 0; i < tess_target_count(); i++) {
    const char *name = tess_target_name(i);
    if (bench->target_count == wanted)
      break;
    if (strcmp(name, "cpu"))
      TESS_TRY(tess_target_load(&bench->arena, name,
                                &bench->targets[bench->target_count++], NULL,
                                NULL));
  }
  return TESS_SUCCESS;
}

static tess_status_t explain(bench_t *bench, MlirOperation function,
                             const char *name, const tess_target_t *target) {
  tess_analysis_t analysis;
  TESS_TRY(tess_flow_analyse(function, target, "roofline", &analysis));
  const tess_explain_input_t input = {.model_name = name,
                                      .target = target,
                                      .cost_model = "roofline",
                                      .model = analysis.model,
                                      .program = analysis.program,
                                      .costs = analysis.costs,
                                      .total = &analysis.total,
                                      .top = 15};
  tess_text_t text = TESS_TEXT_INIT;
  tess_explain_text(&input, &text);
  bench->characters += text.length;
  tess_text_free(&text);
  tess_analysis_free(&analysis);
  return TESS_SUCCESS;
}

/* The median of a few readings. */
static tess_status_t read(MlirOperation function, double *read_ms) {
  double times[READS];
  for (int i = 0; i < READS; i++) {
    tess_model_t *model;
    double start = tess_bench_now_ms();
    TESS_TRY(tess_ir_read(function, &model));
    times[i] = tess_bench_now_ms() - start;
    tess_model_destroy(model);
  }
  *read_ms = tess_bench_median(times, READS);
  return TESS_SUCCESS;
}

static tess_status_t run_function(bench_t *bench, MlirModule module,
                                  const char *name, double *read_ms,
                                  double *explain_ms) {
  MlirOperation function;
  TESS_TRY(tess_ir_find_function(module, NULL, &function));
  TESS_TRY(read(function, read_ms));
  double start = tess_bench_now_ms();
  for (int t = 0; t < bench->target_count; t++)
    TESS_TRY(explain(bench, function, name, bench->targets[t]));
  *explain_ms = tess_bench_now_ms() - start;
  return TESS_SUCCESS;
}

static void print_row(const char *name, const form_t *form, double emit_ms,
                      double parse_ms, double read_ms, double explain_ms) {
  printf("%s,%s,%s,%lld,%.2f,%.2f,%.3f,%.2f\n", name,
         form->dialect == TESS_ZOO_TOSA ? "tosa" : "linalg",
         tess_dtype_name(form->dtype), (long long)form->batch, emit_ms,
         parse_ms, read_ms, explain_ms);
}

static tess_status_t run_model(bench_t *bench, const char *name,
                               const form_t *form) {
  const tess_zoo_options_t options = {
      .dialect = form->dialect, .dtype = form->dtype, .batch = form->batch};
  tess_text_t text = TESS_TEXT_INIT;
  double start = tess_bench_now_ms(), read_ms = 0, explain_ms = 0;
  TESS_TRY(tess_zoo_emit(name, &options, &text, NULL));
  double emitted = tess_bench_now_ms();
  MlirModule module = mlirModuleCreateParse(
      bench->context, mlirStringRefCreateFromCString(tess_text_get(&text)));
  tess_text_free(&text);
  if (mlirModuleIsNull(module))
    return tess_error(TESS_INVALID, "%s does not parse", name);
  double parsed = tess_bench_now_ms();
  tess_status_t status =
      run_function(bench, module, name, &read_ms, &explain_ms);
  mlirModuleDestroy(module);
  print_row(name, form, emitted - start, parsed - emitted, read_ms, explain_ms);
  bench->emit_ms += emitted - start;
  bench->parse_ms += parsed - emitted;
  bench->read_ms += read_ms;
  bench->explain_ms += explain_ms;
  if (read_ms > bench->slowest_read_ms)
    bench->slowest_read_ms = read_ms;
  return status;
}

static tess_status_t run(bench_t *bench, int models, int targets) {
  TESS_TRY(load_targets(bench, targets));
  size_t networks = tess_zoo_count();
  int done = 0;
  printf("model,dialect,dtype,batch,emit_ms,parse_ms,read_ms,explain_ms\n");
  double start = tess_bench_now_ms();
  for (; done < models && (size_t)done < networks * FORMS; done++)
    TESS_TRY(run_model(bench, tess_zoo_name((size_t)done % networks),
                       &forms[(size_t)done / networks]));
  double wall_ms = tess_bench_now_ms() - start;
  printf("all %d models on %d targets,,,,%.2f,%.2f,%.3f,%.2f\n", done,
         bench->target_count, bench->emit_ms, bench->parse_ms, bench->read_ms,
         bench->explain_ms);
  fprintf(stderr,
          "%d explanations, %zu characters, in %.2f s; the slowest "
          "reading took %.2f ms\n",
          done * bench->target_count, bench->characters, wall_ms * 1e-3,
          bench->slowest_read_ms);
  return TESS_SUCCESS;
}

int main(int argc, char **argv) {
  int64_t models = 100, targets = 10;
  bool valid = argc <= 3;
  if (valid && argc > 1)
    valid = tess_parse_i64(argv[1], &models) && models > 0 && models <= 100000;
  if (valid && argc > 2)
    valid = tess_parse_i64(argv[2], &targets) && targets > 0 &&
            targets <= MAX_TARGETS;
  if (!valid) {
    fprintf(stderr, "usage: bench-explain [MODELS [TARGETS <= %d]]\n",
            MAX_TARGETS);
    return 2;
  }
  bench_t bench = {.context = tess_ir_context_create()};
  tess_status_t status = run(&bench, (int)models, (int)targets);
  mlirContextDestroy(bench.context);
  tess_arena_free(&bench.arena);
  if (!status)
    return 0;
  fprintf(stderr, "bench-explain: %s\n", tess_status_text(status));
  tess_status_free(status);
  return 1;
}
