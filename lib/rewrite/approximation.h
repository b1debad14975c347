/* exp, tanh and erf from sums, products and one division, for targets whose
 * compiler has no vector form of them. Only files of this folder include it.
 *
 * The greatest relative error, in units of u = 2^-24, is proven by
 * tools/derive_approximations.py, for every finite f32 argument and whichever
 * products the compiler merges with sums:
 *   exp   TESS_EXP_BOUND_U; results below 2^-125 become 0, those above the
 *         greatest number infinite
 *   tanh  TESS_TANH_BOUND_U
 *   erf   TESS_ERF_BOUND_U
 * A relative error of B u is at most B units in the last place. Where x is
 * infinite or NaN, so is what the function is there (tanh and erf: 1 up to that
 * error). */
#ifndef TESSERA_LIB_REWRITE_APPROXIMATION_H
#define TESSERA_LIB_REWRITE_APPROXIMATION_H

#include "approximation.def"
#include "formula.h"

/* Of values of f32. exp takes bits apart: linalg only. */
MlirValue tess_approximate_exp(tess_formula_t *f, MlirValue x);
MlirValue tess_approximate_tanh(tess_formula_t *f, MlirValue x);
MlirValue tess_approximate_erf(tess_formula_t *f, MlirValue x);

#endif
