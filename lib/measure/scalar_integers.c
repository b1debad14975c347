/* Integer operations; all operations by name. */
#include "scalar.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

int tess_scalar_bits(tess_dtype_t type) {
  return type == TESS_I1 ? 1 : (int)(8 * tess_dtype_bytes(type));
}

/* The low bits, without sign. */
static uint64_t low_bits(tess_dtype_t type, int64_t whole) {
  int bits = tess_scalar_bits(type);
  return bits >= 64 ? (uint64_t)whole
                    : (uint64_t)whole & ((UINT64_C(1) << bits) - 1);
}

/* i1 is 0 or 1, everything else signed. */
void tess_scalar_set_whole(tess_number_t *z, tess_dtype_t type, int64_t whole) {
  uint64_t low = low_bits(type, whole);
  int bits = tess_scalar_bits(type);
  if (bits > 1 && bits < 64 && low >> (bits - 1))
    low -= UINT64_C(1) << bits;
  *z = (tess_number_t){.whole = (int64_t)low, .value = (double)(int64_t)low};
  z->mass = fabs(z->value);
}

/* Integers made of floats may be off; what becomes of that is only followed
 * through sums. */
static void pass_doubt(const tess_number_t *in, int count, bool sum,
                       tess_number_t *z) {
  for (int i = 0; i < count; i++) {
    if (in[i].rounding > 0)
      z->rounding += sum ? in[i].rounding : (double)INFINITY;
    if (in[i].residue > 0)
      z->residue += sum ? in[i].residue : (double)INFINITY;
  }
}

/* A quotient by zero, and the one that overflows, have no meaning: 0. */
static bool divides(int64_t x, int64_t y) {
  return y != 0 && !(x == INT64_MIN && y == -1);
}

static int64_t floor_quotient(int64_t x, int64_t y) {
  return x / y - (x % y != 0 && (x % y < 0) != (y < 0));
}

#define BINARY(name, sum, expression)                                          \
  static void name(const tess_scalar_t *op, const tess_number_t *in,           \
                   tess_number_t *z) {                                         \
    const int64_t x = in[0].whole, y = in[1].whole;                            \
    const uint64_t ux = low_bits(op->from, x), uy = low_bits(op->from, y);     \
    (void)ux, (void)uy;                                                        \
    tess_number_t made;                                                        \
    tess_scalar_set_whole(&made, op->to, (int64_t)(expression));               \
    pass_doubt(in, 2, sum, &made);                                             \
    *z = made;                                                                 \
  }
BINARY(add, true, (uint64_t)x + (uint64_t)y)
BINARY(subtract, true, (uint64_t)x - (uint64_t)y)
BINARY(multiply, false, (uint64_t)x *(uint64_t)y)
BINARY(quotient, false, divides(x, y) ? x / y : 0)
BINARY(remainder_of, false, divides(x, y) ? x % y : 0)
BINARY(quotient_down, false, divides(x, y) ? floor_quotient(x, y) : 0)
BINARY(quotient_up, false, divides(x, y) ? -floor_quotient(-x, y) : 0)
BINARY(quotient_plain, false, uy ? ux / uy : 0)
BINARY(remainder_plain, false, uy ? ux % uy : 0)
BINARY(shift_left, false, uy < 64 ? ux << uy : 0)
BINARY(shift_right, false, x >> (uy < 63 ? uy : 63))
BINARY(shift_right_plain, false, uy < 64 ? ux >> uy : 0)
BINARY(both, false, x &y)
BINARY(either, false, x | y)
BINARY(differ, false, x ^ y)
BINARY(greater_of, true, x > y ? x : y)
BINARY(less_of, true, x < y ? x : y)
BINARY(greater_plain, true, ux > uy ? x : y)
BINARY(less_plain, true, ux < uy ? x : y)
#undef BINARY

/* The predicates of arith.cmpi in MLIR's order. */
static bool compares(const tess_scalar_t *op, int64_t x, int64_t y) {
  uint64_t ux = low_bits(op->from, x), uy = low_bits(op->from, y);
  const bool results[] = {
      x == y,  x != y, x<y, x <= y, x> y, x >= y, ux<uy, ux <= uy, ux> uy,
      ux >= uy};
  return results[op->immediate];
}

static void compare(const tess_scalar_t *op, const tess_number_t *in,
                    tess_number_t *z) {
  bool yes = compares(op, in[0].whole, in[1].whole);
  tess_number_t made = {.value = yes, .whole = yes};
  pass_doubt(in, 2, false, &made);
  *z = made;
}

static void compare_by(const tess_scalar_t *op, int64_t predicate,
                       const tess_number_t *in, tess_number_t *z) {
  tess_scalar_t made = *op;
  made.immediate = predicate;
  compare(&made, in, z);
}

static void equal(const tess_scalar_t *op, const tess_number_t *in,
                  tess_number_t *z) {
  compare_by(op, 0, in, z);
}

static void greater(const tess_scalar_t *op, const tess_number_t *in,
                    tess_number_t *z) {
  compare_by(op, 4, in, z);
}

static void greater_equal(const tess_scalar_t *op, const tess_number_t *in,
                          tess_number_t *z) {
  compare_by(op, 5, in, z);
}

static void resize(const tess_scalar_t *op, const tess_number_t *in,
                   tess_number_t *z) {
  tess_number_t made;
  tess_scalar_set_whole(&made, op->to, in->whole);
  pass_doubt(in, 1, true, &made);
  *z = made;
}

static void extend_signed(const tess_scalar_t *op, const tess_number_t *in,
                          tess_number_t *z) {
  tess_number_t number = *in;
  if (op->from == TESS_I1)
    number.whole = -number.whole;
  resize(op, &number, z);
}

static void extend_plain(const tess_scalar_t *op, const tess_number_t *in,
                         tess_number_t *z) {
  tess_number_t number = *in;
  number.whole = (int64_t)low_bits(op->from, in->whole);
  resize(op, &number, z);
}

static void absolute(const tess_scalar_t *op, const tess_number_t *in,
                     tess_number_t *z) {
  tess_number_t number = *in;
  number.whole = in->whole < 0 ? -in->whole : in->whole;
  resize(op, &number, z);
}

static void negate(const tess_scalar_t *op, const tess_number_t *in,
                   tess_number_t *z) {
  tess_number_t number = *in;
  number.whole = -in->whole;
  resize(op, &number, z);
}

static void complement(const tess_scalar_t *op, const tess_number_t *in,
                       tess_number_t *z) {
  tess_number_t number = *in;
  number.whole = op->to == TESS_I1 ? !in->whole : ~in->whole;
  resize(op, &number, z);
}

static void leading_zeros(const tess_scalar_t *op, const tess_number_t *in,
                          tess_number_t *z) {
  uint64_t low = low_bits(op->from, in->whole);
  int count = tess_scalar_bits(op->from);
  for (; low; low >>= 1)
    count--;
  tess_scalar_set_whole(z, op->to, count);
  pass_doubt(in, 1, false, z);
}

/* tosa.mul of i32: rounds the product's shift to the nearest. */
static void multiply_shift(const tess_scalar_t *op, const tess_number_t *in,
                           tess_number_t *z) {
  int64_t product = in[0].whole * in[1].whole;
  if (op->immediate > 0)
    product = (product + (INT64_C(1) << (op->immediate - 1))) >> op->immediate;
  tess_scalar_set_whole(z, op->to, product);
  pass_doubt(in, 2, false, z);
}

const tess_scalar_kind_t tess_scalar_integers[] = {
    {"arith.addi", add},
    {"arith.subi", subtract},
    {"arith.muli", multiply},
    {"arith.divsi", quotient},
    {"arith.remsi", remainder_of},
    {"arith.floordivsi", quotient_down},
    {"arith.ceildivsi", quotient_up},
    {"arith.divui", quotient_plain},
    {"arith.remui", remainder_plain},
    {"arith.shli", shift_left},
    {"arith.shrsi", shift_right},
    {"arith.shrui", shift_right_plain},
    {"arith.andi", both},
    {"arith.ori", either},
    {"arith.xori", differ},
    {"arith.maxsi", greater_of},
    {"arith.minsi", less_of},
    {"arith.maxui", greater_plain},
    {"arith.minui", less_plain},
    {"arith.cmpi", compare},
    {"equal.i", equal},
    {"greater.i", greater},
    {"greater_equal.i", greater_equal},
    {"arith.extsi", extend_signed},
    {"arith.extui", extend_plain},
    {"arith.trunci", resize},
    {"arith.index_cast", extend_signed},
    {"arith.index_castui", extend_plain},
    {"math.absi", absolute},
    {"math.ctlz", leading_zeros},
    {"negate.i", negate},
    {"complement.i", complement},
    {"multiply_shift.i", multiply_shift},
    {NULL, NULL}};

const tess_scalar_kind_t *tess_scalar_find(const char *name) {
  const tess_scalar_kind_t *const lists[] = {
      tess_scalar_floats, tess_scalar_curves, tess_scalar_integers};
  for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
    for (const tess_scalar_kind_t *kind = lists[l]; kind->name; kind++)
      if (strcmp(kind->name, name) == 0)
        return kind;
  return NULL;
}
