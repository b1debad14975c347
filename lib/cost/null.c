/* The cost model to copy: every kernel runs and takes 1 ns. */
#include "models.h"
#include "tessera/base/arena.h"
#include "work.h"
#include <stdlib.h>

static tess_status_t null_create(const tess_target_t *target,
                                 tess_cost_model_t **model) {
  *model = tess_alloc(sizeof(**model));
  **model = (tess_cost_model_t){.vtable = &tess_cost_null, .target = target};
  return TESS_SUCCESS;
}

static void null_estimate(const tess_cost_model_t *model, size_t count,
                          const tess_cost_query_t *queries,
                          tess_cost_t *costs) {
  (void)model;
  for (size_t i = 0; i < count; i++)
    costs[i] = (tess_cost_t){.latency_ns = 1.0,
                             .overhead_ns = 1.0,
                             .bytes = tess_work_bytes(queries[i].kernel),
                             .bound = TESS_BOUND_OVERHEAD,
                             .feasible = true};
}

static void null_destroy(tess_cost_model_t *model) { free(model); }

const tess_cost_vtable_t tess_cost_null = {
    .name = "null",
    .summary = "every kernel takes 1 ns",
    .create = null_create,
    .estimate = null_estimate,
    .destroy = null_destroy,
};
