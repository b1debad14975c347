/* Changing IR: ops from text templates, new function arguments, removal of
 * what nobody reads any more. Only files of this folder include it. */
#ifndef TESSERA_LIB_REWRITE_EDIT_H
#define TESSERA_LIB_REWRITE_EDIT_H

#include "mlir-c/IR.h"
#include "tessera/base/status.h"
#include "tessera/base/text.h"
#include "tessera/ir/model.h"

MlirOperation tess_edit_op(const tess_model_t *model, int32_t node);
MlirValue tess_edit_value(const tess_model_t *model, int32_t value);

/* Appends "tensor<1x8xf32>": `dims` with the element type of `like`. */
void tess_edit_add_type(tess_text_t *text, const int64_t *dims, int32_t rank,
                        MlirType like);
/* Appends a type as MLIR prints it. */
void tess_edit_add_printed(tess_text_t *text, MlirType type);
/* Appends the element type of a tensor type. */
void tess_edit_add_element(tess_text_t *text, MlirType tensor);

/* Parses `body` (ops that use %in0, %in1 … and define %result of type
 * `result_type`), moves its ops before `before`, gives them its location, and
 * binds the inputs. A body that does not parse or verify is TESS_UNSUPPORTED
 * with the first diagnostic. */
TESS_MUST_USE tess_status_t tess_edit_splice(
    MlirOperation before, const MlirValue *inputs, int32_t input_count,
    const char *result_type, const char *body, MlirValue *result);

/* Appends an argument of the printed type to the function that holds `inside`,
 * with the attribute tessera.name, and updates the function's type. */
MlirValue tess_edit_add_argument(MlirOperation inside, const char *type,
                                 const char *name);

/* Replaces the only result of `old` by `value`, then removes `old` and
 * everything that only it was read for. */
void tess_edit_replace(MlirOperation old, MlirValue value);

#endif
