/* The driver: finds the subcommand and runs it. */
#include "commands.h"
#include "tessera/base/file.h"
#include "tessera/base/parallel.h"
#include "tessera/tessera.h"
#include <string.h>

typedef struct command {
  const char *name, *summary;
  int (*run)(int argc, char **argv);
} command_t;

static const command_t commands[] = {
#define X(name, summary) {#name, summary, cli_##name},
#include "commands.def"
#undef X
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

const char *cli_summary(const char *command) {
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (!strcmp(commands[i].name, command))
      return commands[i].summary;
  return "";
}

int cli_finish(tess_status_t status) {
  int code = CLI_FAILED;
  if (!status)
    return CLI_OK;
  if (tess_status_code(status) == TESS_INTERRUPTED) {
    fprintf(stderr, "tessera: interrupted; nothing was written\n");
    code = CLI_INTERRUPTED;
  } else {
    fprintf(stderr, "tessera: error: %s\n", tess_status_text(status));
  }
  tess_status_free(status);
  return code;
}

tess_status_t cli_write(const char *path, const tess_text_t *text) {
  if (tess_interrupted())
    return tess_error(TESS_INTERRUPTED, "interrupted");
  return tess_file_write(path, tess_text_get(text), text->length);
}

static void add_help(tess_text_t *out) {
  tess_table_t *table = tess_table_create("ll");
  tess_text_add(out,
                "Tessera %s: makes neural networks fit matrix hardware\n\n"
                "usage: tessera COMMAND [options]\n\ncommands:\n",
                TESSERA_VERSION);
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    tess_table_cell(table, "%s", commands[i].name);
    tess_table_cell(table, "%s", commands[i].summary);
  }
  tess_table_print(table, 2, out);
  tess_table_destroy(table);
  tess_text_add(out, "\n'tessera COMMAND --help' shows a command's options; "
                     "'tessera --version' the version.\n"
                     "A model is an .mlir file (TOSA or linalg on tensors), "
                     "'-', or zoo:NAME.\n"
                     "exit codes: 0 success; 1 failure (bad input, no match, "
                     "input or output); 2 usage;\n            130 "
                     "interrupted\n");
}

static int print_help(void) {
  tess_text_t text = TESS_TEXT_INIT;
  add_help(&text);
  int code = cli_finish(cli_write("-", &text));
  tess_text_free(&text);
  return code;
}

static int print_version(void) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, "tessera %s\n", TESSERA_VERSION);
  int code = cli_finish(cli_write("-", &text));
  tess_text_free(&text);
  return code;
}

static int refuse(const char *word) {
  const char *names[COMMAND_COUNT];
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    names[i] = commands[i].name;
  const char *near = tess_nearest(word, names, COMMAND_COUNT);
  fprintf(stderr, "tessera: error: unknown %s '%s'",
          word[0] == '-' ? "option" : "command", word);
  if (near)
    fprintf(stderr, "; did you mean '%s'?", near);
  fprintf(stderr, "\nrun 'tessera --help' for the list\n");
  return CLI_USAGE;
}

static int dispatch(int argc, char **argv) {
  const char *word = argv[1];
  if (!strcmp(word, "--help") || !strcmp(word, "-h"))
    return print_help();
  if (!strcmp(word, "help") && argc == 2)
    return print_help();
  if (!strcmp(word, "--version"))
    return print_version();
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (!strcmp(commands[i].name, word))
      return commands[i].run(argc - 1, argv + 1);
  return refuse(word);
}

int main(int argc, char **argv) {
  tess_interrupt_install();
  if (argc < 2) {
    tess_text_t text = TESS_TEXT_INIT;
    add_help(&text);
    fputs(tess_text_get(&text), stderr);
    tess_text_free(&text);
    return CLI_USAGE;
  }
  return dispatch(argc, argv);
}
