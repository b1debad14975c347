/* Order of kernels, groups of changes, the best points: what the text, CSV and
 * HTML forms share. */
#include "order.h"
#include "tessera/base/arena.h"
#include <stdlib.h>
#include <string.h>

typedef struct ranked {
  double latency_ns;
  int32_t index;
} ranked_t;

static int compare_ranked(const void *left, const void *right) {
  const ranked_t *a = left, *b = right;
  if (a->latency_ns != b->latency_ns)
    return a->latency_ns < b->latency_ns ? 1 : -1;
  return (a->index > b->index) - (a->index < b->index);
}

int32_t *tess_report_kernel_order(const tess_cost_t *costs, int32_t count) {
  size_t size = (size_t)count;
  ranked_t *ranked = tess_alloc((size + 1) * sizeof *ranked);
  int32_t *order = tess_alloc((size + 1) * sizeof *order);
  for (size_t i = 0; i < size; i++)
    ranked[i] = (ranked_t){costs[i].latency_ns, (int32_t)i};
  qsort(ranked, size, sizeof *ranked, compare_ranked);
  for (size_t i = 0; i < size; i++)
    order[i] = ranked[i].index;
  free(ranked);
  return order;
}

double tess_report_share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

double tess_report_percent(double part, double whole) {
  return 100 * tess_report_share(part, whole);
}

enum { BAR_CHARS = 32 };

void tess_report_add_bar(tess_table_t *table, double share) {
  char bar[BAR_CHARS + 1];
  int filled = (int)(share * BAR_CHARS + 0.5);
  filled = filled < 0 ? 0 : filled > BAR_CHARS ? BAR_CHARS : filled;
  memset(bar, '.', BAR_CHARS);
  memset(bar, '#', (size_t)filled);
  bar[BAR_CHARS] = 0;
  tess_table_cell(table, "%s", bar);
}

int tess_report_rewrite_length(const char *site) {
  const char *dot = strrchr(site, '.');
  return (int)(dot ? (size_t)(dot - site) : strlen(site));
}

static bool same_choice(const tess_report_change_t *a,
                        const tess_report_change_t *b) {
  int length = tess_report_rewrite_length(a->site);
  return length == tess_report_rewrite_length(b->site) &&
         !strncmp(a->site, b->site, (size_t)length) &&
         !strcmp(a->alternative, b->alternative);
}

int32_t tess_report_group_changes(const tess_report_point_t *point,
                                  tess_report_group_t **groups) {
  int32_t count = 0;
  *groups = tess_alloc(((size_t)point->change_count + 1) * sizeof **groups);
  for (int32_t i = 0; i < point->change_count; i++) {
    const tess_report_change_t *change = &point->changes[i];
    int32_t g = 0;
    while (g < count && !same_choice((*groups)[g].first, change))
      g++;
    if (g == count)
      (*groups)[count++].first = change;
    (*groups)[g].count++;
    (*groups)[g].gain_ns += change->gain_ns;
  }
  return count;
}

void tess_report_add_summary(const tess_report_point_t *point,
                             tess_text_t *out) {
  tess_report_group_t *groups;
  int32_t count = tess_report_group_changes(point, &groups);
  for (int32_t i = 0; i < count; i++)
    tess_text_add(out, "%s%d x %.*s=%s", i ? ", " : "", groups[i].count,
                  tess_report_rewrite_length(groups[i].first->site),
                  groups[i].first->site, groups[i].first->alternative);
  free(groups);
}

static int32_t best_of(const tess_report_t *report, bool exact_only) {
  int32_t best = 0;
  for (int32_t i = 1; i < report->point_count; i++) {
    const tess_report_point_t *point = &report->points[i];
    if (exact_only && strcmp(point->rewrite_class, "exact"))
      continue;
    if (point->latency_ns < report->points[best].latency_ns)
      best = i;
  }
  return best;
}

int32_t tess_report_best(const tess_report_t *report) {
  return best_of(report, false);
}

int32_t tess_report_best_exact(const tess_report_t *report) {
  return best_of(report, true);
}

void tess_report_add_certificate(const tess_report_t *report,
                                 tess_text_t *out) {
  if (report->certified && report->epsilon > 0)
    tess_text_add(out, ", certified within %.2g%% of the whole Pareto set",
                  100 * report->epsilon);
  else if (report->certified)
    tess_text_add(out, ", certified to be the whole Pareto set");
  if (report->set_aside_count > 0)
    tess_text_add(out,
                  "; %d alternative%s set aside: slower alone than all that "
                  "could be replaced",
                  (int)report->set_aside_count,
                  report->set_aside_count == 1 ? "" : "s");
}
