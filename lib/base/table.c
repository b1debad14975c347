/* A text table whose columns line up. */
#include "tessera/base/arena.h"
#include "tessera/base/text.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct tess_table {
  tess_arena_t arena;
  char *alignment;
  size_t columns;
  const char **cells; /* row by row; a rule is one row of NULL */
  size_t count, capacity;
};

tess_table_t *tess_table_create(const char *alignment) {
  tess_table_t *table = tess_alloc(sizeof(*table));
  table->alignment = tess_arena_string(&table->arena, alignment);
  table->columns = strlen(alignment);
  return table;
}

static void add_cell(tess_table_t *table, const char *cell) {
  table->cells = tess_grow(table->cells, table->count + 1, &table->capacity,
                           sizeof(*table->cells));
  table->cells[table->count++] = cell;
}

void tess_table_cell(tess_table_t *table, const char *format, ...) {
  va_list list, measure;
  va_start(list, format);
  va_copy(measure, list);
  int length = vsnprintf(NULL, 0, format, measure);
  va_end(measure);
  size_t bytes = length > 0 ? (size_t)length + 1 : 1;
  char *cell = tess_arena_alloc(&table->arena, bytes);
  vsnprintf(cell, bytes, format, list);
  va_end(list);
  add_cell(table, cell);
}

/* Fills the current row with empty cells, so that a rule starts a row. */
static void end_row(tess_table_t *table) {
  while (table->columns && table->count % table->columns)
    add_cell(table, "");
}

void tess_table_rule(tess_table_t *table) {
  end_row(table);
  for (size_t i = 0; i < table->columns; i++)
    add_cell(table, NULL);
}

/* Characters, not bytes: cells may hold UTF-8. */
static size_t width_of(const char *cell) {
  size_t width = 0;
  for (; cell && *cell; cell++)
    width += ((unsigned char)*cell & 0xC0) != 0x80;
  return width;
}

static void add_repeated(tess_text_t *out, char what, size_t count) {
  while (count-- > 0)
    tess_text_add_n(out, &what, 1);
}

static void print_row(const tess_table_t *table, const char *const *row,
                      size_t cells, const size_t *widths, int indent,
                      tess_text_t *out) {
  add_repeated(out, ' ', indent > 0 ? (size_t)indent : 0);
  for (size_t i = 0; i < cells; i++) {
    size_t padding = widths[i] - width_of(row[i]);
    if (!row[i])
      add_repeated(out, '-', widths[i]);
    else if (table->alignment[i] == 'r')
      add_repeated(out, ' ', padding);
    if (row[i])
      tess_text_add_n(out, row[i], strlen(row[i]));
    if (row[i] && table->alignment[i] != 'r')
      add_repeated(out, ' ', padding);
    if (i + 1 < cells)
      add_repeated(out, ' ', 2);
  }
  while (out->length && out->data[out->length - 1] == ' ')
    out->data[--out->length] = '\0';
  tess_text_add_n(out, "\n", 1);
}

void tess_table_print(const tess_table_t *table, int indent, tess_text_t *out) {
  if (table->columns == 0)
    return;
  size_t *widths = tess_alloc(table->columns * sizeof(*widths));
  for (size_t i = 0; i < table->count; i++) {
    size_t width = width_of(table->cells[i]);
    if (widths[i % table->columns] < width)
      widths[i % table->columns] = width;
  }
  for (size_t i = 0; i < table->count; i += table->columns) {
    size_t left = table->count - i;
    print_row(table, table->cells + i,
              left < table->columns ? left : table->columns, widths, indent,
              out);
  }
  free(widths);
}

void tess_table_destroy(tess_table_t *table) {
  if (!table)
    return;
  tess_arena_free(&table->arena);
  free(table->cells);
  free(table);
}
