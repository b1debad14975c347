/* Small helpers that the forms of a report share. Private to lib/report. */
#ifndef TESSERA_LIB_REPORT_ORDER_H
#define TESSERA_LIB_REPORT_ORDER_H

#include "tessera/report/report.h"

/* Kernel indices by falling latency, equal ones in program order. The caller
 * frees. */
int32_t *tess_report_kernel_order(const tess_cost_t *costs, int32_t count);

/* `part / whole`, 0 where the whole is 0. */
double tess_report_share(double part, double whole);

double tess_report_percent(double part, double whole);

/* A cell with a bar of '#' for a share in [0, 1]. */
void tess_report_add_bar(tess_table_t *table, double share);

/* The part of explain's text that goes by block. */
void tess_explain_add_blocks(const tess_explain_input_t *input,
                             tess_text_t *out);

/* The member "blocks" of explain's JSON, with a comma behind it. */
void tess_explain_add_json_blocks(const tess_explain_input_t *input,
                                  tess_text_t *out);

/* Kernels of one point that made the same choice, for one line each. */
typedef struct tess_report_group {
  const tess_report_change_t *first; /* names and reason are the first's */
  int32_t count;
  double gain_ns; /* the single gains added up */
} tess_report_group_t;

/* Groups changes by rewrite (the site's name without its ordinal) and
 * alternative, in order of first appearance. The caller frees *groups. */
int32_t tess_report_group_changes(const tess_report_point_t *point,
                                  tess_report_group_t **groups);
/* Length of the site's name without the ordinal: "activation.7" -> 10. */
int tess_report_rewrite_length(const char *site);
/* "12 x activation=relu, 3 x fused-mbconv=fused". */
void tess_report_add_summary(const tess_report_point_t *point,
                             tess_text_t *out);

/* The fastest point, and the fastest whose changes are all exact; the baseline
 * (0) where nothing is faster. */
int32_t tess_report_best(const tess_report_t *report);
int32_t tess_report_best_exact(const tess_report_t *report);

/* ", certified to be the whole Pareto set; 3 alternatives set aside: …": what a
 * front leaves out; nothing where neither is so. */
void tess_report_add_certificate(const tess_report_t *report, tess_text_t *out);

#endif
