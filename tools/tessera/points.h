/* From a search's points to rewritten models and report rows. Private to
 * tools/tessera. */
#ifndef TESSERA_TOOLS_TESSERA_POINTS_H
#define TESSERA_TOOLS_TESSERA_POINTS_H

#include "model.h"
#include "tessera/flow/flow.h"
#include "tessera/report/report.h"

typedef struct cli_points {
  tess_arena_t arena;
  const cli_model_t *model;
  const tess_flow_result_t *result;
  const char *cost_model;
  int32_t count;
  tess_report_point_t *rows;
  tess_analysis_t *analyses; /* of the rewritten models */
  tess_explain_input_t *explains;
} cli_points_t;

/* Zero-initialise, set model, result and cost_model, then start. */
void cli_points_start(cli_points_t *points);
/* Applies point `index` (the original's candidate is empty: nothing is applied)
 * to a clone of the model, reads and costs the result,
 * fills in the row and, unless it is NULL, appends the new module's text to
 * `mlir`. */
TESS_MUST_USE tess_status_t cli_points_make(cli_points_t *points, int32_t index,
                                            tess_text_t *mlir);
/* Frees what start and make built. */
void cli_points_free(cli_points_t *points);

#endif
