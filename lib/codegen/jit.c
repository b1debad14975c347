/* Compiles a lowered function with LLVM's JIT and calls it. */
#include "tessera/codegen/jit.h"
#include "boundary.h"
#include "copy.h"
#include "diagnose.h"
#include "lower.h"
#include "mlir-c/ExecutionEngine.h"
#include "signature.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct tess_jit {
  tess_arena_t arena;
  tess_signature_t signature;
  MlirExecutionEngine engine;
  void (*function)(void **arguments);
  double lower_ns, compile_ns;
  void **buffers; /* of the inputs, then the outputs */
};

/* A symbol's address as the data pointer that the C API asks for. */
static void *copy_address(void) {
  void (*function)(int64_t, const tess_unranked_t *, const tess_unranked_t *) =
      tess_memref_copy;
  void *address;
  memcpy(&address, &function, sizeof address);
  return address;
}

/* `half_precision`: conversions that this processor lacks are calls into a
 * small library of MLIR's. */
static tess_status_t compile(tess_jit_t *jit, MlirModule lowered,
                             bool half_precision) {
  MlirStringRef library =
      mlirStringRefCreateFromCString(TESSERA_MLIR_FLOAT16_LIBRARY);
  tess_diagnosis_t diagnosis;
  tess_diagnosis_begin(&diagnosis, mlirModuleGetContext(lowered));
  jit->engine = mlirExecutionEngineCreate(lowered, 2, half_precision ? 1 : 0,
                                          &library, false, false);
  TESS_TRY(tess_diagnosis_end(&diagnosis,
                              !mlirExecutionEngineIsNull(jit->engine),
                              TESS_UNSUPPORTED, "compiling"));
  mlirExecutionEngineRegisterSymbol(
      jit->engine, mlirStringRefCreateFromCString("memrefCopy"),
      copy_address());
  void *address = mlirExecutionEngineLookupPacked(
      jit->engine, mlirStringRefCreateFromCString(TESS_ENTRY_NAME));
  if (!address)
    return tess_error(TESS_UNSUPPORTED, "linking the compiled function failed");
  memcpy(&jit->function, &address, sizeof address);
  return TESS_SUCCESS;
}

static MlirOperation find_function(MlirModule module, const char *name) {
  MlirSymbolTable table = mlirSymbolTableCreate(mlirModuleGetOperation(module));
  MlirOperation function =
      mlirSymbolTableLookup(table, mlirStringRefCreateFromCString(name));
  mlirSymbolTableDestroy(table);
  return function;
}

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static bool is_function(MlirOperation op) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            mlirStringRefCreateFromCString("func.func"));
}

static tess_status_t build(tess_jit_t *jit, MlirModule module,
                           const char *name) {
  MlirOperation function = find_function(module, name);
  if (mlirOperationIsNull(function) || !is_function(function))
    return tess_error(TESS_NOT_FOUND, "no function @%s", name);
  TESS_TRY(tess_signature_read(function, &jit->arena, &jit->signature));
  bool half_precision;
  TESS_TRY(tess_signature_survey(function, &half_precision));
  jit->buffers = tess_arena_array(&jit->arena,
                                  (size_t)jit->signature.input_count +
                                      (size_t)jit->signature.output_count,
                                  sizeof(void *));
  MlirModule clone = mlirModuleFromOperation(
      mlirOperationClone(mlirModuleGetOperation(module)));
  double start = now_ns();
  tess_status_t status = tess_lower(clone, name);
  double lowered = now_ns();
  if (!status)
    status = compile(jit, clone, half_precision);
  jit->lower_ns = lowered - start;
  jit->compile_ns = now_ns() - lowered;
  mlirModuleDestroy(clone);
  return status;
}

tess_status_t tess_jit_create(MlirModule module, const char *name,
                              tess_jit_t **jit) {
  *jit = NULL;
  tess_jit_t *made = tess_alloc(sizeof *made);
  tess_status_t status = build(made, module, name);
  if (status) {
    tess_jit_destroy(made);
    return tess_status_prefix(status, "@%s", name);
  }
  *jit = made;
  return TESS_SUCCESS;
}

int32_t tess_jit_input_count(const tess_jit_t *jit) {
  return jit->signature.input_count;
}

int32_t tess_jit_output_count(const tess_jit_t *jit) {
  return jit->signature.output_count;
}

const tess_tensor_t *tess_jit_input(const tess_jit_t *jit, int32_t index) {
  return &jit->signature.inputs[index];
}

const tess_tensor_t *tess_jit_output(const tess_jit_t *jit, int32_t index) {
  return &jit->signature.outputs[index];
}

/* Puts the caller's memory into the call. */
static tess_status_t bind(const char *role, const tess_tensor_t *expected,
                          const tess_tensor_t *given, int32_t count,
                          void **buffers) {
  for (int32_t i = 0; i < count; i++) {
    if (given[i].dtype != expected[i].dtype ||
        given[i].rank != expected[i].rank ||
        memcmp(given[i].shape, expected[i].shape,
               (size_t)expected[i].rank * sizeof given[i].shape[0]) != 0 ||
        (!given[i].data && expected[i].elements > 0))
      return tess_error(TESS_INVALID, "%s %d is not of the function's type",
                        role, i);
    buffers[i] = given[i].data;
  }
  return TESS_SUCCESS;
}

tess_status_t tess_jit_run(tess_jit_t *jit, const tess_tensor_t *inputs,
                           const tess_tensor_t *outputs) {
  const tess_signature_t *signature = &jit->signature;
  TESS_TRY(bind("input", signature->inputs, inputs, signature->input_count,
                jit->buffers));
  TESS_TRY(bind("output", signature->outputs, outputs, signature->output_count,
                jit->buffers + signature->input_count));
  void *table = jit->buffers;
  void *arguments[1] = {&table}; /* a packed call: pointers to arguments */
  jit->function(arguments);
  return TESS_SUCCESS;
}

double tess_jit_lower_ns(const tess_jit_t *jit) { return jit->lower_ns; }

double tess_jit_compile_ns(const tess_jit_t *jit) { return jit->compile_ns; }

void tess_jit_destroy(tess_jit_t *jit) {
  if (!jit)
    return;
  if (!mlirExecutionEngineIsNull(jit->engine))
    mlirExecutionEngineDestroy(jit->engine);
  tess_arena_free(&jit->arena);
  free(jit);
}
