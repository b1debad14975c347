/* The function to work on. */
#include "mlir-c/BuiltinAttributes.h"
#include "reading.h"
#include "tessera/base/text.h"
#include <stdlib.h>
#include <string.h>

/* A function with a body. */
typedef struct candidate {
  MlirOperation op;
  MlirStringRef name;
  bool called; /* by another function of the module */
} candidate_t;

typedef struct candidates {
  candidate_t *items;
  size_t count, capacity;
  size_t current; /* the caller during mark_called */
} candidates_t;

static bool is_function_with_body(MlirOperation op) {
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  return mlirStringRefEqual(name,
                            mlirStringRefCreateFromCString("func.func")) &&
         mlirOperationGetNumRegions(op) == 1 &&
         !mlirBlockIsNull(
             mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0)));
}

static MlirStringRef string_attribute(MlirOperation op, const char *name) {
  MlirAttribute attribute = tess_attribute(op, name);
  if (mlirAttributeIsNull(attribute) || !mlirAttributeIsAString(attribute))
    return mlirStringRefCreateFromCString("");
  return mlirStringAttrGetValue(attribute);
}

static bool is_private(MlirOperation op) {
  return mlirStringRefEqual(string_attribute(op, "sym_visibility"),
                            mlirStringRefCreateFromCString("private"));
}

static MlirWalkResult mark_called(MlirOperation op, void *user) {
  candidates_t *all = user;
  MlirAttribute callee =
      mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                         mlirStringRefCreateFromCString("func.call"))
          ? tess_attribute(op, "callee")
          : (MlirAttribute){NULL};
  if (mlirAttributeIsNull(callee) || !mlirAttributeIsAFlatSymbolRef(callee))
    return MlirWalkResultAdvance;
  MlirStringRef name = mlirFlatSymbolRefAttrGetValue(callee);
  for (size_t i = 0; i < all->count; i++)
    if (i != all->current && mlirStringRefEqual(name, all->items[i].name))
      all->items[i].called = true;
  return MlirWalkResultAdvance;
}

static candidates_t collect(MlirModule module) {
  candidates_t all = {0};
  MlirBlock body = mlirModuleGetBody(module);
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    if (!is_function_with_body(op))
      continue;
    all.items =
        tess_grow(all.items, all.count + 1, &all.capacity, sizeof *all.items);
    all.items[all.count++] =
        (candidate_t){.op = op, .name = string_attribute(op, "sym_name")};
  }
  for (; all.count > 1 && all.current < all.count; all.current++)
    mlirOperationWalk(all.items[all.current].op, mark_called, &all,
                      MlirWalkPreOrder);
  return all;
}

/* Without a name, functions that no other calls go first, of those the public
 * ones. */
static int rank_of(const candidate_t *c) {
  return c->called ? 0 : is_private(c->op) ? 1 : 2;
}

static bool fits(const candidate_t *c, const char *name, int rank) {
  return name
             ? mlirStringRefEqual(c->name, mlirStringRefCreateFromCString(name))
             : rank_of(c) == rank;
}

/* How many functions may be meant by `name`, and the last of them. */
static int match(const candidates_t *all, const char *name, int rank,
                 MlirOperation *function) {
  int matches = 0;
  for (size_t i = 0; i < all->count; i++)
    if (fits(&all->items[i], name, rank)) {
      *function = all->items[i].op;
      matches++;
    }
  return matches;
}

/* An error about the module as a whole, at the file that it came from. */
static tess_status_t module_error(MlirModule module, tess_code_t code,
                                  const char *message) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const char *file;
  int line, column;
  tess_ir_place(&arena,
                mlirOperationGetLocation(mlirModuleGetOperation(module)), &file,
                &line, &column);
  tess_status_t status =
      file && file[0] ? tess_error_at(code, file, line, column, "%s", message)
                      : tess_error(code, "%s", message);
  tess_arena_free(&arena);
  return status;
}

static void list(const candidates_t *all, const char *name, int rank,
                 tess_text_t *out) {
  const char *comma = "";
  for (size_t i = 0; i < all->count; i++)
    if (name || fits(&all->items[i], NULL, rank)) {
      tess_text_add(out, "%s%.*s", comma, (int)all->items[i].name.length,
                    all->items[i].name.data);
      comma = ", ";
    }
}

static tess_status_t no_match(MlirModule module, const candidates_t *all,
                              const char *name, int rank) {
  tess_text_t message = TESS_TEXT_INIT;
  if (!all->count)
    tess_text_add(&message, "no function with a body in the module; the model "
                            "must be a func.func");
  else if (name)
    tess_text_add(&message, "no function '%s'; there is: ", name);
  else
    tess_text_add(&message, "several functions: say which one to work on: ");
  list(all, name, rank, &message);
  tess_status_t status = module_error(
      module, all->count && !name ? TESS_UNSUPPORTED : TESS_NOT_FOUND,
      tess_text_get(&message));
  tess_text_free(&message);
  return status;
}

tess_status_t tess_ir_find_function(MlirModule module, const char *name,
                                    MlirOperation *function) {
  candidates_t all = collect(module);
  int rank = 0;
  for (size_t i = 0; i < all.count; i++)
    rank = rank_of(&all.items[i]) > rank ? rank_of(&all.items[i]) : rank;
  tess_status_t status = match(&all, name, rank, function) == 1
                             ? TESS_SUCCESS
                             : no_match(module, &all, name, rank);
  free(all.items);
  return status;
}
