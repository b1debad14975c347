/* linalg ops by their indexing maps and bodies, whatever they are called:
 * element-wise, transpose, reduction, product, convolution. */
#include "fused_product.h"
#include "maps.h"
#include "operations.h"
#include "tessera/base/checked.h"
#include <math.h>
#include <string.h>

static MlirBlock body_of(MlirOperation op) {
  if (mlirOperationGetNumRegions(op) != 1)
    return (MlirBlock){NULL};
  return mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
}

/* The loops that the operand does not move with, as a geometry. */
static uint64_t repeated(const tess_maps_t *maps, int operand) {
  uint32_t marked = 0;
  for (int i = 0; i < maps->loop_count; i++)
    if (tess_maps_position(maps, operand, i) < 0)
      marked |= 1u << maps->place[i];
  return tess_maps_geometry(maps->loop_count, maps->placed, marked);
}

/* The block's arguments stand for the operands' elements. linalg.map has no
 * argument for its result. */
static void bind_arguments(tess_reading_t *r, MlirOperation op,
                           const tess_maps_t *maps, MlirBlock body,
                           int64_t elements) {
  intptr_t arguments = mlirBlockGetNumArguments(body);
  bool in_order = tess_maps_ordered(maps, maps->operand_count - 1);
  for (intptr_t i = 0; i < arguments && i < maps->operand_count; i++) {
    MlirValue operand = mlirOperationGetOperand(op, i);
    tess_slot_t *slot = tess_reading_slot(r, operand);
    int32_t e = slot->expression;
    if (slot->value != TESS_NONE) {
      int32_t value = slot->value;
      bool ordered = in_order && tess_maps_ordered(maps, (int)i);
      e = tess_reading_operand_expression(r, value, ordered ? elements : -1);
      tess_expression_t *item = &r->expressions.items[e];
      if (item->scalar == TESS_SCALAR_BROADCAST && item->value == TESS_NONE)
        item->repeats = ordered ? repeated(maps, (int)i) : 0;
    }
    tess_reading_slot(r, mlirBlockGetArgument(body, i))->expression = e;
  }
}

/* Reads the ops of the body; the expressions that it yields go to `results`
 * (TESS_NONE where nothing is known). Returns how many. */
static tess_status_t read_body(tess_reading_t *r, MlirBlock body, int32_t node,
                               int32_t *results, int32_t *count) {
  MlirOperation yield = mlirBlockGetTerminator(body);
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op) && op.ptr != yield.ptr;
       op = mlirOperationGetNextInBlock(op))
    TESS_TRY(tess_read_scalar(r, op, node));
  intptr_t yielded = mlirOperationGetNumOperands(yield);
  *count = 0;
  for (intptr_t i = 0; i < yielded && i < TESS_MAX_OPERANDS; i++) {
    MlirValue value = mlirOperationGetOperand(yield, i);
    int32_t e = tess_reading_slot(r, value)->expression;
    if (e == TESS_NONE)
      e = tess_expression_add(&r->expressions, node, TESS_SCALAR_OPAQUE,
                              TESS_NONE, TESS_NONE, TESS_NONE);
    results[(*count)++] = e;
  }
  return TESS_SUCCESS;
}

/* A body that hands its first operand through, in another order. */
static bool is_transpose(const tess_reading_t *r, const tess_maps_t *maps,
                         const tess_node_t *node, MlirBlock body) {
  MlirOperation yield = mlirBlockGetTerminator(body);
  if (mlirOperationGetNumOperands(yield) != 1 || node->output_count != 1 ||
      node->input_count < 1 ||
      !mlirValueEqual(mlirOperationGetOperand(yield, 0),
                      mlirBlockGetArgument(body, 0)))
    return false;
  bool same = r->values[node->inputs[0]].elements ==
              r->values[node->outputs[0]].elements;
  int last = maps->operand_count - 1;
  return same &&
         (!tess_maps_ordered(maps, 0) || !tess_maps_ordered(maps, last));
}

static tess_status_t read_elementwise(tess_reading_t *r, MlirOperation op,
                                      const tess_maps_t *maps, MlirBlock body) {
  int32_t node, count, results[TESS_MAX_OPERANDS];
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_ELEMENTWISE,
                                 TESS_KERNEL_ELEMENTWISE, &node));
  if (is_transpose(r, maps, &r->nodes[node], body)) {
    r->nodes[node].kind = TESS_NODE_TRANSPOSE;
    r->nodes[node].kernel.kind = TESS_KERNEL_MOVEMENT;
    return TESS_SUCCESS;
  }
  int64_t elements = r->nodes[node].kernel.out_elements;
  bind_arguments(r, op, maps, body, elements);
  TESS_TRY(read_body(r, body, node, results, &count));
  bool constant = true;
  for (int32_t i = 0; i < count && i < r->nodes[node].output_count; i++) {
    tess_reading_set_result(r, node, i, results[i]);
    results[i] = r->value_expression[r->nodes[node].outputs[i]];
    const tess_expression_t *e = &r->expressions.items[results[i]];
    constant = constant && e->scalar == TESS_SCALAR_CONSTANT;
  }
  if (constant)
    r->nodes[node].kind = TESS_NODE_INIT;
  return tess_reading_count(r, node, results, count, elements);
}

/* Takes apart what the body yields first: what it has so far, combined with
 * an element. */
static void describe(tess_reading_t *r, const tess_maps_t *maps, MlirBlock body,
                     int32_t node, int32_t result) {
  intptr_t first = mlirBlockGetNumArguments(body) -
                   mlirOperationGetNumOperands(mlirBlockGetTerminator(body));
  if (first < 0 || result == TESS_NONE)
    return;
  int32_t so_far =
      tess_reading_slot(r, mlirBlockGetArgument(body, first))->expression;
  result = tess_expression_strip(&r->expressions, result);
  const tess_expression_t *e = &r->expressions.items[result];
  int side = e->child[1] == so_far ? 0 : 1;
  int32_t combiner = tess_combiner_of((tess_scalar_t)e->scalar);
  if (combiner == TESS_COMBINER_OTHER || e->child[1 - side] != so_far)
    return;
  r->nodes[node].combiner = combiner;
  uint32_t marked = 0;
  for (int i = 0; i < maps->loop_count; i++)
    marked |= maps->in_result[i] ? 0 : 1u << maps->place[i];
  tess_reading_describe(r, node, e->child[side], maps->loop_count, maps->placed,
                        marked,
                        tess_maps_ordered(maps, maps->operand_count - 1));
}

/* Whether `e` keeps the greater of two: as a maximum, or by a comparison whose
 * left side it selects. */
static bool keeps_greater(const tess_reading_t *r, int32_t e) {
  const tess_expressions_t *all = &r->expressions;
  const tess_expression_t *item = &all->items[tess_expression_strip(all, e)];
  if (item->scalar != TESS_SCALAR_SELECT || item->child[2] == TESS_NONE)
    return item->scalar == TESS_SCALAR_MAX;
  int32_t left = item->child[1], test = item->child[0];
  while (all->items[test].scalar == TESS_SCALAR_OR ||
         all->items[test].scalar == TESS_SCALAR_AND) /* with a number test */
    test = all->items[test].child[0];
  const tess_expression_t *compare = &all->items[test];
  double sign = compare->scalar == TESS_SCALAR_COMPARE ? compare->constant : 0;
  return fabs(sign) == 1 && (compare->child[0] == left) == (sign > 0);
}

/* Whether the node's two results are the greatest element and where it is, in
 * either order. */
static bool finds_greatest(const tess_reading_t *r, const tess_node_t *node,
                           const int32_t *results, int32_t count) {
  if (count != 2 || node->output_count != 2)
    return false;
  for (int i = 0; i < 2; i++) {
    int32_t dtype = r->values[node->outputs[i]].dtype;
    int32_t place = tess_expression_strip(&r->expressions, results[i]);
    if ((dtype == TESS_I32 || dtype == TESS_I64 || dtype == TESS_INDEX) &&
        r->expressions.items[place].scalar == TESS_SCALAR_SELECT)
      return keeps_greater(r, results[1 - i]);
  }
  return false;
}

static tess_status_t read_reduction(tess_reading_t *r, MlirOperation op,
                                    const tess_maps_t *maps, MlirBlock body) {
  int32_t node, count, results[TESS_MAX_OPERANDS];
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_REDUCTION,
                                 TESS_KERNEL_REDUCTION, &node));
  int64_t iterations;
  TESS_TRY(tess_maps_iterations(r, op, maps, &iterations));
  bind_arguments(r, op, maps, body, iterations);
  TESS_TRY(read_body(r, body, node, results, &count));
  describe(r, maps, body, node, count ? results[0] : TESS_NONE);
  r->extras[node].finds_place =
      finds_greatest(r, &r->nodes[node], results, count);
  tess_kernel_t *kernel = &r->nodes[node].kernel;
  kernel->m = kernel->out_elements;
  kernel->n = 1;
  kernel->k = iterations / kernel->out_elements;
  tess_read_generic_pooling(r, maps, &r->nodes[node]);
  return tess_reading_count(r, node, results, count, iterations);
}

/* Work of a body that computes a product's operands: once for each element of
 * an operand, however often the product reads it. */
static tess_status_t count_factors(tess_reading_t *r, MlirOperation op,
                                   int32_t node,
                                   const tess_fused_product_t *product) {
  int64_t first[TESS_VECTOR_OP_COUNT];
  int32_t factor[2];
  int64_t *ops = r->nodes[node].kernel.vector_ops;
  for (int i = 0; i < 2; i++)
    factor[i] = tess_reading_slot(r, product->factor[i])->expression;
  const int32_t operand[] = {r->nodes[node].data, r->nodes[node].filter};
  TESS_TRY(tess_reading_count(r, node, factor, 1, 1));
  memcpy(first, ops, sizeof first);
  TESS_TRY(tess_reading_count(r, node, factor, 2, 1));
  for (int i = 0; i < TESS_VECTOR_OP_COUNT; i++) {
    int64_t second = ops[i] - first[i];
    TESS_TRY(tess_reading_multiply(r, op, &first[i],
                                   r->values[operand[0]].elements));
    TESS_TRY(
        tess_reading_multiply(r, op, &second, r->values[operand[1]].elements));
    if (!tess_add_i64(first[i], second, &ops[i]))
      return TESS_AT(r, op, TESS_OVERFLOW, "its work does not fit 64 bits");
  }
  return TESS_SUCCESS;
}

static tess_status_t read_fused_product(tess_reading_t *r, MlirOperation op,
                                        const tess_maps_t *maps, MlirBlock body,
                                        bool *known) {
  tess_fused_product_t product;
  int32_t node = TESS_NONE, count, results[TESS_MAX_OPERANDS];
  if (tess_fused_product_find(r, op, maps, body, &product))
    TESS_TRY(tess_fused_product_add(r, op, &product, &node));
  *known = node != TESS_NONE;
  if (!*known)
    return TESS_SUCCESS;
  bind_arguments(r, op, maps, body, -1);
  TESS_TRY(read_body(r, body, node, results, &count));
  return count_factors(r, op, node, &product);
}

tess_status_t tess_read_structured(tess_reading_t *r, MlirOperation op,
                                   const tess_operation_t *operation) {
  tess_maps_t maps;
  MlirBlock body = body_of(op);
  bool known = !mlirBlockIsNull(body) && tess_maps_get(op, &maps);
  if (!known)
    return tess_read_unknown(r, op, operation);
  if (!maps.reduces)
    return read_elementwise(r, op, &maps, body);
  TESS_TRY(tess_read_product(r, op, &maps, &known));
  if (!known)
    TESS_TRY(tess_read_generic_convolution(r, op, &maps, &known));
  if (!known)
    TESS_TRY(read_fused_product(r, op, &maps, body, &known));
  return known ? TESS_SUCCESS : read_reduction(r, op, &maps, body);
}
