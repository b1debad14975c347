/* Values of options that a table elsewhere lists, as "a|b|c" for options.h.
 * Private to tools/tessera. */
#ifndef TESSERA_TOOLS_TESSERA_CHOICES_H
#define TESSERA_TOOLS_TESSERA_CHOICES_H

#include "tessera/rewrite/rewrite.h"

const char *cli_cost_models(tess_arena_t *arena);
const char *cli_strategies(tess_arena_t *arena);
const char *cli_qualities(tess_arena_t *arena);
/* Names with their summaries, one line each. */
const char *cli_strategy_help(tess_arena_t *arena);

/* Reads the value of --rewrites of a command. Returns -1 to go on; otherwise an
 * error was printed, and the result is the exit code. */
int cli_rewrites(const char *command, const char *text,
                 tess_rewrite_set_t usual, tess_rewrite_set_t *rewrites);

#endif
