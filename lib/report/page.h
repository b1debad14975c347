/* The pieces of the HTML page. Private to lib/report. */
#ifndef TESSERA_LIB_REPORT_PAGE_H
#define TESSERA_LIB_REPORT_PAGE_H

#include "tessera/report/report.h"

/* Style sheet and script, complete elements. */
void tess_page_add_style(tess_text_t *out);
void tess_page_add_script(tess_text_t *out);

/* The Pareto front: latency against distance, points numbered. */
void tess_svg_add_front(const tess_report_t *report, tess_text_t *out);

/* One bar a point: time by what bounds the kernels. `best_exact` and `best` may
 * be 0 (then the bar is left out). */
void tess_svg_add_split(const tess_report_t *report, int32_t best_exact,
                        int32_t best, tess_text_t *out);

/* Tables. */
void tess_page_add_points(const tess_report_t *report, tess_text_t *out);
void tess_page_add_changes(const tess_report_t *report, tess_text_t *out);
void tess_page_add_kernels(const tess_report_t *report, int32_t point,
                           tess_text_t *out);
void tess_page_add_facts(const tess_report_t *report, tess_text_t *out);

/* `value` with HTML escapes between `before` and `after`, which are markup. */
void tess_page_add(tess_text_t *out, const char *before, const char *value,
                   const char *after);

#endif
