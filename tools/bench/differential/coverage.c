/* Which alternatives were tried on which forms. */
#include "trial.h"
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

/* ---- What cannot be covered, by the table in the documentation. ---- */

/* The next cell of a row of a Markdown table, without spaces around it. */
static const char *next_cell(const char *row, char *cell, size_t room) {
  size_t length = 0;
  while (*row == ' ')
    row++;
  for (; *row && *row != '|' && *row != '\n'; row++)
    if (length + 1 < room)
      cell[length++] = *row;
  while (length > 0 && cell[length - 1] == ' ')
    length--;
  cell[length] = '\0';
  return *row == '|' ? row + 1 : row;
}

static void read_row(const char *row, diff_exceptions_t *exceptions) {
  struct diff_exception *x = &exceptions->rows[exceptions->count];
  row = next_cell(row, x->rewrite, sizeof x->rewrite);
  row = next_cell(row, x->alternative, sizeof x->alternative);
  row = next_cell(row, x->form, sizeof x->form);
  row = next_cell(row, x->type, sizeof x->type);
  row = next_cell(row, x->layout, sizeof x->layout);
  next_cell(row, x->why, sizeof x->why);
  if (strcmp(x->rewrite, "rewrite") != 0 && strncmp(x->rewrite, "--", 2) != 0)
    exceptions->count++;
}

bool diff_exceptions_read(const char *text, diff_exceptions_t *exceptions) {
  static const char heading[] = "\n## Combinations without a site\n";
  const char *line = strstr(text, heading);
  exceptions->count = 0;
  if (!line)
    return false;
  for (line += sizeof heading - 1; line && strncmp(line, "## ", 3) != 0;) {
    if (*line == '|' && exceptions->count < DIFF_ROWS)
      read_row(line + 1, exceptions);
    line = strchr(line, '\n');
    line = line ? line + 1 : NULL;
  }
  return true;
}

static bool is_any(const char *pattern, const char *text) {
  return strcmp(pattern, "any") == 0 || strcmp(pattern, text) == 0;
}

/* The exception for a combination, or NULL. */
static struct diff_exception *exception_for(diff_exceptions_t *exceptions,
                                            const struct diff_row *row,
                                            int form, int type, int nchw) {
  for (int32_t i = 0; i < exceptions->count; i++) {
    struct diff_exception *x = &exceptions->rows[i];
    if (is_any(x->rewrite, row->rewrite) &&
        is_any(x->alternative, row->alternative) &&
        is_any(x->form, diff_form_name((diff_form_t)form)) &&
        is_any(x->type, diff_type_name(type)) &&
        is_any(x->layout, nchw ? "nchw" : "nhwc"))
      return x;
  }
  return NULL;
}

/* A combination that is listed and has sites, or neither. */
static int64_t check_cell(diff_exceptions_t *exceptions,
                          const struct diff_row *row, int form, int type,
                          int nchw, FILE *out) {
  struct diff_exception *x = exception_for(exceptions, row, form, type, nchw);
  bool tried = row->counts[form][type][nchw] > 0;
  if (tried == !x)
    return 0;
  if (out)
    fprintf(out, "%s %s on %s %s %s: %s\n", row->rewrite, row->alternative,
            diff_form_name((diff_form_t)form), diff_type_name(type),
            nchw ? "nchw" : "nhwc",
            tried ? "listed as without a site, but has some"
                  : "never tried, and not listed");
  return 1;
}

/* Rewrites that had no site at all. */
static int64_t check_unseen(const diff_coverage_t *coverage,
                            diff_exceptions_t *exceptions, FILE *out) {
  int64_t faults = 0;
  for (size_t r = 0; r < tess_rewrite_count(); r++) {
    bool seen = false;
    for (int32_t i = 0; i < coverage->row_count; i++)
      seen = seen || !strcmp(coverage->rows[i].rewrite, tess_rewrite_name(r));
    const struct diff_row none = {.rewrite = tess_rewrite_name(r),
                                  .alternative = "any"};
    if (seen || exception_for(exceptions, &none, 0, 0, 0))
      continue;
    faults++;
    if (out)
      fprintf(out, "%s: no site in any model\n", none.rewrite);
  }
  return faults;
}

int64_t diff_coverage_faults(const diff_coverage_t *coverage,
                             diff_exceptions_t *exceptions, FILE *out) {
  int64_t faults = check_unseen(coverage, exceptions, out);
  for (int32_t i = 0; i < coverage->row_count; i++)
    for (int form = 0; form < 2; form++)
      for (int type = 0; type < 4; type++)
        for (int nchw = 0; nchw < 2; nchw++)
          if (coverage->rows[i].rewrite_class == TESS_CLASS_EXACT)
            faults += check_cell(exceptions, &coverage->rows[i], form, type,
                                 nchw, out);
  return faults;
}

/* ---- Models that would cover more. ---- */

static bool is_new(diff_coverage_t *coverage, const diff_model_t *model,
                   const tess_site_t *site) {
  bool found = false;
  for (int32_t a = 1; a < site->alternative_count && !found; a++) {
    const struct diff_row *row =
        row_of(coverage, tess_rewrite_name((size_t)site->rewrite),
               &site->alternatives[a]);
    found =
        row &&
        row->counts[model->form][diff_type_index(model->dtype)][model->nchw] ==
            0;
  }
  return found;
}

bool diff_covers_more(MlirContext context, const diff_model_t *model,
                      diff_coverage_t *coverage) {
  diff_program_t program;
  bool found = false;
  diff_model_emit(model, &program);
  MlirModule module = mlirModuleCreateParse(
      context, mlirStringRefCreateFromCString(tess_text_get(&program.text)));
  if (!mlirModuleIsNull(module)) {
    diff_reading_t reading;
    tess_status_t status = diff_reading_open(module, TESS_CLASS_EXACT,
                                             TESS_ALL_REWRITES, &reading);
    for (int32_t s = 0; !status && s < reading.sites.count; s++)
      found = found || is_new(coverage, model, &reading.sites.sites[s]);
    tess_status_free(status);
    diff_reading_close(&reading);
    mlirModuleDestroy(module);
  }
  tess_text_free(&program.text);
  return found;
}
