/* A model on a target: read, cut into kernels, costed. */
#include "tessera/flow/flow.h"
#include "tessera/ir/reader.h"
#include <stdlib.h>

static void cost_program(const tess_cost_model_t *cost_model,
                         tess_analysis_t *analysis) {
  const tess_program_t *program = analysis->program;
  size_t count = (size_t)program->kernel_count;
  tess_cost_query_t *queries = tess_alloc((count + 1) * sizeof *queries);
  analysis->costs = tess_alloc((count + 1) * sizeof *analysis->costs);
  for (size_t i = 0; i < count; i++)
    queries[i].kernel = &program->kernels[i].kernel;
  cost_model->vtable->estimate(cost_model, count, queries, analysis->costs);
  free(queries);
  tess_cost_total_begin(&analysis->total, analysis->target);
  for (size_t i = 0; i < count; i++)
    tess_cost_total_add(&analysis->total, analysis->target,
                        &program->kernels[i].kernel, &analysis->costs[i]);
  tess_cost_total_end(&analysis->total, analysis->target);
}

static tess_status_t read_kernels(MlirOperation function, bool bare,
                                  tess_analysis_t *analysis) {
  const tess_fusion_rules_t *fusion = &analysis->target->fusion;
  TESS_TRY(
      (bare ? tess_ir_read_bare : tess_ir_read)(function, &analysis->model));
  analysis->program =
      (bare ? tess_program_form : tess_program_create)(analysis->model, fusion);
  return TESS_SUCCESS;
}

static tess_status_t analyse(MlirOperation function,
                             const char *cost_model_name, bool bare,
                             tess_analysis_t *analysis) {
  tess_cost_model_t *cost_model;
  TESS_TRY(
      tess_cost_model_create(cost_model_name, analysis->target, &cost_model));
  tess_status_t status = read_kernels(function, bare, analysis);
  if (!status)
    cost_program(cost_model, analysis);
  tess_cost_model_destroy(cost_model);
  return status;
}

tess_status_t tess_flow_analyse(MlirOperation function,
                                const tess_target_t *target,
                                const char *cost_model,
                                tess_analysis_t *analysis) {
  *analysis = (tess_analysis_t){.target = target};
  return analyse(function, cost_model, false, analysis);
}

tess_status_t tess_flow_analyse_bare(MlirOperation function,
                                     const tess_target_t *target,
                                     const char *cost_model,
                                     tess_analysis_t *analysis) {
  *analysis = (tess_analysis_t){.target = target};
  return analyse(function, cost_model, true, analysis);
}

void tess_analysis_free(tess_analysis_t *analysis) {
  free(analysis->costs);
  if (analysis->program)
    tess_program_destroy(analysis->program);
  if (analysis->model)
    tess_model_destroy(analysis->model);
  *analysis = (tess_analysis_t){0};
}
