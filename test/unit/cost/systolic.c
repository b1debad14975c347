/* On a generic systolic array the roofline stays below the cycles that
 * SCALE-Sim counts, and folds count as it counts them. */
#include "check.h"
#include "toy.h"

/* One named dataflow: which of M, N, K lies on the rows, on the columns, and
 * streams through (0, 1, 2). */
static const struct flow {
  const char *name;
  int rows, columns, time;
} flows[] = {{"os", 0, 1, 2}, {"ws", 2, 1, 0}, {"is", 2, 0, 1}};

static int64_t folds(int64_t size, int64_t edge) {
  return (size + edge - 1) / edge;
}

/* Cycles of SCALE-Sim v3 without stalls (its ComputeReport): for each fold the
 * array is filled, what streams passes, and the array is drained. Its total is
 * the number of the last cycle, counted from 0. */
static int64_t scale_sim_cycles(const struct flow *flow, int64_t rows,
                                int64_t columns, const int64_t size[3]) {
  int64_t fill = flow->time == 2 ? rows + columns - 2 : 2 * rows + columns - 2;
  return folds(size[flow->rows], rows) * folds(size[flow->columns], columns) *
         (fill + size[flow->time]);
}

static const tess_target_t *load(tess_arena_t *arena, int64_t rows,
                                 int64_t columns, const char *flow) {
  char name[64];
  const tess_target_t *target = NULL;
  snprintf(name, sizeof(name), "systolic:%lldx%lld:%s", (long long)rows,
           (long long)columns, flow);
  CHECK_OK(tess_target_load(arena, name, &target, NULL, NULL));
  if (!target)
    exit(tess_check_result());
  return target;
}

/* "Total Cycles" of COMPUTE_REPORT.csv, which counts the last cycle from 0. The
 * first three are of SCALE-Sim's own golden reports, the others were run with
 * its version 3.0.0 (`-i gemm`, bandwidth without stalls). */
static void as_simulated(tess_arena_t *arena) {
  static const struct {
    int flow;
    int64_t rows, columns, size[3], last_cycle;
  } runs[] = {
      {0, 32, 32, {256, 128, 256}, 32 * 318 - 1},
      {1, 32, 32, {256, 128, 256}, 32 * 350 - 1},
      {2, 32, 32, {256, 128, 256}, 64 * 222 - 1},
      {0, 8, 8, {20, 30, 40}, 647},
      {1, 8, 8, {20, 30, 40}, 839},
      {2, 8, 8, {20, 30, 40}, 779},
      {0, 16, 4, {33, 7, 50}, 407},
      {1, 16, 4, {33, 7, 50}, 535},
      {2, 4, 16, {33, 7, 50}, 1130},
      {1, 32, 8, {100, 40, 70}, 2549},
      {0, 5, 9, {17, 26, 11}, 275},
      {2, 5, 9, {17, 26, 11}, 257},
  };
  for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
    const int64_t *size = runs[i].size;
    const struct flow *flow = &flows[runs[i].flow];
    CHECK_EQ(
        scale_sim_cycles(flow, runs[i].rows, runs[i].columns, runs[i].size) - 1,
        runs[i].last_cycle);
    const tess_target_t *target =
        load(arena, runs[i].rows, runs[i].columns, flow->name);
    tess_kernel_t kernel = toy_product(TESS_I8, 1, size[0], size[1], size[2]);
    double bound = toy_roofline(target, &kernel).matrix_ns;
    CHECK(bound <= (double)runs[i].last_cycle);
    CHECK(bound >= 0.15 * (double)runs[i].last_cycle);
  }
}

static void random_products(tess_arena_t *arena) {
  tess_random_t random = tess_random_make(5, 0);
  double closest = 0;
  for (int i = 0; i < 3000; i++) {
    const struct flow *flow = &flows[i % 3];
    int64_t rows = toy_between(&random, 1, i % 2 ? 256 : 9);
    int64_t columns = toy_between(&random, 1, i % 4 < 2 ? 256 : 9);
    int64_t most = (int64_t)1 << toy_between(&random, 0, 12);
    const int64_t size[] = {toy_between(&random, 1, most),
                            toy_between(&random, 1, most),
                            toy_between(&random, 1, most)};
    const tess_target_t *target = load(arena, rows, columns, flow->name);
    tess_kernel_t kernel = toy_product(TESS_I8, 1, size[0], size[1], size[2]);
    double cycles = (double)scale_sim_cycles(flow, rows, columns, size);
    tess_cost_t cost = toy_roofline(target, &kernel);
    /* 1 GHz: a cycle is a nanosecond. */
    CHECK(cost.matrix_ns <= cycles * (1 + 1e-12));
    CHECK(cost.latency_ns <= fmax(cycles, cost.memory_ns) * (1 + 1e-12));
    CHECK(cost.matrix_ns > 0);
    closest = fmax(closest, cost.matrix_ns / cycles);
    tess_arena_reset(arena);
  }
  CHECK(closest > 0.9); /* a bound of nothing would hold as well */
}

/* Without another order of the operands the bound is the folds times what
 * streams through, exactly. */
static void exact_folds(tess_arena_t *arena) {
  const struct {
    int flow;
    int64_t m, n, k;
    double cycles;
  } cases[] = {
      {0, 33, 16, 100, 2 * 100},   /* two folds of M on 32 rows */
      {1, 500, 32, 33, 4 * 500},   /* 2 of K, 2 of N */
      {2, 16, 1000, 32, 1 * 1000}, /* K fills the rows, M the columns */
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    const tess_target_t *target =
        load(arena, 32, 16, flows[cases[i].flow].name);
    tess_kernel_t kernel =
        toy_product(TESS_F32, 1, cases[i].m, cases[i].n, cases[i].k);
    CHECK_NEAR(toy_roofline(target, &kernel).matrix_ns, cases[i].cycles, 1e-12);
  }
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  as_simulated(&arena);
  random_products(&arena);
  exact_folds(&arena);
  tess_arena_free(&arena);
  return tess_check_result();
}
