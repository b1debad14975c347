/* Turning a function over to a plan, op by op in program order. */
#include "layout_change.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <stdlib.h>
#include <string.h>

/* A value in an order that somebody needed. */
typedef struct version {
  tess_order_t order;
  MlirValue value;
  int32_t next;
} version_t;

typedef struct change {
  tess_layout_plan_t *plan;
  tess_layout_graph_t *graph;
  MlirValue *now;  /* of each value, in its own order */
  int32_t *others; /* its first version, or TESS_NONE */
  version_t *versions;
  int32_t version_count;
  size_t version_room;
  tess_order_t *need;
} change_t;

static tess_builder_t builder_at(const change_t *c, MlirOperation op) {
  tess_builder_t b = tess_build_before(op);
  b.tosa = c->graph->tosa;
  return b;
}

static tess_dims_t dims_in(const tess_layout_value_t *value,
                           const tess_order_t *order) {
  tess_dims_t dims = {.rank = value->rank};
  for (int32_t i = 0; i < value->rank; i++)
    dims.at[i] = value->shape[tess_order_at(order, i)];
  return dims;
}

/* ---- A value in another order. ---- */

static MlirValue make_splat(const tess_builder_t *b, MlirOperation op,
                            MlirType type) {
  const char *name = tess_layout_is(op, "tosa.const") ? "values" : "value";
  MlirAttribute old = tess_layout_attribute(op, name);
  const MlirNamedAttribute attributes[] = {
      tess_build_attribute(b, name,
                           mlirDenseElementsAttrSplatGet(
                               type, mlirDenseElementsAttrGetSplatValue(old)))};
  const tess_op_t made = {.name = strcmp(name, "value") ? "tosa.const"
                                                        : "arith.constant",
                          .attributes = attributes,
                          .attribute_count = 1,
                          .type = type};
  return tess_build_op(b, &made);
}

static MlirValue make_free(const tess_builder_t *b, MlirValue value,
                           const tess_dims_t *to) {
  MlirOperation op = mlirOpResultGetOwner(value);
  MlirType type = tess_build_type(to, value);
  if (tess_layout_is(op, "linalg.fill"))
    return tess_build_fill(b, mlirOperationGetOperand(op, 0), type);
  if (!tess_layout_is(op, "tensor.empty"))
    return make_splat(b, op, type);
  const tess_op_t made = {.name = "tensor.empty", .type = type};
  return tess_build_op(b, &made);
}

static MlirValue make_version(const change_t *c, int32_t v,
                              const tess_order_t *need, MlirOperation before) {
  const tess_layout_value_t *value = &c->graph->values[v];
  const tess_builder_t b = builder_at(c, before);
  const tess_dims_t to = dims_in(value, need);
  if (value->free)
    return make_free(&b, value->value, &to);
  if (tess_order_alike(&value->order, need, value->shape, value->rank))
    return tess_layout_regroup(&b, c->now[v], &to);
  tess_order_t left = tess_order_between(&value->order, need, value->rank);
  return tess_build_transpose(&b, c->now[v], left.at);
}

/* The value in the order that an op needs, made before it if nobody has. */
static MlirValue value_in(change_t *c, int32_t v, const tess_order_t *need,
                          MlirOperation before) {
  if (tess_order_equal(&c->graph->values[v].order, need))
    return c->now[v];
  for (int32_t i = c->others[v]; i != TESS_NONE; i = c->versions[i].next)
    if (tess_order_equal(&c->versions[i].order, need))
      return c->versions[i].value;
  MlirValue made = make_version(c, v, need, before);
  int32_t at = c->version_count++;
  c->versions = tess_grow(c->versions, (size_t)at + 1, &c->version_room,
                          sizeof *c->versions);
  c->versions[at] = (version_t){*need, made, c->others[v]};
  c->others[v] = at;
  return made;
}

/* ---- One op. ---- */

static void take_place(change_t *c, const tess_layout_slot_t *result,
                       MlirValue value) {
  mlirValueReplaceAllUsesOfWith(c->now[result->index], value);
  c->now[result->index] = value;
}

/* What the op says of itself, without what MLIR has noted down about its maps.
 */
static intptr_t copy_attributes(MlirOperation op, MlirNamedAttribute *copy) {
  intptr_t count = 0;
  for (intptr_t i = 0; i < mlirOperationGetNumAttributes(op); i++) {
    copy[count] = mlirOperationGetAttribute(op, i);
    MlirStringRef name = mlirIdentifierStr(copy[count].name);
    count += !mlirStringRefEqual(
        name, mlirStringRefCreateFromCString("linalg.memoized_indexing_maps"));
  }
  return count;
}

static MlirValue turned_filter(const change_t *c, const tess_builder_t *b,
                               const tess_layout_twin_t *twin,
                               MlirValue filter) {
  if (!twin->filter_rank)
    return filter;
  tess_order_t order = tess_order_make(twin->filter, twin->filter_rank);
  if (!c->plan->to_last)
    order = tess_order_inverse(&order);
  return tess_build_transpose(b, filter, order.at);
}

/* The same op by its other name. */
static void change_twin(change_t *c, const tess_layout_op_t *op,
                        const tess_order_t *order) {
  const tess_layout_twin_t *twin = op->twin;
  const tess_builder_t b = builder_at(c, op->op);
  size_t attributes = (size_t)mlirOperationGetNumAttributes(op->op);
  MlirNamedAttribute *copy = tess_alloc((attributes + 1) * sizeof *copy);
  MlirValue operands[TESS_MAX_RANK];
  intptr_t count = mlirOperationGetNumOperands(op->op);
  for (intptr_t i = 0; i < count; i++)
    operands[i] = mlirOperationGetOperand(op->op, i);
  operands[1] = turned_filter(c, &b, twin, operands[1]);
  const tess_layout_slot_t *result = &op->slots[op->lead];
  const tess_dims_t dims = dims_in(&c->graph->values[result->index], order);
  const tess_op_t made = {.name = c->plan->to_last ? twin->last : twin->first,
                          .operands = operands,
                          .operand_count = count,
                          .attributes = copy,
                          .attribute_count = copy_attributes(op->op, copy),
                          .type = tess_build_type(&dims, result->value)};
  take_place(c, result, tess_build_named(&b, &made));
  free(copy);
}

static void change_transpose(change_t *c, const tess_layout_op_t *op) {
  const tess_layout_slot_t *from = &op->slots[0];
  const tess_layout_slot_t *to = &op->slots[op->slot_count - 1];
  const tess_layout_value_t *value = &c->graph->values[to->index];
  const tess_builder_t b = builder_at(c, op->op);
  const tess_dims_t dims = dims_in(value, &value->order);
  tess_order_t left = tess_layout_left(c->graph, op);
  int64_t shape[TESS_MAX_RANK];
  int32_t rank;
  MlirValue now = c->now[from->index];
  tess_layout_shape(now, shape, &rank);
  if (!tess_order_is_same(&left))
    now = tess_order_alike(&TESS_ORDER_SAME, &left, shape, rank)
              ? tess_layout_regroup(&b, now, &dims)
              : tess_build_transpose(&b, now, left.at);
  take_place(c, to, now);
}

static void change_reshape(change_t *c, const tess_layout_op_t *op,
                           const tess_order_t *order) {
  const tess_layout_slot_t *to = &op->slots[1];
  const tess_builder_t b = builder_at(c, op->op);
  const tess_dims_t dims = dims_in(&c->graph->values[to->index], order);
  take_place(
      c, to,
      tess_layout_regroup(&b, mlirOperationGetOperand(op->op, 0), &dims));
}

static void change_in_place(change_t *c, const tess_layout_op_t *op) {
  const tess_builder_t b = builder_at(c, op->op);
  tess_layout_adapt(&b, op, c->need);
  for (int32_t s = op->slot_count - op->results; s < op->slot_count; s++) {
    const tess_layout_slot_t *slot = &op->slots[s];
    const tess_dims_t dims =
        dims_in(&c->graph->values[slot->index], &c->need[s]);
    mlirValueSetType(slot->value, tess_build_type(&dims, slot->value));
  }
}

static bool concerns(const change_t *c, const tess_layout_op_t *op) {
  for (int32_t s = 0; s < op->slot_count; s++)
    if (!tess_order_is_same(&c->graph->values[op->slots[s].index].order))
      return true;
  return false;
}

/* Puts the operands in place, and the results into the order that comes of it.
 * Returns whether the op itself has to change. */
static bool prepare(change_t *c, const tess_layout_op_t *op) {
  bool turned = false;
  tess_layout_needs(c->plan, op, c->need);
  for (int32_t s = 0; s < op->slot_count; s++) {
    const tess_layout_slot_t *slot = &op->slots[s];
    turned = turned || !tess_order_is_same(&c->need[s]);
    if (slot->operand == TESS_NONE) {
      c->graph->values[slot->index].order = c->need[s];
      continue;
    }
    MlirValue value = value_in(c, slot->index, &c->need[s], op->op);
    mlirOperationSetOperand(op->op, slot->operand, value);
  }
  return turned;
}

static void change_op(change_t *c, const tess_layout_op_t *op) {
  if (op->kind == TESS_LAYOUT_OP_FREE || !concerns(c, op) || !prepare(c, op))
    return;
  if (op->kind == TESS_LAYOUT_OP_SPATIAL)
    change_twin(c, op, &c->need[op->lead]);
  else if (op->kind == TESS_LAYOUT_OP_TRANSPOSE)
    change_transpose(c, op);
  else if (op->kind == TESS_LAYOUT_OP_RESHAPE)
    change_reshape(c, op, &c->need[1]);
  else
    change_in_place(c, op);
}

/* ---- All of them. ---- */

static bool is_unread(MlirOperation op) {
  for (intptr_t r = 0; r < mlirOperationGetNumResults(op); r++)
    if (!mlirOpOperandIsNull(
            mlirValueGetFirstUse(mlirOperationGetResult(op, r))))
      return false;
  return true;
}

static bool may_go(const tess_layout_op_t *op) {
  return op->kind == TESS_LAYOUT_OP_FREE ||
         op->kind == TESS_LAYOUT_OP_TRANSPOSE ||
         op->kind == TESS_LAYOUT_OP_RESHAPE ||
         op->kind == TESS_LAYOUT_OP_SPATIAL ||
         tess_layout_is(op->op, "tosa.const_shape");
}

/* What was replaced, and what only that was read for. */
static void remove_unread(const tess_layout_graph_t *graph) {
  for (int32_t o = graph->op_count - 1; o >= 0; o--)
    if (may_go(&graph->ops[o]) && is_unread(graph->ops[o].op))
      mlirOperationDestroy(graph->ops[o].op);
}

static size_t most_slots(const tess_layout_graph_t *graph) {
  int32_t most = 1;
  for (int32_t o = 0; o < graph->op_count; o++)
    if (graph->ops[o].slot_count > most)
      most = graph->ops[o].slot_count;
  return (size_t)most;
}

void tess_layout_change(tess_layout_plan_t *plan) {
  tess_layout_graph_t *graph = plan->graph;
  size_t values = (size_t)graph->value_count + 1;
  change_t c = {.plan = plan,
                .graph = graph,
                .now = tess_alloc(values * sizeof *c.now),
                .others = tess_alloc(values * sizeof *c.others),
                .need = tess_alloc(most_slots(graph) * sizeof *c.need)};
  for (int32_t v = 0; v < graph->value_count; v++) {
    c.now[v] = graph->values[v].value;
    c.others[v] = TESS_NONE;
  }
  for (int32_t o = 0; o < graph->op_count; o++)
    change_op(&c, &graph->ops[o]);
  remove_unread(graph);
  free(c.now);
  free(c.others);
  free(c.need);
  free(c.versions);
}
