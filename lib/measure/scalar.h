/* Single operations on numbers with bounds: private to lib/measure. */
#ifndef TESSERA_LIB_MEASURE_SCALAR_H
#define TESSERA_LIB_MEASURE_SCALAR_H

#include "tessera/measure/reference.h"
#include <stdbool.h>

/* One operation, ready to run. */
typedef struct tess_scalar {
  const struct tess_scalar_kind *kind;
  tess_dtype_t from, to; /* of the first operand and of the result */
  int64_t immediate;     /* a comparison's predicate, a product's shift */
} tess_scalar_t;

typedef void (*tess_scalar_fn)(const tess_scalar_t *op, const tess_number_t *in,
                               tess_number_t *out);

typedef struct tess_scalar_kind {
  const char *name; /* "arith.addf" */
  tess_scalar_fn run;
} tess_scalar_kind_t;

/* NULL if there is none of this name. */
const tess_scalar_kind_t *tess_scalar_find(const char *name);
/* The lists that it looks in, ending with a NULL name. */
extern const tess_scalar_kind_t tess_scalar_floats[], tess_scalar_curves[],
    tess_scalar_integers[];

/* The unit roundoff of a type, 0 of integers. */
double tess_scalar_unit(tess_dtype_t type);
/* Finishes a result whose operands contribute these errors: `units` roundings
 * of the type, each of half a unit in the last place. */
void tess_scalar_finish(tess_number_t *z, tess_dtype_t type, double value,
                        double rounding, double residue, double units);

/* Rounds the value as its type does. */
void tess_scalar_round(tess_number_t *z, tess_dtype_t type);

/* An integer wrapped to its type. */
void tess_scalar_set_whole(tess_number_t *z, tess_dtype_t type, int64_t whole);
int tess_scalar_bits(tess_dtype_t type);

#endif
