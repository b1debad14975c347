/* Walks a function and keeps what its values are. */
#include "tessera/measure/reference.h"
#include "interpret.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"
#include "tessera/base/checked.h"
#include "tessera/ir/reader.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CALLS = 64 };

/* ---- Arrays. ---- */

tess_array_t tess_array_make(tess_arena_t *arena, tess_dtype_t dtype,
                             int32_t rank, const int64_t *shape) {
  tess_array_t array = {.dtype = dtype, .rank = rank, .count = 1};
  for (int32_t d = 0; d < rank; d++) {
    array.shape[d] = shape[d];
    array.count *= shape[d];
  }
  array.at = tess_arena_array(arena, (size_t)array.count, sizeof *array.at);
  return array;
}

void tess_array_set(const tess_array_t *array, int64_t index, double value) {
  tess_number_t *z = &array->at[index];
  if (tess_scalar_unit(array->dtype) == 0)
    tess_scalar_set_whole(z, array->dtype, (int64_t)value);
  else
    *z = (tess_number_t){.value = value, .mass = fabs(value)};
}

static tess_status_t shape_of(MlirType type, tess_array_t *array) {
  array->rank = (int32_t)mlirShapedTypeGetRank(type);
  for (int32_t d = 0; d < array->rank; d++) {
    array->shape[d] = mlirShapedTypeGetDimSize(type, d);
    if (!tess_mul_i64(array->count, array->shape[d], &array->count))
      return tess_error(TESS_UNSUPPORTED, "a tensor is too large");
  }
  return TESS_SUCCESS;
}

tess_status_t tess_array_of_type(MlirType type, tess_array_t *array) {
  *array = (tess_array_t){.count = 1};
  MlirType element = type;
  if (mlirTypeIsATensor(type)) {
    if (!mlirTypeIsARankedTensor(type) || !mlirShapedTypeHasStaticShape(type) ||
        mlirShapedTypeGetRank(type) > 8)
      return tess_error(TESS_UNSUPPORTED,
                        "a tensor without static shape of at most 8 "
                        "dimensions");
    TESS_TRY(shape_of(type, array));
    element = mlirShapedTypeGetElementType(type);
  }
  array->dtype = tess_ir_dtype(element);
  if (array->dtype == TESS_OTHER)
    return tess_error(TESS_UNSUPPORTED, "an element type without numbers");
  return TESS_SUCCESS;
}

void tess_array_strides(const tess_array_t *array, int64_t *strides) {
  int64_t stride = 1;
  for (int32_t d = array->rank; d-- > 0;) {
    strides[d] = stride;
    stride *= array->shape[d];
  }
}

bool tess_next_index(int32_t rank, const int64_t *shape, int64_t *index) {
  for (int32_t d = rank; d-- > 0;) {
    if (++index[d] < shape[d])
      return true;
    index[d] = 0;
  }
  return false;
}

/* ---- Values by name. ---- */

static size_t place(const tess_frame_t *frame, const void *value) {
  size_t mask = frame->slot_count - 1;
  size_t at = (size_t)(((uintptr_t)value >> 3) * 0x9e3779b97f4a7c15U) & mask;
  while (frame->slots[at].value && frame->slots[at].value != value)
    at = (at + 1) & mask;
  return at;
}

static void grow(tess_frame_t *frame) {
  tess_frame_t old = *frame;
  frame->slot_count = old.slot_count ? 2 * old.slot_count : 64;
  frame->slots =
      tess_arena_array(frame->arena, frame->slot_count, sizeof *frame->slots);
  for (size_t i = 0; i < old.slot_count; i++)
    if (old.slots[i].value)
      frame->slots[place(frame, old.slots[i].value)] = old.slots[i];
}

const tess_array_t *tess_frame_get(const tess_frame_t *frame, MlirValue value) {
  if (frame->slot_count == 0)
    return NULL;
  const struct tess_slot *slot = &frame->slots[place(frame, value.ptr)];
  return slot->value ? &slot->array : NULL;
}

void tess_frame_set(tess_frame_t *frame, MlirValue value,
                    const tess_array_t *array) {
  if (2 * (frame->used + 1) > frame->slot_count)
    grow(frame);
  struct tess_slot *slot = &frame->slots[place(frame, value.ptr)];
  frame->used += !slot->value;
  slot->value = value.ptr;
  slot->array = *array;
}

/* ---- Attributes. ---- */

MlirAttribute tess_step_attribute(const tess_step_t *step, const char *name) {
  return mlirOperationGetAttributeByName(step->op,
                                         mlirStringRefCreateFromCString(name));
}

int64_t tess_step_integer(const tess_step_t *step, const char *name,
                          int64_t otherwise) {
  MlirAttribute attribute = tess_step_attribute(step, name);
  if (mlirAttributeIsNull(attribute))
    return otherwise;
  if (mlirAttributeIsABool(attribute))
    return mlirBoolAttrGetValue(attribute);
  return mlirAttributeIsAInteger(attribute)
             ? mlirIntegerAttrGetValueInt(attribute)
             : otherwise;
}

int tess_step_list(const tess_step_t *step, const char *name, int64_t *list) {
  MlirAttribute attribute = tess_step_attribute(step, name);
  intptr_t count = 0;
  if (mlirAttributeIsNull(attribute))
    return 0;
  if (mlirAttributeIsADenseI64Array(attribute)) {
    count = mlirDenseArrayGetNumElements(attribute);
    for (intptr_t i = 0; i < count && i < 8; i++)
      list[i] = mlirDenseI64ArrayGetElement(attribute, i);
  } else if (mlirAttributeIsADenseI32Array(attribute)) {
    count = mlirDenseArrayGetNumElements(attribute);
    for (intptr_t i = 0; i < count && i < 8; i++)
      list[i] = mlirDenseI32ArrayGetElement(attribute, i);
  }
  return (int)count;
}

/* ---- Running. ---- */

static tess_status_t run_block(tess_frame_t *frame, MlirBlock block,
                               tess_array_t **outputs, int32_t *count);

static tess_status_t call(tess_frame_t *frame, tess_step_t *step) {
  MlirAttribute callee = tess_step_attribute(step, "callee");
  MlirSymbolTable table =
      mlirSymbolTableCreate(mlirModuleGetOperation(frame->module));
  MlirOperation function =
      mlirSymbolTableLookup(table, mlirFlatSymbolRefAttrGetValue(callee));
  mlirSymbolTableDestroy(table);
  if (mlirOperationIsNull(function) || frame->depth >= MAX_CALLS)
    return tess_error(TESS_UNSUPPORTED, "a call that cannot be followed");
  MlirBlock block =
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  if (mlirBlockIsNull(block))
    return tess_error(TESS_UNSUPPORTED, "a function without a body");
  tess_frame_t inner = {.arena = frame->arena,
                        .module = frame->module,
                        .depth = frame->depth + 1,
                        .rounds = frame->rounds};
  for (intptr_t i = 0; i < step->in_count; i++)
    tess_frame_set(&inner, mlirBlockGetArgument(block, i), step->in[i]);
  tess_array_t *results;
  int32_t count;
  TESS_TRY(run_block(&inner, block, &results, &count));
  for (int32_t i = 0; i < count; i++)
    tess_frame_set(frame, mlirOperationGetResult(step->op, i), &results[i]);
  return TESS_SUCCESS;
}

static tess_status_t run_groups(tess_frame_t *frame, tess_step_t *step) {
  static tess_group_fn *const groups[] = {
      tess_run_constant,         tess_run_elementwise, tess_run_tensor,
      tess_run_tosa_contraction, tess_run_tosa_window, tess_run_tosa_movement};
  TESS_TRY(tess_array_of_type(
      mlirValueGetType(mlirOperationGetResult(step->op, 0)), &step->out));
  step->out = tess_array_make(frame->arena, step->out.dtype, step->out.rank,
                              step->out.shape);
  for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
    bool known = false;
    TESS_TRY(groups[g](frame, step, &known));
    if (known) {
      for (int64_t i = 0; frame->rounds && i < step->out.count; i++)
        tess_scalar_round(&step->out.at[i], step->out.dtype);
      tess_frame_set(frame, mlirOperationGetResult(step->op, 0), &step->out);
      return TESS_SUCCESS;
    }
  }
  return tess_error(TESS_UNSUPPORTED, "the interpreter knows no %s",
                    step->name);
}

static bool is_shape(MlirValue value) {
  return mlirStringRefEqual(
      mlirDialectGetNamespace(mlirTypeGetDialect(mlirValueGetType(value))),
      mlirStringRefCreateFromCString("tosa"));
}

static tess_status_t read_operands(tess_frame_t *frame, tess_step_t *step) {
  step->in_count = mlirOperationGetNumOperands(step->op);
  step->in = tess_arena_array(frame->arena, (size_t)step->in_count + 1,
                              sizeof *step->in);
  for (intptr_t i = 0; i < step->in_count; i++) {
    MlirValue operand = mlirOperationGetOperand(step->op, i);
    step->in[i] = tess_frame_get(frame, operand);
    if (!step->in[i])
      return tess_error(TESS_UNSUPPORTED, "%s reads what nothing made",
                        step->name);
  }
  return TESS_SUCCESS;
}

/* A tosa.const_shape: a list of numbers. */
static tess_status_t run_shape(tess_frame_t *frame, tess_step_t *step) {
  MlirAttribute values = tess_step_attribute(step, "values");
  if (mlirAttributeIsNull(values) || !mlirAttributeIsADenseElements(values))
    return tess_error(TESS_UNSUPPORTED, "a shape that is computed");
  int64_t count = mlirElementsAttrGetNumElements(values);
  step->out = tess_array_make(frame->arena, TESS_INDEX, 1, &count);
  for (int64_t i = 0; i < count; i++)
    TESS_TRY(tess_dense_element(values, TESS_INDEX, i, &step->out.at[i]));
  tess_frame_set(frame, mlirOperationGetResult(step->op, 0), &step->out);
  return TESS_SUCCESS;
}

static tess_status_t run_op(tess_frame_t *frame, MlirOperation op) {
  tess_step_t step = {.op = op};
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  if (name.length >= sizeof step.name)
    return tess_error(TESS_UNSUPPORTED, "an operation of a long name");
  memcpy(step.name, name.data, name.length);
  TESS_TRY(read_operands(frame, &step));
  if (strcmp(step.name, "func.call") == 0)
    return call(frame, &step);
  if (mlirOperationGetNumResults(op) > 0 &&
      is_shape(mlirOperationGetResult(op, 0)))
    return run_shape(frame, &step);
  MlirAttribute maps = mlirLinalgGetIndexingMapsAttribute(op);
  if (!mlirAttributeIsNull(maps))
    return tess_run_structured(frame, &step, maps);
  if (mlirOperationGetNumResults(op) != 1)
    return tess_error(TESS_UNSUPPORTED, "the interpreter knows no %s",
                      step.name);
  return run_groups(frame, &step);
}

static tess_status_t run_block(tess_frame_t *frame, MlirBlock block,
                               tess_array_t **outputs, int32_t *count) {
  MlirOperation end = mlirBlockGetTerminator(block);
  MlirOperation op = mlirBlockGetFirstOperation(block);
  for (; !mlirOperationEqual(op, end); op = mlirOperationGetNextInBlock(op))
    TESS_TRY(run_op(frame, op));
  *count = (int32_t)mlirOperationGetNumOperands(end);
  *outputs =
      tess_arena_array(frame->arena, (size_t)*count + 1, sizeof **outputs);
  for (int32_t i = 0; i < *count; i++) {
    const tess_array_t *made =
        tess_frame_get(frame, mlirOperationGetOperand(end, i));
    if (!made)
      return tess_error(TESS_UNSUPPORTED, "a result that nothing made");
    (*outputs)[i] = *made;
  }
  return TESS_SUCCESS;
}

tess_status_t tess_reference_run(MlirModule module, const char *function,
                                 const tess_array_t *inputs,
                                 int32_t input_count, bool rounds,
                                 tess_arena_t *arena, tess_array_t **outputs,
                                 int32_t *output_count) {
  MlirOperation op;
  TESS_TRY(tess_ir_find_function(module, function, &op));
  MlirBlock block = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  if (mlirBlockIsNull(block) || mlirBlockGetNumArguments(block) != input_count)
    return tess_error(TESS_INVALID, "%d inputs do not fit the function",
                      input_count);
  tess_frame_t frame = {.arena = arena, .module = module, .rounds = rounds};
  for (int32_t i = 0; i < input_count; i++)
    tess_frame_set(&frame, mlirBlockGetArgument(block, i), &inputs[i]);
  return run_block(&frame, block, outputs, output_count);
}
