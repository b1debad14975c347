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
static MlirLocation inner(MlirLocation location) {
  if (mlirLocationIsAFused(location))
    return first_fused(location);
  if (mlirLocationIsACallSite(location))
    return mlirLocationCallSiteGetCallee(location);
  if (mlirLocationIsAName(location))
    return mlirLocationNameGetChildLoc(location);
  return (MlirLocation){NULL};
}

static MlirLocation innermost(MlirLocation location) {
  for (;;) {
    if (mlirLocationIsAFileLineColRange(location))
      return location;
    MlirLocation next = inner(location);
    if (mlirLocationIsNull(next))
      return location;
    location = next;
  }
}

void tess_ir_place(tess_arena_t *arena, MlirLocation location,
                   const char **file, int *line, int *column) {
  *file = "";
  *line = *column = 0;
  location = innermost(location);
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

/* Converters put the kind of an op before its name: fused["Conv2D:", "a/b"]. */
static bool is_layer(MlirLocation location) {
  MlirStringRef name = mlirIdentifierStr(mlirLocationNameGetName(location));
  return name.length > 0 && name.data[name.length - 1] != ':';
}

enum { DEEPEST_LOCATION = 16 };

static MlirLocation find_layer(MlirLocation location, int depth);

static MlirLocation find_fused_layer(MlirLocation location, int depth) {
  unsigned count = mlirLocationFusedGetNumLocations(location);
  MlirLocation *parts = tess_alloc(((size_t)count + 1) * sizeof *parts);
  MlirLocation found = {NULL};
  mlirLocationFusedGetLocations(location, parts);
  for (unsigned i = 0; i < count && mlirLocationIsNull(found); i++)
    found = find_layer(parts[i], depth);
  free(parts);
  return found;
}

/* The first name in a location: the callee's before the caller's. */
static MlirLocation find_layer(MlirLocation location, int depth) {
  if (depth == DEEPEST_LOCATION)
    return (MlirLocation){NULL};
  if (mlirLocationIsAName(location))
    return is_layer(location)
               ? location
               : find_layer(mlirLocationNameGetChildLoc(location), depth + 1);
  if (mlirLocationIsAFused(location))
    return find_fused_layer(location, depth + 1);
  if (!mlirLocationIsACallSite(location))
    return (MlirLocation){NULL};
  MlirLocation callee =
      find_layer(mlirLocationCallSiteGetCallee(location), depth + 1);
  return mlirLocationIsNull(callee)
             ? find_layer(mlirLocationCallSiteGetCaller(location), depth + 1)
             : callee;
}

const char *tess_ir_layer(tess_arena_t *arena, MlirLocation location) {
  MlirLocation layer = find_layer(location, 0);
  if (mlirLocationIsNull(layer))
    return NULL;
  MlirStringRef name = mlirIdentifierStr(mlirLocationNameGetName(layer));
  return tess_arena_string_n(arena, name.data, name.length);
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
  if (!mlirLocationIsAFileLineColRange(location)) {
    const char *layer = tess_ir_layer(arena, location);
    if (layer)
      return layer;
    location = innermost(location);
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
