/* Obeying a standing decision, and deciding by cost. */
#include "rewriting.h"
#include "carry_out.h"
#include "tessera/base/text.h"
#include <math.h>
#include <string.h>

static void count_read(tess_shell_t *shell, MlirOperation function,
                       const tess_analysis_t *analysis, int32_t site_count) {
  tess_shell_say_doubts(shell, function, analysis, false);
  tess_pass_count(shell->run, "kernels-read", analysis->program->kernel_count);
  tess_pass_count(shell->run, "unknown-ops", analysis->model->unknown_count);
  tess_pass_count(shell->run, "sites-found", site_count);
}

/* ---- Obeying. ---- */

static bool is_one_of(const tess_site_t *site, tess_rewrite_set_t rewrites) {
  return rewrites >> site->rewrite & 1;
}

static tess_status_t check_class(const tess_shell_t *shell,
                                 const tess_site_t *site, uint8_t choice) {
  const tess_alternative_t *chosen = &site->alternatives[choice];
  if (chosen->rewrite_class <= shell->allow)
    return TESS_SUCCESS;
  const char *needed = tess_class_name(chosen->rewrite_class);
  return tess_error(TESS_INVALID,
                    "the standing decision %s=%s is of class %s, but only %s "
                    "is allowed: run with allow=%s",
                    site->name, chosen->name, needed,
                    tess_class_name(shell->allow), needed);
}

/* Splits `all` into what the rewrites do now and what is for later. */
static tess_status_t split(const tess_shell_t *shell,
                           const tess_site_list_t *sites, const uint8_t *all,
                           tess_rewrite_set_t rewrites, uint8_t *now,
                           uint8_t *later) {
  for (int32_t i = 0; i < sites->count; ++i) {
    if (!is_one_of(&sites->sites[i], rewrites)) {
      later[i] = all[i];
      continue;
    }
    TESS_TRY(check_class(shell, &sites->sites[i], all[i]));
    now[i] = all[i];
  }
  return TESS_SUCCESS;
}

static void say_keeps(tess_shell_t *shell, MlirOperation function) {
  tess_shell_say(shell, TESS_SEVERITY_REMARK,
                 mlirOperationGetLocation(function),
                 "%s stays as it is: the standing decision changes nothing "
                 "that this pass rewrites",
                 tess_shell_name(shell, function));
}

static tess_status_t obey_analysed(tess_shell_t *shell, MlirOperation function,
                                   const char *text,
                                   tess_rewrite_set_t rewrites,
                                   const tess_analysis_t *before) {
  tess_site_list_t sites;
  tess_rewrite_find_sites(before->model, TESS_CLASS_RETRAIN, TESS_ALL_REWRITES,
                          &shell->arena, &sites);
  size_t room = (size_t)sites.count + 1;
  uint8_t *all = tess_arena_alloc(&shell->arena, room);
  uint8_t *now = tess_arena_alloc(&shell->arena, room);
  uint8_t *later = tess_arena_alloc(&shell->arena, room);
  TESS_TRY(tess_rewrite_candidate_parse(&sites, text, all));
  TESS_TRY(split(shell, &sites, all, rewrites, now, later));
  int32_t own_sites = 0;
  for (int32_t i = 0; i < sites.count; ++i)
    own_sites += is_one_of(&sites.sites[i], rewrites);
  count_read(shell, function, before, own_sites);
  if (tess_plan_changes(&sites, now) == 0) {
    say_keeps(shell, function);
    return TESS_SUCCESS;
  }
  tess_plan_t plan = {before, &sites, now, later, NULL, 0};
  return tess_plan_carry_out(shell, function, &plan);
}

/* The target that a decision was made for is the one to predict it on, unless
 * the pipeline names another. */
static tess_status_t adopt_target(tess_shell_t *shell, MlirOperation function) {
  const char *name =
      tess_shell_attribute(shell, function, TESS_ATTRIBUTE_TARGET);
  if (!name || tess_pass_given(shell->run, "target") ||
      !strcmp(name, shell->target->name))
    return TESS_SUCCESS;
  return tess_target_load(&shell->arena, name, &shell->target, NULL, NULL);
}

tess_status_t tess_rewriting_obey(tess_shell_t *shell, MlirOperation function,
                                  const char *text,
                                  tess_rewrite_set_t rewrites) {
  const tess_target_t *own = shell->target;
  TESS_TRY(adopt_target(shell, function));
  tess_analysis_t before;
  TESS_TRY(tess_flow_analyse_bare(function, shell->target, shell->cost_model,
                                  &before));
  tess_status_t status =
      obey_analysed(shell, function, text, rewrites, &before);
  tess_analysis_free(&before);
  shell->target = own;
  return status;
}

/* ---- Deciding. ---- */

/* Where nothing was changed: up to which class and distance was looked. */
static void say_nothing_pays(tess_shell_t *shell, MlirOperation function,
                             double latency_ns, int32_t site_count,
                             double greatest_distance) {
  char time[TESS_NUMBER_CHARS];
  tess_text_t within = TESS_TEXT_INIT;
  if (isfinite(greatest_distance))
    tess_text_add(&within, " within distance %g", greatest_distance);
  tess_shell_say(
      shell, TESS_SEVERITY_REMARK, mlirOperationGetLocation(function),
      "%s stays as it is: no rewrite up to class %s%s beats its %s on %s by "
      "%s (%d sites)",
      tess_shell_name(shell, function), tess_class_name(shell->allow),
      tess_text_get(&within), tess_format_time(time, latency_ns),
      shell->target->name, shell->cost_model, (int)site_count);
  tess_text_free(&within);
}

static tess_status_t act_on(tess_shell_t *shell, MlirOperation function,
                            const tess_flow_result_t *result,
                            const tess_deciding_t *how) {
  const tess_site_list_t *sites = &result->space->sites;
  const tess_analysis_t *baseline = &result->baseline;
  count_read(shell, function, baseline, result->space->found_count);
  uint8_t *chosen = tess_arena_alloc(&shell->arena, (size_t)sites->count + 1);
  double latency_ns = tess_flow_fastest(result, how->greatest_distance, chosen);
  tess_decision_list_t decisions =
      tess_flow_decisions(result, how->rewrites, chosen, &shell->arena);
  bool changes = tess_plan_changes(sites, chosen) > 0;
  if (!changes)
    say_nothing_pays(shell, function, baseline->total.latency_ns,
                     result->space->found_count, how->greatest_distance);
  tess_plan_t plan = {baseline, sites, chosen, NULL, &decisions, latency_ns};
  if (!how->apply)
    tess_plan_write_down(shell, function, &plan);
  else if (changes)
    return tess_plan_carry_out(shell, function, &plan);
  else
    tess_reasons_say(shell, function, &decisions, "now",
                     (tess_gain_t){latency_ns, latency_ns});
  return TESS_SUCCESS;
}

/* Whether the fastest model is all that is asked for, and any way to it. */
static bool wants_fastest(const tess_deciding_t *how) {
  return !strcmp(how->search.strategy, "exact") &&
         isinf(how->greatest_distance);
}

tess_status_t tess_rewriting_decide(tess_shell_t *shell, MlirOperation function,
                                    const tess_deciding_t *how) {
  tess_flow_options_t options = {
      .target = shell->target,
      .cost_model = shell->cost_model,
      .quality = "keep",
      .allow = shell->allow,
      .rewrites = how->rewrites,
      .bare = true,
      .fastest_alone = wants_fastest(how),
      .search = how->search,
      .pieces = shell->pieces,
      .points = 3,
  };
  tess_flow_result_t *result;
  TESS_TRY(tess_flow_search(function, &options, &result));
  tess_status_t status = act_on(shell, function, result, how);
  tess_flow_result_destroy(result);
  return status;
}

/* ---- Stage after stage. ---- */

typedef struct reading {
  tess_shell_t *shell;
  MlirOperation function;
} reading_t;

static void on_read(void *context, const tess_analysis_t *before) {
  const reading_t *reading = context;
  count_read(reading->shell, reading->function, before, 0);
}

static void say_optimized(tess_shell_t *shell, MlirOperation function,
                          const tess_optimize_result_t *result) {
  const tess_decision_list_t *decisions = &result->decisions;
  tess_pass_count(shell->run, "sites-found", decisions->count);
  tess_pass_count(shell->run, "rewrites-applied", decisions->taken_count);
  if (decisions->taken_count > 0)
    tess_pass_change(shell->run);
  else
    say_nothing_pays(shell, function, result->before_ns, decisions->count,
                     INFINITY);
  tess_reasons_say(shell, function, decisions, "now",
                   (tess_gain_t){result->before_ns, result->after_ns});
}

static tess_status_t optimize(tess_shell_t *shell, MlirOperation function,
                              tess_rewrite_set_t rewrites) {
  reading_t reading = {shell, function};
  const tess_optimize_options_t options = {.target = shell->target,
                                           .cost_model = shell->cost_model,
                                           .allow = shell->allow,
                                           .rewrites = rewrites,
                                           .pieces = shell->pieces,
                                           .on_read = on_read,
                                           .context = &reading};
  tess_optimize_result_t *result;
  tess_status_t status = tess_flow_optimize(function, &options, &result);
  if (status) {
    tess_pass_change(shell->run);
    return status;
  }
  say_optimized(shell, function, result);
  tess_optimize_result_destroy(result);
  return TESS_SUCCESS;
}

static tess_status_t obey_or_optimize(tess_shell_t *shell,
                                      MlirOperation function) {
  const tess_rewrite_set_t *rewrites = shell->options;
  const char *text =
      tess_shell_attribute(shell, function, TESS_ATTRIBUTE_CANDIDATE);
  return text ? tess_rewriting_obey(shell, function, text, *rewrites)
              : optimize(shell, function, *rewrites);
}

void tess_rewriting_stages(tess_pass_run_t *run, MlirOperation operation,
                           tess_rewrite_set_t usual) {
  tess_rewrite_set_t rewrites;
  tess_status_t status =
      tess_rewrites_parse(tess_pass_string(run, "rewrites"), usual, &rewrites);
  if (status)
    tess_shell_reject(run, operation, status);
  else
    tess_shell_run(run, operation, obey_or_optimize, &rewrites);
}
