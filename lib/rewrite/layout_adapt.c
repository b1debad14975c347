/* Attributes, maps and bodies of ops whose tensors lie in another order. */
#include "edit.h"
#include "layout_change.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/arena.h"
#include <stdlib.h>

static void set(MlirOperation op, const char *name, MlirAttribute value) {
  mlirOperationSetAttributeByName(op, mlirStringRefCreateFromCString(name),
                                  value);
}

static void set_integers(MlirOperation op, const char *name,
                         const int64_t *values, int32_t count) {
  set(op, name,
      mlirDenseI64ArrayGet(mlirOperationGetContext(op), count, values));
}

/* ---- One dimension, or a number for each. ---- */

static void adapt_axis(const tess_layout_op_t *op, const tess_order_t *order) {
  MlirAttribute old = tess_layout_attribute(op->op, op->axis);
  int64_t axis = mlirIntegerAttrGetValueInt(old);
  for (int32_t i = 0; i < order->rank; i++)
    if (order->at[i] == axis) {
      set(op->op, op->axis, mlirIntegerAttrGet(mlirAttributeGetType(old), i));
      return;
    }
}

/* An array with `each` numbers for every dimension. */
static void sort(const tess_order_t *order, int32_t each, const int64_t *from,
                 int64_t *to) {
  for (int32_t i = 0; i < order->rank; i++)
    for (int32_t j = 0; j < each; j++)
      to[each * i + j] = from[each * order->at[i] + j];
}

static void sort_attribute(const tess_layout_op_t *op, const char *name,
                           const tess_order_t *order) {
  int64_t from[TESS_MAX_RANK], to[TESS_MAX_RANK];
  int32_t count = tess_layout_integers(tess_layout_attribute(op->op, name),
                                       from, TESS_MAX_RANK);
  if (count != order->rank)
    return;
  sort(order, 1, from, to);
  set_integers(op->op, name, to, count);
}

static void sort_operand(const tess_builder_t *b, const tess_layout_op_t *op,
                         int32_t operand, int32_t each,
                         const tess_order_t *order) {
  int64_t from[2 * TESS_MAX_RANK], to[2 * TESS_MAX_RANK];
  int32_t count = tess_layout_shape_constant(
      mlirOperationGetOperand(op->op, operand), from, 2 * TESS_MAX_RANK);
  if (count != each * order->rank)
    return;
  sort(order, each, from, to);
  mlirOperationSetOperand(op->op, operand, tess_build_shape(b, to, count));
}

static void adapt_amounts(const tess_builder_t *b, const tess_layout_op_t *op,
                          const tess_order_t *order) {
  static const char *const arrays[] = {"static_low", "static_high",
                                       "static_offsets", "static_sizes",
                                       "static_strides"};
  if (tess_layout_is(op->op, "tosa.pad")) {
    sort_operand(b, op, 1, 2, order);
  } else if (tess_layout_is(op->op, "tosa.slice")) {
    sort_operand(b, op, 1, 1, order);
    sort_operand(b, op, 2, 1, order);
  } else if (tess_layout_is(op->op, "tosa.tile")) {
    sort_operand(b, op, 1, 1, order);
  } else {
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
      sort_attribute(op, arrays[i], order);
  }
}

/* The dimensions that a reduction or broadcast names, where they are now. */
static void adapt_dimensions(const tess_layout_op_t *op,
                             const tess_order_t *order) {
  int64_t old[TESS_MAX_RANK], new[TESS_MAX_RANK];
  int32_t count = tess_layout_integers(
              tess_layout_attribute(op->op, "dimensions"), old, TESS_MAX_RANK),
          found = 0;
  for (int32_t i = 0; i < order->rank; i++)
    for (int32_t j = 0; j < count; j++)
      if (old[j] == order->at[i])
        new[found++] = i;
  set_integers(op->op, "dimensions", new, found);
}

/* ---- linalg.generic. ---- */

typedef struct loops {
  MlirContext context;
  int32_t count;
  int32_t place[TESS_LAYOUT_MAX_LABELS]; /* of each old loop */
  bool same;
} loops_t;

static MlirAffineMap map_at(MlirAttribute maps, intptr_t i) {
  return mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, i));
}

static MlirAffineMap with_order(MlirContext context, MlirAffineMap map,
                                const tess_order_t *order) {
  if (tess_order_is_same(order))
    return map;
  MlirAffineExpr results[TESS_MAX_RANK];
  for (int32_t i = 0; i < order->rank; i++)
    results[i] = mlirAffineMapGetResult(map, order->at[i]);
  return mlirAffineMapGet(context, mlirAffineMapGetNumDims(map), 0, order->rank,
                          results);
}

/* Where nothing is reduced, the loops run as the result lies. */
static loops_t find_loops(const tess_layout_op_t *op, MlirAffineMap result) {
  loops_t loops = {.context = mlirOperationGetContext(op->op),
                   .count = (int32_t)mlirAffineMapGetNumDims(result),
                   .same = true};
  if (!op->parallel || mlirAffineMapGetNumResults(result) != loops.count ||
      !mlirAffineMapIsPermutation(result))
    return loops;
  for (int32_t i = 0; i < loops.count; i++) {
    int32_t d = (int32_t)mlirAffineDimExprGetPosition(
        mlirAffineMapGetResult(result, i));
    loops.place[d] = i;
    loops.same = loops.same && d == i;
  }
  return loops;
}

static MlirAffineMap with_loops(const loops_t *loops, MlirAffineMap map) {
  MlirAffineExpr dims[TESS_LAYOUT_MAX_LABELS];
  MlirAffineExpr results[TESS_MAX_RANK];
  int32_t count = (int32_t)mlirAffineMapGetNumResults(map);
  if (loops->same || count > TESS_MAX_RANK)
    return map;
  for (int32_t d = 0; d < loops->count; d++)
    dims[d] = mlirAffineDimExprGet(loops->context, loops->place[d]);
  MlirAffineMap renamed =
      mlirAffineMapGet(loops->context, loops->count, 0, loops->count, dims);
  for (int32_t i = 0; i < count; i++)
    results[i] = mlirAffineExprCompose(mlirAffineMapGetResult(map, i), renamed);
  return mlirAffineMapGet(loops->context, loops->count, 0, count, results);
}

static MlirWalkResult rename_index(MlirOperation op, void *data) {
  const loops_t *loops = data;
  if (!tess_layout_is(op, "linalg.index"))
    return MlirWalkResultAdvance;
  MlirAttribute dim = tess_layout_attribute(op, "dim");
  int64_t loop = mlirIntegerAttrGetValueInt(dim);
  set(op, "dim",
      mlirIntegerAttrGet(mlirAttributeGetType(dim), loops->place[loop]));
  return MlirWalkResultAdvance;
}

static const tess_order_t *order_at(const tess_layout_op_t *op,
                                    const tess_order_t *order,
                                    int32_t operand) {
  static const tess_order_t same = {0};
  for (int32_t s = 0; s < op->slot_count; s++)
    if (op->slots[s].operand == operand)
      return &order[s];
  return &same;
}

static void adapt_generic(const tess_layout_op_t *op,
                          const tess_order_t *order) {
  MlirAttribute maps = tess_layout_attribute(op->op, "indexing_maps");
  int32_t count = (int32_t)mlirArrayAttrGetNumElements(maps);
  int32_t first_init = count - op->results;
  MlirContext context = mlirOperationGetContext(op->op);
  loops_t loops = find_loops(op, with_order(context, map_at(maps, first_init),
                                            order_at(op, order, first_init)));
  MlirAttribute *new = tess_alloc(((size_t)count + 1) * sizeof *new);
  for (int32_t i = 0; i < count; i++)
    new[i] = mlirAffineMapAttrGet(with_loops(
        &loops, with_order(context, map_at(maps, i), order_at(op, order, i))));
  set(op->op, "indexing_maps", mlirArrayAttrGet(context, count, new));
  free(new);
  if (!loops.same)
    mlirOperationWalk(op->op, rename_index, &loops, MlirWalkPreOrder);
}

void tess_layout_adapt(const tess_builder_t *b, const tess_layout_op_t *op,
                       const tess_order_t *order) {
  switch (op->kind) {
  case TESS_LAYOUT_OP_AXIS:
    adapt_axis(op, &order[op->lead]);
    break;
  case TESS_LAYOUT_OP_AMOUNTS:
    adapt_amounts(b, op, &order[op->lead]);
    break;
  case TESS_LAYOUT_OP_REDUCE:
  case TESS_LAYOUT_OP_BROADCAST:
    adapt_dimensions(op, &order[op->lead]);
    break;
  case TESS_LAYOUT_OP_GENERIC:
    adapt_generic(op, order);
    break;
  default:
    break;
  }
}

/* ---- Shapes. ---- */

static tess_dims_t without_units(const tess_dims_t *dims) {
  tess_dims_t core = {0};
  for (int32_t i = 0; i < dims->rank; i++)
    if (dims->at[i] != 1)
      core.at[core.rank++] = dims->at[i];
  if (!core.rank)
    core.at[core.rank++] = 1;
  return core;
}

static bool equal(const tess_dims_t *a, const tess_dims_t *b) {
  bool same = a->rank == b->rank;
  for (int32_t i = 0; i < a->rank && same; i++)
    same = a->at[i] == b->at[i];
  return same;
}

/* Whether each dimension of `coarse` is a product of neighbours in `fine`,
 * taken from left to right. */
static bool merges(const tess_dims_t *coarse, const tess_dims_t *fine) {
  int32_t next = 0;
  for (int32_t i = 0; i < coarse->rank; i++) {
    if (next == fine->rank)
      return false;
    int64_t product = fine->at[next++];
    while (next < fine->rank &&
           (product < coarse->at[i] || i == coarse->rank - 1))
      product *= fine->at[next++];
    if (product != coarse->at[i])
      return false;
  }
  return next == fine->rank;
}

static MlirValue step(const tess_builder_t *b, MlirValue value,
                      const tess_dims_t *to) {
  const tess_dims_t from = tess_build_dims(value);
  return equal(&from, to) ? value : tess_build_reshape(b, value, to);
}

MlirValue tess_layout_regroup(const tess_builder_t *b, MlirValue value,
                              const tess_dims_t *to) {
  const tess_dims_t from = tess_build_dims(value);
  if (b->tosa || equal(&from, to) ||
      (from.rank > to->rank && merges(to, &from)) ||
      (from.rank < to->rank && merges(&from, to)))
    return step(b, value, to);
  const tess_dims_t first = without_units(&from), last = without_units(to);
  return step(b, step(b, step(b, value, &first), &last), to);
}
