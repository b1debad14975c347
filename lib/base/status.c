/* Errors as values: see tessera/base/status.h. */
#include "tessera/base/status.h"
#include "tessera/base/arena.h"
#include "tessera/base/text.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct tess_error {
  tess_code_t code;
  int line, column;
  char *file;    /* NULL: no place */
  char *message; /* bare */
  char *text;    /* with the place, made when asked for */
};

static char *format_list(const char *format, va_list list) {
  va_list measure;
  va_copy(measure, list);
  int length = vsnprintf(NULL, 0, format, measure);
  va_end(measure);
  size_t bytes = length > 0 ? (size_t)length + 1 : 1;
  char *text = tess_alloc(bytes);
  vsnprintf(text, bytes, format, list);
  return text;
}

static tess_status_t make(tess_code_t code, const char *format, va_list list) {
  tess_status_t status = tess_alloc(sizeof(*status));
  status->code = code;
  status->message = format_list(format, list);
  return status;
}

tess_status_t tess_error(tess_code_t code, const char *format, ...) {
  va_list list;
  va_start(list, format);
  tess_status_t status = make(code, format, list);
  va_end(list);
  return status;
}

tess_status_t tess_error_at(tess_code_t code, const char *file, int line,
                            int column, const char *format, ...) {
  va_list list;
  va_start(list, format);
  tess_status_t status = make(code, format, list);
  va_end(list);
  if (file && *file) {
    size_t bytes = strlen(file) + 1;
    status->file = memcpy(tess_alloc(bytes), file, bytes);
  }
  status->line = line;
  status->column = column;
  return status;
}

tess_code_t tess_status_code(tess_status_t status) {
  return status ? status->code : TESS_OK;
}

const char *tess_status_message(tess_status_t status) {
  return status ? status->message : "";
}

const char *tess_status_text(tess_status_t status) {
  if (!status || !status->file)
    return tess_status_message(status);
  if (!status->text) {
    tess_text_t text = TESS_TEXT_INIT;
    tess_text_add(&text, "%s:", status->file);
    if (status->line > 0)
      tess_text_add(&text, "%d:", status->line);
    if (status->line > 0 && status->column > 0)
      tess_text_add(&text, "%d:", status->column);
    tess_text_add(&text, " %s", status->message);
    status->text = text.data;
  }
  return status->text;
}

tess_status_t tess_status_prefix(tess_status_t status, const char *format,
                                 ...) {
  if (!status)
    return status;
  va_list list;
  va_start(list, format);
  char *prefix = format_list(format, list);
  va_end(list);
  tess_text_t joined = TESS_TEXT_INIT;
  tess_text_add(&joined, "%s: %s", prefix, status->message);
  free(prefix);
  free(status->message);
  free(status->text);
  status->message = joined.data;
  status->text = NULL;
  return status;
}

void tess_status_free(tess_status_t status) {
  if (!status)
    return;
  free(status->file);
  free(status->message);
  free(status->text);
  free(status);
}
