/* tessera zoo: emit a network as MLIR. */
#include "tessera/zoo/zoo.h"
#include "commands.h"
#include "options.h"
#include <string.h>

typedef struct settings {
  const char *name, *dialect, *dtype, *output;
  int64_t batch, resolution;
  bool list;
} settings_t;

static tess_status_t list_networks(void) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_table_t *table = tess_table_create("ll");
  for (size_t i = 0; i < tess_zoo_count(); i++) {
    tess_table_cell(table, "%s", tess_zoo_name(i));
    tess_table_cell(table, "%s", tess_zoo_summary(i));
  }
  tess_table_print(table, 0, &text);
  tess_table_destroy(table);
  tess_status_t status = cli_write("-", &text);
  tess_text_free(&text);
  return status;
}

/* What was written, unless the network itself goes to standard output. */
static tess_status_t confirm(const settings_t *settings,
                             const tess_zoo_counts_t *counts) {
  char parameters[TESS_NUMBER_CHARS], macs[TESS_NUMBER_CHARS];
  if (!strcmp(settings->output, "-"))
    return TESS_SUCCESS;
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, "%s: %s parameters, %s multiply-accumulates\n",
                settings->output,
                tess_format_thousands(parameters, counts->parameters),
                tess_format_thousands(macs, counts->macs));
  tess_status_t status = cli_write("-", &text);
  tess_text_free(&text);
  return status;
}

static tess_status_t run(const settings_t *settings) {
  tess_zoo_options_t options = {
      .dialect =
          strcmp(settings->dialect, "tosa") ? TESS_ZOO_LINALG : TESS_ZOO_TOSA,
      .dtype = tess_dtype_parse(settings->dtype),
      .batch = settings->batch,
      .resolution = settings->resolution,
  };
  tess_zoo_counts_t counts;
  tess_text_t text = TESS_TEXT_INIT;
  tess_status_t status =
      tess_zoo_emit(settings->name, &options, &text, &counts);
  if (!status)
    status = cli_write(settings->output, &text);
  tess_text_free(&text);
  return status ? status : confirm(settings, &counts);
}

int cli_zoo(int argc, char **argv) {
  settings_t settings = {
      .dialect = "tosa", .dtype = "f32", .output = "-", .batch = 1};
  const cli_option_t options[] = {
      {"list", 0, CLI_FLAG, &settings.list, NULL, "list the networks", 0, 0,
       false},
      {"dialect", 0, CLI_CHOICE, &settings.dialect, "tosa|linalg",
       "the form to emit", 0, 0, false},
      {"dtype", 0, CLI_CHOICE, &settings.dtype, "f32|bf16", "element type", 0,
       0, false},
      {"batch", 0, CLI_INTEGER, &settings.batch, "N", "images a run", 1,
       INT32_MAX, false},
      {"resolution", 0, CLI_INTEGER, &settings.resolution, "N",
       "pixels a side, at least 32; 0: the network's own", 0, INT32_MAX, false},
      {"output", 'o', CLI_TEXT, &settings.output, "FILE",
       "where to write, -: standard output", 0, 0, false},
  };
  const cli_command_t command = {
      .name = "zoo",
      .operands_help = "NAME | --list",
      .details = "NAME is one of the list, or mbconv: and 28 comma-separated "
                 "integers:\nexpansion, kernel, layers, squeeze-and-excite of "
                 "seven stages.\n",
      .options = options,
      .option_count = sizeof options / sizeof *options,
      .operands = &settings.name,
      .operand_least = 0,
      .operand_most = 1};
  int code = cli_parse(&command, argc, argv);
  if (code >= 0)
    return code;
  if (settings.list)
    return cli_finish(list_networks());
  if (settings.name)
    return cli_finish(run(&settings));
  fprintf(stderr, "tessera: error: zoo: needs NAME or --list\n");
  return CLI_USAGE;
}
