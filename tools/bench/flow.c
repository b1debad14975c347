/* bench-flow MODEL.mlir|zoo:NAME [TARGET] [REPEATS]: medians of each step of a
 * search with everything allowed, and the process's peak memory, as CSV. */
#include "tessera/flow/flow.h"
#include "tessera/base/parallel.h"
#include "tessera/ir/reader.h"
#include "tessera/zoo/zoo.h"
#include "timing.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MAX_REPEATS 1000

enum { STEP_PARSE, STEP_READ, STEP_SPACE, STEP_SEARCH, STEP_COUNT };

static tess_status_t load(MlirContext context, const char *name,
                          MlirModule *module) {
  if (strncmp(name, "zoo:", 4))
    return tess_ir_parse_file(context, name, module);
  tess_zoo_options_t options = {.dialect = TESS_ZOO_TOSA, .batch = 1};
  tess_text_t text = TESS_TEXT_INIT;
  tess_status_t status = tess_zoo_emit(name + 4, &options, &text, NULL);
  if (!status) {
    *module = mlirModuleCreateParse(
        context, mlirStringRefCreateFromCString(tess_text_get(&text)));
    if (mlirModuleIsNull(*module))
      status = tess_error(TESS_INVALID, "the zoo's text does not parse");
  }
  tess_text_free(&text);
  return status;
}

typedef struct sums {
  int64_t applied, evaluated, front;
} sums_t;

static tess_status_t one_run(MlirContext context, const char *name,
                             const tess_target_t *target,
                             double steps[STEP_COUNT], sums_t *sums) {
  double start = tess_bench_now_ms();
  MlirModule module;
  TESS_TRY(load(context, name, &module));
  steps[STEP_PARSE] = tess_bench_now_ms() - start;
  const tess_flow_options_t options = {
      .target = target,
      .cost_model = "roofline",
      .quality = "keep",
      .allow = TESS_CLASS_RETRAIN,
      .rewrites = tess_rewrites_of_stage(TESS_STAGE_SEARCH),
      .points = 8,
      .search = {.strategy = "exact", .seed = 1, .budget = 100000, .jobs = 1}};
  MlirOperation function;
  tess_flow_result_t *result = NULL;
  tess_status_t status = tess_ir_find_function(module, NULL, &function);
  if (!status)
    status = tess_flow_search(function, &options, &result);
  if (!status) {
    steps[STEP_READ] = result->read_ns * 1e-6;
    steps[STEP_SPACE] = result->space_ns * 1e-6;
    steps[STEP_SEARCH] = result->search_ns * 1e-6;
    *sums = (sums_t){result->space->applied_count, result->search.evaluated,
                     result->front_count};
    tess_flow_result_destroy(result);
  }
  mlirModuleDestroy(module);
  return status;
}

static tess_status_t run(const char *name, const char *target_name,
                         int repeats) {
  static double times[STEP_COUNT][MAX_REPEATS];
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  TESS_TRY(tess_target_load(&arena, target_name, &target, NULL, NULL));
  MlirContext context = tess_ir_context_create();
  sums_t sums = {0};
  tess_status_t status = TESS_SUCCESS;
  for (int i = 0; i < repeats && !status; i++) {
    double steps[STEP_COUNT] = {0};
    status = one_run(context, name, target, steps, &sums);
    for (int s = 0; s < STEP_COUNT; s++)
      times[s][i] = steps[s];
  }
  mlirContextDestroy(context);
  tess_arena_free(&arena);
  TESS_TRY(status);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("model,target,repeats,parse_ms,read_and_cost_ms,space_ms,applied,"
         "search_ms,evaluated,front,peak_mib\n");
  printf("%s,%s,%d,%.3f,%.3f,%.3f,%lld,%.3f,%lld,%lld,%.1f\n", name,
         target_name, repeats,
         tess_bench_median(times[STEP_PARSE], (size_t)repeats),
         tess_bench_median(times[STEP_READ], (size_t)repeats),
         tess_bench_median(times[STEP_SPACE], (size_t)repeats),
         (long long)sums.applied,
         tess_bench_median(times[STEP_SEARCH], (size_t)repeats),
         (long long)sums.evaluated, (long long)sums.front,
         (double)usage.ru_maxrss / 1024);
  return TESS_SUCCESS;
}

int main(int argc, char **argv) {
  int64_t repeats = 5;
  if (argc < 2 || argc > 4 ||
      (argc == 4 && (!tess_parse_i64(argv[3], &repeats) || repeats < 1 ||
                     repeats > MAX_REPEATS))) {
    fprintf(stderr,
            "usage: bench-flow MODEL.mlir|zoo:NAME [TARGET] [REPEATS <= %d]\n",
            MAX_REPEATS);
    return 2;
  }
  tess_status_t status =
      run(argv[1], argc > 2 ? argv[2] : "tpu-v3", (int)repeats);
  if (!status)
    return 0;
  fprintf(stderr, "bench-flow: %s\n", tess_status_text(status));
  tess_status_free(status);
  return 1;
}
