/* Where a model's time goes, as text, CSV or JSON. Knows no MLIR. */
#ifndef TESSERA_REPORT_EXPLAIN_H
#define TESSERA_REPORT_EXPLAIN_H

#include "tessera/base/text.h"
#include "tessera/cost/cost.h"
#include "tessera/ir/program.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tess_explain_input {
  const char *model_name; /* file or network */
  const tess_target_t *target;
  const char *cost_model;
  const tess_model_t *model;
  const tess_program_t *program;
  const tess_cost_t *costs; /* one per program kernel */
  const tess_cost_total_t *total;
  int32_t top; /* kernels listed in the text form; 0: all */
  bool blocks; /* text form: by block instead of by kernel */
} tess_explain_input_t;

/* One screen for people: totals, split, kernels by time with utilisation, what
 * bounds each and what would help. */
void tess_explain_text(const tess_explain_input_t *input, tess_text_t *out);
/* One row a kernel, in program order. */
void tess_explain_csv(const tess_explain_input_t *input, tess_text_t *out);
/* {"total": {...}, "kernels": [...]}; see docs/formats. */
void tess_explain_json(const tess_explain_input_t *input, tess_text_t *out);
/* What would help this kernel on this target, one clause of static text, or
 * NULL. */
const char *tess_explain_advice(const tess_target_t *target,
                                const tess_kernel_t *kernel,
                                const tess_cost_t *cost);
/* The numbers behind that advice, "3 input channels fill 2% of the K blocks of
 * 128"; adds nothing where there is none. */
void tess_explain_evidence(const tess_target_t *target,
                           const tess_kernel_t *kernel, const tess_cost_t *cost,
                           tess_text_t *out);

#ifdef __cplusplus
}
#endif

#endif
