/* Targets as text for people: the data sheet, the difference of two, and the
 * marks of certainty counted. Needs base only. */
#ifndef TESSERA_TARGET_SHEET_H
#define TESSERA_TARGET_SHEET_H

#include "tessera/target/target.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A target with the facts that it was loaded with; both borrowed. */
typedef struct tess_sheet {
  const tess_target_t *target;
  const tess_target_fact_t *facts;
  size_t fact_count;
} tess_sheet_t;

/* Floating-point (or integer) operations per second of the matrix unit for a
 * type, two for a multiply-accumulate; 0: it does not run there. */
double tess_target_peak(const tess_target_t *target, tess_dtype_t type);

/* The type with the greatest peak among those of two bytes, or of any width
 * where none of those runs on the matrix unit. */
tess_dtype_t tess_target_main_type(const tess_target_t *target);

/* Operations for each byte of memory traffic above which the matrix unit, not
 * the memory, is the limit; of the main type. */
double tess_target_ridge(const tess_target_t *target);

/* "16 GiB", "95 GB": binary units where they come out even. */
#define TESS_CAPACITY_CHARS 32
const char *tess_format_capacity(char *buffer, int64_t bytes);

/* What the target is, in a dozen lines: peaks, ridge, memory, what is padded,
 * where a batch may lie, links, power, what its compiler fuses, and which
 * numbers nobody publishes. */
void tess_sheet_add_summary(const tess_sheet_t *sheet, tess_text_t *out);

/* Each number with its unit, mark and source, and what the marks mean. */
void tess_sheet_add_facts(const tess_sheet_t *sheet, tess_text_t *out);

/* How many numbers have this mark. */
size_t tess_sheet_count(const tess_sheet_t *sheet, const char *mark);

/* How many of the facts are numbers: all but those that nobody publishes. */
size_t tess_sheet_stated(const tess_sheet_t *sheet);

/* "12 read in their source, 3 recalled": how sure the numbers are. */
void tess_sheet_add_marks(const tess_sheet_t *sheet, tess_text_t *out);

/* The numbers that differ, and the second as a multiple of the first. */
void tess_sheet_add_difference(const tess_sheet_t *first,
                               const tess_sheet_t *second, tess_text_t *out);

#ifdef __cplusplus
}
#endif

#endif
