/* Dimensions of an op's tensors: linalg ops say by their maps which of them are
 * one, for the others it stands here. */
#include "relation.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"
#include <string.h>

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

static const tess_value_t *tensor_at(const tess_model_t *model,
                                     const tess_relation_t *r, int32_t i) {
  return &model->values[r->value[i]];
}

static void fix_all(tess_relation_t *r) {
  memset(r->of, TESS_DIMENSION_FIXED, sizeof r->of);
}

/* ---- linalg. ---- */

static MlirWalkResult note_index(MlirOperation op, void *found) {
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  if (!mlirStringRefEqual(name, mlirStringRefCreateFromCString("linalg.index")))
    return MlirWalkResultAdvance;
  *(bool *)found = true;
  return MlirWalkResultInterrupt;
}

/* A loop over which something other than a product is summed up has a size
 * that the result depends on. */
static bool is_summed(const tess_node_t *node, MlirAffineMap result,
                      int64_t loop) {
  if (node->kind <= TESS_NODE_MATMUL)
    return false;
  for (intptr_t i = 0; i < mlirAffineMapGetNumResults(result); i++) {
    MlirAffineExpr e = mlirAffineMapGetResult(result, i);
    if (mlirAffineExprIsADim(e) && mlirAffineDimExprGetPosition(e) == loop)
      return false;
  }
  return true;
}

static void relate_map(const tess_node_t *node, MlirAffineMap map,
                       MlirAffineMap result, int8_t *of) {
  for (intptr_t i = 0; i < mlirAffineMapGetNumResults(map); i++) {
    MlirAffineExpr e = mlirAffineMapGetResult(map, i);
    if (!mlirAffineExprIsADim(e))
      continue;
    int64_t loop = mlirAffineDimExprGetPosition(e);
    if (loop < 32 && !is_summed(node, result, loop))
      of[i] = (int8_t)loop;
  }
}

/* Tensors are all operands with a map that are no numbers, in order. */
static bool relate_linalg(const tess_model_t *model, const tess_node_t *node,
                          MlirOperation op, tess_relation_t *r) {
  MlirAttribute maps = mlirLinalgGetIndexingMapsAttribute(op);
  bool indexed = false;
  if (mlirAttributeIsNull(maps))
    return false;
  tess_edit_walk(op, note_index, &indexed);
  intptr_t count = mlirArrayAttrGetNumElements(maps);
  if (indexed || count != mlirOperationGetNumOperands(op))
    return false;
  MlirAffineMap result =
      mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, count - 1));
  int32_t next = 0;
  for (intptr_t i = 0; i < count; i++) {
    MlirAffineMap map =
        mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, i));
    MlirValue operand = mlirOperationGetOperand(op, i);
    if (!mlirTypeIsAShaped(mlirValueGetType(operand)))
      continue;
    if (mlirAffineMapGetNumResults(map) != tensor_at(model, r, next)->rank)
      return false;
    relate_map(node, map, result, r->of[next++]);
  }
  relate_map(node, result, result, r->of[next]);
  return true;
}

/* ---- Views. ---- */

/* Dimensions before and after a reshape that are wholly one: as many elements
 * stand before them, and they are of one size. */
static bool relate_reshape(const tess_model_t *model, tess_relation_t *r) {
  const tess_value_t *in = tensor_at(model, r, 0);
  const tess_value_t *out = tensor_at(model, r, r->tensors - 1);
  int64_t before_in = 1, before_out = 1;
  int32_t i = 0, o = 0;
  if (!in->elements) /* no products to go by */
    return true;
  while (i < in->rank && o < out->rank) {
    if (before_in == before_out && in->shape[i] == out->shape[o]) {
      r->of[0][i] = r->of[r->tensors - 1][o] = (int8_t)i;
      before_in *= in->shape[i++];
      before_out *= out->shape[o++];
    } else if (in->shape[i] == 1 || before_in * in->shape[i] <= before_out)
      before_in *= in->shape[i++];
    else
      before_out *= out->shape[o++];
  }
  return true;
}

static bool relate_transpose(MlirOperation op, tess_relation_t *r) {
  MlirAttribute perms = attribute_of(op, "perms");
  if (mlirAttributeIsNull(perms) || !mlirAttributeIsADenseI32Array(perms) ||
      mlirDenseArrayGetNumElements(perms) > TESS_MAX_RANK)
    return false;
  for (intptr_t i = 0; i < mlirDenseArrayGetNumElements(perms); i++) {
    int32_t from = mlirDenseI32ArrayGetElement(perms, i);
    if (from < 0 || from >= TESS_MAX_RANK)
      return false;
    r->of[0][from] = r->of[1][i] = (int8_t)i;
  }
  return true;
}

static bool relate_pad(const tess_model_t *model, int32_t node,
                       tess_relation_t *r) {
  tess_padding_t padding;
  if (!tess_match_padding(model, node, &padding))
    return false;
  for (int32_t i = 0; i < tensor_at(model, r, 0)->rank; i++)
    if (!padding.low[i] && !padding.high[i])
      r->of[0][i] = r->of[r->tensors - 1][i] = (int8_t)i;
  return true;
}

/* ---- Element-wise. ---- */

static bool is_elementwise(const tess_node_t *node) {
  static const char *const tosa[] = {
      "abs",     "add",           "cast",       "ceil",       "clamp",
      "equal",   "erf",           "exp",        "floor",      "greater",
      "log",     "greater_equal", "identity",   "logical_or", "logical_not",
      "maximum", "logical_and",   "minimum",    "mul",        "negate",
      "pow",     "reciprocal",    "rsqrt",      "select",     "sigmoid",
      "sub",     "tanh",          "logical_xor"};
  const char *name = node->op_name;
  if (!strncmp(name, "arith.", 6) || !strncmp(name, "math.", 5))
    return strcmp(name, "arith.constant") != 0;
  if (strncmp(name, "tosa.", 5) != 0)
    return false;
  for (size_t i = 0; i < sizeof tosa / sizeof *tosa; i++)
    if (!strcmp(name + 5, tosa[i]))
      return true;
  return false;
}

/* Operands of the result's rank are spread over it; others are numbers. */
static bool relate_elementwise(const tess_model_t *model, tess_relation_t *r) {
  const tess_value_t *out = tensor_at(model, r, r->tensors - 1);
  for (int32_t t = 0; t < r->tensors; t++) {
    const tess_value_t *value = tensor_at(model, r, t);
    for (int32_t i = 0; i < value->rank; i++)
      r->of[t][i] =
          value->rank == out->rank
              ? (value->shape[i] == out->shape[i] ? (int8_t)i
                                                  : (int8_t)TESS_DIMENSION_ONE)
              : (int8_t)TESS_DIMENSION_FIXED;
  }
  return true;
}

/* ---- TOSA's others. ---- */

/* What the letters of an operand's dimensions are: lower-case ones are fixed,
 * the others one wherever they stand. */
typedef struct form {
  const char *name;
  const char *tensors[4]; /* operands from the first on, the result last */
} form_t;

static const form_t forms[] = {
    {"tosa.conv2d", {"NhwC", "OhwC", "O", "NhwO"}},
    {"tosa.depthwise_conv2d", {"NhwC", "hwCm", "C", "NhwC"}},
    {"tosa.matmul", {"BMK", "BKN", "BMN"}},
    {"tosa.max_pool2d", {"NhwC", "NhwC"}},
    {"tosa.avg_pool2d", {"NhwC", "NhwC"}},
};

static int8_t number_of(char letter) {
  return letter >= 'A' && letter <= 'Z' ? (int8_t)(letter - 'A')
                                        : (int8_t)TESS_DIMENSION_FIXED;
}

static bool relate_letters(const tess_model_t *model, const char *letters,
                           int32_t tensor, tess_relation_t *r) {
  const tess_value_t *value = tensor_at(model, r, tensor);
  if ((size_t)value->rank != strlen(letters))
    return false;
  for (int32_t i = 0; i < value->rank; i++)
    r->of[tensor][i] = number_of(letters[i]);
  return true;
}

static bool relate_form(const tess_model_t *model, const form_t *form,
                        tess_relation_t *r) {
  int32_t last = 0;
  while (last < 3 && form->tensors[last + 1])
    last++;
  if (r->tensors < last + 1)
    return false;
  for (int32_t i = 0; i < last; i++)
    if (!relate_letters(model, form->tensors[i], i, r))
      return false;
  /* A bias of one element stands for all. */
  if (last == 3 && tensor_at(model, r, 2)->elements == 1)
    r->of[2][0] = TESS_DIMENSION_ONE;
  return relate_letters(model, form->tensors[last], r->tensors - 1, r);
}

/* All but the dimension that the op reduces. */
static bool relate_reduction(const tess_model_t *model, MlirOperation op,
                             tess_relation_t *r) {
  MlirAttribute axis = attribute_of(op, "axis");
  if (mlirAttributeIsNull(axis) || !mlirAttributeIsAInteger(axis))
    return false;
  for (int32_t i = 0; i < tensor_at(model, r, 0)->rank; i++)
    if (i != mlirIntegerAttrGetValueInt(axis))
      r->of[0][i] = r->of[r->tensors - 1][i] = (int8_t)i;
  return true;
}

static bool relate_tosa(const tess_model_t *model, const tess_node_t *node,
                        MlirOperation op, tess_relation_t *r) {
  if (!strncmp(node->op_name, "tosa.reduce_", 12))
    return relate_reduction(model, op, r);
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (tess_match_op(node, forms[i].name))
      return relate_form(model, &forms[i], r);
  return false;
}

/* ---- All. ---- */

static bool is_alone(const tess_model_t *model, int32_t node) {
  const void *op = model->nodes[node].op;
  return (node == 0 || model->nodes[node - 1].op != op) &&
         (node + 1 == model->node_count || model->nodes[node + 1].op != op);
}

/* Lists the tensors; false where the op has others than its node. */
static bool list_tensors(const tess_node_t *node, MlirOperation op,
                         tess_relation_t *r) {
  int32_t tensors = 0;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++)
    tensors += mlirTypeIsARankedTensor(
        mlirValueGetType(mlirOperationGetOperand(op, i)));
  if (tensors != node->input_count || node->output_count != 1 ||
      mlirOperationGetNumResults(op) != 1 ||
      tensors + 1 > TESS_RELATION_TENSORS)
    return false;
  for (int32_t i = 0; i < tensors; i++)
    r->value[i] = node->inputs[i];
  r->value[tensors] = node->outputs[0];
  r->tensors = tensors + 1;
  return true;
}

static bool is_view(const tess_node_t *node) {
  return tess_match_op(node, "tosa.reshape") ||
         tess_match_op(node, "tensor.expand_shape") ||
         tess_match_op(node, "tensor.collapse_shape");
}

static bool relate_free(const tess_model_t *model, tess_relation_t *r) {
  for (int32_t i = 0; i < tensor_at(model, r, 0)->rank; i++)
    r->of[0][i] = (int8_t)i;
  return true;
}

bool tess_relation_find(const tess_model_t *model, int32_t n,
                        tess_relation_t *r) {
  const tess_node_t *node = &model->nodes[n];
  MlirOperation op = tess_edit_op(model, n);
  if (!is_alone(model, n) || !list_tensors(node, op, r))
    return false;
  fix_all(r);
  if (!strncmp(node->op_name, "linalg.", 7))
    return relate_linalg(model, node, op, r);
  if (is_view(node))
    return relate_reshape(model, r);
  if (tess_match_op(node, "tosa.transpose"))
    return relate_transpose(op, r);
  if (tess_match_op(node, "tosa.pad") || tess_match_op(node, "tensor.pad"))
    return relate_pad(model, n, r);
  if (tess_match_op(node, "tensor.empty"))
    return relate_free(model, r);
  return is_elementwise(node) ? relate_elementwise(model, r)
                              : relate_tosa(model, node, op, r);
}
