/* The order of a tensor's dimensions against that of its op in the input: how
 * a value lies after a change of layout. Only the layout rewrite includes it.
 */
#ifndef TESSERA_LIB_REWRITE_LAYOUT_ORDER_H
#define TESSERA_LIB_REWRITE_LAYOUT_ORDER_H

#include "tessera/ir/model.h"

/* Dimension i of the changed tensor is dimension at[i] of the original. Rank 0:
 * as it was. */
typedef struct tess_order {
  int32_t rank;
  int32_t at[TESS_MAX_RANK];
} tess_order_t;

#define TESS_ORDER_SAME ((tess_order_t){0})

static inline bool tess_order_is_same(const tess_order_t *order) {
  return order->rank == 0;
}

/* From a list; the identity becomes TESS_ORDER_SAME. */
tess_order_t tess_order_make(const int32_t *at, int32_t rank);

tess_order_t tess_order_inverse(const tess_order_t *order);

/* What remains to be done to a tensor that lies as `from` so that it lies as
 * `to`. */
tess_order_t tess_order_between(const tess_order_t *from,
                                const tess_order_t *to, int32_t rank);

bool tess_order_equal(const tess_order_t *a, const tess_order_t *b);

/* Whether a tensor of this shape has its elements in the same sequence in both:
 * only dimensions of size 1 lie elsewhere. */
bool tess_order_alike(const tess_order_t *a, const tess_order_t *b,
                      const int64_t *shape, int32_t rank);

/* Dimension i of the changed tensor as one of the original. */
static inline int32_t tess_order_at(const tess_order_t *order, int32_t i) {
  return order->rank ? order->at[i] : i;
}

#endif
