/* JSON strings: escapes, surrogate pairs, UTF-8. */
#include "json_reader.h"
#include "tessera/base/text.h"
#include "utf8.h"
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int tess_json_column(const json_reader_t *reader) {
  ptrdiff_t column = reader->at - reader->line_start + 1;
  return column < INT_MAX ? (int)column : INT_MAX;
}

tess_status_t tess_json_error(const json_reader_t *reader, const char *format,
                              ...) {
  char message[256];
  va_list list;
  va_start(list, format);
  vsnprintf(message, sizeof(message), format, list);
  va_end(list);
  return tess_error_at(TESS_INVALID, reader->file, reader->line,
                       tess_json_column(reader), "%s", message);
}

/* The four hexadecimal digits at `digits`, or -1. */
static int32_t hex4(const json_reader_t *reader, const char *digits) {
  static const char set[] = "0123456789abcdef";
  if (reader->end - digits < 4)
    return -1;
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    char c = digits[i];
    if (c >= 'A' && c <= 'F')
      c = (char)(c + ('a' - 'A'));
    const char *found = c ? strchr(set, c) : NULL;
    if (!found)
      return -1;
    value = value * 16 + (int32_t)(found - set);
  }
  return value;
}

/* \uXXXX or a surrogate pair of them; `at` is on the backslash. */
static tess_status_t read_unicode(json_reader_t *reader, tess_text_t *text) {
  int32_t code = hex4(reader, reader->at + 2);
  if (code < 0)
    return tess_json_error(reader, "\\u needs four hexadecimal digits");
  if (code == 0)
    return tess_json_error(reader, "a string cannot hold U+0000");
  size_t used = 6;
  if (code >= 0xD800 && code <= 0xDBFF && reader->end - reader->at >= 12 &&
      reader->at[6] == '\\' && reader->at[7] == 'u') {
    int32_t low = hex4(reader, reader->at + 8);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      used = 12;
    }
  }
  if (code >= 0xD800 && code <= 0xDFFF)
    return tess_json_error(reader, "a surrogate without its partner");
  char bytes[4];
  tess_text_add_n(text, bytes, tess_utf8_put(bytes, (uint32_t)code));
  reader->at += used;
  return TESS_SUCCESS;
}

static tess_status_t read_escape(json_reader_t *reader, tess_text_t *text) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  char kind = reader->end - reader->at > 1 ? reader->at[1] : '\0';
  if (kind == 'u')
    return read_unicode(reader, text);
  const char *found = kind ? strchr(from, kind) : NULL;
  if (!found)
    return tess_json_error(reader, "unknown escape in a string");
  tess_text_add_n(text, &to[found - from], 1);
  reader->at += 2;
  return TESS_SUCCESS;
}

/* Where the printable ASCII from `at` on ends: at a quote, an escape, another
 * byte or the input's end. */
static const char *end_of_plain(const json_reader_t *reader) {
  const char *at = reader->at;
  while (at < reader->end && (unsigned char)*at >= 0x20 &&
         (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
    at++;
  return at;
}

static tess_status_t read_content(json_reader_t *reader, tess_text_t *text) {
  for (;;) {
    const char *plain = end_of_plain(reader);
    tess_text_add_n(text, reader->at, (size_t)(plain - reader->at));
    reader->at = plain;
    if (reader->at >= reader->end)
      return tess_json_error(reader, "unexpected end of input in a string");
    if (*reader->at == '"')
      return TESS_SUCCESS;
    if (*reader->at == '\\') {
      TESS_TRY(read_escape(reader, text));
      continue;
    }
    if ((unsigned char)*reader->at < 0x20)
      return tess_json_error(reader, "control character in a string");
    size_t length =
        tess_utf8_length(reader->at, (size_t)(reader->end - reader->at));
    if (length == 0)
      return tess_json_error(reader, "invalid UTF-8");
    tess_text_add_n(text, reader->at, length);
    reader->at += length;
  }
}

tess_status_t tess_json_read_string(json_reader_t *reader,
                                    const char **string) {
  tess_text_t text = TESS_TEXT_INIT;
  reader->at++;
  const char *plain = end_of_plain(reader);
  if (plain < reader->end && *plain == '"') {
    *string = tess_arena_string_n(reader->arena, reader->at,
                                  (size_t)(plain - reader->at));
    reader->at = plain + 1;
    return TESS_SUCCESS;
  }
  tess_status_t status = read_content(reader, &text);
  if (!status) {
    reader->at++;
    *string =
        tess_arena_string_n(reader->arena, tess_text_get(&text), text.length);
  }
  tess_text_free(&text);
  return status;
}
