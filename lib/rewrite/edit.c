/* Changing IR: arguments, replacement. */
#include "edit.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Func.h"
#include "tessera/base/arena.h"
#include "tessera/base/text.h"
#include <stdlib.h>

static MlirStringRef ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

MlirOperation tess_edit_op(const tess_model_t *model, int32_t node) {
  return (MlirOperation){(void *)(uintptr_t)model->nodes[node].op};
}

void tess_edit_walk(MlirOperation op, MlirOperationWalkCallback visit,
                    void *data) {
  if (mlirOperationGetNumRegions(op))
    mlirOperationWalk(op, visit, data, MlirWalkPreOrder);
  else
    visit(op, data);
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

MlirValue tess_edit_add_argument(MlirOperation inside, MlirType type,
                                 const char *name) {
  MlirOperation function = function_of(inside);
  MlirContext context = mlirOperationGetContext(function);
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

static MlirAttribute role_of(MlirAttribute dictionary) {
  return mlirAttributeIsNull(dictionary) ? dictionary
                                         : mlirDictionaryAttrGetElementByName(
                                               dictionary, ref("tessera.role"));
}

/* An argument's attributes with its role. */
static MlirAttribute with_role(MlirContext context, MlirAttribute old,
                               const char *role) {
  intptr_t count =
      mlirAttributeIsNull(old) ? 0 : mlirDictionaryAttrGetNumElements(old);
  MlirNamedAttribute *all = tess_alloc((size_t)(count + 1) * sizeof *all);
  for (intptr_t i = 0; i < count; i++)
    all[i] = mlirDictionaryAttrGetElement(old, i);
  all[count] =
      mlirNamedAttributeGet(mlirIdentifierGet(context, ref("tessera.role")),
                            mlirStringAttrGet(context, ref(role)));
  MlirAttribute dictionary = mlirDictionaryAttrGet(context, count + 1, all);
  free(all);
  return dictionary;
}

static int32_t argument_role(const tess_model_t *model, int32_t argument) {
  int32_t value = model->arguments[argument];
  return value == TESS_NONE ? TESS_NONE : model->values[value].role;
}

/* What is to be stated of an argument with these attributes; NULL: nothing. */
static const char *unstated_role(const tess_model_t *model, int32_t argument,
                                 MlirAttribute attributes) {
  int32_t role = argument_role(model, argument);
  if (!mlirAttributeIsNull(role_of(attributes)))
    return NULL;
  return role == TESS_ROLE_INPUT       ? "input"
         : role == TESS_ROLE_STATISTIC ? "statistic"
                                       : NULL;
}

static MlirAttribute attributes_of(MlirAttribute all, int32_t argument) {
  return mlirAttributeIsNull(all) ? all
                                  : mlirArrayAttrGetElement(all, argument);
}

void tess_edit_state_roles(const tess_model_t *model) {
  MlirOperation function = {(void *)(uintptr_t)model->func_op};
  MlirContext context = mlirOperationGetContext(function);
  MlirAttribute old =
      mlirOperationGetAttributeByName(function, ref("arg_attrs"));
  bool any = false;
  for (int32_t i = 0; i < model->argument_count && !any; i++)
    any = unstated_role(model, i, attributes_of(old, i)) != NULL;
  if (!any)
    return;
  size_t count = (size_t)mlirBlockGetNumArguments(
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0)));
  MlirAttribute *all = tess_alloc(count * sizeof *all);
  for (int32_t i = 0; i < (int32_t)count; i++) {
    MlirAttribute own = attributes_of(old, i);
    const char *role =
        i < model->argument_count ? unstated_role(model, i, own) : NULL;
    all[i] = role ? with_role(context, own, role)
             : mlirAttributeIsNull(own)
                 ? mlirDictionaryAttrGet(context, 0, NULL)
                 : own;
  }
  mlirOperationSetAttributeByName(
      function, ref("arg_attrs"),
      mlirArrayAttrGet(context, (intptr_t)count, all));
  free(all);
}

/* The argument that `value` is, or shows in another shape; null: it is none.
 */
static MlirValue argument_behind(MlirValue value) {
  while (mlirValueIsAOpResult(value)) {
    MlirOperation op = mlirOpResultGetOwner(value);
    if (mlirOperationGetNumOperands(op) == 0)
      return (MlirValue){NULL};
    value = mlirOperationGetOperand(op, 0);
  }
  return value;
}

/* An attribute of a function's argument; null where it has none. */
static MlirAttribute argument_attribute(MlirValue argument, const char *name) {
  MlirOperation function =
      mlirBlockGetParentOperation(mlirBlockArgumentGetOwner(argument));
  MlirAttribute all =
      mlirOperationGetAttributeByName(function, ref("arg_attrs"));
  intptr_t index = mlirBlockArgumentGetArgNumber(argument);
  if (mlirAttributeIsNull(all) || index >= mlirArrayAttrGetNumElements(all))
    return mlirAttributeGetNull();
  return mlirDictionaryAttrGetElementByName(mlirArrayAttrGetElement(all, index),
                                            ref(name));
}

MlirValue tess_edit_add_weight(MlirOperation inside, MlirType type,
                               const char *rewrite, MlirValue old) {
  MlirValue argument = argument_behind(old);
  MlirAttribute name = mlirAttributeGetNull(), role = name;
  if (!mlirValueIsNull(argument)) {
    name = argument_attribute(argument, "tessera.name");
    role = argument_attribute(argument, "tessera.role");
  }
  bool named = !mlirAttributeIsNull(name) && mlirAttributeIsAString(name);
  MlirStringRef known = named ? mlirStringAttrGetValue(name) : ref("weight");
  intptr_t index = mlirBlockGetNumArguments(mlirOperationGetBlock(inside));
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, "%s.%.*s.%d", rewrite, (int)known.length, known.data,
                (int)index);
  MlirValue made = tess_edit_add_argument(inside, type, tess_text_get(&text));
  tess_text_free(&text);
  if (!mlirAttributeIsNull(role))
    mlirFuncSetArgAttr(function_of(inside), index, ref("tessera.role"), role);
  return made;
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
    tess_edit_walk(op, push_producers, &producers);
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
