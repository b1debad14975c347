/* Reading a model from a string or a file, for the tests of this folder. */
#ifndef TESSERA_TEST_UNIT_IR_READING_H
#define TESSERA_TEST_UNIT_IR_READING_H

#include "check.h"
#include "tessera/ir/program.h"
#include "tessera/ir/reader.h"

typedef struct reading {
  MlirModule module;
  tess_model_t *model;
} reading_t;

static inline void reading_close(reading_t *reading) {
  tess_model_destroy(reading->model);
  if (!mlirModuleIsNull(reading->module))
    mlirModuleDestroy(reading->module);
}

static inline tess_status_t reading_finish(reading_t *reading) {
  MlirOperation function;
  TESS_TRY(tess_ir_find_function(reading->module, NULL, &function));
  return tess_ir_read(function, &reading->model);
}

static inline tess_status_t reading_parse(MlirContext context, const char *text,
                                          reading_t *reading) {
  *reading = (reading_t){{NULL}, NULL};
  reading->module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(text));
  if (mlirModuleIsNull(reading->module))
    return tess_error(TESS_INVALID, "the test's own text does not parse");
  return reading_finish(reading);
}

static inline tess_status_t reading_open(MlirContext context, const char *path,
                                         reading_t *reading) {
  *reading = (reading_t){{NULL}, NULL};
  TESS_TRY(tess_ir_parse_file(context, path, &reading->module));
  return reading_finish(reading);
}

static inline int reading_functions(const tess_model_t *model,
                                    tess_function_t function) {
  int count = 0;
  for (int32_t i = 0; i < model->chain_count; i++)
    count += model->chains[i].function == (int32_t)function;
  return count;
}

#endif
