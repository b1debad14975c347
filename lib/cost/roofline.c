/* A lower bound on a kernel's time: the matrix unit on padded work, the vector
 * unit, and memory, all at their best rates and fully overlapped, plus the
 * target's overhead per kernel.
 *
 * Padding of the array counts (no schedule avoids it); tiles, on-chip capacity,
 * dependences and start-up do not, so a simulator of the same target can only
 * be slower. Kernels of unknown ops cost their memory traffic. */
#include "models.h"
#include "tessera/base/arena.h"
#include "work.h"
#include <math.h>
#include <stdlib.h>

static tess_status_t roofline_create(const tess_target_t *target,
                                     tess_cost_model_t **model) {
  *model = tess_alloc(sizeof(**model));
  **model =
      (tess_cost_model_t){.vtable = &tess_cost_roofline, .target = target};
  return TESS_SUCCESS;
}

static void units_time(const tess_target_t *target, const tess_kernel_t *kernel,
                       tess_cost_t *cost) {
  double matrix_rate = tess_work_matrix_rate(target, kernel);
  double ops = tess_work_vector_ops(target, kernel);
  cost->vector_ns = tess_work_ns(ops, tess_work_vector_rate(target, kernel));
  if (matrix_rate > 0.0)
    cost->matrix_ns =
        tess_work_ns(tess_work_padded_macs(target, kernel), matrix_rate);
  else
    cost->vector_ns += tess_work_ns((double)kernel->macs,
                                    tess_work_vector_mac_rate(target, kernel));
}

/* On a CPU the matrix unit is the vector unit, so their times add. */
static double compute_time(const tess_target_t *target,
                           const tess_cost_t *cost) {
  return target->target_class == TESS_CLASS_CPU
             ? cost->matrix_ns + cost->vector_ns
             : fmax(cost->matrix_ns, cost->vector_ns);
}

static tess_bound_t largest_part(const tess_cost_t *cost) {
  const double parts[] = {cost->matrix_ns, cost->vector_ns, cost->memory_ns,
                          cost->overhead_ns};
  int largest = 0;
  for (int i = 1; i < 4; i++)
    if (parts[i] > parts[largest])
      largest = i;
  return (tess_bound_t)largest;
}

static tess_cost_t estimate_one(const tess_target_t *target,
                                const tess_kernel_t *kernel) {
  tess_cost_t cost = {.bytes = tess_work_bytes(kernel), .feasible = true};
  units_time(target, kernel, &cost);
  cost.memory_ns = tess_work_memory_ns(target, kernel);
  cost.overhead_ns = target->kernel_overhead_ns;
  cost.latency_ns =
      fmax(compute_time(target, &cost), cost.memory_ns) + cost.overhead_ns;
  cost.bound = largest_part(&cost);
  if (cost.latency_ns > 0.0)
    cost.utilisation =
        fmin(tess_work_useful_ns(target, kernel) / cost.latency_ns, 1.0);
  if (cost.bytes > target->memory_bytes) {
    cost.feasible = false;
    cost.reason = "its operands and result do not fit the target's memory";
  }
  return cost;
}

static void roofline_estimate(const tess_cost_model_t *model, size_t count,
                              const tess_cost_query_t *queries,
                              tess_cost_t *costs) {
  for (size_t i = 0; i < count; i++)
    costs[i] = estimate_one(model->target, queries[i].kernel);
}

static void roofline_destroy(tess_cost_model_t *model) { free(model); }

const tess_cost_vtable_t tess_cost_roofline = {
    .name = "roofline",
    .summary = "lower bound from padded arithmetic, vector work and memory",
    .create = roofline_create,
    .estimate = roofline_estimate,
    .destroy = roofline_destroy,
};
