/* Every loop nest in a function of its own: private to lib/codegen. */
#ifndef TESSERA_LIB_CODEGEN_OUTLINE_H
#define TESSERA_LIB_CODEGEN_OUTLINE_H

#include "mlir-c/IR.h"

/* Moves every linalg op on buffers at the top level of `function` into a new
 * private function that LLVM does not inline, and calls it there. LLVM's time
 * grows faster than linearly with the loops of one function, and equal
 * functions can be merged. Orders its loops too (interchange.h). Needs: no op
 * at the top level has linalg results. */
void tess_outline(MlirModule module, MlirOperation function);

#endif
