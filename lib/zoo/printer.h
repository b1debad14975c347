/* The primitives that a dialect prints. Everything else (norms, activations,
 * squeeze-and-excite, attention, quantised layers) is composed from them once,
 * for both dialects. Private to lib/zoo. */
#ifndef TESSERA_LIB_ZOO_PRINTER_H
#define TESSERA_LIB_ZOO_PRINTER_H

#include "emitter.h"
#include "map.h"

/* A square convolution. Padding is PyTorch's (the same on both sides) less the
 * pixels at the far side that no window reads; `pad_high` is negative where
 * even the last input pixels are not read. The printer declares its weight, and
 * the bias if there is one. */
typedef struct tess_zoo_conv {
  bool depthwise, bias;
  int64_t groups;                   /* 0 or 1: one */
  int64_t kernel, stride, channels; /* channels of the output */
  int64_t pad_low, pad_high, size;  /* of the output; set by the layer */
} tess_zoo_conv_t;

typedef enum tess_zoo_reduction {
  TESS_ZOO_SUM,
  TESS_ZOO_LARGEST
} tess_zoo_reduction_t;

typedef struct tess_zoo_printer {
  /* An argument that is a vector along `axis` of `rank` dimensions. */
  tess_zoo_value_t (*vector)(tess_zoo_emitter_t *e, const char *suffix,
                             const char *element, tess_zoo_use_t use,
                             size_t rank, size_t axis, int64_t length);
  /* An argument that is the right side of a product. */
  tess_zoo_value_t (*matrix)(tess_zoo_emitter_t *e, const char *suffix,
                             int64_t rows, int64_t columns);
  /* Images; i8 becomes i32. */
  tess_zoo_value_t (*convolve)(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               const tess_zoo_conv_t *conv);
  tess_zoo_value_t (*max_pool)(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               const tess_zoo_conv_t *window);
  /* `x`, whose last dimension is multiplied, times a matrix: two dimensions.
   * i8 becomes i32. */
  tess_zoo_value_t (*product)(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                              tess_zoo_value_t matrix);
  /* [b, m, k] times [b, k, n]. */
  tess_zoo_value_t (*batch_product)(tess_zoo_emitter_t *e, const char *suffix,
                                    tess_zoo_value_t x, tess_zoo_value_t y);
  /* A program of element-wise steps. */
  tess_zoo_value_t (*map)(tess_zoo_emitter_t *e, const char *suffix,
                          const tess_zoo_map_t *map);
  /* Over the axes in `axes` (bit i: axis i), which stay with size 1. The name
   * ends in `suffix`, of steps before it in ".rows". */
  tess_zoo_value_t (*reduce)(tess_zoo_emitter_t *e, const char *suffix,
                             tess_zoo_reduction_t reduction, unsigned axes,
                             tess_zoo_value_t x);
  tess_zoo_value_t (*reshape)(tess_zoo_emitter_t *e, const char *suffix,
                              tess_zoo_value_t x, size_t rank,
                              const int64_t *dims);
  tess_zoo_value_t (*transpose)(tess_zoo_emitter_t *e, const char *suffix,
                                tess_zoo_value_t x, const int64_t *order);
  tess_zoo_value_t (*slice)(tess_zoo_emitter_t *e, const char *suffix,
                            tess_zoo_value_t x, const int64_t *start,
                            const int64_t *size);
  tess_zoo_value_t (*concat)(tess_zoo_emitter_t *e, const char *suffix,
                             size_t axis, size_t count,
                             const tess_zoo_value_t *parts);
  /* `x` of size 1 along axis 0, `count` times. */
  tess_zoo_value_t (*repeat)(tess_zoo_emitter_t *e, const char *suffix,
                             tess_zoo_value_t x, int64_t count);
  /* Rows of a table [v, c] by i32 numbers [n], clamped to it: [n, c]. */
  tess_zoo_value_t (*gather)(tess_zoo_emitter_t *e, const char *suffix,
                             tess_zoo_value_t table, tess_zoo_value_t rows);
  /* i1 [1, n, n]: whether the column is beyond the row. */
  tess_zoo_value_t (*future)(tess_zoo_emitter_t *e, const char *suffix,
                             int64_t n);
  /* Integers: x * ratio rounded half up, saturated in `element`. */
  tess_zoo_value_t (*rescale)(tess_zoo_emitter_t *e, const char *suffix,
                              const char *element, double ratio,
                              tess_zoo_value_t x);
  /* i32 and i32; y may have dimensions of 1. */
  tess_zoo_value_t (*integer)(tess_zoo_emitter_t *e, const char *suffix,
                              bool multiply, tess_zoo_value_t x,
                              tess_zoo_value_t y);
  /* i8: entry x + 128 of a table, which `name` stands for. */
  tess_zoo_value_t (*look_up)(tess_zoo_emitter_t *e, const char *suffix,
                              const char *name, const int8_t *table,
                              tess_zoo_value_t x);
  /* i8: between the two, inclusive. */
  tess_zoo_value_t (*clamp)(tess_zoo_emitter_t *e, const char *suffix,
                            int least, int most, tess_zoo_value_t x);
} tess_zoo_printer_t;

extern const tess_zoo_printer_t tess_zoo_tosa;
extern const tess_zoo_printer_t tess_zoo_linalg;

#endif
