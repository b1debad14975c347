/* Carrying out a plan. Only the layout rewrite includes it. */
#ifndef TESSERA_LIB_REWRITE_LAYOUT_CHANGE_H
#define TESSERA_LIB_REWRITE_LAYOUT_CHANGE_H

#include "build.h"
#include "layout_plan.h"

/* Changes the function that the plan's graph was made from; the graph is stale
 * afterwards. */
void tess_layout_change(tess_layout_plan_t *plan);

/* Gives an op whose operands are in place the attributes, maps and body that go
 * with the orders of its slots. `b` builds before the op. */
void tess_layout_adapt(const tess_builder_t *b, const tess_layout_op_t *op,
                       const tess_order_t *order);

/* The same elements in the same sequence in another shape: dimensions are split
 * or merged, and those of size 1 come and go. */
MlirValue tess_layout_regroup(const tess_builder_t *b, MlirValue value,
                              const tess_dims_t *to);

#endif
