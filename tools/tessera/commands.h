/* The driver's subcommands and what they share. Private to tools/tessera. */
#ifndef TESSERA_TOOLS_TESSERA_COMMANDS_H
#define TESSERA_TOOLS_TESSERA_COMMANDS_H

#include "tessera/base/status.h"
#include "tessera/base/text.h"

/* Exit codes. */
enum {
  CLI_OK = 0,
  CLI_FAILED = 1,
  CLI_USAGE = 2,
  CLI_INTERRUPTED = 130,
};

/* One function a subcommand; argv[0] is its name. Returns an exit code. */
#define X(name, summary) int cli_##name(int argc, char **argv);
#include "commands.def"
#undef X

/* The summary of a subcommand, for its help. */
const char *cli_summary(const char *command);

/* Prints an error on standard error, frees it and gives the exit code;
 * CLI_OK for success. */
int cli_finish(tess_status_t status);

/* Writes `text` to a file ("-": standard output), unless an interrupt came. */
TESS_MUST_USE tess_status_t cli_write(const char *path,
                                      const tess_text_t *text);

#endif
