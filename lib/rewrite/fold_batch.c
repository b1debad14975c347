/* A batch of products that share their right side as one product of all rows:
 * B x (M x K) by K x N is (B M) x K by K x N. Exact: the same sums. The right
 * side is repeated by linalg.broadcast, a generic that only spreads it or
 * tosa.tile, or by the maps of linalg.batch_matmul itself. */
#include "build.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"
#include <string.h>

typedef struct plan {
  bool tosa;
  int64_t batch, m, k, n;
  MlirValue shared; /* K x N, or 1 x K x N for TOSA */
  int32_t repeats;  /* the node that repeats it, or TESS_NONE */
} plan_t;

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

/* ---- Maps. ---- */

/* Whether entry `index` of indexing_maps is (d0, …) -> (d[dims[0]], …). */
static bool has_map(MlirOperation op, intptr_t index, int32_t loops,
                    const int32_t *dims, int32_t count) {
  MlirAttribute maps = attribute_of(op, "indexing_maps");
  MlirContext context = mlirOperationGetContext(op);
  MlirAffineExpr results[4];
  if (mlirAttributeIsNull(maps) || !mlirAttributeIsAArray(maps) ||
      index >= mlirArrayAttrGetNumElements(maps))
    return false;
  for (int32_t i = 0; i < count; i++)
    results[i] = mlirAffineDimExprGet(context, dims[i]);
  MlirAttribute wanted =
      mlirAffineMapAttrGet(mlirAffineMapGet(context, loops, 0, count, results));
  return mlirAttributeEqual(mlirArrayAttrGetElement(maps, index), wanted);
}

/* ---- What repeats the right side. ---- */

static bool repeats_broadcast(MlirOperation op) {
  MlirAttribute dims = attribute_of(op, "dimensions");
  return !mlirAttributeIsNull(dims) && mlirAttributeIsADenseI64Array(dims) &&
         mlirDenseArrayGetNumElements(dims) == 1 &&
         mlirDenseI64ArrayGetElement(dims, 0) == 0;
}

/* A generic that hands its one operand through to every first index. */
static bool repeats_generic(MlirOperation op) {
  const int32_t rest[] = {1, 2}, all[] = {0, 1, 2};
  if (mlirOperationGetNumOperands(op) != 2 ||
      mlirOperationGetNumRegions(op) != 1 || !has_map(op, 0, 3, rest, 2) ||
      !has_map(op, 1, 3, all, 3))
    return false;
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  MlirOperation yield = mlirBlockGetTerminator(body);
  return mlirOperationGetNumOperands(yield) == 1 &&
         mlirValueEqual(mlirOperationGetOperand(yield, 0),
                        mlirBlockGetArgument(body, 0));
}

static bool has_shape(MlirValue value, int32_t rank, const int64_t *sizes) {
  MlirType type = mlirValueGetType(value);
  if (!mlirTypeIsARankedTensor(type) || mlirShapedTypeGetRank(type) != rank ||
      !mlirShapedTypeHasStaticShape(type))
    return false;
  for (int32_t i = 0; i < rank; i++)
    if (mlirShapedTypeGetDimSize(type, i) != sizes[i])
      return false;
  return true;
}

static bool find_shared(const tess_model_t *model, int32_t value,
                        MlirValue right, plan_t *plan) {
  const int64_t sizes[] = {1, plan->k, plan->n};
  plan->repeats = tess_match_producer(model, value);
  if (plan->repeats == TESS_NONE || !mlirValueIsAOpResult(right))
    return false;
  MlirOperation op = mlirOpResultGetOwner(right);
  const tess_node_t *node = &model->nodes[plan->repeats];
  if (node->op != op.ptr || mlirOperationGetNumOperands(op) < 1)
    return false;
  bool known = tess_match_op(node, "linalg.broadcast") ? repeats_broadcast(op)
               : tess_match_op(node, "linalg.generic") ? repeats_generic(op)
                                                       : plan->tosa;
  if (!known || (plan->tosa && !tess_match_op(node, "tosa.tile")))
    return false;
  plan->shared = mlirOperationGetOperand(op, 0);
  return plan->tosa ? has_shape(plan->shared, 3, sizes)
                    : has_shape(plan->shared, 2, sizes + 1);
}

/* ---- Sites. ---- */

static bool is_batch_product(const tess_node_t *node, MlirOperation op) {
  const int32_t left[] = {0, 1, 3}, result[] = {0, 1, 2};
  if (node->kind != TESS_NODE_MATMUL || node->prepared)
    return false;
  if (tess_match_op(node, "tosa.matmul"))
    return true;
  return tess_match_op(node, "linalg.batch_matmul") &&
         has_map(op, 0, 4, left, 3) && has_map(op, 2, 4, result, 3);
}

static bool make_plan(const tess_model_t *model, int32_t index, plan_t *plan) {
  const tess_node_t *node = &model->nodes[index];
  MlirOperation op = tess_edit_op(model, index);
  const int32_t each[] = {0, 3, 2};
  if (!is_batch_product(node, op))
    return false;
  MlirValue left = mlirOperationGetOperand(op, 0);
  MlirValue right = mlirOperationGetOperand(op, 1);
  MlirValue result = mlirOperationGetResult(op, 0);
  *plan = (plan_t){.tosa = tess_match_op(node, "tosa.matmul"),
                   .repeats = TESS_NONE};
  if (mlirShapedTypeGetRank(mlirValueGetType(result)) != 3 ||
      !mlirShapedTypeHasStaticShape(mlirValueGetType(result)))
    return false;
  const tess_dims_t made = tess_build_dims(result);
  plan->batch = made.at[0];
  plan->m = made.at[1];
  plan->n = made.at[2];
  plan->k = node->kernel.k;
  const int64_t sizes[] = {plan->batch, plan->m, plan->k};
  const int64_t matrix[] = {plan->k, plan->n};
  const int32_t same[] = {3, 2};
  if (plan->batch < 2 || !has_shape(left, 3, sizes))
    return false;
  plan->shared = right;
  if (!plan->tosa && has_map(op, 1, 4, same, 2))
    return has_shape(right, 2, matrix);
  return (plan->tosa || has_map(op, 1, 4, each, 3)) &&
         find_shared(model, node->filter, right, plan);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "rows",
       .why = "one product with many rows, its right side read once",
       .at_par = true}};
  for (int32_t i = 0; i < model->node_count; i++) {
    plan_t plan;
    if (!make_plan(model, i, &plan))
      continue;
    const int32_t nodes[] = {i, plan.repeats};
    tess_site_add(collector, i, nodes, plan.repeats == TESS_NONE ? 1 : 2,
                  alternatives, 2);
  }
}

/* ---- Applying. ---- */

static MlirValue product_tosa(const tess_builder_t *b, const plan_t *plan,
                              MlirOperation op) {
  const tess_dims_t rows = {3, {1, plan->batch * plan->m, plan->k}};
  const tess_dims_t sums = {3, {1, plan->batch * plan->m, plan->n}};
  MlirValue left = tess_build_reshape(b, mlirOperationGetOperand(op, 0), &rows);
  MlirOperation made = mlirOperationClone(op);
  mlirOperationSetOperand(made, 0, left);
  mlirOperationSetOperand(made, 1, plan->shared);
  mlirValueSetType(mlirOperationGetResult(made, 0),
                   tess_build_type(&sums, mlirOperationGetResult(op, 0)));
  mlirBlockInsertOwnedOperationBefore(b->block, op, made);
  return mlirOperationGetResult(made, 0);
}

static MlirValue product_linalg(const tess_builder_t *b, const plan_t *plan,
                                MlirOperation op) {
  const tess_dims_t rows = {2, {plan->batch * plan->m, plan->k}};
  const tess_dims_t sums = {2, {plan->batch * plan->m, plan->n}};
  MlirType type = tess_build_type(&sums, mlirOperationGetResult(op, 0));
  MlirValue start = mlirOperationGetOperand(op, 2), number;
  start = tess_match_filled(start, &number)
              ? tess_build_fill(b, number, type)
              : tess_build_reshape(b, start, &sums);
  const MlirValue operands[] = {
      tess_build_reshape(b, mlirOperationGetOperand(op, 0), &rows),
      plan->shared, start};
  const int32_t segments[] = {2, 1};
  const MlirNamedAttribute attributes[] = {tess_build_attribute(
      b, "operandSegmentSizes", mlirDenseI32ArrayGet(b->context, 2, segments))};
  const tess_op_t product = {.name = "linalg.matmul",
                             .operands = operands,
                             .operand_count = 3,
                             .attributes = attributes,
                             .attribute_count = 1,
                             .type = type};
  return tess_build_named(b, &product);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  plan_t plan;
  if (!make_plan(model, anchor, &plan))
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  const tess_builder_t b = tess_build_before(op);
  const tess_dims_t made = tess_build_dims(mlirOperationGetResult(op, 0));
  MlirValue value = (plan.tosa ? product_tosa : product_linalg)(&b, &plan, op);
  tess_edit_replace(op, tess_build_reshape(&b, value, &made));
  return true;
}

const tess_rule_t tess_rule_fold_batch = {find, apply, NULL};
