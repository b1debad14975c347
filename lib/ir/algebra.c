/* What recognisers of functions ask: terms, factors, constants. */
#include "algebra.h"
#include <math.h>

typedef tess_expressions_t all_t;

bool tess_expression_near(double a, double b) {
  return fabs(a - b) <= fabs(b) / 256;
}

bool tess_expression_same(const all_t *all, int32_t a, int32_t b) {
  return tess_expression_strip(all, a) == tess_expression_strip(all, b);
}

static bool alike(const all_t *all, int32_t a, int32_t b, int depth) {
  if (a == TESS_NONE || b == TESS_NONE)
    return a == b;
  a = tess_expression_strip(all, a);
  b = tess_expression_strip(all, b);
  if (a == b)
    return true;
  const tess_expression_t *x = tess_expression_at(all, a);
  const tess_expression_t *y = tess_expression_at(all, b);
  bool leaf = x->scalar == TESS_SCALAR_LEAF || x->scalar == TESS_SCALAR_OPAQUE;
  if (depth == 0 || leaf || x->scalar != y->scalar ||
      x->constant != y->constant || x->repeats != y->repeats)
    return false;
  bool equal = true;
  for (int i = 0; i < 3 && equal; i++)
    equal = alike(all, x->child[i], y->child[i], depth - 1);
  return equal;
}

bool tess_expression_alike(const all_t *all, int32_t a, int32_t b) {
  return alike(all, a, b, 8);
}

bool tess_expression_is_number(const all_t *all, int32_t e, double number) {
  double found;
  return tess_expression_number(all, e, &found) &&
         tess_expression_near(found, number);
}

bool tess_expression_with_number(const all_t *all, int32_t e, tess_scalar_t op,
                                 int32_t *rest, double *number) {
  e = tess_expression_strip(all, e);
  if (!tess_expression_is(all, e, op))
    return false;
  const int32_t *child = tess_expression_at(all, e)->child;
  bool commutes =
      op != TESS_SCALAR_SUB && op != TESS_SCALAR_DIV && op != TESS_SCALAR_POW;
  bool second = tess_expression_number(all, child[1], number);
  if (!second && !(commutes && tess_expression_number(all, child[0], number)))
    return false;
  *rest = child[second ? 0 : 1];
  return true;
}

bool tess_expression_scaled(const all_t *all, int32_t e, int32_t *rest,
                            double *number) {
  if (tess_expression_with_number(all, e, TESS_SCALAR_MUL, rest, number))
    return true;
  if (!tess_expression_with_number(all, e, TESS_SCALAR_DIV, rest, number) ||
      *number == 0)
    return false;
  *number = 1 / *number;
  return true;
}

bool tess_expression_negated(const all_t *all, int32_t e, int32_t *x) {
  double number;
  e = tess_expression_strip(all, e);
  const int32_t *child = tess_expression_at(all, e)->child;
  if (tess_expression_is(all, e, TESS_SCALAR_NEG)) {
    *x = child[0];
    return true;
  }
  if (tess_expression_is(all, e, TESS_SCALAR_SUB) &&
      tess_expression_is_number(all, child[0], 0)) {
    *x = child[1];
    return true;
  }
  return tess_expression_scaled(all, e, x, &number) && number == -1;
}

bool tess_expression_squared(const all_t *all, int32_t e, int32_t *x) {
  double two;
  e = tess_expression_strip(all, e);
  *x = tess_expression_at(all, e)->child[0];
  if (tess_expression_is(all, e, TESS_SCALAR_MUL))
    return tess_expression_alike(all, *x, tess_expression_at(all, e)->child[1]);
  return tess_expression_with_number(all, e, TESS_SCALAR_POW, x, &two) &&
         two == 2;
}

static bool is_weight(const all_t *all, int32_t e) {
  double number;
  return tess_expression_at(all, e)->prepared &&
         !tess_expression_number(all, e, &number);
}

bool tess_expression_with_weight(const all_t *all, int32_t e, tess_scalar_t op,
                                 int32_t *rest, int32_t *weight) {
  e = tess_expression_strip(all, e);
  if (!tess_expression_is(all, e, op) || tess_expression_at(all, e)->prepared)
    return false;
  const int32_t *child = tess_expression_at(all, e)->child;
  bool commutes = op == TESS_SCALAR_ADD || op == TESS_SCALAR_MUL;
  bool second = is_weight(all, child[1]);
  if (!second && !(commutes && is_weight(all, child[0])))
    return false;
  *weight = child[second ? 1 : 0];
  *rest = child[second ? 0 : 1];
  return true;
}
