/* Ops on single elements: the bodies of linalg ops, and scalar arithmetic
 * between constants. The same names on whole tensors are element-wise. */
#include "algebra.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "operations.h"
#include <math.h>
#include <string.h>

#define SCALAR(text, id)                                                       \
  { .name = text, .scalar = TESS_SCALAR_##id }
#define SCALARS(id, a, b) SCALAR(a, id), SCALAR(b, id)

const tess_operation_t tess_scalar_operations[] = {
    SCALARS(ADD, "arith.addf", "arith.addi"),
    SCALARS(SUB, "arith.subf", "arith.subi"),
    SCALARS(MUL, "arith.mulf", "arith.muli"),
    SCALARS(DIV, "arith.divf", "arith.divsi"),
    SCALARS(DIV, "arith.divui", "arith.floordivsi"),
    SCALARS(REM, "arith.remf", "arith.remsi"),
    SCALAR("arith.negf", NEG),
    SCALARS(MAX, "arith.maximumf", "arith.maxnumf"),
    SCALARS(MAX, "arith.maxsi", "arith.maxui"),
    SCALARS(MIN, "arith.minimumf", "arith.minnumf"),
    SCALARS(MIN, "arith.minsi", "arith.minui"),
    SCALARS(CAST, "arith.extf", "arith.truncf"),
    SCALARS(CAST, "arith.extsi", "arith.extui"),
    SCALARS(CAST, "arith.sitofp", "arith.uitofp"),
    SCALARS(CAST, "arith.fptosi", "arith.fptoui"),
    SCALARS(CAST, "arith.trunci", "arith.index_cast"),
    SCALARS(COMPARE, "arith.cmpf", "arith.cmpi"),
    SCALAR("arith.select", SELECT),
    SCALAR("arith.andi", AND),
    SCALAR("arith.ori", OR),
    SCALAR("arith.xori", OTHER),
    SCALAR("arith.shli", SHL),
    SCALARS(OTHER, "arith.shrsi", "arith.shrui"),
    SCALAR("arith.remui", REM),
    SCALAR("arith.bitcast", TO_BITS),
    SCALAR("math.exp", EXP),
    SCALAR("math.exp2", EXP2),
    SCALAR("math.expm1", EXPM1),
    SCALARS(CURVE, "math.sin", "math.cos"),
    SCALAR("math.tan", CURVE),
    SCALAR("math.log", LOG),
    SCALAR("math.log1p", LOG1P),
    SCALAR("math.log2", LOG2),
    SCALAR("math.log10", LOG10),
    SCALAR("math.sqrt", SQRT),
    SCALAR("math.cbrt", CBRT),
    SCALAR("math.rsqrt", RSQRT),
    SCALAR("math.tanh", TANH),
    SCALAR("math.erf", ERF),
    SCALARS(POW, "math.powf", "math.fpowi"),
    SCALARS(ABS, "math.absf", "math.absi"),
    SCALARS(OTHER, "math.floor", "math.ceil"),
    SCALARS(ROUND, "math.round", "math.roundeven"),
    SCALARS(OTHER, "math.fma", "math.trunc"),
    SCALAR("math.copysign", OTHER),
    SCALAR("math.ctlz", CLZ),
    SCALAR("tosa.apply_scale", RESCALE),
    SCALAR("linalg.index", OPAQUE),
    SCALAR("tensor.extract", BROADCAST),
    {.name = NULL},
};

/* By the numbers of arith.cmpf's and arith.cmpi's predicates. */
double tess_predicate_of(MlirOperation op, const char *name) {
  if (strncmp(name, "tosa.", 5) == 0)
    return strncmp(name, "tosa.greater", 12) == 0 ? 1 : -2;
  MlirAttribute attribute = tess_attribute(op, "predicate");
  if (mlirAttributeIsNull(attribute) || !mlirAttributeIsAInteger(attribute))
    return 0;
  int64_t code = mlirIntegerAttrGetValueInt(attribute);
  static const signed char of_float[] = {0,  -2, 1, 1,  -1, -1, 2, 0,
                                         -2, 1,  1, -1, -1, 2,  0, 0};
  static const signed char of_integer[] = {-2, 2, -1, -1, 1, 1, -1, -1, 1, 1};
  if (strcmp(name, "arith.cmpf") == 0)
    return code >= 0 && code < 16 ? of_float[code] : 0;
  return code >= 0 && code < 10 ? of_integer[code] : 0;
}

/* The expression of an operand of a scalar op; opaque if nothing is known. */
static int32_t operand(tess_reading_t *r, MlirValue value, int32_t node) {
  tess_slot_t *slot = tess_reading_slot(r, value);
  if (slot->expression != TESS_NONE)
    return slot->expression;
  if (slot->value != TESS_NONE)
    return tess_reading_expression(r, slot->value);
  int32_t e = tess_expression_add(&r->expressions, node, TESS_SCALAR_OPAQUE,
                                  TESS_NONE, TESS_NONE, TESS_NONE);
  slot->expression = e;
  return e;
}

static tess_status_t read_scalar_constant(tess_reading_t *r, MlirOperation op,
                                          MlirValue result, bool *done) {
  double number;
  *done = tess_attribute_number(tess_attribute(op, "value"), &number);
  if (*done)
    tess_reading_slot(r, result)->expression =
        tess_expression_constant(&r->expressions, number);
  return TESS_SUCCESS;
}

/* The element of a tensor at one computed index is looked up in a table; what
 * moves the index to the table's middle is part of that. */
static bool looks_up(const tess_reading_t *r, const int32_t *child,
                     int64_t operands, int32_t *index) {
  double number;
  if (operands != 2)
    return false;
  *index = tess_expression_boundary(&r->expressions, child[1]);
  if (tess_expression_with_number(&r->expressions, *index, TESS_SCALAR_ADD,
                                  index, &number))
    *index = tess_expression_boundary(&r->expressions, *index);
  int32_t scalar = r->expressions.items[*index].scalar;
  return scalar != TESS_SCALAR_OPAQUE && scalar != TESS_SCALAR_CONSTANT;
}

/* A tensor that a body takes elements of is used, though no operand. */
static void use_captured(tess_reading_t *r, MlirOperation op) {
  int32_t value = tess_reading_find(r, mlirOperationGetOperand(op, 0));
  if (value != TESS_NONE)
    r->values[value].uses++;
}

/* Notes what a new comparison asks; what it gives where both sides are known
 * and differ. */
static int32_t compared(tess_reading_t *r, int32_t e, double predicate) {
  tess_expression_t *item = &r->expressions.items[e];
  double a, b;
  item->constant = predicate;
  if (predicate == 0 ||
      !tess_expression_number(&r->expressions, item->child[0], &a) ||
      !tess_expression_number(&r->expressions, item->child[1], &b) || a == b)
    return e;
  bool holds =
      fabs(predicate) == 2 ? predicate > 0 : (a > b) == (predicate > 0);
  return tess_expression_constant(&r->expressions, holds);
}

/* Which way a bit cast goes; only that of 32 bits is known. */
static tess_scalar_t bit_cast(MlirOperation op) {
  MlirType from = mlirValueGetType(mlirOperationGetOperand(op, 0));
  MlirType to = mlirValueGetType(mlirOperationGetResult(op, 0));
  bool narrow = mlirTypeIsAInteger(to) && mlirIntegerTypeGetWidth(to) == 32;
  bool wide = mlirTypeIsAInteger(from) && mlirIntegerTypeGetWidth(from) == 32;
  if (mlirTypeIsAF32(from) && narrow)
    return TESS_SCALAR_TO_BITS;
  return wide && mlirTypeIsAF32(to) ? TESS_SCALAR_FROM_BITS : TESS_SCALAR_OTHER;
}

tess_status_t tess_read_scalar(tess_reading_t *r, MlirOperation op,
                               int32_t node) {
  if (mlirOperationGetNumResults(op) != 1)
    return TESS_SUCCESS;
  MlirValue result = mlirOperationGetResult(op, 0);
  const tess_operation_t *row = tess_operation_find(r, op);
  if (row && row->read == tess_read_constant) {
    bool done;
    TESS_TRY(read_scalar_constant(r, op, result, &done));
    if (done)
      return TESS_SUCCESS;
  }
  tess_scalar_t scalar = row && !row->read ? row->scalar : TESS_SCALAR_OTHER;
  if (scalar == TESS_SCALAR_TO_BITS)
    scalar = bit_cast(op);
  int32_t child[3] = {TESS_NONE, TESS_NONE, TESS_NONE};
  int64_t count = (int64_t)mlirOperationGetNumOperands(op);
  for (int64_t i = 0; i < count && i < 3; i++)
    child[i] = operand(r, mlirOperationGetOperand(op, i), node);
  if (scalar == TESS_SCALAR_BROADCAST)
    use_captured(r, op);
  int32_t index;
  bool table =
      scalar == TESS_SCALAR_BROADCAST && looks_up(r, child, count, &index);
  int32_t e =
      table ? tess_expression_add(&r->expressions, node, TESS_SCALAR_TABLE,
                                  index, TESS_NONE, TESS_NONE)
            : tess_expression_add(&r->expressions, node, scalar, child[0],
                                  child[1], child[2]);
  if (table)
    r->expressions.items[e].constant =
        tess_table_kind(mlirOperationGetOperand(op, 0));
  if (r->expressions.items[e].scalar == TESS_SCALAR_COMPARE &&
      scalar == TESS_SCALAR_COMPARE)
    e = compared(r, e, tess_predicate_of(op, row->name));
  tess_reading_slot(r, result)->expression = e;
  return TESS_SUCCESS;
}
