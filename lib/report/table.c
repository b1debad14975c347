/* The points of a search on the terminal: baseline first, each point's gain,
 * what it changed and why. */
#include "order.h"
#include "tessera/base/arena.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_point(const tess_report_t *report, int32_t index,
                      tess_table_t *table) {
  const tess_report_point_t *point = &report->points[index];
  char time[TESS_NUMBER_CHARS], macs[TESS_NUMBER_CHARS];
  tess_text_t changes = TESS_TEXT_INIT;
  double base = report->points[0].latency_ns;
  tess_table_cell(table, "%d", index);
  tess_table_cell(table, "%s", tess_format_time(time, point->latency_ns));
  tess_table_cell(table, "%.2fx", tess_report_share(base, point->latency_ns));
  tess_table_cell(table, "%.4f", point->distance);
  tess_table_cell(table, "%s", point->rewrite_class);
  tess_table_cell(table, "%s", tess_format_count(macs, (double)point->macs));
  tess_table_cell(table, "%.1f%%", 100 * point->utilisation);
  tess_report_add_summary(point, &changes);
  tess_table_cell(table, "%s", index ? tess_text_get(&changes) : "(original)");
  tess_text_free(&changes);
}

static void add_points(const tess_report_t *report, tess_text_t *out) {
  static const char *const heads[] = {"point", "latency", "speed", "distance",
                                      "class", "MACs",    "used",  "changes"};
  tess_table_t *table = tess_table_create("rrrrlrrl");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  tess_table_rule(table);
  for (int32_t i = 0; i < report->point_count; i++)
    add_point(report, i, table);
  tess_table_print(table, 2, out);
  tess_table_destroy(table);
}

/* A choice that some point made, named once. */
static bool is_listed(const tess_report_group_t *listed, size_t count,
                      const tess_report_change_t *change) {
  int length = tess_report_rewrite_length(change->site);
  for (size_t i = 0; i < count; i++)
    if (length == tess_report_rewrite_length(listed[i].first->site) &&
        !strncmp(listed[i].first->site, change->site, (size_t)length) &&
        !strcmp(listed[i].first->alternative, change->alternative))
      return true;
  return false;
}

static void add_reason(const tess_report_change_t *change, tess_text_t *out) {
  tess_text_add(out, "  %.*s=%s (%s): %s",
                tess_report_rewrite_length(change->site), change->site,
                change->alternative, change->rewrite_class, change->why);
  if (isinf(change->greatest_error))
    tess_text_add(out, "; differs without bound");
  else if (change->greatest_error > 0)
    tess_text_add(out, "; differs by up to %.3g", change->greatest_error);
  tess_text_add(out, "\n");
}

static void add_reasons(const tess_report_t *report, tess_text_t *out) {
  tess_report_group_t *listed = NULL;
  size_t count = 0, capacity = 0;
  for (int32_t p = 1; p < report->point_count; p++) {
    tess_report_group_t *groups;
    int32_t group_count =
        tess_report_group_changes(&report->points[p], &groups);
    for (int32_t g = 0; g < group_count; g++) {
      if (is_listed(listed, count, groups[g].first))
        continue;
      tess_text_add(out, "%s", count ? "" : "\nwhat the changes are\n");
      listed = tess_grow(listed, count + 1, &capacity, sizeof *listed);
      listed[count++] = groups[g];
      add_reason(groups[g].first, out);
    }
    free(groups);
  }
  free(listed);
}

static void add_closing(const tess_report_t *report, tess_text_t *out) {
  tess_text_add(out, "\n%s: %lld candidate%s scored, %lld on the front",
                report->strategy, (long long)report->evaluated,
                report->evaluated == 1 ? "" : "s",
                (long long)report->front_count);
  tess_report_add_certificate(report, out);
  tess_text_add(out, "\ndistance (%s): %s\n", report->quality,
                report->quality_summary);
}

void tess_report_text(const tess_report_t *report, tess_text_t *out) {
  tess_text_add(out, "%s on %s (%s)\n\n", report->model_name,
                report->target_title, report->cost_model);
  add_points(report, out);
  add_reasons(report, out);
  add_closing(report, out);
}
