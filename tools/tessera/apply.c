/* tessera apply: rewrite a model by a candidate's text. */
#include "commands.h"
#include "model.h"
#include "options.h"
#include "tessera/flow/flow.h"
#include "tessera/ir/reader.h"
#include <stdlib.h>

typedef struct settings {
  const char *model, *candidate, *target, *function, *output;
} settings_t;

static tess_status_t apply(const settings_t *settings, cli_model_t *model) {
  MlirOperation function;
  tess_text_t text = TESS_TEXT_INIT;
  TESS_TRY(cli_model_load(model, settings->model));
  TESS_TRY(cli_model_entry(model, settings->function, &function));
  TESS_TRY(tess_flow_apply(function, settings->candidate, settings->target));
  size_t length;
  char *printed = tess_ir_print(mlirModuleGetOperation(model->module), &length);
  tess_text_add_n(&text, printed, length);
  free(printed);
  tess_status_t status = cli_write(settings->output, &text);
  tess_text_free(&text);
  return status;
}

static tess_status_t run(const settings_t *settings) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  cli_model_t model = {0};
  tess_status_t status =
      tess_target_load(&arena, settings->target, &target, NULL, NULL);
  if (!status)
    status = apply(settings, &model);
  cli_model_free(&model);
  tess_arena_free(&arena);
  return status;
}

int cli_apply(int argc, char **argv) {
  settings_t settings = {.output = "-"};
  const cli_option_t options[] = {
      {"candidate", 'c', CLI_TEXT, &settings.candidate, "TEXT",
       "choices as in pareto.csv: \"activation.7=relu;...\"; several stages "
       "with "
       "\" then \" between",
       0, 0, true},
      {"target", 't', CLI_TEXT, &settings.target, "TARGET",
       "the hardware that the choices are for", 0, 0, true},
      {"function", 0, CLI_TEXT, &settings.function, "NAME",
       "the function, where the module has several", 0, 0, false},
      {"output", 'o', CLI_TEXT, &settings.output, "FILE",
       "where to write, -: standard output", 0, 0, false},
  };
  const cli_command_t command = {
      .name = "apply",
      .operands_help = "MODEL --candidate TEXT --target TARGET",
      .options = options,
      .option_count = sizeof options / sizeof *options,
      .operands = &settings.model,
      .operand_least = 1,
      .operand_most = 1};
  int code = cli_parse(&command, argc, argv);
  return code >= 0 ? code : cli_finish(run(&settings));
}
