/* A model cut off behind one of its products: private to lib/measure. */
#ifndef TESSERA_LIB_MEASURE_PRODUCT_H
#define TESSERA_LIB_MEASURE_PRODUCT_H

#include "mlir-c/IR.h"
#include "tessera/base/status.h"

/* A copy of `module` whose function (`name`, NULL: the only one) returns the
 * result of one convolution or product, with the norm and bias behind it, and
 * nothing else: the last one that
 * works at inference, or the one `back` before it. What follows stays as dead
 * code. `count` gets how many there are. TESS_UNSUPPORTED: not that many. The
 * caller destroys *copy. */
TESS_MUST_USE tess_status_t tess_product_module(MlirModule module,
                                                const char *name, int32_t back,
                                                int32_t *count,
                                                MlirModule *copy);

#endif
