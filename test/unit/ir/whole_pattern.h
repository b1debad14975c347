/* A function that is one pattern as a whole, in the forms that upstream's
 * passes give it, for the tests of this folder. */
#ifndef TESSERA_TEST_UNIT_IR_WHOLE_PATTERN_H
#define TESSERA_TEST_UNIT_IR_WHOLE_PATTERN_H

#include "reading.h"
#include "upstream.h"

#define WHOLE_PATTERN_TO_LINALG                                                \
  "tosa-to-linalg-named,tosa-to-linalg,tosa-to-arith,tosa-to-tensor"
/* As TOSA, as named linalg ops, and as generic ones fused where they can be. */
static const char *const whole_pattern_forms[] = {
    NULL,
    "builtin.module(func.func(" WHOLE_PATTERN_TO_LINALG "),canonicalize)",
    "builtin.module(func.func(" WHOLE_PATTERN_TO_LINALG
    "),linalg-generalize-named-ops,"
    "canonicalize,cse,linalg-fuse-elementwise-ops,canonicalize,cse)",
};

/* Reads the text after the pipeline (NULL: as it is). */
static inline bool whole_pattern_open(MlirContext context, const char *text,
                                      const char *lowering,
                                      reading_t *reading) {
  reading->model = NULL;
  reading->module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(text));
  CHECK(!mlirModuleIsNull(reading->module));
  if (mlirModuleIsNull(reading->module))
    return false;
  if (lowering)
    upstream_run(reading->module, lowering);
  CHECK_OK(reading_finish(reading));
  return true;
}

/* From the first argument to the result, with everything that works in it. */
static inline void whole_pattern_check(const tess_model_t *model) {
  const tess_pattern_t *pattern = &model->patterns[0];
  CHECK_EQ(pattern->input, model->arguments[0]);
  CHECK(model->values[pattern->output].returned);
  int32_t working = 0;
  for (int32_t n = 0; n < model->node_count; n++)
    working += !model->nodes[n].prepared &&
               (model->nodes[n].kind == TESS_NODE_REDUCTION ||
                model->nodes[n].kind == TESS_NODE_ELEMENTWISE);
  CHECK_EQ(pattern->node_count, working);
}

#endif
