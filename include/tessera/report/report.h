/* A search's result as one self-contained HTML page and as CSV. Knows no
 * MLIR; the caller fills in the rows. */
#ifndef TESSERA_REPORT_REPORT_H
#define TESSERA_REPORT_REPORT_H

#include "tessera/base/text.h"
#include "tessera/report/explain.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tess_report_change {
  const char *site, *alternative, *rewrite_class, *why, *location;
  double gain_ns; /* of this change alone, against the original; > 0 faster */
  double greatest_error;
} tess_report_change_t;

typedef struct tess_report_point {
  const char *file;      /* name of the .mlir beside the report, or NULL */
  const char *candidate; /* text */
  const char *rewrite_class;
  double latency_ns, distance;
  int64_t macs, parameters, bytes;
  double utilisation;
  const tess_report_change_t *changes;
  int32_t change_count;
  /* The rewritten model, kernel by kernel, for the before/after picture. */
  const tess_explain_input_t *explain;
} tess_report_point_t;

typedef struct tess_report {
  const char *model_name, *target_title, *command;
  const char *cost_model, *quality, *quality_summary, *strategy;
  uint64_t seed;
  int64_t evaluated;
  int32_t set_aside_count; /* alternatives, see tess_space_t */
  bool certified;
  double epsilon;
  const tess_target_fact_t *facts;
  size_t fact_count;
  /* All Pareto scores, for the scatter picture. */
  const double *front_latency_ns, *front_distance;
  int64_t front_count;
  const tess_report_point_t *points; /* baseline first */
  int32_t point_count;
} tess_report_t;

void tess_report_html(const tess_report_t *report, tess_text_t *out);
/* One row a point: file, latency_ns, speedup, distance, class, macs,
 * parameters, bytes, utilisation, changes, candidate. */
void tess_report_csv(const tess_report_t *report, tess_text_t *out);
/* The table on the terminal: baseline first, each point's gain, what it
 * changed and why. */
void tess_report_text(const tess_report_t *report, tess_text_t *out);

#ifdef __cplusplus
}
#endif

#endif
