/* The registered strategies, declared from their table. Private to lib/search.
 */
#ifndef TESSERA_LIB_SEARCH_STRATEGIES_H
#define TESSERA_LIB_SEARCH_STRATEGIES_H

#include "tessera/search/search.h"

#define X(name) extern const tess_strategy_vtable_t tess_strategy_##name;
#include "strategies.def"
#undef X

#endif
