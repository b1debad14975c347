/* The edge between a model's function and the caller's memory: private to
 * lib/codegen. */
#ifndef TESSERA_LIB_CODEGEN_BOUNDARY_H
#define TESSERA_LIB_CODEGEN_BOUNDARY_H

#include "mlir-c/IR.h"
#include "tessera/base/status.h"

/* What the function is called from here on, whatever it was called before:
 * "main" or "malloc" must not meet symbols of the process. */
#define TESS_ENTRY_NAME "tessera_entry"

/* Makes @name the only public function, under the entry name. */
TESS_MUST_USE tess_status_t tess_boundary_isolate(MlirModule module,
                                                  const char *name,
                                                  MlirOperation *function);

/* Results become buffers that the function fills, as arguments behind the
 * others; arguments are marked as only read. Needs tensors of static shape and
 * at most 8 dimensions (signature.h). */
TESS_MUST_USE tess_status_t tess_boundary_rewrite(MlirOperation function);

/* After inlining: a function without a body is one that is called, which is an
 * error. */
TESS_MUST_USE tess_status_t tess_boundary_check_calls(MlirModule module);

/* The function under the entry name. */
MlirOperation tess_boundary_entry(MlirModule module);

/* After lowering: the entry function takes one pointer, to a table of the
 * buffers. A call with hundreds of arguments makes LLVM's scheduler take
 * minutes. */
void tess_boundary_take_table(MlirModule lowered);

#endif
