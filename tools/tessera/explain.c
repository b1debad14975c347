/* tessera explain: where a model's time goes. */
#include "tessera/report/explain.h"
#include "choices.h"
#include "commands.h"
#include "model.h"
#include "options.h"
#include "tessera/flow/flow.h"
#include "tessera/ir/reader.h"
#include <string.h>

typedef struct settings {
  const char *model, *target, *cost_model, *function, *format, *output;
  int64_t top;
  bool blocks;
} settings_t;

static void add_report(const settings_t *settings, const cli_model_t *model,
                       const tess_analysis_t *analysis, tess_text_t *out) {
  tess_explain_input_t input = {
      .model_name = model->name,
      .target = analysis->target,
      .cost_model = settings->cost_model,
      .model = analysis->model,
      .program = analysis->program,
      .costs = analysis->costs,
      .total = &analysis->total,
      .top = (int32_t)settings->top,
      .blocks = settings->blocks,
  };
  if (!strcmp(settings->format, "json"))
    tess_explain_json(&input, out);
  else if (!strcmp(settings->format, "csv"))
    tess_explain_csv(&input, out);
  else
    tess_explain_text(&input, out);
}

static tess_status_t explain(const settings_t *settings, cli_model_t *model,
                             const tess_target_t *target) {
  MlirOperation function;
  tess_analysis_t analysis = {0};
  TESS_TRY(cli_model_load(model, settings->model));
  TESS_TRY(cli_model_entry(model, settings->function, &function));
  TESS_TRY(
      tess_flow_analyse(function, target, settings->cost_model, &analysis));
  cli_warn_doubts(model, &analysis);
  tess_text_t text = TESS_TEXT_INIT;
  add_report(settings, model, &analysis, &text);
  tess_status_t status = cli_write(settings->output, &text);
  tess_text_free(&text);
  tess_analysis_free(&analysis);
  return status;
}

static tess_status_t run(const settings_t *settings) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  cli_model_t model = {0};
  tess_status_t status =
      tess_target_load(&arena, settings->target, &target, NULL, NULL);
  if (!status)
    status = explain(settings, &model, target);
  cli_model_free(&model);
  tess_arena_free(&arena);
  return status;
}

int cli_explain(int argc, char **argv) {
  tess_arena_t arena = TESS_ARENA_INIT;
  settings_t settings = {.target = NULL,
                         .cost_model = "roofline",
                         .format = "text",
                         .output = "-",
                         .top = 15};
  const cli_option_t options[] = {
      {"target", 't', CLI_TEXT, &settings.target, "TARGET",
       "the hardware: a name that 'tessera targets' lists, or a .json file", 0,
       0, true},
      {"cost-model", 0, CLI_CHOICE, &settings.cost_model,
       cli_cost_models(&arena), "how kernels are costed", 0, 0, false},
      {"function", 0, CLI_TEXT, &settings.function, "NAME",
       "the function, where the module has several", 0, 0, false},
      {"format", 0, CLI_CHOICE, &settings.format, "text|csv|json",
       "text for people, csv or json for programs", 0, 0, false},
      {"top", 0, CLI_INTEGER, &settings.top, "N",
       "kernels listed in the text form, 0: all", 0, INT32_MAX, false},
      {"blocks", 0, CLI_FLAG, &settings.blocks, NULL,
       "the text form by block instead of by kernel", 0, 0, false},
      {"output", 'o', CLI_TEXT, &settings.output, "FILE",
       "where to write, -: standard output", 0, 0, false},
  };
  const cli_command_t command = {.name = "explain",
                                 .operands_help = "MODEL --target TARGET",
                                 .options = options,
                                 .option_count =
                                     sizeof options / sizeof *options,
                                 .operands = &settings.model,
                                 .operand_least = 1,
                                 .operand_most = 1};
  int code = cli_parse(&command, argc, argv);
  tess_arena_free(&arena);
  return code >= 0 ? code : cli_finish(run(&settings));
}
