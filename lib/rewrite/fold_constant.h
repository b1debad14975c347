/* Constants that rewrites regrouped, in their final form. Only files of this
 * folder include it. */
#ifndef TESSERA_LIB_REWRITE_FOLD_CONSTANT_H
#define TESSERA_LIB_REWRITE_FOLD_CONSTANT_H

#include "mlir-c/IR.h"

/* Computes reshapes, transposes, pads, slices and concatenations of constants
 * in the function's body (TOSA and tensor dialects), and puts constants in
 * their place: upstream's canonicalisation keeps most of them. Left as they
 * are: elements of other widths than 8, 16, 32 and 64 bits, constants in
 * resources, and tensors of more than 64 MiB. */
void tess_fold_constants(MlirOperation function);

#endif
