/* Any bytes as a target file: a target whose numbers are usable, or an error
 * that says where. */
#include "fuzz.h"
#include "tessera/target/target.h"
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
    for (size_t i = 0; i < fact_count; i++)
      FUZZ_CHECK(facts[i].path && facts[i].value && facts[i].source);
  }
  tess_status_free(status);
  tess_arena_free(&arena);
  free(copy);
  return 0;
}
