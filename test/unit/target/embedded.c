/* The embedded targets against their published figures, worked out anew. */
#include "check.h"
#include "tessera/target/target.h"

static const tess_target_t *load(tess_arena_t *arena, const char *name) {
  const tess_target_t *target = NULL;
  CHECK_OK(tess_target_load(arena, name, &target, NULL, NULL));
  if (!target)
    exit(tess_check_result());
  return target;
}

/* 123 TFLOP/s and 900 GB/s a chip of two cores; two arrays of 128 x 128 and a
 * vector unit of 128 x 8 lanes a core. */
static void tpu_v3(tess_arena_t *arena) {
  const tess_target_t *t = load(arena, "tpu-v3");
  const double flops = 2 * t->matrix_macs_per_s[TESS_BF16];
  CHECK_EQ(t->target_class, TESS_CLASS_MXU);
  CHECK_NEAR(flops * 2, 123e12, 0.01);
  CHECK_NEAR(flops, 2.0 * 2 * 128 * 128 * t->clock_hz, 0.01);
  CHECK_NEAR(t->memory_bytes_per_s * 2, 900e9, 1e-9);
  CHECK_EQ(t->memory_bytes * 2, 32LL << 30);
  CHECK_EQ(t->onchip_bytes, 16LL << 20);
  /* Two vector ALU operations an instruction. */
  CHECK_NEAR(t->vector_ops_per_s[TESS_F32], 2 * 128 * 8 * t->clock_hz, 1e-9);
  /* The rates that measured depthwise layers imply end at 17 outputs of a
   * 5 x 5 kernel a clock. */
  double macs_per_clock = t->depthwise_macs_per_s[TESS_F32] / t->clock_hz;
  CHECK(macs_per_clock > 17 * 25 * 0.98 && macs_per_clock < 17 * 25 * 1.02);
  CHECK(macs_per_clock < 128 * 8);
}

/* 989 TFLOP/s dense at 4,096 FLOP a clock and SM (1.83 GHz); 4.8 TB/s. */
static void h200(tess_arena_t *arena) {
  const tess_target_t *t = load(arena, "h200");
  CHECK_EQ(t->target_class, TESS_CLASS_TENSORCORE);
  CHECK_NEAR(2 * t->matrix_macs_per_s[TESS_BF16], 989e12, 0.01);
  CHECK_NEAR(2 * t->matrix_macs_per_s[TESS_F16], 132 * 4096 * 1.83e9, 0.01);
  CHECK_NEAR(4 * t->matrix_macs_per_s[TESS_F32], 989e12, 0.01);
  CHECK_NEAR(t->matrix_macs_per_s[TESS_I8], 989e12, 0.01);
  CHECK_NEAR(t->memory_bytes_per_s, 4.8e12, 1e-9);
  CHECK_EQ(t->onchip_bytes, 50LL << 20);
  /* 16,896 f32 lanes; published 67 TFLOP/s f32 counts an FMA as two. */
  CHECK_NEAR(2 * t->vector_ops_per_s[TESS_F32], 67e12, 0.01);
}

/* Loaded without facts, a target comes from its image, made at build: what
 * costs read of it is what its file says, to the bit. */
static void image_is_the_file(tess_arena_t *arena, const char *name) {
  const tess_target_t *image = load(arena, name), *parsed = NULL;
  const tess_target_fact_t *facts;
  CHECK_OK(tess_target_load(arena, name, &parsed, &facts, NULL));
  if (!parsed)
    return;
  CHECK_STRING(image->name, parsed->name);
  CHECK_STRING(image->title, parsed->title);
  tess_target_t a = *image, b = *parsed;
  a.name = b.name = a.title = b.title = NULL;
  CHECK(!memcmp(&a, &b, sizeof(a)));
}

static void check_fact(const tess_target_fact_t *fact) {
  CHECK(*fact->path && *fact->value);
  CHECK(strlen(fact->source) >= 8);
  if (!strcmp(fact->mark, TESS_MARK_UNPUBLISHED)) {
    CHECK_STRING(fact->value, "not published");
    return;
  }
  CHECK(strstr("s s2 c r m", fact->mark) && *fact->mark);
  CHECK(*fact->unit || !strcmp(fact->value, "true") ||
        !strcmp(fact->value, "false") ||
        !strcmp(fact->path, "matrix.dataflow"));
}

/* A reader looks for these first: stated, or said to be published nowhere. */
static void no_silent_gap(const char *name, const tess_target_fact_t *facts,
                          size_t count) {
  static const char *const paths[] = {"power.peak", "links.host_bandwidth"};
  for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
    bool found = !strncmp(name, "cpu", 3);
    for (size_t j = 0; j < count; j++)
      found |= !strcmp(facts[j].path, paths[i]);
    CHECK(found);
    if (!found)
      fprintf(stderr, "  %s says nothing of %s\n", name, paths[i]);
  }
}

/* What every target must have: provenance for each number, and the fields
 * within the header's promises. */
static void check_complete(tess_arena_t *arena, const char *name) {
  const tess_target_t *t = NULL;
  const tess_target_fact_t *facts = NULL;
  size_t count = 0;
  CHECK_OK(tess_target_load(arena, name, &t, &facts, &count));
  CHECK(count >= 30);
  for (size_t i = 0; i < count; i++)
    check_fact(&facts[i]);
  no_silent_gap(name, facts, count);
  CHECK_STRING(t ? t->name : NULL, name);
  CHECK(t && t->clock_hz > 0 && t->memory_bytes_per_s > 0);
  CHECK(t && t->vector_ops_per_s[TESS_F32] > 0);
  CHECK(t && t->vector_cost[TESS_VECTOR_SIMPLE] == 1);
  CHECK(t && t->onchip_bytes_per_s >= t->memory_bytes_per_s);
}

static void names(tess_arena_t *arena) {
  const tess_target_t *target;
  CHECK(tess_target_count() >= 3);
  CHECK_STRING(tess_target_name(0), "cpu");
  for (size_t i = 2; i < tess_target_count(); i++)
    CHECK(strcmp(tess_target_name(i - 1), tess_target_name(i)) < 0);
  for (size_t i = 0; i < tess_target_count(); i++)
    check_complete(arena, tess_target_name(i));
  for (size_t i = 1; i < tess_target_count(); i++)
    image_is_the_file(arena, tess_target_name(i));
  CHECK_ERROR(tess_target_load(arena, "tpuv3", &target, NULL, NULL),
              TESS_NOT_FOUND, "unknown target 'tpuv3'; did you mean 'tpu-v3'?");
  CHECK_ERROR(tess_target_load(arena, "nothing", &target, NULL, NULL),
              TESS_NOT_FOUND,
              "known: cpu, a100, cpu-avx2, cpu-avx512, edgetpu-v1");
  CHECK_ERROR(tess_target_load(arena, "", &target, NULL, NULL), TESS_NOT_FOUND,
              "unknown target ''");
  CHECK_ERROR(tess_target_load(arena, "/no/such.json", &target, NULL, NULL),
              TESS_NOT_FOUND, "/no/such.json");
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tpu_v3(&arena);
  h200(&arena);
  names(&arena);
  CHECK_STRING(tess_vector_op_name(TESS_VECTOR_RSQRT), "rsqrt");
  tess_arena_free(&arena);
  return tess_check_result();
}
