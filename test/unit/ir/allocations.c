/* Reading a model takes fewer allocations than it has ops: every one of the
 * process is counted, MLIR's own included. */
#include "check.h"
#include "load.h"
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)

int main(void) { return 77; } /* the sanitizer has an allocator of its own */

#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

static long allocations;

void *malloc(size_t size) {
  allocations++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  allocations++;
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  allocations++;
  return __libc_realloc(memory, size);
}

/* What a reading takes at any size; tells in a network of two dozen ops. */
enum { fixed = 8 };

static MlirWalkResult count_op(MlirOperation op, void *count) {
  (void)op;
  ++*(long *)count;
  return MlirWalkResultAdvance;
}

static void check_module(MlirModule module, const char *name) {
  MlirOperation function;
  tess_model_t *model;
  long ops = 0;
  CHECK_OK(tess_ir_find_function(module, NULL, &function));
  mlirOperationWalk(function, count_op, &ops, MlirWalkPreOrder);
  long before = allocations;
  CHECK_OK(tess_ir_read(function, &model));
  tess_model_destroy(model);
  long taken = allocations - before;
  if (taken > ops + fixed)
    fprintf(stderr, "%s: %ld allocations for %ld ops\n", name, taken, ops);
  CHECK(taken > 0 && taken <= ops + fixed);
}

/* The counter sees MLIR: parsing takes more than one for each op. */
static void check_counter(MlirContext context) {
  long before = allocations, ops = 0;
  MlirModule module =
      tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_TOSA, 224);
  long taken = allocations - before;
  mlirOperationWalk(mlirModuleGetOperation(module), count_op, &ops,
                    MlirWalkPreOrder);
  CHECK(taken > ops && ops > 500);
  mlirModuleDestroy(module);
}

static void check_zoo(MlirContext context, tess_zoo_dialect_t dialect) {
  for (size_t i = 0; i < tess_zoo_count(); i++) {
    MlirModule module = tess_load_zoo(context, tess_zoo_name(i), dialect, 0);
    check_module(module, tess_zoo_name(i));
    mlirModuleDestroy(module);
  }
}

static void check_shared(MlirContext context, const char *name) {
  MlirModule module = tess_load_shared(context, name);
  if (mlirModuleIsNull(module))
    return;
  check_module(module, name);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_counter(context);
  check_zoo(context, TESS_ZOO_TOSA);
  check_zoo(context, TESS_ZOO_LINALG);
  check_shared(context, "efficientnet_b0.jax.linalg.mlir");
  check_shared(context, "efficientnet_b0.tflite.tosa.int8.mlir");
  check_shared(context, "resnet50.torch.linalg.mlir");
  check_shared(context, "vit_b_16.torch.linalg.mlir");
  mlirContextDestroy(context);
  return tess_check_result();
}

#endif
