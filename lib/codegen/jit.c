/* Compiles a lowered function with LLVM's JIT and calls it. */
#include "tessera/codegen/jit.h"
#include "copy.h"
#include "diagnose.h"
#include "lower.h"
#include "mlir-c/ExecutionEngine.h"
#include "signature.h"
#include <stdlib.h>
#include <string.h>

/* Of every rank up to 8: strides follow the sizes directly, so the arrays are
 * one, 2 * rank long. */
typedef struct descriptor {
  void *allocated, *aligned;
  int64_t offset;
  int64_t sizes_and_strides[16];
} descriptor_t;

struct tess_jit {
  tess_arena_t arena;
  tess_signature_t signature;
  MlirExecutionEngine engine;
  void (*function)(void **arguments);
  descriptor_t *descriptors; /* inputs, then outputs */
  void **pointers;           /* to the descriptors */
  void **arguments;          /* to the pointers */
};

static void describe_shape(const tess_tensor_t *tensor,
                           descriptor_t *descriptor) {
  int64_t stride = 1;
  for (int32_t d = tensor->rank - 1; d >= 0; d--) {
    descriptor->sizes_and_strides[d] = tensor->shape[d];
    descriptor->sizes_and_strides[tensor->rank + d] = stride;
    stride *= tensor->shape[d];
  }
}

/* The calling convention of packed functions: an array of pointers to the
 * arguments, each of which is a pointer to a descriptor. */
static void prepare_call(tess_jit_t *jit) {
  size_t inputs = (size_t)jit->signature.input_count;
  size_t count = inputs + (size_t)jit->signature.output_count;
  jit->descriptors =
      tess_arena_array(&jit->arena, count, sizeof *jit->descriptors);
  jit->pointers = tess_arena_array(&jit->arena, count, sizeof(void *));
  jit->arguments = tess_arena_array(&jit->arena, count, sizeof(void *));
  for (size_t i = 0; i < count; i++) {
    describe_shape(i < inputs ? &jit->signature.inputs[i]
                              : &jit->signature.outputs[i - inputs],
                   &jit->descriptors[i]);
    jit->pointers[i] = &jit->descriptors[i];
    jit->arguments[i] = &jit->pointers[i];
  }
}

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
      jit->engine,
      mlirStringRefCreateFromCString("_mlir_ciface_" TESS_LOWERED_NAME));
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

static tess_status_t build(tess_jit_t *jit, MlirModule module,
                           const char *name) {
  MlirOperation function = find_function(module, name);
  if (mlirOperationIsNull(function))
    return tess_error(TESS_NOT_FOUND, "no function @%s", name);
  TESS_TRY(tess_signature_read(function, &jit->arena, &jit->signature));
  bool half_precision;
  TESS_TRY(tess_signature_survey(function, &half_precision));
  prepare_call(jit);
  MlirModule clone = mlirModuleFromOperation(
      mlirOperationClone(mlirModuleGetOperation(module)));
  tess_status_t status = tess_lower(clone, name);
  if (!status)
    status = compile(jit, clone, half_precision);
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

/* Puts the caller's memory into the descriptors. */
static tess_status_t bind(const char *role, const tess_tensor_t *expected,
                          const tess_tensor_t *given, int32_t count,
                          descriptor_t *descriptors) {
  for (int32_t i = 0; i < count; i++) {
    if (given[i].dtype != expected[i].dtype ||
        given[i].rank != expected[i].rank ||
        memcmp(given[i].shape, expected[i].shape,
               (size_t)expected[i].rank * sizeof given[i].shape[0]) != 0 ||
        (!given[i].data && expected[i].elements > 0))
      return tess_error(TESS_INVALID, "%s %d is not of the function's type",
                        role, i);
    descriptors[i].allocated = descriptors[i].aligned = given[i].data;
  }
  return TESS_SUCCESS;
}

tess_status_t tess_jit_run(tess_jit_t *jit, const tess_tensor_t *inputs,
                           const tess_tensor_t *outputs) {
  const tess_signature_t *signature = &jit->signature;
  TESS_TRY(bind("input", signature->inputs, inputs, signature->input_count,
                jit->descriptors));
  TESS_TRY(bind("output", signature->outputs, outputs, signature->output_count,
                jit->descriptors + signature->input_count));
  jit->function(jit->arguments);
  return TESS_SUCCESS;
}

void tess_jit_destroy(tess_jit_t *jit) {
  if (!jit)
    return;
  if (!mlirExecutionEngineIsNull(jit->engine))
    mlirExecutionEngineDestroy(jit->engine);
  tess_arena_free(&jit->arena);
  free(jit);
}
