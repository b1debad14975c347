/* What is worth computing once: private to lib/codegen. */
#ifndef TESSERA_LIB_CODEGEN_SEPARATE_H
#define TESSERA_LIB_CODEGEN_SEPARATE_H

#include "mlir-c/IR.h"

/* Puts a copy between element-wise arithmetic and an op that reads each of its
 * results in several iterations, as a product does: upstream's fusion would
 * compute the chain again in each of them. Broadcasts and other ops that only
 * move values stay fusible, and named products that it leaves alone have no
 * need of it. */
void tess_separate(MlirModule module);

#endif
