/* What every registered cost model must keep to, whatever it is. */
#include "check.h"
#include "tessera/base/arena.h"
#include "tessera/base/parallel.h"
#include "toy.h"

#define KERNELS 500

typedef struct fixture {
  const tess_cost_model_t *model;
  tess_kernel_t kernels[KERNELS];
  tess_cost_query_t queries[KERNELS];
  tess_cost_t costs[KERNELS]; /* one batch */
} fixture_t;

static tess_cost_t estimate(const tess_cost_model_t *model,
                            const tess_kernel_t *kernel) {
  tess_cost_t cost;
  tess_cost_query_t query = {.kernel = kernel};
  memset(&cost, 0x5A, sizeof(cost));
  model->vtable->estimate(model, 1, &query, &cost);
  return cost;
}

static bool same_number(double a, double b) {
  return !memcmp(&a, &b, sizeof(a));
}

static bool same_cost(const tess_cost_t *a, const tess_cost_t *b) {
  return same_number(a->latency_ns, b->latency_ns) &&
         same_number(a->matrix_ns, b->matrix_ns) &&
         same_number(a->vector_ns, b->vector_ns) &&
         same_number(a->memory_ns, b->memory_ns) &&
         same_number(a->overhead_ns, b->overhead_ns) &&
         same_number(a->utilisation, b->utilisation) && a->bytes == b->bytes &&
         a->bound == b->bound && a->feasible == b->feasible &&
         a->reason == b->reason;
}

static void check_sane(const tess_cost_t *cost) {
  const double parts[] = {cost->matrix_ns, cost->vector_ns, cost->memory_ns,
                          cost->overhead_ns};
  CHECK(isfinite(cost->latency_ns) && cost->latency_ns >= cost->overhead_ns);
  for (int i = 0; i < 4; i++) {
    CHECK(isfinite(parts[i]) && parts[i] >= 0.0);
    CHECK(parts[cost->bound] >= parts[i]);
  }
  CHECK(cost->utilisation >= 0.0 && cost->utilisation <= 1.0);
  CHECK(cost->bytes >= 0);
  CHECK(cost->feasible == (cost->reason == NULL));
}

static void test_batch_and_determinism(fixture_t *fixture) {
  const tess_cost_model_t *model = fixture->model;
  model->vtable->estimate(model, KERNELS, fixture->queries, fixture->costs);
  for (size_t i = 0; i < KERNELS; i++) {
    tess_cost_t alone = estimate(model, &fixture->kernels[i]);
    CHECK(same_cost(&alone, &fixture->costs[i]));
    check_sane(&alone);
  }
  model->vtable->estimate(model, 0, NULL, NULL);
}

/* More work of any sort is never faster. */
static void test_monotonic(fixture_t *fixture) {
  for (size_t i = 0; i < KERNELS; i++) {
    const double latency_ns = fixture->costs[i].latency_ns;
    tess_kernel_t more = fixture->kernels[i];
    more.macs = more.macs * 2 + 1000000;
    CHECK(estimate(fixture->model, &more).latency_ns >= latency_ns);
    more = fixture->kernels[i];
    more.read_bytes += 1 << 20;
    CHECK(estimate(fixture->model, &more).latency_ns >= latency_ns);
    more = fixture->kernels[i];
    more.write_bytes += 1 << 20;
    CHECK(estimate(fixture->model, &more).latency_ns >= latency_ns);
    more = fixture->kernels[i];
    more.vector_ops[i % TESS_VECTOR_OP_COUNT] += 1 << 20;
    CHECK(estimate(fixture->model, &more).latency_ns >= latency_ns);
  }
}

typedef struct threads {
  const fixture_t *fixture;
  tess_cost_t costs[KERNELS];
} threads_t;

static void estimate_at(void *context, size_t index) {
  threads_t *threads = context;
  threads->costs[index] =
      estimate(threads->fixture->model, &threads->fixture->kernels[index]);
}

static void test_threads(const fixture_t *fixture) {
  threads_t *threads = tess_alloc(sizeof(*threads));
  threads->fixture = fixture;
  tess_parallel_for(4, KERNELS, estimate_at, threads);
  for (size_t i = 0; i < KERNELS; i++)
    CHECK(same_cost(&threads->costs[i], &fixture->costs[i]));
  free(threads);
}

static void test_memo(const fixture_t *fixture) {
  tess_cost_memo_t *memo = tess_cost_memo_create(fixture->model);
  const tess_cost_t *first = tess_cost_memo_get(memo, &fixture->kernels[0]);
  for (int round = 0; round < 2; round++)
    for (size_t i = 0; i < KERNELS; i++)
      CHECK(same_cost(tess_cost_memo_get(memo, &fixture->kernels[i]),
                      &fixture->costs[i]));
  /* Borrowed for the memo's life, however many came after. */
  CHECK(first == tess_cost_memo_get(memo, &fixture->kernels[0]));
  size_t asked, computed, distinct = 0;
  for (size_t i = 0; i < KERNELS; i++) {
    size_t j = 0;
    while (memcmp(&fixture->kernels[i], &fixture->kernels[j],
                  sizeof(tess_kernel_t)))
      j++;
    distinct += i == j;
  }
  tess_cost_memo_stats(memo, &asked, &computed);
  CHECK_EQ(asked, 2 * KERNELS + 2);
  CHECK_EQ(computed, distinct);
  tess_cost_memo_destroy(memo);
}

/* The greatest numbers that fit, in every field. */
static void test_extremes(const tess_cost_model_t *model) {
  for (int32_t kind = 0; kind < TESS_KERNEL_KIND_COUNT; kind++)
    for (int32_t type = 0; type < TESS_DTYPE_COUNT; type++) {
      tess_kernel_t kernel = {.kind = kind, .in_type = type, .out_type = type};
      tess_cost_t cost = estimate(model, &kernel);
      check_sane(&cost);
      const int64_t most = INT64_MAX;
      char *numbers = (char *)&kernel + offsetof(tess_kernel_t, batch);
      char *end = (char *)&kernel + sizeof(kernel);
      for (; numbers < end; numbers += sizeof(most))
        memcpy(numbers, &most, sizeof(most));
      kernel.spatial_rank = 3;
      cost = estimate(model, &kernel);
      check_sane(&cost);
      CHECK_EQ(cost.bytes, INT64_MAX);
    }
}

static void test_model(const tess_cost_vtable_t *vtable,
                       tess_target_class_t target_class) {
  const tess_target_t target = toy_target(target_class);
  tess_random_t random = tess_random_make(3, (uint64_t)target_class);
  fixture_t *fixture = tess_alloc(sizeof(*fixture));
  tess_cost_model_t *model = NULL;
  CHECK_OK(tess_cost_model_create(vtable->name, &target, &model));
  CHECK(model->vtable == vtable && model->target == &target);
  fixture->model = model;
  for (size_t i = 0; i < KERNELS; i++) {
    fixture->kernels[i] = toy_random_kernel(&random);
    fixture->queries[i] = (tess_cost_query_t){.kernel = &fixture->kernels[i]};
  }
  fixture->kernels[KERNELS - 1] = fixture->kernels[7];
  test_batch_and_determinism(fixture);
  test_monotonic(fixture);
  test_threads(fixture);
  test_memo(fixture);
  test_extremes(model);
  tess_cost_model_destroy(model);
  free(fixture);
}

static void test_registry(void) {
  const tess_target_t target = toy_target(TESS_CLASS_MXU);
  tess_cost_model_t *model = NULL;
  CHECK(tess_cost_model_count() >= 2);
  CHECK(tess_cost_model_at(tess_cost_model_count()) == NULL);
  CHECK_ERROR(tess_cost_model_create("rooflin", &target, &model),
              TESS_NOT_FOUND, "did you mean \"roofline\"");
  CHECK_ERROR(tess_cost_model_create("", &target, &model), TESS_NOT_FOUND,
              "null, roofline");
  CHECK(model == NULL);
  tess_cost_model_destroy(NULL);
}

int main(void) {
  test_registry();
  for (size_t i = 0; i < tess_cost_model_count(); i++) {
    CHECK(strlen(tess_cost_model_at(i)->summary) > 0);
    test_model(tess_cost_model_at(i), TESS_CLASS_MXU);
    test_model(tess_cost_model_at(i), TESS_CLASS_TENSORCORE);
    test_model(tess_cost_model_at(i), TESS_CLASS_CPU);
  }
  return tess_check_result();
}
