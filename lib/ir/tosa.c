/* TOSA (1.0, as in MLIR 22): one row an op, and the few that need more. */
#include "mlir-c/BuiltinAttributes.h"
#include "operations.h"
#include <math.h>

/* The number of leading operands that an element-wise op computes on matters
 * for ops with zero points, shifts or tables behind them. */
#define ELEMENT(text, id, count)                                               \
  {                                                                            \
    .name = "tosa." text, .read = tess_read_elementwise,                       \
    .scalar = TESS_SCALAR_##id, .operands = count                              \
  }
#define WITH(text, handler)                                                    \
  { .name = "tosa." text, .read = handler }
#define REDUCTION(text, id)                                                    \
  {                                                                            \
    .name = "tosa." text, .read = tess_read_reduction,                         \
    .scalar = TESS_SCALAR_##id                                                 \
  }
#define CONVOLUTION(text, data, filter)                                        \
  {                                                                            \
    .name = "tosa." text, .read = tess_read_convolution, .data_layout = data,  \
    .filter_layout = filter                                                    \
  }

/* The result of `scalar` on one operand and a node that just got it. */
static tess_status_t finish(tess_reading_t *r, int32_t node, int32_t e) {
  tess_reading_set_result(r, node, 0, e);
  e = r->value_expression[r->nodes[node].outputs[0]];
  return tess_reading_count(r, node, &e, 1, r->nodes[node].kernel.out_elements);
}

static tess_status_t begin(tess_reading_t *r, MlirOperation op, int32_t *node,
                           int32_t *x) {
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_ELEMENTWISE,
                                 TESS_KERNEL_ELEMENTWISE, node));
  *x = tess_reading_operand_expression(r, r->nodes[*node].inputs[0],
                                       r->nodes[*node].kernel.out_elements);
  return TESS_SUCCESS;
}

static int32_t unary(tess_reading_t *r, int32_t node, tess_scalar_t scalar,
                     int32_t a) {
  return tess_expression_add(&r->expressions, node, scalar, a, TESS_NONE,
                             TESS_NONE);
}

static int32_t binary(tess_reading_t *r, int32_t node, tess_scalar_t scalar,
                      int32_t a, int32_t b) {
  return tess_expression_add(&r->expressions, node, scalar, a, b, TESS_NONE);
}

/* 1 / (1 + exp(-x)), as exporters without a sigmoid write it. */
static tess_status_t read_sigmoid(tess_reading_t *r, MlirOperation op,
                                  const tess_operation_t *operation) {
  (void)operation;
  int32_t node, x;
  TESS_TRY(begin(r, op, &node, &x));
  int32_t one = tess_expression_constant(&r->expressions, 1);
  x = unary(r, node, TESS_SCALAR_NEG, x);
  x = unary(r, node, TESS_SCALAR_EXP, x);
  x = binary(r, node, TESS_SCALAR_ADD, x, one);
  return finish(r, node, binary(r, node, TESS_SCALAR_DIV, one, x));
}

static tess_status_t read_reciprocal(tess_reading_t *r, MlirOperation op,
                                     const tess_operation_t *operation) {
  (void)operation;
  int32_t node, x;
  TESS_TRY(begin(r, op, &node, &x));
  int32_t one = tess_expression_constant(&r->expressions, 1);
  return finish(r, node, binary(r, node, TESS_SCALAR_DIV, one, x));
}

/* Whether a bound of a clamp cannot cut anything off. */
static bool is_open(double bound, int32_t dtype) {
  switch (dtype) {
  case TESS_F16:
    return fabs(bound) >= 65504;
  case TESS_I8:
    return bound <= -128 || bound >= 127;
  case TESS_I16:
    return bound <= -32768 || bound >= 32767;
  case TESS_F64:
    return isinf(bound) || fabs(bound) >= 1.7e308;
  default:
    return fabs(bound) >= 3.38e38;
  }
}

static tess_status_t read_clamp(tess_reading_t *r, MlirOperation op,
                                const tess_operation_t *operation) {
  (void)operation;
  int32_t node, x;
  TESS_TRY(begin(r, op, &node, &x));
  int32_t dtype = r->nodes[node].kernel.in_type;
  double low, high;
  if (tess_attribute_number(tess_attribute(op, "min_val"), &low) &&
      !is_open(low, dtype))
    x = binary(r, node, TESS_SCALAR_MAX, x,
               tess_expression_constant(&r->expressions, low));
  if (tess_attribute_number(tess_attribute(op, "max_val"), &high) &&
      !is_open(high, dtype))
    x = binary(r, node, TESS_SCALAR_MIN, x,
               tess_expression_constant(&r->expressions, high));
  return finish(r, node, x);
}

static tess_status_t read_table(tess_reading_t *r, MlirOperation op,
                                const tess_operation_t *operation) {
  (void)operation;
  int32_t node, x;
  TESS_TRY(begin(r, op, &node, &x));
  x = unary(r, node, TESS_SCALAR_TABLE, x);
  r->expressions.items[x].constant =
      tess_table_kind(mlirOperationGetOperand(op, 1));
  return finish(r, node, x);
}

static tess_status_t read_transpose(tess_reading_t *r, MlirOperation op,
                                    const tess_operation_t *operation) {
  (void)operation;
  int32_t node;
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_TRANSPOSE,
                                 TESS_KERNEL_MOVEMENT, &node));
  return TESS_SUCCESS;
}

/* tosa.pad: a shape operand holds low and high of each dimension in turn. */
static tess_status_t read_pad(tess_reading_t *r, MlirOperation op,
                              const tess_operation_t *operation) {
  (void)operation;
  int32_t node;
  TESS_TRY(
      tess_reading_add_node(r, op, TESS_NODE_PAD, TESS_KERNEL_MOVEMENT, &node));
  const tess_node_t *pad = &r->nodes[node];
  MlirValue shape = mlirOperationGetOperand(op, 1);
  double fill;
  if (!mlirValueIsAOpResult(shape) || pad->input_count < 2)
    return TESS_SUCCESS;
  int64_t amounts[2 * TESS_MAX_RANK];
  int64_t count = tess_attribute_integers(
      tess_attribute(mlirOpResultGetOwner(shape), "values"), amounts,
      2 * TESS_MAX_RANK);
  int32_t rank = r->values[pad->outputs[0]].rank;
  int32_t fill_expression = tess_reading_expression(r, pad->inputs[1]);
  if (count != 2 * rank ||
      !tess_expression_number(&r->expressions, fill_expression, &fill) ||
      fill != 0)
    return TESS_SUCCESS;
  int64_t *low = tess_arena_array(r->arena, 2 * (size_t)rank, sizeof(int64_t));
  for (int32_t i = 0; i < rank; i++) {
    low[i] = amounts[2 * i];
    low[rank + i] = amounts[2 * i + 1];
  }
  r->nodes[node].pad_low = low;
  r->nodes[node].pad_high = low + rank;
  return TESS_SUCCESS;
}

const tess_operation_t tess_tosa_operations[] = {
    CONVOLUTION("conv2d", "NHWC", "FHWC"),
    CONVOLUTION("conv3d", "NDHWC", "FDHWC"),
    CONVOLUTION("depthwise_conv2d", "NHWC", "HWCM"),
    {.name = "tosa.transpose_conv2d",
     .read = tess_read_transposed_convolution,
     .data_layout = "NHWC",
     .filter_layout = "FHWC"},
    WITH("matmul", tess_read_tosa_matmul),
    ELEMENT("add", ADD, 2),
    ELEMENT("sub", SUB, 2),
    ELEMENT("mul", MUL, 2),
    ELEMENT("intdiv", DIV, 2),
    ELEMENT("pow", POW, 2),
    ELEMENT("maximum", MAX, 2),
    ELEMENT("minimum", MIN, 2),
    ELEMENT("negate", NEG, 1),
    ELEMENT("abs", ABS, 1),
    ELEMENT("ceil", OTHER, 1),
    ELEMENT("floor", OTHER, 1),
    ELEMENT("clz", CLZ, 1),
    ELEMENT("exp", EXP, 1),
    ELEMENT("log", LOG, 1),
    ELEMENT("sin", CURVE, 1),
    ELEMENT("cos", CURVE, 1),
    ELEMENT("rsqrt", RSQRT, 1),
    ELEMENT("tanh", TANH, 1),
    ELEMENT("erf", ERF, 1),
    ELEMENT("cast", CAST, 1),
    ELEMENT("rescale", RESCALE, 1),
    WITH("table", read_table),
    ELEMENT("select", SELECT, 3),
    ELEMENT("equal", COMPARE, 2),
    ELEMENT("greater", COMPARE, 2),
    ELEMENT("greater_equal", COMPARE, 2),
    ELEMENT("logical_and", AND, 2),
    ELEMENT("logical_or", OR, 2),
    ELEMENT("logical_xor", OTHER, 2),
    ELEMENT("logical_not", OTHER, 1),
    ELEMENT("logical_left_shift", OTHER, 2),
    ELEMENT("logical_right_shift", OTHER, 2),
    ELEMENT("arithmetic_right_shift", OTHER, 2),
    ELEMENT("bitwise_and", OTHER, 2),
    ELEMENT("bitwise_or", OTHER, 2),
    ELEMENT("bitwise_xor", OTHER, 2),
    ELEMENT("bitwise_not", OTHER, 1),
    WITH("sigmoid", read_sigmoid),
    WITH("reciprocal", read_reciprocal),
    WITH("clamp", read_clamp),
    REDUCTION("reduce_sum", ADD),
    REDUCTION("reduce_max", MAX),
    REDUCTION("reduce_min", MIN),
    REDUCTION("reduce_all", AND),
    REDUCTION("reduce_any", OR),
    REDUCTION("reduce_product", MUL),
    REDUCTION("argmax", OTHER),
    WITH("max_pool2d", tess_read_tosa_pooling),
    WITH("avg_pool2d", tess_read_tosa_pooling),
    WITH("transpose", read_transpose),
    WITH("pad", read_pad),
    WITH("reshape", tess_read_view),
    WITH("identity", tess_read_view),
    WITH("slice", tess_read_movement),
    WITH("concat", tess_read_movement),
    WITH("gather", tess_read_movement),
    WITH("scatter", tess_read_movement),
    WITH("tile", tess_read_movement),
    WITH("reverse", tess_read_movement),
    WITH("resize", tess_read_movement),
    WITH("const", tess_read_constant),
    WITH("const_shape", tess_read_nothing),
    {.name = NULL},
};
