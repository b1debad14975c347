/* A target file: JSON checked against the schema, into a tess_target_t. */
#include "parse.h"
#include "tessera/base/text.h"
#include <string.h>

/* Keys at the top that hold plain text. */
static const char *const headings[] = {"schema", "name", "title", "class"};
enum { heading_count = sizeof(headings) / sizeof(*headings) };

static const char *const class_names[] = {[TESS_CLASS_MXU] = "mxu",
                                          [TESS_CLASS_TENSORCORE] =
                                              "tensorcore",
                                          [TESS_CLASS_CPU] = "cpu"};
enum { class_count = sizeof(class_names) / sizeof(*class_names) };

#define FAIL(reader, json, ...)                                                \
  tess_error_at(TESS_INVALID, (reader)->file, (json)->line, (json)->column,    \
                __VA_ARGS__)

const char *tess_vector_op_name(tess_vector_op_t op) {
  static const char *const names[] = {
#define X(id, name, meaning) name,
      TESS_VECTOR_OPS(X)
#undef X
  };
  return op < TESS_VECTOR_OP_COUNT ? names[op] : "unknown";
}

static bool is_heading(const char *key) {
  for (size_t i = 0; i < heading_count; i++)
    if (!strcmp(key, headings[i]))
      return true;
  return false;
}

/* Adds the keys that may stand directly below `group` ("" for the top). */
static size_t known_keys(tess_arena_t *arena, const char *group,
                         const char **names) {
  size_t count = 0, skip = strlen(group) + (*group != '\0');
  for (size_t i = 0; !*group && i < heading_count; i++)
    names[count++] = headings[i];
  for (size_t i = 0; i < tess_schema_count; i++) {
    const char *path = tess_schema_rows[i].path;
    if (*group && (strncmp(path, group, skip - 1) || path[skip - 1] != '.'))
      continue;
    size_t length = strcspn(path + skip, ".");
    const char *name = tess_arena_string_n(arena, path + skip, length);
    if (!count || strcmp(names[count - 1], name))
      names[count++] = name;
  }
  return count;
}

static tess_status_t unknown_key(const target_reader_t *reader,
                                 const char *group, const char *key,
                                 const tess_json_t *json) {
  const char **names = tess_arena_array(
      reader->arena, tess_schema_count + heading_count, sizeof(*names));
  size_t count = known_keys(reader->arena, group, names);
  const char *place =
      *group ? tess_arena_format(reader->arena, "'%s'", group) : "the file";
  return tess_target_unknown_key(reader, json, key, place, names, count);
}

/* "group.key" */
static const char *join(tess_arena_t *arena, const char *group,
                        const char *key) {
  if (!*group)
    return key;
  size_t length = strlen(group), more = strlen(key) + 1;
  char *path = tess_arena_alloc(arena, length + 1 + more);
  memcpy(path, group, length);
  path[length] = '.';
  memcpy(path + length + 1, key, more);
  return path;
}

tess_status_t tess_target_note(target_reader_t *reader, tess_status_t mistake) {
  if (!mistake || !reader->mistakes)
    return mistake;
  tess_text_add(reader->mistakes, "%s\n", tess_status_text(mistake));
  reader->mistake_count++;
  tess_status_free(mistake);
  return TESS_SUCCESS;
}

static tess_status_t read_group(target_reader_t *reader, const char *group,
                                const tess_json_t *object);

static tess_status_t read_member(target_reader_t *reader, const char *group,
                                 const char *key, const tess_json_t *json) {
  const char *path = join(reader->arena, group, key);
  size_t row = tess_schema_find(path);
  if (row != SIZE_MAX)
    return tess_target_read_field(reader, row, json);
  if (strchr(key, '.') || !tess_schema_is_group(path))
    return unknown_key(reader, group, key, json);
  if (json->kind != TESS_JSON_OBJECT)
    return FAIL(reader, json, "'%s' must be an object", path);
  return read_group(reader, path, json);
}

static tess_status_t read_group(target_reader_t *reader, const char *group,
                                const tess_json_t *object) {
  for (size_t i = 0; i < object->count; i++)
    if (*group || !is_heading(object->keys[i]))
      TESS_TRY(
          tess_target_note(reader, read_member(reader, group, object->keys[i],
                                               &object->items[i])));
  return TESS_SUCCESS;
}

/* The deepest object of the file on the way to `path`, which is not there;
 * *rest is what is missing below it. */
static const tess_json_t *deepest(const target_reader_t *reader,
                                  const char *path, const char **rest) {
  const tess_json_t *at = reader->root;
  for (;;) {
    size_t length = strcspn(path, ".");
    const char *key = tess_arena_string_n(reader->arena, path, length);
    const tess_json_t *next = tess_json_member(at, key);
    *rest = path;
    if (!next || !path[length])
      return at;
    at = next;
    path += length + 1;
  }
}

static tess_status_t missing(const target_reader_t *reader, const char *path) {
  const char *rest, *parts = tess_target_parts_of(path);
  const tess_json_t *parent = deepest(reader, path, &rest);
  return FAIL(reader, parent, "missing '%s' (for '%s'%s%s)", rest, path,
              parts ? "; or its parts: " : "", parts ? parts : "");
}

static tess_status_t check_required(target_reader_t *reader) {
  bool matrix_rate = false;
  for (size_t i = 0; i < tess_schema_count; i++) {
    const tess_schema_row_t *row = &tess_schema_rows[i];
    if (reader->found[i])
      matrix_rate |= !strncmp(row->path, "matrix.macs_per_", 16);
    else if (row->required && !tess_target_has_parts(reader, row->path))
      TESS_TRY(tess_target_note(reader, missing(reader, row->path)));
  }
  if (!matrix_rate)
    TESS_TRY(tess_target_note(
        reader, FAIL(reader, reader->root,
                     "'matrix.macs_per_s' needs the rate of at least one type, "
                     "or 'matrix.macs_per_clock'")));
  return TESS_SUCCESS;
}

static tess_status_t heading(const target_reader_t *reader, const char *key,
                             const tess_json_t **json) {
  *json = tess_json_member(reader->root, key);
  if (!*json)
    return FAIL(reader, reader->root, "missing '%s'", key);
  if ((*json)->kind != TESS_JSON_STRING || !*(*json)->string)
    return FAIL(reader, *json, "'%s' must be a string", key);
  return TESS_SUCCESS;
}

static tess_status_t read_schema(const target_reader_t *reader) {
  const tess_json_t *json;
  TESS_TRY(heading(reader, "schema", &json));
  if (!strcmp(json->string, TESS_TARGET_SCHEMA))
    return TESS_SUCCESS;
  return FAIL(reader, json, "schema '%s' is not known; this version reads %s",
              json->string, TESS_TARGET_SCHEMA);
}

static tess_status_t read_class(target_reader_t *reader) {
  const tess_json_t *json;
  TESS_TRY(heading(reader, "class", &json));
  for (size_t i = 0; i < class_count; i++)
    if (!strcmp(json->string, class_names[i])) {
      reader->target->target_class = (tess_target_class_t)i;
      return TESS_SUCCESS;
    }
  return FAIL(reader, json, "class '%s' is not one of mxu, tensorcore, cpu",
              json->string);
}

static tess_status_t read_name(target_reader_t *reader) {
  const tess_json_t *json;
  TESS_TRY(heading(reader, "name", &json));
  /* Names become parts of file names and of pass options. */
  if (json->string[strspn(json->string, "abcdefghijklmnopqrstuvwxyz0123456789-"
                                        "_")])
    return FAIL(reader, json, "name '%s' may hold only a-z, 0-9, '-' and '_'",
                json->string);
  reader->target->name = json->string;
  return TESS_SUCCESS;
}

static tess_status_t read_title(target_reader_t *reader) {
  const tess_json_t *json;
  TESS_TRY(heading(reader, "title", &json));
  reader->target->title = json->string;
  return TESS_SUCCESS;
}

static tess_status_t read_headings(target_reader_t *reader) {
  TESS_TRY(tess_target_note(reader, read_schema(reader)));
  TESS_TRY(tess_target_note(reader, read_name(reader)));
  TESS_TRY(tess_target_note(reader, read_title(reader)));
  return tess_target_note(reader, read_class(reader));
}

/* Moves the facts that the file has together, in the schema's order; those that
 * nobody publishes are facts, though nothing was found. */
static size_t pack_facts(const target_reader_t *reader) {
  size_t count = 0;
  for (size_t i = 0; i < tess_schema_count; i++)
    if (reader->found[i] || reader->facts[i].path)
      reader->facts[count++] = reader->facts[i];
  return count;
}

/* Everything of the file, with its arrays in the reader's arena. */
static tess_status_t read_file(target_reader_t *reader, const char *bytes,
                               size_t length) {
  tess_arena_t *arena = reader->arena;
  TESS_TRY(tess_json_parse(arena, reader->file, bytes, length, &reader->root));
  if (reader->root->kind != TESS_JSON_OBJECT)
    return FAIL(reader, reader->root, "a target file must be a JSON object");
  reader->target = tess_arena_alloc(arena, sizeof(*reader->target));
  reader->found =
      tess_arena_array(arena, tess_schema_count, sizeof(*reader->found));
  reader->facts =
      tess_arena_array(arena, tess_schema_count, sizeof(*reader->facts));
  reader->values =
      tess_arena_array(arena, tess_schema_count, sizeof(*reader->values));
  TESS_TRY(read_headings(reader));
  TESS_TRY(read_group(reader, "", reader->root));
  /* Numbers that are wrong themselves contradict others for no reason. */
  if (!reader->mistake_count)
    TESS_TRY(tess_target_derive(reader));
  return check_required(reader);
}

tess_status_t tess_target_parse(tess_arena_t *arena, const char *file,
                                const char *bytes, size_t length,
                                const tess_target_t **target,
                                const tess_target_fact_t **facts,
                                size_t *fact_count) {
  target_reader_t reader = {
      .arena = arena, .file = file, .wants_facts = facts != NULL};
  TESS_TRY(read_file(&reader, bytes, length));
  size_t count = pack_facts(&reader);
  *target = reader.target;
  if (facts)
    *facts = reader.facts;
  if (fact_count)
    *fact_count = count;
  return TESS_SUCCESS;
}

size_t tess_target_mistakes(const char *file, const char *bytes, size_t length,
                            tess_text_t *lines) {
  tess_arena_t arena = TESS_ARENA_INIT;
  target_reader_t reader = {.arena = &arena, .file = file, .mistakes = lines};
  /* What comes back is what kept the rest from being read. */
  tess_status_t last = read_file(&reader, bytes, length);
  tess_status_free(tess_target_note(&reader, last));
  tess_arena_free(&arena);
  return reader.mistake_count;
}
