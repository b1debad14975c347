/* Command lines: one table of options a command gives parsing, errors and help.
 * Private to tools/tessera. */
#ifndef TESSERA_TOOLS_TESSERA_OPTIONS_H
#define TESSERA_TOOLS_TESSERA_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum cli_kind {
  CLI_FLAG,    /* into: bool */
  CLI_TEXT,    /* into: const char *, borrowed from argv */
  CLI_CHOICE,  /* the same, one of the values "a|b|c" */
  CLI_INTEGER, /* into: int64_t */
  CLI_NUMBER,  /* into: double */
} cli_kind_t;

typedef struct cli_option {
  const char *name; /* without dashes */
  char letter;      /* short form, or 0 */
  cli_kind_t kind;
  void *into;        /* holds the default before parsing */
  const char *value; /* in the help; of a CHOICE the values */
  const char *help;
  int64_t least, most; /* of an INTEGER, inclusive */
  bool required;       /* of a TEXT */
} cli_option_t;

typedef struct cli_command {
  const char *name;
  const char *operands_help; /* "MODEL" */
  const char *details;       /* more lines of help, or NULL */
  const cli_option_t *options;
  size_t option_count;
  const char **operands; /* filled in order */
  int operand_least, operand_most;
} cli_command_t;

/* Fills in what argv asks for. Returns -1 to go on; otherwise help or an error
 * was printed, and the result is the exit code. */
int cli_parse(const cli_command_t *command, int argc, char **argv);

#endif
