/* Writing a cut down as words, op by op. Every list starts with its length, so
 * different cuts cannot give the same words. */
#include "describe.h"
#include "apply.h"
#include "mlir-c/BuiltinAttributes.h"
#include "tessera/base/arena.h"

typedef struct writer {
  const tess_cut_t *cut;
  tess_words_t *words;
  tess_index_map_t *numbers; /* value -> number in order of appearance */
  const tess_site_list_t *sites;
  const int32_t *members;
  int32_t member_count;
} writer_t;

static void add(writer_t *w, uintptr_t word) {
  tess_words_t *words = w->words;
  words->items = tess_grow(words->items, words->count + 1, &words->capacity,
                           sizeof *words->items);
  words->items[words->count++] = word;
}

static void add_pointer(writer_t *w, const void *pointer) {
  add(w, (uintptr_t)pointer);
}

/* The number of a value; one from outside is described where it first
 * appears. */
static void add_value(writer_t *w, MlirValue value) {
  bool added;
  add(w, tess_index_map_add(w->numbers, &value.ptr, &added));
  if (!added)
    return;
  add_pointer(w, mlirValueGetType(value).ptr);
  add(w, (uintptr_t)tess_body_role(w->cut->body, value));
}

static void add_result(writer_t *w, MlirValue value) {
  add(w, tess_index_map_add(w->numbers, &value.ptr, NULL));
  add_pointer(w, mlirValueGetType(value).ptr);
}

/* Marks differ from one cut to the next; sites are described by themselves. */
static void add_attributes(writer_t *w, MlirOperation op) {
  intptr_t count = mlirOperationGetNumAttributes(op);
  for (intptr_t i = 0; i < count; i++) {
    MlirNamedAttribute attribute = mlirOperationGetAttribute(op, i);
    if (tess_apply_is_mark(attribute.name))
      continue;
    add_pointer(w, attribute.name.ptr);
    add_pointer(w, attribute.attribute.ptr);
  }
  add(w, 0); /* no name is at address 0 */
}

static void add_operation(writer_t *w, MlirOperation op);

static void add_region(writer_t *w, MlirRegion region) {
  for (MlirBlock block = mlirRegionGetFirstBlock(region);
       !mlirBlockIsNull(block); block = mlirBlockGetNextInRegion(block)) {
    intptr_t arguments = mlirBlockGetNumArguments(block);
    add(w, (uintptr_t)arguments + 1);
    for (intptr_t i = 0; i < arguments; i++)
      add_result(w, mlirBlockGetArgument(block, i));
    for (MlirOperation op = mlirBlockGetFirstOperation(block);
         !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op))
      add_operation(w, op);
    add(w, 0);
  }
  add(w, 0);
}

static void add_operation(writer_t *w, MlirOperation op) {
  add_pointer(w, mlirOperationGetName(op).ptr);
  intptr_t operands = mlirOperationGetNumOperands(op);
  add(w, (uintptr_t)operands);
  for (intptr_t i = 0; i < operands; i++)
    add_value(w, mlirOperationGetOperand(op, i));
  add_attributes(w, op);
  intptr_t results = mlirOperationGetNumResults(op);
  add(w, (uintptr_t)results);
  for (intptr_t i = 0; i < results; i++)
    add_result(w, mlirOperationGetResult(op, i));
  /* Jumps between blocks are not described: such a cut is like no other. */
  if (mlirOperationGetNumSuccessors(op) > 0)
    add_pointer(w, op.ptr);
  intptr_t regions = mlirOperationGetNumRegions(op);
  add(w, (uintptr_t)regions);
  for (intptr_t i = 0; i < regions; i++)
    add_region(w, mlirOperationGetRegion(op, i));
}

/* Which results of the body's op the outline returns. */
static void add_returned(writer_t *w, size_t op) {
  MlirOperation operation = w->cut->body->ops[op];
  for (intptr_t i = 0; i < mlirOperationGetNumResults(operation); i++)
    add(w,
        tess_cut_is_returned(w->cut, op, mlirOperationGetResult(operation, i)));
}

/* Which of the sites is anchored at which op, and what it offers. */
static void add_sites(writer_t *w) {
  for (int32_t i = 0; i < w->member_count; i++) {
    const tess_site_t *site = &w->sites->sites[w->members[i]];
    size_t op = tess_index_map_find(w->cut->body->position, &site->anchor);
    size_t at = 0;
    while (at < w->cut->count && w->cut->ops[at] != op)
      at++;
    add(w, at);
    add(w, (uintptr_t)site->rewrite);
    add(w, (uintptr_t)site->alternative_count);
  }
}

void tess_describe(const tess_cut_t *cut, const tess_site_list_t *sites,
                   const int32_t *members, int32_t member_count,
                   tess_words_t *words) {
  writer_t w = {.cut = cut,
                .words = words,
                .numbers = tess_index_map_create(sizeof(void *)),
                .sites = sites,
                .members = members,
                .member_count = member_count};
  add(&w, cut->count);
  for (size_t i = 0; i < cut->count; i++) {
    add_operation(&w, cut->body->ops[cut->ops[i]]);
    add_returned(&w, cut->ops[i]);
  }
  add(&w, (uintptr_t)member_count);
  add_sites(&w);
  tess_index_map_destroy(w.numbers);
}
