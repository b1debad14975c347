/* A search's result as one self-contained HTML page. */
#include "order.h"
#include "page.h"
#include "tessera/tessera.h"
#include <string.h>

static void add_head(const tess_report_t *report, tess_text_t *out) {
  tess_text_add(out,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                "<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, "
                "initial-scale=1\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\""
                "default-src 'none'; style-src 'unsafe-inline'; script-src "
                "'unsafe-inline'\">\n");
  tess_page_add(out, "<title>", report->model_name, " on ");
  tess_page_add(out, "", report->target_title, " - Tessera</title>\n");
  tess_page_add_style(out);
  tess_text_add(out, "</head>\n<body>\n");
}

static void add_gain(const tess_report_t *report, int32_t index,
                     tess_text_t *out) {
  const tess_report_point_t *point = &report->points[index];
  char time[TESS_NUMBER_CHARS];
  tess_text_add(
      out, "%s, <b>%.2f times as fast</b> (point %d, %d change%s)",
      tess_format_time(time, point->latency_ns),
      tess_report_share(report->points[0].latency_ns, point->latency_ns), index,
      point->change_count, point->change_count == 1 ? "" : "s");
}

static void add_lead(const tess_report_t *report, tess_text_t *out) {
  int32_t exact = tess_report_best_exact(report);
  int32_t best = tess_report_best(report);
  char time[TESS_NUMBER_CHARS];
  tess_text_add(out, "<p class=\"lead\">The original takes %s a run.",
                tess_format_time(time, report->points[0].latency_ns));
  if (!best)
    tess_text_add(out, " No allowed change makes it faster.");
  if (exact) {
    tess_text_add(out, " Computing the same function, it takes ");
    add_gain(report, exact, out);
    tess_text_add(out, ".");
  }
  if (best != exact) {
    tess_page_add(out, " The fastest (<i>", report->points[best].rewrite_class,
                  "</i>) takes ");
    add_gain(report, best, out);
    tess_text_add(out, strcmp(report->points[best].rewrite_class, "retrain")
                           ? "."
                           : " and must be trained again.");
  }
  tess_text_add(out, "</p>\n");
}

static void add_header(const tess_report_t *report, tess_text_t *out) {
  tess_text_add(out, "<header>\n<p class=\"brand\">Tessera search</p>\n");
  tess_page_add(out, "<h1>", report->model_name, "</h1>\n");
  tess_page_add(out, "<p class=\"sub\">on ", report->target_title, "");
  tess_page_add(out, ", cost model ", report->cost_model, "");
  tess_page_add(out, ", strategy ", report->strategy, "");
  tess_text_add(out, ", seed %llu</p>\n", (unsigned long long)report->seed);
  tess_page_add(out, "<pre>", report->command, "</pre>\n");
  add_lead(report, out);
  tess_text_add(out, "</header>\n");
}

static void add_front(const tess_report_t *report, tess_text_t *out) {
  tess_text_add(out, "<h2>Speed against distance</h2>\n<figure>\n");
  tess_svg_add_front(report, out);
  tess_text_add(out,
                "<figcaption>Each dot is a model that no other one beats in "
                "both. The square is the original; numbered circles are the "
                "points below. Candidates scored: %lld, on the front: %lld",
                (long long)report->evaluated, (long long)report->front_count);
  tess_report_add_certificate(report, out);
  tess_text_add(out, ".</figcaption>\n</figure>\n");
}

static void add_notes(const tess_report_t *report, tess_text_t *out) {
  tess_text_add(out, "<h2>How to read this</h2>\n<ul>\n");
  tess_page_add(out, "<li><b>Distance</b> (estimator <i>", report->quality,
                "</i>): ");
  tess_page_add(out, "", report->quality_summary, "");
  tess_text_add(
      out,
      ". 0 is the original function up to rounding; it is a distance "
      "between functions, not an accuracy.</li>\n"
      "<li><b>Class</b>: <i>exact</i> computes the same function up to "
      "rounding; <i>approximate</i> stays within a stated bound; "
      "<i>retrain</i> is another function of the same shape, whose weights "
      "must be learned again.</li>\n");
  if (!strcmp(report->cost_model, "roofline"))
    tess_text_add(out,
                  "<li><b>Time</b> is the roofline's: the busiest of matrix "
                  "unit, vector unit and memory, plus a start-up per "
                  "kernel. It is a lower bound, not a measurement: the "
                  "machine will be slower, and gains may differ.</li>\n");
  tess_text_add(
      out, "<li><b>Gain alone</b> is what one change saves when it is the only "
           "one. Gains of changes that touch the same kernels do not add "
           "up.</li>\n"
           "<li><b>Used</b> is the useful arithmetic as a share of what the "
           "matrix unit could do in the same time.</li>\n</ul>\n");
}

void tess_report_html(const tess_report_t *report, tess_text_t *out) {
  int32_t exact = tess_report_best_exact(report);
  int32_t best = tess_report_best(report);
  add_head(report, out);
  add_header(report, out);
  tess_text_add(out, "<main>\n");
  add_front(report, out);
  tess_text_add(out, "<h2>Where the time goes</h2>\n");
  tess_svg_add_split(report, exact, best, out);
  tess_text_add(out, "<h2>Points</h2>\n");
  tess_page_add_points(report, out);
  tess_text_add(out, "<h2>What each point changes, and why</h2>\n");
  tess_page_add_changes(report, out);
  tess_text_add(out, "<h2>Kernels</h2>\n");
  tess_page_add_kernels(report, 0, out);
  if (best)
    tess_page_add_kernels(report, best, out);
  tess_page_add(out, "<h2>The target's numbers: ", report->target_title,
                "</h2>\n");
  tess_page_add_facts(report, out);
  add_notes(report, out);
  tess_text_add(out, "<footer>Tessera %s</footer>\n</main>\n", TESSERA_VERSION);
  tess_page_add_script(out);
  tess_text_add(out, "</body>\n</html>\n");
}
