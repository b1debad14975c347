/* Moves a parallel loop innermost in reductions. */
#include "interchange.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/arena.h"
#include <stdlib.h>
#include <string.h>

/* Shorter loops are not worth being innermost: too few for a vector. */
enum { MIN_EXTENT = 8 };

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

static bool is_op(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            mlirStringRefCreateFromCString(name));
}

/* The body asks for loop counters by number, which would no longer fit. */
static bool uses_index(MlirOperation op) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  MlirOperation inner = mlirBlockGetFirstOperation(body);
  for (; !mlirOperationIsNull(inner);
       inner = mlirOperationGetNextInBlock(inner))
    if (is_op(inner, "linalg.index") || mlirOperationGetNumRegions(inner) > 0)
      return true;
  return false;
}

/* The loop over the last dimension of the op's only result, which is its last
 * operand; -1 if it is not one loop or too short. */
static intptr_t find_last_dimension(MlirOperation op, MlirAttribute maps) {
  intptr_t last = mlirArrayAttrGetNumElements(maps) - 1;
  MlirAffineMap map =
      mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, last));
  intptr_t rank = mlirAffineMapGetNumResults(map);
  if (rank == 0)
    return -1;
  MlirType type = mlirValueGetType(mlirOperationGetOperand(op, last));
  MlirAffineExpr expression = mlirAffineMapGetResult(map, rank - 1);
  if (!mlirAffineExprIsADim(expression) ||
      mlirShapedTypeGetDimSize(type, rank - 1) < MIN_EXTENT)
    return -1;
  return mlirAffineDimExprGetPosition(expression);
}

/* Old loop -> new loop: `inner` goes last, those behind it move up. */
static intptr_t new_position(intptr_t loop, intptr_t inner, intptr_t loops) {
  if (loop == inner)
    return loops - 1;
  return loop > inner ? loop - 1 : loop;
}

static MlirAffineMap permute(MlirContext context, intptr_t inner,
                             intptr_t loops) {
  MlirAffineExpr *dims = tess_alloc((size_t)loops * sizeof *dims);
  for (intptr_t i = 0; i < loops; i++)
    dims[i] = mlirAffineDimExprGet(context, new_position(i, inner, loops));
  MlirAffineMap map = mlirAffineMapGet(context, loops, 0, loops, dims);
  free(dims);
  return map;
}

static MlirAttribute permute_map(MlirAttribute attribute,
                                 MlirAffineMap permutation) {
  MlirAffineMap map = mlirAffineMapAttrGetValue(attribute);
  intptr_t count = mlirAffineMapGetNumResults(map);
  MlirAffineExpr *results = tess_alloc((size_t)(count + 1) * sizeof *results);
  for (intptr_t i = 0; i < count; i++)
    results[i] =
        mlirAffineExprCompose(mlirAffineMapGetResult(map, i), permutation);
  MlirAffineMap permuted =
      mlirAffineMapGet(mlirAffineMapGetContext(map),
                       mlirAffineMapGetNumDims(map), 0, count, results);
  free(results);
  return mlirAffineMapAttrGet(permuted);
}

static void move_innermost(MlirOperation op, MlirAttribute maps,
                           MlirAttribute iterators, intptr_t inner) {
  MlirContext context = mlirOperationGetContext(op);
  intptr_t loops = mlirArrayAttrGetNumElements(iterators);
  intptr_t count = mlirArrayAttrGetNumElements(maps);
  MlirAffineMap permutation = permute(context, inner, loops);
  MlirAttribute *parts = tess_alloc((size_t)(loops + count) * sizeof *parts);
  for (intptr_t i = 0; i < loops; i++)
    parts[new_position(i, inner, loops)] =
        mlirArrayAttrGetElement(iterators, i);
  mlirOperationSetAttributeByName(
      op, mlirStringRefCreateFromCString("iterator_types"),
      mlirArrayAttrGet(context, loops, parts));
  for (intptr_t i = 0; i < count; i++)
    parts[i] = permute_map(mlirArrayAttrGetElement(maps, i), permutation);
  mlirOperationSetAttributeByName(
      op, mlirStringRefCreateFromCString("indexing_maps"),
      mlirArrayAttrGet(context, count, parts));
  free(parts);
}

void tess_interchange(MlirOperation op) {
  if (!is_op(op, "linalg.generic") || uses_index(op))
    return;
  MlirAttribute maps = attribute_of(op, "indexing_maps");
  MlirAttribute iterators = attribute_of(op, "iterator_types");
  intptr_t loops = mlirArrayAttrGetNumElements(iterators);
  intptr_t inner = find_last_dimension(op, maps);
  if (inner >= 0 && inner < loops - 1)
    move_innermost(op, maps, iterators, inner);
}
