/* A cut as a function of its own, so that rewriting and reading it again costs
 * what it costs and not what the whole model does. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_OUTLINE_H
#define TESSERA_LIB_REWRITE_OUTLINE_H

#include "cut.h"

/* A new module with one function: clones of the cut's ops. What they read from
 * outside are arguments, with the role of the value as attribute tessera.role;
 * what others read of them is returned. The caller destroys the module. */
MlirModule tess_outline_cut(const tess_cut_t *cut);

/* The only function of a module made by tess_outline, or of its clone. */
MlirOperation tess_outline_function(MlirModule module);

#endif
