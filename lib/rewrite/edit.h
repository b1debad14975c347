/* Changing IR: new function arguments, and removal of what nobody reads any
 * more. Only files of this folder include it. */
#ifndef TESSERA_LIB_REWRITE_EDIT_H
#define TESSERA_LIB_REWRITE_EDIT_H

#include "mlir-c/IR.h"
#include "tessera/ir/model.h"

MlirOperation tess_edit_op(const tess_model_t *model, int32_t node);

/* Visits an op and those in its regions. Most have none, and then MLIR's walk
 * is a long way round. */
void tess_edit_walk(MlirOperation op, MlirOperationWalkCallback visit,
                    void *data);

/* Appends an argument to the function that holds `inside`, with the attribute
 * tessera.name, and updates the function's type. */
MlirValue tess_edit_add_argument(MlirOperation inside, MlirType type,
                                 const char *name);

/* Writes down, as attribute tessera.role of the function's arguments, which are
 * input and which are statistics: what tells them from weights may be about to
 * go. */
void tess_edit_state_roles(const tess_model_t *model);

/* Appends an argument for a weight that replaces `old`: named
 * "<rewrite>.<name>.<index of the argument>" by the argument that old is or
 * shows in another shape, "weight" where that has no name, and of its role
 * where one is stated. */
MlirValue tess_edit_add_weight(MlirOperation inside, MlirType type,
                               const char *rewrite, MlirValue old);

/* Replaces the only result of `old` by `value`, then removes `old` and
 * everything that only it was read for. */
void tess_edit_replace(MlirOperation old, MlirValue value);

#endif
