/* Adds kernel costs up to a model's. */
#include "tessera/cost/cost.h"
#include "work.h"
#include <math.h>

static int64_t add_saturating(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

void tess_cost_total_begin(tess_cost_total_t *total,
                           const tess_target_t *target) {
  *total = (tess_cost_total_t){.latency_ns = target->program_overhead_ns,
                               .overhead_ns = target->program_overhead_ns};
}

void tess_cost_total_add(tess_cost_total_t *total, const tess_target_t *target,
                         const tess_kernel_t *kernel, const tess_cost_t *cost) {
  total->latency_ns += cost->latency_ns;
  total->matrix_ns += cost->matrix_ns;
  total->vector_ns += cost->vector_ns;
  total->memory_ns += cost->memory_ns;
  total->overhead_ns += cost->overhead_ns;
  total->bound_ns[cost->bound] += cost->latency_ns;
  total->useful_ns += tess_work_useful_ns(target, kernel);
  total->bytes = add_saturating(total->bytes, cost->bytes);
  total->macs = add_saturating(total->macs, kernel->macs);
  total->kernel_count++;
  total->infeasible_count += !cost->feasible;
}

void tess_cost_total_end(tess_cost_total_t *total,
                         const tess_target_t *target) {
  (void)target;
  total->utilisation = total->latency_ns > 0.0
                           ? fmin(total->useful_ns / total->latency_ns, 1.0)
                           : 0.0;
}
