/* Whole functions on this CPU through upstream MLIR and LLVM: lowering and
 * JIT. Linked into tools and tests only. Includes mlir-c. */
#ifndef TESSERA_CODEGEN_JIT_H
#define TESSERA_CODEGEN_JIT_H

#include "mlir-c/IR.h"
#include "tessera/base/dtype.h"
#include "tessera/base/status.h"
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A dense row-major tensor in the caller's memory. */
typedef struct tess_tensor {
  tess_dtype_t dtype;
  int32_t rank;
  int64_t shape[8];
  int64_t elements;
  void *data; /* elements * tess_dtype_bytes(dtype) bytes */
} tess_tensor_t;

typedef struct tess_jit tess_jit_t;

/* Compiles the function `name` of `module` (TOSA or linalg on tensors) after
 * cloning it; the module stays as it is. */
TESS_MUST_USE tess_status_t tess_jit_create(MlirModule module, const char *name,
                                            tess_jit_t **jit);

/* The signature: shapes and types of arguments and results, data NULL. */
int32_t tess_jit_input_count(const tess_jit_t *jit);
int32_t tess_jit_output_count(const tess_jit_t *jit);
const tess_tensor_t *tess_jit_input(const tess_jit_t *jit, int32_t index);
const tess_tensor_t *tess_jit_output(const tess_jit_t *jit, int32_t index);

/* Runs once. `inputs` are not written to. `outputs` are in the caller's
 * memory. */
TESS_MUST_USE tess_status_t tess_jit_run(tess_jit_t *jit,
                                         const tess_tensor_t *inputs,
                                         const tess_tensor_t *outputs);

/* What tess_jit_create took: passes to the LLVM dialect, then LLVM. */
double tess_jit_lower_ns(const tess_jit_t *jit);
double tess_jit_compile_ns(const tess_jit_t *jit);

void tess_jit_destroy(tess_jit_t *jit);

#ifdef __cplusplus
}
#endif

#endif
