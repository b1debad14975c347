/* Making the convolution that a rewrite ends with. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_CONVOLVE_H
#define TESSERA_LIB_REWRITE_CONVOLVE_H

#include "build.h"
#include "match.h"

typedef struct tess_window {
  int64_t stride[2];
  int64_t low[2], high[2]; /* padding; TOSA only, linalg pads its operand */
} tess_window_t;

/* Inserts a dense 2-D convolution before the convolution `like`, in its
 * dialect, layout and result type, with its bias and zero points (TOSA) or its
 * accumulator (linalg). The filter is OHWI for TOSA, OIHW or HWIO for linalg.
 */
MlirValue tess_convolve(MlirOperation like, const tess_conv2d_t *conv,
                        MlirValue data, MlirValue filter,
                        const tess_window_t *window);

/* The shape of a dense filter o x i x kh x kw in the layout that
 * tess_convolve wants. */
tess_dims_t tess_convolve_filter(const tess_conv2d_t *conv, int64_t o,
                                 int64_t i, int64_t kh, int64_t kw);

#endif
