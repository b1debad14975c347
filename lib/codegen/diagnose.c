/* Collects MLIR's diagnostics so that they reach the caller as a status. */
#include "diagnose.h"
#include "tessera/ir/reader.h"
#include <stdarg.h>

static void add_chunk(MlirStringRef chunk, void *text) {
  tess_text_add_n(text, chunk.data, chunk.length);
}

static MlirLogicalResult keep(MlirDiagnostic diagnostic, void *data) {
  tess_diagnosis_t *diagnosis = data;
  if (mlirDiagnosticGetSeverity(diagnostic) != MlirDiagnosticError)
    return mlirLogicalResultSuccess();
  if (diagnosis->text.length == 0)
    tess_ir_place(&diagnosis->arena, mlirDiagnosticGetLocation(diagnostic),
                  &diagnosis->file, &diagnosis->line, &diagnosis->column);
  else
    tess_text_add(&diagnosis->text, "\n");
  mlirDiagnosticPrint(diagnostic, add_chunk, &diagnosis->text);
  return mlirLogicalResultSuccess();
}

void tess_diagnosis_begin(tess_diagnosis_t *diagnosis, MlirContext context) {
  *diagnosis = (tess_diagnosis_t){.context = context, .file = ""};
  diagnosis->handler =
      mlirContextAttachDiagnosticHandler(context, keep, diagnosis, NULL);
}

tess_status_t tess_diagnosis_end(tess_diagnosis_t *diagnosis, bool worked,
                                 tess_code_t code, const char *step) {
  mlirContextDetachDiagnosticHandler(diagnosis->context, diagnosis->handler);
  tess_status_t status = TESS_SUCCESS;
  if (!worked)
    status =
        tess_error_at(code, diagnosis->file, diagnosis->line, diagnosis->column,
                      "%s failed%s%s", step, diagnosis->text.length ? ": " : "",
                      tess_text_get(&diagnosis->text));
  tess_text_free(&diagnosis->text);
  tess_arena_free(&diagnosis->arena);
  return status;
}

tess_status_t tess_error_at_op(tess_code_t code, MlirOperation operation,
                               const char *format, ...) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const char *file;
  int line, column;
  tess_ir_place(&arena, mlirOperationGetLocation(operation), &file, &line,
                &column);
  va_list arguments;
  va_start(arguments, format);
  char message[512];
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  tess_status_t status = tess_error_at(code, file, line, column, "%s", message);
  tess_arena_free(&arena);
  return status;
}
