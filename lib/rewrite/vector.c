/* Arithmetic on one number for each channel. */
#include "vector.h"
#include "match.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"
#include <math.h>
#include <string.h>

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

static bool is_op(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            mlirStringRefCreateFromCString(name));
}

tess_vector_t tess_vector_number(double number) {
  return (tess_vector_t){.is_number = true, .number = (float)number};
}

bool tess_vector_is(const tess_vector_t *x, double number) {
  return x->is_number && x->number == number;
}

/* ---- Tensors. ---- */

static MlirType element_of(MlirValue tensor) {
  return mlirShapedTypeGetElementType(mlirValueGetType(tensor));
}

static MlirValue to_float(const tess_builder_t *in, MlirValue x,
                          const void *data) {
  MlirType to = *(const MlirType *)data, from = mlirValueGetType(x);
  bool wider = mlirFloatTypeGetWidth(to) > mlirFloatTypeGetWidth(from);
  return tess_build_unary(in, wider ? "arith.extf" : "arith.truncf", x, NULL, 0,
                          to);
}

MlirValue tess_vector_cast(const tess_builder_t *b, MlirValue tensor,
                           MlirType element) {
  static const int32_t same[TESS_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
  if (mlirTypeEqual(element_of(tensor), element))
    return tensor;
  tess_dims_t dims = tess_build_dims(tensor);
  MlirType type = mlirRankedTensorTypeGet(dims.rank, dims.at, element,
                                          mlirAttributeGetNull());
  if (b->tosa)
    return tess_build_unary(b, "tosa.cast", tensor, NULL, 0, type);
  return tess_build_generic(b, tensor, type, same, to_float, &element);
}

static MlirType vector_type(const tess_builder_t *b, int64_t count) {
  return mlirRankedTensorTypeGet(1, &count, mlirF32TypeGet(b->context),
                                 mlirAttributeGetNull());
}

static MlirValue splat(const tess_builder_t *b, double number, int64_t count) {
  MlirType type = vector_type(b, count);
  MlirAttribute value =
      mlirFloatAttrDoubleGet(b->context, mlirF32TypeGet(b->context), number);
  const MlirNamedAttribute attributes[] = {
      tess_build_attribute(b, b->tosa ? "values" : "value",
                           mlirDenseElementsAttrSplatGet(type, value))};
  const tess_op_t op = {.name = b->tosa ? "tosa.const" : "arith.constant",
                        .attributes = attributes,
                        .attribute_count = 1,
                        .type = type};
  return tess_build_op(b, &op);
}

static MlirValue as_tensor(const tess_builder_t *b, const tess_vector_t *x,
                           int64_t count) {
  return x->is_number ? splat(b, x->number, count) : x->tensor;
}

MlirValue tess_vector_tensor(const tess_builder_t *b, tess_vector_t x,
                             int64_t count, MlirType element) {
  return tess_vector_cast(b, as_tensor(b, &x, count), element);
}

/* ---- Arithmetic. ---- */

static double compute(tess_channels_op_t op, double x, double y) {
  switch (op) {
  case TESS_CHANNELS_ADD:
    return x + y;
  case TESS_CHANNELS_SUB:
    return x - y;
  case TESS_CHANNELS_MUL:
    return x * y;
  case TESS_CHANNELS_DIVIDE:
    return x / y;
  case TESS_CHANNELS_NEGATE:
    return -x;
  case TESS_CHANNELS_SQUARE_ROOT:
    return sqrt(x);
  case TESS_CHANNELS_INVERSE_ROOT:
    return 1 / sqrt(x);
  }
  return x;
}

static MlirValue empty(const tess_builder_t *b, MlirType type) {
  const tess_op_t op = {.name = "tensor.empty", .type = type};
  return tess_build_op(b, &op);
}

static bool has_two(tess_channels_op_t op) {
  return op <= TESS_CHANNELS_DIVIDE;
}

/* The op inside a linalg.generic that computes one element. */
static const char *element_op(tess_channels_op_t op) {
  static const char *const names[] = {[TESS_CHANNELS_ADD] = "arith.addf",
                                      [TESS_CHANNELS_SUB] = "arith.subf",
                                      [TESS_CHANNELS_MUL] = "arith.mulf",
                                      [TESS_CHANNELS_DIVIDE] = "arith.divf",
                                      [TESS_CHANNELS_NEGATE] = "arith.negf",
                                      [TESS_CHANNELS_SQUARE_ROOT] = "math.sqrt",
                                      [TESS_CHANNELS_INVERSE_ROOT] =
                                          "math.rsqrt"};
  return names[op];
}

static MlirValue build_element(const tess_builder_t *in, const MlirValue *x,
                               const void *data) {
  tess_channels_op_t op = *(const tess_channels_op_t *)data;
  MlirType type = mlirValueGetType(x[0]);
  return has_two(op)
             ? tess_build_binary(in, element_op(op), x[0], x[1], type)
             : tess_build_unary(in, element_op(op), x[0], NULL, 0, type);
}

/* y is read along the dimensions `dims` of x; NULL: it has the same. A generic
 * and not a named op: not every compiler knows all of linalg's. */
static MlirValue linalg_op(const tess_builder_t *b, tess_channels_op_t op,
                           MlirValue x, MlirValue y, const int32_t *dims,
                           MlirType type) {
  const tess_read_t reads[] = {{x, NULL}, {y, dims}};
  return tess_build_elementwise(b, reads, has_two(op) ? 2 : 1, type,
                                build_element, &op);
}

/* TOSA's multiplication has a shift, its negation zero points. */
static MlirValue tosa_op(const tess_builder_t *b, tess_channels_op_t op,
                         MlirValue x, MlirValue y, MlirType type) {
  const int64_t one = 1;
  if (op == TESS_CHANNELS_ADD || op == TESS_CHANNELS_SUB)
    return tess_build_binary(
        b, op == TESS_CHANNELS_ADD ? "tosa.add" : "tosa.sub", x, y, type);
  MlirType of_zero = op == TESS_CHANNELS_MUL ? mlirIntegerTypeGet(b->context, 8)
                                             : element_of(x);
  MlirValue zero = tess_build_number(
      b, 0, mlirRankedTensorTypeGet(1, &one, of_zero, mlirAttributeGetNull()));
  const MlirValue mul[] = {x, y, zero}, negate[] = {x, zero, zero};
  const tess_op_t made = {.name = op == TESS_CHANNELS_MUL ? "tosa.mul"
                                                          : "tosa.negate",
                          .operands = op == TESS_CHANNELS_MUL ? mul : negate,
                          .operand_count = 3,
                          .type = type};
  return tess_build_op(b, &made);
}

static MlirValue build(const tess_builder_t *b, tess_channels_op_t op,
                       const tess_vector_t *x, const tess_vector_t *y,
                       int64_t count) {
  MlirType type = vector_type(b, count);
  MlirValue left = as_tensor(b, x, count);
  MlirValue right = has_two(op) ? as_tensor(b, y, count) : (MlirValue){NULL};
  return b->tosa ? tosa_op(b, op, left, right, type)
                 : linalg_op(b, op, left, right, NULL, type);
}

tess_vector_t tess_vector_apply(const tess_builder_t *b, tess_channels_op_t op,
                                tess_vector_t x, tess_vector_t y,
                                int64_t count) {
  bool two = has_two(op), wide = x.wide || (two && y.wide);
  tess_vector_t result = {.wide = wide};
  if (x.is_number && (!two || y.is_number)) {
    result = tess_vector_number(compute(op, x.number, y.number));
  } else if ((op == TESS_CHANNELS_ADD && tess_vector_is(&x, 0)) ||
             (op == TESS_CHANNELS_MUL && tess_vector_is(&x, 1))) {
    result = y;
  } else if (((op == TESS_CHANNELS_ADD || op == TESS_CHANNELS_SUB) &&
              tess_vector_is(&y, 0)) ||
             ((op == TESS_CHANNELS_MUL || op == TESS_CHANNELS_DIVIDE) &&
              tess_vector_is(&y, 1))) {
    result = x;
  } else if (op == TESS_CHANNELS_MUL &&
             (tess_vector_is(&x, 0) || tess_vector_is(&y, 0))) {
    result = tess_vector_number(0);
  } else if (op == TESS_CHANNELS_SUB && tess_vector_is(&x, 0)) {
    result = tess_vector_apply(b, TESS_CHANNELS_NEGATE, y, y, count);
  } else if (b) {
    result.tensor = build(b, op, &x, &y, count);
  }
  result.wide = wide;
  return result;
}

/* ---- Reading. ---- */

static bool is_float(MlirType type) {
  return mlirTypeIsAF32(type) || mlirTypeIsAF16(type) || mlirTypeIsABF16(type);
}

/* A tensor whose only dimension that counts is `axis`. */
static MlirValue flat(const tess_builder_t *b, MlirValue tensor, int32_t axis,
                      int64_t count) {
  tess_dims_t dims = tess_build_dims(tensor);
  bool single = axis < 0 || dims.at[axis] == 1;
  const tess_dims_t none = {.rank = 0}, one = {1, {1}}, all = {1, {count}};
  const tess_dims_t *to = !single ? &all : b->tosa ? &one : &none;
  if (dims.rank != to->rank)
    tensor = tess_build_reshape(b, tensor, to);
  tensor = tess_vector_cast(b, tensor, mlirF32TypeGet(b->context));
  if (!single || (count == 1 && b->tosa))
    return tensor;
  if (b->tosa)
    return tosa_op(b, TESS_CHANNELS_MUL, splat(b, 1, count), tensor,
                   vector_type(b, count));
  return tess_vector_spread(b, tensor, &all, NULL, 0);
}

/* What the result's dimension `axis` is of the operand that a copying
 * linalg.generic spreads: -1 where it is none. */
static bool generic_axis(MlirOperation op, int32_t *axis) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  MlirOperation yield = mlirBlockGetTerminator(body);
  MlirAttribute maps = mlirLinalgGetIndexingMapsAttribute(op);
  if (mlirOperationGetNumOperands(op) != 2 ||
      mlirOperationGetNumOperands(yield) != 1 ||
      !mlirValueEqual(mlirOperationGetOperand(yield, 0),
                      mlirBlockGetArgument(body, 0)))
    return false;
  MlirAffineMap in =
      mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, 0));
  MlirAffineMap out =
      mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, 1));
  if (!mlirAffineMapIsIdentity(out))
    return false;
  int32_t found = -1;
  for (int32_t i = 0; i < mlirAffineMapGetNumResults(in); i++) {
    MlirAffineExpr e = mlirAffineMapGetResult(in, i);
    if (mlirAffineExprIsADim(e) && mlirAffineDimExprGetPosition(e) == *axis)
      found = i;
    else if (!mlirAffineExprIsADim(e) && !mlirAffineExprIsAConstant(e))
      return false;
  }
  *axis = found;
  return true;
}

static bool broadcast_axis(MlirOperation op, int32_t *axis) {
  MlirAttribute added = attribute_of(op, "dimensions");
  int32_t before = 0;
  for (intptr_t i = 0; i < mlirDenseArrayGetNumElements(added); i++) {
    int64_t dimension = mlirDenseI64ArrayGetElement(added, i);
    before += dimension < *axis;
    if (dimension == *axis) {
      *axis = -1;
      return true;
    }
  }
  *axis -= *axis < 0 ? 0 : before;
  return true;
}

/* Steps from a tensor to what it spreads; *axis follows. */
static bool step_inside(MlirValue *tensor, int32_t *axis) {
  if (!mlirValueIsAOpResult(*tensor))
    return false;
  MlirOperation op = mlirOpResultGetOwner(*tensor);
  bool known = is_op(op, "linalg.broadcast") ? broadcast_axis(op, axis)
               : is_op(op, "linalg.generic") ? generic_axis(op, axis)
                                             : false;
  if (known)
    *tensor = mlirOperationGetOperand(op, 0);
  return known;
}

static bool fill_number(MlirValue tensor, double *number) {
  if (tess_match_number(tensor, number))
    return true;
  return mlirValueIsAOpResult(tensor) &&
         is_op(mlirOpResultGetOwner(tensor), "linalg.fill") &&
         tess_match_number(
             mlirOperationGetOperand(mlirOpResultGetOwner(tensor), 0), number);
}

/* Whether all dimensions but `axis` are 1, and that is `count` or 1. */
static bool is_vector(MlirValue tensor, int32_t axis, int64_t count) {
  tess_dims_t dims = tess_build_dims(tensor);
  for (int32_t i = 0; i < dims.rank; i++)
    if (dims.at[i] != 1 && (i != axis || dims.at[i] != count))
      return false;
  return true;
}

bool tess_vector_of(const tess_builder_t *b, MlirValue tensor, int32_t axis,
                    int64_t count, tess_vector_t *x) {
  for (int steps = 0; steps < 8; steps++) {
    MlirType type = mlirValueGetType(tensor);
    if (!mlirTypeIsARankedTensor(type) || !mlirShapedTypeHasStaticShape(type) ||
        mlirShapedTypeGetRank(type) > TESS_MAX_RANK ||
        !is_float(mlirShapedTypeGetElementType(type)))
      return false;
    if (axis >= mlirShapedTypeGetRank(type))
      axis = -1;
    double number;
    bool vector = is_vector(tensor, axis, count);
    if (fill_number(tensor, &number)) {
      *x = tess_vector_number(number);
      x->wide = vector && axis >= 0 && count > 1 &&
                mlirShapedTypeGetDimSize(type, axis) == count;
      return true;
    }
    if (vector) {
      *x = (tess_vector_t){.wide = true};
      if (b)
        x->tensor = flat(b, tensor, axis, count);
      return true;
    }
    if (!step_inside(&tensor, &axis))
      return false;
  }
  return false;
}

/* ---- Spreading. ---- */

static MlirValue same_element(const tess_builder_t *in, MlirValue x,
                              const void *data) {
  (void)in;
  (void)data;
  return x;
}

static MlirValue broadcast(const tess_builder_t *b, MlirValue vector,
                           const tess_dims_t *to, const int32_t *axes,
                           int32_t axis_count) {
  MlirType type = tess_build_type(to, vector);
  int64_t added[TESS_MAX_RANK];
  int32_t count = 0;
  for (int32_t i = 0, next = 0; i < to->rank; i++)
    if (next < axis_count && axes[next] == i)
      next++;
    else
      added[count++] = i;
  if (!count && axis_count == to->rank)
    return vector;
  if (count + axis_count != to->rank) /* the axes are not in order */
    return tess_build_generic(b, vector, type, axes, same_element, NULL);
  const MlirValue operands[] = {vector, empty(b, type)};
  const MlirNamedAttribute attributes[] = {tess_build_attribute(
      b, "dimensions", mlirDenseI64ArrayGet(b->context, count, added))};
  const tess_op_t op = {.name = "linalg.broadcast",
                        .operands = operands,
                        .operand_count = 2,
                        .attributes = attributes,
                        .attribute_count = 1,
                        .type = type};
  return tess_build_named(b, &op);
}

MlirValue tess_vector_spread(const tess_builder_t *b, MlirValue vector,
                             const tess_dims_t *to, const int32_t *axes,
                             int32_t axis_count) {
  tess_dims_t split = {.rank = b->tosa ? to->rank : axis_count};
  for (int32_t i = 0; i < split.rank; i++)
    split.at[i] = b->tosa ? 1 : to->at[axes[i]];
  for (int32_t i = 0; b->tosa && i < axis_count; i++)
    split.at[axes[i]] = to->at[axes[i]];
  if (split.rank > 1)
    vector = tess_build_reshape(b, vector, &split);
  return b->tosa ? vector : broadcast(b, vector, to, axes, axis_count);
}

/* An op on each element of `tensor` and the vector's for it. */
static MlirValue with_vector(const tess_builder_t *b, tess_channels_op_t op,
                             MlirValue tensor, MlirValue vector,
                             const int32_t *axes, int32_t axis_count) {
  MlirType type = mlirValueGetType(tensor);
  tess_dims_t dims = tess_build_dims(tensor), split = {.rank = axis_count};
  if (b->tosa)
    return tosa_op(b, op, tensor,
                   tess_vector_spread(b, vector, &dims, axes, axis_count),
                   type);
  for (int32_t i = 0; i < axis_count; i++)
    split.at[i] = dims.at[axes[i]];
  if (axis_count > 1)
    vector = tess_build_reshape(b, vector, &split);
  return linalg_op(b, op, tensor, vector, axes, type);
}

MlirValue tess_vector_scale(const tess_builder_t *b, MlirValue tensor,
                            MlirValue vector, const int32_t *axes,
                            int32_t axis_count) {
  MlirType element = element_of(tensor);
  MlirValue wide = tess_vector_cast(b, tensor, mlirF32TypeGet(b->context));
  MlirValue product =
      with_vector(b, TESS_CHANNELS_MUL, wide, vector, axes, axis_count);
  return tess_vector_cast(b, product, element);
}

MlirValue tess_vector_shift(const tess_builder_t *b, MlirValue tensor,
                            MlirValue vector, const int32_t *axes,
                            int32_t axis_count) {
  return with_vector(b, TESS_CHANNELS_ADD, tensor, vector, axes, axis_count);
}

/* x * scale + shift. */
static MlirValue build_affine(const tess_builder_t *in, const MlirValue *x,
                              const void *data) {
  (void)data;
  MlirType type = mlirValueGetType(x[0]);
  MlirValue product = tess_build_binary(in, "arith.mulf", x[0], x[1], type);
  return tess_build_binary(in, "arith.addf", product, x[2], type);
}

MlirValue tess_vector_affine(const tess_builder_t *b, MlirValue tensor,
                             MlirValue scale, MlirValue shift, int32_t axis) {
  if (b->tosa)
    return with_vector(
        b, TESS_CHANNELS_ADD,
        with_vector(b, TESS_CHANNELS_MUL, tensor, scale, &axis, 1), shift,
        &axis, 1);
  const tess_read_t reads[] = {{tensor, NULL}, {scale, &axis}, {shift, &axis}};
  return tess_build_elementwise(b, reads, 3, mlirValueGetType(tensor),
                                build_affine, NULL);
}
