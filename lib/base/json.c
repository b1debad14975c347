/* JSON (RFC 8259) with places: the values; strings are in json_string.c. */
#include "tessera/base/json.h"
#include "json_reader.h"
#include "tessera/base/text.h"
#include <stdlib.h>
#include <string.h>

enum { greatest_depth = 64, longest_number = 400, few_members = 16 };

static tess_status_t read_value(json_reader_t *reader, tess_json_t *value);

static void skip_space(json_reader_t *reader) {
  for (; reader->at < reader->end; reader->at++) {
    if (*reader->at == '\n') {
      reader->line++;
      reader->line_start = reader->at + 1;
    } else if (*reader->at != ' ' && *reader->at != '\t' &&
               *reader->at != '\r') {
      return;
    }
  }
}

/* The next character after white space, 0 at the end. */
static char peek(json_reader_t *reader) {
  skip_space(reader);
  return reader->at < reader->end ? *reader->at : '\0';
}

static tess_status_t unexpected(json_reader_t *reader, const char *expected) {
  if (reader->at >= reader->end)
    return tess_json_error(reader, "unexpected end of input, expected %s",
                           expected);
  unsigned char found = (unsigned char)*reader->at;
  if (found > 0x20 && found < 0x7F)
    return tess_json_error(reader, "expected %s, found '%c'", expected, found);
  return tess_json_error(reader, "expected %s, found byte 0x%02x", expected,
                         found);
}

static size_t skip_digits(json_reader_t *reader) {
  const char *start = reader->at;
  while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
    reader->at++;
  return (size_t)(reader->at - start);
}

static bool skip_one_of(json_reader_t *reader, const char *set) {
  if (reader->at >= reader->end || !*reader->at || !strchr(set, *reader->at))
    return false;
  reader->at++;
  return true;
}

static tess_status_t read_number(json_reader_t *reader, tess_json_t *value) {
  const char *start = reader->at;
  skip_one_of(reader, "-");
  if (!skip_one_of(reader, "0") && !skip_digits(reader))
    return unexpected(reader, "a value");
  if (skip_one_of(reader, ".") && !skip_digits(reader))
    return unexpected(reader, "a digit");
  if (skip_one_of(reader, "eE")) {
    skip_one_of(reader, "+-");
    if (!skip_digits(reader))
      return unexpected(reader, "a digit");
  }
  char copy[longest_number + 1];
  size_t length = (size_t)(reader->at - start);
  const char *after = reader->at;
  reader->at = start;
  if (length > longest_number)
    return tess_json_error(reader, "number of more than %d characters",
                           longest_number);
  memcpy(copy, start, length);
  copy[length] = '\0';
  value->kind = TESS_JSON_NUMBER;
  if (!tess_parse_f64(copy, &value->number))
    return tess_json_error(reader, "number does not fit 64-bit floating point");
  reader->at = after;
  return TESS_SUCCESS;
}

static tess_status_t read_word(json_reader_t *reader, tess_json_t *value) {
  static const struct {
    const char *word;
    tess_json_kind_t kind;
    bool boolean;
  } words[] = {{"true", TESS_JSON_BOOL, true},
               {"false", TESS_JSON_BOOL, false},
               {"null", TESS_JSON_NULL, false}};
  for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
    size_t length = strlen(words[i].word);
    if ((size_t)(reader->end - reader->at) < length ||
        memcmp(reader->at, words[i].word, length))
      continue;
    value->kind = words[i].kind;
    value->boolean = words[i].boolean;
    reader->at += length;
    return TESS_SUCCESS;
  }
  return unexpected(reader, "a value");
}

/* A member of the container that is being read, on the reader's stack. */
static json_member_t *push(json_reader_t *reader) {
  reader->stack = tess_grow(reader->stack, reader->stack_count + 1,
                            &reader->capacity, sizeof(*reader->stack));
  json_member_t *member = &reader->stack[reader->stack_count++];
  *member = (json_member_t){0};
  return member;
}

static tess_status_t read_member(json_reader_t *reader, bool object) {
  size_t index = reader->stack_count;
  push(reader);
  if (object) {
    if (peek(reader) != '"')
      return unexpected(reader, "a key in double quotes");
    reader->stack[index].key_line = reader->line;
    reader->stack[index].key_column = tess_json_column(reader);
    const char *key;
    TESS_TRY(tess_json_read_string(reader, &key));
    reader->stack[index].key = key;
    if (peek(reader) != ':')
      return unexpected(reader, "':'");
    reader->at++;
  }
  /* The stack may move while the value is read. */
  tess_json_t value;
  TESS_TRY(read_value(reader, &value));
  reader->stack[index].value = value;
  return TESS_SUCCESS;
}

static int by_key_then_place(const void *a, const void *b) {
  const json_member_t *left = a, *right = b;
  int order = strcmp(left->key, right->key);
  if (!order)
    order =
        (left->key_line > right->key_line) - (left->key_line < right->key_line);
  if (!order)
    order = (left->key_column > right->key_column) -
            (left->key_column < right->key_column);
  return order;
}

/* Whether two keys are equal, looked at pair by pair. */
static bool has_duplicates(const json_member_t *members, size_t count) {
  for (size_t i = 1; i < count; i++)
    for (size_t j = 0; j < i; j++)
      if (!strcmp(members[i].key, members[j].key))
        return true;
  return false;
}

static tess_status_t check_duplicates(json_reader_t *reader,
                                      const json_member_t *members,
                                      size_t count) {
  if (count <= few_members && !has_duplicates(members, count))
    return TESS_SUCCESS;
  size_t bytes = count * sizeof(*members);
  json_member_t *sorted = memcpy(tess_alloc(bytes), members, bytes);
  qsort(sorted, count, sizeof(*sorted), by_key_then_place);
  tess_status_t status = TESS_SUCCESS;
  for (size_t i = 1; i < count && !status; i++)
    if (!strcmp(sorted[i - 1].key, sorted[i].key))
      status = tess_error_at(TESS_INVALID, reader->file, sorted[i].key_line,
                             sorted[i].key_column,
                             "duplicate key '%s', first on line %d",
                             sorted[i].key, sorted[i - 1].key_line);
  free(sorted);
  return status;
}

/* Moves the members from the stack into the arena. */
static void take_members(json_reader_t *reader, size_t first,
                         tess_json_t *value) {
  size_t count = reader->stack_count - first;
  tess_json_t *items = tess_arena_array(reader->arena, count, sizeof(*items));
  const char **keys = NULL;
  if (value->kind == TESS_JSON_OBJECT)
    keys = tess_arena_array(reader->arena, count, sizeof(*keys));
  for (size_t i = 0; i < count; i++) {
    items[i] = reader->stack[first + i].value;
    if (keys)
      keys[i] = reader->stack[first + i].key;
  }
  value->count = count;
  value->items = items;
  value->keys = keys;
  reader->stack_count = first;
}

static tess_status_t read_container(json_reader_t *reader, tess_json_t *value) {
  const bool object = *reader->at == '{';
  const char close = object ? '}' : ']';
  const size_t first = reader->stack_count;
  if (reader->depth == greatest_depth)
    return tess_json_error(reader, "nested more than %d deep", greatest_depth);
  reader->depth++;
  reader->at++;
  value->kind = object ? TESS_JSON_OBJECT : TESS_JSON_ARRAY;
  if (peek(reader) != close) {
    TESS_TRY(read_member(reader, object));
    while (peek(reader) == ',') {
      reader->at++;
      TESS_TRY(read_member(reader, object));
    }
    if (peek(reader) != close)
      return unexpected(reader, object ? "',' or '}'" : "',' or ']'");
  }
  reader->at++;
  reader->depth--;
  if (object)
    TESS_TRY(check_duplicates(reader, reader->stack + first,
                              reader->stack_count - first));
  take_members(reader, first, value);
  return TESS_SUCCESS;
}

static tess_status_t read_value(json_reader_t *reader, tess_json_t *value) {
  char first = peek(reader);
  *value =
      (tess_json_t){.line = reader->line, .column = tess_json_column(reader)};
  if (first == '{' || first == '[')
    return read_container(reader, value);
  if (first == '"') {
    value->kind = TESS_JSON_STRING;
    return tess_json_read_string(reader, &value->string);
  }
  if (first == '-' || (first >= '0' && first <= '9'))
    return read_number(reader, value);
  return read_word(reader, value);
}

tess_status_t tess_json_parse(tess_arena_t *arena, const char *file,
                              const char *bytes, size_t length,
                              const tess_json_t **value) {
  json_reader_t reader = {.arena = arena,
                          .file = file,
                          .at = bytes,
                          .end = bytes + length,
                          .line_start = bytes,
                          .line = 1};
  tess_json_t *root = tess_arena_alloc(arena, sizeof(*root));
  tess_status_t status = read_value(&reader, root);
  if (!status) {
    skip_space(&reader);
    if (reader.at < reader.end)
      status = unexpected(&reader, "the end of the input");
  }
  free(reader.stack);
  if (!status)
    *value = root;
  return status;
}

const tess_json_t *tess_json_member(const tess_json_t *object,
                                    const char *key) {
  if (object->kind != TESS_JSON_OBJECT)
    return NULL;
  for (size_t i = 0; i < object->count; i++)
    if (!strcmp(object->keys[i], key))
      return &object->items[i];
  return NULL;
}
