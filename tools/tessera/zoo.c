/* tessera zoo: emit a network as MLIR. */
#include "tessera/zoo/zoo.h"
#include "commands.h"
#include "options.h"
#include <string.h>

typedef struct settings {
  const char *name, *dialect, *dtype, *layout, *output;
  int64_t batch, resolution, sequence;
  double width, depth;
  bool list;
} settings_t;

/* One row: what the network counts at its own size. */
static tess_status_t list_network(tess_table_t *table, size_t index) {
  char number[TESS_NUMBER_CHARS];
  const tess_zoo_options_t options = {.dtype = TESS_F32, .batch = 1};
  const char *name = tess_zoo_name(index);
  int64_t side = tess_zoo_resolution(index);
  int64_t sequence = tess_zoo_sequence(index);
  tess_text_t text = TESS_TEXT_INIT;
  tess_zoo_counts_t counts;
  tess_status_t status = tess_zoo_emit(name, &options, &text, &counts);
  tess_text_free(&text);
  TESS_TRY(status);
  tess_table_cell(table, "%s", name);
  tess_table_cell(table, "%s",
                  tess_format_thousands(number, counts.parameters));
  tess_table_cell(table, "%s", tess_format_thousands(number, counts.macs));
  tess_table_cell(table, side ? "%lldx%lld" : "", (long long)side,
                  (long long)side);
  tess_table_cell(table, sequence ? "%lld" : "", (long long)sequence);
  tess_table_cell(table, "%s", tess_zoo_summary(index));
  return TESS_SUCCESS;
}

static tess_status_t list_networks(void) {
  static const char *const titles[] = {"name",  "parameters", "MACs",
                                       "image", "sequence",   "what it is"};
  tess_text_t text = TESS_TEXT_INIT;
  tess_table_t *table = tess_table_create("lrrrrl");
  tess_status_t status = TESS_SUCCESS;
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
    tess_table_cell(table, "%s", titles[i]);
  tess_table_rule(table);
  for (size_t i = 0; i < tess_zoo_count() && !status; i++)
    status = list_network(table, i);
  tess_table_print(table, 0, &text);
  tess_table_destroy(table);
  if (!status)
    status = cli_write("-", &text);
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

/* To the library a multiplier of 0 is the network's own; a person who asks for
 * it gets told. */
static tess_status_t check_multiplier(const char *name, double value) {
  if (value != 0)
    return TESS_SUCCESS;
  return tess_error(TESS_INVALID, "--%s is 0, but must be from 0.01 to 100",
                    name);
}

static tess_status_t run(const settings_t *settings) {
  TESS_TRY(check_multiplier("width", settings->width));
  TESS_TRY(check_multiplier("depth", settings->depth));
  tess_zoo_options_t options = {
      .dialect =
          strcmp(settings->dialect, "tosa") ? TESS_ZOO_LINALG : TESS_ZOO_TOSA,
      .dtype = tess_dtype_parse(settings->dtype),
      .batch = settings->batch,
      .resolution = settings->resolution,
      .layout =
          strcmp(settings->layout, "nchw") ? TESS_ZOO_NHWC : TESS_ZOO_NCHW,
      .width = settings->width,
      .depth = settings->depth,
      .sequence = settings->sequence,
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
  settings_t settings = {.dialect = "tosa",
                         .dtype = "f32",
                         .layout = "nhwc",
                         .output = "-",
                         .batch = 1,
                         .width = 1,
                         .depth = 1};
  const cli_option_t options[] = {
      {"list", 0, CLI_FLAG, &settings.list, NULL, "list the networks", 0, 0,
       false},
      {"dialect", 0, CLI_CHOICE, &settings.dialect, "tosa|linalg",
       "the form to emit", 0, 0, false},
      {"dtype", 0, CLI_CHOICE, &settings.dtype, "f32|bf16|f16|i8",
       "element type; i8: quantised", 0, 0, false},
      {"layout", 0, CLI_CHOICE, &settings.layout, "nhwc|nchw", "of images", 0,
       0, false},
      {"batch", 0, CLI_INTEGER, &settings.batch, "N", "images a run", 1,
       INT32_MAX, false},
      {"resolution", 0, CLI_INTEGER, &settings.resolution, "N",
       "pixels a side, at least 32; 0: the network's own", 0, INT32_MAX, false},
      {"width", 0, CLI_NUMBER, &settings.width, "RATIO",
       "times the network's channels, 0.01 to 100", 0, 0, false},
      {"depth", 0, CLI_NUMBER, &settings.depth, "RATIO",
       "times the network's layers, 0.01 to 100", 0, 0, false},
      {"sequence", 0, CLI_INTEGER, &settings.sequence, "N",
       "positions of a text; 0: the network's own", 0, INT32_MAX, false},
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
