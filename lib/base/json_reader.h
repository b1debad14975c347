/* The JSON reader's state, shared by json.c and json_string.c only. */
#ifndef TESSERA_LIB_BASE_JSON_READER_H
#define TESSERA_LIB_BASE_JSON_READER_H

#include "tessera/base/arena.h"
#include "tessera/base/json.h"

typedef struct json_member {
  const char *key; /* NULL in an array */
  int key_line, key_column;
  tess_json_t value;
} json_member_t;

typedef struct json_reader {
  tess_arena_t *arena;
  const char *file;
  const char *at, *end;
  const char *line_start; /* first byte of the line that `at` is on */
  int line;
  int depth;            /* containers that are open */
  json_member_t *stack; /* members of the open containers; malloc'd */
  size_t stack_count, capacity;
} json_reader_t;

/* The column of the next byte, from 1. */
int tess_json_column(const json_reader_t *reader);

/* An error at the next byte. */
TESS_MUST_USE tess_status_t tess_json_error(const json_reader_t *reader,
                                            const char *format, ...)
    TESS_PRINTF(2, 3);

/* Reads the string whose opening quote is next, into the arena. */
TESS_MUST_USE tess_status_t tess_json_read_string(json_reader_t *reader,
                                                  const char **string);

#endif
