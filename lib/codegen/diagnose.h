/* MLIR's diagnostics as a status: private to lib/codegen. */
#ifndef TESSERA_LIB_CODEGEN_DIAGNOSE_H
#define TESSERA_LIB_CODEGEN_DIAGNOSE_H

#include "mlir-c/Diagnostics.h"
#include "tessera/base/arena.h"
#include "tessera/base/status.h"
#include "tessera/base/text.h"

/* Between begin and end the errors of a context are kept, not printed. Must
 * not move in memory meanwhile. */
typedef struct tess_diagnosis {
  MlirContext context;
  MlirDiagnosticHandlerID handler;
  tess_arena_t arena;
  tess_text_t text; /* the first error, then the rest, one a line */
  const char *file; /* place of the first */
  int line, column;
} tess_diagnosis_t;

void tess_diagnosis_begin(tess_diagnosis_t *diagnosis, MlirContext context);

/* Success if `worked`, whatever was said; else an error with what was said at
 * the place of the first diagnostic, "<step> failed" before it. */
TESS_MUST_USE tess_status_t tess_diagnosis_end(tess_diagnosis_t *diagnosis,
                                               bool worked, tess_code_t code,
                                               const char *step);

/* An error at the place of an operation. */
TESS_MUST_USE tess_status_t tess_error_at_op(tess_code_t code,
                                             MlirOperation operation,
                                             const char *format, ...)
    TESS_PRINTF(3, 4);

#endif
