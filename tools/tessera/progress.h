/* A line on the terminal for work that takes longer than two seconds. Private
 * to tools/tessera. */
#ifndef TESSERA_TOOLS_TESSERA_PROGRESS_H
#define TESSERA_TOOLS_TESSERA_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cli_progress {
  const char *what; /* "candidates scored" */
  double start_s, shown_s;
  bool terminal, shown;
} cli_progress_t;

cli_progress_t cli_progress_start(void);
/* Shows "done of total what", at most ten times a second; total 0: unknown. */
void cli_progress_show(cli_progress_t *progress, int64_t done, int64_t total);
/* Clears the line. */
void cli_progress_end(cli_progress_t *progress);

#endif
