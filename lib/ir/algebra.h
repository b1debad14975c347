/* Questions that recognisers of functions ask an expression. Casts and copies
 * never change an answer. Private to lib/ir. */
#ifndef TESSERA_IR_ALGEBRA_H
#define TESSERA_IR_ALGEBRA_H

#include "expression.h"

static inline const tess_expression_t *
tess_expression_at(const tess_expressions_t *all, int32_t e) {
  return &all->items[e];
}

static inline bool tess_expression_is(const tess_expressions_t *all, int32_t e,
                                      tess_scalar_t scalar) {
  return all->items[e].scalar == (int32_t)scalar;
}

/* Equal up to bf16's rounding of a constant (2^-8). */
bool tess_expression_near(double a, double b);

/* Whether both are the same expression. */
bool tess_expression_same(const tess_expressions_t *all, int32_t a, int32_t b);
/* Whether both compute the same from the same values, also where it was
 * computed twice. */
bool tess_expression_alike(const tess_expressions_t *all, int32_t a, int32_t b);

/* e is near the constant `number`. */
bool tess_expression_is_number(const tess_expressions_t *all, int32_t e,
                               double number);
/* e = rest (op) number, in either order where the op commutes. */
bool tess_expression_with_number(const tess_expressions_t *all, int32_t e,
                                 tess_scalar_t op, int32_t *rest,
                                 double *number);
/* e = rest * number, also written as a division. */
bool tess_expression_scaled(const tess_expressions_t *all, int32_t e,
                            int32_t *rest, double *number);
/* e = -x. */
bool tess_expression_negated(const tess_expressions_t *all, int32_t e,
                             int32_t *x);
/* e = x * x. */
bool tess_expression_squared(const tess_expressions_t *all, int32_t e,
                             int32_t *x);
/* e = rest (op) weight, in either order where the op commutes; a weight is
 * prepared and no mere number. */
bool tess_expression_with_weight(const tess_expressions_t *all, int32_t e,
                                 tess_scalar_t op, int32_t *rest,
                                 int32_t *weight);

#endif
