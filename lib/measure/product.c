/* Returns the result of a product instead of what is made of it. */
#include "product.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/ir/reader.h"
#include <stdlib.h>

static bool is_of_channels(const tess_chain_t *chain) {
  return chain->function == TESS_FUNCTION_BIAS ||
         chain->function == TESS_FUNCTION_CHANNEL_SCALE ||
         chain->function == TESS_FUNCTION_BATCH_NORM;
}

/* Behind views, norms and biases: the other model may have those in its
 * weights. */
static int32_t behind_norms(const tess_model_t *model, int32_t value) {
  while (model->values[value].uses == 1 && !model->values[value].returned) {
    int32_t user = model->value_users[model->first_user[value]];
    const tess_node_t *node = &model->nodes[user];
    int32_t c = model->chain_of_node[user];
    if (node->kind == TESS_NODE_RESHAPE || node->kind == TESS_NODE_TRANSPOSE)
      value = node->outputs[0];
    else if (c != TESS_NONE &&
             tess_model_base(model, model->chains[c].input) ==
                 tess_model_base(model, value) &&
             is_of_channels(&model->chains[c]))
      value = model->chains[c].output;
    else
      break;
  }
  return value;
}

/* What the contraction `back` before the last one makes, norms and biases
 * behind it included; null without one. */
static MlirValue find_product(const tess_model_t *model, int32_t back) {
  for (int32_t n = model->node_count - 1; n >= 0; n--) {
    const tess_node_t *node = &model->nodes[n];
    bool product = node->kind <= TESS_NODE_MATMUL && !node->prepared;
    if (product && node->output_count == 1 && back-- == 0)
      return (MlirValue){
          model->values[behind_norms(model, node->outputs[0])].handle};
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
