/* The CPU probe: the best of several short runs of each loop. */
#include "cpu.h"
#include "cpu_kernels.h"
#include "tessera/base/arena.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Runs are short, about 0.2 ms, so that on a busy machine some of them are not
 * interrupted. */
enum {
  compute_runs = 160,
  compute_rounds = 100000,
  memory_passes = 4,
  cache_passes = 16,
  call_count = 1 << 12,
  call_runs = 100,
  piece_bytes = 1 << 20,
  least_buffer = 32 << 20,
  greatest_buffer = 96 << 20,
};

static volatile uint64_t sink; /* keeps results alive */

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double best(double old_rate, double work, double started) {
  double took = seconds() - started;
  return took > 0 ? fmax(old_rate, work / took) : old_rate;
}

static void measure_compute(tess_cpu_rates_t *rates) {
  const tess_cpu_loop_t loop = tess_cpu_widest_loop();
  const double macs = (double)compute_rounds * loop.lanes * loop.chains;
  float result[16];
  for (int run = 0; run < compute_runs; run++) {
    double started = seconds();
    loop.run(compute_rounds, result);
    rates->f32_macs_per_s = best(rates->f32_macs_per_s, macs, started);
    sink += (uint64_t)result[0];
    started = seconds();
    sink += tess_cpu_add_chain(compute_rounds);
    rates->clock_hz = best(rates->clock_hz, 8.0 * compute_rounds, started);
  }
  rates->vector_lanes = loop.lanes;
  rates->instructions = loop.instructions;
}

/* Between 0 and 4, where no result is a constant. */
static void measure_calls(tess_cpu_rates_t *rates) {
  float x[call_count], y[call_count];
  for (int i = 0; i < call_count; i++)
    x[i] = 4.0F * (float)(i * 37 % call_count + 1) / (float)call_count;
  for (int run = 0; run < call_runs; run++)
    for (int call = 0; call < TESS_CPU_CALL_COUNT; call++) {
      double started = seconds();
      tess_cpu_call_each((tess_cpu_call_t)call, x, y, call_count);
      rates->calls_per_s[call] =
          best(rates->calls_per_s[call], call_count, started);
      sink += (uint64_t)fabsf(y[run]);
    }
}

/* Goes through `bytes`, timing each piece: reads, and copies if `to`. */
static double best_piece(size_t bytes, int passes, const uint64_t *from,
                         uint64_t *to) {
  const size_t words = piece_bytes / sizeof(*from);
  double rate = 0;
  for (int pass = 0; pass < passes; pass++)
    for (size_t at = 0; at + words <= bytes / sizeof(*from); at += words) {
      double started = seconds();
      if (to)
        memcpy(to + at, from + at, piece_bytes);
      else
        sink += tess_cpu_read(from + at, words);
      rate = best(rate, to ? 2.0 * piece_bytes : 1.0 * piece_bytes, started);
    }
  return rate;
}

void tess_cpu_rates_measure(const tess_cpu_info_t *info,
                            tess_cpu_rates_t *rates) {
  *rates = (tess_cpu_rates_t){0};
  measure_compute(rates);
  measure_calls(rates);
  /* Larger than the last-level cache, within reason. */
  int64_t wanted = info->cache_bytes > greatest_buffer / 2
                       ? greatest_buffer
                       : info->cache_bytes * 2;
  size_t bytes = wanted < least_buffer ? least_buffer : (size_t)wanted;
  uint64_t *from = tess_realloc(NULL, bytes), *to = tess_realloc(NULL, bytes);
  /* Pages that were never written all read the one page of zeros. */
  memset(from, 1, bytes);
  memset(to, 1, bytes);
  rates->memory_bytes_per_s = fmax(best_piece(bytes, memory_passes, from, NULL),
                                   best_piece(bytes, memory_passes, from, to));
  sink += to[0];
  /* A quarter of the last level: other cores use it too. */
  size_t cached = (size_t)(wanted / 8);
  rates->cache_bytes_per_s =
      fmax(best_piece(cached < piece_bytes ? piece_bytes : cached, cache_passes,
                      from, NULL),
           rates->memory_bytes_per_s);
  free(from);
  free(to);
}
