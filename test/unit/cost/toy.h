/* A target with round numbers, and random kernels, for the tests of cost. */
#ifndef TESSERA_TEST_UNIT_COST_TOY_H
#define TESSERA_TEST_UNIT_COST_TOY_H

#include "check.h"
#include "tessera/base/random.h"
#include "tessera/cost/cost.h"

/* 1000 multiply-accumulates a ns in bf16, 100 in f32, none in int8; padding
 * to 8 x 128 x 128. */
static inline tess_target_t toy_target(tess_target_class_t target_class) {
  tess_target_t target = {.name = "toy",
                          .title = "toy",
                          .target_class = target_class,
                          .chip_cores = 1,
                          .program_cores = 1,
                          .clock_hz = 1e9,
                          .pad_m = 8,
                          .pad_n = 128,
                          .pad_k = 128,
                          .pad_channels = 8,
                          .matrix_efficiency = 0.5,
                          .memory_bytes_per_s = 100e9,
                          .memory_bytes = (int64_t)1 << 34,
                          .onchip_bytes_per_s = 1000e9,
                          .onchip_bytes = 1 << 24,
                          .kernel_overhead_ns = 10.0,
                          .program_overhead_ns = 1000.0};
  target.matrix_macs_per_s[TESS_BF16] = 1000e9;
  target.matrix_macs_per_s[TESS_F32] = 100e9;
  target.vector_ops_per_s[TESS_F32] = 20e9;
  target.vector_ops_per_s[TESS_BF16] = 40e9;
  target.depthwise_macs_per_s[TESS_F32] = 5e9;
  for (int i = 0; i < TESS_VECTOR_OP_COUNT; i++)
    target.vector_cost[i] = 1.0 + i;
  return target;
}

static inline tess_kernel_t toy_product(tess_dtype_t type, int64_t batch,
                                        int64_t m, int64_t n, int64_t k) {
  int64_t bytes = tess_dtype_bytes(type);
  return (tess_kernel_t){.kind = TESS_KERNEL_MATMUL,
                         .in_type = (int32_t)type,
                         .weight_type = (int32_t)type,
                         .out_type = (int32_t)type,
                         .batch = batch,
                         .m = m,
                         .n = n,
                         .k = k,
                         .macs = batch * m * n * k,
                         .out_elements = batch * m * n,
                         .read_bytes = batch * m * k * bytes,
                         .weight_bytes = batch * k * n * bytes,
                         .write_bytes = batch * m * n * bytes};
}

/* Two spatial dimensions, `edge` square, "same" padding, stride 1. Depthwise
 * if groups = channels in and out. */
static inline tess_kernel_t toy_convolution(tess_dtype_t type, int64_t batch,
                                            int64_t edge, int64_t window,
                                            int64_t in, int64_t out,
                                            int64_t groups) {
  int64_t bytes = tess_dtype_bytes(type), pixels = batch * edge * edge;
  int64_t taps = window * window;
  return (tess_kernel_t){.kind = groups > 1 && groups == in
                                     ? TESS_KERNEL_DEPTHWISE
                                     : TESS_KERNEL_CONV,
                         .in_type = (int32_t)type,
                         .weight_type = (int32_t)type,
                         .out_type = (int32_t)type,
                         .layout = TESS_LAYOUT_NHWC,
                         .spatial_rank = 2,
                         .batch = batch,
                         .groups = groups,
                         .in_channels = in,
                         .out_channels = out,
                         .in_size = {edge, edge},
                         .out_size = {edge, edge},
                         .window = {window, window},
                         .stride = {1, 1},
                         .dilation = {1, 1},
                         .pad_low = {window / 2, window / 2},
                         .pad_high = {(window - 1) / 2, (window - 1) / 2},
                         .m = pixels,
                         .n = out / groups,
                         .k = taps * (in / groups),
                         .macs = pixels * out * taps * (in / groups),
                         .out_elements = pixels * out,
                         .read_bytes = pixels * in * bytes,
                         .weight_bytes = taps * (in / groups) * out * bytes,
                         .write_bytes = pixels * out * bytes};
}

static inline int64_t toy_between(tess_random_t *random, int64_t low,
                                  int64_t high) {
  return low + (int64_t)tess_random_below(random, (uint64_t)(high - low + 1));
}

/* Any kind, from tiny to large, with some element-wise work fused. */
static inline tess_kernel_t toy_random_kernel(tess_random_t *random) {
  static const tess_dtype_t types[] = {TESS_F32, TESS_BF16, TESS_I8, TESS_F16};
  tess_dtype_t type = types[toy_between(random, 0, 3)];
  int64_t size = (int64_t)1 << toy_between(random, 0, 9);
  int64_t a = toy_between(random, 1, size), b = toy_between(random, 1, size);
  int64_t groups = toy_between(random, 1, 8), kind = toy_between(random, 0, 4);
  tess_kernel_t kernel;
  if (kind == 0)
    kernel = toy_product(type, toy_between(random, 1, 4),
                         toy_between(random, 1, size), a, b);
  else if (kind == 1)
    kernel = toy_convolution(type, toy_between(random, 1, 4),
                             toy_between(random, 1, 56),
                             toy_between(random, 1, 7), a, b, 1);
  else if (kind == 2)
    kernel = toy_convolution(type, 1, toy_between(random, 1, 56),
                             toy_between(random, 1, 7), groups * a * 2,
                             groups * b, groups);
  else if (kind == 3)
    kernel = toy_convolution(type, 1, toy_between(random, 1, 56),
                             toy_between(random, 1, 7), a, a, a);
  else
    kernel =
        (tess_kernel_t){.kind = (int32_t)toy_between(
                            random, TESS_KERNEL_REDUCTION, TESS_KERNEL_UNKNOWN),
                        .in_type = (int32_t)type,
                        .out_type = (int32_t)type,
                        .read_bytes = toy_between(random, 0, 1 << 20),
                        .write_bytes = toy_between(random, 0, 1 << 20)};
  for (int i = 0; i < TESS_VECTOR_OP_COUNT; i++)
    if (tess_random_below(random, 3) == 0)
      kernel.vector_ops[i] = toy_between(random, 0, 1 << 20);
  return kernel;
}

/* What the roofline says of one kernel. */
static inline tess_cost_t toy_roofline(const tess_target_t *target,
                                       const tess_kernel_t *kernel) {
  tess_cost_model_t *model = NULL;
  tess_cost_t cost = {0};
  tess_cost_query_t query = {.kernel = kernel};
  CHECK_OK(tess_cost_model_create("roofline", target, &model));
  model->vtable->estimate(model, 1, &query, &cost);
  tess_cost_model_destroy(model);
  return cost;
}

#endif
