/* From a search's points to rewritten models and report rows. */
#include "points.h"
#include "tessera/ir/reader.h"
#include <math.h>
#include <stdlib.h>

void cli_points_start(cli_points_t *points) {
  size_t count = (size_t)points->result->point_count;
  points->count = points->result->point_count;
  points->rows = tess_arena_array(&points->arena, count, sizeof *points->rows);
  points->analyses =
      tess_arena_array(&points->arena, count, sizeof *points->analyses);
  points->explains =
      tess_arena_array(&points->arena, count, sizeof *points->explains);
}

/* What one change saves when it is the only one: the group's time at its
 * combination of that change alone, from the table. */
static double gain_alone(const tess_space_t *space, int32_t site,
                         uint8_t alternative) {
  for (int32_t g = 0; g < space->group_count; g++) {
    const tess_space_group_t *group = &space->groups[g];
    int64_t radix = 1;
    for (int32_t s = 0; s < group->site_count; s++) {
      if (group->sites[s] == site)
        return group->latency_ns[0] - group->latency_ns[radix * alternative];
      radix *= space->sites.sites[group->sites[s]].alternative_count;
    }
  }
  return 0;
}

static void fill_changes(cli_points_t *points, int32_t index) {
  const tess_space_t *space = points->result->space;
  const tess_flow_point_t *point = &points->result->points[index];
  tess_report_point_t *row = &points->rows[index];
  tess_report_change_t *changes = tess_arena_array(
      &points->arena, (size_t)point->change_count, sizeof *changes);
  int32_t count = 0;
  for (int32_t i = 0; i < space->sites.count; i++) {
    const tess_site_t *site = &space->sites.sites[i];
    const tess_alternative_t *choice = &site->alternatives[point->candidate[i]];
    if (!point->candidate[i] || count == point->change_count)
      continue;
    changes[count++] = (tess_report_change_t){
        .site = site->name,
        .alternative = choice->name,
        .rewrite_class = tess_class_name(choice->rewrite_class),
        .why = choice->why,
        .location = site->location,
        .gain_ns = gain_alone(space, i, point->candidate[i]),
        .greatest_error = choice->greatest_error,
    };
  }
  row->changes = changes;
  row->change_count = count;
}

static void fill_row(cli_points_t *points, int32_t index) {
  const tess_flow_point_t *point = &points->result->points[index];
  const tess_analysis_t *analysis = &points->analyses[index];
  points->explains[index] = (tess_explain_input_t){
      .model_name = points->model->name,
      .target = analysis->target,
      .cost_model = points->cost_model,
      .model = analysis->model,
      .program = analysis->program,
      .costs = analysis->costs,
      .total = &analysis->total,
  };
  points->rows[index] = (tess_report_point_t){
      .file = tess_arena_format(&points->arena, "%s.%d.mlir",
                                points->model->stem, index),
      .candidate = point->text,
      .rewrite_class = tess_class_name(point->rewrite_class),
      .latency_ns = point->score.latency_ns,
      .distance = point->score.distance,
      .macs = analysis->total.macs,
      .parameters = analysis->model->parameters,
      .bytes = analysis->total.bytes,
      .utilisation = analysis->total.utilisation,
      .explain = &points->explains[index],
  };
  fill_changes(points, index);
}

/* The table that search ran on must agree with the model it promised. */
static void compare_costs(const cli_points_t *points, int32_t index) {
  double promised = points->result->points[index].score.latency_ns;
  double found = points->analyses[index].total.latency_ns;
  if (fabs(promised - found) > 1e-6 * promised)
    fprintf(stderr,
            "tessera: warning: point %d was scored with %.3f ns, but the "
            "rewritten model costs %.3f ns\n",
            index, promised, found);
}

static tess_status_t rewrite(cli_points_t *points, int32_t index,
                             MlirModule clone, tess_text_t *mlir) {
  const tess_analysis_t *baseline = &points->result->baseline;
  MlirOperation function;
  TESS_TRY(tess_ir_find_function(clone, baseline->model->function, &function));
  const char *candidate = points->result->points[index].text;
  if (*candidate)
    TESS_TRY(tess_flow_apply(function, candidate, baseline->target->name));
  TESS_TRY(tess_flow_analyse(function, baseline->target, points->cost_model,
                             &points->analyses[index]));
  if (!mlir)
    return TESS_SUCCESS;
  size_t length;
  char *printed = tess_ir_print(mlirModuleGetOperation(clone), &length);
  tess_text_add_n(mlir, printed, length);
  free(printed);
  return TESS_SUCCESS;
}

tess_status_t cli_points_make(cli_points_t *points, int32_t index,
                              tess_text_t *mlir) {
  MlirOperation original = mlirModuleGetOperation(points->model->module);
  MlirModule clone = mlirModuleFromOperation(mlirOperationClone(original));
  tess_status_t status = rewrite(points, index, clone, mlir);
  mlirModuleDestroy(clone);
  if (status)
    return tess_status_prefix(status, "point %d", index);
  fill_row(points, index);
  compare_costs(points, index);
  return TESS_SUCCESS;
}

void cli_points_free(cli_points_t *points) {
  for (int32_t i = 0; i < points->count; i++)
    if (points->analyses[i].model)
      tess_analysis_free(&points->analyses[i]);
  tess_arena_free(&points->arena);
}
