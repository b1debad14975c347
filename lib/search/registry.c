/* Finds strategies by name. */
#include "strategies.h"
#include "tessera/base/text.h"
#include <string.h>

static const tess_strategy_vtable_t *const strategies[] = {
#define X(name) &tess_strategy_##name,
#include "strategies.def"
#undef X
};

#define STRATEGY_COUNT (sizeof(strategies) / sizeof(strategies[0]))

size_t tess_strategy_count(void) { return STRATEGY_COUNT; }

const tess_strategy_vtable_t *tess_strategy_at(size_t index) {
  return index < STRATEGY_COUNT ? strategies[index] : NULL;
}

const tess_strategy_vtable_t *tess_strategy_find(const char *name) {
  for (size_t i = 0; i < STRATEGY_COUNT; i++)
    if (!strcmp(strategies[i]->name, name))
      return strategies[i];
  return NULL;
}

tess_status_t tess_strategy_unknown(const char *name) {
  const char *names[STRATEGY_COUNT];
  tess_text_t list = TESS_TEXT_INIT;
  for (size_t i = 0; i < STRATEGY_COUNT; i++) {
    names[i] = strategies[i]->name;
    tess_text_add(&list, "%s%s", i ? ", " : "", names[i]);
  }
  const char *near = tess_nearest(name, names, STRATEGY_COUNT);
  tess_status_t status = tess_error(
      TESS_NOT_FOUND, "no search strategy \"%s\"%s%s%s; there are: %s", name,
      near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "",
      tess_text_get(&list));
  tess_text_free(&list);
  return status;
}
