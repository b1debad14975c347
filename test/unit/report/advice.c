/* What would help, from kernels whose answer is known. */
#include "check.h"
#include "fixture.h"

static const char *advise(tess_kernel_t kernel, tess_bound_t bound) {
  tess_cost_t cost = {.latency_ns = 10000,
                      .overhead_ns = 6000,
                      .bound = bound,
                      .feasible = true};
  const char *clause = tess_explain_advice(&fixture_target, &kernel, &cost);
  return clause ? clause : "none";
}

static void check_evidence(tess_kernel_t kernel, tess_bound_t bound,
                           const char *part) {
  tess_cost_t cost = {.latency_ns = 10000,
                      .overhead_ns = 6000,
                      .bound = bound,
                      .feasible = true};
  tess_text_t text = TESS_TEXT_INIT;
  tess_explain_evidence(&fixture_target, &kernel, &cost, &text);
  if (!strstr(tess_text_get(&text), part))
    fprintf(stderr, "evidence is: %s\n", tess_text_get(&text));
  CHECK(strstr(tess_text_get(&text), part) != NULL);
  tess_text_free(&text);
}

static void test_matrix(void) {
  tess_kernel_t stem = fixture_kernels[0].kernel;
  CHECK(strstr(advise(stem, TESS_BOUND_MATRIX), "space-to-depth") != NULL);
  /* 3 of 128 channels: K = 27 of 9 * 128. */
  check_evidence(stem, TESS_BOUND_MATRIX, "3 input channels fill 2%");
  tess_kernel_t wide = stem;
  wide.in_channels = 128;
  wide.out_channels = wide.n = 256;
  wide.k = 9 * 128;
  CHECK_STRING(advise(wide, TESS_BOUND_MATRIX), "none");
  tess_kernel_t narrow = wide;
  narrow.out_channels = narrow.n = 32;
  CHECK(strstr(advise(narrow, TESS_BOUND_MATRIX), "output channels") != NULL);
  check_evidence(narrow, TESS_BOUND_MATRIX, "32 columns fill 25%");
  tess_kernel_t single = fixture_kernels[2].kernel;
  CHECK(strstr(advise(single, TESS_BOUND_MATRIX), "batch") != NULL);
  check_evidence(single, TESS_BOUND_MATRIX, "1 rows fill 12%");
}

static void test_vector(void) {
  CHECK(strstr(advise(fixture_kernels[1].kernel, TESS_BOUND_VECTOR),
               "depthwise") != NULL);
  tess_kernel_t swish = {.kind = TESS_KERNEL_ELEMENTWISE,
                         .vector_ops = {[TESS_VECTOR_SIMPLE] = 200,
                                        [TESS_VECTOR_DIV] = 100,
                                        [TESS_VECTOR_EXP] = 100}};
  CHECK(strstr(advise(swish, TESS_BOUND_VECTOR), "hard-swish") != NULL);
  /* 100 * 4 + 100 * 10 of 200 + 1400. */
  check_evidence(swish, TESS_BOUND_VECTOR, "88%");
  tess_kernel_t add = {.kind = TESS_KERNEL_ELEMENTWISE,
                       .vector_ops = {[TESS_VECTOR_SIMPLE] = 200}};
  CHECK(strstr(advise(add, TESS_BOUND_VECTOR), "fuse") != NULL);
}

/* An integer product where the matrix unit has floating point only: neither its
 * activation nor its being depthwise is what to change first. */
static void test_type(void) {
  tess_kernel_t product = fixture_kernels[0].kernel;
  product.in_type = TESS_I16;
  product.vector_ops[TESS_VECTOR_EXP] = 1 << 20;
  CHECK(strstr(advise(product, TESS_BOUND_VECTOR),
               "type does not run on the matrix unit") != NULL);
  check_evidence(product, TESS_BOUND_VECTOR, "i16; the matrix unit has ");
  tess_kernel_t depthwise = fixture_kernels[1].kernel;
  depthwise.in_type = TESS_I16;
  CHECK(strstr(advise(depthwise, TESS_BOUND_VECTOR),
               "type does not run on the matrix unit") != NULL);
  /* Bound by memory, another type of the same width would not help. */
  CHECK(strstr(advise(product, TESS_BOUND_MEMORY), "traffic") != NULL);
}

static void test_memory_and_overhead(void) {
  CHECK(strstr(advise(fixture_kernels[2].kernel, TESS_BOUND_MEMORY),
               "weights") != NULL);
  CHECK(strstr(advise(fixture_kernels[0].kernel, TESS_BOUND_MEMORY),
               "activations") != NULL);
  tess_kernel_t transpose = {.kind = TESS_KERNEL_MOVEMENT};
  CHECK(strstr(advise(transpose, TESS_BOUND_MEMORY), "layout") != NULL);
  CHECK(strstr(advise(transpose, TESS_BOUND_OVERHEAD), "merge") != NULL);
  check_evidence(transpose, TESS_BOUND_OVERHEAD, "60% of its time");
  tess_kernel_t unknown = {.kind = TESS_KERNEL_UNKNOWN};
  CHECK(strstr(advise(unknown, TESS_BOUND_MEMORY), "not understood") != NULL);
}

/* Sizes near the limit of int64 must not overflow. */
static void test_huge(void) {
  tess_kernel_t huge = fixture_kernels[0].kernel;
  huge.m = huge.n = huge.k = INT64_MAX;
  huge.in_channels = INT64_MAX;
  huge.read_bytes = huge.write_bytes = huge.weight_bytes = INT64_MAX;
  CHECK_STRING(advise(huge, TESS_BOUND_MATRIX), "none");
  CHECK(strstr(advise(huge, TESS_BOUND_MEMORY), "traffic") != NULL);
}

int main(void) {
  test_matrix();
  test_vector();
  test_type();
  test_memory_and_overhead();
  test_huge();
  return tess_check_result();
}
