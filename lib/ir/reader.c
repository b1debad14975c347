/* From one function of IR to a model: every op once, in order, then the steps
 * that look at the whole. */
#include "foreign.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "operations.h"
#include <stdlib.h>
#include <string.h>

static tess_status_t read_arguments(tess_reading_t *r, MlirBlock body,
                                    MlirLocation location) {
  int32_t count = (int32_t)mlirBlockGetNumArguments(body);
  int32_t *arguments =
      tess_arena_array(r->arena, (size_t)count, sizeof *arguments);
  for (int32_t i = 0; i < count; i++) {
    MlirValue argument = mlirBlockGetArgument(body, i);
    arguments[i] = TESS_NONE;
    if (tess_reading_is_tensor(mlirValueGetType(argument)))
      TESS_TRY(tess_reading_add_value(r, argument, TESS_NONE, i, location,
                                      &arguments[i]));
  }
  r->model->arguments = arguments;
  r->model->argument_count = count;
  return TESS_SUCCESS;
}

static bool touches_tensors(tess_reading_t *r, MlirOperation op) {
  intptr_t operands = mlirOperationGetNumOperands(op);
  for (intptr_t i = 0; i < operands; i++)
    if (tess_reading_find(r, mlirOperationGetOperand(op, i)) != TESS_NONE)
      return true;
  intptr_t results = mlirOperationGetNumResults(op);
  for (intptr_t i = 0; i < results; i++)
    if (tess_reading_is_tensor(mlirValueGetType(mlirOperationGetResult(op, i))))
      return true;
  return false;
}

/* Whether a scalar op on a tensor reads an element that is a known number, or
 * the only one of integers: where something lies. */
static bool reads_number(tess_reading_t *r, MlirOperation op) {
  double number;
  int32_t v = mlirOperationGetNumOperands(op)
                  ? tess_reading_find(r, mlirOperationGetOperand(op, 0))
                  : TESS_NONE;
  if (v == TESS_NONE)
    return false;
  const tess_value_t *value = &r->values[v];
  bool place = value->elements == 1 &&
               (value->dtype == TESS_I32 || value->dtype == TESS_I64 ||
                value->dtype == TESS_INDEX);
  return place || (r->value_expression[v] != TESS_NONE &&
                   tess_expression_number(&r->expressions,
                                          r->value_expression[v], &number));
}

#define TENSORS                                                                \
  "only models on tensors are read; take the one before bufferization"

static tess_status_t read_operation(tess_reading_t *r, MlirOperation op) {
  const tess_operation_t *row = tess_operation_find(r, op);
  if (!row) {
    const char *name = tess_operation_name(r, op);
    const char *advice = tess_foreign_advice(name, strlen(name));
    if (advice)
      return TESS_AT(r, op, TESS_UNSUPPORTED, "%s: %s", name, advice);
  }
  if (row && row->read) {
    if (mlirOperationGetNumResults(op) == 0)
      return TESS_AT(r, op, TESS_UNSUPPORTED, "%s without a result: " TENSORS,
                     tess_operation_name(r, op));
    r->tosa_nodes += row->name[0] == 't' && row->name[1] == 'o';
    r->linalg_nodes += row->name[0] == 'l';
    return row->read(r, op, row);
  }
  bool scalar = row && row->scalar == TESS_SCALAR_BROADCAST
                    ? reads_number(r, op)
                    : !touches_tensors(r, op);
  if (scalar && mlirOperationGetNumRegions(op) == 0)
    return tess_read_scalar(r, op, TESS_NONE);
  bool whole =
      row && mlirOperationGetNumResults(op) == 1 &&
      tess_reading_is_tensor(mlirValueGetType(mlirOperationGetResult(op, 0)));
  return whole ? tess_read_elementwise(r, op, row)
               : tess_read_unknown(r, op, NULL);
}

static void read_return(tess_reading_t *r, MlirOperation op) {
  intptr_t count = mlirOperationGetNumOperands(op);
  for (intptr_t i = 0; i < count; i++) {
    int32_t value = tess_reading_find(r, mlirOperationGetOperand(op, i));
    if (value == TESS_NONE)
      continue;
    r->values[value].returned = true;
    r->values[value].uses++;
  }
}

/* Fills first_user and value_users, and counts uses. */
static void index_users(tess_reading_t *r) {
  size_t values = (size_t)r->value_count;
  int32_t *first = tess_arena_array(r->arena, values + 1, sizeof *first);
  for (int32_t n = 0; n < r->node_count; n++)
    for (int32_t i = 0; i < r->nodes[n].input_count; i++) {
      first[r->nodes[n].inputs[i] + 1]++;
      r->values[r->nodes[n].inputs[i]].uses++;
    }
  for (size_t v = 0; v < values; v++)
    first[v + 1] += first[v];
  int32_t *users =
      tess_arena_array(r->arena, (size_t)first[values] + 1, sizeof *users);
  int32_t *next = tess_arena_copy(&r->scratch, first, values + 1, sizeof *next);
  for (int32_t n = 0; n < r->node_count; n++)
    for (int32_t i = 0; i < r->nodes[n].input_count; i++)
      users[next[r->nodes[n].inputs[i]]++] = n;
  r->model->first_user = first;
  r->model->value_users = users;
}

static tess_status_t count_totals(tess_reading_t *r, MlirOperation function) {
  tess_model_t *model = r->model;
  for (int32_t n = 0; n < r->node_count; n++) {
    const tess_node_t *node = &r->nodes[n];
    model->unknown_count += node->kind == TESS_NODE_UNKNOWN;
    if (node->kind > TESS_NODE_MATMUL)
      continue;
    if (node->prepared) {
      model->prepared_contraction_count++;
      continue;
    }
    model->contraction_count++;
    if (__builtin_add_overflow(model->macs, node->kernel.macs, &model->macs))
      return TESS_AT(r, function, TESS_OVERFLOW,
                     "the model's multiply-accumulates do not fit 64 bits");
  }
  for (int32_t v = 0; v < r->value_count; v++) {
    const tess_value_t *value = &r->values[v];
    if (value->role == TESS_ROLE_WEIGHT && value->uses > 0 &&
        __builtin_add_overflow(model->parameters, value->elements,
                               &model->parameters))
      return TESS_AT(r, function, TESS_OVERFLOW,
                     "the model's parameters do not fit 64 bits");
  }
  model->dialect = r->tosa_nodes > r->linalg_nodes ? "tosa" : "linalg";
  return TESS_SUCCESS;
}

/* Makes room for a node an operation and for its values. */
static void make_room(tess_reading_t *r, MlirBlock body) {
  size_t nodes = 0, values = (size_t)mlirBlockGetNumArguments(body);
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    values += (size_t)mlirOperationGetNumResults(op);
    nodes++;
  }
  r->values = tess_arena_room(r->arena, values, sizeof *r->values);
  r->value_capacity = values;
  r->value_expression =
      tess_grow(r->value_expression, values, &r->value_expression_capacity,
                sizeof *r->value_expression);
  tess_index_map_reserve(r->slot_of_handle, values);
  r->slots = tess_grow(r->slots, values, &r->slot_capacity, sizeof *r->slots);
  r->nodes = tess_arena_room(r->arena, nodes, sizeof *r->nodes);
  r->node_capacity = nodes;
  r->extras =
      tess_grow(r->extras, nodes, &r->extra_capacity, sizeof *r->extras);
  /* About as many; a body of several ops makes more, a constant one. */
  r->expressions.items = tess_grow(NULL, 3 * nodes, &r->expressions.capacity,
                                   sizeof *r->expressions.items);
}

static tess_status_t read_body(tess_reading_t *r, MlirOperation function,
                               MlirBlock body) {
  MlirOperation end = mlirBlockGetTerminator(body);
  MlirOperation first = mlirBlockGetFirstOperation(body);
  if (mlirOperationIsNull(first) || first.ptr == end.ptr)
    return TESS_AT(r, function, TESS_UNSUPPORTED,
                   "empty function '%s': there is nothing to work on",
                   r->model->function);
  make_room(r, body);
  TESS_TRY(read_arguments(r, body, mlirOperationGetLocation(function)));
  for (MlirOperation op = first; !mlirOperationIsNull(op) && op.ptr != end.ptr;
       op = mlirOperationGetNextInBlock(op))
    TESS_TRY(read_operation(r, op));
  if (!r->value_count)
    return TESS_AT(r, function, TESS_UNSUPPORTED,
                   "function '%s' has no tensors: " TENSORS,
                   r->model->function);
  if (!mlirOperationIsNull(end))
    read_return(r, end);
  index_users(r);
  tess_reading_find_places(r);
  tess_reading_find_roles(r);
  if (!r->kernels)
    tess_reading_find_chains(r);
  if (!r->bare)
    tess_reading_find_patterns(r);
  tess_model_t *model = r->model;
  model->value_count = r->value_count;
  model->node_count = model->chain_of_node_count = r->node_count;
  TESS_TRY(count_totals(r, function));
  model->values = r->values;
  model->nodes = r->nodes;
  if (!r->bare)
    tess_reading_find_blocks(r);
  return TESS_SUCCESS;
}

bool tess_ir_has_tensors(MlirOperation function) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++)
      if (mlirTypeIsATensor(mlirValueGetType(mlirOperationGetOperand(op, i))))
        return true;
    for (intptr_t i = 0; i < mlirOperationGetNumResults(op); i++)
      if (mlirTypeIsATensor(mlirValueGetType(mlirOperationGetResult(op, i))))
        return true;
  }
  return false;
}

static const char *function_name(tess_reading_t *r, MlirOperation function) {
  MlirAttribute name = tess_attribute(function, "sym_name");
  if (mlirAttributeIsNull(name) || !mlirAttributeIsAString(name))
    return "";
  MlirStringRef text = mlirStringAttrGetValue(name);
  return tess_arena_string_n(r->arena, text.data, text.length);
}

static tess_status_t read_function(tess_reading_t *r, MlirOperation function) {
  r->model->function = function_name(r, function);
  r->model->func_op = function.ptr;
  MlirBlock body = {NULL};
  if (mlirOperationGetNumRegions(function) == 1)
    body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  if (mlirBlockIsNull(body))
    return TESS_AT(r, function, TESS_UNSUPPORTED,
                   "function '%s' has no body to work on", r->model->function);
  if (!mlirBlockIsNull(mlirBlockGetNextInRegion(body)))
    return TESS_AT(r, function, TESS_UNSUPPORTED,
                   "function '%s' has several blocks; only straight-line "
                   "functions are handled: inline or unroll its control flow",
                   r->model->function);
  return read_body(r, function, body);
}

static void release(tess_reading_t *r) {
  tess_index_map_destroy(r->slot_of_handle);
  tess_index_map_destroy(r->operation_of_name);
  free(r->slots);
  free(r->operations);
  free(r->operation_names);
  free(r->value_expression);
  free(r->extras);
  free(r->expressions.items);
  tess_arena_free(&r->scratch);
}

static tess_status_t read_model(MlirOperation function, bool bare, bool kernels,
                                tess_model_t **model) {
  tess_reading_t r = {.model = tess_alloc(sizeof *r.model),
                      .bare = bare,
                      .kernels = kernels,
                      .context = mlirOperationGetContext(function),
                      .slot_of_handle = tess_index_map_create(sizeof(void *)),
                      .operation_of_name =
                          tess_index_map_create(sizeof(void *))};
  r.arena = &r.model->arena;
  tess_status_t status = read_function(&r, function);
  release(&r);
  if (status) {
    tess_model_destroy(r.model);
    r.model = NULL;
  }
  *model = r.model;
  return status;
}

tess_status_t tess_ir_read(MlirOperation function, tess_model_t **model) {
  return read_model(function, false, false, model);
}

tess_status_t tess_ir_read_bare(MlirOperation function, tess_model_t **model) {
  return read_model(function, true, false, model);
}

tess_status_t tess_ir_read_kernels(MlirOperation function,
                                   tess_model_t **model) {
  return read_model(function, true, true, model);
}
