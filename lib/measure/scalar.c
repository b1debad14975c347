/* Arithmetic, comparisons and conversions of floats, with bounds. */
#include "scalar.h"
#include "elements.h"
#include "tessera/base/half.h"
#include <math.h>

static const double f64_unit = 0x1p-53;

/* A program rounds 16-bit floats by way of f32, hence the last part. */
double tess_scalar_unit(tess_dtype_t type) {
  switch (type) {
  case TESS_F64:
    return f64_unit;
  case TESS_F32:
    return 0x1p-24;
  case TESS_F16:
    return 0x1p-11 + 0x1p-23;
  case TESS_BF16:
    return 0x1p-8 + 0x1p-23;
  default:
    return 0;
  }
}

/* Half the least number above 0. */
static double least(tess_dtype_t type) {
  switch (type) {
  case TESS_F64:
    return 0;
  case TESS_F16:
    return 0x1p-25;
  default:
    return 0x1p-126; /* a subnormal may be flushed */
  }
}

static double greatest(tess_dtype_t type) {
  switch (type) {
  case TESS_F64:
    return (double)INFINITY;
  case TESS_F16:
    return 65504;
  default:
    return 3.38e38;
  }
}

void tess_scalar_round(tess_number_t *z, tess_dtype_t type) {
  if (type == TESS_F32)
    z->value = (double)(float)z->value;
  else if (type == TESS_BF16 || type == TESS_F16)
    z->value = tess_half_value(type, tess_half_bits(type, z->value));
}

void tess_scalar_finish(tess_number_t *z, tess_dtype_t type, double value,
                        double rounding, double residue, double units) {
  double size = fabs(value);
  z->value = value;
  z->rounding = isnan(rounding) ? (double)INFINITY : rounding; /* inf - inf */
  z->residue = isnan(residue) ? (double)INFINITY : residue;
  if (units > 0 && isfinite(value)) {
    z->rounding +=
        units * (tess_scalar_unit(type) * (size + rounding) + least(type));
    z->residue += units * f64_unit * (size + residue);
    if (!(size + z->rounding <= greatest(type)))
      z->rounding = (double)INFINITY;
  }
  z->mass = size;
  z->whole = 0;
}

/* ---- Arithmetic. ---- */

/* An integer that is exact, and small enough for its type to hold it. */
static bool is_whole(tess_dtype_t type, double value) {
  return value == rint(value) && fabs(value) * tess_scalar_unit(type) <= 0.5;
}

/* Sums and products of small integers are not rounded. */
static double units_of(const tess_scalar_t *op, const tess_number_t *in,
                       double value) {
  bool exact = in[0].rounding == 0 && in[1].rounding == 0 &&
               is_whole(op->to, in[0].value) && is_whole(op->to, in[1].value) &&
               is_whole(op->to, value);
  return exact ? 0 : 1;
}

static void add(const tess_scalar_t *op, const tess_number_t *in,
                tess_number_t *z) {
  double mass = in[0].mass + in[1].mass, value = in[0].value + in[1].value;
  tess_scalar_finish(z, op->to, value, in[0].rounding + in[1].rounding,
                     in[0].residue + in[1].residue, units_of(op, in, value));
  z->mass = mass;
}

static void negate(const tess_scalar_t *op, const tess_number_t *in,
                   tess_number_t *z) {
  (void)op;
  double mass = in->mass;
  tess_scalar_finish(z, op->to, -in->value, in->rounding, in->residue, 0);
  z->mass = mass;
}

static void subtract(const tess_scalar_t *op, const tess_number_t *in,
                     tess_number_t *z) {
  tess_number_t terms[2] = {in[0]};
  negate(op, &in[1], &terms[1]);
  add(op, terms, z);
}

static double product_error(double x, double dx, double y, double dy) {
  return fabs(x) * dy + fabs(y) * dx + dx * dy;
}

static void multiply(const tess_scalar_t *op, const tess_number_t *in,
                     tess_number_t *z) {
  double x = in[0].value, y = in[1].value;
  tess_scalar_finish(z, op->to, x * y,
                     product_error(x, in[0].rounding, y, in[1].rounding),
                     product_error(x, in[0].residue, y, in[1].residue),
                     units_of(op, in, x * y));
}

static double quotient_error(double x, double dx, double y, double dy) {
  double nearest = fabs(y) - dy;
  if (dx == 0 && dy == 0)
    return 0;
  return nearest > 0 ? (dx + fabs(x / y) * dy) / nearest : (double)INFINITY;
}

static void divide(const tess_scalar_t *op, const tess_number_t *in,
                   tess_number_t *z) {
  double x = in[0].value, y = in[1].value;
  tess_scalar_finish(z, op->to, x / y,
                     quotient_error(x, in[0].rounding, y, in[1].rounding),
                     quotient_error(x, in[0].residue, y, in[1].residue), 1);
}

static void reciprocal(const tess_scalar_t *op, const tess_number_t *in,
                       tess_number_t *z) {
  const tess_number_t terms[2] = {{.value = 1, .mass = 1}, *in};
  divide(op, terms, z);
}

static void multiply_add(const tess_scalar_t *op, const tess_number_t *in,
                         tess_number_t *z) {
  tess_number_t terms[2];
  multiply(op, in, &terms[0]);
  terms[1] = in[2];
  add(op, terms, z);
}

/* Of two numbers, the one that `first` names; its bound holds for the exact
 * result too, since min and max move no further than either operand. */
static void choose(tess_number_t *z, const tess_number_t *in, bool first) {
  double rounding = fmax(in[0].rounding, in[1].rounding);
  double residue = fmax(in[0].residue, in[1].residue);
  *z = in[first ? 0 : 1];
  z->rounding = rounding;
  z->residue = residue;
  z->mass = fabs(z->value);
}

static void maximum(const tess_scalar_t *op, const tess_number_t *in,
                    tess_number_t *z) {
  (void)op;
  choose(z, in, isnan(in[0].value) || in[0].value > in[1].value);
}

static void minimum(const tess_scalar_t *op, const tess_number_t *in,
                    tess_number_t *z) {
  (void)op;
  choose(z, in, isnan(in[0].value) || in[0].value < in[1].value);
}

/* maxnumf and minnumf: NaN loses. */
static void maximum_number(const tess_scalar_t *op, const tess_number_t *in,
                           tess_number_t *z) {
  (void)op;
  choose(z, in, isnan(in[1].value) || in[0].value > in[1].value);
}

static void minimum_number(const tess_scalar_t *op, const tess_number_t *in,
                           tess_number_t *z) {
  (void)op;
  choose(z, in, isnan(in[1].value) || in[0].value < in[1].value);
}

/* ---- Comparison and selection. ---- */

/* The predicates of arith.cmpf in MLIR's order (false, oeq, ogt, oge, olt, ole,
 * one, ord, ueq, ugt, uge, ult, ule, une, uno, true) as sets of relations: 1
 * equal, 2 greater, 4 less, 8 unordered. */
static bool compares(int64_t predicate, double x, double y) {
  static const int relations[16] = {0, 1,  2,  3,  4,  5,  6, 7,
                                    9, 10, 11, 12, 13, 14, 8, 15};
  int relation = isnan(x) || isnan(y) ? 8 : x == y ? 1 : x > y ? 2 : 4;
  return (relations[predicate & 15] & relation) != 0;
}

/* An operand that is off by as much as the difference may fall on the other
 * side: then the truth value is off by 1. */
static double doubt(const tess_number_t *in, double dx, double dy) {
  return dx + dy > 0 && fabs(in[0].value - in[1].value) <= dx + dy;
}

static void compare(const tess_scalar_t *op, const tess_number_t *in,
                    tess_number_t *z) {
  bool yes = compares(op->immediate, in[0].value, in[1].value);
  *z = (tess_number_t){.value = yes,
                       .whole = yes,
                       .rounding = doubt(in, in[0].rounding, in[1].rounding),
                       .residue = doubt(in, in[0].residue, in[1].residue)};
}

static void greater(const tess_scalar_t *op, const tess_number_t *in,
                    tess_number_t *z) {
  (void)op;
  compare(&(tess_scalar_t){.immediate = 2}, in, z);
}

static void greater_equal(const tess_scalar_t *op, const tess_number_t *in,
                          tess_number_t *z) {
  (void)op;
  compare(&(tess_scalar_t){.immediate = 3}, in, z);
}

static void equal(const tess_scalar_t *op, const tess_number_t *in,
                  tess_number_t *z) {
  (void)op;
  compare(&(tess_scalar_t){.immediate = 1}, in, z);
}

static void select_one(const tess_scalar_t *op, const tess_number_t *in,
                       tess_number_t *z) {
  (void)op;
  const tess_number_t *yes = &in[1], *no = &in[2];
  double apart = fabs(yes->value - no->value);
  *z = in[0].whole ? *yes : *no;
  if (in[0].rounding > 0)
    z->rounding = fmax(yes->rounding, no->rounding) + apart;
  if (in[0].residue > 0)
    z->residue = fmax(yes->residue, no->residue) + apart;
  z->mass = fabs(z->value);
}

/* ---- Conversions. ---- */

static void convert(const tess_scalar_t *op, const tess_number_t *in,
                    tess_number_t *z) {
  double mass = in->mass;
  bool shorter = tess_scalar_unit(op->to) > tess_scalar_unit(op->from) &&
                 !(in->rounding == 0 && is_whole(op->to, in->value));
  tess_scalar_finish(z, op->to, in->value, in->rounding, in->residue, shorter);
  if (shorter)
    z->residue = in->residue; /* the value was not rounded */
  z->mass = mass;
}

static void from_integer(const tess_scalar_t *op, const tess_number_t *in,
                         tess_number_t *z) {
  double value = (double)in->whole;
  bool exact = fabs(value) * tess_scalar_unit(op->to) < 0.5;
  tess_scalar_finish(z, op->to, value, in->rounding, in->residue, !exact);
}

/* How far a step function may be off: nothing if both ends of the interval
 * fall on the same step. */
static double step_error(double (*step)(double), double x, double dx) {
  return dx == 0 || step(x - dx) == step(x + dx) ? 0 : dx + 1;
}

static void step_by(const tess_scalar_t *op, double (*step)(double),
                    const tess_number_t *in, tess_number_t *z) {
  double x = in->value;
  tess_scalar_finish(z, op->to, step(x), step_error(step, x, in->rounding),
                     step_error(step, x, in->residue), 0);
}

static void to_integer(const tess_scalar_t *op, const tess_number_t *in,
                       tess_number_t *z) {
  tess_number_t number;
  step_by(op, trunc, in, &number);
  tess_scalar_set_whole(z, op->to, (int64_t)number.value);
  z->rounding = number.rounding;
  z->residue = number.residue;
}

static void round_down(const tess_scalar_t *op, const tess_number_t *in,
                       tess_number_t *z) {
  step_by(op, floor, in, z);
}

static void round_up(const tess_scalar_t *op, const tess_number_t *in,
                     tess_number_t *z) {
  step_by(op, ceil, in, z);
}

static void round_away(const tess_scalar_t *op, const tess_number_t *in,
                       tess_number_t *z) {
  step_by(op, round, in, z);
}

static void round_even(const tess_scalar_t *op, const tess_number_t *in,
                       tess_number_t *z) {
  step_by(op, rint, in, z);
}

static void round_to_zero(const tess_scalar_t *op, const tess_number_t *in,
                          tess_number_t *z) {
  step_by(op, trunc, in, z);
}

static void absolute(const tess_scalar_t *op, const tess_number_t *in,
                     tess_number_t *z) {
  tess_scalar_finish(z, op->to, fabs(in->value), in->rounding, in->residue, 0);
}

/* Bits of a float: only of one that is exact in its type can they be told. */
static void bitcast(const tess_scalar_t *op, const tess_number_t *in,
                    tess_number_t *z) {
  int64_t bytes = tess_dtype_bytes(op->to);
  uint64_t bits = 0;
  tess_tensor_t from = {.dtype = op->from, .elements = 1, .data = &bits};
  tess_tensor_t to = {.dtype = op->to, .elements = 1, .data = &bits};
  bool real = tess_dtype_is_float(op->from);
  double given = real ? in->value : (double)in->whole;
  *z = (tess_number_t){0};
  if (bytes != tess_dtype_bytes(op->from)) {
    z->rounding = z->residue = (double)INFINITY;
    return;
  }
  tess_element_set(&from, 0, given);
  bool exact = tess_element_get(&from, 0) == given;
  double value = tess_element_get(&to, 0);
  if (tess_dtype_is_float(op->to))
    z->value = value;
  else
    tess_scalar_set_whole(z, op->to, (int64_t)value);
  z->mass = fabs(z->value);
  if (in->rounding > 0)
    z->rounding = (double)INFINITY;
  if (in->residue > 0 || !exact)
    z->residue = (double)INFINITY;
}

static void copy(const tess_scalar_t *op, const tess_number_t *in,
                 tess_number_t *z) {
  (void)op;
  *z = *in;
}

const tess_scalar_kind_t tess_scalar_floats[] = {
    {"arith.addf", add},
    {"arith.subf", subtract},
    {"arith.mulf", multiply},
    {"arith.divf", divide},
    {"arith.negf", negate},
    {"math.fma", multiply_add},
    {"tosa.reciprocal", reciprocal},
    {"arith.maximumf", maximum},
    {"arith.minimumf", minimum},
    {"arith.maxnumf", maximum_number},
    {"arith.minnumf", minimum_number},
    {"arith.cmpf", compare},
    {"greater.f", greater},
    {"greater_equal.f", greater_equal},
    {"equal.f", equal},
    {"arith.select", select_one},
    {"arith.extf", convert},
    {"arith.truncf", convert},
    {"arith.sitofp", from_integer},
    {"arith.uitofp", from_integer},
    {"arith.fptosi", to_integer},
    {"arith.fptoui", to_integer},
    {"arith.bitcast", bitcast},
    {"math.floor", round_down},
    {"math.ceil", round_up},
    {"math.round", round_away},
    {"math.roundeven", round_even},
    {"math.trunc", round_to_zero},
    {"math.absf", absolute},
    {"copy", copy},
    {NULL, NULL}};
