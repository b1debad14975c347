/* linalg's structured ops, named or generic, by their indexing maps. */
#include "interpret.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include <math.h>
#include <string.h>

enum { MAX_LOOPS = 16 };

/* One operand under the loops: its place is linear in them, as a rule. */
typedef struct access {
  tess_array_t array;
  MlirAffineMap map;
  bool linear;
  int64_t first, by_loop[MAX_LOOPS];
} access_t;

typedef struct nest {
  int32_t loops, accesses, outputs;
  int64_t extent[MAX_LOOPS];
  bool reduced[MAX_LOOPS];
  access_t *access;
} nest_t;

static bool is_linear(MlirAffineExpr e) {
  if (mlirAffineExprIsADim(e) || mlirAffineExprIsAConstant(e))
    return true;
  if (mlirAffineExprIsAAdd(e) || mlirAffineExprIsAMul(e))
    return is_linear(mlirAffineBinaryOpExprGetLHS(e)) &&
           is_linear(mlirAffineBinaryOpExprGetRHS(e));
  return false;
}

static int64_t evaluate(MlirAffineExpr e, const int64_t *loops) {
  if (mlirAffineExprIsADim(e))
    return loops[mlirAffineDimExprGetPosition(e)];
  if (mlirAffineExprIsAConstant(e))
    return mlirAffineConstantExprGetValue(e);
  if (!mlirAffineExprIsABinary(e))
    return -1;
  int64_t x = evaluate(mlirAffineBinaryOpExprGetLHS(e), loops);
  int64_t y = evaluate(mlirAffineBinaryOpExprGetRHS(e), loops);
  if (mlirAffineExprIsAAdd(e))
    return x + y;
  if (mlirAffineExprIsAMul(e))
    return x * y;
  if (y <= 0)
    return -1;
  int64_t low = x / y - (x % y < 0);
  if (mlirAffineExprIsAMod(e))
    return x - low * y;
  return mlirAffineExprIsACeilDiv(e) ? low + (x != low * y) : low;
}

/* The element that the access reads; -1 outside the tensor. */
static int64_t element_at(const access_t *a, const int64_t *loops) {
  int64_t strides[8], at = 0;
  tess_array_strides(&a->array, strides);
  for (int32_t d = 0; d < a->array.rank; d++) {
    int64_t i = evaluate(mlirAffineMapGetResult(a->map, d), loops);
    if (i < 0 || i >= a->array.shape[d])
      return -1;
    at += i * strides[d];
  }
  return at;
}

/* A loop runs over the dimension that it indexes alone. */
static void find_extents(nest_t *nest) {
  memset(nest->extent, -1, sizeof nest->extent);
  for (int32_t i = 0; i < nest->accesses; i++) {
    const access_t *a = &nest->access[i];
    for (int32_t d = 0; d < a->array.rank; d++) {
      MlirAffineExpr e = mlirAffineMapGetResult(a->map, d);
      if (mlirAffineExprIsADim(e))
        nest->extent[mlirAffineDimExprGetPosition(e)] = a->array.shape[d];
    }
  }
}

/* Loops that no result depends on are reductions. */
static void find_reductions(nest_t *nest) {
  for (int32_t l = 0; l < nest->loops; l++) {
    nest->reduced[l] = true;
    for (int32_t i = nest->accesses - nest->outputs; i < nest->accesses; i++)
      if (mlirAffineMapGetNumResults(nest->access[i].map) > 0)
        for (intptr_t d = 0;
             d < mlirAffineMapGetNumResults(nest->access[i].map); d++)
          if (mlirAffineExprIsFunctionOfDim(
                  mlirAffineMapGetResult(nest->access[i].map, d), l))
            nest->reduced[l] = false;
  }
}

/* Coefficients of a linear access, after a check that its least and greatest
 * index lie inside. */
static tess_status_t find_coefficients(const nest_t *nest, access_t *a) {
  int64_t strides[8], zero[MAX_LOOPS] = {0};
  tess_array_strides(&a->array, strides);
  a->linear = true;
  for (int32_t d = 0; d < a->array.rank; d++)
    a->linear = a->linear && is_linear(mlirAffineMapGetResult(a->map, d));
  if (!a->linear)
    return TESS_SUCCESS;
  for (int32_t d = 0; d < a->array.rank; d++) {
    MlirAffineExpr e = mlirAffineMapGetResult(a->map, d);
    int64_t start = evaluate(e, zero), least = start, greatest = start;
    a->first += start * strides[d];
    for (int32_t l = 0; l < nest->loops; l++) {
      int64_t one[MAX_LOOPS] = {0};
      one[l] = 1;
      int64_t by = evaluate(e, one) - start;
      a->by_loop[l] += by * strides[d];
      int64_t reach = by * (nest->extent[l] - 1);
      *(reach < 0 ? &least : &greatest) += reach;
    }
    if (least < 0 || greatest >= a->array.shape[d])
      return tess_error(TESS_INVALID, "a read outside a tensor");
  }
  return TESS_SUCCESS;
}

static tess_status_t open_nest(tess_frame_t *frame, tess_step_t *step,
                               MlirAttribute maps, nest_t *nest) {
  nest->accesses = (int32_t)mlirArrayAttrGetNumElements(maps);
  nest->outputs = (int32_t)mlirOperationGetNumResults(step->op);
  if (nest->accesses != step->in_count || nest->outputs < 1)
    return tess_error(TESS_UNSUPPORTED, "%s on buffers", step->name);
  nest->access = tess_arena_array(frame->arena, (size_t)nest->accesses,
                                  sizeof *nest->access);
  for (int32_t i = 0; i < nest->accesses; i++) {
    access_t *a = &nest->access[i];
    a->array = *step->in[i];
    a->map = mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, i));
    nest->loops = (int32_t)mlirAffineMapGetNumDims(a->map);
  }
  if (nest->loops > MAX_LOOPS)
    return tess_error(TESS_UNSUPPORTED, "more than %d loops", MAX_LOOPS);
  find_extents(nest);
  find_reductions(nest);
  for (int32_t l = 0; l < nest->loops; l++)
    if (nest->extent[l] < 0)
      return tess_error(TESS_UNSUPPORTED, "a loop whose length is not said");
  return TESS_SUCCESS;
}

/* The results start as copies of what they are computed into. */
static void copy_outputs(tess_frame_t *frame, nest_t *nest) {
  for (int32_t i = nest->accesses - nest->outputs; i < nest->accesses; i++) {
    tess_array_t *array = &nest->access[i].array;
    array->at = tess_arena_copy(frame->arena, array->at, (size_t)array->count,
                                sizeof *array->at);
  }
}

static tess_status_t run_point(const nest_t *nest, const tess_body_t *body,
                               const int64_t *loops) {
  tess_number_t *cell[64];
  for (int32_t i = 0; i < nest->accesses; i++) {
    const access_t *a = &nest->access[i];
    int64_t at = a->first;
    if (a->linear)
      for (int32_t l = 0; l < nest->loops; l++)
        at += a->by_loop[l] * loops[l];
    else
      at = element_at(a, loops);
    if (at < 0)
      return tess_error(TESS_INVALID, "a read outside a tensor");
    cell[i] = &a->array.at[at];
    body->registers[i] = *cell[i];
  }
  TESS_TRY(tess_body_run(body, loops));
  for (int32_t i = 0; i < nest->outputs; i++)
    *cell[nest->accesses - nest->outputs + i] =
        body->registers[body->yields[i]];
  return TESS_SUCCESS;
}

/* A sum of k terms may be taken in any order: k u times their magnitudes. One
 * without any rounding so far is of small integers, or no sum. */
static void close_sums(const nest_t *nest) {
  int64_t terms = 1;
  for (int32_t l = 0; l < nest->loops; l++)
    if (nest->reduced[l])
      terms *= nest->extent[l];
  for (int32_t i = nest->accesses - nest->outputs; i < nest->accesses; i++) {
    const tess_array_t *array = &nest->access[i].array;
    double units = terms > 1 ? (double)terms : 0;
    for (int64_t e = 0; e < array->count; e++) {
      tess_number_t *z = &array->at[e];
      double unit = tess_scalar_unit(array->dtype);
      if (isfinite(z->mass) && !(z->rounding == 0 && z->mass * unit <= 0.5)) {
        z->rounding += units * unit * z->mass;
        z->residue += units * 0x1p-53 * z->mass;
      }
      z->mass = fabs(z->value);
    }
  }
}

tess_status_t tess_run_structured(tess_frame_t *frame, tess_step_t *step,
                                  MlirAttribute maps) {
  nest_t nest = {0};
  tess_body_t body;
  TESS_TRY(open_nest(frame, step, maps, &nest));
  TESS_TRY(tess_body_compile(
      frame, mlirRegionGetFirstBlock(mlirOperationGetRegion(step->op, 0)),
      &body));
  if (body.argument_count != nest.accesses ||
      body.yield_count != nest.outputs || nest.accesses > 64)
    return tess_error(TESS_UNSUPPORTED, "%s with an odd body", step->name);
  bool empty = false;
  for (int32_t l = 0; l < nest.loops; l++)
    empty = empty || nest.extent[l] == 0;
  for (int32_t i = 0; i < nest.accesses && !empty; i++)
    TESS_TRY(find_coefficients(&nest, &nest.access[i]));
  copy_outputs(frame, &nest);
  int64_t loops[MAX_LOOPS] = {0};
  bool more = !empty;
  while (more) {
    TESS_TRY(run_point(&nest, &body, loops));
    more = tess_next_index(nest.loops, nest.extent, loops);
  }
  close_sums(&nest);
  for (int32_t i = 0; i < nest.outputs; i++)
    tess_frame_set(frame, mlirOperationGetResult(step->op, i),
                   &nest.access[nest.accesses - nest.outputs + i].array);
  return TESS_SUCCESS;
}
