/* tessera targets: the hardware descriptions and their numbers. */
#include "commands.h"
#include "options.h"
#include "tessera/target/target.h"
#include <string.h>

/* The CPU's description is measured when it is first loaded; a list need not
 * wait for that. */
static tess_status_t add_title(const char *name, tess_arena_t *arena,
                               tess_table_t *table) {
  const tess_target_t *target;
  tess_table_cell(table, "%s", name);
  if (!strcmp(name, "cpu")) {
    tess_table_cell(table, "this machine, measured once and kept");
    return TESS_SUCCESS;
  }
  TESS_TRY(tess_target_load(arena, name, &target, NULL, NULL));
  tess_table_cell(table, "%s", target->title);
  return TESS_SUCCESS;
}

static tess_status_t add_list(tess_arena_t *arena, tess_text_t *out) {
  tess_table_t *table = tess_table_create("ll");
  tess_status_t status = TESS_SUCCESS;
  for (size_t i = 0; i < tess_target_count() && !status; i++)
    status = add_title(tess_target_name(i), arena, table);
  tess_table_print(table, 0, out);
  tess_table_destroy(table);
  return status;
}

enum { SOURCE_CHARS = 72 };

/* The length of the first line of `text`, broken at a blank where it can be. */
static size_t line_length(const char *text) {
  size_t length = strlen(text);
  if (length <= SOURCE_CHARS)
    return length;
  length = SOURCE_CHARS;
  while (length && text[length] != ' ')
    length--;
  return length ? length : SOURCE_CHARS;
}

/* A number, and its source in as many rows as that needs. */
static void add_fact(const tess_target_fact_t *fact, tess_table_t *table) {
  const char *const cells[] = {fact->path, fact->value, fact->unit, fact->mark};
  const char *source = fact->source;
  bool first = true;
  do {
    size_t length = line_length(source);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
      tess_table_cell(table, "%s", first ? cells[i] : "");
    tess_table_cell(table, "%.*s", (int)length, source);
    source += length;
    source += *source == ' ';
    first = false;
  } while (*source);
}

static void add_facts(const tess_target_fact_t *facts, size_t count,
                      tess_text_t *out) {
  static const char *const heads[] = {"number", "value", "unit", "mark",
                                      "source"};
  tess_table_t *table = tess_table_create("lrlll");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  tess_table_rule(table);
  for (size_t i = 0; i < count; i++)
    add_fact(&facts[i], table);
  tess_table_print(table, 0, out);
  tess_table_destroy(table);
}

static tess_status_t add_sheet(const char *name, tess_arena_t *arena,
                               tess_text_t *out) {
  const tess_target_t *target;
  const tess_target_fact_t *facts;
  size_t count;
  TESS_TRY(tess_target_load(arena, name, &target, &facts, &count));
  tess_text_add(out, "%s: %s\n\n", target->name, target->title);
  add_facts(facts, count, out);
  tess_text_add(out, "\nmark: s read in its source, s2 read in notes on the "
                     "source, c computed from such\nnumbers, r recalled, m "
                     "measured on this machine\n");
  return TESS_SUCCESS;
}

static tess_status_t run(const char *name) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_text_t text = TESS_TEXT_INIT;
  tess_status_t status =
      name ? add_sheet(name, &arena, &text) : add_list(&arena, &text);
  if (!status)
    status = cli_write("-", &text);
  tess_text_free(&text);
  tess_arena_free(&arena);
  return status;
}

int cli_targets(int argc, char **argv) {
  const char *name = NULL;
  const cli_command_t command = {.name = "targets",
                                 .operands_help = "[NAME | FILE.json]",
                                 .operands = &name,
                                 .operand_most = 1};
  int code = cli_parse(&command, argc, argv);
  return code >= 0 ? code : cli_finish(run(name));
}
