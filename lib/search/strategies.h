/* The registered strategies, declared from their table. Private to lib/search.
 */
#ifndef TESSERA_LIB_SEARCH_STRATEGIES_H
#define TESSERA_LIB_SEARCH_STRATEGIES_H

#include "tessera/search/search.h"

#define X(name) extern const tess_strategy_vtable_t tess_strategy_##name;
#include "strategies.def"
#undef X

/* TESS_NOT_FOUND with the names there are, and the nearest. */
TESS_MUST_USE tess_status_t tess_strategy_unknown(const char *name);

#endif
