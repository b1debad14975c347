/* Models for unit tests: from the zoo, from text, and from the files that
 * TESSERA_SHARED names. */
#ifndef TESSERA_TEST_UNIT_LOAD_H
#define TESSERA_TEST_UNIT_LOAD_H

#include "check.h"
#include "tessera/ir/reader.h"
#include "tessera/zoo/zoo.h"

static inline MlirModule tess_load_text(MlirContext context,
                                        const char *source) {
  MlirModule module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(source));
  CHECK(!mlirModuleIsNull(module));
  return module;
}

static inline MlirModule tess_load_zoo(MlirContext context, const char *name,
                                       tess_zoo_dialect_t dialect,
                                       int64_t resolution) {
  tess_zoo_options_t options = {
      .dialect = dialect, .batch = 1, .resolution = resolution};
  tess_text_t text = TESS_TEXT_INIT;
  CHECK_OK(tess_zoo_emit(name, &options, &text, NULL));
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  tess_text_free(&text);
  return module;
}

/* A null module without TESSERA_SHARED. */
static inline MlirModule tess_load_shared(MlirContext context,
                                          const char *name) {
  const char *shared = getenv("TESSERA_SHARED");
  MlirModule module = {NULL};
  if (!shared)
    return module;
  tess_text_t path = TESS_TEXT_INIT;
  tess_text_add(&path, "%s/models/%s", shared, name);
  CHECK_OK(tess_ir_parse_file(context, tess_text_get(&path), &module));
  tess_text_free(&path);
  return module;
}

static inline MlirModule tess_load_clone(MlirModule module) {
  return mlirModuleFromOperation(
      mlirOperationClone(mlirModuleGetOperation(module)));
}

static inline MlirOperation tess_load_function(MlirModule module) {
  MlirOperation function = {NULL};
  CHECK_OK(tess_ir_find_function(module, NULL, &function));
  return function;
}

#endif
