/* tessera optimize: rewrite a model by cost, and say why. */
#include "tessera/flow/optimize.h"
#include "choices.h"
#include "commands.h"
#include "model.h"
#include "options.h"
#include "tessera/base/text.h"
#include "tessera/ir/reader.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct settings {
  const char *model, *target, *cost_model, *allow, *rewrites, *function,
      *output;
  bool sites;
  tess_rewrite_set_t rewrite_set;
} settings_t;

typedef struct session {
  const settings_t *settings;
  tess_arena_t arena;
  const tess_target_t *target;
  cli_model_t model;
  tess_optimize_result_t *result;
} session_t;

/* ---- The table. ---- */

/* Decisions for the same alternative of the same rewrite, alike in the end. */
typedef struct row {
  const tess_decision_t *first;
  int32_t count;
  double saved_ns; /* by all of them; negative: what they would add */
} row_t;

static size_t rewrite_length(const tess_decision_t *decision) {
  return strcspn(decision->site, ".");
}

static bool is_alike(const tess_decision_t *a, const tess_decision_t *b) {
  size_t length = rewrite_length(a);
  return a->taken == b->taken && length == rewrite_length(b) &&
         !memcmp(a->site, b->site, length) && !a->obstacle == !b->obstacle &&
         (a->obstacle ? !strcmp(a->obstacle, b->obstacle)
                      : !strcmp(a->alternative, b->alternative));
}

static double saved_ns(const tess_decision_t *decision) {
  double saved = decision->kept_ns - decision->changed_ns;
  return isfinite(saved) ? saved : 0;
}

static size_t make_rows(const tess_decision_list_t *decisions, row_t *rows) {
  size_t count = 0;
  for (int32_t i = 0; i < decisions->count; i++) {
    const tess_decision_t *decision = &decisions->items[i];
    size_t r = 0;
    while (r < count && !is_alike(rows[r].first, decision))
      r++;
    if (r == count)
      rows[count++] = (row_t){.first = decision};
    rows[r].count++;
    rows[r].saved_ns += saved_ns(decision);
  }
  return count;
}

static void add_saved(double ns, tess_table_t *table) {
  char time[TESS_NUMBER_CHARS];
  if (ns == 0)
    tess_table_cell(table, "nothing");
  else
    tess_table_cell(table, "%s%s", ns < 0 ? "-" : "",
                    tess_format_time(time, fabs(ns)));
}

static void add_rows(const row_t *rows, size_t count, bool taken,
                     const char *head, tess_text_t *out) {
  const char *const heads[] = {"rewrite", "alternative", "class",
                               "sites",   head,          "why"};
  tess_table_t *table = tess_table_create("lllrrl");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  tess_table_rule(table);
  for (size_t i = 0; i < count; i++) {
    const tess_decision_t *first = rows[i].first;
    if (first->taken != taken || first->obstacle)
      continue;
    tess_table_cell(table, "%.*s", (int)rewrite_length(first), first->site);
    tess_table_cell(table, "%s", first->alternative);
    tess_table_cell(table, "%s", tess_class_name(first->rewrite_class));
    tess_table_cell(table, "%d", (int)rows[i].count);
    add_saved(rows[i].saved_ns, table);
    tess_table_cell(table, "%s", first->why);
  }
  tess_table_print(table, 2, out);
  tess_table_destroy(table);
}

/* What rewrites are about and do not support. */
static void add_left_alone(const row_t *rows, size_t count, tess_text_t *out) {
  tess_table_t *table = tess_table_create("lrl");
  bool any = false;
  tess_table_cell(table, "rewrite");
  tess_table_cell(table, "places");
  tess_table_cell(table, "why");
  tess_table_rule(table);
  for (size_t i = 0; i < count; i++) {
    if (!rows[i].first->obstacle)
      continue;
    any = true;
    tess_table_cell(table, "%s", rows[i].first->site);
    tess_table_cell(table, "%d", (int)rows[i].count);
    tess_table_cell(table, "%s", rows[i].first->obstacle);
  }
  if (any) {
    tess_text_add(out, "\nleft alone\n");
    tess_table_print(table, 2, out);
  }
  tess_table_destroy(table);
}

static bool has_refused(const row_t *rows, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!rows[i].first->taken && !rows[i].first->obstacle)
      return true;
  return false;
}

/* Every site on a line of its own. */
static void add_sites(const tess_decision_list_t *decisions, tess_text_t *out) {
  static const char *const heads[] = {
      "site", "decision", "alternative", "as is", "with it", "bound", "layer"};
  tess_table_t *table = tess_table_create("lllrrll");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  tess_table_rule(table);
  for (int32_t i = 0; i < decisions->count; i++) {
    const tess_decision_t *d = &decisions->items[i];
    char kept[TESS_NUMBER_CHARS], changed[TESS_NUMBER_CHARS];
    if (d->obstacle)
      continue;
    tess_table_cell(table, "%s", d->site);
    tess_table_cell(table, "%s", d->taken ? "taken" : "refused");
    tess_table_cell(table, "%s", d->alternative);
    tess_table_cell(table, "%s", tess_format_time(kept, d->kept_ns));
    tess_table_cell(table, "%s%s", d->least ? ">= " : "",
                    tess_format_time(changed, d->changed_ns));
    tess_table_cell(table, "%s", d->has_bound ? tess_bound_name(d->bound) : "");
    tess_table_cell(table, "%s", d->layer ? d->layer : d->location);
  }
  tess_table_print(table, 2, out);
  tess_table_destroy(table);
}

static void add_report(const session_t *session, tess_text_t *out) {
  const tess_optimize_result_t *result = session->result;
  const tess_decision_list_t *decisions = &result->decisions;
  const settings_t *settings = session->settings;
  char before[TESS_NUMBER_CHARS], after[TESS_NUMBER_CHARS];
  tess_text_add(out, "%s on %s: %s -> %s (%.2fx) by %s, up to class %s\n",
                session->model.name, session->target->title,
                tess_format_time(before, result->before_ns),
                tess_format_time(after, result->after_ns),
                result->before_ns / result->after_ns, settings->cost_model,
                settings->allow);
  row_t *rows = tess_alloc(((size_t)decisions->count + 1) * sizeof *rows);
  size_t count = make_rows(decisions, rows);
  if (decisions->taken_count) {
    tess_text_add(out, "\ntaken\n");
    add_rows(rows, count, true, "saves", out);
  }
  if (has_refused(rows, count)) {
    tess_text_add(out, "\nrefused\n");
    add_rows(rows, count, false, "would save", out);
  }
  add_left_alone(rows, count, out);
  free(rows);
  if (settings->sites && decisions->count) {
    tess_text_add(out, "\nsites\n");
    add_sites(decisions, out);
  }
}

/* ---- The command. ---- */

static void on_read(void *context, const tess_analysis_t *before) {
  const session_t *session = context;
  cli_warn_doubts(&session->model, before);
}

static tess_status_t optimize(session_t *session) {
  const settings_t *settings = session->settings;
  MlirOperation function;
  tess_optimize_options_t options = {.target = session->target,
                                     .cost_model = settings->cost_model,
                                     .rewrites = settings->rewrite_set,
                                     .on_read = on_read,
                                     .context = session};
  tess_class_parse(settings->allow, &options.allow);
  TESS_TRY(cli_model_entry(&session->model, settings->function, &function));
  TESS_TRY(tess_flow_optimize(function, &options, &session->result));
  return tess_ir_verify(mlirModuleGetOperation(session->model.module));
}

static tess_status_t write_model(const session_t *session) {
  tess_text_t text = TESS_TEXT_INIT;
  size_t length;
  char *printed =
      tess_ir_print(mlirModuleGetOperation(session->model.module), &length);
  tess_text_add_n(&text, printed, length);
  free(printed);
  tess_status_t status = cli_write(session->settings->output, &text);
  tess_text_free(&text);
  return status;
}

static tess_status_t publish(const session_t *session) {
  const char *output = session->settings->output;
  bool piped = output && !strcmp(output, "-");
  if (output)
    TESS_TRY(write_model(session));
  tess_text_t report = TESS_TEXT_INIT;
  tess_status_t status = TESS_SUCCESS;
  add_report(session, &report);
  if (piped)
    fputs(tess_text_get(&report), stderr);
  else
    status = cli_write("-", &report);
  tess_text_free(&report);
  return status;
}

static tess_status_t run_session(session_t *session) {
  const settings_t *settings = session->settings;
  TESS_TRY(tess_target_load(&session->arena, settings->target, &session->target,
                            NULL, NULL));
  TESS_TRY(cli_model_load(&session->model, settings->model));
  TESS_TRY(optimize(session));
  return publish(session);
}

static tess_status_t run(const settings_t *settings) {
  session_t session = {.settings = settings};
  tess_status_t status = run_session(&session);
  tess_optimize_result_destroy(session.result);
  cli_model_free(&session.model);
  tess_arena_free(&session.arena);
  return status;
}

int cli_optimize(int argc, char **argv) {
  tess_arena_t arena = TESS_ARENA_INIT;
  settings_t settings = {
      .cost_model = "roofline", .allow = "exact", .rewrites = "all"};
  const cli_option_t options[] = {
      {"target", 't', CLI_TEXT, &settings.target, "TARGET",
       "the hardware: a name that 'tessera targets' lists, or a .json file", 0,
       0, true},
      {"allow", 0, CLI_CHOICE, &settings.allow, "exact|approximate|retrain",
       "how far a rewrite may change the function", 0, 0, false},
      {"rewrites", 0, CLI_TEXT, &settings.rewrites, "LIST",
       "rewrites to choose from: families (reshape, ...) or single ones", 0, 0,
       false},
      {"cost-model", 0, CLI_CHOICE, &settings.cost_model,
       cli_cost_models(&arena), "how kernels are costed", 0, 0, false},
      {"function", 0, CLI_TEXT, &settings.function, "NAME",
       "the function, where the module has several", 0, 0, false},
      {"sites", 0, CLI_FLAG, &settings.sites, NULL,
       "list every site with its times", 0, 0, false},
      {"output", 'o', CLI_TEXT, &settings.output, "FILE",
       "where to write the model, -: standard output", 0, 0, false},
  };
  const cli_command_t command = {
      .name = "optimize",
      .operands_help = "MODEL --target TARGET",
      .details =
          "Rewrites are decided stage after stage: clean-ups, layout, what "
          "search combines, lowering.\nThe table goes to standard output, or "
          "to standard error where the model goes there.\n",
      .options = options,
      .option_count = sizeof options / sizeof *options,
      .operands = &settings.model,
      .operand_least = 1,
      .operand_most = 1};
  int code = cli_parse(&command, argc, argv);
  tess_arena_free(&arena);
  if (code < 0)
    code = cli_rewrites("optimize", settings.rewrites, tess_optimize_usual(),
                        &settings.rewrite_set);
  return code >= 0 ? code : cli_finish(run(&settings));
}
