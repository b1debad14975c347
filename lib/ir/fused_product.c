/* Contractions with element-wise work in their bodies. */
#include "fused_product.h"
#include "operations.h"
#include <string.h>

enum { MAX_BODY_OPS = 256 }; /* longer bodies are left to be reductions */

/* Which block arguments an op of the body depends on, a bit each. */
typedef struct slice {
  const void *op;
  uint32_t arguments;
} slice_t;

typedef struct body {
  MlirBlock block;
  slice_t slices[MAX_BODY_OPS];
  int count;
} body_t;

static uint32_t arguments_of(const body_t *body, MlirValue value) {
  if (mlirValueIsABlockArgument(value)) {
    bool own = mlirBlockArgumentGetOwner(value).ptr == body->block.ptr;
    return own ? 1u << mlirBlockArgumentGetArgNumber(value) : 0;
  }
  const void *op = mlirOpResultGetOwner(value).ptr;
  for (int i = body->count - 1; i >= 0; i--)
    if (body->slices[i].op == op)
      return body->slices[i].arguments;
  return 0; /* from outside: a constant */
}

/* False for bodies that are too long or hold regions. */
static bool slice_body(MlirBlock block, body_t *body) {
  *body = (body_t){.block = block};
  for (MlirOperation op = mlirBlockGetFirstOperation(block);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    if (body->count == MAX_BODY_OPS || mlirOperationGetNumRegions(op))
      return false;
    uint32_t arguments = 0;
    intptr_t operands = mlirOperationGetNumOperands(op);
    for (intptr_t i = 0; i < operands; i++)
      arguments |= arguments_of(body, mlirOperationGetOperand(op, i));
    body->slices[body->count++] = (slice_t){op.ptr, arguments};
  }
  return true;
}

static MlirOperation defined_by(tess_reading_t *r, MlirValue value,
                                const char *real, const char *integer) {
  const MlirOperation none = {NULL};
  if (!mlirValueIsAOpResult(value))
    return none;
  MlirOperation op = mlirOpResultGetOwner(value);
  const char *name = tess_operation_name(r, op);
  return strcmp(name, real) == 0 || strcmp(name, integer) == 0 ? op : none;
}

/* The multiplication in so_far + a * b. */
static MlirOperation find_multiplication(tess_reading_t *r, MlirBlock block,
                                         MlirValue so_far) {
  const MlirOperation none = {NULL};
  MlirOperation yield = mlirBlockGetTerminator(block);
  if (mlirOperationGetNumOperands(yield) != 1)
    return none;
  MlirOperation sum = defined_by(r, mlirOperationGetOperand(yield, 0),
                                 "arith.addf", "arith.addi");
  if (mlirOperationIsNull(sum))
    return none;
  for (int i = 0; i < 2; i++)
    if (mlirValueEqual(mlirOperationGetOperand(sum, i), so_far))
      return defined_by(r, mlirOperationGetOperand(sum, 1 - i), "arith.mulf",
                        "arith.muli");
  return none;
}

/* The largest tensor among the operands, or -1. */
static int largest(tess_reading_t *r, MlirOperation op, uint32_t operands) {
  int found = -1;
  int64_t most = 0;
  for (int i = 0; i < TESS_MAX_OPERANDS; i++) {
    int32_t value = operands >> i & 1
                        ? tess_reading_find(r, mlirOperationGetOperand(op, i))
                        : TESS_NONE;
    if (value == TESS_NONE || r->values[value].elements <= most)
      continue;
    most = r->values[value].elements;
    found = i;
  }
  return found;
}

/* Data first: the operand that a window slides over. */
static void order(const tess_maps_t *maps, tess_fused_product_t *product) {
  const MlirAffineMap first = maps->map[product->operand[0]];
  const MlirAffineMap second = maps->map[product->operand[1]];
  if (mlirAffineMapIsProjectedPermutation(second) ||
      !mlirAffineMapIsProjectedPermutation(first))
    return;
  MlirValue factor = product->factor[0];
  int operand = product->operand[0];
  product->factor[0] = product->factor[1];
  product->operand[0] = product->operand[1];
  product->factor[1] = factor;
  product->operand[1] = operand;
}

static void pick_maps(const tess_maps_t *maps, tess_fused_product_t *product) {
  const int from[] = {product->operand[0], product->operand[1],
                      maps->operand_count - 1};
  product->maps = *maps;
  product->maps.operand_count = 3;
  for (int i = 0; i < 3; i++) {
    product->maps.map[i] = maps->map[from[i]];
    product->maps.computed[i] = maps->computed[from[i]];
  }
}

/* A loop that sums and does not run over the filter would sum the data alone;
 * one that does not run over the data as it is must slide. */
static bool sums_both(const tess_maps_t *maps) {
  for (int i = 0; i < maps->loop_count; i++) {
    bool data = tess_maps_position(maps, 0, i) >= 0 || maps->computed[0];
    bool sums = !maps->in_result[i] && maps->extent[i] > 1;
    if (sums && (!data || tess_maps_position(maps, 1, i) < 0))
      return false;
  }
  return true;
}

bool tess_fused_product_find(tess_reading_t *r, MlirOperation op,
                             const tess_maps_t *maps, MlirBlock block,
                             tess_fused_product_t *product) {
  body_t body;
  intptr_t last = maps->operand_count - 1;
  if (mlirOperationGetNumResults(op) != 1 ||
      mlirBlockGetNumArguments(block) != last + 1)
    return false;
  MlirValue so_far = mlirBlockGetArgument(block, last);
  MlirOperation product_op = find_multiplication(r, block, so_far);
  if (mlirOperationIsNull(product_op) || !slice_body(block, &body))
    return false;
  uint32_t arguments[2];
  for (int i = 0; i < 2; i++) {
    product->factor[i] = mlirOperationGetOperand(product_op, i);
    arguments[i] = arguments_of(&body, product->factor[i]);
    product->operand[i] = largest(r, op, arguments[i]);
    if (product->operand[i] < 0)
      return false;
  }
  if ((arguments[0] & arguments[1]) ||
      (arguments[0] | arguments[1]) >> last & 1)
    return false;
  order(maps, product);
  pick_maps(maps, product);
  return sums_both(&product->maps);
}

/* Whether each index of all three operands is a loop. */
static bool is_plain(const tess_maps_t *maps) {
  for (int i = 0; i < 3; i++)
    if (!mlirAffineMapIsProjectedPermutation(maps->map[i]))
      return false;
  return true;
}

tess_status_t tess_fused_product_add(tess_reading_t *r, MlirOperation op,
                                     const tess_fused_product_t *product,
                                     int32_t *index) {
  const int from[] = {product->operand[0], product->operand[1],
                      (int)mlirOperationGetNumOperands(op) - 1};
  int32_t values[3];
  for (int i = 0; i < 3; i++)
    values[i] = tess_reading_find(r, mlirOperationGetOperand(op, from[i]));
  return is_plain(&product->maps)
             ? tess_add_product(r, op, &product->maps, values, index)
             : tess_add_generic_convolution(r, op, &product->maps, values,
                                            index);
}
