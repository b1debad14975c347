/* Reads shapes and element types off a function. */
#include "signature.h"
#include "diagnose.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/checked.h"
#include "tessera/ir/reader.h"
#include <unistd.h>

/* Sizes beyond the machine's memory are refused here, because the compiled
 * code does not look at what malloc returns. */
static bool fits_memory(int64_t elements, int64_t bytes_each) {
  int64_t bytes;
  return tess_mul_i64(elements, bytes_each, &bytes) &&
         bytes / sysconf(_SC_PAGESIZE) < sysconf(_SC_PHYS_PAGES);
}

static bool count_elements(MlirType type, int64_t *elements) {
  *elements = 1;
  for (intptr_t d = 0; d < mlirShapedTypeGetRank(type); d++)
    if (!tess_mul_i64(*elements, mlirShapedTypeGetDimSize(type, d), elements))
      return false;
  return true;
}

/* NULL, or why `type` cannot be passed. */
static const char *read_tensor(MlirType type, tess_tensor_t *tensor) {
  if (!mlirTypeIsARankedTensor(type))
    return "is not a ranked tensor";
  if (!mlirShapedTypeHasStaticShape(type))
    return "has a dynamic shape; only static shapes can be run";
  tensor->dtype = tess_ir_dtype(mlirShapedTypeGetElementType(type));
  if (tensor->dtype == TESS_OTHER)
    return "has an element type that cannot be run";
  if (mlirShapedTypeGetRank(type) > 8)
    return "has more than 8 dimensions";
  tensor->rank = (int32_t)mlirShapedTypeGetRank(type);
  for (int32_t d = 0; d < tensor->rank; d++)
    tensor->shape[d] = mlirShapedTypeGetDimSize(type, d);
  if (!count_elements(type, &tensor->elements) ||
      !fits_memory(tensor->elements, tess_dtype_bytes(tensor->dtype)))
    return "is larger than this machine's memory";
  return NULL;
}

tess_status_t tess_signature_read(MlirOperation function, tess_arena_t *arena,
                                  tess_signature_t *signature) {
  MlirAttribute attribute = mlirOperationGetAttributeByName(
      function, mlirStringRefCreateFromCString("function_type"));
  MlirType type = mlirTypeAttrGetValue(attribute);
  size_t inputs = (size_t)mlirFunctionTypeGetNumInputs(type);
  size_t outputs = (size_t)mlirFunctionTypeGetNumResults(type);
  signature->input_count = (int32_t)inputs;
  signature->output_count = (int32_t)outputs;
  signature->inputs = tess_arena_array(arena, inputs, sizeof(tess_tensor_t));
  signature->outputs = tess_arena_array(arena, outputs, sizeof(tess_tensor_t));
  for (size_t i = 0; i < inputs + outputs; i++) {
    bool input = i < inputs;
    size_t index = input ? i : i - inputs;
    const char *why = read_tensor(
        input ? mlirFunctionTypeGetInput(type, (intptr_t)index)
              : mlirFunctionTypeGetResult(type, (intptr_t)index),
        input ? &signature->inputs[index] : &signature->outputs[index]);
    if (why)
      return tess_error_at_op(TESS_UNSUPPORTED, function, "%s %zu %s",
                              input ? "argument" : "result", index, why);
  }
  return TESS_SUCCESS;
}

typedef struct survey {
  bool half_precision;
  MlirOperation too_large;
} survey_t;

/* At least the size of an element; exact where the type is one of ours. */
static int64_t element_bytes(MlirType type) {
  int64_t bytes = tess_dtype_bytes(tess_ir_dtype(type));
  return bytes ? bytes : 1;
}

static void survey_type(MlirType type, MlirOperation op, survey_t *survey) {
  if (!mlirTypeIsARankedTensor(type))
    return;
  MlirType element = mlirShapedTypeGetElementType(type);
  if (mlirTypeIsAF16(element) || mlirTypeIsABF16(element))
    survey->half_precision = true;
  int64_t elements;
  if (mlirShapedTypeHasStaticShape(type) &&
      (!count_elements(type, &elements) ||
       !fits_memory(elements, element_bytes(element))))
    survey->too_large = op;
}

static MlirWalkResult survey_op(MlirOperation op, void *data) {
  survey_t *survey = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++)
    survey_type(mlirValueGetType(mlirOperationGetOperand(op, i)), op, survey);
  for (intptr_t i = 0; i < mlirOperationGetNumResults(op); i++)
    survey_type(mlirValueGetType(mlirOperationGetResult(op, i)), op, survey);
  return survey->too_large.ptr ? MlirWalkResultInterrupt
                               : MlirWalkResultAdvance;
}

tess_status_t tess_signature_survey(MlirOperation function,
                                    bool *half_precision) {
  survey_t survey = {0};
  mlirOperationWalk(function, survey_op, &survey, MlirWalkPreOrder);
  *half_precision = survey.half_precision;
  if (survey.too_large.ptr)
    return tess_error_at_op(TESS_UNSUPPORTED, survey.too_large,
                            "a tensor here is larger than this machine's "
                            "memory");
  return TESS_SUCCESS;
}
