/* The state of reading one target file, shared by parse.c and field.c only. */
#ifndef TESSERA_LIB_TARGET_PARSE_H
#define TESSERA_LIB_TARGET_PARSE_H

#include "schema.h"
#include "tessera/base/json.h"
#include "tessera/target/target.h"

typedef struct target_reader {
  tess_arena_t *arena;
  const char *file;
  const tess_json_t *root;
  tess_target_t *target;
  const tess_json_t **found; /* by schema row; NULL: not in the file */
  tess_target_fact_t *facts; /* by schema row */
  bool wants_facts;          /* else their values as text are not made */
} target_reader_t;

/* Reads one {"value", "unit", "source", "mark"} into the target's field and
 * the row's fact. */
TESS_MUST_USE tess_status_t tess_target_read_field(target_reader_t *reader,
                                                   size_t row,
                                                   const tess_json_t *json);

/* "unknown key 'x' in PLACE; did you mean 'y'?" at the value. */
TESS_MUST_USE tess_status_t tess_target_unknown_key(
    const target_reader_t *reader, const tess_json_t *json, const char *key,
    const char *place, const char *const *names, size_t count);

#endif
