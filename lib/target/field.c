/* One number or flag of a target file: value, unit, source, mark. */
#include "parse.h"
#include "tessera/base/text.h"
#include <math.h>
#include <string.h>

static const char *const marks[] = {"s", "s2", "c", "r", "m"};
enum { mark_count = sizeof(marks) / sizeof(*marks) };

#define FAIL(reader, json, ...)                                                \
  tess_error_at(TESS_INVALID, (reader)->file, (json)->line, (json)->column,    \
                __VA_ARGS__)

tess_status_t tess_target_unknown_key(const target_reader_t *reader,
                                      const tess_json_t *json, const char *key,
                                      const char *place,
                                      const char *const *names, size_t count) {
  const char *near = tess_nearest(key, names, count);
  if (near)
    return FAIL(reader, json, "unknown key '%s' in %s; did you mean '%s'?", key,
                place, near);
  tess_text_t known = TESS_TEXT_INIT;
  for (size_t i = 0; i < count; i++)
    tess_text_add(&known, "%s%s", i ? ", " : "", names[i]);
  tess_status_t status = FAIL(reader, json, "unknown key '%s' in %s; known: %s",
                              key, place, tess_text_get(&known));
  tess_text_free(&known);
  return status;
}

static tess_status_t check_keys(const target_reader_t *reader, const char *path,
                                bool flag, const tess_json_t *json) {
  static const char *const keys[] = {"value", "source", "mark", "unit"};
  const size_t count = flag ? 3 : 4;
  if (json->kind != TESS_JSON_OBJECT)
    return FAIL(reader, json,
                "'%s' must be an object with value, %ssource and mark", path,
                flag ? "" : "unit, ");
  for (size_t i = 0; i < json->count; i++) {
    size_t known = 0;
    while (known < count && strcmp(json->keys[i], keys[known]))
      known++;
    if (known == count)
      return tess_target_unknown_key(
          reader, &json->items[i], json->keys[i],
          tess_arena_format(reader->arena, "'%s'", path), keys, count);
  }
  for (size_t i = 0; i < count; i++)
    if (!tess_json_member(json, keys[i]))
      return FAIL(reader, json, "'%s' has no '%s'", path, keys[i]);
  return TESS_SUCCESS;
}

/* A member that is a string with something in it. */
static tess_status_t read_text(const target_reader_t *reader, const char *path,
                               const tess_json_t *json, const char *key,
                               const char **text) {
  const tess_json_t *member = tess_json_member(json, key);
  if (member->kind != TESS_JSON_STRING)
    return FAIL(reader, member, "'%s' of '%s' must be a string", key, path);
  if (!member->string[strspn(member->string, " \t\n")])
    return FAIL(reader, member, "'%s' of '%s' is empty", key, path);
  *text = member->string;
  return TESS_SUCCESS;
}

static tess_status_t check_mark(const target_reader_t *reader, const char *path,
                                const tess_json_t *json, const char *mark) {
  for (size_t i = 0; i < mark_count; i++)
    if (!strcmp(mark, marks[i]))
      return TESS_SUCCESS;
  return FAIL(reader, tess_json_member(json, "mark"),
              "mark '%s' of '%s' is not one of s (read in its source), s2 "
              "(read in notes on it), c (computed), r (recalled), m (measured)",
              mark, path);
}

static tess_status_t wrong_unit(const target_reader_t *reader,
                                const tess_schema_row_t *row,
                                const tess_json_t *json, const char *unit) {
  tess_text_t known = TESS_TEXT_INIT;
  const char *name;
  for (size_t i = 0; (name = tess_unit_name(row->dimension, i)); i++)
    tess_text_add(&known, "%s'%s'", i ? ", " : "", name);
  tess_status_t status = FAIL(reader, tess_json_member(json, "unit"),
                              "unit '%s' of '%s' is not one of %s", unit,
                              row->path, tess_text_get(&known));
  tess_text_free(&known);
  return status;
}

void tess_target_store(target_reader_t *reader, size_t index, double number) {
  const tess_schema_row_t *row = &tess_schema_rows[index];
  int64_t whole = (int64_t)number;
  reader->values[index] = number;
  if (row->offset == TESS_NO_FIELD)
    return;
  char *field = (char *)reader->target + row->offset;
  if (row->kind == TESS_FIELD_WHOLE)
    memcpy(field, &whole, sizeof(whole));
  else
    memcpy(field, &number, sizeof(number));
}

static tess_status_t store_number(target_reader_t *reader,
                                  const tess_schema_row_t *row,
                                  const tess_json_t *value, const char *unit,
                                  double scale) {
  double number = value->number * scale;
  const char *space = strcmp(unit, "1") ? " " : "";
  const char *shown = *space ? unit : "";
  if (!(number >= row->least && number <= row->most))
    return FAIL(reader, value, "'%s' is %.15g%s%s; it must be %g to %g%s%s",
                row->path, value->number, space, shown, row->least / scale,
                row->most / scale, space, shown);
  /* Whole rows end far below 2^53, where a double is exact. */
  if (row->kind == TESS_FIELD_WHOLE && number != floor(number))
    return FAIL(reader, value,
                "'%s' is %.15g %s; it must be a whole number of %s", row->path,
                value->number, unit, tess_unit_name(row->dimension, 0));
  tess_target_store(reader, (size_t)(row - tess_schema_rows), number);
  return TESS_SUCCESS;
}

static tess_status_t read_number(target_reader_t *reader,
                                 const tess_schema_row_t *row,
                                 const tess_json_t *json,
                                 tess_target_fact_t *fact) {
  const tess_json_t *value = tess_json_member(json, "value");
  if (value->kind != TESS_JSON_NUMBER)
    return FAIL(reader, value, "the value of '%s' must be a number", row->path);
  TESS_TRY(read_text(reader, row->path, json, "unit", &fact->unit));
  double scale = tess_unit_scale(row->dimension, fact->unit);
  if (scale == 0)
    return wrong_unit(reader, row, json, fact->unit);
  if (reader->wants_facts)
    fact->value = tess_arena_format(reader->arena, "%.15g", value->number);
  return store_number(reader, row, value, fact->unit, scale);
}

static tess_status_t read_flag(target_reader_t *reader,
                               const tess_schema_row_t *row,
                               const tess_json_t *json,
                               tess_target_fact_t *fact) {
  const tess_json_t *value = tess_json_member(json, "value");
  if (value->kind != TESS_JSON_BOOL)
    return FAIL(reader, value, "the value of '%s' must be true or false",
                row->path);
  memcpy((char *)reader->target + row->offset, &value->boolean,
         sizeof(value->boolean));
  fact->value = value->boolean ? "true" : "false";
  fact->unit = "";
  return TESS_SUCCESS;
}

static tess_status_t read_flow(target_reader_t *reader,
                               const tess_schema_row_t *row,
                               const tess_json_t *json,
                               tess_target_fact_t *fact) {
  static const char *const names[] = {"", "ws", "os", "is"};
  const tess_json_t *value = tess_json_member(json, "value");
  fact->unit = "";
  for (int i = TESS_DATAFLOW_WEIGHT; i <= TESS_DATAFLOW_INPUT; i++)
    if (value->kind == TESS_JSON_STRING && !strcmp(value->string, names[i])) {
      const tess_dataflow_t flow = (tess_dataflow_t)i;
      memcpy((char *)reader->target + row->offset, &flow, sizeof(flow));
      fact->value = names[i];
      return TESS_SUCCESS;
    }
  return FAIL(reader, value,
              "the value of '%s' must be \"ws\", \"os\" or \"is\"", row->path);
}

static tess_status_t read_value(target_reader_t *reader,
                                const tess_schema_row_t *row,
                                const tess_json_t *json,
                                tess_target_fact_t *fact) {
  if (row->kind == TESS_FIELD_FLAG)
    return read_flag(reader, row, json, fact);
  if (row->kind == TESS_FIELD_FLOW)
    return read_flow(reader, row, json, fact);
  return read_number(reader, row, json, fact);
}

static bool is_unpublished(const tess_json_t *json) {
  const tess_json_t *value = tess_json_member(json, "value");
  return value && value->kind == TESS_JSON_NULL;
}

/* Beside null only a source may stand: where was looked. */
static tess_status_t check_unpublished(const target_reader_t *reader,
                                       const tess_schema_row_t *row,
                                       const tess_json_t *json) {
  static const char *const keys[] = {"value", "source"};
  if (row->required)
    return FAIL(reader, tess_json_member(json, "value"),
                "the value of '%s' must be %s: it is needed, so null (not "
                "published) will not do",
                row->path,
                tess_schema_is_plain(row) ? "true or false" : "a number");
  for (size_t i = 0; i < json->count; i++) {
    const char *key = json->keys[i];
    if (!strcmp(key, "unit") || !strcmp(key, "mark"))
      return FAIL(reader, &json->items[i],
                  "'%s' of '%s' must be left out: its value is null, not "
                  "published",
                  key, row->path);
    if (strcmp(key, keys[0]) && strcmp(key, keys[1]))
      return tess_target_unknown_key(
          reader, &json->items[i], key,
          tess_arena_format(reader->arena, "'%s'", row->path), keys, 2);
  }
  if (!tess_json_member(json, "source"))
    return FAIL(reader, json, "'%s' has no 'source'", row->path);
  return TESS_SUCCESS;
}

/* A number that nobody publishes: for the data sheet alone. */
static tess_status_t read_unpublished(target_reader_t *reader,
                                      const tess_schema_row_t *row,
                                      const tess_json_t *json,
                                      tess_target_fact_t *fact) {
  TESS_TRY(check_unpublished(reader, row, json));
  TESS_TRY(read_text(reader, row->path, json, "source", &fact->source));
  fact->path = row->path;
  fact->value = "not published";
  fact->unit = "";
  fact->mark = TESS_MARK_UNPUBLISHED;
  return TESS_SUCCESS;
}

tess_status_t tess_target_read_field(target_reader_t *reader, size_t index,
                                     const tess_json_t *json) {
  const tess_schema_row_t *row = &tess_schema_rows[index];
  tess_target_fact_t *fact = &reader->facts[index];
  if (is_unpublished(json))
    return read_unpublished(reader, row, json, fact);
  reader->found[index] = json;
  TESS_TRY(check_keys(reader, row->path, tess_schema_is_plain(row), json));
  TESS_TRY(read_text(reader, row->path, json, "source", &fact->source));
  TESS_TRY(read_text(reader, row->path, json, "mark", &fact->mark));
  TESS_TRY(check_mark(reader, row->path, json, fact->mark));
  fact->path = row->path;
  return read_value(reader, row, json, fact);
}
