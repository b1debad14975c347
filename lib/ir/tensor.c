/* Ops of the tensor dialect: views, pads and movement. */
#include "operations.h"

/* Whether the body of a tensor.pad yields the constant zero. */
static bool pads_with_zero(tess_reading_t *r, MlirOperation op) {
  MlirBlock block = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  if (mlirBlockIsNull(block))
    return false;
  MlirOperation yield = mlirBlockGetTerminator(block);
  if (mlirOperationIsNull(yield) || mlirOperationGetNumOperands(yield) != 1)
    return false;
  for (MlirOperation inner = mlirBlockGetFirstOperation(block);
       !mlirOperationIsNull(inner) && inner.ptr != yield.ptr;
       inner = mlirOperationGetNextInBlock(inner))
    if (tess_read_scalar(r, inner, TESS_NONE))
      return false;
  double fill;
  MlirValue yielded = mlirOperationGetOperand(yield, 0);
  int32_t e = tess_reading_slot(r, yielded)->expression;
  return e != TESS_NONE && tess_expression_number(&r->expressions, e, &fill) &&
         fill == 0;
}

static tess_status_t read_pad(tess_reading_t *r, MlirOperation op,
                              const tess_operation_t *operation) {
  (void)operation;
  int32_t node;
  TESS_TRY(
      tess_reading_add_node(r, op, TESS_NODE_PAD, TESS_KERNEL_MOVEMENT, &node));
  const tess_node_t *pad = &r->nodes[node];
  int32_t rank = r->values[pad->outputs[0]].rank;
  int64_t *low =
      tess_arena_array(r->arena, 2 * (size_t)rank + 1, sizeof(int64_t));
  bool fixed = mlirOperationGetNumOperands(op) == 1 &&
               tess_attribute_integers(tess_attribute(op, "static_low"), low,
                                       rank) == rank &&
               tess_attribute_integers(tess_attribute(op, "static_high"),
                                       low + rank, rank) == rank;
  if (fixed && pads_with_zero(r, op)) {
    r->nodes[node].pad_low = low;
    r->nodes[node].pad_high = low + rank;
  }
  return TESS_SUCCESS;
}

#define WITH(text, handler)                                                    \
  { .name = "tensor." text, .read = handler }

const tess_operation_t tess_tensor_operations[] = {
    WITH("empty", tess_read_init),
    WITH("splat", tess_read_init),
    WITH("from_elements", tess_read_init),
    WITH("expand_shape", tess_read_view),
    WITH("collapse_shape", tess_read_view),
    WITH("reshape", tess_read_view),
    WITH("cast", tess_read_view),
    WITH("pad", read_pad),
    WITH("extract_slice", tess_read_movement),
    WITH("insert_slice", tess_read_movement),
    WITH("concat", tess_read_movement),
    WITH("gather", tess_read_movement),
    WITH("scatter", tess_read_movement),
    WITH("dim", tess_read_nothing),
    {.name = NULL},
};
