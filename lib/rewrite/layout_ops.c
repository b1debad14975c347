/* Which dimensions of an op's tensors go together, op by op. */
#include "layout_ops.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <string.h>

static MlirStringRef ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

/* ---- Questions about IR. ---- */

static MlirStringRef name_of(MlirOperation op) {
  return mlirIdentifierStr(mlirOperationGetName(op));
}

bool tess_layout_is(MlirOperation op, const char *name) {
  return mlirStringRefEqual(name_of(op), ref(name));
}

bool tess_layout_is_dialect(MlirOperation op, const char *prefix) {
  MlirStringRef name = name_of(op);
  size_t length = strlen(prefix);
  return name.length > length && !memcmp(name.data, prefix, length);
}

bool tess_layout_shape(MlirValue value, int64_t *shape, int32_t *rank) {
  MlirType type = mlirValueGetType(value);
  if (!mlirTypeIsARankedTensor(type) || !mlirShapedTypeHasStaticShape(type) ||
      !mlirAttributeIsNull(mlirRankedTensorTypeGetEncoding(type)) ||
      mlirShapedTypeGetRank(type) > TESS_MAX_RANK)
    return false;
  *rank = (int32_t)mlirShapedTypeGetRank(type);
  for (int32_t i = 0; i < *rank; i++)
    shape[i] = mlirShapedTypeGetDimSize(type, i);
  return true;
}

MlirAttribute tess_layout_attribute(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op, ref(name));
}

static int64_t element(MlirAttribute attribute, int32_t i) {
  MlirType type = mlirShapedTypeGetElementType(mlirAttributeGetType(attribute));
  return mlirTypeIsAIndex(type)
             ? (int64_t)mlirDenseElementsAttrGetIndexValue(attribute, i)
             : mlirDenseElementsAttrGetInt64Value(attribute, i);
}

static bool has_indices(MlirAttribute attribute) {
  if (!mlirAttributeIsADenseElements(attribute))
    return false;
  MlirType type = mlirShapedTypeGetElementType(mlirAttributeGetType(attribute));
  return mlirTypeIsAIndex(type) ||
         (mlirTypeIsAInteger(type) && mlirIntegerTypeGetWidth(type) == 64);
}

int32_t tess_layout_integers(MlirAttribute attribute, int64_t *out,
                             int32_t capacity) {
  if (mlirAttributeIsNull(attribute))
    return -1;
  bool list = mlirAttributeIsADenseI64Array(attribute);
  if (!list && !has_indices(attribute))
    return -1;
  int64_t count = list ? mlirDenseArrayGetNumElements(attribute)
                       : mlirElementsAttrGetNumElements(attribute);
  if (count > capacity)
    return -1;
  bool splat = !list && mlirDenseElementsAttrIsSplat(attribute);
  for (int32_t i = 0; i < count; i++)
    out[i] = list ? mlirDenseI64ArrayGetElement(attribute, i)
                  : element(attribute, splat ? 0 : i);
  return (int32_t)count;
}

int32_t tess_layout_shape_constant(MlirValue value, int64_t *out,
                                   int32_t capacity) {
  if (!mlirValueIsAOpResult(value))
    return -1;
  MlirOperation op = mlirOpResultGetOwner(value);
  return tess_layout_is(op, "tosa.const_shape")
             ? tess_layout_integers(tess_layout_attribute(op, "values"), out,
                                    capacity)
             : -1;
}

/* ---- Labels. ---- */

static tess_layout_slot_t *result_slot(const tess_layout_op_t *op) {
  return op->results ? &op->slots[op->slot_count - op->results] : NULL;
}

static tess_layout_slot_t *operand_slot(const tess_layout_op_t *op,
                                        int32_t operand) {
  for (int32_t s = 0; s < op->slot_count; s++)
    if (op->slots[s].operand == operand)
      return &op->slots[s];
  return NULL;
}

static void label(tess_layout_slot_t *slot, int32_t dim, int32_t first,
                  int32_t count) {
  slot->first[dim] = (int8_t)first;
  slot->count[dim] = (int8_t)count;
}

static void label_in_order(tess_layout_slot_t *slot) {
  for (int32_t i = 0; i < slot->rank; i++)
    label(slot, i, i, 1);
}

/* All tensors of the result's rank dimension by dimension; others, like a
 * shift or a zero point, stay as they are. */
static bool alike(tess_layout_op_t *op, int32_t kind) {
  if (op->results != 1)
    return false;
  op->lead = op->slot_count - 1;
  op->labels = op->slots[op->lead].rank;
  for (int32_t s = 0; s < op->slot_count; s++)
    if (op->slots[s].rank == op->labels)
      label_in_order(&op->slots[s]);
  op->kind = kind;
  return true;
}

/* ---- Operations on tensors as a whole. ---- */

static bool is_one_of(MlirOperation op, const char *const *names) {
  for (; *names; names++)
    if (tess_layout_is(op, *names))
      return true;
  return false;
}

static const char *const pointwise_tosa[] = {"tosa.abs",
                                             "tosa.add",
                                             "tosa.bitwise_and",
                                             "tosa.bitwise_not",
                                             "tosa.bitwise_or",
                                             "tosa.bitwise_xor",
                                             "tosa.cast",
                                             "tosa.ceil",
                                             "tosa.clamp",
                                             "tosa.clz",
                                             "tosa.cos",
                                             "tosa.equal",
                                             "tosa.erf",
                                             "tosa.exp",
                                             "tosa.floor",
                                             "tosa.greater",
                                             "tosa.identity",
                                             "tosa.greater_equal",
                                             "tosa.intdiv",
                                             "tosa.log",
                                             "tosa.logical_and",
                                             "tosa.logical_left_shift",
                                             "tosa.logical_not",
                                             "tosa.logical_right_shift",
                                             "tosa.logical_or",
                                             "tosa.arithmetic_right_shift",
                                             "tosa.logical_xor",
                                             "tosa.maximum",
                                             "tosa.minimum",
                                             "tosa.mul",
                                             "tosa.negate",
                                             "tosa.pow",
                                             "tosa.reciprocal",
                                             "tosa.rsqrt",
                                             "tosa.select",
                                             "tosa.sigmoid",
                                             "tosa.sin",
                                             "tosa.sub",
                                             "tosa.table",
                                             "tosa.tanh",
                                             NULL};

static const char *const pointwise_linalg[] = {"linalg.abs",
                                               "linalg.add",
                                               "linalg.ceil",
                                               "linalg.copy",
                                               "linalg.div",
                                               "linalg.erf",
                                               "linalg.exp",
                                               "linalg.div_unsigned",
                                               "linalg.floor",
                                               "linalg.log",
                                               "linalg.map",
                                               "linalg.max",
                                               "linalg.min",
                                               "linalg.mul",
                                               "linalg.negf",
                                               "linalg.powf",
                                               "linalg.round",
                                               "linalg.reciprocal",
                                               "linalg.sqrt",
                                               "linalg.rsqrt",
                                               "linalg.sub",
                                               "linalg.select",
                                               "linalg.tanh",
                                               "linalg.square",
                                               NULL};

/* arith and math work on tensors of one shape. */
static bool is_one_shape(const tess_layout_op_t *op) {
  const tess_layout_slot_t *result = result_slot(op);
  if (!result || mlirOperationGetNumRegions(op->op))
    return false;
  for (int32_t s = 0; s < op->slot_count; s++) {
    int64_t shape[TESS_MAX_RANK], other[TESS_MAX_RANK];
    int32_t rank, other_rank;
    if (!tess_layout_shape(op->slots[s].value, shape, &rank) ||
        !tess_layout_shape(result->value, other, &other_rank) ||
        rank != other_rank ||
        memcmp(shape, other, (size_t)rank * sizeof *shape))
      return false;
  }
  return op->slot_count > op->results;
}

/* One multiplier for all channels: those of TOSA go along the last one. */
static bool is_whole_rescale(MlirOperation op) {
  MlirAttribute each = tess_layout_attribute(op, "per_channel");
  return tess_layout_is(op, "tosa.rescale") && mlirAttributeIsABool(each) &&
         !mlirBoolAttrGetValue(each);
}

static bool is_pointwise(const tess_layout_op_t *op) {
  if (tess_layout_is_dialect(op->op, "tosa."))
    return is_one_of(op->op, pointwise_tosa) || is_whole_rescale(op->op);
  if (tess_layout_is_dialect(op->op, "linalg."))
    return is_one_of(op->op, pointwise_linalg);
  return (tess_layout_is_dialect(op->op, "arith.") ||
          tess_layout_is_dialect(op->op, "math.")) &&
         is_one_shape(op);
}

/* The attribute that names a dimension. */
static const char *axis_of(MlirOperation op) {
  static const char *const tosa[] = {
      "tosa.concat",     "tosa.reduce_all", "tosa.reduce_any",
      "tosa.reduce_max", "tosa.reduce_min", "tosa.reduce_product",
      "tosa.reduce_sum", "tosa.reverse",    NULL};
  return is_one_of(op, tosa)                    ? "axis"
         : tess_layout_is(op, "tensor.concat")  ? "dim"
         : tess_layout_is(op, "linalg.softmax") ? "dimension"
                                                : NULL;
}

static bool describe_axis(tess_layout_op_t *op) {
  op->axis = axis_of(op->op);
  return op->axis &&
         mlirAttributeIsAInteger(tess_layout_attribute(op->op, op->axis)) &&
         alike(op, TESS_LAYOUT_OP_AXIS);
}

/* Whether the padding is the same everywhere: the block's arguments, the
 * place, are not read. */
static bool pads_evenly(MlirOperation op) {
  MlirBlock block = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  for (intptr_t i = 0; i < mlirBlockGetNumArguments(block); i++)
    if (!mlirOpOperandIsNull(
            mlirValueGetFirstUse(mlirBlockGetArgument(block, i))))
      return false;
  return true;
}

static bool has_known_amounts(const tess_layout_op_t *op) {
  int64_t amounts[2 * TESS_MAX_RANK];
  MlirOperation o = op->op;
  intptr_t operands = mlirOperationGetNumOperands(o);
  if (tess_layout_is(o, "tensor.pad"))
    return operands == 1 && pads_evenly(o);
  if (tess_layout_is(o, "tensor.extract_slice"))
    return operands == 1;
  if (tess_layout_is(o, "tensor.insert_slice"))
    return operands == 2;
  if (!tess_layout_is(o, "tosa.pad") && !tess_layout_is(o, "tosa.slice") &&
      !tess_layout_is(o, "tosa.tile"))
    return false;
  intptr_t last = tess_layout_is(o, "tosa.slice") ? 2 : 1;
  for (intptr_t i = 1; i <= last; i++)
    if (tess_layout_shape_constant(mlirOperationGetOperand(o, i), amounts,
                                   2 * TESS_MAX_RANK) < 0)
      return false;
  return true;
}

static bool describe_amounts(tess_layout_op_t *op) {
  if (!has_known_amounts(op) || !alike(op, TESS_LAYOUT_OP_AMOUNTS))
    return false;
  bool tosa = tess_layout_is_dialect(op->op, "tosa.");
  for (int32_t s = 0; s < op->slot_count; s++) /* slices may drop dimensions */
    if (op->slots[s].rank != op->labels && !tosa)
      return false;
  return true;
}

/* ---- Transposes, broadcasts, reductions along named dimensions. ---- */

static bool describe_transpose(tess_layout_op_t *op) {
  int64_t list[TESS_MAX_RANK];
  int32_t at[TESS_MAX_RANK], rank = -1;
  if (tess_layout_is(op->op, "linalg.transpose"))
    rank = tess_layout_integers(tess_layout_attribute(op->op, "permutation"),
                                list, TESS_MAX_RANK);
  MlirAttribute perms = tess_layout_attribute(op->op, "perms");
  if (tess_layout_is(op->op, "tosa.transpose") &&
      mlirAttributeIsADenseI32Array(perms)) {
    rank = (int32_t)mlirDenseArrayGetNumElements(perms);
    for (int32_t i = 0; i < rank && i < TESS_MAX_RANK; i++)
      list[i] = mlirDenseI32ArrayGetElement(perms, i);
  }
  const tess_layout_slot_t *result = result_slot(op);
  if (!result || rank != result->rank)
    return false;
  for (int32_t i = 0; i < rank; i++)
    at[i] = (int32_t)list[i];
  op->turned = tess_order_make(at, rank);
  op->kind = TESS_LAYOUT_OP_TRANSPOSE;
  return true;
}

/* The dimensions that the op names, as a set; false: no such list. */
static bool named_dimensions(const tess_layout_op_t *op, bool *named) {
  int64_t list[TESS_MAX_RANK];
  int32_t count = tess_layout_integers(
      tess_layout_attribute(op->op, "dimensions"), list, TESS_MAX_RANK);
  for (int32_t i = 0; i < count; i++)
    named[list[i]] = true;
  return count >= 0;
}

/* The tensors of the wide side have all labels; of the narrow side those that
 * are not named. */
static bool describe_narrow(tess_layout_op_t *op) {
  bool reduces = tess_layout_is(op->op, "linalg.reduce");
  bool named[TESS_MAX_RANK] = {false};
  if ((!reduces && !tess_layout_is(op->op, "linalg.broadcast")) ||
      !named_dimensions(op, named))
    return false;
  op->lead = reduces ? 0 : op->slot_count - 1;
  op->labels = op->slots[op->lead].rank;
  for (int32_t s = 0; s < op->slot_count; s++) {
    tess_layout_slot_t *slot = &op->slots[s];
    bool out = slot->init || slot->operand == TESS_NONE;
    if (out != reduces) {
      label_in_order(slot);
      continue;
    }
    int32_t dim = 0;
    for (int32_t i = 0; i < op->labels; i++)
      if (!named[i])
        label(slot, dim++, i, 1);
  }
  op->kind = reduces ? TESS_LAYOUT_OP_REDUCE : TESS_LAYOUT_OP_BROADCAST;
  return true;
}

/* ---- Reshapes. ---- */

/* Splits both shapes into pieces that they share: the labels. False where they
 * share none, as 4 x 9 and 6 x 6, or have no elements. */
static bool common_pieces(const int64_t *a, int32_t a_rank,
                          tess_layout_slot_t *x, const int64_t *b,
                          int32_t b_rank, tess_layout_slot_t *y,
                          int32_t *labels) {
  int64_t left = 1, right = 1; /* of the dimensions in work */
  int32_t i = -1, j = -1;
  *labels = 0;
  for (;;) {
    while (left == 1 && i + 1 < a_rank) {
      left = a[++i];
      label(x, i, *labels, 0);
    }
    while (right == 1 && j + 1 < b_rank) {
      right = b[++j];
      label(y, j, *labels, 0);
    }
    if (left <= 1 || right <= 1)
      return left == 1 && right == 1;
    int64_t piece = left < right ? left : right;
    if (left % piece || right % piece)
      return false;
    left /= piece;
    right /= piece;
    x->count[i]++;
    y->count[j]++;
    if (++*labels > TESS_LAYOUT_MAX_LABELS)
      return false;
  }
}

static bool describe_reshape(tess_layout_op_t *op) {
  static const char *const names[] = {
      "tensor.collapse_shape", "tensor.expand_shape", "tosa.reshape", NULL};
  if (!is_one_of(op->op, names) || op->slot_count != 2)
    return false;
  int64_t a[TESS_MAX_RANK], b[TESS_MAX_RANK];
  int32_t a_rank, b_rank;
  tess_layout_shape(op->slots[0].value, a, &a_rank);
  tess_layout_shape(op->slots[1].value, b, &b_rank);
  op->lead = 1;
  op->kind = TESS_LAYOUT_OP_RESHAPE;
  return common_pieces(a, a_rank, &op->slots[0], b, b_rank, &op->slots[1],
                       &op->labels);
}

/* ---- linalg.generic. ---- */

static MlirAffineMap map_at(MlirOperation op, int32_t operand) {
  return mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(
      tess_layout_attribute(op, "indexing_maps"), operand));
}

/* The first loop of an expression: of a window, that over the results. */
static int32_t loop_of(MlirAffineExpr expression, int32_t loops) {
  if (mlirAffineExprIsADim(expression))
    return (int32_t)mlirAffineDimExprGetPosition(expression);
  for (int32_t d = 0; d < loops; d++)
    if (mlirAffineExprIsFunctionOfDim(expression, d))
      return d;
  return TESS_NONE;
}

static void label_by_map(const tess_layout_op_t *op, tess_layout_slot_t *slot,
                         MlirAffineMap map) {
  bool used[TESS_LAYOUT_MAX_LABELS] = {false};
  for (int32_t i = 0; i < slot->rank; i++) {
    int32_t loop = loop_of(mlirAffineMapGetResult(map, i), op->labels);
    bool own = loop != TESS_NONE && !used[loop];
    label(slot, i, own ? loop : 0, own);
    if (own)
      used[loop] = true;
  }
}

/* Dimensions of size 1 that no loop runs over go with the lead's at the same
 * place, so that what is broadcast lies like what it meets. */
static void label_units(const tess_layout_slot_t *lead,
                        tess_layout_slot_t *slot) {
  bool used[TESS_LAYOUT_MAX_LABELS] = {false};
  if (slot->rank != lead->rank)
    return;
  for (int32_t i = 0; i < slot->rank; i++)
    if (slot->count[i])
      used[slot->first[i]] = true;
  for (int32_t i = 0; i < slot->rank; i++)
    if (!slot->count[i] && lead->count[i] && !used[lead->first[i]])
      label(slot, i, lead->first[i], 1);
}

static int32_t labels_of(const tess_layout_slot_t *slot) {
  int32_t count = 0;
  for (int32_t i = 0; i < slot->rank; i++)
    count += slot->count[i];
  return count;
}

static bool all_parallel(MlirOperation op) {
  MlirAttribute kinds = tess_layout_attribute(op, "iterator_types");
  MlirAttribute parallel = mlirAttributeParseGet(
      mlirOperationGetContext(op), ref("#linalg.iterator_type<parallel>"));
  for (intptr_t i = 0; i < mlirArrayAttrGetNumElements(kinds); i++)
    if (!mlirAttributeEqual(mlirArrayAttrGetElement(kinds, i), parallel))
      return false;
  return true;
}

/* The result leads, or what has more loops: the operand of a reduction. */
static int32_t find_lead(const tess_layout_op_t *op) {
  int32_t lead = op->slot_count - op->results;
  for (int32_t s = 0; s < op->slot_count; s++)
    if (!op->slots[s].init && op->slots[s].operand != TESS_NONE &&
        labels_of(&op->slots[s]) > labels_of(&op->slots[lead]))
      lead = s;
  return lead;
}

static bool describe_generic(tess_layout_op_t *op) {
  if (!tess_layout_is(op->op, "linalg.generic") || !op->results)
    return false;
  int32_t inits = (int32_t)mlirOperationGetNumOperands(op->op) - op->results;
  op->labels = (int32_t)mlirAffineMapGetNumDims(map_at(op->op, 0));
  if (op->labels > TESS_LAYOUT_MAX_LABELS)
    return false;
  for (int32_t s = 0; s < op->slot_count; s++) {
    tess_layout_slot_t *slot = &op->slots[s];
    int32_t operand =
        slot->operand == TESS_NONE ? inits + slot->number : slot->operand;
    label_by_map(op, slot, map_at(op->op, operand));
  }
  op->lead = find_lead(op);
  for (int32_t s = 0; s < op->slot_count; s++)
    label_units(&op->slots[op->lead], &op->slots[s]);
  op->parallel = all_parallel(op->op);
  op->kind = TESS_LAYOUT_OP_GENERIC;
  return true;
}

/* ---- Named convolutions and poolings. ---- */

static const tess_layout_twin_t twins[] = {
#define TWIN(a, b, ...) {"linalg." a, "linalg." b, __VA_ARGS__, false},
#define ONE_WAY(a, b, ...) {"linalg." a, "linalg." b, __VA_ARGS__, true},
#include "layout_twins.def"
};

static const tess_layout_twin_t *find_twin(MlirOperation op, bool *first) {
  for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
    *first = !twins[i].one_way && tess_layout_is(op, twins[i].first);
    if (*first || tess_layout_is(op, twins[i].last))
      return &twins[i];
  }
  return NULL;
}

bool tess_layout_has_twin(const char *name) {
  for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
    if (!strcmp(name, twins[i].first))
      return true;
  return false;
}

static bool describe_spatial(tess_layout_op_t *op) {
  if (op->results != 1)
    return false;
  op->twin = find_twin(op->op, &op->channels_first);
  if (!op->twin)
    return false;
  op->lead = op->slot_count - 1;
  op->labels = op->twin->rank;
  for (int32_t s = 0; s < op->slot_count; s++)
    if (op->slots[s].operand != 1 && op->slots[s].rank == op->labels)
      label_in_order(&op->slots[s]);
  op->kind = TESS_LAYOUT_OP_SPATIAL;
  return operand_slot(op, 0) != NULL;
}

/* ---- All of them. ---- */

static bool is_splat(MlirOperation op) {
  bool tosa = tess_layout_is(op, "tosa.const");
  if (!tosa && !tess_layout_is(op, "arith.constant"))
    return false;
  MlirAttribute values = tess_layout_attribute(op, tosa ? "values" : "value");
  return mlirAttributeIsADenseElements(values) &&
         mlirDenseElementsAttrIsSplat(values);
}

static bool is_free(const tess_layout_op_t *op) {
  if (tess_layout_is(op->op, "tensor.empty"))
    return mlirOperationGetNumOperands(op->op) == 0;
  if (!tess_layout_is(op->op, "linalg.fill"))
    return is_splat(op->op);
  MlirValue init = mlirOperationGetOperand(op->op, 1);
  return mlirValueIsAOpResult(init) &&
         tess_layout_is(mlirOpResultGetOwner(init), "tensor.empty") &&
         mlirOperationGetNumOperands(mlirOpResultGetOwner(init)) == 0;
}

void tess_layout_describe(tess_layout_op_t *op) {
  if (op->results == 1 && is_free(op)) {
    op->kind = TESS_LAYOUT_OP_FREE;
    return;
  }
  if (is_pointwise(op) && alike(op, TESS_LAYOUT_OP_POINTWISE))
    return;
  if (describe_axis(op) || describe_amounts(op) || describe_transpose(op) ||
      describe_narrow(op) || describe_reshape(op) || describe_generic(op) ||
      describe_spatial(op))
    return;
  op->kind = TESS_LAYOUT_OP_FIXED;
}
