/* What a target comes to, and the data sheet of its numbers. */
#include "tessera/target/sheet.h"
#include <string.h>

double tess_target_peak(const tess_target_t *target, tess_dtype_t type) {
  return 2 * target->matrix_macs_per_s[type];
}

tess_dtype_t tess_target_main_type(const tess_target_t *target) {
  tess_dtype_t best = TESS_BF16;
  if (target->matrix_macs_per_s[TESS_F16] > target->matrix_macs_per_s[best])
    best = TESS_F16;
  for (int i = 0; i < TESS_DTYPE_COUNT; i++)
    if (target->matrix_macs_per_s[best] == 0 &&
        target->matrix_macs_per_s[i] > 0)
      best = (tess_dtype_t)i;
  return best;
}

double tess_target_ridge(const tess_target_t *target) {
  return tess_target_peak(target, tess_target_main_type(target)) /
         target->memory_bytes_per_s;
}

const char *tess_format_capacity(char *buffer, int64_t bytes) {
  static const struct {
    const char *name;
    int64_t bytes;
  } units[] = {{"GiB", 1 << 30}, {"GB", 1000000000}, {"MiB", 1 << 20},
               {"MB", 1000000},  {"KiB", 1 << 10},   {"B", 1}};
  size_t unit = 0;
  while (bytes % units[unit].bytes || bytes < units[unit].bytes * (unit < 5))
    unit++;
  if (bytes / units[unit].bytes < 100000)
    snprintf(buffer, TESS_CAPACITY_CHARS, "%lld %s",
             (long long)(bytes / units[unit].bytes), units[unit].name);
  else
    tess_format_bytes(buffer, (double)bytes);
  return buffer;
}

static const struct {
  const char *mark, *meaning;
} marks[] = {{"s", "read in their source"},
             {"s2", "read in notes on it"},
             {"c", "computed"},
             {"m", "measured"},
             {"r", "recalled"}};

size_t tess_sheet_count(const tess_sheet_t *sheet, const char *mark) {
  size_t count = 0;
  for (size_t i = 0; i < sheet->fact_count; i++)
    count += !strcmp(sheet->facts[i].mark, mark);
  return count;
}

size_t tess_sheet_stated(const tess_sheet_t *sheet) {
  return sheet->fact_count - tess_sheet_count(sheet, TESS_MARK_UNPUBLISHED);
}

void tess_sheet_add_marks(const tess_sheet_t *sheet, tess_text_t *out) {
  size_t stated = tess_sheet_stated(sheet);
  tess_text_add(out, "%zu numbers", stated);
  for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
    size_t count = tess_sheet_count(sheet, marks[i].mark);
    if (count)
      tess_text_add(out, ", %zu %s", count, marks[i].meaning);
  }
  if (stated < sheet->fact_count)
    tess_text_add(out, "; %zu not published", sheet->fact_count - stated);
}

enum { source_chars = 72 };

/* The length of the first line of `text`, broken at a blank where it can be. */
static size_t line_length(const char *text) {
  size_t length = strlen(text);
  if (length <= source_chars)
    return length;
  length = source_chars;
  while (length && text[length] != ' ')
    length--;
  return length ? length : source_chars;
}

/* A number, and its source in as many rows as that needs. */
static void add_fact(const tess_target_fact_t *fact, tess_table_t *table) {
  const char *const cells[] = {fact->path, fact->value, fact->unit, fact->mark};
  const char *source = fact->source;
  bool first = true;
  do {
    size_t length = line_length(source);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
      tess_table_cell(table, "%s", first ? cells[i] : "");
    tess_table_cell(table, "%.*s", (int)length, source);
    source += length;
    source += *source == ' ';
    first = false;
  } while (*source);
}

void tess_sheet_add_facts(const tess_sheet_t *sheet, tess_text_t *out) {
  static const char *const heads[] = {"number", "value", "unit", "mark",
                                      "source"};
  tess_table_t *table = tess_table_create("lrlll");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  tess_table_rule(table);
  for (size_t i = 0; i < sheet->fact_count; i++)
    add_fact(&sheet->facts[i], table);
  tess_table_print(table, 0, out);
  tess_table_destroy(table);
  tess_text_add(out, "\nmark: s read in its source, s2 read in notes on the "
                     "source, c computed from such\nnumbers, r recalled, m "
                     "measured on this machine, - not published: no number\n");
}
