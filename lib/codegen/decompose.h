/* Ops that stand for several: private to lib/codegen. */
#ifndef TESSERA_LIB_CODEGEN_DECOMPOSE_H
#define TESSERA_LIB_CODEGEN_DECOMPOSE_H

#include "mlir-c/IR.h"
#include <stdbool.h>

/* Upstream takes a linalg.softmax apart by a transform script alone, not by a
 * pass. Adds to `module` the script that the pass transform-interpreter runs,
 * if there is something to take apart; tess_decompose_end removes it. */
bool tess_decompose_begin(MlirModule module);
void tess_decompose_end(MlirModule module);

#endif
