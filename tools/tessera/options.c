/* Command lines: one table of options a command gives parsing, errors and
 * help. */
#include "options.h"
#include "commands.h"
#include "tessera/base/arena.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- Help ---- */

static void add_default(const cli_option_t *option, tess_text_t *out) {
  switch (option->kind) {
  case CLI_FLAG:
    break;
  case CLI_TEXT:
  case CLI_CHOICE:
    if (*(const char **)option->into)
      tess_text_add(out, " [%s]", *(const char **)option->into);
    break;
  case CLI_INTEGER:
    tess_text_add(out, " [%lld]", (long long)*(int64_t *)option->into);
    break;
  case CLI_NUMBER:
    tess_text_add(out, " [%g]", *(double *)option->into);
    break;
  }
}

static void add_option(const cli_option_t *option, tess_table_t *table) {
  tess_text_t text = TESS_TEXT_INIT;
  if (option->letter)
    tess_text_add(&text, "-%c, ", option->letter);
  tess_text_add(&text, "--%s", option->name);
  if (option->kind != CLI_FLAG)
    tess_text_add(&text, " %s", option->value);
  tess_table_cell(table, "%s", tess_text_get(&text));
  tess_text_free(&text);
  tess_text_add(&text, "%s", option->help);
  add_default(option, &text);
  tess_table_cell(table, "%s", tess_text_get(&text));
  tess_text_free(&text);
}

static int print_help(const cli_command_t *command) {
  tess_text_t out = TESS_TEXT_INIT;
  tess_table_t *table = tess_table_create("ll");
  tess_text_add(&out, "usage: tessera %s%s%s [options]\n\n%s\n\noptions:\n",
                command->name, *command->operands_help ? " " : "",
                command->operands_help, cli_summary(command->name));
  for (size_t i = 0; i < command->option_count; i++)
    add_option(&command->options[i], table);
  tess_table_cell(table, "-h, --help");
  tess_table_cell(table, "show this");
  tess_table_print(table, 2, &out);
  tess_table_destroy(table);
  if (command->details)
    tess_text_add(&out, "\n%s", command->details);
  tess_text_add(&out, "\nexit codes: 0 success; 1 failure; 2 usage; 130 "
                      "interrupted\n");
  int code = cli_finish(cli_write("-", &out));
  tess_text_free(&out);
  return code;
}

/* ---- Errors ---- */

TESS_PRINTF(2, 3)
static int refuse(const cli_command_t *command, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "tessera: error: %s: ", command->name);
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\nrun 'tessera %s --help' for the options\n", command->name);
  va_end(arguments);
  return CLI_USAGE;
}

static int refuse_unknown(const cli_command_t *command, const char *argument) {
  const char **names = tess_alloc((command->option_count + 1) * sizeof *names);
  char *word = tess_alloc(strlen(argument) + 1);
  memcpy(word, argument, strcspn(argument, "="));
  for (size_t i = 0; i < command->option_count; i++)
    names[i] = command->options[i].name;
  names[command->option_count] = "help";
  const char *near =
      tess_nearest(word + strspn(word, "-"), names, command->option_count + 1);
  int code = near ? refuse(command, "unknown option '%s'; did you mean '--%s'?",
                           word, near)
                  : refuse(command, "unknown option '%s'", word);
  free(word);
  free(names);
  return code;
}

/* ---- Values ---- */

/* Whether `value` is one of "a|b|c". */
static bool is_choice(const char *choices, const char *value) {
  size_t length = strlen(value);
  for (const char *at = choices; at; at = strchr(at, '|')) {
    at += *at == '|';
    if (!strncmp(at, value, length) && (!at[length] || at[length] == '|'))
      return length > 0;
  }
  return false;
}

static int set_integer(const cli_command_t *command, const cli_option_t *option,
                       const char *value) {
  int64_t number;
  if (!tess_parse_i64(value, &number) || number < option->least ||
      number > option->most)
    return refuse(command,
                  "--%s takes a whole number from %lld to %lld, not "
                  "'%s'",
                  option->name, (long long)option->least,
                  (long long)option->most, value);
  *(int64_t *)option->into = number;
  return -1;
}

static int set_value(const cli_command_t *command, const cli_option_t *option,
                     const char *value) {
  switch (option->kind) {
  case CLI_FLAG:
    return refuse(command, "--%s takes no value", option->name);
  case CLI_INTEGER:
    return set_integer(command, option, value);
  case CLI_NUMBER:
    if (!tess_parse_f64(value, option->into) || *(double *)option->into < 0)
      return refuse(command, "--%s takes a number from 0 up, not '%s'",
                    option->name, value);
    return -1;
  case CLI_CHOICE:
    if (!is_choice(option->value, value))
      return refuse(command, "--%s is one of %s, not '%s'", option->name,
                    option->value, value);
    *(const char **)option->into = value;
    return -1;
  case CLI_TEXT:
    if (!*value)
      return refuse(command, "--%s is empty", option->name);
    *(const char **)option->into = value;
    return -1;
  }
  return -1;
}

/* ---- Arguments ---- */

static const cli_option_t *find_option(const cli_command_t *command,
                                       const char *name, size_t length) {
  for (size_t i = 0; i < command->option_count; i++) {
    const cli_option_t *option = &command->options[i];
    if (strlen(option->name) == length && !strncmp(option->name, name, length))
      return option;
  }
  return NULL;
}

static const cli_option_t *find_letter(const cli_command_t *command,
                                       const char *argument) {
  for (size_t i = 0; i < command->option_count && !argument[2]; i++)
    if (command->options[i].letter && command->options[i].letter == argument[1])
      return &command->options[i];
  return NULL;
}

/* Takes the option at argv[*at] and its value, and moves *at to the last word
 * taken. */
static int take_option(const cli_command_t *command, int argc, char **argv,
                       int *at) {
  const char *argument = argv[*at], *value = NULL;
  const cli_option_t *option;
  if (argument[1] == '-') {
    const char *equals = strchr(argument, '=');
    size_t length =
        equals ? (size_t)(equals - argument) - 2 : strlen(argument) - 2;
    option = find_option(command, argument + 2, length);
    value = equals ? equals + 1 : NULL;
  } else {
    option = find_letter(command, argument);
  }
  if (!option)
    return refuse_unknown(command, argument);
  if (option->kind == CLI_FLAG && !value) {
    *(bool *)option->into = true;
    return -1;
  }
  if (!value && (*at + 1 >= argc || !strncmp(argv[*at + 1], "--", 2)))
    return refuse(command, "--%s needs a value (%s)", option->name,
                  option->value);
  if (!value)
    value = argv[++*at];
  return set_value(command, option, value);
}

static bool asks_for_help(int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
      return true;
  return false;
}

static int check_complete(const cli_command_t *command, int operand_count) {
  if (operand_count < command->operand_least)
    return refuse(command, "needs %s", command->operands_help);
  for (size_t i = 0; i < command->option_count; i++) {
    const cli_option_t *option = &command->options[i];
    if (option->required && !*(const char **)option->into)
      return refuse(command, "needs --%s %s", option->name, option->value);
  }
  return -1;
}

int cli_parse(const cli_command_t *command, int argc, char **argv) {
  int count = 0;
  bool only_operands = false;
  if (asks_for_help(argc, argv))
    return print_help(command);
  for (int i = 1; i < argc; i++) {
    const char *argument = argv[i];
    if (!only_operands && !strcmp(argument, "--")) {
      only_operands = true;
    } else if (!only_operands && argument[0] == '-' && argument[1]) {
      int code = take_option(command, argc, argv, &i);
      if (code >= 0)
        return code;
    } else if (count == command->operand_most) {
      return refuse(command, "unexpected argument '%s'", argument);
    } else {
      command->operands[count++] = argument;
    }
  }
  return check_complete(command, count);
}
