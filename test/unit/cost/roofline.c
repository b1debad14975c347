/* The roofline against numbers worked out by hand on a target of round numbers,
 * and as the lower bound that it claims to be. */
#include "check.h"
#include "toy.h"

/* 100 x 200 x 300: K pads to 384. As it stands 104 rows pass 256 columns,
 * exchanged 200 rows pass 128: the second is less, 384 * 200 * 128. At 500
 * multiply-accumulates a ns that is 19,660.8 ns. */
static void test_product(void) {
  tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_kernel_t kernel = toy_product(TESS_BF16, 1, 100, 200, 300);
  tess_cost_t cost = toy_roofline(&target, &kernel);
  CHECK_NEAR(cost.matrix_ns, 19660.8, 1e-12);
  CHECK_NEAR(cost.vector_ns, 0.0, 0.0);
  CHECK_EQ(cost.bytes, 2 * (100 * 300 + 300 * 200 + 100 * 200));
  CHECK_NEAR(cost.memory_ns, 2200.0, 1e-12);
  CHECK_NEAR(cost.overhead_ns, 10.0, 0.0);
  CHECK_NEAR(cost.latency_ns, 19670.8, 1e-12);
  CHECK_NEAR(cost.utilisation, 6000.0 / 19670.8, 1e-12);
  CHECK_EQ(cost.bound, TESS_BOUND_MATRIX);
  CHECK(cost.feasible && !cost.reason);

  /* Four of them, one after the other. */
  kernel = toy_product(TESS_BF16, 4, 100, 200, 300);
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, 4 * 19660.8, 1e-12);

  /* 1 x 10 x 10: 8 rows pass one 128 x 128 block; exchanging would need 128
   * rows. 8 * 128 * 128 / 500 = 262.144 ns. */
  kernel = toy_product(TESS_BF16, 1, 1, 10, 10);
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, 262.144, 1e-12);
}

/* 2 images of 4 x 4, 3x3 window, 3 -> 32 channels: 32 rows; 9 * 8 = 72 deep,
 * padded to 128; 32 columns to 128. 32 * 128 * 128 / 500 = 1,048.576 ns. */
static void test_convolution(void) {
  tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_kernel_t kernel = toy_convolution(TESS_BF16, 2, 4, 3, 3, 32, 1);
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, 1048.576, 1e-12);

  /* In 3 groups of 5 channels, which pad to 8, each group is such a product. */
  kernel = toy_convolution(TESS_BF16, 2, 4, 3, 15, 48, 3);
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, 3 * 1048.576, 1e-12);

  /* 14 channels count as 16: 9 * 16 = 144 deep, padded to 256, where
   * 9 * 14 = 126 would have fitted into 128. */
  kernel = toy_convolution(TESS_BF16, 2, 4, 3, 14, 48, 1);
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, 2 * 1048.576, 1e-12);
}

/* 1 image of 10 x 10, one tap, 128 -> 128 channels: 104 rows by 128 x 128 at
 * 500 a ns. A target that says so runs it at a twentieth with a stride, in
 * either dimension, and neither without one nor with more taps. */
static void test_strided_pointwise(void) {
  tess_target_t target = toy_target(TESS_CLASS_CPU);
  tess_kernel_t kernel = toy_convolution(TESS_BF16, 1, 10, 1, 128, 128, 1);
  const double plain = 3407.872;
  kernel.stride[1] = 2;
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, plain, 1e-12);
  target.matrix_strided_pointwise = 0.05;
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, 20 * plain, 1e-12);
  kernel.stride[0] = 3;
  kernel.stride[1] = 1;
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, 20 * plain, 1e-12);
  kernel.stride[0] = 1;
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, plain, 1e-12);
  kernel = toy_convolution(TESS_BF16, 1, 10, 3, 128, 128, 1);
  const double taps = toy_roofline(&target, &kernel).matrix_ns;
  kernel.stride[0] = kernel.stride[1] = 2;
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, taps, 1e-12);
}

/* 64 channels of 10 x 10 with 25 taps: 160,000 multiply-accumulates at 5 a ns
 * (bf16 has no rate and takes f32's) = 32,000 ns, and 3 kinds of fused work:
 * 1000 simple, 500 divisions (2) and 100 exponentials (3): 2300 operations at
 * 40 a ns = 57.5 ns. */
static void test_depthwise(void) {
  tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_kernel_t kernel = toy_convolution(TESS_BF16, 1, 10, 5, 64, 64, 64);
  kernel.vector_ops[TESS_VECTOR_SIMPLE] = 1000;
  kernel.vector_ops[TESS_VECTOR_DIV] = 500;
  kernel.vector_ops[TESS_VECTOR_EXP] = 100;
  tess_cost_t cost = toy_roofline(&target, &kernel);
  CHECK_NEAR(cost.matrix_ns, 0.0, 0.0);
  CHECK_NEAR(cost.vector_ns, 32057.5, 1e-12);
  CHECK_EQ(cost.bound, TESS_BOUND_VECTOR);
  CHECK_NEAR(cost.utilisation, 160.0 / 32067.5, 1e-12);
}

/* int8 has no matrix rate here, so its product runs on the vector unit. */
static void test_no_matrix_rate(void) {
  tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_kernel_t kernel = toy_product(TESS_I8, 1, 10, 10, 10);
  tess_cost_t cost = toy_roofline(&target, &kernel);
  CHECK_NEAR(cost.matrix_ns, 0.0, 0.0);
  CHECK_NEAR(cost.vector_ns, 200.0, 1e-12);
  target.depthwise_macs_per_s[TESS_F32] = 0.0;
  CHECK_NEAR(toy_roofline(&target, &kernel).vector_ns, 50.0, 1e-12);
}

static void test_memory_and_unknown(void) {
  tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_kernel_t kernel = {.kind = TESS_KERNEL_UNKNOWN,
                          .in_type = TESS_OTHER,
                          .read_bytes = 60000,
                          .weight_bytes = 30000,
                          .write_bytes = 10000};
  tess_cost_t cost = toy_roofline(&target, &kernel);
  CHECK_NEAR(cost.memory_ns, 1000.0, 1e-12);
  CHECK_NEAR(cost.latency_ns, 1010.0, 1e-12);
  CHECK_EQ(cost.bound, TESS_BOUND_MEMORY);
  kernel = (tess_kernel_t){.kind = TESS_KERNEL_MOVEMENT};
  cost = toy_roofline(&target, &kernel);
  CHECK_NEAR(cost.latency_ns, 10.0, 0.0);
  CHECK_EQ(cost.bound, TESS_BOUND_OVERHEAD);
}

/* 60 kB in, 10 kB out and 30 kB of weights at 100 B/ns of memory: 1000 ns. Kept
 * on the chip at 1000 B/ns the 70 kB take 70, so the weights' 300 count; at 140
 * B/ns 500 do. */
static void test_kept_activations(void) {
  tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_kernel_t kernel = {.kind = TESS_KERNEL_UNKNOWN,
                          .in_type = TESS_OTHER,
                          .read_bytes = 60000,
                          .weight_bytes = 30000,
                          .write_bytes = 10000};
  CHECK_NEAR(toy_roofline(&target, &kernel).memory_ns, 1000.0, 1e-12);
  target.keeps_activations = true;
  CHECK_NEAR(toy_roofline(&target, &kernel).memory_ns, 300.0, 1e-12);
  CHECK_EQ(toy_roofline(&target, &kernel).bytes, 100000);
  target.onchip_bytes_per_s = 140e9;
  CHECK_NEAR(toy_roofline(&target, &kernel).memory_ns, 500.0, 1e-12);
  target.onchip_bytes = 69999;
  CHECK_NEAR(toy_roofline(&target, &kernel).memory_ns, 1000.0, 1e-12);
  target.cmem_bytes = 70000;
  target.cmem_bytes_per_s = 175e9;
  CHECK_NEAR(toy_roofline(&target, &kernel).memory_ns, 400.0, 1e-12);
}

/* The CPU's matrix unit is its vector unit: the times add. */
static void test_cpu(void) {
  tess_target_t target = toy_target(TESS_CLASS_CPU);
  tess_kernel_t kernel = toy_product(TESS_BF16, 1, 1, 10, 10);
  kernel.vector_ops[TESS_VECTOR_SIMPLE] = 4000;
  tess_cost_t cost = toy_roofline(&target, &kernel);
  CHECK_NEAR(cost.latency_ns, 262.144 + 100.0 + 10.0, 1e-12);
  target.target_class = TESS_CLASS_MXU;
  CHECK_NEAR(toy_roofline(&target, &kernel).latency_ns, 272.144, 1e-12);
}

static void test_does_not_fit(void) {
  tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_kernel_t kernel = toy_product(TESS_BF16, 1, 100, 200, 300);
  target.memory_bytes = 220000;
  CHECK(toy_roofline(&target, &kernel).feasible);
  target.memory_bytes = 219999;
  tess_cost_t cost = toy_roofline(&target, &kernel);
  CHECK(!cost.feasible && cost.reason && strstr(cost.reason, "memory"));
}

/* A kernel that says it has more arithmetic than its dimensions is believed,
 * and a rate next to nothing still gives a number. */
static void test_odd_numbers(void) {
  tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_kernel_t kernel = toy_product(TESS_BF16, 1, 1, 10, 10);
  kernel.macs = 5000000;
  CHECK_NEAR(toy_roofline(&target, &kernel).matrix_ns, 10000.0, 1e-12);
  target.memory_bytes_per_s = 1e-300;
  CHECK(isfinite(toy_roofline(&target, &kernel).latency_ns));
}

/* No kernel is faster than its arithmetic at the peak or its bytes at full
 * bandwidth. */
static void test_lower_bounds(tess_target_class_t target_class) {
  tess_target_t target = toy_target(target_class);
  tess_random_t random = tess_random_make(11, (uint64_t)target_class);
  for (int i = 0; i < 10000; i++) {
    tess_kernel_t kernel = toy_random_kernel(&random);
    tess_cost_t cost = toy_roofline(&target, &kernel);
    double bytes =
        (double)(kernel.read_bytes + kernel.weight_bytes + kernel.write_bytes);
    double peak = target.matrix_macs_per_s[kernel.in_type];
    if (peak > 0.0)
      CHECK(cost.latency_ns >= (double)kernel.macs / peak * 1e9);
    CHECK(cost.latency_ns >= bytes / target.memory_bytes_per_s * 1e9);
    CHECK(cost.utilisation >= 0.0 && cost.utilisation <= 1.0);
  }
}

int main(void) {
  test_product();
  test_convolution();
  test_strided_pointwise();
  test_depthwise();
  test_no_matrix_rate();
  test_memory_and_unknown();
  test_kept_activations();
  test_cpu();
  test_does_not_fit();
  test_odd_numbers();
  test_lower_bounds(TESS_CLASS_MXU);
  test_lower_bounds(TESS_CLASS_CPU);
  return tess_check_result();
}
