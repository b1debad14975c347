/* The points of a search as CSV: one row a point, baseline first. */
#include "order.h"

void tess_report_csv(const tess_report_t *report, tess_text_t *out) {
  tess_text_add(out, "file,latency_ns,speedup,distance,class,macs,parameters,"
                     "bytes,utilisation,changes,candidate\n");
  for (int32_t i = 0; i < report->point_count; i++) {
    const tess_report_point_t *point = &report->points[i];
    tess_text_add_csv(out, point->file ? point->file : "");
    tess_text_add(
        out, ",%.3f,%.6f,%.9f,", point->latency_ns,
        tess_report_share(report->points[0].latency_ns, point->latency_ns),
        point->distance);
    tess_text_add_csv(out, point->rewrite_class);
    tess_text_add(out, ",%lld,%lld,%lld,%.6f,%d,", (long long)point->macs,
                  (long long)point->parameters, (long long)point->bytes,
                  point->utilisation, point->change_count);
    tess_text_add_csv(out, point->candidate);
    tess_text_add(out, "\n");
  }
}
