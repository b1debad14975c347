/* A program outside the project: reads a model through the installed library
 * and prints how many kernels a TPU v3 runs it in. */
#include "tessera/ir/program.h"
#include "tessera/ir/reader.h"
#include "tessera/tessera.h"
#include <stdio.h>

static tess_status_t count_kernels(MlirModule module,
                                   const tess_target_t *target, int *kernels) {
  MlirOperation function;
  TESS_TRY(tess_ir_find_function(module, NULL, &function));
  tess_model_t *model;
  TESS_TRY(tess_ir_read(function, &model));
  tess_program_t *program = tess_program_create(model, &target->fusion);
  *kernels = program->kernel_count;
  tess_program_destroy(program);
  tess_model_destroy(model);
  return TESS_SUCCESS;
}

static tess_status_t run(MlirContext context, const char *path) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  tess_status_t status =
      tess_target_load(&arena, "tpu-v3", &target, NULL, NULL);
  MlirModule module;
  if (!status)
    status = tess_ir_parse_file(context, path, &module);
  if (!status) {
    int kernels = 0;
    status = count_kernels(module, target, &kernels);
    if (!status)
      printf("Tessera %s: %d kernels\n", TESSERA_VERSION, kernels);
    mlirModuleDestroy(module);
  }
  tess_arena_free(&arena);
  return status;
}

int main(int argc, char **argv) {
  MlirContext context = tess_ir_context_create();
  tess_status_t status = run(context, argc > 1 ? argv[1] : "-");
  mlirContextDestroy(context);
  if (!status)
    return 0;
  fprintf(stderr, "%s\n", tess_status_text(status));
  tess_status_free(status);
  return 1;
}
