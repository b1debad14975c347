/* bench-read MODEL.mlir [REPEATS]: medians of parsing, reading and forming
 * kernels, as CSV. */
#include "tessera/ir/program.h"
#include "tessera/ir/reader.h"
#include "timing.h"
#include <stdio.h>
#include <stdlib.h>

enum { MAX_REPEATS = 1000 };

static long count_ops(MlirOperation function) {
  long count = 0;
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op))
    count++;
  return count;
}

typedef struct sample {
  double parse_ms, read_ms, program_ms;
  long ops, nodes, kernels;
} sample_t;

static tess_status_t run(MlirContext context, const char *path,
                         sample_t *sample) {
  static const tess_fusion_rules_t rules = {true, true, true, true,
                                            true, true, true};
  MlirModule module;
  MlirOperation function;
  tess_model_t *model = NULL;
  double start = tess_bench_now_ms();
  TESS_TRY(tess_ir_parse_file(context, path, &module));
  double parsed = tess_bench_now_ms();
  tess_status_t status = tess_ir_find_function(module, NULL, &function);
  if (!status)
    status = tess_ir_read(function, &model);
  double read = tess_bench_now_ms();
  if (!status) {
    tess_program_t *program = tess_program_create(model, &rules);
    double formed = tess_bench_now_ms();
    *sample = (sample_t){parsed - start,          read - parsed,
                         formed - read,           count_ops(function),
                         (long)model->node_count, (long)program->kernel_count};
    tess_program_destroy(program);
  }
  tess_model_destroy(model);
  mlirModuleDestroy(module);
  return status;
}

int main(int argc, char **argv) {
  int repeats = argc > 2 ? atoi(argv[2]) : 21;
  if (argc < 2 || argc > 3 || repeats < 1 || repeats > MAX_REPEATS) {
    fprintf(stderr, "usage: bench-read MODEL.mlir [REPEATS, 1 to %d]\n",
            MAX_REPEATS);
    return 2;
  }
  MlirContext context = tess_ir_context_create();
  static double parse[MAX_REPEATS], read[MAX_REPEATS], program[MAX_REPEATS];
  sample_t sample = {0};
  for (int i = 0; i < repeats; i++) {
    tess_status_t status = run(context, argv[1], &sample);
    if (status) {
      fprintf(stderr, "bench-read: %s\n", tess_status_text(status));
      tess_status_free(status);
      mlirContextDestroy(context);
      return 1;
    }
    parse[i] = sample.parse_ms;
    read[i] = sample.read_ms;
    program[i] = sample.program_ms;
  }
  size_t count = (size_t)repeats;
  printf("model,ops,nodes,kernels,parse_ms,read_ms,program_ms\n");
  printf("%s,%ld,%ld,%ld,%.3f,%.3f,%.3f\n", argv[1], sample.ops, sample.nodes,
         sample.kernels, tess_bench_median(parse, count),
         tess_bench_median(read, count), tess_bench_median(program, count));
  mlirContextDestroy(context);
  return 0;
}
