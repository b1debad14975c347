/* Hardware descriptions: data, not code. A target is read from JSON (lib/target
 * /data/<name>.json, embedded at build, or a file of the user's); each number
 * there carries its unit, source and mark of certainty. Needs base only. */
#ifndef TESSERA_TARGET_TARGET_H
#define TESSERA_TARGET_TARGET_H

#include "tessera/base/arena.h"
#include "tessera/base/dtype.h"
#include "tessera/base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Elementary operations of the vector unit, counted per element.
 * name in JSON and reports, what it stands for */
#define TESS_VECTOR_OPS(X)                                                     \
  X(SIMPLE, "simple",                                                          \
    "add, sub, mul, fma, max, min, compare, select, convert")                  \
  X(DIV, "div", "division or reciprocal")                                      \
  X(EXP, "exp", "exponential")                                                 \
  X(LOG, "log", "logarithm")                                                   \
  X(RSQRT, "rsqrt", "square root or its reciprocal")                           \
  X(TANH, "tanh", "hyperbolic tangent")                                        \
  X(ERF, "erf", "error function")                                              \
  X(TABLE, "table", "table look-up")

typedef enum tess_vector_op {
#define X(id, name, meaning) TESS_VECTOR_##id,
  TESS_VECTOR_OPS(X)
#undef X
      TESS_VECTOR_OP_COUNT
} tess_vector_op_t;

const char *tess_vector_op_name(tess_vector_op_t op);

/* What the target's compiler merges into one kernel.
 * field and JSON name, meaning */
#define TESS_FUSION_RULES(X)                                                   \
  X(elementwise_after_matrix,                                                  \
    "element-wise ops on a convolution's or product's result")                 \
  X(elementwise_before_matrix,                                                 \
    "element-wise ops on a convolution's or product's input, single use")      \
  X(elementwise_after_vector,                                                  \
    "element-wise ops on a depthwise convolution's or reduction's result")     \
  X(elementwise_chain, "element-wise ops with each other")                     \
  X(elementwise_before_reduction, "element-wise ops on a reduction's input")   \
  X(pad_into_consumer, "a pad of zeros into the convolution that reads it")    \
  X(transpose_free, "a transpose: layouts are the compiler's to choose")

typedef struct tess_fusion_rules {
#define X(field, meaning) bool field;
  TESS_FUSION_RULES(X)
#undef X
} tess_fusion_rules_t;

typedef enum tess_target_class {
  TESS_CLASS_MXU,        /* systolic array + vector unit (TPU) */
  TESS_CLASS_TENSORCORE, /* SMs with matrix instructions (NVIDIA) */
  TESS_CLASS_CPU,        /* vector instructions and caches */
} tess_target_class_t;

/* All rates are for what ONE program uses (`program_cores` of `chip_cores`):
 * a TPU v3 program runs on one of the chip's two cores. Every number is finite
 * and > 0 unless it says otherwise. */
typedef struct tess_target {
  const char *name;  /* "tpu-v3" */
  const char *title; /* "Google TPU v3, one TensorCore" */
  tess_target_class_t target_class;
  int64_t chip_cores, program_cores;
  double clock_hz;

  /* Matrix unit. Peak multiply-accumulates per second by element type of the
   * inputs; 0: this type does not run on the matrix unit. */
  double matrix_macs_per_s[TESS_DTYPE_COUNT];
  /* A product M x K by K x N is computed as if M, N, K were rounded up to
   * these; a convolution's input channels (per kernel tap and group) to
   * pad_channels before K = taps * channels is formed. */
  int64_t pad_m, pad_n, pad_k, pad_channels;
  /* Fraction of the peak that the best kernels reach, in (0, 1]. */
  double matrix_efficiency;

  /* Vector unit: simple operations per second by element type (0: computed as
   * f32), and the price of each operation in simple ones. */
  double vector_ops_per_s[TESS_DTYPE_COUNT];
  double vector_cost[TESS_VECTOR_OP_COUNT];
  /* Multiply-accumulates per second of a depthwise convolution, by type (0:
   * computed as f32). */
  double depthwise_macs_per_s[TESS_DTYPE_COUNT];

  /* Memory. */
  double memory_bytes_per_s; /* reachable, read + write */
  int64_t memory_bytes;
  double onchip_bytes_per_s; /* VMEM, L2 or last-level cache */
  int64_t onchip_bytes;

  double kernel_overhead_ns;  /* launch and drain, >= 0 */
  double program_overhead_ns; /* once per run, >= 0 */

  tess_fusion_rules_t fusion;
} tess_target_t;

/* One number of the file, for the data sheet `tessera targets NAME`. */
typedef struct tess_target_fact {
  const char *path;  /* "matrix.macs_per_s.bf16" */
  const char *value; /* as text */
  const char *unit;
  const char *source;
  const char *mark; /* "s" read in its source, "s2" in notes on it, "c"
                       computed, "r" recalled, "m" measured here */
} tess_target_fact_t;

/* Loads "tpu-v3" (embedded), "cpu" (this machine, probed once and kept in the
 * user's cache directory) or a path ending in .json. Errors: TESS_NOT_FOUND
 * with the known names and the nearest one; TESS_INVALID with file:line.
 * The target lives in the arena. `facts` and `fact_count` may be NULL. */
TESS_MUST_USE tess_status_t tess_target_load(tess_arena_t *arena,
                                             const char *name,
                                             const tess_target_t **target,
                                             const tess_target_fact_t **facts,
                                             size_t *fact_count);

/* The same from bytes; `file` names them in errors. */
TESS_MUST_USE tess_status_t tess_target_parse(tess_arena_t *arena,
                                              const char *file,
                                              const char *bytes, size_t length,
                                              const tess_target_t **target,
                                              const tess_target_fact_t **facts,
                                              size_t *fact_count);

/* The names that load without a file: "cpu", then the embedded ones sorted. */
size_t tess_target_count(void);
const char *tess_target_name(size_t index);

#ifdef __cplusplus
}
#endif

#endif
