/* tessera search: find rewrites that make a model faster. */
#include "choices.h"
#include "commands.h"
#include "files.h"
#include "options.h"
#include "points.h"
#include "progress.h"
#include "tessera/base/parallel.h"
#include "tessera/ir/reader.h"
#include "tessera/quality/quality.h"
#include <stdlib.h>
#include <string.h>

typedef struct settings {
  const char *model, *target, *cost_model, *quality, *allow, *strategy,
      *rewrites, *function, *output;
  int64_t seed, budget, jobs, points;
  tess_rewrite_set_t rewrite_set;
} settings_t;

/* All that lives for one search. */
typedef struct session {
  const settings_t *settings;
  tess_arena_t arena;
  const tess_target_t *target;
  const tess_target_fact_t *facts;
  size_t fact_count;
  cli_model_t model;
  tess_flow_result_t *result;
  cli_points_t points;
  cli_files_t files;
  cli_progress_t progress;
} session_t;

static void show_progress(void *context, int64_t done, int64_t budget) {
  cli_progress_show(context, done, budget);
}

static tess_status_t search(session_t *session) {
  const settings_t *settings = session->settings;
  MlirOperation function;
  tess_flow_options_t options = {
      .target = session->target,
      .cost_model = settings->cost_model,
      .quality = settings->quality,
      .rewrites = settings->rewrite_set,
      .search = {.strategy = settings->strategy,
                 .seed = (uint64_t)settings->seed,
                 .budget = settings->budget,
                 .jobs =
                     settings->jobs ? (int)settings->jobs : tess_core_count(),
                 .progress = show_progress,
                 .progress_context = &session->progress},
      .points = (int32_t)settings->points,
  };
  tess_class_parse(settings->allow, &options.allow);
  session->progress.what = "candidates scored";
  TESS_TRY(cli_model_entry(&session->model, settings->function, &function));
  TESS_TRY(tess_flow_search(function, &options, &session->result));
  cli_warn_doubts(&session->model, &session->result->baseline);
  return TESS_SUCCESS;
}

/* One point's row, and its file where files are asked for. */
static tess_status_t make_point(session_t *session, int32_t index) {
  cli_points_t *points = &session->points;
  if (!session->settings->output)
    return cli_points_make(points, index, NULL);
  tess_text_t mlir = TESS_TEXT_INIT;
  tess_status_t status = cli_points_make(points, index, &mlir);
  if (status) {
    tess_text_free(&mlir);
    return status;
  }
  *cli_files_add(&session->files, points->rows[index].file) = mlir;
  return cli_files_filled(&session->files);
}

static tess_status_t make_points(session_t *session) {
  cli_points_t *points = &session->points;
  points->model = &session->model;
  points->result = session->result;
  points->cost_model = session->settings->cost_model;
  cli_points_start(points);
  session->progress.what = "models rewritten";
  for (int32_t i = 0; i < points->count; i++) {
    if (tess_interrupted())
      return tess_error(TESS_INTERRUPTED, "interrupted");
    TESS_TRY(make_point(session, i));
    cli_progress_show(&session->progress, i + 1, points->count);
  }
  return TESS_SUCCESS;
}

/* The command that gives the same result again: neither the number of threads
 * nor the place of the output is part of it. */
static const char *reproduce(session_t *session) {
  const settings_t *settings = session->settings;
  return tess_arena_format(
      &session->arena,
      "tessera search %s --target %s --allow %s --strategy %s --seed %lld "
      "--budget %lld --points %lld --rewrites %s --cost-model %s --quality %s"
      "%s%s",
      settings->model, settings->target, settings->allow, settings->strategy,
      (long long)settings->seed, (long long)settings->budget,
      (long long)settings->points, settings->rewrites, settings->cost_model,
      settings->quality, settings->function ? " --function " : "",
      settings->function ? settings->function : "");
}

static void add_front(session_t *session, tess_report_t *report) {
  const tess_archive_t *archive = session->result->search.archive;
  size_t count = tess_archive_count(archive);
  double *latency = tess_arena_array(&session->arena, count, sizeof *latency);
  double *distance = tess_arena_array(&session->arena, count, sizeof *distance);
  for (size_t i = 0; i < count; i++) {
    tess_score_t score = tess_archive_score(archive, i);
    latency[i] = score.latency_ns;
    distance[i] = score.distance;
  }
  report->front_latency_ns = latency;
  report->front_distance = distance;
  report->front_count = (int64_t)count;
}

static tess_report_t make_report(session_t *session) {
  const settings_t *settings = session->settings;
  const tess_search_result_t *found = &session->result->search;
  tess_report_t report = {
      .model_name = session->model.name,
      .target_title = session->target->title,
      .command = reproduce(session),
      .cost_model = settings->cost_model,
      .quality = settings->quality,
      .quality_summary = tess_quality_find(settings->quality)->summary,
      .strategy = settings->strategy,
      .seed = (uint64_t)settings->seed,
      .evaluated = found->evaluated,
      .set_aside_count = session->result->space->set_aside_count,
      .certified = found->certified,
      .epsilon = found->epsilon,
      .facts = session->facts,
      .fact_count = session->fact_count,
      .points = session->points.rows,
      .point_count = session->points.count,
  };
  add_front(session, &report);
  return report;
}

static tess_status_t publish(session_t *session) {
  tess_report_t report = make_report(session);
  const char *directory = session->settings->output;
  tess_text_t table = TESS_TEXT_INIT;
  tess_status_t status = TESS_SUCCESS;
  tess_report_text(&report, &table);
  if (directory) {
    tess_report_csv(&report, cli_files_add(&session->files, "pareto.csv"));
    tess_report_html(&report, cli_files_add(&session->files, "report.html"));
    tess_text_add(&table,
                  "\nwrote %d models, pareto.csv and report.html to "
                  "%s\n",
                  report.point_count, directory);
    status = cli_files_write(&session->files);
  }
  if (!status)
    status = cli_write("-", &table);
  tess_text_free(&table);
  return status;
}

static tess_status_t run_session(session_t *session) {
  const settings_t *settings = session->settings;
  session->files.directory = settings->output ? settings->output : "";
  TESS_TRY(tess_target_load(&session->arena, settings->target, &session->target,
                            &session->facts, &session->fact_count));
  TESS_TRY(cli_model_load(&session->model, settings->model));
  TESS_TRY(search(session));
  TESS_TRY(make_points(session));
  cli_progress_end(&session->progress);
  return publish(session);
}

static tess_status_t run(const settings_t *settings) {
  session_t session = {.settings = settings};
  session.progress = cli_progress_start();
  tess_status_t status = run_session(&session);
  cli_progress_end(&session.progress);
  cli_files_free(&session.files);
  cli_points_free(&session.points);
  tess_flow_result_destroy(session.result);
  cli_model_free(&session.model);
  tess_arena_free(&session.arena);
  return status;
}

/* ---- Options ---- */

static const settings_t defaults = {.cost_model = "roofline",
                                    .quality = "keep",
                                    .allow = "exact",
                                    .strategy = "exact",
                                    .rewrites = "all",
                                    .budget = 100000,
                                    .points = 8};

static const char *details(tess_arena_t *arena) {
  return tess_arena_format(
      arena,
      "strategies:\n%s\nWithout --output only the table is printed. Of "
      "the classes that --allow names, exact\ncomputes the same function "
      "up to rounding, approximate stays within a stated bound,\nretrain "
      "needs new weights.\n",
      cli_strategy_help(arena));
}

int cli_search(int argc, char **argv) {
  tess_arena_t arena = TESS_ARENA_INIT;
  settings_t settings = defaults;
  const cli_option_t options[] = {
      {"target", 't', CLI_TEXT, &settings.target, "TARGET",
       "the hardware: a name that 'tessera targets' lists, or a .json file", 0,
       0, true},
      {"allow", 0, CLI_CHOICE, &settings.allow, "exact|approximate|retrain",
       "how far a rewrite may change the function", 0, 0, false},
      {"rewrites", 0, CLI_TEXT, &settings.rewrites, "LIST",
       "rewrites to combine: families (reshape, ...) or single ones", 0, 0,
       false},
      {"strategy", 0, CLI_CHOICE, &settings.strategy, cli_strategies(&arena),
       "how to search", 0, 0, false},
      {"cost-model", 0, CLI_CHOICE, &settings.cost_model,
       cli_cost_models(&arena), "how kernels are costed", 0, 0, false},
      {"quality", 0, CLI_CHOICE, &settings.quality, cli_qualities(&arena),
       "how the distance from the original is estimated", 0, 0, false},
      {"seed", 0, CLI_INTEGER, &settings.seed, "N", "of the random numbers", 0,
       INT64_MAX, false},
      {"budget", 0, CLI_INTEGER, &settings.budget, "N",
       "candidates to score at most (exact ignores it)", 1, INT64_MAX, false},
      {"jobs", 'j', CLI_INTEGER, &settings.jobs, "N",
       "threads; 0: all cores; never changes the result", 0, 4096, false},
      {"points", 0, CLI_INTEGER, &settings.points, "N",
       "models to keep, spread over the Pareto set", 1, 10000, false},
      {"function", 0, CLI_TEXT, &settings.function, "NAME",
       "the function, where the module has several", 0, 0, false},
      {"output", 'o', CLI_TEXT, &settings.output, "DIR",
       "write MODEL.N.mlir, pareto.csv and report.html here", 0, 0, false},
  };
  const cli_command_t command = {.name = "search",
                                 .operands_help = "MODEL --target TARGET",
                                 .details = details(&arena),
                                 .options = options,
                                 .option_count =
                                     sizeof options / sizeof *options,
                                 .operands = &settings.model,
                                 .operand_least = 1,
                                 .operand_most = 1};
  int code = cli_parse(&command, argc, argv);
  tess_arena_free(&arena);
  if (code < 0)
    code = cli_rewrites("search", settings.rewrites,
                        tess_rewrites_of_stage(TESS_STAGE_SEARCH),
                        &settings.rewrite_set);
  return code >= 0 ? code : cli_finish(run(&settings));
}
