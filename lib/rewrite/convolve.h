/* Making the convolution that a rewrite ends with. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_CONVOLVE_H
#define TESSERA_LIB_REWRITE_CONVOLVE_H

#include "build.h"
#include "match.h"

typedef struct tess_window {
  int64_t stride[2];
  int64_t low[2], high[2]; /* padding; TOSA only, linalg pads its operand */
  int64_t dilation[2];     /* 0: 1 */
} tess_window_t;

/* The window of the convolution itself. */
tess_window_t tess_convolve_window(const tess_conv2d_t *conv);

/* Inserts a dense 2-D convolution before the convolution `like`, in its
 * dialect, layout and result type, with its bias and zero points (TOSA) or its
 * accumulator and zero points (linalg). The filter is as tess_convolve_filter
 * says. */
MlirValue tess_convolve(MlirOperation like, const tess_conv2d_t *conv,
                        MlirValue data, MlirValue filter,
                        const tess_window_t *window);

/* What may differ from the convolution that it is like. */
typedef struct tess_convolution {
  MlirValue data, filter;
  MlirValue start; /* bias (TOSA) or accumulator (linalg); null: like's */
  MlirType type;   /* of the result; null: like's */
  /* linalg: with a dimension of groups in data, filter (GFCHW or GFHWC), start
   * and result. */
  bool grouped;
  bool depthwise; /* of floats, one output a channel */
} tess_convolution_t;

MlirValue tess_convolve_with(MlirOperation like, const tess_conv2d_t *conv,
                             const tess_convolution_t *made,
                             const tess_window_t *window);

/* The convolution `like` itself, depthwise or not, with its own filter, on
 * other data and with another window. */
MlirValue tess_convolve_again(MlirOperation like, const tess_conv2d_t *conv,
                              MlirValue data, MlirValue start, MlirType type,
                              const tess_window_t *window);

/* The operand of a convolution that is its bias (TOSA) or accumulator. */
intptr_t tess_convolve_start(const tess_conv2d_t *conv);

/* The shape of a dense filter o x i x kh x kw in the layout that tess_convolve
 * wants: OHWI for TOSA and where `conv` has it so, else OIHW or HWIO. */
tess_dims_t tess_convolve_filter(const tess_conv2d_t *conv, int64_t o,
                                 int64_t i, int64_t kh, int64_t kw);
/* That of a depthwise filter of `c` channels: HWC1 for TOSA, else CHW or HWC.
 */
tess_dims_t tess_convolve_depthwise_filter(const tess_conv2d_t *conv, int64_t c,
                                           int64_t kh, int64_t kw);

#endif
