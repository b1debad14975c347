/* The whole path: points replay to the scores that the table gave them, the
 * exact strategy dominates the others, and jobs change nothing. */
#include "../load.h"
#include "tessera/flow/flow.h"

static tess_flow_options_t options_for(const tess_target_t *target,
                                       const char *strategy,
                                       tess_class_t allow) {
  return (tess_flow_options_t){
      .target = target,
      .cost_model = "roofline",
      .quality = "keep",
      .allow = allow,
      .rewrites = tess_rewrites_of_stage(TESS_STAGE_SEARCH),
      .points = 6,
      .search = {.strategy = strategy, .seed = 5, .budget = 20000, .jobs = 1}};
}

static tess_flow_result_t *search(MlirModule module,
                                  const tess_flow_options_t *options) {
  tess_flow_result_t *result = NULL;
  CHECK_OK(tess_flow_search(tess_load_function(module), options, &result));
  return result;
}

/* Applying a point's text to the model gives the latency that was promised. */
static void check_replay(MlirModule module, const tess_flow_point_t *point,
                         const tess_target_t *target) {
  MlirModule clone = tess_load_clone(module);
  MlirOperation function = tess_load_function(clone);
  CHECK_OK(tess_flow_apply(function, point->text, target->name));
  CHECK(mlirOperationVerify(mlirModuleGetOperation(clone)));
  tess_analysis_t analysis;
  CHECK_OK(tess_flow_analyse(function, target, "roofline", &analysis));
  CHECK_NEAR(analysis.total.latency_ns / point->score.latency_ns, 1.0, 1e-9);
  tess_analysis_free(&analysis);
  mlirModuleDestroy(clone);
}

static void check_points(MlirModule module, const tess_target_t *target) {
  tess_flow_options_t options =
      options_for(target, "exact", TESS_CLASS_RETRAIN);
  tess_flow_result_t *result = search(module, &options);
  if (!result)
    return;
  const tess_flow_point_t *points = result->points;
  CHECK(result->search.certified);
  CHECK(result->point_count >= 3 && result->point_count <= 7);
  CHECK_STRING(points[0].text, "");
  CHECK_NEAR(points[0].score.latency_ns / result->baseline.total.latency_ns,
             1.0, 1e-9);
  CHECK_EQ(points[0].score.distance == 0, 1);
  for (int32_t i = 0; i < result->point_count; i++)
    check_replay(module, &points[i], target);
  for (int32_t i = 2; i < result->point_count; i++) {
    CHECK(points[i].score.latency_ns < points[i - 1].score.latency_ns);
    CHECK(points[i].score.distance > points[i - 1].score.distance);
  }
  CHECK_EQ(points[result->point_count - 1].rewrite_class, TESS_CLASS_RETRAIN);
  tess_flow_result_destroy(result);
}

static void check_exact_only(MlirModule module, const tess_target_t *target) {
  tess_flow_options_t options = options_for(target, "exact", TESS_CLASS_EXACT);
  tess_flow_result_t *result = search(module, &options);
  if (!result)
    return;
  for (int32_t i = 0; i < result->point_count; i++) {
    CHECK_EQ(result->points[i].rewrite_class, TESS_CLASS_EXACT);
    CHECK(result->points[i].score.distance == 0);
    CHECK(result->points[i].score.latency_ns <=
          result->baseline.total.latency_ns * (1 + 1e-12));
  }
  tess_flow_result_destroy(result);
}

static bool dominates(tess_score_t a, tess_score_t b) {
  return a.latency_ns <= b.latency_ns * (1 + 1e-12) &&
         a.distance <= b.distance + 1e-15;
}

/* Every member of `front` is covered by one of the certified set. */
static void check_covered(const tess_archive_t *certified,
                          const tess_archive_t *front) {
  for (size_t i = 0; i < tess_archive_count(front); i++) {
    bool covered = false;
    for (size_t j = 0; j < tess_archive_count(certified) && !covered; j++)
      covered = dominates(tess_archive_score(certified, j),
                          tess_archive_score(front, i));
    CHECK(covered);
  }
}

static void check_strategies(MlirModule module, const tess_target_t *target) {
  tess_flow_options_t options =
      options_for(target, "exact", TESS_CLASS_RETRAIN);
  tess_flow_result_t *exact = search(module, &options);
  const char *const others[] = {"random", "evolution"};
  for (int i = 0; i < 2; i++) {
    options.search.strategy = others[i];
    options.search.jobs = 1;
    tess_flow_result_t *one = search(module, &options);
    options.search.jobs = 3;
    tess_flow_result_t *three = search(module, &options);
    if (!exact || !one || !three)
      continue;
    if (exact->search.epsilon == 0)
      check_covered(exact->search.archive, one->search.archive);
    CHECK_EQ(one->point_count, three->point_count);
    for (int32_t p = 0; p < one->point_count; p++)
      CHECK_STRING(three->points[p].text, one->points[p].text);
    tess_flow_result_destroy(one);
    tess_flow_result_destroy(three);
  }
  tess_flow_result_destroy(exact);
}

static void check_errors(MlirModule module, const tess_target_t *target) {
  tess_flow_options_t options = options_for(target, "exact", TESS_CLASS_EXACT);
  tess_flow_result_t *result;
  MlirOperation function = tess_load_function(module);
  options.cost_model = "oracle";
  CHECK_ERROR(tess_flow_search(function, &options, &result), TESS_NOT_FOUND,
              "roofline");
  options = options_for(target, "oracle", TESS_CLASS_EXACT);
  CHECK_ERROR(tess_flow_search(function, &options, &result), TESS_NOT_FOUND,
              "evolution");
  options = options_for(target, "exact", TESS_CLASS_EXACT);
  options.quality = "oracle";
  CHECK_ERROR(tess_flow_search(function, &options, &result), TESS_NOT_FOUND,
              "keep");
  CHECK_ERROR(tess_flow_apply(function, "nonsense.0=relu", "tpu-v3"),
              TESS_NOT_FOUND, "nonsense.0");
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  CHECK_OK(tess_target_load(&arena, "tpu-v3", &target, NULL, NULL));
  for (int dialect = 0; dialect < 2; dialect++) {
    MlirModule module = tess_load_zoo(context, "efficientnet-b0",
                                      (tess_zoo_dialect_t)dialect, 224);
    check_points(module, target);
    check_exact_only(module, target);
    check_strategies(module, target);
    check_errors(module, target);
    mlirModuleDestroy(module);
  }
  tess_arena_free(&arena);
  mlirContextDestroy(context);
  return tess_check_result();
}
