/* Turns one function of a module into the entry point of compiled code. */
#include "boundary.h"
#include "diagnose.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/arena.h"
#include <stdio.h>
#include <stdlib.h>

static MlirStringRef text_ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static bool is_op(MlirOperation op, const char *name) {
  MlirStringRef actual = mlirIdentifierStr(mlirOperationGetName(op));
  return mlirStringRefEqual(actual, text_ref(name));
}

static bool has_symbol(MlirOperation op, const char *name) {
  MlirAttribute symbol = mlirOperationGetAttributeByName(
      op, mlirSymbolTableGetSymbolAttributeName());
  return !mlirAttributeIsNull(symbol) &&
         mlirStringRefEqual(mlirStringAttrGetValue(symbol), text_ref(name));
}

static void set_string(MlirOperation op, MlirStringRef key, const char *value) {
  mlirOperationSetAttributeByName(
      op, key, mlirStringAttrGet(mlirOperationGetContext(op), text_ref(value)));
}

tess_status_t tess_boundary_isolate(MlirModule module, const char *name,
                                    MlirOperation *function) {
  *function = (MlirOperation){NULL};
  MlirOperation op = mlirBlockGetFirstOperation(mlirModuleGetBody(module));
  for (; !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    if (!is_op(op, "func.func"))
      continue;
    if (has_symbol(op, name))
      *function = op;
    else
      set_string(op, mlirSymbolTableGetVisibilityAttributeName(), "private");
  }
  if (mlirOperationIsNull(*function))
    return tess_error(TESS_NOT_FOUND, "no function @%s", name);
  set_string(*function, mlirSymbolTableGetVisibilityAttributeName(), "public");
  set_string(*function, mlirSymbolTableGetSymbolAttributeName(),
             TESS_ENTRY_NAME);
  return TESS_SUCCESS;
}

tess_status_t tess_boundary_check_calls(MlirModule module) {
  MlirOperation op = mlirBlockGetFirstOperation(mlirModuleGetBody(module));
  for (; !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op))
    if (is_op(op, "func.func") &&
        mlirBlockIsNull(mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0))))
      return tess_error_at_op(TESS_UNSUPPORTED, op,
                              "a function without a body cannot be run");
  return TESS_SUCCESS;
}

/* Adds a buffer argument for the result `value` and fills it before `end`. */
static MlirType return_through_argument(MlirBlock block, MlirOperation end,
                                        MlirValue value) {
  MlirContext context = mlirOperationGetContext(end);
  MlirLocation location = mlirOperationGetLocation(end);
  MlirType type = mlirValueGetType(value);
  int64_t shape[8];
  intptr_t rank = mlirShapedTypeGetRank(type);
  for (intptr_t d = 0; d < rank; d++)
    shape[d] = mlirShapedTypeGetDimSize(type, d);
  MlirType buffer = mlirMemRefTypeContiguousGet(
      mlirShapedTypeGetElementType(type), rank, shape, mlirAttributeGetNull());
  MlirValue operands[2] = {value,
                           mlirBlockAddArgument(block, buffer, location)};
  MlirAttribute unit = mlirUnitAttrGet(context);
  MlirNamedAttribute attributes[2] = {
      mlirNamedAttributeGet(mlirIdentifierGet(context, text_ref("restrict")),
                            unit),
      mlirNamedAttributeGet(mlirIdentifierGet(context, text_ref("writable")),
                            unit)};
  MlirOperationState state = mlirOperationStateGet(
      text_ref("bufferization.materialize_in_destination"), location);
  mlirOperationStateAddOperands(&state, 2, operands);
  mlirOperationStateAddAttributes(&state, 2, attributes);
  mlirBlockInsertOwnedOperationBefore(block, end, mlirOperationCreate(&state));
  return buffer;
}

/* Results become buffer arguments; the types of all arguments then go into
 * `types`, which has room for them. */
static void return_through_arguments(MlirBlock block, MlirType *types) {
  MlirOperation end = mlirBlockGetTerminator(block);
  intptr_t inputs = mlirBlockGetNumArguments(block);
  intptr_t outputs = mlirOperationGetNumOperands(end);
  for (intptr_t i = 0; i < inputs; i++)
    types[i] = mlirValueGetType(mlirBlockGetArgument(block, i));
  for (intptr_t i = 0; i < outputs; i++)
    types[inputs + i] =
        return_through_argument(block, end, mlirOperationGetOperand(end, i));
  mlirOperationSetOperands(end, 0, NULL);
}

/* Attributes of the arguments: bufferisation may write to none of the first
 * `inputs`. Others that they carried mean nothing from here on. */
static void protect_inputs(MlirOperation function, intptr_t inputs,
                           intptr_t outputs) {
  MlirContext context = mlirOperationGetContext(function);
  MlirNamedAttribute entry = mlirNamedAttributeGet(
      mlirIdentifierGet(context, text_ref("bufferization.writable")),
      mlirBoolAttrGet(context, 0));
  MlirAttribute *attributes =
      tess_alloc((size_t)(inputs + outputs + 1) * sizeof *attributes);
  for (intptr_t i = 0; i < inputs + outputs; i++)
    attributes[i] = mlirDictionaryAttrGet(context, i < inputs, &entry);
  mlirOperationSetAttributeByName(
      function, text_ref("arg_attrs"),
      mlirArrayAttrGet(context, inputs + outputs, attributes));
  mlirOperationRemoveAttributeByName(function, text_ref("res_attrs"));
  free(attributes);
}

tess_status_t tess_boundary_rewrite(MlirOperation function) {
  MlirRegion body = mlirOperationGetRegion(function, 0);
  MlirBlock block = mlirRegionGetFirstBlock(body);
  if (mlirBlockIsNull(block))
    return tess_error_at_op(TESS_UNSUPPORTED, function,
                            "a function without a body cannot be run");
  if (!mlirBlockIsNull(mlirBlockGetNextInRegion(block)))
    return tess_error_at_op(TESS_UNSUPPORTED, function,
                            "a function of several blocks cannot be run");
  intptr_t inputs = mlirBlockGetNumArguments(block);
  intptr_t outputs = mlirOperationGetNumOperands(mlirBlockGetTerminator(block));
  MlirType *types = tess_alloc((size_t)(inputs + outputs + 1) * sizeof *types);
  return_through_arguments(block, types);
  MlirType type = mlirFunctionTypeGet(mlirOperationGetContext(function),
                                      inputs + outputs, types, 0, NULL);
  mlirOperationSetAttributeByName(function, text_ref("function_type"),
                                  mlirTypeAttrGet(type));
  free(types);
  protect_inputs(function, inputs, outputs);
  return TESS_SUCCESS;
}

MlirOperation tess_boundary_entry(MlirModule module) {
  MlirOperation op = mlirBlockGetFirstOperation(mlirModuleGetBody(module));
  while (!mlirOperationIsNull(op) && !has_symbol(op, TESS_ENTRY_NAME))
    op = mlirOperationGetNextInBlock(op);
  return op;
}

static MlirNamedAttribute parsed(MlirContext context, const char *name,
                                 const char *text) {
  return mlirNamedAttributeGet(mlirIdentifierGet(context, text_ref(name)),
                               mlirAttributeParseGet(context, text_ref(text)));
}

/* Entry `index` of `table`, loaded before `before`. */
static MlirValue load_entry(MlirBlock block, MlirOperation before,
                            MlirValue table, intptr_t index) {
  MlirLocation location = mlirOperationGetLocation(before);
  MlirContext context = mlirOperationGetContext(before);
  MlirType pointer = mlirValueGetType(table);
  char indices[48];
  snprintf(indices, sizeof indices, "array<i32: %lld>", (long long)index);
  MlirNamedAttribute attributes[2] = {
      parsed(context, "rawConstantIndices", indices),
      parsed(context, "elem_type", "!llvm.ptr")};
  MlirOperationState state =
      mlirOperationStateGet(text_ref("llvm.getelementptr"), location);
  mlirOperationStateAddOperands(&state, 1, &table);
  mlirOperationStateAddResults(&state, 1, &pointer);
  mlirOperationStateAddAttributes(&state, 2, attributes);
  MlirOperation address = mlirOperationCreate(&state);
  mlirBlockInsertOwnedOperationBefore(block, before, address);
  MlirValue place = mlirOperationGetResult(address, 0);
  state = mlirOperationStateGet(text_ref("llvm.load"), location);
  mlirOperationStateAddOperands(&state, 1, &place);
  mlirOperationStateAddResults(&state, 1, &pointer);
  MlirOperation load = mlirOperationCreate(&state);
  mlirBlockInsertOwnedOperationBefore(block, before, load);
  return mlirOperationGetResult(load, 0);
}

void tess_boundary_take_table(MlirModule lowered) {
  MlirOperation entry = tess_boundary_entry(lowered);
  MlirContext context = mlirOperationGetContext(entry);
  MlirBlock block = mlirRegionGetFirstBlock(mlirOperationGetRegion(entry, 0));
  MlirOperation first = mlirBlockGetFirstOperation(block);
  intptr_t count = mlirBlockGetNumArguments(block);
  MlirValue table = mlirBlockAddArgument(
      block, mlirTypeParseGet(context, text_ref("!llvm.ptr")),
      mlirOperationGetLocation(entry));
  for (intptr_t i = 0; i < count; i++)
    mlirValueReplaceAllUsesOfWith(mlirBlockGetArgument(block, i),
                                  load_entry(block, first, table, i));
  for (intptr_t i = count; i > 0; i--)
    mlirBlockEraseArgument(block, (unsigned)i - 1);
  mlirOperationSetAttributeByName(
      entry, text_ref("function_type"),
      mlirTypeAttrGet(
          mlirTypeParseGet(context, text_ref("!llvm.func<void (ptr)>"))));
  mlirOperationRemoveAttributeByName(entry, text_ref("arg_attrs"));
}
