/* Convolutions with the channels first where the compiler keeps that layout:
 * by hand, and against a real compiler's times. */
#include "../../../lib/cost/work.h"
#include "../check.h"
#include "tessera/cost/cost.h"
#include <string.h>

static tess_kernel_t convolution(int64_t size, int64_t in, int64_t out,
                                 int64_t window, int64_t stride,
                                 tess_layout_t layout) {
  bool depthwise = out == 0;
  int64_t side = (size - window) / stride + 1;
  tess_kernel_t kernel = {.kind = depthwise ? TESS_KERNEL_DEPTHWISE
                                            : TESS_KERNEL_CONV,
                          .in_type = TESS_F32,
                          .weight_type = TESS_F32,
                          .out_type = TESS_F32,
                          .layout = layout,
                          .spatial_rank = 2,
                          .batch = 1,
                          .groups = depthwise ? in : 1,
                          .in_channels = in,
                          .out_channels = depthwise ? in : out,
                          .in_size = {size, size},
                          .out_size = {side, side},
                          .window = {window, window},
                          .stride = {stride, stride},
                          .dilation = {1, 1},
                          .m = side * side,
                          .n = depthwise ? 1 : out,
                          .k = window * window * (depthwise ? 1 : in)};
  kernel.macs = side * side * window * window * in * (depthwise ? 1 : out);
  kernel.read_bytes = 4 * size * size * in;
  kernel.weight_bytes = 4 * window * window * in * (depthwise ? 1 : out);
  kernel.write_bytes = 4 * side * side * kernel.out_channels;
  return kernel;
}

static tess_cost_t roofline(const tess_target_t *target,
                            const tess_kernel_t *kernel) {
  tess_cost_model_t *model;
  tess_cost_t cost;
  const tess_cost_query_t query = {.kernel = kernel};
  CHECK_OK(tess_cost_model_create("roofline", target, &model));
  model->vtable->estimate(model, 1, &query, &cost);
  tess_cost_model_destroy(model);
  return cost;
}

/* Each fraction divides the rate of its own kind, of that layout alone, and not
 * where there is a single place, as in a squeeze-and-excite block. */
static void test_fractions(const tess_target_t *cpu) {
  tess_target_t target = *cpu;
  target.matrix_channels_first = 0.5;
  target.depthwise_channels_first = 0.125;
  for (int depthwise = 0; depthwise < 2; depthwise++) {
    int64_t out = depthwise ? 0 : 64;
    const tess_kernel_t last = convolution(8, 32, out, 3, 1, TESS_LAYOUT_NHWC);
    const tess_kernel_t first = convolution(8, 32, out, 3, 1, TESS_LAYOUT_NCHW);
    const tess_kernel_t one = convolution(1, 32, out, 1, 1, TESS_LAYOUT_NCHW);
    const tess_kernel_t same = convolution(1, 32, out, 1, 1, TESS_LAYOUT_NHWC);
    double factor = depthwise ? 8 : 2;
    tess_cost_t a = roofline(&target, &last), b = roofline(&target, &first);
    CHECK_NEAR(b.matrix_ns + b.vector_ns, factor * (a.matrix_ns + a.vector_ns),
               1e-12);
    CHECK_NEAR(roofline(&target, &one).latency_ns,
               roofline(&target, &same).latency_ns, 0);
    CHECK_NEAR(roofline(cpu, &last).latency_ns, a.latency_ns, 0);
  }
  target.matrix_channels_first = target.depthwise_channels_first = 0;
  const tess_kernel_t last = convolution(8, 32, 64, 3, 1, TESS_LAYOUT_NHWC);
  const tess_kernel_t first = convolution(8, 32, 64, 3, 1, TESS_LAYOUT_NCHW);
  CHECK_NEAR(roofline(&target, &first).latency_ns,
             roofline(&target, &last).latency_ns, 0);
}

/* Milliseconds of IREE 3.13 (llvm-cpu, -O3) on one AVX-512 core of 134 G
 * multiply-accumulates a second, the best of five runs: channels first, last.
 */
static const struct {
  int64_t size, in, out, window, stride; /* out 0: depthwise */
  double first_ms, last_ms;
} measured[] = {
    {112, 32, 16, 1, 1, 0.329, 0.078},  {56, 24, 144, 1, 1, 0.450, 0.122},
    {28, 40, 240, 1, 1, 0.570, 0.113},  {14, 112, 672, 1, 1, 1.670, 0.245},
    {14, 672, 112, 1, 1, 1.500, 0.243}, {7, 1152, 320, 1, 1, 0.693, 0.382},
    {58, 64, 64, 3, 1, 2.420, 1.030},   {30, 128, 128, 3, 1, 2.680, 1.140},
    {16, 256, 256, 3, 1, 2.520, 1.620}, {9, 512, 512, 3, 1, 2.970, 2.480},
    {226, 3, 32, 3, 2, 1.220, 0.125},   {230, 3, 64, 7, 2, 12.400, 1.120},
    {114, 32, 0, 3, 1, 1.910, 0.060},   {60, 144, 0, 5, 1, 5.070, 0.151},
    {30, 240, 0, 3, 1, 0.918, 0.031},   {18, 672, 0, 5, 1, 1.260, 0.046},
    {9, 1152, 0, 3, 1, 0.184, 0.009},   {113, 96, 0, 3, 2, 2.360, 0.105},
    {31, 240, 0, 5, 2, 0.415, 0.020},
};

/* No time is below the bound, in either layout; and with them the channels
 * first are slower in every case, as the compiler has it. */
static void test_measured(const tess_target_t *cpu) {
  tess_target_t target = *cpu;
  target.matrix_macs_per_s[TESS_F32] = 134e9;
  target.depthwise_macs_per_s[TESS_F32] = 134e9;
  target.vector_ops_per_s[TESS_F32] = 134e9;
  for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
    const tess_kernel_t first =
        convolution(measured[i].size, measured[i].in, measured[i].out,
                    measured[i].window, measured[i].stride, TESS_LAYOUT_NCHW);
    const tess_kernel_t last =
        convolution(measured[i].size, measured[i].in, measured[i].out,
                    measured[i].window, measured[i].stride, TESS_LAYOUT_NHWC);
    tess_cost_t a = roofline(&target, &first), b = roofline(&target, &last);
    double slow = a.matrix_ns + a.vector_ns, fast = b.matrix_ns + b.vector_ns;
    CHECK(slow <= 1e6 * measured[i].first_ms);
    CHECK(fast <= 1e6 * measured[i].last_ms);
    CHECK(slow > fast && measured[i].first_ms > measured[i].last_ms);
    if (slow > 1e6 * measured[i].first_ms || fast > 1e6 * measured[i].last_ms)
      fprintf(stderr, "  row %zu: %g of %g ms, %g of %g\n", i, slow * 1e-6,
              measured[i].first_ms, fast * 1e-6, measured[i].last_ms);
  }
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *cpu;
  CHECK_OK(tess_target_load(&arena, "cpu-avx512", &cpu, NULL, NULL));
  test_fractions(cpu);
  test_measured(cpu);
  tess_arena_free(&arena);
  return tess_check_result();
}
