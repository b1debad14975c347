/* Padded products, rates and bytes of a kernel on a target. */
#include "work.h"
#include "tessera/base/checked.h"
#include <math.h>

/* Finite, and far enough from the end of double that sums of it stay so. */
#define GREATEST_NS 1e290

static bool is_type(int32_t type) {
  return type >= 0 && type < TESS_DTYPE_COUNT;
}

static double rate_of(const double *rates, int32_t type) {
  return is_type(type) ? rates[type] : 0.0;
}

static double round_up(double value, int64_t step) {
  double by = step > 1 ? (double)step : 1.0;
  return ceil(value / by) * by;
}

int64_t tess_work_bytes(const tess_kernel_t *kernel) {
  int64_t sum;
  if (!tess_add_i64(kernel->read_bytes, kernel->weight_bytes, &sum) ||
      !tess_add_i64(sum, kernel->write_bytes, &sum))
    return INT64_MAX;
  return sum;
}

/* One m x k by k x n product: the k x n block stands in the array, m rows pass
 * through it. The compiler may exchange the operands; then m x k stands and n
 * rows pass, but never fewer than the array's edge, since the next block is
 * loaded row by row meanwhile. */
static double padded_product(const tess_target_t *target, double m, double n,
                             double k) {
  double depth = round_up(k, target->pad_k);
  double as_is = round_up(m, target->pad_m) * round_up(n, target->pad_n);
  double rows =
      n > 0.0 ? fmax(round_up(n, target->pad_m), round_up(1.0, target->pad_n))
              : 0.0;
  double exchanged = round_up(m, target->pad_n) * rows;
  return depth * fmin(as_is, exchanged);
}

static double padded_convolution(const tess_target_t *target,
                                 const tess_kernel_t *kernel) {
  double groups = kernel->groups > 1 ? (double)kernel->groups : 1.0;
  double taps = 1.0;
  for (int i = 0; i < kernel->spatial_rank && i < 3; i++)
    taps *= (double)kernel->window[i];
  double channels =
      round_up((double)kernel->in_channels / groups, target->pad_channels);
  return groups * padded_product(target, (double)kernel->m,
                                 (double)kernel->out_channels / groups,
                                 taps * channels);
}

double tess_work_padded_macs(const tess_target_t *target,
                             const tess_kernel_t *kernel) {
  double padded = 0.0;
  if (kernel->kind == TESS_KERNEL_CONV)
    padded = padded_convolution(target, kernel);
  else if (kernel->kind == TESS_KERNEL_MATMUL)
    padded = (double)kernel->batch * padded_product(target, (double)kernel->m,
                                                    (double)kernel->n,
                                                    (double)kernel->k);
  return fmax(padded, (double)kernel->macs);
}

/* A convolution that skips some of its data: one tap, with a stride. */
static bool is_strided_pointwise(const tess_kernel_t *kernel) {
  bool strided = false;
  for (int i = 0; i < kernel->spatial_rank && i < 3; i++) {
    if (kernel->window[i] != 1)
      return false;
    strided = strided || kernel->stride[i] > 1;
  }
  return kernel->kind == TESS_KERNEL_CONV && strided;
}

/* Part of a rate that is left for data with its channels first. Where nothing
 * lies beside the channels, both layouts are the same. */
static double of_layout(const tess_kernel_t *kernel, double channels_first) {
  bool space = false;
  for (int i = 0; i < kernel->spatial_rank && i < 3; i++)
    space = space || kernel->in_size[i] > 1 || kernel->out_size[i] > 1;
  return kernel->layout == TESS_LAYOUT_NCHW && space && channels_first > 0.0
             ? channels_first
             : 1.0;
}

double tess_work_matrix_rate(const tess_target_t *target,
                             const tess_kernel_t *kernel) {
  if (kernel->kind != TESS_KERNEL_CONV && kernel->kind != TESS_KERNEL_MATMUL)
    return 0.0;
  double rate = rate_of(target->matrix_macs_per_s, kernel->in_type) *
                target->matrix_efficiency;
  if (target->matrix_strided_pointwise > 0.0 && is_strided_pointwise(kernel))
    rate *= target->matrix_strided_pointwise;
  return rate * of_layout(kernel, target->matrix_channels_first);
}

double tess_work_vector_rate(const tess_target_t *target,
                             const tess_kernel_t *kernel) {
  double rate = fmax(rate_of(target->vector_ops_per_s, kernel->in_type),
                     rate_of(target->vector_ops_per_s, kernel->out_type));
  return rate > 0.0 ? rate : target->vector_ops_per_s[TESS_F32];
}

double tess_work_vector_mac_rate(const tess_target_t *target,
                                 const tess_kernel_t *kernel) {
  double rate = rate_of(target->depthwise_macs_per_s, kernel->in_type);
  if (!(rate > 0.0))
    rate = target->depthwise_macs_per_s[TESS_F32];
  if (!(rate > 0.0))
    rate = tess_work_vector_rate(target, kernel);
  return rate * of_layout(kernel, kernel->kind == TESS_KERNEL_DEPTHWISE
                                      ? target->depthwise_channels_first
                                      : target->matrix_channels_first);
}

double tess_work_vector_ops(const tess_target_t *target,
                            const tess_kernel_t *kernel) {
  double ops = 0.0;
  for (int i = 0; i < TESS_VECTOR_OP_COUNT; i++)
    ops += (double)kernel->vector_ops[i] * target->vector_cost[i];
  return ops;
}

double tess_work_ns(double amount, double per_s) {
  if (!(amount > 0.0))
    return 0.0;
  return per_s > 0.0 ? fmin(amount / per_s * 1e9, GREATEST_NS) : GREATEST_NS;
}

double tess_work_memory_ns(const tess_target_t *target,
                           const tess_kernel_t *kernel) {
  const bool cmem = target->cmem_bytes > 0;
  const double room =
      (double)(cmem ? target->cmem_bytes : target->onchip_bytes);
  const double activations =
      (double)kernel->read_bytes + (double)kernel->write_bytes;
  if (!target->keeps_activations || activations > room)
    return tess_work_ns((double)tess_work_bytes(kernel),
                        target->memory_bytes_per_s);
  return fmax(
      tess_work_ns(activations, cmem ? target->cmem_bytes_per_s
                                     : target->onchip_bytes_per_s),
      tess_work_ns((double)kernel->weight_bytes, target->memory_bytes_per_s));
}

double tess_work_useful_ns(const tess_target_t *target,
                           const tess_kernel_t *kernel) {
  double peak = rate_of(target->matrix_macs_per_s, kernel->in_type);
  if (!(peak > 0.0))
    peak = target->matrix_macs_per_s[TESS_F32];
  return peak > 0.0 ? tess_work_ns((double)kernel->macs, peak) : 0.0;
}
