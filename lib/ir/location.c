/* Places of operations as text. */
#include "mlir-c/IR.h"
#include "reading.h"
#include "tessera/base/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first part of a fused location; a fused one may be empty. */
static MlirLocation first_fused(MlirLocation location) {
  unsigned count = mlirLocationFusedGetNumLocations(location);
  if (count == 0)
    return (MlirLocation){NULL};
  MlirLocation *parts = tess_alloc(count * sizeof *parts);
  mlirLocationFusedGetLocations(location, parts);
  MlirLocation first = parts[0];
  free(parts);
  return first;
}

/* One step inwards; a null location where there is nothing inside. */
static MlirLocation inner(MlirLocation location, bool through_names) {
  if (mlirLocationIsAFused(location))
    return first_fused(location);
  if (mlirLocationIsACallSite(location))
    return mlirLocationCallSiteGetCallee(location);
  if (through_names && mlirLocationIsAName(location))
    return mlirLocationNameGetChildLoc(location);
  return (MlirLocation){NULL};
}

static MlirLocation innermost(MlirLocation location, bool through_names) {
  for (;;) {
    if (mlirLocationIsAFileLineColRange(location))
      return location;
    MlirLocation next = inner(location, through_names);
    if (mlirLocationIsNull(next))
      return location;
    location = next;
  }
}

void tess_ir_place(tess_arena_t *arena, MlirLocation location,
                   const char **file, int *line, int *column) {
  *file = "";
  *line = *column = 0;
  location = innermost(location, true);
  if (!mlirLocationIsAFileLineColRange(location))
    return;
  MlirStringRef name =
      mlirIdentifierStr(mlirLocationFileLineColRangeGetFilename(location));
  *file = tess_arena_string_n(arena, name.data, name.length);
  *line = mlirLocationFileLineColRangeGetStartLine(location);
  *column = mlirLocationFileLineColRangeGetStartColumn(location);
}

/* Writes ":<number>" so that it ends before `end`; returns where it begins. */
static char *prepend_number(char *end, int number) {
  do {
    *--end = (char)('0' + number % 10);
    number /= 10;
  } while (number);
  *--end = ':';
  return end;
}

/* "file:line:column" without printf: reading makes one for every op. */
static const char *place_text(tess_arena_t *arena, MlirStringRef name, int line,
                              int column) {
  char digits[32], *end = digits + sizeof digits;
  char *numbers = prepend_number(prepend_number(end, column), line);
  size_t length = (size_t)(end - numbers);
  char *text = tess_arena_alloc(arena, name.length + length + 1);
  memcpy(text, name.data, name.length);
  memcpy(text + name.length, numbers, length);
  return text;
}

const char *tess_ir_location(tess_arena_t *arena, MlirLocation location) {
  location = innermost(location, false);
  if (mlirLocationIsAName(location)) {
    MlirStringRef name = mlirIdentifierStr(mlirLocationNameGetName(location));
    return tess_arena_string_n(arena, name.data, name.length);
  }
  if (!mlirLocationIsAFileLineColRange(location))
    return "unknown";
  MlirStringRef name =
      mlirIdentifierStr(mlirLocationFileLineColRangeGetFilename(location));
  return place_text(arena, name,
                    mlirLocationFileLineColRangeGetStartLine(location),
                    mlirLocationFileLineColRangeGetStartColumn(location));
}

tess_status_t tess_reading_error(tess_reading_t *r, MlirLocation location,
                                 tess_code_t code, const char *format, ...) {
  char message[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  const char *file;
  int line, column;
  tess_ir_place(r->arena, location, &file, &line, &column);
  if (!file[0])
    return tess_error(code, "%s", message);
  return tess_error_at(code, file, line, column, "%s", message);
}

static void append(MlirStringRef part, void *text) {
  tess_text_add_n(text, part.data, part.length);
}

char *tess_ir_print(MlirOperation operation, size_t *length) {
  tess_text_t text = TESS_TEXT_INIT;
  mlirOperationPrint(operation, append, &text);
  tess_text_add_n(&text, "", 0);
  *length = text.length;
  if (!text.data)
    return tess_alloc(1);
  return text.data;
}
