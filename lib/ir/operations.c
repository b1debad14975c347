/* Finding the row of an op, and the handlers that need no dialect. */
#include "operations.h"
#include "mlir-c/BuiltinTypes.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const tess_operation_t func_operations[] = {
    {.name = "arith.constant", .read = tess_read_constant},
    {.name = NULL},
};

/* Any other op of linalg goes by its maps and body. */
static const tess_operation_t structured = {.name = "linalg",
                                            .read = tess_read_structured};

static bool is_named(const tess_operation_t *row, MlirStringRef name) {
  return strncmp(row->name, name.data, name.length) == 0 &&
         row->name[name.length] == '\0';
}

/* The first table that names an op has it. */
static const tess_operation_t *search_tables(MlirStringRef name) {
  const tess_operation_t *const tables[] = {
      func_operations, tess_tosa_operations, tess_linalg_operations,
      tess_tensor_operations, tess_scalar_operations};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    for (const tess_operation_t *row = tables[i]; row->name; row++)
      if (is_named(row, name))
        return row;
  return NULL;
}

/* The rows that this process has come across, by their names' hashes: a model
 * has a dozen, so finding those one by one costs less than hashing all. Power
 * of two, and far more than there are rows. Filled by any thread, never
 * emptied. */
enum { slot_count = 1024 };
static _Atomic(const tess_operation_t *) slots[slot_count];

static const tess_operation_t *find_row(MlirStringRef name) {
  size_t slot = (size_t)tess_hash(name.data, name.length, 0) % slot_count;
  const tess_operation_t *row;
  for (; (row = atomic_load(&slots[slot])); slot = (slot + 1) % slot_count)
    if (is_named(row, name))
      return row;
  row = search_tables(name);
  /* Where another thread was faster it is found anew next time. */
  const tess_operation_t *none = NULL;
  if (row)
    atomic_compare_exchange_strong(&slots[slot], &none, row);
  return row;
}

static const tess_operation_t *find_by_name(MlirStringRef name) {
  const tess_operation_t *row = find_row(name);
  if (row)
    return row;
  bool linalg = name.length > 7 && memcmp(name.data, "linalg.", 7) == 0;
  return linalg ? &structured : NULL;
}

static size_t cache_name(tess_reading_t *r, MlirOperation op) {
  MlirIdentifier name = mlirOperationGetName(op);
  if (name.ptr == r->last_name) /* asked for twice an op or more */
    return r->last_operation;
  bool added;
  size_t index = tess_index_map_add(r->operation_of_name, &name.ptr, &added);
  r->last_name = name.ptr;
  r->last_operation = index;
  if (!added)
    return index;
  r->operations = tess_grow(r->operations, index + 1, &r->operation_capacity,
                            sizeof(*r->operations));
  r->operation_names =
      tess_grow(r->operation_names, index + 1, &r->operation_name_capacity,
                sizeof(*r->operation_names));
  MlirStringRef text = mlirIdentifierStr(name);
  const tess_operation_t *row = find_by_name(text);
  r->operations[index] = row;
  r->operation_names[index] =
      row && row != &structured
          ? row->name
          : tess_arena_string_n(r->arena, text.data, text.length);
  return index;
}

const tess_operation_t *tess_operation_find(tess_reading_t *r,
                                            MlirOperation op) {
  size_t index = cache_name(r, op); /* may move the array */
  return r->operations[index];
}

const char *tess_operation_name(tess_reading_t *r, MlirOperation op) {
  size_t index = cache_name(r, op); /* may move the array */
  return r->operation_names[index];
}

tess_status_t tess_read_unknown(tess_reading_t *r, MlirOperation op,
                                const tess_operation_t *operation) {
  (void)operation;
  int32_t node;
  return tess_reading_add_node(r, op, TESS_NODE_UNKNOWN, TESS_KERNEL_UNKNOWN,
                               &node);
}

tess_status_t tess_read_movement(tess_reading_t *r, MlirOperation op,
                                 const tess_operation_t *operation) {
  (void)operation;
  int32_t node;
  return tess_reading_add_node(r, op, TESS_NODE_MOVEMENT, TESS_KERNEL_MOVEMENT,
                               &node);
}

/* The same elements in the same order: the result's expression is the
 * operand's. */
tess_status_t tess_read_view(tess_reading_t *r, MlirOperation op,
                             const tess_operation_t *operation) {
  (void)operation;
  int32_t node;
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_RESHAPE, TESS_KERNEL_MOVEMENT,
                                 &node));
  const tess_node_t *view = &r->nodes[node];
  if (view->input_count && view->output_count)
    r->value_expression[view->outputs[0]] =
        tess_reading_expression(r, view->inputs[0]);
  return TESS_SUCCESS;
}

tess_status_t tess_read_init(tess_reading_t *r, MlirOperation op,
                             const tess_operation_t *operation) {
  (void)operation;
  int32_t node;
  return tess_reading_add_node(r, op, TESS_NODE_INIT, TESS_KERNEL_ELEMENTWISE,
                               &node);
}

tess_status_t tess_read_nothing(tess_reading_t *r, MlirOperation op,
                                const tess_operation_t *operation) {
  (void)r;
  (void)op;
  (void)operation;
  return TESS_SUCCESS;
}

tess_status_t tess_read_constant(tess_reading_t *r, MlirOperation op,
                                 const tess_operation_t *operation) {
  MlirValue result = mlirOperationGetResult(op, 0);
  if (!tess_reading_is_tensor(mlirValueGetType(result)))
    return tess_read_scalar(r, op, TESS_NONE);
  TESS_TRY(tess_read_init(r, op, operation));
  const char *name =
      mlirAttributeIsNull(tess_attribute(op, "values")) ? "value" : "values";
  double number;
  int32_t value = r->nodes[r->node_count - 1].outputs[0];
  if (tess_attribute_number(tess_attribute(op, name), &number))
    r->value_expression[value] =
        tess_expression_constant(&r->expressions, number);
  return TESS_SUCCESS;
}

tess_status_t tess_read_elementwise(tess_reading_t *r, MlirOperation op,
                                    const tess_operation_t *operation) {
  int32_t node;
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_ELEMENTWISE,
                                 TESS_KERNEL_ELEMENTWISE, &node));
  if (r->nodes[node].output_count == 0)
    return TESS_SUCCESS;
  int64_t elements = r->nodes[node].kernel.out_elements;
  int32_t child[3] = {TESS_NONE, TESS_NONE, TESS_NONE};
  int32_t limit = operation->operands ? operation->operands : 3;
  for (int32_t i = 0; i < r->nodes[node].input_count && i < limit; i++)
    child[i] =
        tess_reading_operand_expression(r, r->nodes[node].inputs[i], elements);
  int32_t e = tess_expression_add(&r->expressions, node, operation->scalar,
                                  child[0], child[1], child[2]);
  if (operation->scalar == TESS_SCALAR_COMPARE)
    r->expressions.items[e].constant = tess_predicate_of(op, operation->name);
  tess_reading_set_result(r, node, 0, e);
  e = r->value_expression[r->nodes[node].outputs[0]];
  return tess_reading_count(r, node, &e, 1, elements);
}
