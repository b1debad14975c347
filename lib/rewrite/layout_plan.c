/* Spreading orders from convolutions and transposes over what surrounds them.
 */
#include "layout_plan.h"
#include <stdlib.h>
#include <string.h>

/* ---- Labels in a row. ---- */

typedef struct row {
  int8_t place[TESS_LAYOUT_MAX_LABELS]; /* of each label; -1: not in it */
  int8_t count;
} row_t;

static row_t row_of(const tess_layout_slot_t *slot, const tess_order_t *order) {
  row_t row = {.count = 0};
  memset(row.place, -1, sizeof row.place);
  for (int32_t i = 0; i < slot->rank; i++) {
    int32_t d = tess_order_at(order, i);
    for (int32_t c = 0; c < slot->count[d]; c++)
      row.place[slot->first[d] + c] = row.count++;
  }
  return row;
}

static void complete(row_t *row, int32_t labels) {
  for (int32_t l = 0; l < labels; l++)
    if (row->place[l] < 0)
      row->place[l] = row->count++;
}

/* Whether the labels of a dimension follow each other in the row. */
static bool is_together(const tess_layout_slot_t *slot, int32_t d,
                        const row_t *row) {
  for (int32_t c = 0; c < slot->count[d]; c++) {
    int32_t place = row->place[slot->first[d] + c];
    if (place < 0 || place != row->place[slot->first[d]] + c)
      return false;
  }
  return true;
}

/* The order of a slot whose labels lie as in the row; dimensions without any
 * stay where they are. False: the row lacks a label, or parts some. */
static bool follow(const tess_layout_slot_t *slot, const row_t *row,
                   tess_order_t *order) {
  int32_t dims[TESS_MAX_RANK], count = 0, at[TESS_MAX_RANK];
  for (int32_t d = 0; d < slot->rank; d++) {
    if (!slot->count[d])
      continue;
    if (!is_together(slot, d, row))
      return false;
    int32_t i = count++;
    for (; i > 0 &&
           row->place[slot->first[dims[i - 1]]] > row->place[slot->first[d]];
         i--)
      dims[i] = dims[i - 1];
    dims[i] = d;
  }
  int32_t next = 0;
  for (int32_t i = 0; i < slot->rank; i++)
    at[i] = slot->count[i] ? dims[next++] : i;
  *order = tess_order_make(at, slot->rank);
  return true;
}

/* ---- What an op needs. ---- */

static const tess_order_t *order_of(const tess_layout_graph_t *graph,
                                    const tess_layout_slot_t *slot) {
  return &graph->values[slot->index].order;
}

static bool alike(const tess_layout_graph_t *graph,
                  const tess_layout_slot_t *slot, const tess_order_t *a,
                  const tess_order_t *b) {
  const tess_layout_value_t *value = &graph->values[slot->index];
  return tess_order_alike(a, b, value->shape, value->rank);
}

/* The order that the data of a convolution gets, SAME: none in this plan. */
static tess_order_t twin_order(const tess_layout_plan_t *plan,
                               const tess_layout_op_t *op) {
  if (op->channels_first != plan->to_last)
    return TESS_ORDER_SAME;
  tess_order_t last = tess_order_make(op->twin->data, op->twin->rank);
  return plan->to_last ? last : tess_order_inverse(&last);
}

static void needs_of_twin(const tess_layout_plan_t *plan,
                          const tess_layout_op_t *op, tess_order_t *need) {
  tess_order_t order = twin_order(plan, op);
  if (!tess_order_equal(order_of(plan->graph, &op->slots[op->lead]), &order))
    return;
  for (int32_t s = 0; s < op->slot_count; s++)
    if (op->slots[s].operand != 1)
      need[s] = order;
}

static void needs_of_lead(const tess_layout_plan_t *plan,
                          const tess_layout_op_t *op, tess_order_t *need) {
  const tess_layout_slot_t *lead = &op->slots[op->lead];
  row_t row = row_of(lead, order_of(plan->graph, lead));
  for (int32_t s = 0; s < op->slot_count; s++)
    follow(&op->slots[s], &row, &need[s]);
}

static bool any_order(const tess_layout_graph_t *graph,
                      const tess_layout_op_t *op) {
  for (int32_t s = 0; s < op->slot_count; s++)
    if (!tess_order_is_same(order_of(graph, &op->slots[s])))
      return true;
  return false;
}

/* Its maps take any order; but no operand shall be read across the others. */
static void needs_of_generic(const tess_layout_plan_t *plan,
                             const tess_layout_op_t *op, tess_order_t *need) {
  const tess_layout_graph_t *graph = plan->graph;
  const tess_layout_slot_t *lead = &op->slots[op->lead];
  row_t row = row_of(lead, order_of(graph, lead));
  complete(&row, op->labels);
  int32_t results = op->slot_count - op->results;
  for (int32_t s = 0; s < op->slot_count; s++) {
    const tess_layout_slot_t *slot = &op->slots[s];
    const tess_order_t *own = order_of(graph, slot);
    if (slot->operand == TESS_NONE)
      need[s] = *own;
    else if (!follow(slot, &row, &need[s]) || alike(graph, slot, own, &need[s]))
      need[s] = *own;
  }
  int32_t number = 0;
  for (int32_t s = 0; s < results; s++)
    if (op->slots[s].init)
      need[s] = need[results + number++];
}

static void needs_of_reshape(const tess_layout_plan_t *plan,
                             const tess_layout_op_t *op, tess_order_t *need) {
  const tess_layout_slot_t *from = &op->slots[0], *to = &op->slots[1];
  const tess_order_t *p = order_of(plan->graph, from);
  const tess_order_t *q = order_of(plan->graph, to);
  row_t in = row_of(from, p), out = row_of(to, q);
  need[0] = *p;
  need[1] = *q;
  if (!memcmp(in.place, out.place, sizeof in.place))
    return;
  if (follow(from, &out, &need[0]))
    return;
  need[0] = *p;
  if (follow(to, &in, &need[1]))
    return;
  need[0] = need[1] = TESS_ORDER_SAME;
}

void tess_layout_needs(const tess_layout_plan_t *plan,
                       const tess_layout_op_t *op, tess_order_t *need) {
  for (int32_t s = 0; s < op->slot_count; s++)
    need[s] = TESS_ORDER_SAME;
  if (!any_order(plan->graph, op))
    return;
  switch (op->kind) {
  case TESS_LAYOUT_OP_FIXED:
  case TESS_LAYOUT_OP_FREE:
    return;
  case TESS_LAYOUT_OP_SPATIAL:
    needs_of_twin(plan, op, need);
    return;
  case TESS_LAYOUT_OP_GENERIC:
    needs_of_generic(plan, op, need);
    return;
  case TESS_LAYOUT_OP_RESHAPE:
    needs_of_reshape(plan, op, need);
    return;
  case TESS_LAYOUT_OP_TRANSPOSE:
    for (int32_t s = 0; s < op->slot_count; s++)
      need[s] = *order_of(plan->graph, &op->slots[s]);
    return;
  default:
    needs_of_lead(plan, op, need);
  }
}

/* ---- What it costs in bytes to be turned. ---- */

/* Of a result: which dimension of the operand each of its own is. */
static tess_order_t seen_from_operand(const tess_layout_graph_t *graph,
                                      const tess_layout_op_t *op) {
  const tess_layout_slot_t *to = &op->slots[op->slot_count - 1];
  int32_t at[TESS_MAX_RANK];
  for (int32_t i = 0; i < to->rank; i++)
    at[i] = tess_order_at(&op->turned, tess_order_at(order_of(graph, to), i));
  return tess_order_make(at, to->rank);
}

tess_order_t tess_layout_left(const tess_layout_graph_t *graph,
                              const tess_layout_op_t *op) {
  tess_order_t to = seen_from_operand(graph, op);
  return tess_order_between(order_of(graph, &op->slots[0]), &to,
                            op->slots[0].rank);
}

static double bytes_at(const tess_layout_plan_t *plan, int32_t o,
                       tess_order_t *need) {
  const tess_layout_graph_t *graph = plan->graph;
  const tess_layout_op_t *op = &graph->ops[o];
  double bytes = 0.0;
  tess_layout_needs(plan, op, need);
  for (int32_t s = 0; s < op->slot_count; s++) {
    const tess_layout_value_t *value = &graph->values[op->slots[s].index];
    bool again = false; /* the same value twice is turned once */
    for (int32_t r = 0; r < s; r++)
      again = again || op->slots[r].index == op->slots[s].index;
    if (!value->free && !again &&
        !alike(graph, &op->slots[s], &value->order, &need[s]))
      bytes += value->bytes;
  }
  if (op->kind == TESS_LAYOUT_OP_TRANSPOSE) {
    tess_order_t to = seen_from_operand(graph, op);
    if (!alike(graph, &op->slots[0], order_of(graph, &op->slots[0]), &to))
      bytes += graph->values[op->slots[0].index].bytes;
  }
  return bytes;
}

/* ---- Spreading. ---- */

typedef struct spread {
  tess_layout_plan_t *plan;
  int32_t *queue; /* values that have got an order, in turn */
  int32_t count, done;
  int32_t *touched; /* the ops around them */
  int32_t touched_count, *touched_in, run;
  tess_order_t *need;
  tess_order_t *saved;
  int64_t budget; /* of values that may still be tried */
} spread_t;

static bool may_turn(const tess_layout_plan_t *plan,
                     const tess_layout_value_t *value) {
  if (value->maker == TESS_NONE || value->free)
    return false;
  const tess_layout_op_t *maker = &plan->graph->ops[value->maker];
  if (maker->kind == TESS_LAYOUT_OP_SPATIAL)
    return maker->channels_first == plan->to_last;
  return maker->kind != TESS_LAYOUT_OP_FIXED &&
         maker->kind != TESS_LAYOUT_OP_FREE;
}

static void give(spread_t *s, int32_t v, const tess_order_t *order) {
  tess_layout_value_t *value = &s->plan->graph->values[v];
  if (tess_order_is_same(order) || !tess_order_is_same(&value->order) ||
      !may_turn(s->plan, value))
    return;
  value->order = *order;
  s->queue[s->count++] = v;
}

static void touch(spread_t *s, int32_t op) {
  if (s->touched_in[op] == s->run)
    return;
  s->touched_in[op] = s->run;
  s->touched[s->touched_count++] = op;
}

/* Gives the other tensors of an op the order that one of them asks for. */
static void spread_over(spread_t *s, const tess_layout_op_t *op,
                        const tess_layout_slot_t *from) {
  tess_layout_graph_t *graph = s->plan->graph;
  const tess_order_t order = *order_of(graph, from);
  if (op->kind == TESS_LAYOUT_OP_SPATIAL) {
    tess_order_t twin = twin_order(s->plan, op);
    if (!tess_order_equal(&order, &twin))
      return;
  }
  row_t row = row_of(from, &order);
  for (int32_t i = 0; i < op->slot_count; i++) {
    tess_order_t other;
    if (follow(&op->slots[i], &row, &other))
      give(s, op->slots[i].index, &other);
  }
}

static void spread_at(spread_t *s, int32_t v, int32_t o) {
  const tess_layout_op_t *op = &s->plan->graph->ops[o];
  touch(s, o);
  if (op->kind == TESS_LAYOUT_OP_FIXED || op->kind == TESS_LAYOUT_OP_FREE ||
      op->kind == TESS_LAYOUT_OP_TRANSPOSE)
    return;
  for (int32_t i = 0; i < op->slot_count; i++)
    if (op->slots[i].index == v)
      spread_over(s, op, &op->slots[i]);
}

static void spread_from(spread_t *s, int32_t seed, const tess_order_t *order) {
  tess_layout_graph_t *graph = s->plan->graph;
  s->count = s->done = s->touched_count = 0;
  s->run++;
  give(s, seed, order);
  while (s->done < s->count) {
    int32_t v = s->queue[s->done++];
    const tess_layout_value_t *value = &graph->values[v];
    spread_at(s, v, value->maker);
    for (int32_t u = 0; u < value->use_count; u++)
      spread_at(s, v, graph->uses[value->first_use + u]);
  }
}

/* ---- Convolutions, which turn in any case. ---- */

static void turn_convolutions(spread_t *s) {
  tess_layout_graph_t *graph = s->plan->graph;
  for (int32_t o = 0; o < graph->op_count; o++) {
    const tess_layout_op_t *op = &graph->ops[o];
    if (op->kind != TESS_LAYOUT_OP_SPATIAL || !op->twin->filter_rank)
      continue;
    tess_order_t order = twin_order(s->plan, op);
    if (!tess_order_is_same(&order))
      spread_from(s, op->slots[op->lead].index, &order);
  }
}

/* ---- Transposes, where it pays. ---- */

static double touched_bytes(const spread_t *s) {
  double bytes = 0.0;
  for (int32_t i = 0; i < s->touched_count; i++)
    bytes += bytes_at(s->plan, s->touched[i], s->need);
  return bytes;
}

/* Takes back what was given, or keeps it; returns the bytes saved. */
static double settle(spread_t *s) {
  tess_layout_value_t *values = s->plan->graph->values;
  double after = touched_bytes(s);
  for (int32_t i = 0; i < s->count; i++) {
    s->saved[i] = values[s->queue[i]].order;
    values[s->queue[i]].order = TESS_ORDER_SAME;
  }
  double saved = touched_bytes(s) - after;
  for (int32_t i = 0; i < s->count; i++)
    *(saved > 0.0 ? &values[s->queue[i]].order : &values[s->queue[i]].failed) =
        s->saved[i];
  return saved > 0.0 ? saved : 0.0;
}

static double try_order(spread_t *s, int32_t v, const tess_order_t *order) {
  const tess_layout_value_t *value = &s->plan->graph->values[v];
  if (s->budget <= 0 || tess_order_equal(&value->failed, order))
    return 0.0;
  spread_from(s, v, order);
  s->budget -= s->count;
  return s->count ? settle(s) : 0.0;
}

/* A transpose goes where its result lies as its operand does, or the other way
 * round. */
static double cancel(spread_t *s, int32_t o) {
  const tess_layout_graph_t *graph = s->plan->graph;
  const tess_layout_op_t *op = &graph->ops[o];
  if (op->kind != TESS_LAYOUT_OP_TRANSPOSE)
    return 0.0;
  tess_order_t left = tess_layout_left(graph, op);
  const tess_layout_slot_t *from = &op->slots[0];
  const tess_layout_slot_t *to = &op->slots[op->slot_count - 1];
  if (tess_order_is_same(&left) || graph->values[from->index].bytes == 0.0)
    return 0.0;
  double saved = 0.0;
  if (tess_order_is_same(order_of(graph, to))) {
    int32_t at[TESS_MAX_RANK]; /* of the result, as the operand lies */
    tess_order_t back = tess_order_inverse(&op->turned);
    for (int32_t i = 0; i < to->rank; i++)
      at[i] = tess_order_at(&back, tess_order_at(order_of(graph, from), i));
    tess_order_t order = tess_order_make(at, to->rank);
    saved = try_order(s, to->index, &order);
  }
  if (saved == 0.0 && tess_order_is_same(order_of(graph, from))) {
    tess_order_t order = seen_from_operand(graph, op);
    saved = try_order(s, from->index, &order);
  }
  return saved;
}

/* ---- The plan. ---- */

static bool changes(const tess_layout_plan_t *plan, int32_t o) {
  return any_order(plan->graph, &plan->graph->ops[o]);
}

static void count_changes(tess_layout_plan_t *plan, tess_order_t *need) {
  const tess_layout_graph_t *graph = plan->graph;
  for (int32_t o = graph->op_count - 1; o >= 0; o--) {
    const tess_layout_op_t *op = &graph->ops[o];
    if (!changes(plan, o))
      continue;
    tess_layout_needs(plan, op, need);
    if (op->kind == TESS_LAYOUT_OP_SPATIAL && op->twin->filter_rank &&
        !tess_order_is_same(&need[op->lead]))
      plan->turned++;
    if (op->kind == TESS_LAYOUT_OP_SPATIAL ||
        op->kind == TESS_LAYOUT_OP_TRANSPOSE)
      plan->first = o;
  }
}

static size_t most_slots(const tess_layout_graph_t *graph) {
  int32_t most = 1;
  for (int32_t o = 0; o < graph->op_count; o++)
    if (graph->ops[o].slot_count > most)
      most = graph->ops[o].slot_count;
  return (size_t)most;
}

tess_layout_plan_t tess_layout_plan(tess_layout_graph_t *graph, bool to_last) {
  tess_layout_plan_t plan = {
      .graph = graph, .to_last = to_last, .first = TESS_NONE};
  tess_arena_t scratch = TESS_ARENA_INIT;
  size_t values = (size_t)graph->value_count + 1, ops = (size_t)graph->op_count;
  spread_t s = {
      .plan = &plan,
      .queue = tess_arena_array(&scratch, values, sizeof *s.queue),
      .touched = tess_arena_array(&scratch, ops + 1, sizeof *s.touched),
      .touched_in = tess_arena_array(&scratch, ops + 1, sizeof *s.touched_in),
      .need = tess_arena_array(&scratch, most_slots(graph), sizeof *s.need),
      .saved = tess_arena_array(&scratch, values, sizeof *s.saved),
      .budget = 16 * (int64_t)values};
  for (int32_t v = 0; v < graph->value_count; v++)
    graph->values[v].order = graph->values[v].failed = TESS_ORDER_SAME;
  turn_convolutions(&s);
  for (int32_t o = 0; o < graph->op_count; o++)
    plan.saved_bytes += cancel(&s, o);
  count_changes(&plan, s.need);
  tess_arena_free(&scratch);
  return plan;
}
