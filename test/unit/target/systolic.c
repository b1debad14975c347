/* Systolic arrays by name: what is written in the name arrives in the target,
 * and every other spelling is refused. */
#include "check.h"
#include "tessera/target/target.h"

static const tess_target_t *load(tess_arena_t *arena, const char *name) {
  const tess_target_t *target = NULL;
  CHECK_OK(tess_target_load(arena, name, &target, NULL, NULL));
  if (!target)
    exit(tess_check_result());
  return target;
}

/* The spatial dimensions are padded to the array, the temporal one is not. */
static void dataflows(tess_arena_t *arena) {
  static const struct {
    const char *name, *own_name;
    tess_dataflow_t flow;
    int64_t m, n, k;
  } cases[] = {
      {"systolic:32x16:os", "systolic-32x16-os", TESS_DATAFLOW_OUTPUT, 32, 16,
       1},
      {"systolic:32x16:ws", "systolic-32x16-ws", TESS_DATAFLOW_WEIGHT, 1, 16,
       32},
      {"systolic:32x16:is", "systolic-32x16-is", TESS_DATAFLOW_INPUT, 16, 1,
       32},
      {"systolic-32x16-ws", "systolic-32x16-ws", TESS_DATAFLOW_WEIGHT, 1, 16,
       32},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    const tess_target_t *t = load(arena, cases[i].name);
    CHECK_STRING(t->name, cases[i].own_name);
    CHECK_EQ(t->target_class, TESS_CLASS_MXU);
    CHECK_EQ(t->matrix_dataflow, cases[i].flow);
    CHECK(t->matrix_rows == 32 && t->matrix_columns == 16);
    CHECK(t->pad_m == cases[i].m && t->pad_n == cases[i].n);
    CHECK(t->pad_k == cases[i].k && t->pad_channels == 1);
    /* 512 cells at 1 GHz, 16 lanes below them */
    CHECK_NEAR(t->matrix_macs_per_s[TESS_F32], 512e9, 1e-12);
    CHECK_NEAR(t->matrix_macs_per_s[TESS_I8], 512e9, 1e-12);
    CHECK_NEAR(t->vector_ops_per_s[TESS_F32], 16e9, 1e-12);
  }
}

static void edges(tess_arena_t *arena) {
  CHECK_EQ(load(arena, "systolic:1x1:os")->matrix_rows, 1);
  const tess_target_t *t = load(arena, "systolic:16384x16384:is");
  CHECK_NEAR(t->matrix_macs_per_s[TESS_BF16], 16384.0 * 16384 * 1e9, 1e-12);
}

static void mistakes(tess_arena_t *arena) {
  static const char *const names[] = {
      "systolic",
      "systolic:",
      "systolic:128",
      "systolic:128x128",
      "systolic:128x128:",
      "systolic:128x128:w",
      "systolic:128x128:wss",
      "systolic:128x128:WS",
      "systolic:128x128:s ",
      "systolic:128x128:ws:1",
      "systolic:128*128:ws",
      "systolic:0x8:ws",
      "systolic:8x0:ws",
      "systolic:08x8:ws",
      "systolic:-8x8:ws",
      "systolic:+8x8:ws",
      "systolic: 8x8:ws",
      "systolic:8 x8:ws",
      "systolic:16385x8:ws",
      "systolic:8x16385:ws",
      "systolic:99999999999999999999x8:ws",
      "systolic:8.5x8:ws",
      "systolic:x8:ws",
  };
  const tess_target_t *target;
  for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
    char expected[128];
    snprintf(expected, sizeof(expected),
             "target '%s' is no systolic array: write "
             "systolic:ROWSxCOLUMNS:DATAFLOW, 1 to 16384",
             names[i]);
    CHECK_ERROR(tess_target_load(arena, names[i], &target, NULL, NULL),
                TESS_INVALID, expected);
  }
  CHECK_ERROR(tess_target_load(arena, "systolics:8x8:ws", &target, NULL, NULL),
              TESS_NOT_FOUND, "unknown target");
}

/* The file behind the name loads as well, and is the same target. */
static void as_file(tess_arena_t *arena) {
  tess_text_t json = TESS_TEXT_INIT;
  const tess_target_t *named = load(arena, "systolic:8x4:os"), *t = NULL;
  CHECK_OK(tess_target_source("systolic:8x4:os", &json));
  CHECK_OK(tess_target_parse(arena, "t.json", json.data, json.length, &t, NULL,
                             NULL));
  CHECK(t && t->pad_m == named->pad_m && t->pad_n == named->pad_n);
  CHECK_STRING(t ? t->title : NULL, named->title);
  CHECK_ERROR(tess_target_source("systolic:8x4:xs", &json), TESS_INVALID,
              "no systolic array");
  tess_text_free(&json);
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  dataflows(&arena);
  edges(&arena);
  mistakes(&arena);
  as_file(&arena);
  tess_arena_free(&arena);
  return tess_check_result();
}
