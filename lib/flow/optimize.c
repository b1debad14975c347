/* Deciding and applying stage after stage. */
#include "tessera/flow/optimize.h"
#include "tessera/base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is decided together, in this order. */
static tess_rewrite_set_t step_rewrites(int step) {
  static const tess_stage_t first[] = {TESS_STAGE_CLEAN, TESS_STAGE_LAYOUT,
                                       TESS_STAGE_SEARCH, TESS_STAGE_LOWER};
  tess_rewrite_set_t set = tess_rewrites_of_stage(first[step]);
  return first[step] == TESS_STAGE_SEARCH
             ? set | tess_rewrites_of_stage(TESS_STAGE_ASKED)
             : set;
}

enum { STEP_COUNT = 4 };

tess_rewrite_set_t tess_optimize_usual(void) {
  return TESS_ALL_REWRITES & ~tess_rewrites_of_stage(TESS_STAGE_ASKED);
}

typedef struct optimizer {
  const tess_optimize_options_t *options;
  tess_optimize_result_t *result;
  tess_decision_t *decisions;
  size_t count, capacity;
  tess_text_t applied;
  tess_analysis_t analysis; /* of the function as it is; or nothing */
} optimizer_t;

static void note_decisions(optimizer_t *o, const tess_flow_result_t *search,
                           tess_rewrite_set_t rewrites,
                           const uint8_t *candidate) {
  tess_decision_list_t list =
      tess_flow_decisions(search, rewrites, candidate, &o->result->arena);
  o->decisions = tess_grow(o->decisions, o->count + (size_t)list.count,
                           &o->capacity, sizeof *o->decisions);
  if (list.count)
    memcpy(o->decisions + o->count, list.items,
           (size_t)list.count * sizeof *list.items);
  o->count += (size_t)list.count;
  o->result->decisions.taken_count += list.taken_count;
}

static tess_status_t read(optimizer_t *o, MlirOperation function) {
  return tess_flow_analyse_bare(function, o->options->target,
                                o->options->cost_model, &o->analysis);
}

/* Takes the fastest candidate of a search. */
static tess_status_t act(optimizer_t *o, tess_flow_result_t *search,
                         tess_rewrite_set_t rewrites) {
  const tess_site_list_t *sites = &search->space->sites;
  tess_optimize_result_t *result = o->result;
  uint8_t *candidate =
      tess_arena_array(&result->arena, (size_t)sites->count, 1);
  double after_ns = tess_flow_fastest(search, INFINITY, candidate);
  int32_t taken = result->decisions.taken_count;
  note_decisions(o, search, rewrites, candidate);
  if (result->decisions.taken_count == taken) {
    /* The reading still holds. */
    o->analysis = search->baseline;
    search->baseline = (tess_analysis_t){0};
    return TESS_SUCCESS;
  }
  result->after_ns = after_ns;
  tess_text_add(&o->applied, "%s%s", o->applied.length ? " then " : "",
                tess_rewrite_candidate_text(&result->arena, sites, candidate));
  return tess_flow_apply_sites(search->baseline.model, sites, candidate,
                               o->options->target->name);
}

static tess_status_t run_step(optimizer_t *o, MlirOperation function,
                              tess_rewrite_set_t rewrites) {
  const tess_flow_options_t options = {.target = o->options->target,
                                       .cost_model = o->options->cost_model,
                                       .quality = "keep",
                                       .allow = o->options->allow,
                                       .rewrites = rewrites,
                                       .fastest_alone = true,
                                       .pieces = o->options->pieces,
                                       .points = 3};
  tess_flow_result_t *search;
  if (!o->analysis.model)
    TESS_TRY(read(o, function));
  TESS_TRY(tess_flow_search_in(&o->analysis, &options, &search));
  tess_status_t status = act(o, search, rewrites);
  tess_flow_result_destroy(search);
  return status;
}

static tess_status_t run(optimizer_t *o, MlirOperation function) {
  TESS_TRY(read(o, function));
  o->result->before_ns = o->result->after_ns = o->analysis.total.latency_ns;
  if (o->options->on_read)
    o->options->on_read(o->options->context, &o->analysis);
  for (int step = 0; step < STEP_COUNT; step++) {
    tess_rewrite_set_t rewrites = o->options->rewrites & step_rewrites(step);
    if (rewrites)
      TESS_TRY(run_step(o, function, rewrites));
  }
  return TESS_SUCCESS;
}

tess_status_t tess_flow_optimize(MlirOperation function,
                                 const tess_optimize_options_t *options,
                                 tess_optimize_result_t **result) {
  *result = tess_alloc(sizeof **result);
  (*result)->arena = TESS_ARENA_INIT;
  optimizer_t o = {
      .options = options, .result = *result, .applied = TESS_TEXT_INIT};
  tess_status_t status = run(&o, function);
  tess_analysis_free(&o.analysis);
  tess_arena_t *arena = &(*result)->arena;
  tess_decision_t *decisions =
      tess_arena_array(arena, o.count, sizeof *decisions);
  if (o.count)
    memcpy(decisions, o.decisions, o.count * sizeof *decisions);
  (*result)->decisions.items = decisions;
  (*result)->decisions.count = (int32_t)o.count;
  (*result)->applied = tess_arena_string(arena, tess_text_get(&o.applied));
  tess_text_free(&o.applied);
  free(o.decisions);
  if (status) {
    tess_optimize_result_destroy(*result);
    *result = NULL;
  }
  return status;
}

void tess_optimize_result_destroy(tess_optimize_result_t *result) {
  if (!result)
    return;
  tess_arena_free(&result->arena);
  free(result);
}
