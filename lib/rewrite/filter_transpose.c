/* A transpose in front of a filter looks like a view to compilers: they fuse it
 * into the convolution, which then is no convolution to them. Written as part
 * of the op that makes the weights, or as one that computes, it stays an op of
 * its own, run once. Exact up to the sign of zeros. */
#include "build.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"

/* The convolution with more than one tap that has `value`, seen through views,
 * as its filter; or TESS_NONE. */
static int32_t find_reader(const tess_model_t *model, int32_t value,
                           int depth) {
  for (int32_t i = model->first_user[value]; i < model->first_user[value + 1];
       i++) {
    const tess_node_t *user = &model->nodes[model->value_users[i]];
    const tess_kernel_t *k = &user->kernel;
    int32_t found = TESS_NONE;
    if (user->kind == TESS_NODE_RESHAPE && depth > 0 && user->output_count)
      found = find_reader(model, user->outputs[0], depth - 1);
    if (found != TESS_NONE)
      return found;
    if ((user->kind != TESS_NODE_CONV && user->kind != TESS_NODE_DEPTHWISE) ||
        user->filter != value)
      continue;
    for (int32_t d = 0; d < k->spatial_rank; d++)
      if (k->window[d] > 1)
        return model->value_users[i];
  }
  return TESS_NONE;
}

static bool is_float(int32_t dtype) {
  return dtype == TESS_F32 || dtype == TESS_F16 || dtype == TESS_BF16;
}

/* The convolution behind the transpose, or TESS_NONE where this is no site. */
static int32_t match(const tess_model_t *model, int32_t index) {
  const tess_node_t *node = &model->nodes[index];
  if (!node->prepared || !tess_match_op(node, "linalg.transpose") ||
      node->output_count != 1 ||
      !is_float(model->values[node->outputs[0]].dtype))
    return TESS_NONE;
  return find_reader(model, node->outputs[0], 2);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "computed",
       .why = "weights are turned once, not in the convolution",
       .at_par = true}};
  for (int32_t i = 0; i < model->node_count; i++) {
    const int32_t nodes[] = {i, match(model, i)};
    if (nodes[1] != TESS_NONE)
      tess_site_add(collector, i, nodes, 2, alternatives, 2);
  }
}

/* ---- Into the op that makes the weights. ---- */

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

/* Whether the value is read by one operand alone. */
static bool is_read_once(MlirValue value) {
  MlirOpOperand use = mlirValueGetFirstUse(value);
  return !mlirOpOperandIsNull(use) &&
         mlirOpOperandIsNull(mlirOpOperandGetNextUse(use));
}

/* An element-wise linalg.generic of one result, whose body does not read what
 * was there before. */
static bool is_elementwise(MlirOperation op) {
  if (!mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                          mlirStringRefCreateFromCString("linalg.generic")) ||
      mlirOperationGetNumResults(op) != 1 ||
      !is_read_once(mlirOperationGetResult(op, 0)))
    return false;
  MlirAttribute maps = attribute_of(op, "indexing_maps");
  intptr_t count = mlirArrayAttrGetNumElements(maps);
  MlirAffineMap out =
      mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, count - 1));
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  return mlirAffineMapIsPermutation(out) &&
         mlirOpOperandIsNull(mlirValueGetFirstUse(
             mlirBlockGetArgument(body, mlirBlockGetNumArguments(body) - 1)));
}

/* The same op with its result's dimensions in another order. */
static MlirValue turned(const tess_builder_t *b, MlirOperation op,
                        const tess_dims_t *perm, MlirType type) {
  MlirAttribute maps = attribute_of(op, "indexing_maps"), all[16];
  MlirAffineExpr results[TESS_MAX_RANK];
  intptr_t count = mlirArrayAttrGetNumElements(maps);
  for (intptr_t i = 0; i < count; i++)
    all[i] = mlirArrayAttrGetElement(maps, i);
  MlirAffineMap out = mlirAffineMapAttrGetValue(all[count - 1]);
  for (int32_t i = 0; i < perm->rank; i++)
    results[i] = mlirAffineMapGetResult(out, (intptr_t)perm->at[i]);
  all[count - 1] = mlirAffineMapAttrGet(mlirAffineMapGet(
      b->context, mlirAffineMapGetNumDims(out), 0, perm->rank, results));
  const tess_op_t empty = {.name = "tensor.empty", .type = type};
  MlirOperation made = mlirOperationClone(op);
  mlirBlockInsertOwnedOperationBefore(b->block, b->before, made);
  mlirOperationSetAttributeByName(
      made, mlirStringRefCreateFromCString("indexing_maps"),
      mlirArrayAttrGet(b->context, count, all));
  const tess_builder_t before = tess_build_before(made);
  mlirOperationSetOperand(made, mlirOperationGetNumOperands(made) - 1,
                          tess_build_op(&before, &empty));
  mlirValueSetType(mlirOperationGetResult(made, 0), type);
  return mlirOperationGetResult(made, 0);
}

/* ---- By itself. ---- */

/* x + 0: what no compiler may drop, since it makes -0 a 0. */
static MlirValue plus_zero(const tess_builder_t *in, MlirValue x,
                           const void *data) {
  (void)data;
  MlirType type = mlirValueGetType(x);
  return tess_build_binary(in, "arith.addf", x,
                           tess_build_number(in, 0.0, type), type);
}

static tess_dims_t permutation_of(MlirOperation transpose) {
  MlirAttribute perm = attribute_of(transpose, "permutation");
  tess_dims_t dims = {.rank = (int32_t)mlirDenseArrayGetNumElements(perm)};
  for (int32_t i = 0; i < dims.rank; i++)
    dims.at[i] = mlirDenseI64ArrayGetElement(perm, i);
  return dims;
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  if (match(model, anchor) == TESS_NONE || alternative != 1)
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  const tess_builder_t b = tess_build_before(op);
  const tess_dims_t perm = permutation_of(op);
  MlirValue weights = mlirOperationGetOperand(op, 0);
  MlirType type = mlirValueGetType(mlirOperationGetResult(op, 0));
  MlirValue made;
  if (mlirValueIsAOpResult(weights) &&
      is_elementwise(mlirOpResultGetOwner(weights)) &&
      mlirOperationGetNumOperands(mlirOpResultGetOwner(weights)) <= 16) {
    made = turned(&b, mlirOpResultGetOwner(weights), &perm, type);
  } else {
    int32_t reads[TESS_MAX_RANK];
    for (int32_t i = 0; i < perm.rank; i++)
      reads[perm.at[i]] = i;
    made = tess_build_generic(&b, weights, type, reads, plus_zero, NULL);
  }
  tess_edit_replace(op, made);
  return true;
}

const tess_rule_t tess_rule_filter_transpose = {.find = find, .apply = apply};
