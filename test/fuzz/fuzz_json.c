/* Any bytes through the JSON reader: a value whose places lie inside the input,
 * or an error that says where. */
#include "fuzz.h"
#include "tessera/base/json.h"
#include <string.h>

static void check_places(const tess_json_t *value, int lines, int depth) {
  FUZZ_CHECK(value->line >= 1 && value->line <= lines);
  FUZZ_CHECK(value->column >= 1);
  FUZZ_CHECK(depth <= 64);
  if (value->kind != TESS_JSON_ARRAY && value->kind != TESS_JSON_OBJECT)
    return;
  for (size_t i = 0; i < value->count; i++)
    check_places(&value->items[i], lines, depth + 1);
  if (value->kind != TESS_JSON_OBJECT)
    return;
  for (size_t i = 0; i < value->count; i++)
    FUZZ_CHECK(tess_json_member(value, value->keys[i]) == &value->items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  int lines = 1;
  for (size_t i = 0; i < length; i++)
    lines += bytes[i] == '\n';
  /* An exact copy, so that a sanitizer sees a read beyond the end. */
  char *copy = malloc(length ? length : 1);
  if (length)
    memcpy(copy, bytes, length);
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_json_t *value = NULL;
  tess_status_t status =
      tess_json_parse(&arena, "input.json", copy, length, &value);
  if (status)
    FUZZ_CHECK(!strncmp(tess_status_text(status), "input.json:", 11));
  else
    check_places(value, lines, 0);
  tess_status_free(status);
  tess_arena_free(&arena);
  free(copy);
  return 0;
}
