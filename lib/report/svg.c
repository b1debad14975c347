/* Pictures of the HTML page as inline SVG: the Pareto front, and where the time
 * goes before and after. */
#include "order.h"
#include "page.h"
#include <math.h>
#include <stdio.h>

/* ---- Axes ---- */

/* A linear axis from value to pixel with round tick marks. */
typedef struct axis {
  double low, high, step;
  double from, to; /* pixels */
  double unit;     /* values are shown divided by this */
} axis_t;

/* 1, 2 or 5 times a power of ten, for about five steps. */
static double round_step(double span) {
  double power = pow(10, floor(log10(span / 5)));
  double digit = span / 5 / power;
  return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

static axis_t make_axis(double low, double high, double from, double to) {
  double span = high - low;
  if (!(span > 0) || !isfinite(span))
    span = low > 0 && isfinite(low) ? low / 5 : 1;
  axis_t axis = {.from = from, .to = to, .unit = 1, .step = round_step(span)};
  axis.low = floor(low / axis.step) * axis.step;
  axis.high = ceil((low + span) / axis.step) * axis.step;
  return axis;
}

static double place(const axis_t *axis, double value) {
  double share = (value - axis->low) / (axis->high - axis->low);
  return axis->from + share * (axis->to - axis->from);
}

/* Digits after the point that tell two ticks apart. */
static int tick_digits(const axis_t *axis) {
  double digits = ceil(-log10(axis->step / axis->unit) - 1e-9);
  return digits < 0 ? 0 : digits > 9 ? 9 : (int)digits;
}

static const char *set_time_unit(axis_t *axis) {
  static const struct {
    double ns;
    const char *name;
  } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
  size_t i = 0;
  while (i < 3 && axis->high < units[i].ns)
    i++;
  axis->unit = units[i].ns;
  return units[i].name;
}

/* ---- The front ---- */

enum { WIDTH = 1040, HEIGHT = 400, LEFT = 76, RIGHT = 24, TOP = 16, FOOT = 56 };

static void add_x_ticks(const axis_t *x, tess_text_t *out) {
  int digits = tick_digits(x);
  for (int i = 0; x->low + i * x->step <= x->high + x->step / 2; i++) {
    double value = x->low + i * x->step, px = place(x, value);
    tess_text_add(out,
                  "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" "
                  "y2=\"%d\"/><text x=\"%.1f\" y=\"%d\" "
                  "text-anchor=\"middle\" class=\"soft\">%.*f</text>\n",
                  px, px, TOP, HEIGHT - FOOT, px, HEIGHT - FOOT + 18, digits,
                  value / x->unit);
  }
}

static void add_y_ticks(const axis_t *y, tess_text_t *out) {
  int digits = tick_digits(y);
  for (int i = 0; y->low + i * y->step <= y->high + y->step / 2; i++) {
    double value = y->low + i * y->step, py = place(y, value);
    tess_text_add(out,
                  "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" "
                  "y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" "
                  "text-anchor=\"end\" class=\"soft\">%.*f</text>\n",
                  LEFT, WIDTH - RIGHT, py, py, LEFT - 8, py + 4, digits, value);
  }
}

static void add_axis_titles(const char *unit, tess_text_t *out) {
  tess_text_add(out,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">latency of one "
                "run, %s (lower is better)</text>\n",
                (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, unit);
  tess_text_add(out,
                "<text transform=\"translate(16 %d) rotate(-90)\" "
                "text-anchor=\"middle\">distance from the original "
                "function</text>\n",
                (TOP + HEIGHT - FOOT) / 2);
}

static void add_front_points(const tess_report_t *report, const axis_t *x,
                             const axis_t *y, tess_text_t *out) {
  for (int64_t i = 0; i < report->front_count; i++)
    tess_text_add(out,
                  "<circle class=\"front\" cx=\"%.1f\" cy=\"%.1f\" "
                  "r=\"2\"/>\n",
                  place(x, report->front_latency_ns[i]),
                  place(y, report->front_distance[i]));
}

/* Beside the mark, on the side where there is room. */
static void add_point_label(int32_t index, double px, double py,
                            tess_text_t *out) {
  bool right_edge = px > WIDTH - RIGHT - 60;
  tess_text_add(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
                px + (right_edge ? -9 : 9), py - 8,
                right_edge ? "end" : "start");
  if (index)
    tess_text_add(out, "%d</text>", index);
  else
    tess_text_add(out, "original</text>");
}

static void add_kept_point(const tess_report_t *report, int32_t index,
                           const axis_t *x, const axis_t *y, tess_text_t *out) {
  const tess_report_point_t *point = &report->points[index];
  double px = place(x, point->latency_ns), py = place(y, point->distance);
  char time[TESS_NUMBER_CHARS];
  tess_text_add(
      out, "<g><title>%s (%d): %s, %.2fx, distance %.4f, ",
      index ? "point" : "original", index,
      tess_format_time(time, point->latency_ns),
      tess_report_share(report->points[0].latency_ns, point->latency_ns),
      point->distance);
  tess_page_add(out, "", point->rewrite_class, "");
  tess_text_add(out, ", %d changes</title>", point->change_count);
  if (index)
    tess_text_add(out,
                  "<circle class=\"kept\" cx=\"%.1f\" cy=\"%.1f\" "
                  "r=\"6\"/>",
                  px, py);
  else
    tess_text_add(out,
                  "<rect class=\"base\" x=\"%.1f\" y=\"%.1f\" "
                  "width=\"12\" height=\"12\"/>",
                  px - 6, py - 6);
  add_point_label(index, px, py, out);
  tess_text_add(out, "</g>\n");
}

/* The range of all that is drawn. */
static void find_range(const tess_report_t *report, double *low, double *high,
                       double *farthest) {
  *low = *high = report->points[0].latency_ns;
  *farthest = 0;
  for (int32_t i = 0; i < report->point_count; i++) {
    *low = fmin(*low, report->points[i].latency_ns);
    *high = fmax(*high, report->points[i].latency_ns);
    *farthest = fmax(*farthest, report->points[i].distance);
  }
  for (int64_t i = 0; i < report->front_count; i++) {
    *low = fmin(*low, report->front_latency_ns[i]);
    *high = fmax(*high, report->front_latency_ns[i]);
    *farthest = fmax(*farthest, report->front_distance[i]);
  }
}

void tess_svg_add_front(const tess_report_t *report, tess_text_t *out) {
  double low, high, farthest;
  find_range(report, &low, &high, &farthest);
  axis_t x = make_axis(low, high, LEFT, WIDTH - RIGHT);
  axis_t y = make_axis(0, farthest, HEIGHT - FOOT, TOP);
  const char *unit = set_time_unit(&x);
  tess_text_add(out,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" "
                "aria-labelledby=\"front-title\"><title id=\"front-title\">"
                "Latency against distance of %lld Pareto points, %d of them "
                "kept</title>\n",
                WIDTH, HEIGHT, (long long)report->front_count,
                report->point_count);
  add_x_ticks(&x, out);
  add_y_ticks(&y, out);
  add_axis_titles(unit, out);
  add_front_points(report, &x, &y, out);
  for (int32_t i = report->point_count - 1; i >= 0; i--)
    add_kept_point(report, i, &x, &y, out);
  tess_text_add(out, "</svg>\n");
}

/* ---- Time by what bounds it ---- */

enum { PARTS = 5, BAR_LEFT = 150, BAR_HEIGHT = 34, BAR_STEP = 52 };

static const char *part_name(int part) {
  return part < 4 ? tess_bound_name((tess_bound_t)part) : "program start";
}

static double part_ns(const tess_explain_input_t *explain, int part) {
  return part < 4 ? explain->total->bound_ns[part]
                  : explain->target->program_overhead_ns;
}

static void add_bar(const tess_report_t *report, int32_t index, int row,
                    const char *name, tess_text_t *out) {
  const tess_explain_input_t *explain = report->points[index].explain;
  double longest = report->points[0].latency_ns, at = BAR_LEFT;
  double scale = tess_report_share(WIDTH - BAR_LEFT - 110, longest);
  char time[TESS_NUMBER_CHARS];
  int y = row * BAR_STEP + 4;
  tess_text_add(out, "<text x=\"0\" y=\"%d\">%s</text>\n", y + 22, name);
  for (int part = 0; part < PARTS; part++) {
    double ns = part_ns(explain, part), width = ns * scale;
    if (!(ns > 0) || !isfinite(width))
      continue;
    tess_text_add(out,
                  "<g><title>%s: %s, %.1f%%</title><rect class=\"s%d\" "
                  "x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>",
                  part_name(part), tess_format_time(time, ns),
                  100 * tess_report_share(ns, explain->total->latency_ns), part,
                  at, y, width, BAR_HEIGHT);
    if (width > 84)
      tess_text_add(out, "<text class=\"onbar\" x=\"%.1f\" y=\"%d\">%s</text>",
                    at + 8, y + 22, part_name(part));
    tess_text_add(out, "</g>\n");
    at += width;
  }
  tess_text_add(out, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", at + 8, y + 22,
                tess_format_time(time, explain->total->latency_ns));
}

/* The same numbers as a table: the picture does not rest on colour. */
static void add_split_row(const tess_report_t *report, int32_t index,
                          const char *name, tess_text_t *out) {
  const tess_explain_input_t *explain = report->points[index].explain;
  char time[TESS_NUMBER_CHARS];
  tess_text_add(out, "<tr><td>%s</td>", name);
  for (int part = 0; part < PARTS; part++)
    tess_text_add(out, "<td class=\"n\">%s (%.1f%%)</td>",
                  tess_format_time(time, part_ns(explain, part)),
                  100 * tess_report_share(part_ns(explain, part),
                                          explain->total->latency_ns));
  tess_text_add(out, "<td class=\"n\">%s</td></tr>\n",
                tess_format_time(time, explain->total->latency_ns));
}

/* One bar or table row for each point asked for. */
static int add_each(const tess_report_t *report, int32_t best_exact,
                    int32_t best, bool bars, tess_text_t *out) {
  const int32_t points[] = {0, best_exact, best == best_exact ? 0 : best};
  int rows = 0;
  char name[48];
  for (int i = 0; i < 3; i++) {
    if ((i && !points[i]) || !report->points[points[i]].explain)
      continue;
    snprintf(name, sizeof name, i ? "point %d (%s)" : "original", points[i],
             i == 1 ? "exact" : "fastest");
    if (out && bars)
      add_bar(report, points[i], rows, name, out);
    else if (out)
      add_split_row(report, points[i], name, out);
    rows++;
  }
  return rows;
}

void tess_svg_add_split(const tess_report_t *report, int32_t best_exact,
                        int32_t best, tess_text_t *out) {
  int rows = add_each(report, best_exact, best, true, NULL);
  if (!rows)
    return;
  tess_text_add(
      out,
      "<figure><svg viewBox=\"0 0 %d %d\" role=\"img\" "
      "aria-labelledby=\"split-title\"><title id=\"split-title\">Time "
      "of one run by what bounds its kernels</title>\n",
      WIDTH, rows * BAR_STEP);
  add_each(report, best_exact, best, true, out);
  tess_text_add(out, "</svg>\n<table><thead><tr><th>time bound by</th>");
  for (int part = 0; part < PARTS; part++)
    tess_text_add(out,
                  "<th class=\"n\"><span class=\"s%d key\" "
                  "aria-hidden=\"true\"></span>%s</th>",
                  part, part_name(part));
  tess_text_add(out, "<th class=\"n\">total</th></tr></thead><tbody>\n");
  add_each(report, best_exact, best, false, out);
  tess_text_add(out, "</tbody></table></figure>\n");
}
