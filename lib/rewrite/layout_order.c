/* Orders of dimensions. */
#include "layout_order.h"

tess_order_t tess_order_make(const int32_t *at, int32_t rank) {
  tess_order_t order = {.rank = rank};
  bool same = true;
  for (int32_t i = 0; i < rank; i++) {
    order.at[i] = at[i];
    same = same && at[i] == i;
  }
  return same ? TESS_ORDER_SAME : order;
}

tess_order_t tess_order_inverse(const tess_order_t *order) {
  tess_order_t inverse = {.rank = order->rank};
  for (int32_t i = 0; i < order->rank; i++)
    inverse.at[order->at[i]] = i;
  return inverse;
}

tess_order_t tess_order_between(const tess_order_t *from,
                                const tess_order_t *to, int32_t rank) {
  int32_t place[TESS_MAX_RANK], at[TESS_MAX_RANK];
  for (int32_t i = 0; i < rank; i++)
    place[tess_order_at(from, i)] = i;
  for (int32_t i = 0; i < rank; i++)
    at[i] = place[tess_order_at(to, i)];
  return tess_order_make(at, rank);
}

bool tess_order_equal(const tess_order_t *a, const tess_order_t *b) {
  if (a->rank != b->rank)
    return false;
  for (int32_t i = 0; i < a->rank; i++)
    if (a->at[i] != b->at[i])
      return false;
  return true;
}

bool tess_order_alike(const tess_order_t *a, const tess_order_t *b,
                      const int64_t *shape, int32_t rank) {
  int32_t i = 0, j = 0;
  for (;;) {
    while (i < rank && shape[tess_order_at(a, i)] == 1)
      i++;
    while (j < rank && shape[tess_order_at(b, j)] == 1)
      j++;
    if (i == rank || j == rank)
      return i == rank && j == rank;
    if (tess_order_at(a, i++) != tess_order_at(b, j++))
      return false;
  }
}
