/* Hardware descriptions: data, not code. A target is read from JSON (lib/target
 * /data/<name>.json, embedded at build, or a file of the user's); each number
 * there carries its unit, source and mark of certainty. Needs base only. */
#ifndef TESSERA_TARGET_TARGET_H
#define TESSERA_TARGET_TARGET_H

#include "tessera/base/arena.h"
#include "tessera/base/dtype.h"
#include "tessera/base/status.h"
#include "tessera/base/text.h"
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

/* What stands still in a systolic array while the rest streams through: a
 * product M x K by K x N lies on its rows and columns as ... */
typedef enum tess_dataflow {
  TESS_DATAFLOW_UNKNOWN,
  TESS_DATAFLOW_WEIGHT, /* "ws": weights, K on rows, N on columns */
  TESS_DATAFLOW_OUTPUT, /* "os": results, M on rows, N on columns */
  TESS_DATAFLOW_INPUT,  /* "is": inputs, K on rows, M on columns */
} tess_dataflow_t;

/* All rates are for what ONE program uses (`program_cores` of `chip_cores`):
 * a TPU v3 program runs on one of the chip's two cores. Every number is finite
 * and > 0 unless it says otherwise; "0: not stated" marks what a file may leave
 * out. */
typedef struct tess_target {
  const char *name;  /* "tpu-v3" */
  const char *title; /* "Google TPU v3, one TensorCore" */
  tess_target_class_t target_class;
  int64_t chip_cores, program_cores;
  double clock_hz;

  /* Matrix unit. Peak multiply-accumulates per second by element type of the
   * inputs; 0: this type does not run on the matrix unit. */
  double matrix_macs_per_s[TESS_DTYPE_COUNT];
  /* The parts of that: of each core its units, their array, what each unit
   * does a clock, and the clock while they are busy. 0: not stated. */
  int64_t matrix_units, matrix_rows, matrix_columns;
  tess_dataflow_t matrix_dataflow;
  double matrix_clock_hz;
  double matrix_macs_per_clock[TESS_DTYPE_COUNT];
  /* A product M x K by K x N is computed as if M, N, K were rounded up to
   * these; a convolution's input channels (per kernel tap and group) to
   * pad_channels before K = taps * channels is formed. */
  int64_t pad_m, pad_n, pad_k, pad_channels;
  /* Fraction of the peak that the best kernels reach, in (0, 1]. */
  double matrix_efficiency;
  /* What a 1x1 convolution with a stride reaches of the rate of the same one
   * without, in (0, 1]. 0: not stated, the same. */
  double matrix_strided_pointwise;
  /* The same of convolutions whose data has its channels before the height, of
   * that with the channels last, where the compiler keeps the layout that it is
   * given: of dense ones, and of depthwise ones (below). 0: not stated, the
   * same. */
  double matrix_channels_first, depthwise_channels_first;

  /* Vector unit: simple operations per second by element type (0: computed as
   * f32), and the price of each operation in simple ones. */
  double vector_ops_per_s[TESS_DTYPE_COUNT];
  double vector_cost[TESS_VECTOR_OP_COUNT];
  /* Of each core: lanes x sublanes x arithmetic units. 0: not stated. */
  int64_t vector_lanes, vector_sublanes, vector_alus;
  /* Multiply-accumulates per second of a depthwise convolution, by type (0:
   * computed as f32). */
  double depthwise_macs_per_s[TESS_DTYPE_COUNT];

  /* Memory. */
  double memory_bytes_per_s; /* reachable, read + write */
  int64_t memory_bytes;
  double onchip_bytes_per_s; /* VMEM, L2 or last-level cache */
  int64_t onchip_bytes;
  int64_t core_bytes; /* software-managed memory of one core: VMEM, shared
                         memory of an SM, memory of a PE. 0: not stated */
  int64_t cmem_bytes; /* between that and the main memory (CMEM of TPU v4),
                         as the program sees it. 0: none */
  double cmem_bytes_per_s;
  /* Whether the compiler leaves tensors between kernels there (in onchip_bytes
   * where there is no CMEM) as long as they fit. */
  bool keeps_activations;

  /* How tensors lie in memory: the last dimension is padded to layout_lanes
   * elements, the one before to layout_sublanes, rows to an alignment.
   * 0: not stated, no padding known. */
  int64_t layout_lanes, layout_sublanes[TESS_DTYPE_COUNT];
  int64_t layout_alignment_bytes;
  /* Whether the compiler may lay the batch along those dimensions. */
  bool batch_in_lanes, batch_in_sublanes;

  /* Of the chip, 0: not stated. Links to other chips: their number, and bytes
   * per second of one link in one direction; the same of the link to the host.
   * Power of the chip under full load, and idle, in watts. */
  int64_t link_count;
  double link_bytes_per_s, host_bytes_per_s;
  double peak_w, idle_w;

  double kernel_overhead_ns;  /* launch and drain, >= 0 */
  double program_overhead_ns; /* once per run, >= 0 */

  tess_fusion_rules_t fusion;
} tess_target_t;

/* One number of the file, or computed from its parts, for the data sheet
 * `tessera targets NAME`. */
typedef struct tess_target_fact {
  const char *path;  /* "matrix.macs_per_s.bf16" */
  const char *value; /* as text */
  const char *unit;
  const char *source;
  const char *mark; /* "s" read in its source, "s2" in notes on it, "c"
                       computed, "r" recalled, "m" measured here, or the one
                       below */
} tess_target_fact_t;

/* The mark of a fact whose value is "not published": the source says where was
 * looked, and the target is as if the file did not name it. */
#define TESS_MARK_UNPUBLISHED "-"

/* Loads "tpu-v3" (embedded), "cpu" (this machine, probed once and kept in the
 * user's cache directory), "systolic:128x128:ws" (an array of that many rows
 * and columns and dataflow ws, os or is) or a path ending in .json. Errors:
 * TESS_NOT_FOUND with the known names and the nearest one; TESS_INVALID with
 * file:line. The target lives in the arena. `facts` and `fact_count`
 * may be NULL together: an embedded target then needs no JSON to be read. */
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

/* The file behind a name as JSON text, to start one's own from: that of a chip,
 * or the one that "cpu" or "systolic:..." stand for. The same errors. */
TESS_MUST_USE tess_status_t tess_target_source(const char *name,
                                               tess_text_t *json);

/* Appends every mistake of a target file as a line "file:line:column: what" and
 * returns their count. JSON that cannot be read counts as one. */
size_t tess_target_mistakes(const char *file, const char *bytes, size_t length,
                            tess_text_t *lines);

/* The names that load without a file: "cpu", then the embedded ones sorted. */
size_t tess_target_count(void);
const char *tess_target_name(size_t index);

#ifdef __cplusplus
}
#endif

#endif
