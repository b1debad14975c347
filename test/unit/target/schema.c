/* A target file is read into the right fields, and every class of mistake in
 * one is refused with the line that it stands on. */
#include "fixture.h"

static tess_status_t parse(tess_arena_t *arena, const char *text,
                           const tess_target_t **target) {
  return tess_target_parse(arena, "t.json", text, strlen(text), target, NULL,
                           NULL);
}

/* Every number of the fixture, in the units of tess_target_t. */
static void fields(tess_arena_t *arena) {
  const tess_target_t *t = NULL;
  CHECK_OK(parse(arena, fixture_text, &t));
  if (!t)
    return;
  CHECK_STRING(t->name, "toy");
  CHECK_STRING(t->title, "A toy");
  CHECK_EQ(t->target_class, TESS_CLASS_MXU);
  CHECK(t->chip_cores == 2 && t->program_cores == 1);
  CHECK_NEAR(t->clock_hz, 1.5e9, 1e-12);
  CHECK_NEAR(t->matrix_macs_per_s[TESS_BF16], 2e12, 1e-12);
  CHECK(t->matrix_macs_per_s[TESS_F32] == 0);
  CHECK(t->pad_m == 8 && t->pad_n == 16);
  CHECK(t->pad_k == 32 && t->pad_channels == 4);
  CHECK_NEAR(t->matrix_efficiency, 0.5, 0);
  CHECK_NEAR(t->vector_ops_per_s[TESS_F32], 3e9, 1e-12);
  CHECK_NEAR(t->vector_cost[TESS_VECTOR_SIMPLE], 1, 0);
  for (int i = 1; i < TESS_VECTOR_OP_COUNT; i++)
    CHECK_NEAR(t->vector_cost[i], 5 + i, 0);
  CHECK_NEAR(t->depthwise_macs_per_s[TESS_F32], 4e9, 1e-12);
  CHECK_NEAR(t->memory_bytes_per_s, 5e9, 1e-12);
  CHECK_EQ(t->memory_bytes, 6LL << 30);
  CHECK_NEAR(t->onchip_bytes_per_s, 7e12, 1e-12);
  CHECK_EQ(t->onchip_bytes, 8704);
  CHECK_NEAR(t->kernel_overhead_ns, 2000, 1e-12);
  CHECK_NEAR(t->program_overhead_ns, 0, 0);
  CHECK(t->fusion.elementwise_after_matrix && t->fusion.transpose_free);
  CHECK(t->fusion.elementwise_after_vector);
  CHECK(t->fusion.elementwise_before_reduction);
  CHECK(!t->fusion.elementwise_before_matrix && !t->fusion.elementwise_chain);
  CHECK(!t->fusion.pad_into_consumer);
}

static void mistakes(tess_arena_t *arena) {
  static const struct {
    const char *from, *to, *error;
  } cases[] = {
      /* missing keys */
      {NUMBER("n", "16", "element") ",\n", "\n",
       "t.json:11:10: missing 'n' (for 'matrix.pad.n')"},
      {NUMBER("bf16", "2", "TMAC/s"), "", "t.json:1:1: 'matrix.macs_per_s'"},
      {"\"name\": \"toy\", ", "", "t.json:1:1: missing 'name'"},
      {"\"ops_per_s\": {", "\"cost2\": {", "t.json:17:12: unknown key 'cost2'"},
      /* unknown keys, with the nearest */
      {"\"bandwidth\"", "\"bandwith\"",
       "t.json:21:15: unknown key 'bandwith' in 'memory'; did you mean "
       "'bandwidth'?"},
      {"\"bf16\"", "\"fp16\"",
       "t.json:10:13: unknown key 'fp16' in "
       "'matrix.macs_per_s'; did you mean 'f16'?"},
      {"\"class\"", "\"zzzzz\": 1, \"class\"",
       "t.json:3:10: unknown key 'zzzzz' in the file; known: schema, name"},
      {"\"cores\": {", "\"cores.chip\": 1, \"cores\": {",
       "t.json:4:15: 'cores"},
      {"{\"value\": 1.5, \"unit\"", "{\"value\": 1.5, \"units\"",
       "t.json:7:36: unknown key 'units' in 'cores.clock'; did you mean "
       "'unit'?"},
      {"\"value\": true, ", "\"value\": true, \"unit\": \"1\", ",
       "t.json:27:55: unknown key 'unit'"},
      /* wrong units */
      {"\"GHz\"", "\"GB/s\"",
       "t.json:7:35: unit 'GB/s' of 'cores.clock' is not one of 'Hz', 'MHz', "
       "'GHz'"},
      {"\"us\"", "\"s\"", "t.json:25:"},
      /* out of range */
      {"\"value\": 1.5", "\"value\": 0", "t.json:7:22: 'cores.clock' is 0 GHz"},
      {"\"value\": 1.5", "\"value\": -1", "must be 0.001 to 100 GHz"},
      {"\"value\": 0.5", "\"value\": 1.01",
       "t.json:15:27: 'matrix.efficiency' is 1.01; it must be 0.01 to 1"},
      {"\"value\": 16", "\"value\": 16.5", "t.json:12:20: 'matrix.pad.n'"},
      {"\"value\": 8.5", "\"value\": 8.0001", "must be a whole number of B"},
      {"\"program\": {\"value\": 1", "\"program\": {\"value\": 3",
       "t.json:6:14: 'cores.program' is more than 'cores.chip'"},
      {"\"simple\": {\"value\": 1", "\"simple\": {\"value\": 2", "t.json:18:"},
      /* missing source or mark */
      {", \"source\": \"test\"", "",
       "t.json:5:11: 'cores.chip' has no 'source'"},
      {", \"mark\": \"c\"", "", "t.json:5:11: 'cores.chip' has no 'mark'"},
      {"\"source\": \"test\"", "\"source\": \"\"",
       "t.json:5:63: 'source' of 'cores.chip' is empty"},
      {"\"mark\": \"c\"", "\"mark\": \"x\"", "t.json:5:48: mark 'x'"},
      {"\"value\": 2, ", "", "t.json:5:11: 'cores.chip' has no 'value'"},
      /* wrong types */
      {NUMBER("clock", "1.5", "GHz"), "\"clock\": 1.5",
       "t.json:7:12: 'cores.clock' must be an object"},
      {"\"value\": 1.5", "\"value\": \"1.5\"",
       "t.json:7:22: the value of 'cores.clock' must be a number"},
      {"\"value\": false", "\"value\": 0", "must be true or false"},
      {"\"mark\": \"c\"", "\"mark\": 1",
       "t.json:5:48: 'mark' of 'cores.chip' "
       "must be a string"},
      {"\"overhead\": {", "\"overhead\": 1, \"x\": {",
       "t.json:25:13: 'overhead' must be an object"},
      {"\"toy\"", "5", "t.json:2:9: 'name' must be a string"},
      /* headings */
      {"\"toy\"", "\"../toy\"", "t.json:2:9: name '../toy' may hold only"},
      {"\"mxu\"", "\"fpga\"", "t.json:3:10: class 'fpga' is not one of mxu"},
      {"target-1", "target-9", "t.json:1:12: schema 'tessera-target-9'"},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    const tess_target_t *target;
    char *text = fixture_edit(cases[i].from, cases[i].to);
    CHECK_ERROR(parse(arena, text, &target), TESS_INVALID, cases[i].error);
    free(text);
  }
}

static void truncated_and_foreign(tess_arena_t *arena) {
  const tess_target_t *target;
  for (size_t n = 0; n + 2 < sizeof(fixture_text); n += 7)
    CHECK_ERROR(tess_target_parse(arena, "t.json", fixture_text, n, &target,
                                  NULL, NULL),
                TESS_INVALID, "t.json:");
  CHECK_ERROR(parse(arena, "[1]", &target), TESS_INVALID,
              "t.json:1:1: a target file must be a JSON object");
  CHECK_ERROR(parse(arena, "{}", &target), TESS_INVALID,
              "t.json:1:1: missing 'schema'");
  CHECK_ERROR(parse(arena, "{\"name\": 1, \"name\": 2}", &target), TESS_INVALID,
              "t.json:1:13: duplicate key 'name'");
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  fields(&arena);
  mistakes(&arena);
  truncated_and_foreign(&arena);
  tess_arena_free(&arena);
  return tess_check_result();
}
