/* A kernel: what the target's compiler runs as one unit, with everything a
 * cost model needs and nothing else. Plain data without padding surprises:
 * zero it, fill it, and compare it with memcmp; it is the memo key of the
 * system. Knows no MLIR; cost, tile and learn include it. */
#ifndef TESSERA_IR_KERNEL_H
#define TESSERA_IR_KERNEL_H

#include "tessera/base/dtype.h"
#include "tessera/target/target.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* id, name */
#define TESS_KERNEL_KINDS(X)                                                   \
  X(CONV, "conv")           /* dense or grouped, 1-D to 3-D */                 \
  X(DEPTHWISE, "depthwise") /* groups = input channels */                      \
  X(MATMUL, "matmul")       /* batch may be > 1 */                             \
  X(REDUCTION, "reduction") /* pooling, sums, maxima */                        \
  X(ELEMENTWISE, "elementwise")                                                \
  X(MOVEMENT, "movement") /* transpose, pad, slice, concat */                  \
  X(UNKNOWN, "unknown")

typedef enum tess_kernel_kind {
#define X(id, name) TESS_KERNEL_##id,
  TESS_KERNEL_KINDS(X)
#undef X
      TESS_KERNEL_KIND_COUNT
} tess_kernel_kind_t;

const char *tess_kernel_kind_name(tess_kernel_kind_t kind);

/* Layout of the data operand and result; 1-D and 3-D alike. */
typedef enum tess_layout {
  TESS_LAYOUT_NONE,
  TESS_LAYOUT_NHWC,
  TESS_LAYOUT_NCHW,
} tess_layout_t;

typedef struct tess_kernel {
  int32_t kind;                           /* tess_kernel_kind_t */
  int32_t in_type, weight_type, out_type; /* tess_dtype_t */
  int32_t layout;                         /* tess_layout_t */
  int32_t spatial_rank;                   /* 0 unless a convolution or pool */
  /* Convolutions; for others only `batch` is used. Spatial arrays are in
   * order (D, H, W), right-aligned to spatial_rank entries from index 0. */
  int64_t batch;
  int64_t groups;
  int64_t in_channels, out_channels; /* of all groups together */
  int64_t in_size[3];                /* before padding */
  int64_t out_size[3];
  int64_t window[3], stride[3], dilation[3];
  int64_t pad_low[3], pad_high[3];
  /* Products: per batch element an m x k by k x n product. A convolution also
   * fills these: per group, m = batch * outputs, n = out_channels / groups,
   * k = window * in_channels / groups, and `batch` stays the image batch. */
  int64_t m, n, k;
  /* Totals of the kernel with everything fused into it. */
  int64_t macs;         /* matrix or depthwise multiply-accumulates */
  int64_t out_elements; /* of the final result */
  int64_t read_bytes;   /* activations read from memory */
  int64_t weight_bytes; /* weights and per-channel vectors read */
  int64_t write_bytes;  /* activations written to memory */
  /* Vector-unit operations of fused and own element-wise work, in total. */
  int64_t vector_ops[TESS_VECTOR_OP_COUNT];
} tess_kernel_t;

/* "1x112x112x32 -> 1x56x56x96 k3 s2" or "12544x32x16", for tables, into
 * `buffer`; returns it. */
#define TESS_KERNEL_DIMS_CHARS 128
const char *tess_kernel_dims(const tess_kernel_t *kernel, char *buffer);

#ifdef __cplusplus
}
#endif

#endif
