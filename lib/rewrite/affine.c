/* Element-wise ops as scale and shift of each channel. */
#include "affine.h"
#include "match.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"
#include <string.h>

/* More ops in one body are no norm. */
#define MOST_VALUES 48

/* A value of a body: affine in x, or (in `shift`) a number for each channel. */
typedef struct term {
  MlirValue value;
  bool of_x;
  tess_affine_t affine;
} term_t;

typedef struct follow {
  const tess_builder_t *b;
  int64_t count;
  term_t terms[MOST_VALUES];
  int terms_used;
} follow_t;

tess_affine_t tess_affine_identity(void) {
  return (tess_affine_t){tess_vector_number(1), tess_vector_number(0)};
}

static bool is_op(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            mlirStringRefCreateFromCString(name));
}

/* ---- Arithmetic on terms. ---- */

static tess_vector_t combine(const follow_t *f, tess_channels_op_t op,
                             tess_vector_t x, tess_vector_t y) {
  return tess_vector_apply(f->b, op, x, y, f->count);
}

/* Both sides; a side that is not of x has scale 0. */
static bool add_terms(const follow_t *f, tess_channels_op_t op, const term_t *x,
                      const term_t *y, term_t *result) {
  result->of_x = x->of_x || y->of_x;
  if (x->of_x && y->of_x)
    result->affine.scale = combine(f, op, x->affine.scale, y->affine.scale);
  else if (x->of_x)
    result->affine.scale = x->affine.scale;
  else if (y->of_x && op == TESS_CHANNELS_SUB)
    result->affine.scale =
        combine(f, TESS_CHANNELS_NEGATE, y->affine.scale, y->affine.scale);
  else if (y->of_x)
    result->affine.scale = y->affine.scale;
  result->affine.shift = combine(f, op, x->affine.shift, y->affine.shift);
  return true;
}

static bool scale_terms(const follow_t *f, tess_channels_op_t op,
                        const term_t *x, const term_t *y, term_t *result) {
  if (y->of_x && (x->of_x || op == TESS_CHANNELS_DIVIDE))
    return false;
  if (y->of_x)
    return scale_terms(f, op, y, x, result);
  result->of_x = x->of_x;
  if (x->of_x)
    result->affine.scale = combine(f, op, x->affine.scale, y->affine.shift);
  result->affine.shift = combine(f, op, x->affine.shift, y->affine.shift);
  return true;
}

static bool unary_term(const follow_t *f, tess_channels_op_t op,
                       const term_t *x, term_t *result) {
  if (x->of_x && op != TESS_CHANNELS_NEGATE)
    return false;
  result->of_x = x->of_x;
  if (x->of_x)
    result->affine.scale = combine(f, op, x->affine.scale, x->affine.scale);
  result->affine.shift = combine(f, op, x->affine.shift, x->affine.shift);
  return true;
}

static bool apply_op(const follow_t *f, tess_channels_op_t op, const term_t *x,
                     const term_t *y, term_t *result) {
  switch (op) {
  case TESS_CHANNELS_ADD:
  case TESS_CHANNELS_SUB:
    return y && add_terms(f, op, x, y, result);
  case TESS_CHANNELS_MUL:
  case TESS_CHANNELS_DIVIDE:
    return y && scale_terms(f, op, x, y, result);
  default:
    return unary_term(f, op, x, result);
  }
}

static const struct {
  const char *name;
  int operands; /* 0: a cast */
  tess_channels_op_t op;
} known_ops[] = {
    {"arith.addf", 2, TESS_CHANNELS_ADD},
    {"arith.subf", 2, TESS_CHANNELS_SUB},
    {"arith.mulf", 2, TESS_CHANNELS_MUL},
    {"arith.divf", 2, TESS_CHANNELS_DIVIDE},
    {"arith.negf", 1, TESS_CHANNELS_NEGATE},
    {"math.sqrt", 1, TESS_CHANNELS_SQUARE_ROOT},
    {"math.rsqrt", 1, TESS_CHANNELS_INVERSE_ROOT},
    {"arith.extf", 0, TESS_CHANNELS_ADD},
    {"arith.truncf", 0, TESS_CHANNELS_ADD},
    {"tosa.add", 2, TESS_CHANNELS_ADD},
    {"tosa.sub", 2, TESS_CHANNELS_SUB},
    {"tosa.mul", 2, TESS_CHANNELS_MUL},
    {"tosa.negate", 1, TESS_CHANNELS_NEGATE},
    {"tosa.cast", 0, TESS_CHANNELS_ADD},
};

/* What an op makes of terms. */
static bool follow_op(const follow_t *f, MlirOperation op, const term_t *x,
                      const term_t *y, term_t *result) {
  for (size_t i = 0; i < sizeof known_ops / sizeof *known_ops; i++) {
    if (!is_op(op, known_ops[i].name))
      continue;
    if (known_ops[i].operands)
      return apply_op(f, known_ops[i].op, x,
                      known_ops[i].operands == 2 ? y : NULL, result);
    *result = *x;
    return true;
  }
  return false;
}

static bool is_float(MlirType type) {
  return mlirTypeIsAF32(type) || mlirTypeIsAF16(type) || mlirTypeIsABF16(type);
}

/* ---- The body of a linalg op. ---- */

static const term_t *find_term(follow_t *f, MlirValue value) {
  for (int i = f->terms_used; i-- > 0;)
    if (mlirValueEqual(f->terms[i].value, value))
      return &f->terms[i];
  double number;
  if (f->terms_used == MOST_VALUES || !tess_match_number(value, &number))
    return NULL;
  f->terms[f->terms_used] =
      (term_t){.value = value, .affine.shift = tess_vector_number(number)};
  return &f->terms[f->terms_used++];
}

static bool follow_in_body(follow_t *f, MlirOperation op) {
  if (mlirOperationGetNumResults(op) != 1)
    return false;
  MlirValue made = mlirOperationGetResult(op, 0);
  double number;
  if (tess_match_number(made, &number))
    return true; /* found where it is read */
  intptr_t operands = mlirOperationGetNumOperands(op);
  if (operands < 1 || operands > 2)
    return false;
  /* Copies: finding a term may add one. */
  const term_t *found = find_term(f, mlirOperationGetOperand(op, 0));
  if (!found)
    return false;
  const term_t x = *found;
  found = find_term(f, mlirOperationGetOperand(op, operands - 1));
  if (!found || f->terms_used == MOST_VALUES)
    return false;
  const term_t y = *found;
  term_t result = {.value = made};
  if (!is_float(mlirValueGetType(made)) || !follow_op(f, op, &x, &y, &result))
    return false;
  result.value = made;
  f->terms[f->terms_used++] = result;
  return true;
}

/* Which dimension of an operand runs along the result's `axis`, -1 for none;
 * false where an index is computed. */
static bool operand_axis(MlirAffineMap map, int32_t axis, int32_t *found) {
  *found = -1;
  for (int32_t i = 0; i < mlirAffineMapGetNumResults(map); i++) {
    MlirAffineExpr e = mlirAffineMapGetResult(map, i);
    if (mlirAffineExprIsADim(e)) {
      if (mlirAffineDimExprGetPosition(e) == axis)
        *found = i;
    } else if (!mlirAffineExprIsAConstant(e)) {
      return false;
    }
  }
  return true;
}

static bool add_operand(follow_t *f, MlirValue operand, MlirValue x,
                        MlirAffineMap map, int32_t axis, MlirValue inside,
                        const tess_affine_t *affine) {
  term_t *term = &f->terms[f->terms_used++];
  *term = (term_t){.value = inside};
  if (mlirValueEqual(operand, x)) {
    term->of_x = true;
    term->affine = *affine;
    return mlirAffineMapIsIdentity(map);
  }
  double number;
  if (!mlirTypeIsAShaped(mlirValueGetType(operand))) {
    if (!tess_match_number(operand, &number))
      return false;
    term->affine.shift = tess_vector_number(number);
    return true;
  }
  int32_t along;
  return operand_axis(map, axis, &along) &&
         tess_vector_of(f->b, operand, along, f->count, &term->affine.shift);
}

static bool follow_linalg(follow_t *f, MlirOperation op, MlirValue x,
                          int32_t axis, tess_affine_t *affine) {
  intptr_t inputs = mlirOperationGetNumOperands(op) - 1;
  MlirAttribute maps = mlirLinalgGetIndexingMapsAttribute(op);
  if (mlirAttributeIsNull(maps) || inputs < 1 || inputs > 8 ||
      mlirArrayAttrGetNumElements(maps) != inputs + 1 ||
      mlirOperationGetNumRegions(op) != 1)
    return false;
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  if (!mlirAffineMapIsIdentity(
          mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, inputs))))
    return false;
  for (intptr_t i = 0; i < inputs; i++)
    if (!add_operand(
            f, mlirOperationGetOperand(op, i), x,
            mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, i)), axis,
            mlirBlockGetArgument(body, i), affine))
      return false;
  MlirOperation yield = mlirBlockGetTerminator(body);
  for (MlirOperation inner = mlirBlockGetFirstOperation(body);
       !mlirOperationEqual(inner, yield);
       inner = mlirOperationGetNextInBlock(inner))
    if (!follow_in_body(f, inner))
      return false;
  if (mlirOperationGetNumOperands(yield) != 1)
    return false;
  const term_t *result = find_term(f, mlirOperationGetOperand(yield, 0));
  if (!result || !result->of_x)
    return false;
  *affine = result->affine;
  return true;
}

/* ---- Ops on whole tensors. ---- */

static bool same_shape(MlirValue a, MlirValue b) {
  tess_dims_t x = tess_build_dims(a), y = tess_build_dims(b);
  return x.rank == y.rank && !memcmp(x.at, y.at, (size_t)x.rank * sizeof *x.at);
}

static bool read_whole(const follow_t *f, MlirValue operand, MlirValue x,
                       int32_t axis, const tess_affine_t *affine,
                       term_t *term) {
  *term = (term_t){.value = operand};
  if (mlirValueEqual(operand, x)) {
    term->of_x = true;
    term->affine = *affine;
    return true;
  }
  return mlirTypeIsARankedTensor(mlirValueGetType(operand)) &&
         mlirShapedTypeGetRank(mlirValueGetType(operand)) ==
             mlirShapedTypeGetRank(mlirValueGetType(x)) &&
         tess_vector_of(f->b, operand, axis, f->count, &term->affine.shift);
}

static bool follow_whole(follow_t *f, MlirOperation op, MlirValue x,
                         int32_t axis, tess_affine_t *affine) {
  bool one = is_op(op, "tosa.cast") || is_op(op, "tosa.negate") ||
             mlirOperationGetNumOperands(op) < 2;
  term_t left, right, result = {0};
  if (mlirOperationGetNumOperands(op) < 1 ||
      !read_whole(f, mlirOperationGetOperand(op, 0), x, axis, affine, &left))
    return false;
  right = left;
  if (!one &&
      !read_whole(f, mlirOperationGetOperand(op, 1), x, axis, affine, &right))
    return false;
  if (!follow_op(f, op, &left, &right, &result) || !result.of_x)
    return false;
  *affine = result.affine;
  return true;
}

static bool is_float_tensor(MlirValue value) {
  MlirType type = mlirValueGetType(value);
  return mlirTypeIsARankedTensor(type) && mlirShapedTypeHasStaticShape(type) &&
         mlirShapedTypeGetRank(type) <= TESS_MAX_RANK &&
         is_float(mlirShapedTypeGetElementType(type));
}

bool tess_affine_follow(const tess_builder_t *b, MlirOperation op, MlirValue x,
                        int32_t axis, int64_t count, tess_affine_t *affine) {
  follow_t f = {.b = b, .count = count};
  if (mlirOperationGetNumResults(op) != 1)
    return false;
  MlirValue result = mlirOperationGetResult(op, 0);
  if (!is_float_tensor(result) || !is_float_tensor(x) || !same_shape(result, x))
    return false;
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  bool linalg = name.length > 7 && !memcmp(name.data, "linalg.", 7);
  return (linalg ? follow_linalg : follow_whole)(&f, op, x, axis, affine);
}
