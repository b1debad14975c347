/* A target in a dozen lines. */
#include "tessera/target/sheet.h"
#include <string.h>

static bool is_integer(tess_dtype_t type) {
  return type == TESS_I8 || type == TESS_I16 || type == TESS_I32;
}

static const char *rate(char *buffer, double per_s, const char *unit) {
  char count[TESS_NUMBER_CHARS];
  tess_format_count(count, per_s);
  snprintf(buffer, 2 * TESS_NUMBER_CHARS, "%s%s%s", count,
           strchr(count, ' ') ? "" : " ", unit);
  return buffer;
}

static void start(tess_table_t *table, const char *head, tess_text_t *line) {
  tess_table_cell(table, "%s", head);
  *line = TESS_TEXT_INIT;
}

static void finish(tess_table_t *table, tess_text_t *line) {
  tess_table_cell(table, "%s", tess_text_get(line));
  tess_text_free(line);
}

static void add_peaks(const tess_target_t *t, tess_table_t *table) {
  char buffer[2 * TESS_NUMBER_CHARS];
  tess_text_t line;
  start(table, "peak", &line);
  for (int i = 0; i < TESS_DTYPE_COUNT; i++)
    if (t->matrix_macs_per_s[i] > 0) {
      const tess_dtype_t type = (tess_dtype_t)i;
      tess_text_add(&line, "%s%s %s", line.length ? ", " : "",
                    tess_dtype_name(type),
                    rate(buffer, tess_target_peak(t, type),
                         is_integer(type) ? "OP/s" : "FLOP/s"));
    }
  if (t->matrix_macs_per_s[TESS_F32] == 0)
    tess_text_add(&line, "; other types do not run on the matrix unit");
  if (t->matrix_efficiency < 1)
    tess_text_add(&line, "; the best kernels reach %.0f%%",
                  100 * t->matrix_efficiency);
  finish(table, &line);
}

static void add_parts(const tess_target_t *t, tess_table_t *table) {
  static const char *const flows[] = {
      "", ", weight stationary", ", output stationary", ", input stationary"};
  tess_text_t line;
  start(table, "parts", &line);
  tess_text_add(&line, "%lld of %lld core%s at %.4g GHz",
                (long long)t->program_cores, (long long)t->chip_cores,
                t->chip_cores == 1 ? "" : "s", t->clock_hz * 1e-9);
  if (t->matrix_units)
    tess_text_add(&line, ", %lld matrix unit%s each",
                  (long long)t->matrix_units, t->matrix_units == 1 ? "" : "s");
  if (t->matrix_rows)
    tess_text_add(&line, " of %lld x %lld", (long long)t->matrix_rows,
                  (long long)t->matrix_columns);
  tess_text_add(&line, "%s", flows[t->matrix_dataflow]);
  if (t->matrix_clock_hz > 0)
    tess_text_add(&line, ", busy at %.4g GHz", t->matrix_clock_hz * 1e-9);
  finish(table, &line);
}

static void add_vector(const tess_target_t *t, tess_table_t *table) {
  char a[2 * TESS_NUMBER_CHARS], b[2 * TESS_NUMBER_CHARS];
  tess_text_t line;
  start(table, "vector", &line);
  tess_text_add(&line, "f32 %s, depthwise convolution %s",
                rate(a, t->vector_ops_per_s[TESS_F32], "op/s"),
                rate(b, t->depthwise_macs_per_s[TESS_F32], "MAC/s"));
  if (t->vector_lanes)
    tess_text_add(&line, "; %lld lane%s", (long long)t->vector_lanes,
                  t->vector_lanes == 1 ? "" : "s");
  if (t->vector_sublanes)
    tess_text_add(&line, " x %lld sublanes", (long long)t->vector_sublanes);
  if (t->vector_alus)
    tess_text_add(&line, " x %lld arithmetic unit%s", (long long)t->vector_alus,
                  t->vector_alus == 1 ? "" : "s");
  finish(table, &line);
}

static void add_memory(const tess_target_t *t, tess_table_t *table) {
  char size[TESS_CAPACITY_CHARS], bytes[TESS_NUMBER_CHARS];
  tess_text_t line;
  start(table, "memory", &line);
  tess_text_add(&line, "%s at %s/s; on chip ",
                tess_format_capacity(size, t->memory_bytes),
                tess_format_bytes(bytes, t->memory_bytes_per_s));
  tess_text_add(&line, "%s at %s/s",
                tess_format_capacity(size, t->onchip_bytes),
                tess_format_bytes(bytes, t->onchip_bytes_per_s));
  if (t->cmem_bytes)
    tess_text_add(&line, ", CMEM %s at %s/s",
                  tess_format_capacity(size, t->cmem_bytes),
                  tess_format_bytes(bytes, t->cmem_bytes_per_s));
  if (t->core_bytes)
    tess_text_add(&line, "; %s of a core's own",
                  tess_format_capacity(size, t->core_bytes));
  if (t->keeps_activations)
    tess_text_add(&line, "; activations stay on the chip where they fit");
  finish(table, &line);
}

static void add_ridge(const tess_target_t *t, tess_table_t *table) {
  const tess_dtype_t type = tess_target_main_type(t);
  tess_text_t line;
  start(table, "ridge", &line);
  tess_text_add(&line,
                "%.4g %s a byte in %s: a kernel with fewer is bound by memory",
                tess_target_ridge(t), is_integer(type) ? "OP" : "FLOP",
                tess_dtype_name(type));
  finish(table, &line);
}

static void add_padding(const tess_target_t *t, tess_table_t *table) {
  tess_text_t line;
  start(table, "array", &line);
  tess_text_add(&line,
                "products are computed in multiples of M %lld, N %lld, K %lld, "
                "convolutions of %lld channel%s",
                (long long)t->pad_m, (long long)t->pad_n, (long long)t->pad_k,
                (long long)t->pad_channels, t->pad_channels == 1 ? "" : "s");
  finish(table, &line);
  if (!t->layout_lanes && !t->layout_alignment_bytes)
    return;
  start(table, "layout", &line);
  if (t->layout_lanes)
    tess_text_add(&line, "last dimension padded to %lld",
                  (long long)t->layout_lanes);
  for (int i = 0; i < TESS_DTYPE_COUNT; i++)
    if (t->layout_sublanes[i])
      tess_text_add(&line, ", %s rows to %lld",
                    tess_dtype_name((tess_dtype_t)i),
                    (long long)t->layout_sublanes[i]);
  if (t->layout_alignment_bytes)
    tess_text_add(&line, "%srows aligned to %lld bytes",
                  line.length ? ", " : "",
                  (long long)t->layout_alignment_bytes);
  finish(table, &line);
}

static void add_batch(const tess_target_t *t, tess_table_t *table) {
  tess_table_cell(table, "batch");
  tess_table_cell(table, "%s",
                  t->batch_in_lanes && t->batch_in_sublanes
                      ? "may lie in the lanes or the sublanes"
                  : t->batch_in_lanes    ? "may lie in the lanes"
                  : t->batch_in_sublanes ? "may lie in the sublanes"
                                         : "lies outermost");
}

static void add_links(const tess_target_t *t, tess_table_t *table) {
  char bytes[TESS_NUMBER_CHARS];
  tess_text_t line;
  if (!t->link_count && t->host_bytes_per_s == 0)
    return;
  start(table, "links", &line);
  if (t->link_count)
    tess_text_add(&line, "%lld of %s/s a direction", (long long)t->link_count,
                  tess_format_bytes(bytes, t->link_bytes_per_s));
  if (t->host_bytes_per_s > 0)
    tess_text_add(&line, "%sto the host %s/s", line.length ? ", " : "",
                  tess_format_bytes(bytes, t->host_bytes_per_s));
  finish(table, &line);
}

static void add_power(const tess_target_t *t, tess_table_t *table) {
  tess_text_t line;
  if (t->peak_w == 0 && t->idle_w == 0)
    return;
  start(table, "power", &line);
  if (t->peak_w > 0)
    tess_text_add(&line, "%.4g W of the chip at full load", t->peak_w);
  if (t->idle_w > 0)
    tess_text_add(&line, "%s%.4g W idle", line.length ? ", " : "", t->idle_w);
  finish(table, &line);
}

static void add_overhead(const tess_target_t *t, tess_table_t *table) {
  char a[TESS_NUMBER_CHARS], b[TESS_NUMBER_CHARS];
  tess_table_cell(table, "overhead");
  tess_table_cell(table, "%s a kernel, %s a run",
                  tess_format_time(a, t->kernel_overhead_ns),
                  tess_format_time(b, t->program_overhead_ns));
}

/* What a reader would look for in vain. */
static void add_unpublished(const tess_sheet_t *sheet, tess_table_t *table) {
  tess_text_t line;
  if (tess_sheet_stated(sheet) == sheet->fact_count)
    return;
  start(table, "unpublished", &line);
  for (size_t i = 0; i < sheet->fact_count; i++)
    if (!strcmp(sheet->facts[i].mark, TESS_MARK_UNPUBLISHED))
      tess_text_add(&line, "%s%s", line.length ? ", " : "",
                    sheet->facts[i].path);
  finish(table, &line);
}

/* A rule a line: "fuses  element-wise ops with each other". */
static void add_fusion(const tess_target_t *t, bool wanted,
                       tess_table_t *table) {
  const char *head = wanted ? "fuses" : "keeps apart";
#define X(field, meaning)                                                      \
  if (t->fusion.field == wanted) {                                             \
    tess_table_cell(table, "%s", head);                                        \
    tess_table_cell(table, "%s", meaning);                                     \
    head = "";                                                                 \
  }
  TESS_FUSION_RULES(X)
#undef X
}

void tess_sheet_add_summary(const tess_sheet_t *sheet, tess_text_t *out) {
  const tess_target_t *target = sheet->target;
  tess_table_t *table = tess_table_create("ll");
  tess_text_t line;
  add_peaks(target, table);
  add_parts(target, table);
  add_vector(target, table);
  add_memory(target, table);
  add_ridge(target, table);
  add_padding(target, table);
  if (target->layout_lanes || target->layout_alignment_bytes)
    add_batch(target, table);
  add_links(target, table);
  add_power(target, table);
  add_overhead(target, table);
  add_fusion(target, true, table);
  add_fusion(target, false, table);
  add_unpublished(sheet, table);
  start(table, "certainty", &line);
  tess_sheet_add_marks(sheet, &line);
  finish(table, &line);
  tess_text_add(out, "%s: %s\n", target->name, target->title);
  tess_table_print(table, 2, out);
  tess_table_destroy(table);
}
