/* Which alternatives were tried on which forms. */
#include "judge.h"
#include <stdio.h>
#include <string.h>

int diff_type_index(tess_dtype_t dtype) {
  switch (dtype) {
  case TESS_F32:
    return 0;
  case TESS_BF16:
    return 1;
  case TESS_F16:
    return 2;
  default:
    return 3;
  }
}

const char *diff_type_name(int index) {
  static const char *const names[] = {"f32", "bf16", "f16", "i8"};
  return names[index];
}

static struct diff_row *row_of(diff_coverage_t *coverage, const char *rewrite,
                               const tess_alternative_t *alternative) {
  for (int32_t i = 0; i < coverage->row_count; i++)
    if (strcmp(coverage->rows[i].rewrite, rewrite) == 0 &&
        strcmp(coverage->rows[i].alternative, alternative->name) == 0)
      return &coverage->rows[i];
  if (coverage->row_count == DIFF_ROWS)
    return NULL;
  struct diff_row *row = &coverage->rows[coverage->row_count++];
  row->rewrite = rewrite;
  row->rewrite_class = alternative->rewrite_class;
  snprintf(row->alternative, sizeof row->alternative, "%s", alternative->name);
  return row;
}

void diff_cover(diff_coverage_t *coverage, const diff_model_t *model,
                const char *rewrite, const tess_alternative_t *alternative) {
  struct diff_row *row = row_of(coverage, rewrite, alternative);
  if (row)
    row->counts[model->form][diff_type_index(model->dtype)][model->nchw]++;
}
