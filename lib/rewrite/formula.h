/* Formulas of one argument, written once: on whole tensors in TOSA, on single
 * elements in the body of a linalg.generic. Only files of this folder include
 * it. */
#ifndef TESSERA_LIB_REWRITE_FORMULA_H
#define TESSERA_LIB_REWRITE_FORMULA_H

#include "build.h"

/* What the functions below add ops to; made by tess_formula_build. */
typedef struct tess_formula {
  const tess_builder_t *b;
  MlirType type;       /* of every value: a tensor (TOSA) or a number */
  MlirType element;    /* the type of one element */
  MlirAttribute flags; /* arith's fast-math flags of sums and products, or
                          null */
  MlirValue shift;     /* TOSA: of products; null until one needs it */
} tess_formula_t;

typedef MlirValue (*tess_formula_fn)(tess_formula_t *f, MlirValue x,
                                     const void *data);

/* The tensor of `function` of every element of `x`, of x's type. */
typedef struct tess_formula_options {
  bool wide; /* 16-bit floats are computed on in f32, rounded once at the end */
  /* A product and the sum that reads it may become one operation that rounds
   * once, where the hardware has it. linalg only. */
  bool contract;
} tess_formula_options_t;
MlirValue tess_formula_build(const tess_builder_t *b, MlirValue x,
                             tess_formula_fn function, const void *data,
                             const tess_formula_options_t *options);

/* The same of one number, in the body of a linalg op. */
MlirValue tess_formula_inside(const tess_builder_t *in, MlirValue x,
                              tess_formula_fn function, const void *data,
                              const tess_formula_options_t *options);

MlirValue tess_formula_number(tess_formula_t *f, double number);
MlirValue tess_formula_add(tess_formula_t *f, MlirValue x, MlirValue y);
MlirValue tess_formula_subtract(tess_formula_t *f, MlirValue x, MlirValue y);
MlirValue tess_formula_multiply(tess_formula_t *f, MlirValue x, MlirValue y);
/* TOSA has reciprocals alone: two roundings. */
MlirValue tess_formula_divide(tess_formula_t *f, MlirValue x, MlirValue y);
/* The same with a number. */
MlirValue tess_formula_plus(tess_formula_t *f, MlirValue x, double number);
MlirValue tess_formula_times(tess_formula_t *f, MlirValue x, double number);
/* Bounds may be infinite. A NaN stays one. */
MlirValue tess_formula_clamp(tess_formula_t *f, MlirValue x, double low,
                             double high);
/* The same of finite bounds by comparing and choosing: in linalg one
 * instruction of common vector units each, where a clamp, that tells zeros
 * apart, takes more. */
MlirValue tess_formula_bound(tess_formula_t *f, MlirValue x, double low,
                             double high);
/* "exp", "tanh", "erf", "log": the op of that name. */
MlirValue tess_formula_call(tess_formula_t *f, const char *name, MlirValue x);

#endif
