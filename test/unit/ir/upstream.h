/* Upstream's own passes over a module, for the tests of this folder. */
#ifndef TESSERA_TEST_UNIT_IR_UPSTREAM_H
#define TESSERA_TEST_UNIT_IR_UPSTREAM_H

#include "check.h"
#include "mlir-c/IR.h"
#include "mlir-c/Pass.h"

static inline void upstream_ignore(MlirStringRef text, void *data) {
  (void)text;
  (void)data;
}

/* Checks that the pipeline parses and succeeds. */
static inline void upstream_run(MlirModule module, const char *pipeline) {
  MlirPassManager passes = mlirPassManagerCreate(mlirModuleGetContext(module));
  MlirLogicalResult parsed = mlirParsePassPipeline(
      mlirPassManagerGetAsOpPassManager(passes),
      mlirStringRefCreateFromCString(pipeline), upstream_ignore, NULL);
  CHECK(mlirLogicalResultIsSuccess(parsed));
  CHECK(mlirLogicalResultIsSuccess(
      mlirPassManagerRunOnOp(passes, mlirModuleGetOperation(module))));
  mlirPassManagerDestroy(passes);
}

static inline void upstream_generalise(MlirModule module) {
  upstream_run(module,
               "builtin.module(func.func(linalg-generalize-named-ops))");
}

#endif
