/* A line on the terminal for work that takes longer than two seconds. */
#include "progress.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double now_s(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

cli_progress_t cli_progress_start(void) {
  return (cli_progress_t){
      .what = "", .start_s = now_s(), .terminal = isatty(STDERR_FILENO) == 1};
}

void cli_progress_show(cli_progress_t *progress, int64_t done, int64_t total) {
  double now = progress->terminal ? now_s() : 0;
  if (!progress->terminal || now - progress->start_s < 2 ||
      now - progress->shown_s < 0.1)
    return;
  progress->shown = true;
  progress->shown_s = now;
  fprintf(stderr, "\r\033[K%lld", (long long)done);
  if (total > 0)
    fprintf(stderr, " of %lld", (long long)total);
  fprintf(stderr, " %s, %.0f s", progress->what, now - progress->start_s);
}

void cli_progress_end(cli_progress_t *progress) {
  if (progress->shown)
    fprintf(stderr, "\r\033[K");
  progress->shown = false;
}
