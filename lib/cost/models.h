/* The registered cost models, declared from their table. Private to lib/cost.
 */
#ifndef TESSERA_LIB_COST_MODELS_H
#define TESSERA_LIB_COST_MODELS_H

#include "tessera/cost/cost.h"

#define X(name) extern const tess_cost_vtable_t tess_cost_##name;
#include "cost_models.def"
#undef X

#endif
