/* The cost of kernels behind one batched vtable. Knows no MLIR. */
#ifndef TESSERA_COST_COST_H
#define TESSERA_COST_COST_H

#include "tessera/base/status.h"
#include "tessera/ir/kernel.h"
#include "tessera/target/target.h"
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tess_bound {
  TESS_BOUND_MATRIX,
  TESS_BOUND_VECTOR,
  TESS_BOUND_MEMORY,
  TESS_BOUND_OVERHEAD,
} tess_bound_t;

const char *tess_bound_name(tess_bound_t bound);

/* One kernel's cost. The parts overlap in time as far as the model allows, so
 * they do not add up to the latency; the roofline takes
 * max(matrix, vector, memory) + overhead, and on a CPU, whose vector unit is
 * its matrix unit, max(matrix + vector, memory) + overhead. */
typedef struct tess_cost {
  double latency_ns;
  double matrix_ns, vector_ns, memory_ns, overhead_ns;
  int64_t bytes;      /* moved to and from memory */
  double utilisation; /* useful matrix work / peak over the latency, 0..1 */
  tess_bound_t bound; /* the largest part */
  bool feasible;      /* false: the target cannot run it; see `reason` */
  const char *reason; /* static text, NULL where feasible */
} tess_cost_t;

/* A tile of the kernel's tile space (lib/tile). NULL asks for the model's own
 * best tile; the analytical bound below knows no tiles and takes only NULL. */
struct tess_tile;

typedef struct tess_cost_query {
  const tess_kernel_t *kernel;
  const struct tess_tile *tile;
} tess_cost_query_t;

typedef struct tess_cost_model tess_cost_model_t;

typedef struct tess_cost_vtable {
  const char *name;    /* "roofline" */
  const char *summary; /* one line for --help */
  /* `target` outlives the model. */
  tess_status_t (*create)(const tess_target_t *target,
                          tess_cost_model_t **model);
  /* Fills costs[0..count). Same query, same bytes out; safe to call from
   * several threads at once. More products, bytes or vector operations never
   * take less time. */
  void (*estimate)(const tess_cost_model_t *model, size_t count,
                   const tess_cost_query_t *queries, tess_cost_t *costs);
  void (*destroy)(tess_cost_model_t *model);
} tess_cost_vtable_t;

/* Every concrete model starts with this. */
struct tess_cost_model {
  const tess_cost_vtable_t *vtable;
  const tess_target_t *target;
};

/* By name: "null" (every kernel costs 1 ns: the one to copy) or "roofline".
 * TESS_NOT_FOUND lists the names. */
TESS_MUST_USE tess_status_t tess_cost_model_create(const char *name,
                                                   const tess_target_t *target,
                                                   tess_cost_model_t **model);
void tess_cost_model_destroy(tess_cost_model_t *model);
size_t tess_cost_model_count(void);
const tess_cost_vtable_t *tess_cost_model_at(size_t index);

/* A memo in front of a model: equal kernels are costed once. Borrowed model.
 * Not for use by several threads at once. */
typedef struct tess_cost_memo tess_cost_memo_t;
tess_cost_memo_t *tess_cost_memo_create(const tess_cost_model_t *model);
const tess_cost_t *tess_cost_memo_get(tess_cost_memo_t *memo,
                                      const tess_kernel_t *kernel);
/* Calls answered, and of them computed. */
void tess_cost_memo_stats(const tess_cost_memo_t *memo, size_t *asked,
                          size_t *computed);
void tess_cost_memo_destroy(tess_cost_memo_t *memo);

/* Kernel costs to a model's: latencies and parts add up (kernels run one after
 * the other), plus the target's overhead per run. */
typedef struct tess_cost_total {
  double latency_ns; /* program overhead included */
  double matrix_ns, vector_ns, memory_ns, overhead_ns;
  double bound_ns[4]; /* latency of the kernels by what bounds them */
  double useful_ns;   /* all multiply-accumulates at the matrix peak */
  int64_t bytes;
  int64_t macs;
  int32_t kernel_count;
  int32_t infeasible_count;
  double utilisation; /* useful matrix work / peak over the whole latency */
} tess_cost_total_t;

void tess_cost_total_begin(tess_cost_total_t *total,
                           const tess_target_t *target);
void tess_cost_total_add(tess_cost_total_t *total, const tess_target_t *target,
                         const tess_kernel_t *kernel, const tess_cost_t *cost);
/* Computes `utilisation` from the sums. */
void tess_cost_total_end(tess_cost_total_t *total, const tess_target_t *target);

#ifdef __cplusplus
}
#endif

#endif
