/* Cutting some kernels of a function out into a function of their own, so that
 * rewriting and reading them again costs what they cost and not what the whole
 * model does. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_OUTLINE_H
#define TESSERA_LIB_REWRITE_OUTLINE_H

#include "mlir-c/IR.h"
#include "tessera/ir/model.h"
#include "tessera/ir/program.h"

/* The ops of the function's body by position; made once per model. */
typedef struct tess_body tess_body_t;
tess_body_t *tess_body_create(const tess_model_t *model,
                              const tess_program_t *program);
void tess_body_destroy(tess_body_t *body);

/* A new module with one function: clones of the ops of `kernels`, of the views
 * and constants that they read, and of what prepares their weights. What else
 * they read are arguments, with the role of the value as attribute
 * tessera.role; what others read of them is returned. The caller destroys the
 * module. */
MlirModule tess_outline_kernels(const tess_body_t *body, const int32_t *kernels,
                                int32_t count);

/* The only function of a module made by tess_outline_kernels, or of its clone.
 */
MlirOperation tess_outline_function(MlirModule module);

#endif
