/* From a function on tensors to the LLVM dialect: private to lib/codegen. */
#ifndef TESSERA_LIB_CODEGEN_LOWER_H
#define TESSERA_LIB_CODEGEN_LOWER_H

#include "mlir-c/IR.h"
#include "tessera/base/status.h"

/* What the function is called after lowering, whatever it was called before:
 * "main" or "malloc" must not meet symbols of the process. */
#define TESS_LOWERED_NAME "tessera_entry"

/* Lowers the function `name` of `module` (a clone that may be changed) in
 * place. Results become further arguments, behind the others: buffers that the
 * function fills. Arguments are only read. Errors carry the place of the op
 * that could not be lowered. */
TESS_MUST_USE tess_status_t tess_lower(MlirModule module, const char *name);

#endif
