/* Indexing maps: which loop runs over which dimension of which operand. */
#include "maps.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"

static void fill_extents(MlirOperation op, tess_maps_t *maps) {
  for (int i = 0; i < maps->operand_count; i++) {
    MlirType type = mlirValueGetType(mlirOperationGetOperand(op, i));
    if (!mlirTypeIsATensor(type) || !mlirShapedTypeHasRank(type))
      continue;
    intptr_t results = mlirAffineMapGetNumResults(maps->map[i]);
    for (intptr_t j = 0; j < results; j++) {
      MlirAffineExpr e = mlirAffineMapGetResult(maps->map[i], j);
      int64_t size = j < mlirShapedTypeGetRank(type)
                         ? mlirShapedTypeGetDimSize(type, j)
                         : 0;
      if (!mlirAffineExprIsADim(e))
        maps->computed[i] = maps->computed[i] || size != 1;
      else if (size)
        maps->extent[mlirAffineDimExprGetPosition(e)] = size;
    }
  }
}

static void fill_result_loops(tess_maps_t *maps, int result) {
  intptr_t results = mlirAffineMapGetNumResults(maps->map[result]);
  for (intptr_t j = 0; j < results; j++) {
    MlirAffineExpr e = mlirAffineMapGetResult(maps->map[result], j);
    if (mlirAffineExprIsADim(e))
      maps->in_result[mlirAffineDimExprGetPosition(e)] = true;
  }
  for (int i = 0; i < maps->loop_count; i++)
    maps->reduces = maps->reduces || !maps->in_result[i];
}

/* Whether the operand has a dimension for each loop and no other; then *place
 * is where. */
static bool has_all_loops(const tess_maps_t *maps, int operand,
                          int32_t *place) {
  if (mlirAffineMapGetNumResults(maps->map[operand]) != maps->loop_count)
    return false;
  for (int loop = 0; loop < maps->loop_count; loop++) {
    place[loop] = tess_maps_position(maps, operand, loop);
    if (place[loop] < 0)
      return false;
  }
  return true;
}

static void place_loops(tess_maps_t *maps, int result) {
  int32_t place[TESS_MAX_LOOPS];
  bool found = has_all_loops(maps, result, place);
  for (int i = 0; i < result && !found; i++)
    found = has_all_loops(maps, i, place);
  for (int loop = 0; loop < maps->loop_count; loop++) {
    maps->place[loop] = found ? place[loop] : loop;
    maps->placed[maps->place[loop]] = maps->extent[loop];
  }
}

bool tess_maps_get(MlirOperation op, tess_maps_t *maps) {
  *maps = (tess_maps_t){0};
  MlirAttribute all = tess_attribute(op, "indexing_maps");
  if (mlirAttributeIsNull(all))
    all = mlirLinalgGetIndexingMapsAttribute(op);
  if (mlirAttributeIsNull(all) || !mlirAttributeIsAArray(all))
    return false;
  intptr_t count = mlirArrayAttrGetNumElements(all);
  if (count == 0 || count > TESS_MAX_OPERANDS ||
      count != mlirOperationGetNumOperands(op) ||
      count < mlirOperationGetNumResults(op))
    return false;
  maps->operand_count = (int32_t)count;
  for (intptr_t i = 0; i < count; i++)
    maps->map[i] = mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(all, i));
  intptr_t loops = mlirAffineMapGetNumDims(maps->map[0]);
  if (loops > TESS_MAX_LOOPS || mlirOperationGetNumResults(op) == 0)
    return false;
  maps->loop_count = (int32_t)loops;
  fill_extents(op, maps);
  int result = (int)(count - mlirOperationGetNumResults(op));
  fill_result_loops(maps, result);
  place_loops(maps, result);
  return true;
}

int tess_maps_position(const tess_maps_t *maps, int operand, int loop) {
  intptr_t results = mlirAffineMapGetNumResults(maps->map[operand]);
  for (intptr_t j = 0; j < results; j++) {
    MlirAffineExpr e = mlirAffineMapGetResult(maps->map[operand], j);
    if (mlirAffineExprIsADim(e) && mlirAffineDimExprGetPosition(e) == loop)
      return (int)j;
  }
  return -1;
}

tess_status_t tess_maps_iterations(tess_reading_t *r, MlirOperation op,
                                   const tess_maps_t *maps, int64_t *total) {
  *total = 1;
  for (int i = 0; i < maps->loop_count; i++)
    TESS_TRY(tess_reading_multiply(r, op, total,
                                   maps->extent[i] ? maps->extent[i] : 1));
  return TESS_SUCCESS;
}

bool tess_maps_ordered(const tess_maps_t *maps, int operand) {
  intptr_t results = mlirAffineMapGetNumResults(maps->map[operand]);
  intptr_t last = -1;
  if (maps->computed[operand])
    return false;
  for (intptr_t j = 0; j < results; j++) {
    MlirAffineExpr e = mlirAffineMapGetResult(maps->map[operand], j);
    if (!mlirAffineExprIsADim(e))
      continue;
    int32_t place = maps->place[mlirAffineDimExprGetPosition(e)];
    if (place <= last)
      return false;
    last = place;
  }
  return true;
}

/* A loop, times a positive number or not. */
static bool is_scaled_loop(MlirAffineExpr e, int *loop, int64_t *factor) {
  *factor = 1;
  if (mlirAffineExprIsAMul(e)) {
    MlirAffineExpr right = mlirAffineBinaryOpExprGetRHS(e);
    if (!mlirAffineExprIsAConstant(right))
      return false;
    *factor = mlirAffineConstantExprGetValue(right);
    e = mlirAffineBinaryOpExprGetLHS(e);
  }
  if (!mlirAffineExprIsADim(e))
    return false;
  *loop = (int)mlirAffineDimExprGetPosition(e);
  return *factor > 0;
}

bool tess_maps_sliding(const tess_maps_t *maps, int operand, int position,
                       tess_sliding_t *sliding) {
  MlirAffineExpr e = mlirAffineMapGetResult(maps->map[operand], position);
  tess_sliding_t s = {.window = -1, .dilation = 1};
  if (mlirAffineExprIsAMul(e) && is_scaled_loop(e, &s.image, &s.stride)) {
    *sliding = s;
    return maps->in_result[s.image];
  }
  if (!mlirAffineExprIsAAdd(e))
    return false;
  if (!is_scaled_loop(mlirAffineBinaryOpExprGetLHS(e), &s.image, &s.stride) ||
      !is_scaled_loop(mlirAffineBinaryOpExprGetRHS(e), &s.window, &s.dilation))
    return false;
  *sliding = s;
  if (!maps->in_result[s.image])
    *sliding = (tess_sliding_t){s.window, s.image, s.dilation, s.stride};
  return maps->in_result[sliding->image] && !maps->in_result[sliding->window];
}

uint64_t tess_maps_geometry(int32_t rank, const int64_t *extent,
                            uint32_t marked) {
  int64_t run[2] = {0, 0}; /* whether it is marked, its elements */
  uint64_t hash = 1;
  for (int32_t i = 0; i < rank; i++) {
    int64_t is_marked = marked >> i & 1;
    if (extent[i] == 1)
      continue;
    if (run[1] && run[0] != is_marked) {
      hash = tess_hash(run, sizeof run, hash);
      run[1] = 0;
    }
    run[0] = is_marked;
    run[1] =
        run[1] ? (int64_t)((uint64_t)run[1] * (uint64_t)extent[i]) : extent[i];
  }
  return tess_hash(run, sizeof run, hash) | 1;
}
