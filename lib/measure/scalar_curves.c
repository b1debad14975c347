/* Roots and transcendental functions, with bounds. */
#include "scalar.h"
#include <math.h>

/* Roundings that a library's function may cost: glibc's stay within 2 units
 * in the last place, 4 halves (its manual, "Known Maximum Errors in Math
 * Functions", x86_64: at most 2 for the functions below in f32 and f64). */
enum { LIBRARY = 4 };

typedef double curve_t(double x);

/* An error of x passes through a monotone function as the further end of the
 * interval's image. */
static double monotone_error(curve_t *f, double x, double dx) {
  if (dx == 0)
    return 0;
  double y = f(x), error = fmax(fabs(f(x + dx) - y), fabs(y - f(x - dx)));
  return isnan(error) ? (double)INFINITY : error;
}

static void monotone(const tess_scalar_t *op, curve_t *f,
                     const tess_number_t *in, tess_number_t *z) {
  double x = in->value;
  tess_scalar_finish(z, op->to, f(x), monotone_error(f, x, in->rounding),
                     monotone_error(f, x, in->residue), LIBRARY);
}

/* With a derivative of at most 1. */
static void gentle(const tess_scalar_t *op, curve_t *f, const tess_number_t *in,
                   tess_number_t *z) {
  tess_scalar_finish(z, op->to, f(in->value), in->rounding, in->residue,
                     LIBRARY);
}

static double inverse_root(double x) { return x > 0 ? 1 / sqrt(x) : NAN; }

static double logistic(double x) { return 1 / (1 + exp(-x)); }

#define MONOTONE(name, f)                                                      \
  static void name(const tess_scalar_t *op, const tess_number_t *in,           \
                   tess_number_t *z) {                                         \
    monotone(op, f, in, z);                                                    \
  }
MONOTONE(exponential, exp)
MONOTONE(exponential_2, exp2)
MONOTONE(exponential_m1, expm1)
MONOTONE(logarithm, log)
MONOTONE(logarithm_2, log2)
MONOTONE(logarithm_1p, log1p)
MONOTONE(tangent, tanh)
MONOTONE(root, sqrt)
MONOTONE(reciprocal_root, inverse_root)
MONOTONE(error_function, erf)
#undef MONOTONE

static void sine(const tess_scalar_t *op, const tess_number_t *in,
                 tess_number_t *z) {
  gentle(op, sin, in, z);
}

static void cosine(const tess_scalar_t *op, const tess_number_t *in,
                   tess_number_t *z) {
  gentle(op, cos, in, z);
}

/* Programs write it as negation, exponential, sum and quotient: in f16 the
 * exponential overflows beyond 11, where the function is below 2^-15. */
static void sigmoid(const tess_scalar_t *op, const tess_number_t *in,
                    tess_number_t *z) {
  monotone(op, logistic, in, z);
  if (op->to == TESS_F16)
    z->rounding += 0x1p-15;
}

static void power(const tess_scalar_t *op, const tess_number_t *in,
                  tess_number_t *z) {
  const tess_number_t *x = &in[0], *y = &in[1];
  double value = pow(x->value, y->value);
  bool exact = y->rounding == 0 && y->residue == 0;
  double slope = fabs(y->value);
  double reach = fabs(x->value) + x->rounding;
  double steep = slope * pow(reach, y->value - 1);
  bool bounded = exact && y->value >= 1 && isfinite(steep);
  double rounding = x->rounding == 0 && exact ? 0
                    : bounded                 ? steep * x->rounding
                                              : (double)INFINITY;
  double residue = x->residue == 0 && exact ? 0
                   : bounded                ? steep * x->residue
                                            : (double)INFINITY;
  tess_scalar_finish(z, op->to, value, rounding, residue, LIBRARY);
}

const tess_scalar_kind_t tess_scalar_curves[] = {
    {"math.exp", exponential},
    {"math.exp2", exponential_2},
    {"math.expm1", exponential_m1},
    {"math.log", logarithm},
    {"math.log2", logarithm_2},
    {"math.log1p", logarithm_1p},
    {"math.tanh", tangent},
    {"math.sqrt", root},
    {"math.rsqrt", reciprocal_root},
    {"math.erf", error_function},
    {"math.sin", sine},
    {"math.cos", cosine},
    {"math.powf", power},
    {"tosa.sigmoid", sigmoid},
    {NULL, NULL}};
