/* What would help a kernel on a target: one clause per kernel class and what
 * bounds it, decided from the kernel's own numbers. */
#include "tessera/report/explain.h"
#include <math.h>

/* How much of the matrix unit's padded block a product fills, by dimension,
 * each in (0, 1]. */
typedef struct fill {
  double m, n, k;
} fill_t;

static double fill_of(double useful, double before_padding, int64_t block) {
  double padded = ceil(before_padding / (double)block) * (double)block;
  return padded > 0 ? useful / padded : 1;
}

/* The rule of target.h: channels are padded per tap before K is formed. In
 * double, since sizes near the limit must not overflow here. */
static fill_t array_fill(const tess_target_t *target,
                         const tess_kernel_t *kernel) {
  double k = (double)kernel->k, padded_k = k;
  if (kernel->kind == TESS_KERNEL_CONV && kernel->groups > 0)
    padded_k /= fill_of((double)kernel->in_channels / (double)kernel->groups,
                        (double)kernel->in_channels / (double)kernel->groups,
                        target->pad_channels);
  return (fill_t){
      .m = fill_of((double)kernel->m, (double)kernel->m, target->pad_m),
      .n = fill_of((double)kernel->n, (double)kernel->n, target->pad_n),
      .k = fill_of(k, padded_k, target->pad_k),
  };
}

/* Share of the vector unit's element-wise work in anything but simple ops. */
static double costly_share(const tess_target_t *target,
                           const tess_kernel_t *kernel) {
  double all = 0, costly = 0;
  for (int op = 0; op < TESS_VECTOR_OP_COUNT; op++) {
    double work = (double)kernel->vector_ops[op] * target->vector_cost[op];
    all += work;
    costly += op == TESS_VECTOR_SIMPLE ? 0 : work;
  }
  return all > 0 ? costly / all : 0;
}

static bool is_product(const tess_kernel_t *kernel) {
  return kernel->kind == TESS_KERNEL_CONV || kernel->kind == TESS_KERNEL_MATMUL;
}

/* The cases, in the order in which they are tried. */
typedef enum advice {
  ADVICE_NONE,
  ADVICE_UNKNOWN,
  ADVICE_OVERHEAD,
  ADVICE_MOVEMENT,
  ADVICE_SEPARATE,
  ADVICE_TYPE,
  ADVICE_ACTIVATION,
  ADVICE_DEPTHWISE,
  ADVICE_CHANNELS,
  ADVICE_FEW_ROWS,
  ADVICE_FEW_OUTPUTS,
  ADVICE_WEIGHTS,
  ADVICE_TRAFFIC,
} advice_t;

static const char *const clauses[] = {
    [ADVICE_NONE] = NULL,
    [ADVICE_UNKNOWN] = "an op that is not understood: its cost is a guess",
    [ADVICE_OVERHEAD] =
        "shorter than its launch: merge kernels, or a larger batch",
    [ADVICE_MOVEMENT] =
        "moves data only: choose a layout that needs no such kernel",
    [ADVICE_SEPARATE] = "a pass over memory of its own: fuse it into the "
                        "kernel before",
    [ADVICE_TYPE] = "its element type does not run on the matrix unit: convert "
                    "or quantise to one that does",
    [ADVICE_ACTIVATION] = "a costly activation fills the vector unit: "
                          "hard-swish or relu",
    [ADVICE_DEPTHWISE] = "depthwise runs on the vector unit: fused MBConv or "
                         "a dense convolution",
    [ADVICE_CHANNELS] = "few input channels leave the matrix unit empty: "
                        "space-to-depth",
    [ADVICE_FEW_ROWS] = "few output positions leave the matrix unit empty: a "
                        "larger batch",
    [ADVICE_FEW_OUTPUTS] = "few output channels leave the matrix unit empty: "
                           "more channels, or a fused MBConv",
    [ADVICE_WEIGHTS] = "weights are most of its traffic: a larger batch, or a "
                       "narrower type",
    [ADVICE_TRAFFIC] = "activations are most of its traffic: fuse with the "
                       "neighbours, or a narrower type",
};

static advice_t advise_matrix(const tess_target_t *target,
                              const tess_kernel_t *kernel) {
  fill_t fill = array_fill(target, kernel);
  const double half = 0.5;
  if (fill.k < half && fill.k <= fill.m && fill.k <= fill.n &&
      kernel->kind == TESS_KERNEL_CONV && kernel->window[0] > 1)
    return ADVICE_CHANNELS;
  if (fill.m < half && fill.m <= fill.n)
    return ADVICE_FEW_ROWS;
  return fill.n < half ? ADVICE_FEW_OUTPUTS : ADVICE_NONE;
}

/* Whether a product of this type runs on the vector unit. No rewrite moves it
 * to the matrix unit then. */
static bool lacks_type(const tess_target_t *target,
                       const tess_kernel_t *kernel) {
  return kernel->macs > 0 && kernel->in_type >= 0 &&
         kernel->in_type < TESS_DTYPE_COUNT &&
         target->matrix_macs_per_s[kernel->in_type] == 0;
}

static advice_t advise_vector(const tess_target_t *target,
                              const tess_kernel_t *kernel) {
  if (lacks_type(target, kernel))
    return ADVICE_TYPE;
  if (kernel->kind == TESS_KERNEL_DEPTHWISE)
    return ADVICE_DEPTHWISE;
  if (costly_share(target, kernel) > 0.5)
    return ADVICE_ACTIVATION;
  return is_product(kernel) ? ADVICE_NONE : ADVICE_SEPARATE;
}

static advice_t advise_memory(const tess_kernel_t *kernel) {
  if (kernel->kind == TESS_KERNEL_MOVEMENT)
    return ADVICE_MOVEMENT;
  if (kernel->kind == TESS_KERNEL_ELEMENTWISE ||
      kernel->kind == TESS_KERNEL_REDUCTION)
    return ADVICE_SEPARATE;
  double activations = (double)kernel->read_bytes + (double)kernel->write_bytes;
  return (double)kernel->weight_bytes > activations ? ADVICE_WEIGHTS
                                                    : ADVICE_TRAFFIC;
}

static advice_t advise(const tess_target_t *target, const tess_kernel_t *kernel,
                       const tess_cost_t *cost) {
  if (kernel->kind == TESS_KERNEL_UNKNOWN)
    return ADVICE_UNKNOWN;
  switch (cost->bound) {
  case TESS_BOUND_OVERHEAD:
    return ADVICE_OVERHEAD;
  case TESS_BOUND_MATRIX:
    return advise_matrix(target, kernel);
  case TESS_BOUND_VECTOR:
    return advise_vector(target, kernel);
  case TESS_BOUND_MEMORY:
    return advise_memory(kernel);
  }
  return ADVICE_NONE;
}

const char *tess_explain_advice(const tess_target_t *target,
                                const tess_kernel_t *kernel,
                                const tess_cost_t *cost) {
  return clauses[advise(target, kernel, cost)];
}

static void add_traffic(const tess_kernel_t *kernel, tess_text_t *out) {
  char read[TESS_NUMBER_CHARS], weights[TESS_NUMBER_CHARS],
      written[TESS_NUMBER_CHARS];
  tess_text_add(out, "reads %s, weights %s, writes %s",
                tess_format_bytes(read, (double)kernel->read_bytes),
                tess_format_bytes(weights, (double)kernel->weight_bytes),
                tess_format_bytes(written, (double)kernel->write_bytes));
}

/* "f32; the matrix unit has bf16, i8" */
static void add_types(const tess_target_t *target, const tess_kernel_t *kernel,
                      tess_text_t *out) {
  const char *separator = " ";
  tess_text_add(out, "%s; the matrix unit has",
                tess_dtype_name((tess_dtype_t)kernel->in_type));
  for (int i = 0; i < TESS_DTYPE_COUNT; i++)
    if (target->matrix_macs_per_s[i] > 0) {
      tess_text_add(out, "%s%s", separator, tess_dtype_name((tess_dtype_t)i));
      separator = ", ";
    }
}

void tess_explain_evidence(const tess_target_t *target,
                           const tess_kernel_t *kernel, const tess_cost_t *cost,
                           tess_text_t *out) {
  fill_t fill = is_product(kernel) ? array_fill(target, kernel) : (fill_t){0};
  char number[TESS_NUMBER_CHARS];
  switch (advise(target, kernel, cost)) {
  case ADVICE_CHANNELS:
    tess_text_add(
        out, "%lld input channels fill %.0f%% of the K blocks of %lld",
        (long long)kernel->in_channels, 100 * fill.k, (long long)target->pad_k);
    break;
  case ADVICE_FEW_ROWS:
    tess_text_add(out, "%lld rows fill %.0f%% of the M blocks of %lld",
                  (long long)kernel->m, 100 * fill.m, (long long)target->pad_m);
    break;
  case ADVICE_FEW_OUTPUTS:
    tess_text_add(out, "%lld columns fill %.0f%% of the N blocks of %lld",
                  (long long)kernel->n, 100 * fill.n, (long long)target->pad_n);
    break;
  case ADVICE_ACTIVATION:
    tess_text_add(out, "%.0f%% of the vector work is exp, div and the like",
                  100 * costly_share(target, kernel));
    break;
  case ADVICE_OVERHEAD:
    tess_text_add(
        out, "%s of launch and drain are %.0f%% of its time",
        tess_format_time(number, cost->overhead_ns),
        cost->latency_ns > 0 ? 100 * cost->overhead_ns / cost->latency_ns : 0);
    break;
  case ADVICE_DEPTHWISE:
    tess_text_add(out, "%s multiply-accumulates off the matrix unit",
                  tess_format_count(number, (double)kernel->macs));
    break;
  case ADVICE_TYPE:
    add_types(target, kernel, out);
    break;
  case ADVICE_NONE:
    break;
  default:
    add_traffic(kernel, out);
  }
}
