/* Finds strategies by name. */
#include "strategies.h"
#include <string.h>

static const tess_strategy_vtable_t *const strategies[] = {
#define X(name) &tess_strategy_##name,
#include "strategies.def"
#undef X
};

size_t tess_strategy_count(void) {
  return sizeof(strategies) / sizeof(strategies[0]);
}

const tess_strategy_vtable_t *tess_strategy_at(size_t index) {
  return index < tess_strategy_count() ? strategies[index] : NULL;
}

const tess_strategy_vtable_t *tess_strategy_find(const char *name) {
  for (size_t i = 0; i < tess_strategy_count(); i++)
    if (!strcmp(strategies[i]->name, name))
      return strategies[i];
  return NULL;
}
