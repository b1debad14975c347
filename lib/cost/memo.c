/* Equal kernels are costed once: a map from kernel bytes to costs. */
#include "tessera/base/arena.h"
#include "tessera/base/hash.h"
#include "tessera/cost/cost.h"
#include <stdlib.h>

struct tess_cost_memo {
  const tess_cost_model_t *model;
  tess_index_map_t *kernels;
  tess_cost_t **costs; /* by map index; each stays where it is */
  size_t capacity;
  tess_arena_t arena;
  size_t asked;
};

tess_cost_memo_t *tess_cost_memo_create(const tess_cost_model_t *model) {
  tess_cost_memo_t *memo = tess_alloc(sizeof(*memo));
  memo->model = model;
  memo->kernels = tess_index_map_create(sizeof(tess_kernel_t));
  memo->arena = TESS_ARENA_INIT;
  return memo;
}

const tess_cost_t *tess_cost_memo_get(tess_cost_memo_t *memo,
                                      const tess_kernel_t *kernel) {
  bool added;
  size_t index = tess_index_map_add(memo->kernels, kernel, &added);
  memo->asked++;
  if (added) {
    tess_cost_query_t query = {.kernel = kernel};
    memo->costs = tess_grow(memo->costs, index + 1, &memo->capacity,
                            sizeof(*memo->costs));
    memo->costs[index] = tess_arena_alloc(&memo->arena, sizeof(tess_cost_t));
    memo->model->vtable->estimate(memo->model, 1, &query, memo->costs[index]);
  }
  return memo->costs[index];
}

void tess_cost_memo_stats(const tess_cost_memo_t *memo, size_t *asked,
                          size_t *computed) {
  *asked = memo->asked;
  *computed = tess_index_map_count(memo->kernels);
}

void tess_cost_memo_destroy(tess_cost_memo_t *memo) {
  if (!memo)
    return;
  tess_index_map_destroy(memo->kernels);
  tess_arena_free(&memo->arena);
  free(memo->costs);
  free(memo);
}
