/* Two outputs against each other: private to lib/measure. */
#ifndef TESSERA_LIB_MEASURE_COMPARE_H
#define TESSERA_LIB_MEASURE_COMPARE_H

#include "tessera/codegen/jit.h"

typedef struct tess_difference {
  double greatest; /* |a - b| / max |a|; infinite where a is 0 and b is not */
  int64_t element; /* where; the first that is not finite, if any */
  double a, b;     /* the values there */
  int64_t not_finite;
  bool all_zero; /* both, everywhere */
} tess_difference_t;

/* The default tolerance of an element type. */
double tess_compare_tolerance(tess_dtype_t type);

tess_difference_t tess_compare(const tess_tensor_t *a, const tess_tensor_t *b);

/* Fills with NaN; integers with a pattern that differs by `side` (0 or 1), so
 * that an element neither model writes differs. */
void tess_poison(const tess_tensor_t *tensor, int side);

#endif
