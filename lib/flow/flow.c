/* The whole path in one function: read, kernels, cost, space, search, choose.
 * The first file to read. */
#include "tessera/flow/flow.h"
#include "mlir-c/BuiltinAttributes.h"
#include "points.h"
#include "problem.h"
#include "tessera/base/text.h"
#include "tessera/ir/reader.h"
#include "tessera/quality/quality.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static tess_status_t find_quality(const char *name,
                                  const tess_quality_estimator_t **quality) {
  *quality = tess_quality_find(name);
  if (*quality)
    return TESS_SUCCESS;
  return tess_error(TESS_NOT_FOUND,
                    "no quality estimate is called '%s' (there is: %s)", name,
                    tess_quality_at(0)->name);
}

static tess_status_t build_space(const tess_flow_options_t *options,
                                 tess_flow_result_t *result) {
  tess_cost_model_t *cost_model;
  TESS_TRY(tess_cost_model_create(options->cost_model, options->target,
                                  &cost_model));
  tess_cost_memo_t *memo = tess_cost_memo_create(cost_model);
  const tess_space_options_t space = {.target = options->target,
                                      .costs = memo,
                                      .pieces = options->pieces,
                                      .allow = options->allow,
                                      .rewrites = options->rewrites};
  tess_status_t status = tess_space_create(
      result->baseline.model, result->baseline.program, &space, &result->space);
  tess_cost_memo_destroy(memo);
  tess_cost_model_destroy(cost_model);
  return status;
}

/* From a baseline that was read and costed. */
static tess_status_t run(const tess_flow_options_t *options,
                         tess_flow_result_t *result) {
  const tess_quality_estimator_t *quality;
  TESS_TRY(find_quality(options->quality, &quality));

  double start = now_ns();
  TESS_TRY(build_space(options, result));
  tess_problem_t problem = tess_flow_problem(
      result->baseline.model, result->space, quality, &result->arena);
  double space = now_ns();
  if (options->fastest_alone)
    tess_search_fastest(&problem, &result->search);
  else
    TESS_TRY(tess_search_run(&problem, &options->search, &result->search));
  tess_flow_choose_points(result, &problem, options->points);

  result->space_ns = space - start;
  result->search_ns = now_ns() - space;
  return TESS_SUCCESS;
}

tess_status_t tess_flow_search_in(tess_analysis_t *analysis,
                                  const tess_flow_options_t *options,
                                  tess_flow_result_t **result) {
  *result = tess_alloc(sizeof **result);
  (*result)->arena = TESS_ARENA_INIT;
  (*result)->baseline = *analysis;
  *analysis = (tess_analysis_t){0};
  tess_status_t status = run(options, *result);
  if (status) {
    tess_flow_result_destroy(*result);
    *result = NULL;
  }
  return status;
}

tess_status_t tess_flow_search(MlirOperation function,
                               const tess_flow_options_t *options,
                               tess_flow_result_t **result) {
  tess_analysis_t analysis;
  double start = now_ns();
  TESS_TRY((options->bare ? tess_flow_analyse_bare : tess_flow_analyse)(
      function, options->target, options->cost_model, &analysis));
  double read = now_ns();
  TESS_TRY(tess_flow_search_in(&analysis, options, result));
  (*result)->read_ns = read - start;
  return TESS_SUCCESS;
}

void tess_flow_result_destroy(tess_flow_result_t *result) {
  if (!result)
    return;
  if (result->search.archive)
    tess_archive_destroy(result->search.archive);
  tess_space_destroy(result->space);
  tess_analysis_free(&result->baseline);
  tess_arena_free(&result->arena);
  free(result);
}

/* ---- Applying a decision. ---- */

/* Between candidates that are applied one after the other. */
#define THEN " then "

static MlirStringRef ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static void set_text(MlirOperation op, const char *name, const char *value) {
  mlirOperationSetDiscardableAttributeByName(
      op, ref(name),
      mlirStringAttrGet(mlirOperationGetContext(op), ref(value)));
}

/* Decisions that were applied before stay on record, in order. */
static void record_applied(MlirOperation function, const char *candidate) {
  MlirAttribute old = mlirOperationGetDiscardableAttributeByName(
      function, ref("tessera.applied"));
  tess_text_t text = TESS_TEXT_INIT;
  if (!mlirAttributeIsNull(old) && mlirAttributeIsAString(old)) {
    MlirStringRef before = mlirStringAttrGetValue(old);
    tess_text_add_n(&text, before.data, before.length);
    tess_text_add(&text, THEN);
  }
  tess_text_add(&text, "%s", candidate);
  set_text(function, "tessera.applied", tess_text_get(&text));
  tess_text_free(&text);
}

tess_status_t tess_flow_apply_sites(const tess_model_t *model,
                                    const tess_site_list_t *sites,
                                    const uint8_t *candidate,
                                    const char *target_name) {
  MlirOperation function = {(void *)(uintptr_t)model->func_op};
  tess_arena_t arena = TESS_ARENA_INIT;
  const char *text = tess_rewrite_candidate_text(&arena, sites, candidate);
  tess_status_t status = tess_rewrite_apply(model, sites, candidate, NULL);
  if (!status) {
    mlirOperationRemoveDiscardableAttributeByName(function,
                                                  ref("tessera.candidate"));
    record_applied(function, text);
    set_text(function, "tessera.target", target_name);
  }
  tess_arena_free(&arena);
  return status;
}

/* The module around a function: its calls must still fit. */
static MlirOperation outermost(MlirOperation op) {
  for (MlirOperation parent = op; !mlirOperationIsNull(parent);
       parent = mlirOperationGetParentOperation(parent))
    op = parent;
  return op;
}

static tess_status_t apply_text(const tess_model_t *model, const char *text,
                                const char *target_name) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN, TESS_ALL_REWRITES, &arena,
                          &sites);
  uint8_t *candidate = tess_arena_array(&arena, (size_t)sites.count, 1);
  tess_status_t status = tess_rewrite_candidate_parse(&sites, text, candidate);
  if (!status)
    status = tess_flow_apply_sites(model, &sites, candidate, target_name);
  tess_arena_free(&arena);
  return status;
}

/* One candidate, to the function as it is now. */
static tess_status_t apply_one(MlirOperation function, const char *text,
                               const char *target_name) {
  tess_model_t *model;
  TESS_TRY(tess_ir_read_bare(function, &model));
  tess_status_t status = apply_text(model, text, target_name);
  tess_model_destroy(model);
  return status;
}

tess_status_t tess_flow_apply(MlirOperation function,
                              const char *candidate_text,
                              const char *target_name) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_status_t status = TESS_SUCCESS;
  const char *next = candidate_text;
  while (next && !status) {
    const char *then = strstr(next, THEN);
    size_t length = then ? (size_t)(then - next) : strlen(next);
    status = apply_one(function, tess_arena_string_n(&arena, next, length),
                       target_name);
    next = then ? then + strlen(THEN) : NULL;
  }
  tess_arena_free(&arena);
  return status ? status : tess_ir_verify(outermost(function));
}
