/* An interpreter for TOSA and linalg on tensors, written for this project and
 * sharing nothing with the JIT: an independent opinion on what a function
 * computes, with bounds on how far rounding may move it. Slow and obvious.
 * Linked into tools and tests only. Includes mlir-c. */
#ifndef TESSERA_MEASURE_REFERENCE_H
#define TESSERA_MEASURE_REFERENCE_H

#include "mlir-c/IR.h"
#include "tessera/base/arena.h"
#include "tessera/base/dtype.h"
#include "tessera/base/status.h"
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A value and what is known about it. Let x be what the function would give in
 * real arithmetic on the same inputs. Bounds follow each operation as it is
 * written: what its operands' bounds become (forward, first derivative or the
 * interval's end) plus one rounding, u |z|, of the unit u of the result's type;
 * a sum of k terms gets k u times the sum of their magnitudes, which holds in
 * every order (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd
 * ed., 2002, sections 3.1 and 4.2). */
typedef struct tess_number {
  double value;    /* in f64, whatever the type; of integers exact */
  double rounding; /* |x - what the program gives in the types written| */
  double residue;  /* |x - value| */
  double mass;     /* sum of the magnitudes that were added up */
  int64_t whole;   /* of integers */
} tess_number_t;

/* A tensor of any rank, dense and row-major; a scalar has rank 0. */
typedef struct tess_array {
  tess_dtype_t dtype;
  int32_t rank;
  int64_t shape[8];
  int64_t count;
  tess_number_t *at;
} tess_array_t;

/* An array of `rank` dimensions in the arena, all zero. */
tess_array_t tess_array_make(tess_arena_t *arena, tess_dtype_t dtype,
                             int32_t rank, const int64_t *shape);
/* Sets an element to a number that the type holds exactly. */
void tess_array_set(const tess_array_t *array, int64_t index, double value);

/* The type of a value as an array whose elements are not there yet;
 * TESS_UNSUPPORTED for what is no tensor of static shape and no number. */
TESS_MUST_USE tess_status_t tess_array_of_type(MlirType type,
                                               tess_array_t *array);

/* Runs `function` (NULL: the only one) on `inputs`, one for each argument.
 * Outputs live in the arena. `rounds`: every value is rounded to its type, as
 * the JIT does it, for programs that count on it; values are then only known to
 * within `rounding`, not `residue`. TESS_UNSUPPORTED for an operation it does
 * not know, TESS_INVALID where a read lies outside its tensor. */
TESS_MUST_USE tess_status_t tess_reference_run(
    MlirModule module, const char *function, const tess_array_t *inputs,
    int32_t input_count, bool rounds, tess_arena_t *arena,
    tess_array_t **outputs, int32_t *output_count);

#ifdef __cplusplus
}
#endif

#endif
