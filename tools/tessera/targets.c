/* tessera targets: the hardware descriptions and their numbers. */
#include "commands.h"
#include "options.h"
#include "tessera/target/sheet.h"
#include <string.h>

/* ---- The list ---- */

enum { COLUMNS = 9 };

/* Tera-operations per second, or a dash where the type does not run. */
static void add_peak(tess_table_t *table, double per_s) {
  if (per_s > 0)
    tess_table_cell(table, "%.4g", per_s * 1e-12);
  else
    tess_table_cell(table, "-");
}

/* The CPU's description is measured when it is first loaded; a list need not
 * wait for that. */
static void add_cpu(tess_table_t *table) {
  tess_table_cell(table, "cpu");
  for (int i = 0; i < COLUMNS - 2; i++)
    tess_table_cell(table, "%s", "");
  tess_table_cell(table, "this machine, measured at first use and kept");
}

static tess_status_t load(tess_arena_t *arena, const char *name,
                          tess_sheet_t *sheet) {
  return tess_target_load(arena, name, &sheet->target, &sheet->facts,
                          &sheet->fact_count);
}

static tess_status_t add_line(const char *name, tess_arena_t *arena,
                              tess_table_t *table) {
  tess_sheet_t sheet;
  char size[TESS_CAPACITY_CHARS];
  TESS_TRY(load(arena, name, &sheet));
  const tess_target_t *target = sheet.target;
  const double bf16 = tess_target_peak(target, TESS_BF16);
  const double f16 = tess_target_peak(target, TESS_F16);
  tess_table_cell(table, "%s", name);
  add_peak(table, bf16 > f16 ? bf16 : f16);
  add_peak(table, tess_target_peak(target, TESS_I8));
  add_peak(table, tess_target_peak(target, TESS_F32));
  tess_table_cell(table, "%.4g", target->memory_bytes_per_s * 1e-9);
  tess_table_cell(table, "%s",
                  tess_format_capacity(size, target->memory_bytes));
  tess_table_cell(table, "%.4g", tess_target_ridge(target));
  tess_table_cell(table, "%zu of %zu", tess_sheet_count(&sheet, "r"),
                  tess_sheet_stated(&sheet));
  tess_table_cell(table, "%s", target->title);
  return TESS_SUCCESS;
}

static tess_status_t add_list(tess_arena_t *arena, tess_text_t *out) {
  static const char *const heads[][COLUMNS] = {
      {"target", "16-bit", "int8", "f32", "memory", "memory", "ridge",
       "recalled", "what one program uses"},
      {"", "TFLOP/s", "TOP/s", "TFLOP/s", "GB/s", "size", "FLOP/B", "numbers",
       ""}};
  tess_table_t *table = tess_table_create("lrrrrrrrl");
  tess_status_t status = TESS_SUCCESS;
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < COLUMNS; j++)
      tess_table_cell(table, "%s", heads[i][j]);
  tess_table_rule(table);
  add_cpu(table);
  for (size_t i = 1; i < tess_target_count() && !status; i++)
    status = add_line(tess_target_name(i), arena, table);
  tess_table_print(table, 0, out);
  tess_table_destroy(table);
  tess_text_add(out, "\nalso systolic:ROWSxCOLUMNS:DATAFLOW (ws, os or is), a "
                     "generic array, and FILE.json, your own\n");
  return status;
}

/* ---- One or two ---- */

static tess_status_t add_sheet(const char *name, tess_arena_t *arena,
                               tess_text_t *out) {
  tess_sheet_t sheet;
  TESS_TRY(load(arena, name, &sheet));
  tess_sheet_add_summary(&sheet, out);
  tess_text_add(out, "\n");
  tess_sheet_add_facts(&sheet, out);
  return TESS_SUCCESS;
}

static tess_status_t add_difference(const char *const names[2],
                                    tess_arena_t *arena, tess_text_t *out) {
  tess_sheet_t sheets[2];
  for (int i = 0; i < 2; i++)
    TESS_TRY(load(arena, names[i], &sheets[i]));
  tess_sheet_add_difference(&sheets[0], &sheets[1], out);
  return TESS_SUCCESS;
}

/* ---- A file of one's own ---- */

/* Every mistake on standard error, a line each. */
static void print_mistakes(const char *lines) {
  while (*lines) {
    size_t length = strcspn(lines, "\n");
    fprintf(stderr, "tessera: error: %.*s\n", (int)length, lines);
    lines += length + (lines[length] != '\0');
  }
}

static tess_status_t check(const char *name, tess_arena_t *arena,
                           tess_text_t *out) {
  tess_text_t json = TESS_TEXT_INIT, lines = TESS_TEXT_INIT;
  tess_sheet_t sheet;
  tess_status_t status = tess_target_source(name, &json);
  if (!status) {
    size_t mistakes =
        tess_target_mistakes(name, tess_text_get(&json), json.length, &lines);
    print_mistakes(tess_text_get(&lines));
    if (mistakes)
      status = tess_error(TESS_INVALID, "%s: %zu mistake%s", name, mistakes,
                          mistakes == 1 ? "" : "s");
  }
  tess_text_free(&json);
  tess_text_free(&lines);
  if (!status)
    status = load(arena, name, &sheet);
  if (!status) {
    tess_sheet_add_summary(&sheet, out);
    tess_text_add(out, "%s is a sound target file\n", name);
  }
  return status;
}

/* ---- The command ---- */

typedef struct request {
  const char *names[2];
  bool diff, check, json;
} request_t;

static tess_status_t answer(const request_t *request, tess_arena_t *arena,
                            tess_text_t *out) {
  const char *name = request->names[0];
  if (request->diff)
    return add_difference(request->names, arena, out);
  if (request->check)
    return check(name, arena, out);
  if (request->json)
    return tess_target_source(name, out);
  return name ? add_sheet(name, arena, out) : add_list(arena, out);
}

/* NULL, or why the options and operands do not go together. */
static const char *misuse(const request_t *request) {
  if (request->diff + request->check + request->json > 1)
    return "--diff, --check and --json exclude each other";
  if (request->diff && !request->names[1])
    return "--diff needs two targets";
  if (!request->diff && request->names[1])
    return "two targets need --diff";
  if ((request->check || request->json) && !request->names[0])
    return "--check and --json need a target";
  return NULL;
}

static tess_status_t run(const request_t *request) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_text_t text = TESS_TEXT_INIT;
  tess_status_t status = answer(request, &arena, &text);
  if (!status)
    status = cli_write("-", &text);
  tess_text_free(&text);
  tess_arena_free(&arena);
  return status;
}

int cli_targets(int argc, char **argv) {
  request_t request = {0};
  const cli_option_t options[] = {
      {.name = "diff",
       .kind = CLI_FLAG,
       .into = &request.diff,
       .help = "what differs between two targets"},
      {.name = "check",
       .kind = CLI_FLAG,
       .into = &request.check,
       .help = "every mistake of a file, or its summary"},
      {.name = "json",
       .kind = CLI_FLAG,
       .into = &request.json,
       .help = "the target as a file, to start one's own from"},
  };
  const cli_command_t command = {
      .name = "targets",
      .operands_help = "[TARGET [TARGET]]",
      .details =
          "Without an operand all targets in a line each, with one its data "
          "sheet. A TARGET\nis a name, FILE.json, or "
          "systolic:ROWSxCOLUMNS:DATAFLOW (systolic:128x128:ws).",
      .options = options,
      .option_count = sizeof options / sizeof *options,
      .operands = request.names,
      .operand_most = 2};
  int code = cli_parse(&command, argc, argv);
  if (code >= 0)
    return code;
  const char *wrong = misuse(&request);
  if (wrong) {
    fprintf(stderr, "tessera: error: %s\n", wrong);
    return CLI_USAGE;
  }
  return cli_finish(run(&request));
}
