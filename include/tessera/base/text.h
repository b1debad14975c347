/* Growing text, aligned tables and numbers with units, always formatted alike.
 * Anybody may include it. */
#ifndef TESSERA_BASE_TEXT_H
#define TESSERA_BASE_TEXT_H

#include "tessera/base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tess_text {
  char *data; /* NUL-terminated once something was added; owned */
  size_t length;
  size_t capacity;
} tess_text_t;

#define TESS_TEXT_INIT ((tess_text_t){0})

void tess_text_add(tess_text_t *text, const char *format, ...)
    TESS_PRINTF(2, 3);
void tess_text_add_n(tess_text_t *text, const char *bytes, size_t length);
/* `value` with JSON escapes and quotes; invalid UTF-8 becomes U+FFFD. */
void tess_text_add_json(tess_text_t *text, const char *value);
/* `value` with & < > " escaped for HTML. */
void tess_text_add_html(tess_text_t *text, const char *value);
/* `value` quoted for CSV where it needs to be (RFC 4180). */
void tess_text_add_csv(tess_text_t *text, const char *value);
/* The content, never NULL; borrowed. */
const char *tess_text_get(const tess_text_t *text);
void tess_text_free(tess_text_t *text);

/* Numbers for people, written into `buffer` (TESS_NUMBER_CHARS) and returned:
 * three significant digits and a unit ("12.3 us", "4.79 GB", "386 M"). */
#define TESS_NUMBER_CHARS 32
const char *tess_format_time(char *buffer, double ns);
const char *tess_format_bytes(char *buffer, double bytes); /* powers of 1000 */
const char *tess_format_count(char *buffer, double count); /* K M G T */
/* 385814752 -> "385,814,752". */
const char *tess_format_thousands(char *buffer, int64_t value);

/* A table whose columns line up: cells are added row by row. */
typedef struct tess_table tess_table_t;
/* `alignment`: one character a column, 'l' or 'r'. */
tess_table_t *tess_table_create(const char *alignment);
/* Adds the next cell of the current row (a copy is kept). */
void tess_table_cell(tess_table_t *table, const char *format, ...)
    TESS_PRINTF(2, 3);
/* Adds a separating line of dashes after the rows so far. */
void tess_table_rule(tess_table_t *table);
/* Prints with two spaces between columns, `indent` before, none trailing. */
void tess_table_print(const tess_table_t *table, int indent, tess_text_t *out);
void tess_table_destroy(tess_table_t *table);

/* Parses a whole string as a number; false if anything else is in it or it
 * does not fit. */
bool tess_parse_i64(const char *text, int64_t *value);
bool tess_parse_f64(const char *text, double *value);

/* The nearest of `count` names to `word` (edit distance <= 2 or prefix), or
 * NULL: for "did you mean". */
const char *tess_nearest(const char *word, const char *const *names,
                         size_t count);

#ifdef __cplusplus
}
#endif

#endif
