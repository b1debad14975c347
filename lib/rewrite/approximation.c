/* The formulas with the coefficients of approximation.def. */
#include "approximation.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"

/* Horner's scheme; the coefficient of the least power comes first. */
static MlirValue horner(tess_formula_t *f, MlirValue x,
                        const double *coefficients, int count) {
  MlirValue sum = tess_formula_times(f, x, coefficients[count - 1]);
  for (int i = count - 2; i > 0; i--)
    sum =
        tess_formula_multiply(f, tess_formula_plus(f, sum, coefficients[i]), x);
  return tess_formula_plus(f, sum, coefficients[0]);
}

/* ---- exp ---- */

/* Its bits are a number's 2^22 + 126 steps above 1.5 * 2^23 - 2^22: a sum with
 * it is rounded to a whole number n, whose low bits, 126 + n, are the exponent
 * of 2^(n - 1). */
#define MAGIC (0x1.8p+23 + 126)
#define LOG2_E 0x1.715476p+0
/* From here on results round to infinity, and to 0: n is -126 .. 128. */
#define EXP_HIGHEST 0x1.62e6p+6
#define EXP_LOWEST -0x1.5d4p+6

/* 2^(n - 1), n being what was added to MAGIC. */
static MlirValue half_power(tess_formula_t *f, MlirValue sum) {
  MlirType i32 = mlirIntegerTypeGet(f->b->context, 32);
  MlirValue bits = tess_build_unary(f->b, "arith.bitcast", sum, NULL, 0, i32);
  MlirValue places = tess_build_number(f->b, 23, i32);
  MlirValue exponent = tess_build_binary(f->b, "arith.shli", bits, places, i32);
  return tess_build_unary(f->b, "arith.bitcast", exponent, NULL, 0, f->type);
}

/* exp(x) = 2^(n - 1) * 2 exp(r), x = n ln(2) + r. */
MlirValue tess_approximate_exp(tess_formula_t *f, MlirValue x) {
  static const double twice[] = TESS_EXP_TWICE;
  x = tess_formula_bound(f, x, EXP_LOWEST, EXP_HIGHEST);
  MlirValue sum = tess_formula_plus(f, tess_formula_times(f, x, LOG2_E), MAGIC);
  MlirValue n = tess_formula_plus(f, sum, -MAGIC);
  MlirValue high = tess_formula_times(f, n, -TESS_EXP_LN2_HIGH);
  MlirValue low = tess_formula_times(f, n, -TESS_EXP_LN2_LOW);
  MlirValue rest = tess_formula_add(f, tess_formula_add(f, x, high), low);
  MlirValue value = horner(f, rest, twice, sizeof twice / sizeof *twice);
  return tess_formula_multiply(f, value, half_power(f, sum));
}

/* ---- tanh, erf ---- */

static MlirValue odd(tess_formula_t *f, MlirValue x, double edge,
                     const double *top, const double *bottom, int count) {
  x = tess_formula_bound(f, x, -edge, edge);
  MlirValue square = tess_formula_multiply(f, x, x);
  MlirValue over = tess_formula_multiply(f, x, horner(f, square, top, count));
  return tess_formula_divide(f, over, horner(f, square, bottom, count));
}

MlirValue tess_approximate_tanh(tess_formula_t *f, MlirValue x) {
  static const double top[] = TESS_TANH_TOP, bottom[] = TESS_TANH_BOTTOM;
  return odd(f, x, TESS_TANH_EDGE, top, bottom, sizeof top / sizeof *top);
}

MlirValue tess_approximate_erf(tess_formula_t *f, MlirValue x) {
  static const double top[] = TESS_ERF_TOP, bottom[] = TESS_ERF_BOTTOM;
  return odd(f, x, TESS_ERF_EDGE, top, bottom, sizeof top / sizeof *top);
}
