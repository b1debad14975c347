/* From a function on tensors to the LLVM dialect: private to lib/codegen. */
#ifndef TESSERA_LIB_CODEGEN_LOWER_H
#define TESSERA_LIB_CODEGEN_LOWER_H

#include "mlir-c/IR.h"
#include "tessera/base/status.h"

/* Lowers the function `name` of `module` (a clone that may be changed) in
 * place. It then takes one pointer, to a table of pointers to dense buffers:
 * the arguments, which it only reads, and the results, which it fills. Errors
 * carry the place of the op that could not be lowered. */
TESS_MUST_USE tess_status_t tess_lower(MlirModule module, const char *name);

#endif
