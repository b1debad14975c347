/* Changing IR: templates, arguments, replacement. */
#include "edit.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Diagnostics.h"
#include "mlir-c/Dialect/Func.h"
#include "tessera/base/arena.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static MlirStringRef ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

MlirOperation tess_edit_op(const tess_model_t *model, int32_t node) {
  return (MlirOperation){(void *)(uintptr_t)model->nodes[node].op};
}

MlirValue tess_edit_value(const tess_model_t *model, int32_t value) {
  return (MlirValue){(void *)(uintptr_t)model->values[value].handle};
}

static void append(MlirStringRef part, void *text) {
  tess_text_add_n(text, part.data, part.length);
}

void tess_edit_add_printed(tess_text_t *text, MlirType type) {
  mlirTypePrint(type, append, text);
}

void tess_edit_add_element(tess_text_t *text, MlirType tensor) {
  tess_edit_add_printed(text, mlirShapedTypeGetElementType(tensor));
}

void tess_edit_add_type(tess_text_t *text, const int64_t *dims, int32_t rank,
                        MlirType like) {
  tess_text_add(text, "tensor<");
  for (int32_t i = 0; i < rank; i++)
    tess_text_add(text, "%lldx", (long long)dims[i]);
  tess_edit_add_element(text, like);
  tess_text_add(text, ">");
}

/* ---- Templates. ---- */

/* What one parse says. Other threads may work in the same context: their
 * diagnostics are not this parse's to swallow. */
typedef struct diagnosis {
  pthread_t thread;
  tess_text_t text;
} diagnosis_t;

static MlirLogicalResult keep_diagnostic(MlirDiagnostic diagnostic,
                                         void *context) {
  diagnosis_t *kept = context;
  if (!pthread_equal(kept->thread, pthread_self()))
    return mlirLogicalResultFailure();
  if (kept->text.length == 0)
    mlirDiagnosticPrint(diagnostic, append, &kept->text);
  return mlirLogicalResultSuccess();
}

static tess_status_t parse_template(MlirContext context, const char *source,
                                    MlirModule *module) {
  diagnosis_t kept = {pthread_self(), TESS_TEXT_INIT};
  MlirDiagnosticHandlerID handler =
      mlirContextAttachDiagnosticHandler(context, keep_diagnostic, &kept, NULL);
  *module = mlirModuleCreateParse(context, ref(source));
  mlirContextDetachDiagnosticHandler(context, handler);
  tess_status_t status = TESS_SUCCESS;
  if (mlirModuleIsNull(*module))
    status =
        tess_error(TESS_UNSUPPORTED, "the rewritten ops are not valid here: %s",
                   tess_text_get(&kept.text));
  tess_text_free(&kept.text);
  return status;
}

static char *template_source(const MlirValue *inputs, int32_t input_count,
                             const char *result_type, const char *body) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, "func.func @template(");
  for (int32_t i = 0; i < input_count; i++) {
    tess_text_add(&text, "%s%%in%d: ", i ? ", " : "", (int)i);
    tess_edit_add_printed(&text, mlirValueGetType(inputs[i]));
  }
  tess_text_add(&text, ") -> %s {\n", result_type);
  tess_text_add_n(&text, body, strlen(body));
  tess_text_add(&text, "\n  return %%result : %s\n}\n", result_type);
  return text.data;
}

static MlirWalkResult set_location(MlirOperation op, void *location) {
  mlirOperationSetLocation(op, *(MlirLocation *)location);
  return MlirWalkResultAdvance;
}

static void move_template(MlirModule module, MlirOperation before,
                          const MlirValue *inputs, int32_t input_count,
                          MlirValue *result) {
  MlirOperation function =
      mlirBlockGetFirstOperation(mlirModuleGetBody(module));
  MlirBlock block =
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  for (int32_t i = 0; i < input_count; i++)
    mlirValueReplaceAllUsesOfWith(mlirBlockGetArgument(block, i), inputs[i]);
  MlirLocation location = mlirOperationGetLocation(before);
  MlirOperation end = mlirBlockGetTerminator(block);
  *result = mlirOperationGetOperand(end, 0);
  for (MlirOperation op = mlirBlockGetFirstOperation(block);
       !mlirOperationEqual(op, end);) {
    MlirOperation next = mlirOperationGetNextInBlock(op);
    mlirOperationWalk(op, set_location, &location, MlirWalkPreOrder);
    mlirOperationMoveBefore(op, before);
    op = next;
  }
}

tess_status_t tess_edit_splice(MlirOperation before, const MlirValue *inputs,
                               int32_t input_count, const char *result_type,
                               const char *body, MlirValue *result) {
  char *source = template_source(inputs, input_count, result_type, body);
  MlirModule module;
  tess_status_t status =
      parse_template(mlirOperationGetContext(before), source, &module);
  free(source);
  TESS_TRY(status);
  move_template(module, before, inputs, input_count, result);
  mlirModuleDestroy(module);
  return TESS_SUCCESS;
}

/* ---- Function arguments. ---- */

static MlirOperation function_of(MlirOperation op) {
  MlirStringRef name;
  do {
    op = mlirOperationGetParentOperation(op);
    name = mlirIdentifierStr(mlirOperationGetName(op));
  } while (!mlirStringRefEqual(name, ref("func.func")));
  return op;
}

/* Lengthens arg_attrs, where there are any, by one empty dictionary. */
static void extend_argument_attributes(MlirOperation function) {
  MlirAttribute old =
      mlirOperationGetAttributeByName(function, ref("arg_attrs"));
  if (mlirAttributeIsNull(old))
    return;
  MlirContext context = mlirOperationGetContext(function);
  intptr_t count = mlirArrayAttrGetNumElements(old);
  MlirAttribute *items = tess_alloc((size_t)(count + 1) * sizeof *items);
  for (intptr_t i = 0; i < count; i++)
    items[i] = mlirArrayAttrGetElement(old, i);
  items[count] = mlirDictionaryAttrGet(context, 0, NULL);
  mlirOperationSetAttributeByName(function, ref("arg_attrs"),
                                  mlirArrayAttrGet(context, count + 1, items));
  free(items);
}

static void extend_function_type(MlirOperation function, MlirType added) {
  MlirType old = mlirTypeAttrGetValue(
      mlirOperationGetAttributeByName(function, ref("function_type")));
  intptr_t inputs = mlirFunctionTypeGetNumInputs(old);
  intptr_t results = mlirFunctionTypeGetNumResults(old);
  MlirType *types = tess_alloc((size_t)(inputs + 1 + results) * sizeof *types);
  for (intptr_t i = 0; i < inputs; i++)
    types[i] = mlirFunctionTypeGetInput(old, i);
  types[inputs] = added;
  for (intptr_t i = 0; i < results; i++)
    types[inputs + 1 + i] = mlirFunctionTypeGetResult(old, i);
  MlirType type =
      mlirFunctionTypeGet(mlirOperationGetContext(function), inputs + 1, types,
                          results, types + inputs + 1);
  mlirOperationSetAttributeByName(function, ref("function_type"),
                                  mlirTypeAttrGet(type));
  free(types);
}

MlirValue tess_edit_add_argument(MlirOperation inside, const char *type_text,
                                 const char *name) {
  MlirOperation function = function_of(inside);
  MlirContext context = mlirOperationGetContext(function);
  MlirType type = mlirTypeParseGet(context, ref(type_text));
  MlirBlock block =
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  MlirValue argument =
      mlirBlockAddArgument(block, type, mlirOperationGetLocation(inside));
  extend_argument_attributes(function);
  extend_function_type(function, type);
  mlirFuncSetArgAttr(function, mlirBlockGetNumArguments(block) - 1,
                     ref("tessera.name"),
                     mlirStringAttrGet(context, ref(name)));
  return argument;
}

/* ---- Replacement. ---- */

typedef struct op_list {
  MlirOperation *items;
  size_t count, capacity;
} op_list_t;

static void push(op_list_t *list, MlirOperation op) {
  for (size_t i = 0; i < list->count; i++)
    if (mlirOperationEqual(list->items[i], op))
      return;
  list->items = tess_grow(list->items, list->count + 1, &list->capacity,
                          sizeof *list->items);
  list->items[list->count++] = op;
}

/* Adds the ops whose results `op` or its regions read. */
static MlirWalkResult push_producers(MlirOperation op, void *list) {
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    MlirValue value = mlirOperationGetOperand(op, i);
    if (mlirValueIsAOpResult(value))
      push(list, mlirOpResultGetOwner(value));
  }
  return MlirWalkResultAdvance;
}

static bool is_unread(MlirOperation op) {
  intptr_t results = mlirOperationGetNumResults(op);
  for (intptr_t i = 0; i < results; i++) {
    MlirValue result = mlirOperationGetResult(op, i);
    if (!mlirOpOperandIsNull(mlirValueGetFirstUse(result)))
      return false;
  }
  return results > 0;
}

static bool is_inside(MlirOperation op, MlirBlock block) {
  return mlirBlockEqual(mlirOperationGetBlock(op), block);
}

void tess_edit_replace(MlirOperation old, MlirValue value) {
  mlirValueReplaceAllUsesOfWith(mlirOperationGetResult(old, 0), value);
  MlirBlock block = mlirOperationGetBlock(old);
  op_list_t dead = {0};
  push(&dead, old);
  /* An op becomes unread once, when its last reader goes, so it is queued
   * once and no destroyed op stays in the queue. */
  while (dead.count) {
    MlirOperation op = dead.items[--dead.count];
    op_list_t producers = {0};
    mlirOperationWalk(op, push_producers, &producers, MlirWalkPreOrder);
    /* What the op's own regions define dies with it. */
    size_t outside = 0;
    for (size_t i = 0; i < producers.count; i++)
      if (is_inside(producers.items[i], block))
        producers.items[outside++] = producers.items[i];
    mlirOperationDestroy(op);
    for (size_t i = 0; i < outside; i++)
      if (is_unread(producers.items[i]))
        push(&dead, producers.items[i]);
    free(producers.items);
  }
  free(dead.items);
}
