/* Tensor elements as numbers: private to lib/measure. */
#ifndef TESSERA_LIB_MEASURE_ELEMENTS_H
#define TESSERA_LIB_MEASURE_ELEMENTS_H

#include "tessera/codegen/jit.h"
#include <stdbool.h>

bool tess_dtype_is_float(tess_dtype_t type);
double tess_element_get(const tess_tensor_t *tensor, int64_t index);
/* Rounds to the nearest even where the type is shorter. */
void tess_element_set(const tess_tensor_t *tensor, int64_t index, double value);

/* A tensor of the same type with memory of its own, for free(). */
tess_tensor_t tess_tensor_allocate(const tess_tensor_t *type);

#endif
