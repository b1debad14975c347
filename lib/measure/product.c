/* Returns the result of a product instead of what is made of it. */
#include "product.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/ir/reader.h"
#include <stdlib.h>

/* What the contraction `back` before the last one makes, null without one. */
static MlirValue find_product(const tess_model_t *model, int32_t back) {
  for (int32_t n = model->node_count - 1; n >= 0; n--) {
    const tess_node_t *node = &model->nodes[n];
    bool product = node->kind <= TESS_NODE_MATMUL && !node->prepared;
    if (product && node->output_count == 1 && back-- == 0)
      return (MlirValue){model->values[node->outputs[0]].handle};
  }
  return (MlirValue){NULL};
}

static void return_only(MlirOperation function, MlirValue value) {
  MlirContext context = mlirOperationGetContext(function);
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  mlirOperationSetOperands(mlirBlockGetTerminator(body), 1, &value);
  MlirStringRef name = mlirStringRefCreateFromCString("function_type");
  MlirType old =
      mlirTypeAttrGetValue(mlirOperationGetAttributeByName(function, name));
  intptr_t count = mlirFunctionTypeGetNumInputs(old);
  MlirType *inputs = tess_alloc(((size_t)count + 1) * sizeof *inputs);
  for (intptr_t i = 0; i < count; i++)
    inputs[i] = mlirFunctionTypeGetInput(old, i);
  MlirType result = mlirValueGetType(value);
  mlirOperationSetAttributeByName(
      function, name,
      mlirTypeAttrGet(mlirFunctionTypeGet(context, count, inputs, 1, &result)));
  mlirOperationRemoveAttributeByName(
      function, mlirStringRefCreateFromCString("res_attrs"));
  free(inputs);
}

static tess_status_t cut(MlirModule module, const char *name, int32_t back,
                         int32_t *count) {
  MlirOperation function;
  tess_model_t *model;
  TESS_TRY(tess_ir_find_function(module, name, &function));
  TESS_TRY(tess_ir_read(function, &model));
  MlirValue value = find_product(model, back);
  *count = model->contraction_count;
  tess_model_destroy(model);
  if (mlirValueIsNull(value))
    return tess_error(TESS_UNSUPPORTED, "the model has no %d products",
                      back + 1);
  return_only(function, value);
  return tess_ir_verify(mlirModuleGetOperation(module));
}

tess_status_t tess_product_module(MlirModule module, const char *name,
                                  int32_t back, int32_t *count,
                                  MlirModule *copy) {
  MlirModule clone = mlirModuleFromOperation(
      mlirOperationClone(mlirModuleGetOperation(module)));
  tess_status_t status = cut(clone, name, back, count);
  if (status)
    mlirModuleDestroy(clone);
  *copy = status ? (MlirModule){NULL} : clone;
  return status;
}
