/* Reading, copying and costing a piece. */
#include "piece.h"
#include "outline.h"
#include "tessera/ir/reader.h"

tess_status_t tess_piece_read(tess_piece_t *piece) {
  return piece->model ? TESS_SUCCESS
                      : tess_ir_read(tess_outline_function(piece->module),
                                     &piece->model);
}

tess_piece_t tess_piece_clone(const tess_piece_t *piece) {
  tess_piece_t clone = {mlirModuleFromOperation(mlirOperationClone(
                            mlirModuleGetOperation(piece->module))),
                        NULL};
  clone.model =
      tess_ir_rebase(piece->model, tess_outline_function(clone.module));
  return clone;
}

void tess_piece_changed(tess_piece_t *piece) {
  tess_model_destroy(piece->model);
  piece->model = NULL;
}

void tess_piece_destroy(tess_piece_t *piece) {
  tess_model_destroy(piece->model);
  if (!mlirModuleIsNull(piece->module))
    mlirModuleDestroy(piece->module);
  *piece = (tess_piece_t){{NULL}, NULL};
}

tess_status_t tess_piece_cost(tess_piece_t *piece,
                              const tess_fusion_rules_t *fusion,
                              tess_cost_memo_t *memo, tess_piece_cost_t *cost) {
  TESS_TRY(tess_piece_read(piece));
  tess_program_t *program = tess_program_form(piece->model, fusion);
  *cost = (tess_piece_cost_t){0};
  for (int32_t i = 0; i < program->kernel_count; i++) {
    const tess_cost_t *one =
        tess_cost_memo_get(memo, &program->kernels[i].kernel);
    cost->latency_ns += one->latency_ns;
    cost->infeasible += !one->feasible;
  }
  tess_program_destroy(program);
  return TESS_SUCCESS;
}
