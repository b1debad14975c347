/* What a convolution or product of data by weights consists of, and which ones
 * are alike. */
#include "branch.h"
#include "build.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"
#include <string.h>

bool tess_branch_is_data(const tess_model_t *model, int32_t value) {
  int32_t role = model->values[value].role;
  return role == TESS_ROLE_ACTIVATION || role == TESS_ROLE_INPUT;
}

/* Products are read with the data on the left, but weights may stand there. */
static bool is_turned(const tess_model_t *model, const tess_node_t *node) {
  return node->kind == TESS_NODE_MATMUL && node->filter != TESS_NONE &&
         !tess_branch_is_data(model, node->data) &&
         tess_branch_is_data(model, node->filter);
}

int32_t tess_branch_data(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  return is_turned(model, n) ? n->filter : n->data;
}

static int32_t filter_of(const tess_model_t *model, const tess_node_t *node) {
  return is_turned(model, node) ? node->data : node->filter;
}

static int32_t dimension_of(MlirAffineMap map, int64_t loop) {
  for (int32_t i = 0; i < mlirAffineMapGetNumResults(map); i++) {
    MlirAffineExpr e = mlirAffineMapGetResult(map, i);
    if (mlirAffineExprIsADim(e) && mlirAffineDimExprGetPosition(e) == loop)
      return i;
  }
  return -1;
}

static MlirAffineMap map_at(MlirOperation op, intptr_t operand) {
  return mlirAffineMapAttrGetValue(
      mlirArrayAttrGetElement(mlirLinalgGetIndexingMapsAttribute(op), operand));
}

/* Outputs are the one loop that filter and result have, and the data has not.
 */
static bool find_axes(MlirOperation op, tess_branch_t *branch) {
  MlirAffineMap data = map_at(op, !branch->filter);
  MlirAffineMap filter = map_at(op, branch->filter);
  MlirAffineMap result = map_at(op, branch->start);
  branch->axis = -1;
  for (int32_t i = 0; i < mlirAffineMapGetNumResults(result); i++) {
    MlirAffineExpr e = mlirAffineMapGetResult(result, i);
    if (!mlirAffineExprIsADim(e))
      return false;
    int64_t loop = mlirAffineDimExprGetPosition(e);
    int32_t at = dimension_of(filter, loop);
    if (at < 0 || dimension_of(data, loop) >= 0)
      continue;
    if (branch->axis >= 0)
      return false;
    branch->axis = i;
    branch->filter_axis = at;
  }
  return branch->axis >= 0;
}

static bool describe_linalg(const tess_model_t *model, const tess_node_t *node,
                            MlirOperation op, tess_branch_t *branch) {
  const void *filter = model->values[filter_of(model, node)].handle;
  intptr_t count = mlirOperationGetNumOperands(op);
  if (tess_match_op(node, "linalg.generic") || (count != 3 && count != 5) ||
      node->bias == TESS_NONE || tess_branch_is_data(model, node->bias) ||
      !(mlirLinalgIsAContractionOp(op) || mlirLinalgIsAConvolutionOp(op)))
    return false;
  bool first = mlirOperationGetOperand(op, 0).ptr == filter;
  bool second = mlirOperationGetOperand(op, 1).ptr == filter;
  branch->filter = second;
  branch->start = count - 1;
  branch->zeros = count == 5 ? 2 : -1;
  return first != second && find_axes(op, branch);
}

static bool describe_tosa(const tess_model_t *model, const tess_node_t *node,
                          MlirOperation op, tess_branch_t *branch) {
  bool product = tess_match_op(node, "tosa.matmul");
  int32_t rank = model->values[node->outputs[0]].rank;
  if (!product && !tess_match_op(node, "tosa.conv2d") &&
      !tess_match_op(node, "tosa.conv3d"))
    return false;
  branch->tosa = true;
  branch->filter = 1;
  branch->start = product ? -1 : 2;
  branch->zeros = product ? 2 : 3;
  branch->filter_axis = product ? 2 : 0;
  branch->axis = rank - 1;
  MlirValue filter = mlirOperationGetOperand(op, 1);
  if (filter.ptr != model->values[filter_of(model, node)].handle)
    return false;
  return product ||
         (node->bias != TESS_NONE && !tess_branch_is_data(model, node->bias) &&
          tess_build_dims(mlirOperationGetOperand(op, 2)).at[0] ==
              model->values[node->outputs[0]].shape[rank - 1]);
}

bool tess_branch_describe(const tess_model_t *model, int32_t index,
                          tess_branch_t *branch) {
  const tess_node_t *node = &model->nodes[index];
  *branch = (tess_branch_t){.node = index};
  if (node->prepared ||
      (node->kind != TESS_NODE_CONV && node->kind != TESS_NODE_MATMUL) ||
      node->output_count != 1 || node->data == TESS_NONE ||
      node->filter == TESS_NONE || node->filter == node->data ||
      !tess_branch_is_data(model, tess_branch_data(model, index)) ||
      tess_branch_is_data(model, filter_of(model, node)))
    return false;
  MlirOperation op = tess_edit_op(model, index);
  bool tosa = !strncmp(node->op_name, "tosa.", 5);
  if (!tosa && strncmp(node->op_name, "linalg.", 7) != 0)
    return false;
  if (!(tosa ? describe_tosa : describe_linalg)(model, node, op, branch))
    return false;
  if (!mlirShapedTypeHasStaticShape(
          mlirValueGetType(mlirOperationGetResult(op, 0))))
    return false;
  branch->outputs = model->values[node->outputs[0]].shape[branch->axis];
  return branch->outputs > 0;
}

/* ---- Which are alike. ---- */

static bool is_pad(const tess_model_t *model, int32_t value) {
  int32_t node = tess_match_producer(model, value);
  return node != TESS_NONE && model->nodes[node].kind == TESS_NODE_PAD;
}

/* What the data of a contraction is made of, views and a pad aside. */
int32_t tess_branch_source(const tess_model_t *model, int32_t node) {
  int32_t value = tess_model_base(model, tess_branch_data(model, node));
  return is_pad(model, value)
             ? tess_model_base(
                   model, model->nodes[model->values[value].node].inputs[0])
             : value;
}

static bool same_pads(const tess_model_t *model, int32_t a, int32_t b) {
  tess_padding_t x, y;
  if (!is_pad(model, a) || !is_pad(model, b) ||
      !tess_match_padding(model, model->values[a].node, &x) ||
      !tess_match_padding(model, model->values[b].node, &y))
    return false;
  size_t size = (size_t)model->values[a].rank * sizeof *x.low;
  return model->values[a].rank == model->values[b].rank && x.fill == y.fill &&
         !memcmp(x.low, y.low, size) && !memcmp(x.high, y.high, size);
}

/* The same elements in the same shape. */
static bool same_data(const tess_model_t *model, int32_t a, int32_t b) {
  const tess_value_t *x = &model->values[a], *y = &model->values[b];
  if (x->rank != y->rank || x->dtype != y->dtype ||
      memcmp(x->shape, y->shape, (size_t)x->rank * sizeof *x->shape) != 0)
    return false;
  return tess_model_base(model, a) == tess_model_base(model, b) ||
         (is_pad(model, a) && same_pads(model, a, b));
}

static bool same_attributes(MlirOperation a, MlirOperation b) {
  static const char *const names[] = {"pad",       "stride",        "dilation",
                                      "acc_type",  "local_bound",   "strides",
                                      "dilations", "indexing_maps", "cast"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const MlirStringRef name = mlirStringRefCreateFromCString(names[i]);
    if (!mlirAttributeEqual(mlirOperationGetAttributeByName(a, name),
                            mlirOperationGetAttributeByName(b, name)))
      return false;
  }
  return true;
}

/* The same value, or the same number. */
bool tess_branch_same_number(MlirValue a, MlirValue b) {
  double x, y;
  return mlirValueEqual(a, b) ||
         (mlirTypeEqual(mlirValueGetType(a), mlirValueGetType(b)) &&
          tess_match_number(a, &x) && tess_match_number(b, &y) && x == y);
}

/* Equal but for the size along one dimension. */
static bool same_but(MlirValue a, MlirValue b, int32_t axis) {
  const tess_dims_t x = tess_build_dims(a), y = tess_build_dims(b);
  if (x.rank != y.rank ||
      !mlirTypeEqual(mlirShapedTypeGetElementType(mlirValueGetType(a)),
                     mlirShapedTypeGetElementType(mlirValueGetType(b))))
    return false;
  for (int32_t i = 0; i < x.rank; i++)
    if (i != axis && x.at[i] != y.at[i])
      return false;
  return true;
}

bool tess_branch_alike(const tess_model_t *model, const tess_branch_t *a,
                       const tess_branch_t *b) {
  const tess_node_t *x = &model->nodes[a->node], *y = &model->nodes[b->node];
  MlirOperation p = tess_edit_op(model, a->node);
  MlirOperation q = tess_edit_op(model, b->node);
  if (strcmp(x->op_name, y->op_name) != 0 || a->filter != b->filter ||
      a->axis != b->axis || a->filter_axis != b->filter_axis ||
      !same_data(model, tess_branch_data(model, a->node),
                 tess_branch_data(model, b->node)) ||
      !same_attributes(p, q) ||
      !same_but(mlirOperationGetResult(p, 0), mlirOperationGetResult(q, 0),
                a->axis) ||
      !same_but(mlirOperationGetOperand(p, a->filter),
                mlirOperationGetOperand(q, a->filter), a->filter_axis))
    return false;
  for (int i = 0; i < 2 && a->zeros >= 0; i++)
    if (!tess_branch_same_number(mlirOperationGetOperand(p, a->zeros + i),
                                 mlirOperationGetOperand(q, a->zeros + i)))
      return false;
  return true;
}
