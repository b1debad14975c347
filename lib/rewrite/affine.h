/* What an element-wise op does to each channel of one operand: multiplies by
 * one number and adds another. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_AFFINE_H
#define TESSERA_LIB_REWRITE_AFFINE_H

#include "vector.h"

/* scale * x + shift */
typedef struct tess_affine {
  tess_vector_t scale, shift;
} tess_affine_t;

tess_affine_t tess_affine_identity(void);

/* Follows `op`, an element-wise op of TOSA, linalg or arith on tensors, which
 * computes its one result from `x`, the same element, and from numbers for
 * each of the `count` places along dimension `axis`; false where it is no such
 * op, or not affine in x. `*affine` is what x is of something, and becomes what
 * the result is. Builds nothing where the builder is NULL. */
bool tess_affine_follow(const tess_builder_t *b, MlirOperation op, MlirValue x,
                        int32_t axis, int64_t count, tess_affine_t *affine);

#endif
