/* Growing text and its escapes for JSON, HTML and CSV. */
#include "tessera/base/text.h"
#include "tessera/base/arena.h"
#include "utf8.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char *reserve(tess_text_t *text, size_t more) {
  text->data =
      tess_grow(text->data, text->length + more + 1, &text->capacity, 1);
  return text->data + text->length;
}

/* Formats into the room there is; only what does not fit is done twice. */
void tess_text_add(tess_text_t *text, const char *format, ...) {
  va_list list, again;
  va_start(list, format);
  va_copy(again, list);
  char *end = reserve(text, 63);
  size_t room = text->capacity - text->length;
  int length = vsnprintf(end, room, format, list);
  if (length >= 0 && (size_t)length >= room) {
    end = reserve(text, (size_t)length);
    vsnprintf(end, (size_t)length + 1, format, again);
  }
  if (length >= 0)
    text->length += (size_t)length;
  text->data[text->length] = '\0';
  va_end(again);
  va_end(list);
}

void tess_text_add_n(tess_text_t *text, const char *bytes, size_t length) {
  char *end = reserve(text, length);
  if (length)
    memcpy(end, bytes, length);
  end[length] = '\0';
  text->length += length;
}

static void add(tess_text_t *text, const char *value) {
  tess_text_add_n(text, value, strlen(value));
}

static void add_json_ascii(tess_text_t *text, unsigned char byte) {
  static const char *const short_forms[128] = {
      ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f",
      ['\n'] = "\\n", ['\r'] = "\\r",  ['\t'] = "\\t"};
  if (short_forms[byte])
    add(text, short_forms[byte]);
  else if (byte < 0x20 || byte == 0x7F)
    tess_text_add(text, "\\u%04x", byte);
  else
    tess_text_add_n(text, (const char *)&byte, 1);
}

void tess_text_add_json(tess_text_t *text, const char *value) {
  size_t left = strlen(value);
  add(text, "\"");
  while (left > 0) {
    size_t length = tess_utf8_length(value, left);
    if (length == 1)
      add_json_ascii(text, (unsigned char)*value);
    else if (length > 1)
      tess_text_add_n(text, value, length);
    else
      add(text, "\xEF\xBF\xBD"); /* U+FFFD */
    size_t step = length ? length : 1;
    value += step;
    left -= step;
  }
  add(text, "\"");
}

void tess_text_add_html(tess_text_t *text, const char *value) {
  for (; *value; value++) {
    if (*value == '&')
      add(text, "&amp;");
    else if (*value == '<')
      add(text, "&lt;");
    else if (*value == '>')
      add(text, "&gt;");
    else if (*value == '"')
      add(text, "&quot;");
    else
      tess_text_add_n(text, value, 1);
  }
  tess_text_add_n(text, "", 0);
}

void tess_text_add_csv(tess_text_t *text, const char *value) {
  if (!value[strcspn(value, ",\"\r\n")]) {
    add(text, value);
    return;
  }
  add(text, "\"");
  for (; *value; value++) {
    tess_text_add_n(text, value, 1);
    if (*value == '"')
      add(text, "\"");
  }
  add(text, "\"");
}

const char *tess_text_get(const tess_text_t *text) {
  return text->data ? text->data : "";
}

void tess_text_free(tess_text_t *text) {
  free(text->data);
  *text = TESS_TEXT_INIT;
}
