/* Reading, copying and costing a piece. */
#include "piece.h"
#include "outline.h"
#include "tessera/ir/reader.h"
#include <math.h>

tess_status_t tess_piece_read(tess_piece_t *piece) {
  return piece->model ? TESS_SUCCESS
                      : tess_ir_read_bare(tess_outline_function(piece->module),
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

/* So sums and differences up to 8 s are exact: two ways to the same kernels
 * have the same time to the bit, and neither wins by rounding. */
double tess_piece_on_grid(double ns) {
  return fabs(ns) < 0x1p33 ? round(ns * 0x1p20) * 0x1p-20 : ns;
}

tess_piece_cost_t tess_kernels_cost(const tess_program_t *program,
                                    const int32_t *kernels, int32_t count,
                                    tess_cost_memo_t *memo) {
  tess_piece_cost_t sum = {0};
  for (int32_t i = 0; i < count; i++) {
    int32_t kernel = kernels ? kernels[i] : i;
    const tess_cost_t *cost =
        tess_cost_memo_get(memo, &program->kernels[kernel].kernel);
    sum.latency_ns += tess_piece_on_grid(cost->latency_ns);
    sum.infeasible += !cost->feasible;
  }
  return sum;
}

bool tess_piece_agrees(tess_piece_cost_t alone, tess_piece_cost_t inside) {
  return alone.infeasible == inside.infeasible &&
         fabs(alone.latency_ns - inside.latency_ns) <=
             1e-9 * fmax(alone.latency_ns, inside.latency_ns);
}

tess_status_t tess_piece_cost(tess_piece_t *piece,
                              const tess_fusion_rules_t *fusion,
                              tess_cost_memo_t *memo, tess_piece_cost_t *cost) {
  tess_model_t *own = NULL; /* a reading for this alone */
  if (!piece->model)
    TESS_TRY(tess_ir_read_kernels(tess_outline_function(piece->module), &own));
  tess_program_t *program = tess_program_form(own ? own : piece->model, fusion);
  *cost = tess_kernels_cost(program, NULL, program->kernel_count, memo);
  tess_program_destroy(program);
  tess_model_destroy(own);
  return TESS_SUCCESS;
}
