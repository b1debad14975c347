/* Writing a cut down as words, op by op. Every list starts with its length, so
 * different cuts cannot give the same words. */
#include "describe.h"
#include "apply.h"
#include "mlir-c/BuiltinAttributes.h"
#include "tessera/base/arena.h"
#include <stdlib.h>

/* The attributes that some op of a name has, its discardable ones aside. */
typedef struct usual {
  MlirNamedAttribute *attributes; /* only their names matter */
  intptr_t count;
} usual_t;

struct tess_vocabulary {
  tess_index_map_t *names; /* of ops, by MlirIdentifier */
  usual_t *usual;          /* by index of the name */
  size_t capacity;
};

tess_vocabulary_t *tess_vocabulary_create(void) {
  tess_vocabulary_t *vocabulary = tess_alloc(sizeof *vocabulary);
  vocabulary->names = tess_index_map_create(sizeof(void *));
  return vocabulary;
}

void tess_vocabulary_destroy(tess_vocabulary_t *vocabulary) {
  for (size_t i = 0; i < tess_index_map_count(vocabulary->names); i++)
    free(vocabulary->usual[i].attributes);
  tess_index_map_destroy(vocabulary->names);
  free(vocabulary->usual);
  free(vocabulary);
}

typedef struct writer {
  tess_vocabulary_t *vocabulary;
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

/* ---- Attributes. ----
 *
 * The C API builds the list of an op's attributes anew whenever one is asked
 * for by number, which would be most of the work. So the names are learned from
 * the first op of its kind, and the attributes asked for by name; where their
 * number tells that there are others, one by one after all. */

/* Marks differ from one cut to the next; sites are described by themselves. */
static void add_attribute(writer_t *w, MlirNamedAttribute attribute) {
  if (tess_apply_is_mark(attribute.name))
    return;
  add_pointer(w, attribute.name.ptr);
  add_pointer(w, attribute.attribute.ptr);
}

static void learn(usual_t *usual, MlirOperation op) {
  intptr_t count = mlirOperationGetNumAttributes(op);
  usual->attributes =
      tess_alloc((size_t)(count + 1) * sizeof(*usual->attributes));
  for (intptr_t i = 0; i < count; i++) {
    MlirNamedAttribute attribute = mlirOperationGetAttribute(op, i);
    if (mlirOperationHasInherentAttributeByName(
            op, mlirIdentifierStr(attribute.name)))
      usual->attributes[usual->count++] = attribute;
  }
}

static const usual_t *usual_of(tess_vocabulary_t *vocabulary,
                               MlirOperation op) {
  MlirIdentifier name = mlirOperationGetName(op);
  bool added;
  size_t index = tess_index_map_add(vocabulary->names, &name.ptr, &added);
  if (added) {
    vocabulary->usual = tess_grow(vocabulary->usual, index + 1,
                                  &vocabulary->capacity, sizeof(usual_t));
    vocabulary->usual[index] = (usual_t){0};
    learn(&vocabulary->usual[index], op);
  }
  return &vocabulary->usual[index];
}

/* Adds the attributes of the usual names and the discardable ones; returns how
 * many the op has of both. */
static intptr_t add_usual(writer_t *w, MlirOperation op) {
  const usual_t *usual = usual_of(w->vocabulary, op);
  intptr_t found = 0;
  for (intptr_t i = 0; i < usual->count; i++) {
    MlirNamedAttribute attribute = usual->attributes[i];
    attribute.attribute = mlirOperationGetInherentAttributeByName(
        op, mlirIdentifierStr(attribute.name));
    if (mlirAttributeIsNull(attribute.attribute))
      continue;
    add_attribute(w, attribute);
    found++;
  }
  intptr_t discardable = mlirOperationGetNumDiscardableAttributes(op);
  for (intptr_t i = 0; i < discardable; i++)
    add_attribute(w, mlirOperationGetDiscardableAttribute(op, i));
  return found + discardable;
}

static void add_attributes(writer_t *w, MlirOperation op) {
  size_t start = w->words->count;
  intptr_t count = mlirOperationGetNumAttributes(op);
  if (add_usual(w, op) != count) {
    w->words->count = start;
    for (intptr_t i = 0; i < count; i++)
      add_attribute(w, mlirOperationGetAttribute(op, i));
  }
  add(w, 0); /* no name is at address 0 */
}

/* ---- Ops. ---- */

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
    for (int32_t a = 0; a < site->alternative_count; a++)
      add(w, (uintptr_t)site->alternatives[a].number);
  }
}

void tess_describe(tess_vocabulary_t *vocabulary, const tess_cut_t *cut,
                   const tess_site_list_t *sites, const int32_t *members,
                   int32_t member_count, tess_words_t *words) {
  writer_t w = {.vocabulary = vocabulary,
                .cut = cut,
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
