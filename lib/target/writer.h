/* Writes a target file, member by member: for the files that the program makes
 * itself. Private to lib/target. */
#ifndef TESSERA_LIB_TARGET_WRITER_H
#define TESSERA_LIB_TARGET_WRITER_H

#include "tessera/base/text.h"

typedef struct tess_writer {
  tess_text_t *out;
  const char *measured; /* source text of measured numbers */
  int depth;            /* groups that are open */
  bool first;           /* in the innermost one */
} tess_writer_t;

/* The headings; groups follow, and tess_writer_end. */
tess_writer_t tess_writer_begin(tess_text_t *out, const char *name,
                                const char *title, const char *target_class);
void tess_writer_end(tess_writer_t *writer);

void tess_writer_open(tess_writer_t *writer, const char *group);
void tess_writer_close(tess_writer_t *writer);

/* One fact. `value` is JSON; a flag or name has no unit (NULL). */
void tess_writer_field(tess_writer_t *writer, const char *key,
                       const char *value, const char *unit, const char *mark,
                       const char *source);
void tess_writer_number(tess_writer_t *writer, const char *key, double value,
                        const char *unit, const char *mark, const char *source);

#endif
