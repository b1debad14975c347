/* Totals: sums, the program's overhead, and utilisation over all of it. */
#include "check.h"
#include "toy.h"

static void test_sums(void) {
  const tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_kernel_t kernels[] = {toy_product(TESS_BF16, 1, 100, 200, 300),
                             toy_convolution(TESS_BF16, 1, 10, 5, 64, 64, 64),
                             {.kind = TESS_KERNEL_MOVEMENT}};
  tess_cost_total_t total;
  double latency_ns = target.program_overhead_ns, bound_ns = 0.0;
  tess_cost_model_t *model = NULL;
  CHECK_OK(tess_cost_model_create("roofline", &target, &model));
  tess_cost_total_begin(&total, &target);
  for (size_t i = 0; i < 3; i++) {
    tess_cost_query_t query = {.kernel = &kernels[i]};
    tess_cost_t cost;
    model->vtable->estimate(model, 1, &query, &cost);
    tess_cost_total_add(&total, &target, &kernels[i], &cost);
    latency_ns += cost.latency_ns;
  }
  tess_cost_total_end(&total, &target);
  for (int i = 0; i < 4; i++)
    bound_ns += total.bound_ns[i];
  CHECK_NEAR(total.latency_ns, latency_ns, 1e-12);
  CHECK_NEAR(bound_ns + target.program_overhead_ns, latency_ns, 1e-12);
  CHECK_NEAR(total.overhead_ns, 1030.0, 1e-12);
  CHECK_NEAR(total.bound_ns[TESS_BOUND_OVERHEAD], 10.0, 1e-12);
  CHECK_EQ(total.macs, 6000000 + 160000);
  CHECK_EQ(total.kernel_count, 3);
  CHECK_EQ(total.infeasible_count, 0);
  CHECK_NEAR(total.utilisation, 6160.0 / latency_ns, 1e-12);
  tess_cost_model_destroy(model);
}

static void test_edges(void) {
  tess_target_t target = toy_target(TESS_CLASS_MXU);
  target.program_overhead_ns = 0.0;
  tess_cost_total_t total;
  tess_cost_total_begin(&total, &target);
  tess_cost_total_end(&total, &target);
  CHECK(total.utilisation == 0.0 && total.latency_ns == 0.0);

  const tess_kernel_t kernel = {.macs = INT64_MAX};
  const tess_cost_t cost = {.latency_ns = 1.0, .bytes = INT64_MAX};
  tess_cost_total_add(&total, &target, &kernel, &cost);
  tess_cost_total_add(&total, &target, &kernel, &cost);
  tess_cost_total_end(&total, &target);
  CHECK_EQ(total.bytes, INT64_MAX);
  CHECK_EQ(total.macs, INT64_MAX);
  CHECK_EQ(total.infeasible_count, 2);
  CHECK(total.utilisation == 1.0);
}

static void test_names(void) {
  CHECK_STRING(tess_bound_name(TESS_BOUND_MATRIX), "matrix");
  CHECK_STRING(tess_bound_name(TESS_BOUND_VECTOR), "vector");
  CHECK_STRING(tess_bound_name(TESS_BOUND_MEMORY), "memory");
  CHECK_STRING(tess_bound_name(TESS_BOUND_OVERHEAD), "overhead");
}

int main(void) {
  test_sums();
  test_edges();
  test_names();
  return tess_check_result();
}
