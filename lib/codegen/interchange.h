/* The order of the loops of one op: private to lib/codegen. */
#ifndef TESSERA_LIB_CODEGEN_INTERCHANGE_H
#define TESSERA_LIB_CODEGEN_INTERCHANGE_H

#include "mlir-c/IR.h"

/* Makes the loop over the last dimension of the result the innermost one of a
 * linalg.generic with reductions, so that LLVM can vectorise it. Each element's
 * sum keeps its order: the result is the same to the bit. Other ops stay as
 * they are. */
void tess_interchange(MlirOperation op);

#endif
