/* Making ops through the C API. */
#include "build.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"
#include <stdio.h>
#include <string.h>

static MlirStringRef ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

tess_builder_t tess_build_before(MlirOperation op) {
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  return (tess_builder_t){.context = mlirOperationGetContext(op),
                          .location = mlirOperationGetLocation(op),
                          .block = mlirOperationGetBlock(op),
                          .before = op,
                          .tosa = name.length > 5 &&
                                  !memcmp(name.data, "tosa.", 5)};
}

/* ---- Types and attributes. ---- */

tess_dims_t tess_build_dims(MlirValue tensor) {
  MlirType type = mlirValueGetType(tensor);
  tess_dims_t dims = {.rank = (int32_t)mlirShapedTypeGetRank(type)};
  for (int32_t i = 0; i < dims.rank; i++)
    dims.at[i] = mlirShapedTypeGetDimSize(type, i);
  return dims;
}

static MlirType element_of(MlirValue tensor) {
  return mlirShapedTypeGetElementType(mlirValueGetType(tensor));
}

static MlirType tensor_type(const tess_dims_t *dims, MlirType element) {
  return mlirRankedTensorTypeGet(dims->rank, dims->at, element,
                                 mlirAttributeGetNull());
}

MlirType tess_build_type(const tess_dims_t *dims, MlirValue like) {
  return tensor_type(dims, element_of(like));
}

MlirNamedAttribute tess_build_attribute(const tess_builder_t *b,
                                        const char *name, MlirAttribute value) {
  return mlirNamedAttributeGet(mlirIdentifierGet(b->context, ref(name)), value);
}

static MlirNamedAttribute integers(const tess_builder_t *b, const char *name,
                                   const int64_t *values, int32_t count) {
  return tess_build_attribute(b, name,
                              mlirDenseI64ArrayGet(b->context, count, values));
}

/* How many operands each of the op's operand lists has. */
static MlirNamedAttribute segments(const tess_builder_t *b,
                                   const int32_t *counts, int32_t lists) {
  return tess_build_attribute(b, "operandSegmentSizes",
                              mlirDenseI32ArrayGet(b->context, lists, counts));
}

/* ---- Ops. ---- */

static MlirOperation insert(const tess_builder_t *b, const tess_op_t *op) {
  MlirOperationState state = mlirOperationStateGet(ref(op->name), b->location);
  mlirOperationStateAddOperands(&state, op->operand_count, op->operands);
  mlirOperationStateAddAttributes(&state, op->attribute_count, op->attributes);
  if (!mlirTypeIsNull(op->type))
    mlirOperationStateAddResults(&state, 1, &op->type);
  if (op->body)
    mlirOperationStateAddOwnedRegions(&state, 1, op->body);
  MlirOperation made = mlirOperationCreate(&state);
  if (mlirOperationIsNull(b->before))
    mlirBlockAppendOwnedOperation(b->block, made);
  else
    mlirBlockInsertOwnedOperationBefore(b->block, b->before, made);
  return made;
}

MlirValue tess_build_op(const tess_builder_t *b, const tess_op_t *op) {
  MlirOperation made = insert(b, op);
  return mlirTypeIsNull(op->type) ? (MlirValue){NULL}
                                  : mlirOperationGetResult(made, 0);
}

MlirValue tess_build_named(const tess_builder_t *b, const tess_op_t *op) {
  MlirRegion body = mlirRegionCreate();
  tess_op_t with_body = *op;
  with_body.body = &body;
  MlirOperation made = insert(b, &with_body);
  mlirLinalgFillBuiltinNamedOpRegion(made);
  return mlirOperationGetResult(made, 0);
}

/* A constant: tosa.const, tosa.const_shape or arith.constant. */
static MlirValue constant(const tess_builder_t *b, const char *name,
                          const char *attribute, MlirAttribute value,
                          MlirType type) {
  const MlirNamedAttribute attributes[] = {
      tess_build_attribute(b, attribute, value)};
  const tess_op_t op = {.name = name,
                        .attributes = attributes,
                        .attribute_count = 1,
                        .type = type};
  return tess_build_op(b, &op);
}

static MlirAttribute number_of(MlirContext context, MlirType element,
                               double number) {
  return mlirTypeIsAFloat(element)
             ? mlirFloatAttrDoubleGet(context, element, number)
             : mlirIntegerAttrGet(element, (int64_t)number);
}

MlirValue tess_build_number(const tess_builder_t *b, double number,
                            MlirType type) {
  bool tensor = mlirTypeIsAShaped(type);
  MlirType element = tensor ? mlirShapedTypeGetElementType(type) : type;
  MlirAttribute value = number_of(b->context, element, number);
  if (!tensor)
    return constant(b, "arith.constant", "value", value, type);
  tess_dims_t ones = {.rank = (int32_t)mlirShapedTypeGetRank(type)};
  for (int32_t i = 0; i < ones.rank; i++)
    ones.at[i] = 1;
  MlirType one = tensor_type(&ones, element);
  return constant(b, "tosa.const", "values",
                  mlirDenseElementsAttrSplatGet(one, value), one);
}

MlirValue tess_build_constant(const tess_builder_t *b, MlirAttribute elements) {
  return constant(b, b->tosa ? "tosa.const" : "arith.constant",
                  b->tosa ? "values" : "value", elements,
                  mlirAttributeGetType(elements));
}

MlirValue tess_build_unary(const tess_builder_t *b, const char *name,
                           MlirValue x, const MlirNamedAttribute *attributes,
                           intptr_t attribute_count, MlirType type) {
  const tess_op_t op = {.name = name,
                        .operands = &x,
                        .operand_count = 1,
                        .attributes = attributes,
                        .attribute_count = attribute_count,
                        .type = type};
  return tess_build_op(b, &op);
}

MlirValue tess_build_binary(const tess_builder_t *b, const char *name,
                            MlirValue x, MlirValue y, MlirType type) {
  const MlirValue operands[] = {x, y};
  const tess_op_t op = {
      .name = name, .operands = operands, .operand_count = 2, .type = type};
  return tess_build_op(b, &op);
}

static MlirValue empty(const tess_builder_t *b, MlirType type) {
  const tess_op_t op = {.name = "tensor.empty", .type = type};
  return tess_build_op(b, &op);
}

/* ---- Reshape. ---- */

/* Making a type of TOSA's own means parsing it, which takes as long as making
 * several ops: the types that the context in work has. */
static _Thread_local MlirType shape_types[2 * TESS_MAX_RANK + 1];

static MlirType shape_type(const tess_builder_t *b, int32_t count) {
  MlirType *type = &shape_types[count];
  if (mlirTypeIsNull(*type)) {
    char text[32];
    snprintf(text, sizeof text, "!tosa.shape<%d>", (int)count);
    *type = mlirTypeParseGet(b->context, ref(text));
  }
  return *type;
}

void tess_build_begin(MlirContext context) {
  static const char *const names[] = {"arith", "linalg", "math", "tensor",
                                      "tosa"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    mlirContextGetOrLoadDialect(context, ref(names[i]));
  memset(shape_types, 0, sizeof shape_types);
}

MlirValue tess_build_shape(const tess_builder_t *b, const int64_t *sizes,
                           int32_t count) {
  const tess_dims_t one = {1, {count}};
  MlirType type = tensor_type(&one, mlirIndexTypeGet(b->context));
  return constant(b, "tosa.const_shape", "values",
                  mlirDenseElementsAttrInt64Get(type, count, sizes),
                  shape_type(b, count));
}

/* [[0], [1, 2], …]: which dimensions of `fine` make up each of `coarse`. */
static MlirNamedAttribute reassociation(const tess_builder_t *b,
                                        const tess_dims_t *coarse,
                                        const tess_dims_t *fine) {
  MlirType i64 = mlirIntegerTypeGet(b->context, 64);
  MlirAttribute groups[TESS_MAX_RANK], members[TESS_MAX_RANK];
  int32_t next = 0;
  for (int32_t i = 0; i < coarse->rank; i++) {
    int64_t product = 1;
    int32_t first = next;
    while (next < fine->rank && (next == first || product < coarse->at[i] ||
                                 i == coarse->rank - 1)) {
      members[next] = mlirIntegerAttrGet(i64, next);
      product *= fine->at[next++];
    }
    groups[i] = mlirArrayAttrGet(b->context, next - first, members + first);
  }
  return tess_build_attribute(
      b, "reassociation", mlirArrayAttrGet(b->context, coarse->rank, groups));
}

static MlirValue tensor_reshape(const tess_builder_t *b, MlirValue tensor,
                                const tess_dims_t *to) {
  tess_dims_t from = tess_build_dims(tensor);
  bool expand = to->rank > from.rank;
  const MlirNamedAttribute attributes[] = {
      expand ? reassociation(b, &from, to) : reassociation(b, to, &from),
      integers(b, "static_output_shape", to->at, to->rank)};
  return tess_build_unary(
      b, expand ? "tensor.expand_shape" : "tensor.collapse_shape", tensor,
      attributes, expand ? 2 : 1, tess_build_type(to, tensor));
}

MlirValue tess_build_reshape(const tess_builder_t *b, MlirValue tensor,
                             const tess_dims_t *to) {
  if (!b->tosa)
    return tensor_reshape(b, tensor, to);
  return tess_build_binary(b, "tosa.reshape", tensor,
                           tess_build_shape(b, to->at, to->rank),
                           tess_build_type(to, tensor));
}

/* ---- Transpose. ---- */

static MlirValue linalg_transpose(const tess_builder_t *b, MlirValue tensor,
                                  const int64_t *perm, MlirType type) {
  const MlirValue operands[] = {tensor, empty(b, type)};
  const MlirNamedAttribute attributes[] = {
      integers(b, "permutation", perm, (int32_t)mlirShapedTypeGetRank(type))};
  const tess_op_t op = {.name = "linalg.transpose",
                        .operands = operands,
                        .operand_count = 2,
                        .attributes = attributes,
                        .attribute_count = 1,
                        .type = type};
  return tess_build_named(b, &op);
}

static MlirValue tosa_transpose(const tess_builder_t *b, MlirValue tensor,
                                const int32_t *perm, MlirType type) {
  const MlirNamedAttribute attributes[] = {tess_build_attribute(
      b, "perms",
      mlirDenseI32ArrayGet(b->context, mlirShapedTypeGetRank(type), perm))};
  return tess_build_unary(b, "tosa.transpose", tensor, attributes, 1, type);
}

MlirValue tess_build_transpose(const tess_builder_t *b, MlirValue tensor,
                               const int32_t *perm) {
  tess_dims_t from = tess_build_dims(tensor), to = {.rank = from.rank};
  int64_t order[TESS_MAX_RANK];
  for (int32_t i = 0; i < to.rank; i++) {
    to.at[i] = from.at[perm[i]];
    order[i] = perm[i];
  }
  MlirType type = tess_build_type(&to, tensor);
  return b->tosa ? tosa_transpose(b, tensor, perm, type)
                 : linalg_transpose(b, tensor, order, type);
}

/* ---- Pad. ---- */

static MlirValue tosa_pad(const tess_builder_t *b, MlirValue tensor,
                          const int64_t *low, const int64_t *high, double fill,
                          MlirType type) {
  int64_t pairs[2 * TESS_MAX_RANK];
  int32_t rank = (int32_t)mlirShapedTypeGetRank(type);
  for (int32_t i = 0; i < rank; i++) {
    pairs[2 * i] = low[i];
    pairs[2 * i + 1] = high[i];
  }
  const tess_dims_t one = {1, {1}};
  const MlirValue operands[] = {
      tensor, tess_build_shape(b, pairs, 2 * rank),
      tess_build_number(b, fill, tess_build_type(&one, tensor))};
  const tess_op_t op = {.name = "tosa.pad",
                        .operands = operands,
                        .operand_count = 3,
                        .type = type};
  return tess_build_op(b, &op);
}

/* A block in a new region, with arguments of the same type. */
static MlirBlock add_block(const tess_builder_t *b, MlirRegion region,
                           MlirType type, int32_t count) {
  MlirType types[TESS_MAX_RANK];
  MlirLocation locations[TESS_MAX_RANK];
  for (int32_t i = 0; i < count; i++) {
    types[i] = type;
    locations[i] = b->location;
  }
  MlirBlock block = mlirBlockCreate(count, types, locations);
  mlirRegionAppendOwnedBlock(region, block);
  return block;
}

static tess_builder_t inside(const tess_builder_t *b, MlirBlock block) {
  tess_builder_t in = *b;
  in.block = block;
  in.before = (MlirOperation){NULL};
  return in;
}

static void yield(const tess_builder_t *in, const char *name, MlirValue value) {
  const tess_op_t op = {.name = name, .operands = &value, .operand_count = 1};
  tess_build_op(in, &op);
}

static MlirValue tensor_pad(const tess_builder_t *b, MlirValue tensor,
                            const int64_t *low, const int64_t *high,
                            double fill, MlirType type) {
  int32_t rank = (int32_t)mlirShapedTypeGetRank(type);
  MlirValue number = tess_build_number(b, fill, element_of(tensor));
  MlirRegion region = mlirRegionCreate();
  const tess_builder_t in =
      inside(b, add_block(b, region, mlirIndexTypeGet(b->context), rank));
  yield(&in, "tensor.yield", number);
  const int32_t counts[] = {1, 0, 0};
  const MlirNamedAttribute attributes[] = {
      integers(b, "static_low", low, rank),
      integers(b, "static_high", high, rank), segments(b, counts, 3)};
  const tess_op_t op = {.name = "tensor.pad",
                        .operands = &tensor,
                        .operand_count = 1,
                        .attributes = attributes,
                        .attribute_count = 3,
                        .type = type,
                        .body = &region};
  return tess_build_op(b, &op);
}

MlirValue tess_build_pad_with(const tess_builder_t *b, MlirValue tensor,
                              const int64_t *low, const int64_t *high,
                              double fill) {
  tess_dims_t to = tess_build_dims(tensor);
  for (int32_t i = 0; i < to.rank; i++)
    to.at[i] += low[i] + high[i];
  return (b->tosa ? tosa_pad : tensor_pad)(b, tensor, low, high, fill,
                                           tess_build_type(&to, tensor));
}

MlirValue tess_build_pad(const tess_builder_t *b, MlirValue tensor,
                         const int64_t *low, const int64_t *high) {
  return tess_build_pad_with(b, tensor, low, high, 0);
}

/* ---- Slice. ---- */

static MlirValue tosa_slice(const tess_builder_t *b, MlirValue tensor,
                            const int64_t *offsets, const tess_dims_t *to) {
  const MlirValue operands[] = {tensor, tess_build_shape(b, offsets, to->rank),
                                tess_build_shape(b, to->at, to->rank)};
  const tess_op_t op = {.name = "tosa.slice",
                        .operands = operands,
                        .operand_count = 3,
                        .type = tess_build_type(to, tensor)};
  return tess_build_op(b, &op);
}

static MlirValue tensor_slice(const tess_builder_t *b, MlirValue tensor,
                              const int64_t *offsets, const int64_t *steps,
                              const tess_dims_t *to) {
  const int32_t counts[] = {1, 0, 0, 0};
  const MlirNamedAttribute attributes[] = {
      integers(b, "static_offsets", offsets, to->rank),
      integers(b, "static_sizes", to->at, to->rank),
      integers(b, "static_strides", steps, to->rank), segments(b, counts, 4)};
  return tess_build_unary(b, "tensor.extract_slice", tensor, attributes, 4,
                          tess_build_type(to, tensor));
}

static const int64_t zeros[TESS_MAX_RANK];
static const int64_t ones[TESS_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};

MlirValue tess_build_part(const tess_builder_t *b, MlirValue tensor,
                          const int64_t *offsets, const tess_dims_t *to) {
  return b->tosa ? tosa_slice(b, tensor, offsets, to)
                 : tensor_slice(b, tensor, offsets, ones, to);
}

MlirValue tess_build_slice(const tess_builder_t *b, MlirValue tensor,
                           const tess_dims_t *to) {
  return tess_build_part(b, tensor, zeros, to);
}

/* tosa.slice has no steps: the places become the first of `count` blocks. */
static MlirValue tosa_every(const tess_builder_t *b, MlirValue tensor,
                            int32_t dimension, int64_t start, int64_t step,
                            int64_t count) {
  tess_dims_t to = tess_build_dims(tensor), blocks = {.rank = to.rank + 1};
  int64_t offsets[TESS_MAX_RANK] = {0}, high[TESS_MAX_RANK] = {0};
  int64_t rest = to.at[dimension] - start, wanted = count * step;
  offsets[dimension] = start;
  to.at[dimension] = rest < wanted ? rest : wanted;
  tensor = tosa_slice(b, tensor, offsets, &to);
  high[dimension] = wanted - to.at[dimension];
  if (high[dimension])
    tensor = tess_build_pad(b, tensor, zeros, high);
  for (int32_t i = 0; i < to.rank; i++)
    blocks.at[i < dimension ? i : i + 1] = to.at[i];
  blocks.at[dimension] = count;
  blocks.at[dimension + 1] = step;
  tensor = tess_build_reshape(b, tensor, &blocks);
  blocks.at[dimension + 1] = 1;
  to.at[dimension] = count;
  return tess_build_reshape(b, tosa_slice(b, tensor, zeros, &blocks), &to);
}

MlirValue tess_build_every(const tess_builder_t *b, MlirValue tensor,
                           int32_t dimension, int64_t start, int64_t step,
                           int64_t count) {
  if (b->tosa && step > 1)
    return tosa_every(b, tensor, dimension, start, step, count);
  tess_dims_t to = tess_build_dims(tensor);
  int64_t offsets[TESS_MAX_RANK] = {0}, steps[TESS_MAX_RANK];
  memcpy(steps, ones, sizeof steps);
  offsets[dimension] = start;
  steps[dimension] = step;
  to.at[dimension] = count;
  return b->tosa ? tosa_slice(b, tensor, offsets, &to)
                 : tensor_slice(b, tensor, offsets, steps, &to);
}

MlirValue tess_build_steps(const tess_builder_t *b, MlirValue tensor,
                           const int64_t *steps, const tess_dims_t *to) {
  return tensor_slice(b, tensor, zeros, steps, to);
}

/* ---- Concatenation. ---- */

MlirValue tess_build_concat(const tess_builder_t *b, const MlirValue *tensors,
                            intptr_t count, int32_t dimension) {
  tess_dims_t to = tess_build_dims(tensors[0]);
  for (intptr_t i = 1; i < count; i++)
    to.at[dimension] += tess_build_dims(tensors[i]).at[dimension];
  MlirAttribute where = mlirIntegerAttrGet(
      mlirIntegerTypeGet(b->context, b->tosa ? 32 : 64), dimension);
  const MlirNamedAttribute attributes[] = {
      tess_build_attribute(b, b->tosa ? "axis" : "dim", where)};
  const tess_op_t op = {.name = b->tosa ? "tosa.concat" : "tensor.concat",
                        .operands = tensors,
                        .operand_count = count,
                        .attributes = attributes,
                        .attribute_count = 1,
                        .type = tess_build_type(&to, tensors[0])};
  return tess_build_op(b, &op);
}

/* ---- Fill. ---- */

MlirValue tess_build_fill(const tess_builder_t *b, MlirValue number,
                          MlirType type) {
  const int32_t counts[] = {1, 1};
  const MlirValue operands[] = {number, empty(b, type)};
  const MlirNamedAttribute attributes[] = {segments(b, counts, 2)};
  const tess_op_t op = {.name = "linalg.fill",
                        .operands = operands,
                        .operand_count = 2,
                        .attributes = attributes,
                        .attribute_count = 1,
                        .type = type};
  return tess_build_named(b, &op);
}

/* ---- linalg.generic. ---- */

/* (d0, …) -> (d[dims[0]], …) */
static MlirAttribute map_of(const tess_builder_t *b, int32_t loops,
                            const int32_t *dims, int32_t count) {
  MlirAffineExpr results[TESS_MAX_RANK];
  for (int32_t i = 0; i < count; i++)
    results[i] = mlirAffineDimExprGet(b->context, dims[i]);
  return mlirAffineMapAttrGet(
      mlirAffineMapGet(b->context, loops, 0, count, results));
}

static MlirNamedAttribute all_parallel(const tess_builder_t *b, int32_t loops) {
  MlirAttribute kinds[TESS_MAX_RANK];
  kinds[0] =
      mlirAttributeParseGet(b->context, ref("#linalg.iterator_type<parallel>"));
  for (int32_t i = 1; i < loops; i++)
    kinds[i] = kinds[0];
  return tess_build_attribute(b, "iterator_types",
                              mlirArrayAttrGet(b->context, loops, kinds));
}

MlirValue tess_build_elementwise(const tess_builder_t *b,
                                 const tess_read_t *reads, int32_t count,
                                 MlirType to, tess_elements_fn element,
                                 const void *data) {
  static const int32_t same[TESS_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
  int32_t loops = (int32_t)mlirShapedTypeGetRank(to);
  MlirValue operands[TESS_MAX_READS + 1], elements[TESS_MAX_READS];
  MlirAttribute maps[TESS_MAX_READS + 1];
  MlirRegion region = mlirRegionCreate();
  MlirBlock block = add_block(b, region, (MlirType){NULL}, 0);
  for (int32_t i = 0; i < count; i++) {
    MlirValue tensor = operands[i] = reads[i].tensor;
    int32_t rank = (int32_t)mlirShapedTypeGetRank(mlirValueGetType(tensor));
    maps[i] = map_of(b, loops, reads[i].dims ? reads[i].dims : same, rank);
    elements[i] = mlirBlockAddArgument(block, element_of(tensor), b->location);
  }
  operands[count] = empty(b, to);
  maps[count] = map_of(b, loops, same, loops);
  mlirBlockAddArgument(block, mlirShapedTypeGetElementType(to), b->location);
  const tess_builder_t in = inside(b, block);
  yield(&in, "linalg.yield", element(&in, elements, data));
  const int32_t counts[] = {count, 1};
  const MlirNamedAttribute attributes[] = {
      tess_build_attribute(b, "indexing_maps",
                           mlirArrayAttrGet(b->context, count + 1, maps)),
      all_parallel(b, loops), segments(b, counts, 2)};
  const tess_op_t op = {.name = "linalg.generic",
                        .operands = operands,
                        .operand_count = count + 1,
                        .attributes = attributes,
                        .attribute_count = 3,
                        .type = to,
                        .body = &region};
  return tess_build_op(b, &op);
}

/* One element of one operand. */
typedef struct single {
  tess_element_fn element;
  const void *data;
} single_t;

static MlirValue single_element(const tess_builder_t *in, const MlirValue *x,
                                const void *data) {
  const single_t *single = data;
  return single->element(in, x[0], single->data);
}

MlirValue tess_build_generic(const tess_builder_t *b, MlirValue tensor,
                             MlirType to, const int32_t *input,
                             tess_element_fn element, const void *data) {
  const tess_read_t read = {tensor, input};
  const single_t single = {element, data};
  return tess_build_elementwise(b, &read, 1, to, single_element, &single);
}
