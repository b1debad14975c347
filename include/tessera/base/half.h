/* The bits of 16-bit floats: TESS_F16 (IEEE 754 binary16) and TESS_BF16 (the
 * upper half of an f32). */
#ifndef TESSERA_BASE_HALF_H
#define TESSERA_BASE_HALF_H

#include "tessera/base/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The value, exactly. */
double tess_half_value(tess_dtype_t type, uint16_t bits);
/* The nearest value's bits, ties to even; beyond the greatest an infinity. NaN
 * gives one quiet NaN. */
uint16_t tess_half_bits(tess_dtype_t type, double value);

#ifdef __cplusplus
}
#endif

#endif
