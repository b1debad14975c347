/* The machine that this runs on: read, measured, and written as a target file.
 * Private to lib/target. */
#ifndef TESSERA_LIB_TARGET_CPU_H
#define TESSERA_LIB_TARGET_CPU_H

#include "cpu_kernels.h"
#include "tessera/base/text.h"
#include "tessera/target/target.h"
#include <stdint.h>

/* What the system says without measuring. */
typedef struct tess_cpu_info {
  char model[128];
  int cores; /* that this process may use */
  int64_t memory_bytes;
  int64_t cache_bytes; /* of the last level */
  int cache_level;     /* 0: not known, cache_bytes is assumed */
  int64_t core_bytes;  /* of the second level, 0: not known */
} tess_cpu_info_t;

void tess_cpu_info_read(tess_cpu_info_t *info);

/* Rates of one core. */
typedef struct tess_cpu_rates {
  int vector_lanes; /* f32 */
  const char *instructions;
  double clock_hz;
  double f32_macs_per_s;
  double memory_bytes_per_s, cache_bytes_per_s;
  double calls_per_s[TESS_CPU_CALL_COUNT]; /* of the C library's functions */
} tess_cpu_rates_t;

/* Measures for less than a second. */
void tess_cpu_rates_measure(const tess_cpu_info_t *info,
                            tess_cpu_rates_t *rates);

/* The target file of this machine. */
void tess_cpu_write(const tess_cpu_info_t *info, const tess_cpu_rates_t *rates,
                    tess_text_t *json);

/* Loads the CPU target from the user's cache directory, or measures it and
 * keeps it there. Appends its file to `json`, which may be NULL. */
TESS_MUST_USE tess_status_t tess_cpu_load(tess_arena_t *arena,
                                          tess_text_t *json,
                                          const tess_target_t **target,
                                          const tess_target_fact_t **facts,
                                          size_t *fact_count);

#endif
