/* Calls of other functions, put in place of the call: the model is read, and
 * rewritten, as one function. */
#include "mlir-c/BuiltinAttributes.h"
#include "reading.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_OPERATIONS = 1 << 20, DEEPEST_CALL = 64, MOST_CALLEES = 1024 };

typedef struct inlining {
  tess_reading_t reading; /* for errors only */
  tess_arena_t arena;
  MlirSymbolTable symbols;
  int64_t operations;                  /* brought in so far */
  MlirOperation inlined[MOST_CALLEES]; /* each once */
  int inlined_count;
} inlining_t;

static bool is_named(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            mlirStringRefCreateFromCString(name));
}

static MlirStringRef callee_name(MlirOperation call) {
  MlirAttribute callee = tess_attribute(call, "callee");
  if (mlirAttributeIsNull(callee) || !mlirAttributeIsAFlatSymbolRef(callee))
    return mlirStringRefCreateFromCString("");
  return mlirFlatSymbolRefAttrGetValue(callee);
}

/* ---- Whether a call can be replaced. ---- */

/* The only block of the function called, or an error at the call. */
static tess_status_t find_body(inlining_t *all, MlirOperation call,
                               MlirOperation *callee, MlirBlock *body) {
  MlirStringRef name = callee_name(call);
  *callee = mlirSymbolTableLookup(all->symbols, name);
  if (mlirOperationIsNull(*callee) || !is_named(*callee, "func.func"))
    return TESS_AT(&all->reading, call, TESS_NOT_FOUND,
                   "call of '%.*s', which is no function of the module",
                   (int)name.length, name.data);
  *body = mlirRegionGetFirstBlock(mlirOperationGetRegion(*callee, 0));
  if (mlirBlockIsNull(*body))
    return TESS_AT(&all->reading, call, TESS_UNSUPPORTED,
                   "call of '%.*s', which is only declared: its work cannot "
                   "be seen; put its definition into the module",
                   (int)name.length, name.data);
  if (!mlirBlockIsNull(mlirBlockGetNextInRegion(*body)))
    return TESS_AT(&all->reading, call, TESS_UNSUPPORTED,
                   "call of '%.*s', which has several blocks: only "
                   "straight-line functions are handled",
                   (int)name.length, name.data);
  return TESS_SUCCESS;
}

/* Follows the calls below `function` before anything is changed: none may come
 * back to one of the `depth` functions in `path`. */
static tess_status_t check_calls(inlining_t *all, MlirOperation function,
                                 MlirOperation *path, int depth) {
  path[depth++] = function;
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    MlirOperation callee;
    MlirBlock called;
    all->operations++;
    if (all->operations > MOST_OPERATIONS)
      return TESS_AT(&all->reading, op, TESS_UNSUPPORTED,
                     "more than %d operations with all calls in their places",
                     MOST_OPERATIONS);
    if (!is_named(op, "func.call"))
      continue;
    TESS_TRY(find_body(all, op, &callee, &called));
    MlirStringRef name = callee_name(op);
    for (int i = 0; i < depth; i++)
      if (mlirOperationEqual(path[i], callee))
        return TESS_AT(&all->reading, op, TESS_UNSUPPORTED,
                       "recursive call of '%.*s': a model must end",
                       (int)name.length, name.data);
    if (depth == DEEPEST_CALL)
      return TESS_AT(&all->reading, op, TESS_UNSUPPORTED,
                     "call of '%.*s' more than %d calls deep", (int)name.length,
                     name.data, DEEPEST_CALL);
    TESS_TRY(check_calls(all, callee, path, depth));
  }
  return TESS_SUCCESS;
}

/* ---- Replacing. ---- */

static void remember(inlining_t *all, MlirOperation callee) {
  for (int i = 0; i < all->inlined_count; i++)
    if (mlirOperationEqual(all->inlined[i], callee))
      return;
  if (all->inlined_count < MOST_CALLEES)
    all->inlined[all->inlined_count++] = callee;
}

/* Moves the body of a clone of `callee` before the call, and the call away.
 * Returns the first operation moved, or the one after the call. */
static MlirOperation replace(MlirOperation call, MlirOperation callee) {
  MlirOperation clone = mlirOperationClone(callee);
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(clone, 0));
  for (intptr_t i = 0; i < mlirBlockGetNumArguments(body); i++)
    mlirValueReplaceAllUsesOfWith(mlirBlockGetArgument(body, i),
                                  mlirOperationGetOperand(call, i));
  MlirOperation end = mlirBlockGetTerminator(body), first = {NULL}, next;
  for (MlirOperation op = mlirBlockGetFirstOperation(body); op.ptr != end.ptr;
       op = next) {
    next = mlirOperationGetNextInBlock(op);
    mlirOperationMoveBefore(op, call);
    if (mlirOperationIsNull(first))
      first = op;
  }
  for (intptr_t i = 0; i < mlirOperationGetNumResults(call); i++)
    mlirValueReplaceAllUsesOfWith(mlirOperationGetResult(call, i),
                                  mlirOperationGetOperand(end, i));
  if (mlirOperationIsNull(first))
    first = mlirOperationGetNextInBlock(call);
  mlirOperationDestroy(call);
  mlirOperationDestroy(clone);
  return first;
}

static void replace_calls(inlining_t *all, MlirOperation function) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  MlirOperation op = mlirBlockGetFirstOperation(body);
  while (!mlirOperationIsNull(op)) {
    if (!is_named(op, "func.call")) {
      op = mlirOperationGetNextInBlock(op);
      continue;
    }
    MlirOperation callee = mlirSymbolTableLookup(all->symbols, callee_name(op));
    remember(all, callee);
    op = replace(op, callee);
  }
}

/* ---- Removing private functions that nothing names any more. ---- */

typedef struct search {
  MlirStringRef name;
  bool found;
} search_t;

static bool names(MlirAttribute attribute, MlirStringRef name) {
  if (mlirAttributeIsASymbolRef(attribute))
    return mlirStringRefEqual(mlirSymbolRefAttrGetRootReference(attribute),
                              name) ||
           mlirStringRefEqual(mlirSymbolRefAttrGetLeafReference(attribute),
                              name);
  if (mlirAttributeIsAArray(attribute))
    for (intptr_t i = 0; i < mlirArrayAttrGetNumElements(attribute); i++)
      if (names(mlirArrayAttrGetElement(attribute, i), name))
        return true;
  if (mlirAttributeIsADictionary(attribute))
    for (intptr_t i = 0; i < mlirDictionaryAttrGetNumElements(attribute); i++)
      if (names(mlirDictionaryAttrGetElement(attribute, i).attribute, name))
        return true;
  return false;
}

static MlirWalkResult look_at(MlirOperation op, void *user) {
  search_t *search = user;
  for (intptr_t i = 0; i < mlirOperationGetNumAttributes(op); i++)
    search->found =
        search->found ||
        names(mlirOperationGetAttribute(op, i).attribute, search->name);
  return search->found ? MlirWalkResultInterrupt : MlirWalkResultAdvance;
}

static bool is_private(MlirOperation function) {
  MlirAttribute visibility = tess_attribute(function, "sym_visibility");
  return !mlirAttributeIsNull(visibility) &&
         mlirAttributeIsAString(visibility) &&
         mlirStringRefEqual(mlirStringAttrGetValue(visibility),
                            mlirStringRefCreateFromCString("private"));
}

static void remove_unused(inlining_t *all, MlirModule module) {
  for (bool again = true; again;) {
    again = false;
    for (int i = 0; i < all->inlined_count; i++) {
      MlirOperation callee = all->inlined[i];
      search_t search = {
          mlirStringAttrGetValue(tess_attribute(callee, "sym_name")), false};
      if (is_private(callee))
        mlirOperationWalk(mlirModuleGetOperation(module), look_at, &search,
                          MlirWalkPreOrder);
      if (!is_private(callee) || search.found)
        continue;
      mlirSymbolTableErase(all->symbols, callee);
      all->inlined[i] = all->inlined[--all->inlined_count];
      again = true;
      break;
    }
  }
}

tess_status_t tess_ir_inline_calls(MlirModule module, MlirOperation function) {
  MlirOperation path[DEEPEST_CALL];
  inlining_t all = {.symbols =
                        mlirSymbolTableCreate(mlirModuleGetOperation(module))};
  all.reading.arena = &all.arena;
  tess_status_t status = check_calls(&all, function, path, 0);
  if (!status) {
    replace_calls(&all, function);
    remove_unused(&all, module);
  }
  mlirSymbolTableDestroy(all.symbols);
  tess_arena_free(&all.arena);
  return status;
}
