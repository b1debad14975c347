/* The state of reading one target file, shared by parse.c and field.c only. */
#ifndef TESSERA_LIB_TARGET_PARSE_H
#define TESSERA_LIB_TARGET_PARSE_H

#include "schema.h"
#include "tessera/base/json.h"
#include "tessera/base/text.h"
#include "tessera/target/target.h"

typedef struct target_reader {
  tess_arena_t *arena;
  const char *file;
  const tess_json_t *root;
  tess_target_t *target;
  const tess_json_t **found; /* by schema row; NULL: not in the file */
  tess_target_fact_t *facts; /* by schema row */
  double *values;            /* by schema row, in the dimension's first unit */
  bool wants_facts;          /* else their values as text are not made */
  tess_text_t *mistakes;     /* NULL: the first one ends the reading */
  size_t mistake_count;
} target_reader_t;

/* Reads one {"value", "unit", "source", "mark"} into the target's field and
 * the row's fact. */
TESS_MUST_USE tess_status_t tess_target_read_field(target_reader_t *reader,
                                                   size_t row,
                                                   const tess_json_t *json);

/* Puts a number, in the dimension's first unit, into the row's field. */
void tess_target_store(target_reader_t *reader, size_t row, double number);

/* Computes the rates whose parts are there and checks the ones that are stated
 * as well. Needs every field read. */
TESS_MUST_USE tess_status_t tess_target_derive(target_reader_t *reader);

/* Whether the file states the first part of the rate at `path`. */
bool tess_target_has_parts(const target_reader_t *reader, const char *path);

/* The parts that would do for a row that is missing, or NULL. */
const char *tess_target_parts_of(const char *path);

/* Notes a mistake and goes on, or gives it back if reading ends there. */
TESS_MUST_USE tess_status_t tess_target_note(target_reader_t *reader,
                                             tess_status_t mistake);

/* "unknown key 'x' in PLACE; did you mean 'y'?" at the value. */
TESS_MUST_USE tess_status_t tess_target_unknown_key(
    const target_reader_t *reader, const tess_json_t *json, const char *key,
    const char *place, const char *const *names, size_t count);

#endif
