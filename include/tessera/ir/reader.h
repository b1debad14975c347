/* From IR to a model. The folder lib/ir is the only one that knows the names
 * of TOSA and linalg ops for reading. Includes mlir-c. */
#ifndef TESSERA_IR_READER_H
#define TESSERA_IR_READER_H

#include "mlir-c/IR.h"
#include "tessera/base/status.h"
#include "tessera/ir/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A context with every upstream dialect and pass registered and loaded, whose
 * threads are off. The caller destroys it. */
MlirContext tess_ir_context_create(void);

/* Parses a file ("-": standard input; text or bytecode) and verifies it.
 * Errors carry file:line:column of the first diagnostic; further ones follow in
 * the message. A module of an unregistered dialect (stablehlo, torch, tf) gets
 * TESS_UNSUPPORTED and the conversion to run. The caller destroys *module. */
TESS_MUST_USE tess_status_t tess_ir_parse_file(MlirContext context,
                                               const char *path,
                                               MlirModule *module);

/* Runs MLIR's verifier over an operation that was rewritten. Its first error,
 * at its place, as TESS_UNSUPPORTED. */
TESS_MUST_USE tess_status_t tess_ir_verify(MlirOperation operation);

/* The function to work on: the one called `name`, or, where `name` is NULL, the
 * only one with a body that no other calls (private ones count where there is
 * no public one). Errors: no function, several (lists them), no such. */
TESS_MUST_USE tess_status_t tess_ir_find_function(MlirModule module,
                                                  const char *name,
                                                  MlirOperation *function);

/* Puts the bodies of the functions that `function` calls, and of those that
 * they call, in place of the calls; private functions that nothing names any
 * more go. Nothing is changed on an error: a callee without a body or with
 * several blocks, recursion, a call more than 64 deep, more than 2^20
 * operations. Without calls it costs one look at each operation. */
TESS_MUST_USE tess_status_t tess_ir_inline_calls(MlirModule module,
                                                 MlirOperation function);

/* Whether an op in the first block of the function's body reads or makes a
 * tensor. */
bool tess_ir_has_tensors(MlirOperation function);

/* Reads one function. The IR is not changed and must outlive the model's op
 * handles. Errors: TESS_UNSUPPORTED for dynamic shapes, several blocks, an
 * empty body, one without tensors, or a foreign dialect; TESS_OVERFLOW for
 * sizes beyond int64; all with the op's place. Ops it does not know become
 * UNKNOWN nodes. */
TESS_MUST_USE tess_status_t tess_ir_read(MlirOperation function,
                                         tess_model_t **model);

/* The same without what only people ask for: there are no patterns and blocks,
 * and nodes have no location (NULL). Kernels, sites and costs are the same. */
TESS_MUST_USE tess_status_t tess_ir_read_bare(MlirOperation function,
                                              tess_model_t **model);

/* The same without element-wise chains, by which rules find sites: there are
 * none. Kernels and costs are the same. */
TESS_MUST_USE tess_status_t tess_ir_read_kernels(MlirOperation function,
                                                 tess_model_t **model);

/* The reading of a clone of the model's function that nothing has changed yet:
 * the same model with the clone's handles. It borrows from `model` and must be
 * destroyed before it. */
tess_model_t *tess_ir_rebase(const tess_model_t *model, MlirOperation clone);

/* The element type as Tessera names it; TESS_OTHER for those it does not. */
tess_dtype_t tess_ir_dtype(MlirType element);

/* The name that an exporter gave the layer that an op comes from: the first
 * named part of the location; NULL where there is none. In the arena. */
const char *tess_ir_layer(tess_arena_t *arena, MlirLocation location);
/* That name, else "file:line:column", else "unknown"; in the arena. */
const char *tess_ir_location(tess_arena_t *arena, MlirLocation location);

/* The place of `location` for tess_error_at; file is "" where unknown. Memory
 * from the arena. */
void tess_ir_place(tess_arena_t *arena, MlirLocation location,
                   const char **file, int *line, int *column);

/* Prints an operation as text with its locations off; malloc'd, caller frees.
 */
char *tess_ir_print(MlirOperation operation, size_t *length);

#ifdef __cplusplus
}
#endif

#endif
