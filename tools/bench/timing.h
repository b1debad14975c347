/* What the benchmarks share: a clock and averages. */
#ifndef TESSERA_BENCH_TIMING_H
#define TESSERA_BENCH_TIMING_H

#include <stdlib.h>
#include <time.h>

static inline double tess_bench_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static inline int tess_bench_by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts the values. */
static inline double tess_bench_median(double *values, size_t count) {
  qsort(values, count, sizeof *values, tess_bench_by_value);
  return count % 2 ? values[count / 2]
                   : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* The mean of the middle half, as robust as a median and finer where the clock
 * is coarse. Sorts the values; at least one. */
static inline double tess_bench_midmean(double *values, size_t count) {
  qsort(values, count, sizeof *values, tess_bench_by_value);
  size_t skipped = count / 4, kept = count - 2 * skipped;
  double sum = 0;
  for (size_t i = 0; i < kept; i++)
    sum += values[skipped + i];
  return sum / (double)kept;
}

#endif
