/* What the loader computes for a whole chip against what its maker publishes,
 * and that no part of a file could be another: each one changed by a quarter
 * must be noticed. */
#include "check.h"
#include "tessera/base/text.h"
#include "tessera/target/target.h"

/* Of a chip: dense peaks of the matrix unit in TFLOP/s or TOP/s (0: the type
 * does not run there, -1: not published), f32 on the vector lanes with an FMA
 * as two, GB/s, GiB or GB of memory, MiB on chip (VMEM or L2, -1: only
 * recalled) and watts. Sources: cloud.google.com/tpu/docs/v2 to v6e and Ten
 * Lessons From Three Generations Shaped Google's TPUv4i (ISCA 2021) for v4i;
 * NVIDIA's V100 and A100 whitepapers and data sheets of the A100 80 GB, H100
 * SXM, H200 and GA102; arXiv 2102.10423 for the Edge TPU classes. */
static const struct published {
  const char *name;
  double f16, bf16, i8, f32, lanes;
  double gb_per_s, gib, gb, onchip_mib, watts;
} chips[] = {
    {"tpu-v2", -1, 46, -1, -1, -1, 700, 0, 16, 32, 280},
    {"tpu-v3", -1, 123, -1, -1, -1, 900, 32, 0, 32, 450},
    {"tpu-v4i", -1, 138, 138, -1, -1, 614, 8, 0, 16, 175},
    {"tpu-v4", -1, 275, 275, -1, -1, 1200, 32, 0, 32, 192},
    {"tpu-v5e", -1, 197, 393, -1, -1, 819, 0, 16, 128, -1},
    {"tpu-v5p", -1, 459, 918, -1, -1, 2765, 0, 95, 128, -1},
    {"tpu-v6e", -1, 918, 1836, -1, -1, 1638, 0, 32, 128, -1},
    {"v100", 125, 0, 0, 0, 15.7, 898, 0, 16, 6, 300},
    {"a100", 312, 312, 624, 156, 19.5, 2039, 0, 80, 40, 400},
    {"h100", 989, 989, 1979, 494.5, 67, 3352, 0, 80, 50, 700},
    {"h200", 989, 989, 1979, 494.5, 67, 4800, 0, 141, 50, 700},
    {"rtx-3090", 142, 71, 284, 35.6, 35.6, 936, 0, 24, 6, 350},
    {"edgetpu-v1", 0, 0, 26.2, 0, -1, 17, 0, -1, -1, -1},
    {"edgetpu-v2", 0, 0, 8.73, 0, -1, 32, 0, -1, -1, -1},
    {"edgetpu-v3", 0, 0, 8.73, 0, -1, 32, 0, -1, -1, -1},
};
enum { chip_count = sizeof(chips) / sizeof(*chips) };

#define TOLERANCE 0.011 /* three digits, and clocks of two */

static bool near(double actual, double expected) {
  if (expected < 0)
    return true;
  return fabs(actual - expected) <= TOLERANCE * expected;
}

/* A chip's figures are those of a program times chip / program cores. */
static bool agrees(const tess_target_t *t, const struct published *chip) {
  double share = (double)t->chip_cores / (double)t->program_cores;
  const double *macs = t->matrix_macs_per_s;
  double tera = 2 * share * 1e-12;
  double bytes = chip->gib > 0 ? chip->gib * (double)(1 << 30) : chip->gb * 1e9;
  return near(macs[TESS_F16] * tera, chip->f16) &&
         near(macs[TESS_BF16] * tera, chip->bf16) &&
         near(macs[TESS_I8] * tera, chip->i8) &&
         near(macs[TESS_F32] * tera, chip->f32) &&
         near(t->vector_ops_per_s[TESS_F32] * tera, chip->lanes) &&
         near(t->memory_bytes_per_s * share * 1e-9, chip->gb_per_s) &&
         near((double)t->onchip_bytes * share / (1 << 20), chip->onchip_mib) &&
         near(t->peak_w, chip->watts) &&
         (bytes < 0 || fabs((double)t->memory_bytes * share - bytes) < 1);
}

static void published(tess_arena_t *arena) {
  for (int i = 0; i < chip_count; i++) {
    const tess_target_t *target = NULL;
    CHECK_OK(tess_target_load(arena, chips[i].name, &target, NULL, NULL));
    CHECK(target && agrees(target, &chips[i]));
    if (!target || !agrees(target, &chips[i]))
      fprintf(stderr, "  %s\n", chips[i].name);
  }
}

/* TFLOP/s of the best bf16 product that a search over shapes found
 * (stas00/ml-engineering; the H200's chip on a GH200), and results of the
 * special-function unit a clock and SM (CUDA C++ Programming Guide; 3.9 TFLOP/s
 * on an H100 by arXiv 2407.08608). */
static void measured_by_others(tess_arena_t *arena) {
  static const struct {
    const char *name;
    double best, special;
  } rows[] = {{"a100", 267.9, -1},
              {"h100", 821, 16},
              {"h200", 821, 16},
              {"v100", -1, 16}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
    const tess_target_t *t = NULL;
    CHECK_OK(tess_target_load(arena, rows[i].name, &t, NULL, NULL));
    if (!t)
      continue;
    CHECK(near(2e-12 * t->matrix_macs_per_s[TESS_BF16] * t->matrix_efficiency,
               rows[i].best));
    CHECK(near(t->vector_ops_per_s[TESS_F32] / t->clock_hz /
                   (double)t->program_cores / t->vector_cost[TESS_VECTOR_RSQRT],
               rows[i].special));
  }
}

/* Vector operations of a chip a clock: on v2 and v3 an instruction holds two
 * for the ALUs of 128 x 8 lanes and sublanes (Jouppi et al., CACM 2020); v4 has
 * two ALUs there, v5 four, so 8192 a v5p (jax-ml.github.io/scaling-book). */
static void vector_alus(tess_arena_t *arena) {
  static const struct {
    const char *name;
    double alus;
  } rows[] = {{"tpu-v2", 4096}, {"tpu-v3", 4096},  {"tpu-v4i", 2048},
              {"tpu-v4", 4096}, {"tpu-v5e", 4096}, {"tpu-v5p", 8192},
              {"tpu-v6e", 4096}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
    const tess_target_t *t = NULL;
    CHECK_OK(tess_target_load(arena, rows[i].name, &t, NULL, NULL));
    if (t)
      CHECK_NEAR(t->vector_ops_per_s[TESS_F32] / t->clock_hz /
                     (double)t->program_cores * (double)t->chip_cores,
                 rows[i].alus, 1e-3);
  }
}

/* What XLA expands the error function in f32 to: x clamped to [-4, 4], times a
 * polynomial of 7 coefficients in its square, by one of 5. */
static void error_function(tess_arena_t *arena) {
  const double clamp = 2, products = 1 + 6 + 4 + 1, sums = 6 + 4;
  int count = 0;
  for (size_t i = 0; i < tess_target_count(); i++) {
    const tess_target_t *t = NULL;
    if (strncmp(tess_target_name(i), "tpu-", 4))
      continue;
    CHECK_OK(tess_target_load(arena, tess_target_name(i), &t, NULL, NULL));
    if (t)
      CHECK_NEAR(t->vector_cost[TESS_VECTOR_ERF],
                 clamp + products + sums + t->vector_cost[TESS_VECTOR_DIV], 0);
    count++;
  }
  CHECK_EQ(count, 7);
}

/* Every embedded target but the made-up CPUs is in the table. */
static void all_are_compared(void) {
  for (size_t i = 1; i < tess_target_count(); i++) {
    const char *name = tess_target_name(i);
    int found = !strncmp(name, "cpu-", 4);
    for (int j = 0; j < chip_count; j++)
      found += !strcmp(name, chips[j].name);
    CHECK_EQ(found, 1);
  }
}

/* Where the object of `key` starts within a group, whose members are indented
 * by `depth` blanks; NULL: it is not in the group. */
static const char *member(const char *group, const char *key, size_t length,
                          int depth) {
  char start[80], end[40];
  snprintf(start, sizeof(start), "\n%*s\"%.*s\": {", depth, "", (int)length,
           key);
  snprintf(end, sizeof(end), "\n%*s}", depth - 2, "");
  const char *at = strstr(group, start), *stop = strstr(group, end);
  return at && stop && at < stop ? at + 1 : NULL;
}

/* A file in which the value of `path` is 1.25 times itself; the caller frees.
 * NULL: the path is not in the file. */
static char *changed(const char *json, const char *path) {
  const char *at = json;
  for (int depth = 2; path && at; depth += 2) {
    size_t length = strcspn(path, ".");
    at = member(at, path, length, depth);
    path = path[length] ? path + length + 1 : NULL;
  }
  const char *start = at ? strstr(at, "\"value\": ") : NULL;
  if (!start)
    return NULL;
  start += strlen("\"value\": ");
  char *end;
  double value = strtod(start, &end);
  size_t bytes = strlen(json) + 64;
  char *text = malloc(bytes);
  snprintf(text, bytes, "%.*s%.17g%s", (int)(start - json), json, value * 1.25,
           end);
  return text;
}

static const char *const parts[] = {
    "matrix.units",
    "cores.clock",
    "matrix.clock",
    "vector.lanes",
    "matrix.macs_per_clock.bf16",
    "matrix.macs_per_clock.f16",
    "matrix.macs_per_clock.i8",
    "matrix.macs_per_clock.f32",
    "memory.bus_width",
    "memory.data_rate",
    "memory.bandwidth",
    "memory.capacity",
    "memory.onchip_capacity",
    "power.peak",
    "cores.chip",
};

/* Types whose rate nobody publishes: f32 and f16 of a TPU are emulated, i8 of
 * v2 too; the memory of an Edge TPU is its host's. */
static bool is_unpublished(const struct published *chip, const char *part) {
  return (chip->f16 < 0 && strstr(part, ".f16")) ||
         (chip->f32 < 0 && strstr(part, "clock.f32")) ||
         (chip->i8 < 0 && strstr(part, ".i8")) ||
         (chip->lanes < 0 && !strcmp(part, "vector.lanes")) ||
         (chip->onchip_mib < 0 && strstr(part, "onchip_capacity")) ||
         (chip->watts < 0 && !strcmp(part, "power.peak")) ||
         (chip->gb < 0 && !strcmp(part, "memory.capacity"));
}

static void changes_are_noticed(tess_arena_t *arena) {
  int count = 0;
  for (int i = 0; i < chip_count; i++) {
    tess_text_t json = TESS_TEXT_INIT;
    CHECK_OK(tess_target_source(chips[i].name, &json));
    for (size_t j = 0; j < sizeof(parts) / sizeof(*parts); j++) {
      char *text = changed(tess_text_get(&json), parts[j]);
      /* v6e's peak is stated: its units and clock do not enter. */
      bool apart = !strcmp(chips[i].name, "tpu-v6e") && j < 2;
      if (text && !apart && !is_unpublished(&chips[i], parts[j])) {
        const tess_target_t *target = NULL;
        tess_status_t status = tess_target_parse(
            arena, "t.json", text, strlen(text), &target, NULL, NULL);
        bool noticed = status || !agrees(target, &chips[i]);
        CHECK(noticed);
        if (!noticed)
          fprintf(stderr, "  %s of %s may be 25%% more\n", parts[j],
                  chips[i].name);
        tess_status_free(status);
        count++;
      }
      free(text);
    }
    tess_text_free(&json);
  }
  CHECK(count > 100);
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  published(&arena);
  measured_by_others(&arena);
  vector_alus(&arena);
  error_function(&arena);
  all_are_compared();
  changes_are_noticed(&arena);
  tess_arena_free(&arena);
  return tess_check_result();
}
