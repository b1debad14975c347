/* Element-wise arithmetic as one graph over the whole function, so that a
 * function is recognised by what it computes, however many ops it is written
 * in. Private to lib/ir. */
#ifndef TESSERA_IR_EXPRESSION_H
#define TESSERA_IR_EXPRESSION_H

#include "tessera/ir/model.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Operations of one element. id, vector operation, how many of it.
 * A power is exp(y * log(x)); sin and the like are priced as an exponential. */
#define TESS_SCALARS(X)                                                        \
  X(LEAF, SIMPLE, 0)      /* an element of a tensor */                         \
  X(CONSTANT, SIMPLE, 0)  /* a number */                                       \
  X(BROADCAST, SIMPLE, 0) /* an element of a smaller tensor */                 \
  X(COPY, SIMPLE, 0)                                                           \
  X(OPAQUE, SIMPLE, 0) /* loop index and the like */                           \
  X(CAST, SIMPLE, 1)                                                           \
  X(ADD, SIMPLE, 1)                                                            \
  X(SUB, SIMPLE, 1)                                                            \
  X(MUL, SIMPLE, 1)                                                            \
  X(NEG, SIMPLE, 1)                                                            \
  X(MIN, SIMPLE, 1)                                                            \
  X(MAX, SIMPLE, 1)                                                            \
  X(ABS, SIMPLE, 1)                                                            \
  X(COMPARE, SIMPLE, 1)                                                        \
  X(SELECT, SIMPLE, 1)                                                         \
  X(AND, SIMPLE, 1)                                                            \
  X(OR, SIMPLE, 1)                                                             \
  X(ROUND, SIMPLE, 1)                                                          \
  X(CLZ, SIMPLE, 1) /* leading zero bits of an integer */                      \
  X(SHL, SIMPLE, 1)                                                            \
  X(TO_BITS, SIMPLE, 0)   /* an f32 as the integer of its bits: no work */     \
  X(FROM_BITS, SIMPLE, 0) /* and back */                                       \
  X(OTHER, SIMPLE, 1)     /* any other simple operation */                     \
  X(RESCALE, SIMPLE, 3)   /* multiply, add, shift */                           \
  X(DIV, DIV, 1)                                                               \
  X(REM, DIV, 1)                                                               \
  X(EXP, EXP, 1)                                                               \
  X(EXP2, EXP, 1)                                                              \
  X(EXPM1, EXP, 1)                                                             \
  X(CURVE, EXP, 1) /* sine and other transcendental functions */               \
  X(LOG, LOG, 1)                                                               \
  X(LOG1P, LOG, 1)                                                             \
  X(LOG2, LOG, 1)                                                              \
  X(LOG10, LOG, 1)                                                             \
  X(POW, EXP, 2)                                                               \
  X(SQRT, RSQRT, 1)                                                            \
  X(CBRT, RSQRT, 1)                                                            \
  X(RSQRT, RSQRT, 1)                                                           \
  X(TANH, TANH, 1)                                                             \
  X(ERF, ERF, 1)                                                               \
  X(TABLE, TABLE, 1)

typedef enum tess_scalar {
#define X(id, op, count) TESS_SCALAR_##id,
  TESS_SCALARS(X)
#undef X
      TESS_SCALAR_COUNT
} tess_scalar_t;

typedef struct tess_expression {
  int32_t scalar;   /* tess_scalar_t */
  int32_t child[3]; /* TESS_NONE: absent */
  int32_t node;     /* that computes it, or TESS_NONE */
  int32_t value;    /* the tensor whose element it is, or TESS_NONE */
  double constant;  /* CONSTANT: its value; COMPARE: 1 if "greater", -1 if
                       "less", 2 if "unequal", -2 if "equal", 0 otherwise; TABLE:
                       2 if its values are a  sigmoid's, 1 if they may be, 0
                       otherwise */
  uint64_t repeats; /* BROADCAST: over which dimensions, as a
                       tess_maps_geometry; 0: not known */
  bool prepared;    /* depends on weights and constants alone */
  bool live;        /* its node's result needs it */
} tess_expression_t;

typedef struct tess_expressions {
  tess_expression_t *items; /* children come before parents; malloc'd */
  int32_t count;
  size_t capacity;
  bool rescales; /* some are a RESCALE */
} tess_expressions_t;

/* Adds an expression; folds what is constant and turns a compare that feeds a
 * select into min or max. Unused children are TESS_NONE. */
int32_t tess_expression_add(tess_expressions_t *all, int32_t node,
                            tess_scalar_t scalar, int32_t a, int32_t b,
                            int32_t c);
int32_t tess_expression_constant(tess_expressions_t *all, double constant);
int32_t tess_expression_leaf(tess_expressions_t *all, int32_t value);

/* Below casts and copies. */
int32_t tess_expression_strip(const tess_expressions_t *all, int32_t e);
/* Below casts and copies, but not below the element of a tensor. */
int32_t tess_expression_boundary(const tess_expressions_t *all, int32_t e);
/* Whether it is a constant, broadcast or not. */
bool tess_expression_number(const tess_expressions_t *all, int32_t e,
                            double *number);

/* The vector operation and how many of it one evaluation takes. */
tess_vector_op_t tess_scalar_cost(tess_scalar_t scalar, int64_t *count);

/* What an expression computes. */
typedef struct tess_match {
  tess_function_t function;
  int32_t input, input_too; /* the same argument, as met in two places */
  int32_t other;            /* SCALE, RESIDUAL: the second activation */
  int32_t mean, variance;   /* BATCH_NORM: expressions, or TESS_NONE */
} tess_match_t;

#define TESS_MATCH_NONE                                                        \
  ((tess_match_t){.function = TESS_FUNCTION_ARITHMETIC,                        \
                  .input = TESS_NONE,                                          \
                  .input_too = TESS_NONE,                                      \
                  .other = TESS_NONE,                                          \
                  .mean = TESS_NONE,                                           \
                  .variance = TESS_NONE})

/* curves.c: recognises a function of one argument by its values. */
bool tess_expression_match_curve(const tess_expressions_t *all, int32_t e,
                                 tess_match_t *match);

/* arithmetic.c: names what is one step and no function of its own. */
bool tess_expression_match_step(const tess_expressions_t *all, int32_t e,
                                tess_match_t *match);
/* Below casts, roundings, clamps, and numbers that are added or multiplied. */
int32_t tess_expression_affine(const tess_expressions_t *all, int32_t e);

/* Below whole steps between quantised types, each a RESCALE with zero points,
 * clamps and casts around it. */
int32_t tess_expression_unscaled(const tess_expressions_t *all, int32_t e);

/* functions.c: recognises the outermost function of `e`; false if it has no
 * name. */
bool tess_expression_match(const tess_expressions_t *all, int32_t e,
                           tess_match_t *match);

#endif
