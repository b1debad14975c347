/* JSON reading with places: every value knows its line and column.
 * Anybody may include it. Writing is tess_text_add_json (base/text.h). */
#ifndef TESSERA_BASE_JSON_H
#define TESSERA_BASE_JSON_H

#include "tessera/base/arena.h"
#include "tessera/base/status.h"
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tess_json_kind {
  TESS_JSON_NULL,
  TESS_JSON_BOOL,
  TESS_JSON_NUMBER,
  TESS_JSON_STRING,
  TESS_JSON_ARRAY,
  TESS_JSON_OBJECT,
} tess_json_kind_t;

typedef struct tess_json {
  tess_json_kind_t kind;
  int line, column; /* of the value's first character, from 1 */
  bool boolean;
  double number;
  const char *string;
  size_t count;                  /* elements or members */
  const struct tess_json *items; /* values of an array or object */
  const char *const *keys;       /* an object's keys, in file order */
} tess_json_t;

/* Parses `length` bytes into the arena. `file` names the input in errors.
 * Refused, with the place: anything after the value, duplicate keys, nesting
 * beyond 64, numbers outside double, invalid UTF-8. */
TESS_MUST_USE tess_status_t tess_json_parse(tess_arena_t *arena,
                                            const char *file, const char *bytes,
                                            size_t length,
                                            const tess_json_t **value);

/* The member `key` of an object, or NULL. */
const tess_json_t *tess_json_member(const tess_json_t *object, const char *key);

#ifdef __cplusplus
}
#endif

#endif
