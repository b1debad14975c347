/* From a function's body to the graph. */
#include "layout_graph.h"
#include "edit.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/hash.h"
#include <stdlib.h>

typedef struct builder {
  const tess_model_t *model;
  tess_layout_graph_t *graph;
  MlirBlock block;
  tess_index_map_t *index; /* MlirValue.ptr -> value */
  size_t op_room, value_room;
  int32_t named[2]; /* ops of linalg and of TOSA */
} builder_t;

static double bytes_of(const tess_layout_value_t *value) {
  MlirType type = mlirShapedTypeGetElementType(mlirValueGetType(value->value));
  double bits = mlirTypeIsAFloat(type)     ? mlirFloatTypeGetWidth(type)
                : mlirTypeIsAInteger(type) ? mlirIntegerTypeGetWidth(type)
                                           : 64.0;
  for (int32_t i = 0; i < value->rank; i++)
    bits *= (double)value->shape[i];
  return bits / 8.0;
}

/* The index of a tensor of known shape; TESS_NONE for other values. */
static int32_t add_value(builder_t *b, MlirValue value, int32_t maker) {
  tess_layout_value_t new = {.value = value, .maker = maker};
  if (!tess_layout_shape(value, new.shape, &new.rank))
    return TESS_NONE;
  bool added;
  size_t at = tess_index_map_add(b->index, &value.ptr, &added);
  if (!added)
    return (int32_t)at;
  tess_layout_graph_t *graph = b->graph;
  new.bytes = bytes_of(&new);
  graph->values =
      tess_grow(graph->values, at + 1, &b->value_room, sizeof *graph->values);
  graph->values[at] = new;
  graph->value_count = (int32_t)at + 1;
  return (int32_t)at;
}

/* ---- Ops. ---- */

static bool is_tensor(MlirValue value) {
  return mlirTypeIsATensor(mlirValueGetType(value));
}

static void add_slot(tess_layout_op_t *op, MlirValue value, int32_t operand,
                     int32_t number, int32_t index) {
  tess_layout_slot_t *slot = &op->slots[op->slot_count++];
  int64_t shape[TESS_MAX_RANK];
  *slot = (tess_layout_slot_t){
      .value = value, .operand = operand, .number = number, .index = index};
  tess_layout_shape(value, shape, &slot->rank);
}

/* Lists the tensors; false where one has no known shape. */
static bool add_slots(builder_t *b, tess_layout_op_t *op, int32_t number) {
  int32_t operands = (int32_t)mlirOperationGetNumOperands(op->op);
  int32_t results = (int32_t)mlirOperationGetNumResults(op->op);
  bool known = true;
  op->slots = tess_arena_array(
      &b->graph->arena, (size_t)operands + (size_t)results, sizeof *op->slots);
  for (int32_t i = 0; i < operands + results; i++) {
    bool made = i >= operands;
    MlirValue value = made ? mlirOperationGetResult(op->op, i - operands)
                           : mlirOperationGetOperand(op->op, i);
    if (!is_tensor(value))
      continue;
    int32_t index = add_value(b, value, made ? number : TESS_NONE);
    known = known && index != TESS_NONE;
    if (index == TESS_NONE)
      continue;
    add_slot(op, value, made ? TESS_NONE : i, made ? i - operands : 0, index);
    op->results += made;
    if (!made && i >= operands - results &&
        tess_layout_is_dialect(op->op, "linalg."))
      op->slots[op->slot_count - 1].init = true;
  }
  return known && op->results == results;
}

static void add_op(builder_t *b, MlirOperation handle) {
  tess_layout_graph_t *graph = b->graph;
  int32_t number = graph->op_count++;
  graph->ops = tess_grow(graph->ops, (size_t)graph->op_count, &b->op_room,
                         sizeof *graph->ops);
  tess_layout_op_t *op = &graph->ops[number];
  *op = (tess_layout_op_t){.op = handle, .kind = TESS_LAYOUT_OP_FIXED};
  if (add_slots(b, op, number))
    tess_layout_describe(op);
  b->named[0] += tess_layout_is_dialect(handle, "linalg.");
  b->named[1] += tess_layout_is_dialect(handle, "tosa.");
  for (int32_t s = 0; s < op->slot_count; s++)
    if (op->slots[s].operand == TESS_NONE)
      graph->values[op->slots[s].index].free = op->kind == TESS_LAYOUT_OP_FREE;
}

/* ---- What nested regions read has to stay as it is. ---- */

static MlirWalkResult hold_captured(MlirOperation op, void *data) {
  builder_t *b = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    MlirValue value = mlirOperationGetOperand(op, i);
    if (!is_tensor(value) ||
        mlirBlockEqual(mlirOperationGetBlock(op), b->block))
      continue;
    size_t at = tess_index_map_find(b->index, &value.ptr);
    if (at == SIZE_MAX || b->graph->values[at].maker == TESS_NONE)
      continue;
    b->graph->ops[b->graph->values[at].maker].kind = TESS_LAYOUT_OP_FIXED;
    b->graph->values[at].free = false;
  }
  return MlirWalkResultAdvance;
}

static void add_body(builder_t *b) {
  for (MlirOperation op = mlirBlockGetFirstOperation(b->block);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op))
    add_op(b, op);
  for (int32_t i = 0; i < b->graph->op_count; i++)
    if (mlirOperationGetNumRegions(b->graph->ops[i].op))
      mlirOperationWalk(b->graph->ops[i].op, hold_captured, b,
                        MlirWalkPreOrder);
}

/* ---- Who reads what, and what is known beforehand. ---- */

static void find_uses(builder_t *b) {
  tess_layout_graph_t *graph = b->graph;
  int32_t total = 0;
  for (int32_t pass = 0; pass < 2; pass++) {
    for (int32_t o = 0; o < graph->op_count; o++)
      for (int32_t s = 0; s < graph->ops[o].slot_count; s++) {
        const tess_layout_slot_t *slot = &graph->ops[o].slots[s];
        tess_layout_value_t *value = &graph->values[slot->index];
        if (slot->operand == TESS_NONE)
          continue;
        if (pass)
          graph->uses[value->first_use + value->use_count] = o;
        value->use_count++;
      }
    for (int32_t v = 0; v < graph->value_count && !pass; v++) {
      graph->values[v].first_use = total;
      total += graph->values[v].use_count;
      graph->values[v].use_count = 0;
    }
    if (!pass)
      graph->uses = tess_arena_array(&graph->arena, (size_t)total + 1,
                                     sizeof *graph->uses);
  }
}

static void mark_prepared(builder_t *b) {
  const tess_model_t *model = b->model;
  for (int32_t v = 0; v < model->value_count; v++) {
    const tess_value_t *value = &model->values[v];
    size_t at = tess_index_map_find(b->index, &value->handle);
    if (at != SIZE_MAX && value->role != TESS_ROLE_ACTIVATION &&
        value->role != TESS_ROLE_INPUT)
      b->graph->values[at].bytes = 0.0;
  }
}

tess_layout_graph_t *tess_layout_graph_create(const tess_model_t *model) {
  MlirOperation function = {(void *)(uintptr_t)model->func_op};
  MlirRegion body = mlirOperationGetRegion(function, 0);
  MlirBlock block = mlirRegionGetFirstBlock(body);
  if (mlirBlockIsNull(block) ||
      !mlirBlockIsNull(mlirBlockGetNextInRegion(block)))
    return NULL;
  tess_layout_graph_t *graph = tess_alloc(sizeof *graph);
  builder_t b = {.model = model,
                 .graph = graph,
                 .block = block,
                 .index = tess_index_map_create(sizeof(void *))};
  add_body(&b);
  find_uses(&b);
  mark_prepared(&b);
  graph->tosa = b.named[1] > b.named[0];
  tess_index_map_destroy(b.index);
  return graph;
}

void tess_layout_graph_destroy(tess_layout_graph_t *graph) {
  if (!graph)
    return;
  tess_arena_free(&graph->arena);
  free(graph->ops);
  free(graph->values);
  free(graph);
}
