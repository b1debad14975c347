/* Two targets side by side: only what differs. */
#include "schema.h"
#include "tessera/target/sheet.h"
#include <stdlib.h>
#include <string.h>

static const tess_target_fact_t *find(const tess_sheet_t *sheet,
                                      const char *path) {
  for (size_t i = 0; i < sheet->fact_count; i++)
    if (!strcmp(sheet->facts[i].path, path))
      return &sheet->facts[i];
  return NULL;
}

/* In the first unit of its dimension. */
static double value(const tess_schema_row_t *row,
                    const tess_target_fact_t *fact) {
  return strtod(fact->value, NULL) *
         tess_unit_scale(row->dimension, fact->unit);
}

/* A fact that is a number (or a flag), which nobody may publish. */
static bool is_stated(const tess_target_fact_t *fact) {
  return fact && strcmp(fact->mark, TESS_MARK_UNPUBLISHED);
}

static bool same(const tess_schema_row_t *row, const tess_target_fact_t *a,
                 const tess_target_fact_t *b) {
  if (!is_stated(a) || !is_stated(b))
    return is_stated(a) == is_stated(b);
  if (tess_schema_is_plain(row))
    return !strcmp(a->value, b->value);
  return value(row, a) == value(row, b);
}

static void add_cell(const tess_target_fact_t *fact, tess_table_t *table) {
  if (fact)
    tess_table_cell(table, "%s%s%s", fact->value, *fact->unit ? " " : "",
                    fact->unit);
  else
    tess_table_cell(table, "-");
}

static void add_row(const tess_schema_row_t *row, const tess_target_fact_t *a,
                    const tess_target_fact_t *b, tess_table_t *table) {
  tess_table_cell(table, "%s", row->path);
  add_cell(a, table);
  add_cell(b, table);
  if (is_stated(a) && is_stated(b) && !tess_schema_is_plain(row) &&
      value(row, a) > 0)
    tess_table_cell(table, "%.3gx", value(row, b) / value(row, a));
  else
    tess_table_cell(table, "%s", "");
}

void tess_sheet_add_difference(const tess_sheet_t *first,
                               const tess_sheet_t *second, tess_text_t *out) {
  tess_table_t *table = tess_table_create("lrrr");
  size_t rows = 0;
  tess_table_cell(table, "number");
  tess_table_cell(table, "%s", first->target->name);
  tess_table_cell(table, "%s", second->target->name);
  tess_table_cell(table, "ratio");
  tess_table_rule(table);
  for (size_t i = 0; i < tess_schema_count; i++) {
    const tess_schema_row_t *row = &tess_schema_rows[i];
    const tess_target_fact_t *a = find(first, row->path);
    const tess_target_fact_t *b = find(second, row->path);
    if (same(row, a, b))
      continue;
    add_row(row, a, b, table);
    rows++;
  }
  if (rows)
    tess_table_print(table, 0, out);
  else
    tess_text_add(out, "no number of %s and %s differs\n", first->target->name,
                  second->target->name);
  tess_table_destroy(table);
}
