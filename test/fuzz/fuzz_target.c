/* Any bytes as a target file: a target whose numbers are usable, or an error
 * that says where. */
#include "fuzz.h"
#include "tessera/target/sheet.h"
#include <math.h>
#include <string.h>

static void check_usable(const tess_target_t *target) {
  FUZZ_CHECK(target->name && *target->name && target->title);
  FUZZ_CHECK(target->program_cores >= 1);
  FUZZ_CHECK(target->program_cores <= target->chip_cores);
  FUZZ_CHECK(isfinite(target->clock_hz) && target->clock_hz > 0);
  FUZZ_CHECK(isfinite(target->memory_bytes_per_s));
  FUZZ_CHECK(target->memory_bytes_per_s > 0 && target->memory_bytes > 0);
  FUZZ_CHECK(isfinite(target->onchip_bytes_per_s));
  FUZZ_CHECK(target->onchip_bytes_per_s > 0 && target->onchip_bytes > 0);
  FUZZ_CHECK(target->matrix_efficiency > 0 && target->matrix_efficiency <= 1);
  FUZZ_CHECK(target->pad_m > 0 && target->pad_n > 0 && target->pad_k > 0);
  FUZZ_CHECK(target->pad_channels > 0);
  FUZZ_CHECK(isfinite(target->kernel_overhead_ns));
  FUZZ_CHECK(target->kernel_overhead_ns >= 0);
  for (int i = 0; i < TESS_DTYPE_COUNT; i++)
    FUZZ_CHECK(isfinite(target->matrix_macs_per_s[i]) &&
               target->matrix_macs_per_s[i] >= 0);
  for (int i = 0; i < TESS_VECTOR_OP_COUNT; i++)
    FUZZ_CHECK(isfinite(target->vector_cost[i]) && target->vector_cost[i] > 0);
}

/* What later models read: finite, and nothing negative. */
static void check_parts(const tess_target_t *target) {
  const double rates[] = {target->matrix_clock_hz,  target->cmem_bytes_per_s,
                          target->link_bytes_per_s, target->host_bytes_per_s,
                          target->peak_w,           target->idle_w};
  const int64_t counts[] = {
      target->matrix_units,    target->matrix_rows,
      target->matrix_columns,  target->vector_lanes,
      target->vector_sublanes, target->vector_alus,
      target->core_bytes,      target->cmem_bytes,
      target->layout_lanes,    target->layout_alignment_bytes,
      target->link_count};
  for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++)
    FUZZ_CHECK(isfinite(rates[i]) && rates[i] >= 0);
  for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
    FUZZ_CHECK(counts[i] >= 0);
  FUZZ_CHECK(target->matrix_dataflow <= TESS_DATAFLOW_INPUT);
  FUZZ_CHECK((target->cmem_bytes > 0) == (target->cmem_bytes_per_s > 0));
  FUZZ_CHECK(isfinite(target->vector_ops_per_s[TESS_F32]));
  FUZZ_CHECK(target->vector_ops_per_s[TESS_F32] > 0);
  FUZZ_CHECK(target->depthwise_macs_per_s[TESS_F32] > 0);
}

/* Sheets of whatever was read, and the list of mistakes, agree with that. */
static void check_texts(const tess_sheet_t *sheet, const char *bytes,
                        size_t length, bool sound) {
  tess_text_t text = TESS_TEXT_INIT;
  if (sound) {
    tess_sheet_add_summary(sheet, &text);
    tess_sheet_add_facts(sheet, &text);
    tess_sheet_add_difference(sheet, sheet, &text);
    FUZZ_CHECK(strstr(tess_text_get(&text), "no number of "));
  }
  tess_text_free(&text);
  size_t mistakes = tess_target_mistakes("input.json", bytes, length, &text);
  FUZZ_CHECK((mistakes == 0) == sound);
  tess_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  char *copy = malloc(length ? length : 1);
  if (length)
    memcpy(copy, bytes, length);
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target = NULL;
  const tess_target_fact_t *facts = NULL;
  size_t fact_count = 0;
  tess_status_t status = tess_target_parse(&arena, "input.json", copy, length,
                                           &target, &facts, &fact_count);
  if (status) {
    FUZZ_CHECK(!strncmp(tess_status_text(status), "input.json", 10));
  } else {
    check_usable(target);
    check_parts(target);
    for (size_t i = 0; i < fact_count; i++)
      FUZZ_CHECK(facts[i].path && facts[i].value && facts[i].source);
  }
  const tess_sheet_t sheet = {target, facts, fact_count};
  check_texts(&sheet, copy, length, !status);
  tess_status_free(status);
  tess_arena_free(&arena);
  free(copy);
  return 0;
}
