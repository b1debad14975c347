/* Finds cost models by name. */
#include "models.h"
#include "tessera/base/text.h"
#include <string.h>

static const tess_cost_vtable_t *const models[] = {
#define X(name) &tess_cost_##name,
#include "cost_models.def"
#undef X
};

#define MODEL_COUNT (sizeof(models) / sizeof(models[0]))

size_t tess_cost_model_count(void) { return MODEL_COUNT; }

const tess_cost_vtable_t *tess_cost_model_at(size_t index) {
  return index < MODEL_COUNT ? models[index] : NULL;
}

static tess_status_t unknown_model(const char *name) {
  const char *names[MODEL_COUNT];
  tess_text_t list = TESS_TEXT_INIT;
  for (size_t i = 0; i < MODEL_COUNT; i++) {
    names[i] = models[i]->name;
    tess_text_add(&list, "%s%s", i ? ", " : "", names[i]);
  }
  const char *near = tess_nearest(name, names, MODEL_COUNT);
  tess_status_t status =
      tess_error(TESS_NOT_FOUND, "no cost model \"%s\"%s%s%s; there are: %s",
                 name, near ? " (did you mean \"" : "", near ? near : "",
                 near ? "\"?)" : "", tess_text_get(&list));
  tess_text_free(&list);
  return status;
}

tess_status_t tess_cost_model_create(const char *name,
                                     const tess_target_t *target,
                                     tess_cost_model_t **model) {
  *model = NULL;
  for (size_t i = 0; i < MODEL_COUNT; i++)
    if (!strcmp(models[i]->name, name))
      return models[i]->create(target, model);
  return unknown_model(name);
}

void tess_cost_model_destroy(tess_cost_model_t *model) {
  if (model)
    model->vtable->destroy(model);
}

const char *tess_bound_name(tess_bound_t bound) {
  static const char *const names[] = {"matrix", "vector", "memory", "overhead"};
  return (unsigned)bound < 4 ? names[bound] : "none";
}
