/* Lowers a whole function, TOSA or linalg on tensors, to the LLVM dialect with
 * upstream passes. No pass may reorder floating-point arithmetic. */
#include "lower.h"
#include "diagnose.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Pass.h"
#include <stdlib.h>
#include <string.h>

#define BUFFERIZE                                                              \
  "one-shot-bufferize{bufferize-function-boundaries=true "                     \
  "function-boundary-type-conversion=identity-layout-map}"

/* Whatever the function calls becomes part of it. */
static const char isolate_passes[] = "inline,symbol-dce";

static const char lower_passes[] =
    /* TOSA to linalg and arith; linalg stays as it is. */
    "func.func(tosa-infer-shapes,tosa-make-broadcastable,"
    "tosa-to-linalg-named{prefer-conv2d-kernel-layout-hwcf=true},canonicalize,"
    "tosa-to-linalg,tosa-to-arith{include-apply-rescale=true},tosa-to-tensor),"
    /* Element-wise chains run as one loop. Contractions stay named, so that no
     * chain moves into one and is computed again for every output channel. */
    "canonicalize,cse,linalg-fuse-elementwise-ops,canonicalize,cse,"
    /* Buffers, each freed after its last use. */
    "eliminate-empty-tensors," BUFFERIZE ",canonicalize,cse,"
    "ownership-based-buffer-deallocation,canonicalize,"
    "buffer-deallocation-simplification,bufferization-lower-deallocations,"
    "cse,canonicalize,func.func(optimize-allocation-liveness),"
    /* Loops. */
    "func.func(convert-linalg-to-loops),fold-memref-alias-ops,"
    "canonicalize,cse,loop-invariant-code-motion,"
    /* 16-bit floats compute in f32 and round after every operation. */
    "math-extend-to-supported-types{target-type=f32},"
    "arith-emulate-unsupported-floats{source-types=bf16,f16 target-type=f32},"
    "arith-expand{include-bf16=true},canonicalize,cse,"
    "expand-strided-metadata,lower-affine,convert-scf-to-cf,"
    "convert-math-to-llvm,convert-math-to-libm,finalize-memref-to-llvm,"
    "convert-func-to-llvm,convert-index-to-llvm,convert-arith-to-llvm,"
    "convert-cf-to-llvm,convert-ub-to-llvm,reconcile-unrealized-casts,"
    "canonicalize,cse";

static MlirStringRef text_ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static void add_chunk(MlirStringRef chunk, void *text) {
  tess_text_add_n(text, chunk.data, chunk.length);
}

static tess_status_t run_passes(MlirModule module, const char *passes) {
  MlirContext context = mlirModuleGetContext(module);
  MlirPassManager manager = mlirPassManagerCreate(context);
  tess_text_t parse_error = TESS_TEXT_INIT;
  MlirLogicalResult result =
      mlirOpPassManagerAddPipeline(mlirPassManagerGetAsOpPassManager(manager),
                                   text_ref(passes), add_chunk, &parse_error);
  tess_status_t status = TESS_SUCCESS;
  if (mlirLogicalResultIsFailure(result)) {
    status = tess_error(TESS_UNSUPPORTED, "this MLIR lacks a pass: %s",
                        tess_text_get(&parse_error));
  } else {
    tess_diagnosis_t diagnosis;
    tess_diagnosis_begin(&diagnosis, context);
    result = mlirPassManagerRunOnOp(manager, mlirModuleGetOperation(module));
    status = tess_diagnosis_end(&diagnosis, mlirLogicalResultIsSuccess(result),
                                TESS_UNSUPPORTED, "lowering to this processor");
  }
  tess_text_free(&parse_error);
  mlirPassManagerDestroy(manager);
  return status;
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

/* Makes the named function the only public one, under the lowered name. */
static tess_status_t isolate(MlirModule module, const char *name,
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
             TESS_LOWERED_NAME);
  mlirOperationSetAttributeByName(
      *function, text_ref("llvm.emit_c_interface"),
      mlirUnitAttrGet(mlirOperationGetContext(*function)));
  return TESS_SUCCESS;
}

/* After inlining, a function without a body is one that is called. */
static tess_status_t refuse_declarations(MlirModule module) {
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

static tess_status_t rewrite_boundary(MlirOperation function) {
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

tess_status_t tess_lower(MlirModule module, const char *name) {
  MlirOperation function;
  TESS_TRY(isolate(module, name, &function));
  TESS_TRY(rewrite_boundary(function));
  TESS_TRY(run_passes(module, isolate_passes));
  TESS_TRY(refuse_declarations(module));
  return run_passes(module, lower_passes);
}
