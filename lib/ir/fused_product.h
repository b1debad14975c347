/* Products and convolutions that compute their operands in their body: what
 * fusing element-wise ops into linalg.generic leaves of a contraction and the
 * ops before it. Private to lib/ir. */
#ifndef TESSERA_IR_FUSED_PRODUCT_H
#define TESSERA_IR_FUSED_PRODUCT_H

#include "maps.h"

typedef struct tess_fused_product {
  /* The two values that the body multiplies, and the operand that each is
   * computed from; where from several, the largest of them. */
  MlirValue factor[2];
  int operand[2];
  tess_maps_t maps; /* of these two operands and the result alone */
} tess_fused_product_t;

/* Whether the body adds to its result the product of two factors that share no
 * operand, both of them run over by every loop that sums. */
bool tess_fused_product_find(tess_reading_t *r, MlirOperation op,
                             const tess_maps_t *maps, MlirBlock body,
                             tess_fused_product_t *product);

/* Adds the node; *index is TESS_NONE, and nothing is added, where the maps are
 * those of no product or convolution. */
TESS_MUST_USE tess_status_t
tess_fused_product_add(tess_reading_t *r, MlirOperation op,
                       const tess_fused_product_t *product, int32_t *index);

#endif
