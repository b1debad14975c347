/* Tensors and nodes of the model while it is being read. */
#include "mlir-c/BuiltinTypes.h"
#include "operations.h"
#include "reading.h"
#include "tessera/base/checked.h"
#include <string.h>

bool tess_reading_is_tensor(MlirType type) { return mlirTypeIsATensor(type); }

tess_dtype_t tess_ir_dtype(MlirType element) {
  if (mlirTypeIsAF32(element))
    return TESS_F32;
  if (mlirTypeIsABF16(element))
    return TESS_BF16;
  if (mlirTypeIsAF16(element))
    return TESS_F16;
  if (mlirTypeIsAF64(element))
    return TESS_F64;
  if (mlirTypeIsAIndex(element))
    return TESS_INDEX;
  if (!mlirTypeIsAInteger(element))
    return TESS_OTHER;
  switch (mlirIntegerTypeGetWidth(element)) {
  case 1:
    return TESS_I1;
  case 8:
    return TESS_I8;
  case 16:
    return TESS_I16;
  case 32:
    return TESS_I32;
  case 64:
    return TESS_I64;
  default:
    return TESS_OTHER;
  }
}

tess_slot_t *tess_reading_slot(tess_reading_t *r, MlirValue value) {
  bool added;
  size_t index = tess_index_map_add(r->slot_of_handle, &value.ptr, &added);
  if (added) {
    r->slots =
        tess_grow(r->slots, index + 1, &r->slot_capacity, sizeof *r->slots);
    r->slots[index] = (tess_slot_t){TESS_NONE, TESS_NONE};
  }
  return &r->slots[index];
}

int32_t tess_reading_find(tess_reading_t *r, MlirValue value) {
  size_t index = tess_index_map_find(r->slot_of_handle, &value.ptr);
  return index == SIZE_MAX ? TESS_NONE : r->slots[index].value;
}

static tess_status_t check_type(tess_reading_t *r, MlirType type,
                                MlirLocation location) {
  if (!mlirShapedTypeHasRank(type))
    return tess_reading_error(r, location, TESS_UNSUPPORTED,
                              "a tensor without a rank; give the model static "
                              "shapes (e.g. re-export with a fixed batch)");
  if (!mlirShapedTypeHasStaticShape(type))
    return tess_reading_error(r, location, TESS_UNSUPPORTED,
                              "a tensor of dynamic shape; give the model "
                              "static shapes (e.g. re-export with a fixed "
                              "batch)");
  int64_t rank = mlirShapedTypeGetRank(type);
  if (rank > TESS_MAX_RANK)
    return tess_reading_error(r, location, TESS_UNSUPPORTED,
                              "a tensor of rank %lld; at most %d dimensions "
                              "are handled",
                              (long long)rank, TESS_MAX_RANK);
  return TESS_SUCCESS;
}

static tess_status_t fill_shape(tess_reading_t *r, MlirType type,
                                MlirLocation location, tess_value_t *value) {
  TESS_TRY(check_type(r, type, location));
  value->rank = (int32_t)mlirShapedTypeGetRank(type);
  value->dtype = (int32_t)tess_ir_dtype(mlirShapedTypeGetElementType(type));
  value->elements = 1;
  for (int i = 0; i < value->rank; i++) {
    int64_t size = mlirShapedTypeGetDimSize(type, i);
    if (size == 0)
      return tess_reading_error(r, location, TESS_UNSUPPORTED,
                                "a tensor with no elements: dimension %d has "
                                "size 0; remove it from the model",
                                i);
    value->shape[i] = size;
    if (!tess_mul_i64(value->elements, size, &value->elements))
      return tess_reading_error(r, location, TESS_OVERFLOW,
                                "a tensor with more than 2^63 elements");
  }
  if (!tess_mul_i64(value->elements,
                    tess_dtype_bytes((tess_dtype_t)value->dtype),
                    &value->bytes))
    return tess_reading_error(r, location, TESS_OVERFLOW,
                              "a tensor of more than 2^63 bytes");
  return TESS_SUCCESS;
}

/* Room for one more of `count` items of the model's arena. An op makes a node
 * at most and the values are known, so it is a fallback that items move. */
static void *room_for_one(tess_reading_t *r, void *items, int32_t count,
                          size_t *capacity, size_t bytes_each) {
  if ((size_t)count < *capacity)
    return items;
  *capacity = 2 * (size_t)count + 8;
  void *larger = tess_arena_room(r->arena, *capacity, bytes_each);
  if (count)
    memcpy(larger, items, (size_t)count * bytes_each);
  return larger;
}

/* The same as fill_shape; most types come up again soon. */
static tess_status_t recall_shape(tess_reading_t *r, MlirType type,
                                  MlirLocation location, tess_value_t *value) {
  tess_recent_type_t *recent =
      &r->recent[(uintptr_t)type.ptr >> 4 & (TESS_RECENT_TYPES - 1)];
  if (recent->type != type.ptr) {
    TESS_TRY(fill_shape(r, type, location, value));
    *recent = (tess_recent_type_t){type.ptr, r->value_count};
    return TESS_SUCCESS;
  }
  const tess_value_t *like = &r->values[recent->value];
  value->dtype = like->dtype;
  value->rank = like->rank;
  memcpy(value->shape, like->shape, sizeof value->shape);
  value->elements = like->elements;
  value->bytes = like->bytes;
  return TESS_SUCCESS;
}

tess_status_t tess_reading_add_value(tess_reading_t *r, MlirValue handle,
                                     int32_t node, int32_t argument,
                                     MlirLocation location, int32_t *index) {
  size_t count = (size_t)r->value_count + 1;
  r->values = room_for_one(r, r->values, r->value_count, &r->value_capacity,
                           sizeof *r->values);
  r->value_expression =
      tess_grow(r->value_expression, count, &r->value_expression_capacity,
                sizeof *r->value_expression);
  tess_value_t *value = &r->values[r->value_count];
  *value = (tess_value_t){.handle = handle.ptr,
                          .role = TESS_ROLE_ACTIVATION,
                          .node = node,
                          .argument = argument};
  TESS_TRY(recall_shape(r, mlirValueGetType(handle), location, value));
  r->value_expression[r->value_count] = TESS_NONE;
  *index = r->value_count++;
  tess_reading_slot(r, handle)->value = *index;
  return TESS_SUCCESS;
}

static tess_status_t add_results(tess_reading_t *r, MlirOperation op,
                                 int32_t node, tess_node_t *out) {
  int32_t count = (int32_t)mlirOperationGetNumResults(op);
  int32_t *outputs = tess_arena_room(r->arena, (size_t)count, sizeof(int32_t));
  MlirLocation location = mlirOperationGetLocation(op);
  for (int32_t i = 0; i < count; i++) {
    MlirValue result = mlirOperationGetResult(op, i);
    if (!tess_reading_is_tensor(mlirValueGetType(result)))
      continue;
    TESS_TRY(tess_reading_add_value(r, result, node, TESS_NONE, location,
                                    &outputs[out->output_count]));
    out->output_count++;
  }
  out->outputs = outputs;
  return TESS_SUCCESS;
}

static void add_operands(tess_reading_t *r, MlirOperation op,
                         tess_node_t *out) {
  int32_t count = (int32_t)mlirOperationGetNumOperands(op);
  int32_t *inputs = tess_arena_room(r->arena, (size_t)count, sizeof(int32_t));
  for (int32_t i = 0; i < count; i++) {
    int32_t value = tess_reading_find(r, mlirOperationGetOperand(op, i));
    if (value != TESS_NONE)
      inputs[out->input_count++] = value;
  }
  out->inputs = inputs;
}

tess_status_t tess_reading_add_node(tess_reading_t *r, MlirOperation op,
                                    tess_node_kind_t kind,
                                    tess_kernel_kind_t kernel, int32_t *index) {
  size_t count = (size_t)r->node_count + 1;
  r->nodes = room_for_one(r, r->nodes, r->node_count, &r->node_capacity,
                          sizeof *r->nodes);
  r->extras =
      tess_grow(r->extras, count, &r->extra_capacity, sizeof *r->extras);
  tess_node_t *node = &r->nodes[r->node_count];
  *node = (tess_node_t){.kind = kind,
                        .op = op.ptr,
                        .op_name = tess_operation_name(r, op),
                        .kernel = {.kind = kernel, .batch = 1, .groups = 1},
                        .data = TESS_NONE,
                        .filter = TESS_NONE,
                        .bias = TESS_NONE};
  if (!r->bare)
    node->location = tess_ir_location(r->arena, mlirOperationGetLocation(op));
  add_operands(r, op, node);
  TESS_TRY(add_results(r, op, r->node_count, node));
  if (node->input_count)
    node->kernel.in_type = r->values[node->inputs[0]].dtype;
  if (node->output_count) {
    node->kernel.out_type = r->values[node->outputs[0]].dtype;
    node->kernel.out_elements = r->values[node->outputs[0]].elements;
  }
  r->extras[r->node_count] =
      (tess_node_extra_t){.first_expression = r->expressions.count,
                          .last_expression = r->expressions.count,
                          .element = TESS_NONE,
                          .inner = TESS_NONE};
  *index = r->node_count++;
  return TESS_SUCCESS;
}

int32_t tess_reading_expression(tess_reading_t *r, int32_t value) {
  if (r->value_expression[value] == TESS_NONE)
    r->value_expression[value] = tess_expression_leaf(&r->expressions, value);
  return r->value_expression[value];
}

/* The dimensions of the newest node's result that a value of the same rank
 * repeats over, as a geometry; 0 if that does not tell. */
static uint64_t repeated(const tess_reading_t *r, int32_t value) {
  const tess_node_t *node = &r->nodes[r->node_count - 1];
  const tess_value_t *in = &r->values[value];
  if (!node->output_count || r->values[node->outputs[0]].rank != in->rank)
    return 0;
  const tess_value_t *out = &r->values[node->outputs[0]];
  uint32_t marked = 0;
  for (int32_t i = 0; i < in->rank; i++) {
    if (in->shape[i] != out->shape[i] && in->shape[i] != 1)
      return 0;
    marked |= in->shape[i] != out->shape[i] ? 1u << i : 0;
  }
  return tess_maps_geometry(out->rank, out->shape, marked);
}

int32_t tess_reading_operand_expression(tess_reading_t *r, int32_t value,
                                        int64_t elements) {
  int32_t e = tess_reading_expression(r, value);
  if (r->values[value].elements == elements)
    return e;
  e = tess_expression_add(&r->expressions, r->node_count - 1,
                          TESS_SCALAR_BROADCAST, e, TESS_NONE, TESS_NONE);
  if (elements > 0)
    r->expressions.items[e].repeats = repeated(r, value);
  return e;
}

void tess_reading_set_result(tess_reading_t *r, int32_t node, int32_t output,
                             int32_t expression) {
  int32_t value = r->nodes[node].outputs[output];
  tess_expression_t *e = &r->expressions.items[expression];
  bool own = e->node == node && e->value == TESS_NONE;
  if (e->scalar != TESS_SCALAR_CONSTANT && !own) {
    expression = tess_expression_add(&r->expressions, node, TESS_SCALAR_COPY,
                                     expression, TESS_NONE, TESS_NONE);
    e = &r->expressions.items[expression];
  }
  if (e->scalar != TESS_SCALAR_CONSTANT)
    e->value = value;
  r->value_expression[value] = expression;
  r->extras[node].last_expression = r->expressions.count;
}

tess_status_t tess_reading_multiply(tess_reading_t *r, MlirOperation op,
                                    int64_t *total, int64_t factor) {
  if (!tess_mul_i64(*total, factor, total))
    return TESS_AT(r, op, TESS_OVERFLOW,
                   "the size of this operation does not fit 64 bits");
  return TESS_SUCCESS;
}

/* Marks what the results need, within the node's own range. */
static void mark_live(tess_reading_t *r, int32_t node, const int32_t *results,
                      int32_t count) {
  tess_expression_t *items = r->expressions.items;
  int32_t first = r->extras[node].first_expression;
  for (int32_t i = 0; i < count; i++)
    items[results[i]].live = true;
  for (int32_t e = r->extras[node].last_expression - 1; e >= first; e--)
    for (int i = 0; i < 3 && items[e].live; i++)
      if (items[e].child[i] >= first)
        items[items[e].child[i]].live = true;
}

tess_status_t tess_reading_count(tess_reading_t *r, int32_t node,
                                 const int32_t *results, int32_t result_count,
                                 int64_t times) {
  tess_node_extra_t *extra = &r->extras[node];
  extra->last_expression = r->expressions.count;
  mark_live(r, node, results, result_count);
  int64_t per_element[TESS_VECTOR_OP_COUNT] = {0};
  for (int32_t e = extra->first_expression; e < extra->last_expression; e++) {
    int64_t count;
    const tess_expression_t *item = &r->expressions.items[e];
    tess_vector_op_t op = tess_scalar_cost((tess_scalar_t)item->scalar, &count);
    if (item->live && item->node == node)
      per_element[op] += count;
  }
  MlirOperation op = {(void *)(uintptr_t)r->nodes[node].op};
  extra->work_free = true;
  for (int i = 0; i < TESS_VECTOR_OP_COUNT; i++) {
    if (per_element[i]) {
      extra->work_free = false;
      TESS_TRY(tess_reading_multiply(r, op, &per_element[i], times));
    }
    r->nodes[node].kernel.vector_ops[i] = per_element[i];
  }
  return TESS_SUCCESS;
}
