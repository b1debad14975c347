/* The tables of the HTML page: points, their changes, kernels, the target's
 * numbers. */
#include "order.h"
#include "page.h"
#include <math.h>
#include <stdlib.h>

void tess_page_add(tess_text_t *out, const char *before, const char *value,
                   const char *after) {
  tess_text_add(out, "%s", before);
  tess_text_add_html(out, value ? value : "");
  tess_text_add(out, "%s", after);
}

/* A right-aligned number that sorts by `value`. */
static void add_number(tess_text_t *out, double value, const char *shown) {
  tess_text_add(out, "<td class=\"n\" data-v=\"%.9g\">%s</td>", value, shown);
}

static void add_heads(tess_text_t *out, const char *const *heads, size_t count,
                      const char *alignment) {
  tess_text_add(out, "<thead><tr>");
  for (size_t i = 0; i < count; i++)
    tess_text_add(out, "<th scope=\"col\"%s>%s</th>",
                  alignment[i] == 'r' ? " class=\"n\"" : "", heads[i]);
  tess_text_add(out, "</tr></thead>\n<tbody>\n");
}

#define ADD_HEADS(out, heads, alignment)                                       \
  add_heads(out, heads, sizeof(heads) / sizeof *(heads), alignment)

/* ---- Points ---- */

static void add_point(const tess_report_t *report, int32_t index,
                      tess_text_t *out) {
  const tess_report_point_t *point = &report->points[index];
  char number[TESS_NUMBER_CHARS];
  tess_text_t summary = TESS_TEXT_INIT;
  double speed =
      tess_report_share(report->points[0].latency_ns, point->latency_ns);
  tess_text_add(out, "<tr><td class=\"n\" data-v=\"%d\">%d</td>", index, index);
  add_number(out, point->latency_ns,
             tess_format_time(number, point->latency_ns));
  tess_text_add(out, "<td class=\"n\" data-v=\"%.9g\">%.2fx</td>", speed,
                speed);
  tess_text_add(out, "<td class=\"n\" data-v=\"%.9g\">%.4f</td>",
                point->distance, point->distance);
  tess_page_add(out, "<td>", point->rewrite_class, "</td>");
  add_number(out, (double)point->macs,
             tess_format_count(number, (double)point->macs));
  add_number(out, (double)point->parameters,
             tess_format_count(number, (double)point->parameters));
  add_number(out, (double)point->bytes,
             tess_format_bytes(number, (double)point->bytes));
  tess_text_add(out, "<td class=\"n\" data-v=\"%.9g\">%.1f%%</td>",
                point->utilisation, 100 * point->utilisation);
  tess_report_add_summary(point, &summary);
  tess_page_add(out, "<td class=\"c\">",
                index ? tess_text_get(&summary) : "(original)", "</td></tr>\n");
  tess_text_free(&summary);
}

void tess_page_add_points(const tess_report_t *report, tess_text_t *out) {
  static const char *const heads[] = {
      "point", "latency",    "speed", "distance", "class",
      "MACs",  "parameters", "bytes", "used",     "changes"};
  tess_text_add(out, "<div class=\"scroll\"><table class=\"sort\">\n");
  ADD_HEADS(out, heads, "rrrrlrrrrl");
  for (int32_t i = 0; i < report->point_count; i++)
    add_point(report, i, out);
  tess_text_add(out, "</tbody></table></div>\n");
}

/* ---- Changes ---- */

static void add_change(const tess_report_change_t *change, tess_text_t *out) {
  char number[TESS_NUMBER_CHARS];
  tess_page_add(out, "<tr><td class=\"w\">", change->site, "</td>");
  tess_page_add(out, "<td class=\"w\">", change->alternative, "</td>");
  tess_page_add(out, "<td>", change->rewrite_class, "</td>");
  double size = change->gain_ns < 0 ? -change->gain_ns : change->gain_ns;
  tess_text_add(out, "<td class=\"n\" data-v=\"%.9g\">%s%s</td>",
                change->gain_ns, change->gain_ns < 0 ? "-" : "",
                tess_format_time(number, size));
  if (isinf(change->greatest_error))
    tess_text_add(out, "<td class=\"n\" data-v=\"1e300\">no bound</td>");
  else
    tess_text_add(out, "<td class=\"n\" data-v=\"%.9g\">%.3g</td>",
                  change->greatest_error, change->greatest_error);
  tess_page_add(out, "<td class=\"c\">", change->why, "</td>");
  tess_page_add(out, "<td class=\"c\"><code>", change->location,
                "</code></td></tr>\n");
}

static void add_point_changes(const tess_report_t *report, int32_t index,
                              bool open, tess_text_t *out) {
  static const char *const heads[] = {
      "site",         "becomes", "class", "gain alone", "greatest difference",
      "what it buys", "place"};
  const tess_report_point_t *point = &report->points[index];
  char time[TESS_NUMBER_CHARS];
  tess_text_add(
      out, "<details%s><summary>Point %d: %s, %.2fx, %d change%s, ",
      open ? " open" : "", index, tess_format_time(time, point->latency_ns),
      tess_report_share(report->points[0].latency_ns, point->latency_ns),
      point->change_count, point->change_count == 1 ? "" : "s");
  tess_page_add(out, "", point->rewrite_class, "</summary>\n");
  tess_text_add(out, "<div class=\"scroll\"><table class=\"sort\">\n");
  ADD_HEADS(out, heads, "lllrrll");
  for (int32_t i = 0; i < point->change_count; i++)
    add_change(&point->changes[i], out);
  tess_text_add(out, "</tbody></table></div>\n");
  if (point->file)
    tess_page_add(out, "<p class=\"note\">File: <code>", point->file,
                  "</code></p>\n");
  tess_page_add(out, "<p class=\"note\">Candidate: <code>", point->candidate,
                "</code></p></details>\n");
}

void tess_page_add_changes(const tess_report_t *report, tess_text_t *out) {
  int32_t best_exact = tess_report_best_exact(report);
  if (report->point_count < 2)
    tess_text_add(out, "<p>No change was found to be worth it.</p>\n");
  for (int32_t i = 1; i < report->point_count; i++)
    add_point_changes(report, i, i == best_exact, out);
}

/* ---- Kernels ---- */

static void add_kernel(const tess_explain_input_t *input, int32_t index,
                       tess_text_t *out) {
  const tess_program_kernel_t *entry = &input->program->kernels[index];
  const tess_cost_t *cost = &input->costs[index];
  char number[TESS_NUMBER_CHARS], dims[TESS_KERNEL_DIMS_CHARS];
  const char *advice = tess_explain_advice(input->target, &entry->kernel, cost);
  tess_page_add(out, "<tr><td class=\"w\">", entry->name, "</td>");
  tess_page_add(out, "<td>", entry->label, "</td>");
  tess_page_add(out, "<td>", tess_kernel_dims(&entry->kernel, dims), "</td>");
  add_number(out, (double)entry->kernel.macs,
             tess_format_count(number, (double)entry->kernel.macs));
  add_number(out, (double)cost->bytes,
             tess_format_bytes(number, (double)cost->bytes));
  add_number(out, cost->latency_ns, tess_format_time(number, cost->latency_ns));
  tess_text_add(
      out,
      "<td class=\"n\" data-v=\"%.9g\">%.1f%%</td>"
      "<td class=\"n\" data-v=\"%.9g\">%.1f%%</td><td>%s</td>",
      cost->latency_ns,
      100 * tess_report_share(cost->latency_ns, input->total->latency_ns),
      cost->utilisation, 100 * cost->utilisation,
      cost->feasible ? tess_bound_name(cost->bound) : "cannot run");
  tess_page_add(out, "<td class=\"c\">", advice, "</td></tr>\n");
}

void tess_page_add_kernels(const tess_report_t *report, int32_t point,
                           tess_text_t *out) {
  static const char *const heads[] = {"kernel", "what it computes",
                                      "dims",   "MACs",
                                      "bytes",  "time",
                                      "share",  "used",
                                      "bound",  "what would help"};
  const tess_explain_input_t *input = report->points[point].explain;
  if (!input)
    return;
  int32_t count = input->program->kernel_count;
  int32_t *order = tess_report_kernel_order(input->costs, count);
  tess_text_add(out, "<details%s><summary>", point ? "" : " open");
  if (point)
    tess_text_add(out, "Point %d", point);
  else
    tess_text_add(out, "Original");
  tess_text_add(out, ": %d kernels, the slowest first</summary>\n", count);
  tess_text_add(out, "<div class=\"scroll tall\"><table class=\"sort\">\n");
  ADD_HEADS(out, heads, "lllrrrrrll");
  for (int32_t i = 0; i < count; i++)
    add_kernel(input, order[i], out);
  tess_text_add(out, "</tbody></table></div></details>\n");
  free(order);
}

/* ---- The target's numbers ---- */

void tess_page_add_facts(const tess_report_t *report, tess_text_t *out) {
  static const char *const heads[] = {"number", "value", "unit", "mark",
                                      "source"};
  tess_text_add(out, "<div class=\"scroll\"><table>\n<caption>Mark: s read in "
                     "its source, s2 read in notes on the source, c computed "
                     "from such numbers, r recalled, m measured on this "
                     "machine, - not published.</caption>\n");
  ADD_HEADS(out, heads, "lrlll");
  for (size_t i = 0; i < report->fact_count; i++) {
    const tess_target_fact_t *fact = &report->facts[i];
    tess_page_add(out, "<tr><td class=\"w\">", fact->path, "</td>");
    tess_page_add(out, "<td class=\"n\">", fact->value, "</td>");
    tess_page_add(out, "<td class=\"w\">", fact->unit, "</td>");
    tess_page_add(out, "<td>", fact->mark, "</td>");
    tess_page_add(out, "<td class=\"c\">", fact->source, "</td></tr>\n");
  }
  tess_text_add(out, "</tbody></table></div>\n");
}
