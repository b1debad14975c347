/* Convolutions and products that are written out as linalg.generic or
 * linalg.contract become the named op that other rules match. A named op is
 * made on the side, and taken where its loops, under some order of them, read
 * and write the same elements and its body does the same: MLIR's own definition
 * decides, none is repeated here. Exact: nothing but the name changes. */
#include "build.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"
#include "rule.h"
#include "tessera/base/checked.h"
#include <string.h>

#define MAX_OPERANDS 5
#define MAX_LOOPS 16
#define MAX_BODY_OPS 16

/* Ranks of data, filter and result tell most of them apart. `window`: with
 * strides and dilations. */
typedef struct named {
  const char *name;
  int32_t kind; /* tess_node_kind_t */
  int32_t ranks[3];
  int32_t operands; /* 5: with two zero points */
  bool window;
} named_t;

static const named_t all_named[] = {
    {"linalg.conv_2d_nhwc_hwcf", TESS_NODE_CONV, {4, 4, 4}, 3, true},
    {"linalg.conv_2d_nchw_fchw", TESS_NODE_CONV, {4, 4, 4}, 3, true},
    {"linalg.conv_2d_nhwc_fhwc", TESS_NODE_CONV, {4, 4, 4}, 3, true},
    {"linalg.conv_2d_nhwc_hwcf_q", TESS_NODE_CONV, {4, 4, 4}, 5, true},
    {"linalg.conv_2d_nchw_fchw_q", TESS_NODE_CONV, {4, 4, 4}, 5, true},
    {"linalg.conv_2d_nhwc_fhwc_q", TESS_NODE_CONV, {4, 4, 4}, 5, true},
    {"linalg.conv_2d_ngchw_fgchw", TESS_NODE_CONV, {5, 5, 5}, 3, true},
    {"linalg.conv_2d_ngchw_gfchw", TESS_NODE_CONV, {5, 5, 5}, 3, true},
    {"linalg.conv_2d_nhwgc_gfhwc", TESS_NODE_CONV, {5, 5, 5}, 3, true},
    {"linalg.conv_2d_ngchw_gfchw_q", TESS_NODE_CONV, {5, 5, 5}, 5, true},
    {"linalg.conv_2d_nhwgc_gfhwc_q", TESS_NODE_CONV, {5, 5, 5}, 5, true},
    {"linalg.depthwise_conv_2d_nhwc_hwc",
     TESS_NODE_DEPTHWISE,
     {4, 3, 4},
     3,
     true},
    {"linalg.depthwise_conv_2d_nchw_chw",
     TESS_NODE_DEPTHWISE,
     {4, 3, 4},
     3,
     true},
    {"linalg.depthwise_conv_2d_nhwc_hwc_q",
     TESS_NODE_DEPTHWISE,
     {4, 3, 4},
     5,
     true},
    {"linalg.depthwise_conv_2d_nhwc_hwcm",
     TESS_NODE_DEPTHWISE,
     {4, 4, 5},
     3,
     true},
    {"linalg.depthwise_conv_2d_nhwc_hwcm_q",
     TESS_NODE_DEPTHWISE,
     {4, 4, 5},
     5,
     true},
    {"linalg.matmul", TESS_NODE_MATMUL, {2, 2, 2}, 3, false},
    {"linalg.quantized_matmul", TESS_NODE_MATMUL, {2, 2, 2}, 5, false},
    {"linalg.batch_matmul", TESS_NODE_MATMUL, {3, 3, 3}, 3, false},
    {"linalg.quantized_batch_matmul", TESS_NODE_MATMUL, {3, 3, 3}, 5, false},
};

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

/* ---- Loops. ---- */

/* An index: a sum of loops times factors, and a constant. */
typedef struct linear {
  int64_t factor[MAX_LOOPS], constant;
} linear_t;

static bool add_linear(MlirAffineExpr e, int64_t times, linear_t *sum) {
  int64_t *place = NULL, amount = times;
  if (mlirAffineExprIsADim(e)) {
    intptr_t loop = mlirAffineDimExprGetPosition(e);
    place = loop < MAX_LOOPS ? &sum->factor[loop] : NULL;
  } else if (mlirAffineExprIsAConstant(e)) {
    if (!tess_mul_i64(mlirAffineConstantExprGetValue(e), times, &amount))
      return false;
    place = &sum->constant;
  } else if (mlirAffineExprIsAAdd(e)) {
    return add_linear(mlirAffineBinaryOpExprGetLHS(e), times, sum) &&
           add_linear(mlirAffineBinaryOpExprGetRHS(e), times, sum);
  } else if (mlirAffineExprIsAMul(e)) {
    MlirAffineExpr by = mlirAffineBinaryOpExprGetRHS(e);
    return mlirAffineExprIsAConstant(by) &&
           tess_mul_i64(mlirAffineConstantExprGetValue(by), times, &amount) &&
           add_linear(mlirAffineBinaryOpExprGetLHS(e), amount, sum);
  }
  return place && tess_add_i64(*place, amount, place);
}

/* loop[i] of one op is loop i of the other; -1: not known yet. */
typedef struct order {
  intptr_t loop[MAX_LOOPS];
  bool taken[MAX_LOOPS];
} order_t;

/* Where both indices are loops alone, they are the same loop. */
static bool add_order(MlirAffineExpr mine, MlirAffineExpr theirs,
                      order_t *order) {
  if (!mlirAffineExprIsADim(mine) || !mlirAffineExprIsADim(theirs))
    return true;
  intptr_t to = mlirAffineDimExprGetPosition(mine);
  intptr_t *from = &order->loop[mlirAffineDimExprGetPosition(theirs)];
  if (*from == to)
    return true;
  if (*from >= 0 || order->taken[to])
    return false;
  *from = to;
  order->taken[to] = true;
  return true;
}

static bool same_index(MlirAffineExpr mine, MlirAffineExpr theirs,
                       const order_t *order, intptr_t loops) {
  linear_t a = {{0}, 0}, b = {{0}, 0}, turned = {{0}, 0};
  if (!add_linear(mine, 1, &a) || !add_linear(theirs, 1, &b))
    return false;
  turned.constant = b.constant;
  for (intptr_t i = 0; i < loops; i++)
    turned.factor[order->loop[i]] = b.factor[i];
  return !memcmp(&a, &turned, sizeof a);
}

static MlirAffineMap map_at(MlirAttribute maps, intptr_t i) {
  return mlirAffineMapAttrGetValue(mlirArrayAttrGetElement(maps, i));
}

static bool same_maps(MlirAttribute mine, MlirAttribute theirs) {
  intptr_t count = mlirArrayAttrGetNumElements(mine);
  if (count != mlirArrayAttrGetNumElements(theirs) || count < 1)
    return false;
  intptr_t loops = mlirAffineMapGetNumDims(map_at(mine, 0));
  if (loops > MAX_LOOPS || loops != mlirAffineMapGetNumDims(map_at(theirs, 0)))
    return false;
  order_t order = {.taken = {false}};
  for (intptr_t i = 0; i < loops; i++)
    order.loop[i] = -1;
  for (int pass = 0; pass < 2; pass++) {
    for (intptr_t m = 0; m < count; m++) {
      MlirAffineMap a = map_at(mine, m), b = map_at(theirs, m);
      intptr_t results = mlirAffineMapGetNumResults(a);
      if (results != mlirAffineMapGetNumResults(b))
        return false;
      for (intptr_t i = 0; i < results; i++) {
        MlirAffineExpr x = mlirAffineMapGetResult(a, i);
        MlirAffineExpr y = mlirAffineMapGetResult(b, i);
        if (pass ? !same_index(x, y, &order, loops) : !add_order(x, y, &order))
          return false;
      }
    }
    for (intptr_t i = 0; i < loops; i++)
      if (order.loop[i] < 0)
        return false;
  }
  return true;
}

/* ---- Bodies. ---- */

/* Values of one body and what stands for them in the other. */
typedef struct pairs {
  MlirValue mine[MAX_OPERANDS + MAX_BODY_OPS],
      theirs[MAX_OPERANDS + MAX_BODY_OPS];
  int count;
} pairs_t;

static bool is_pair(const pairs_t *pairs, MlirValue mine, MlirValue theirs) {
  for (int i = 0; i < pairs->count; i++)
    if (mlirValueEqual(pairs->mine[i], mine))
      return mlirValueEqual(pairs->theirs[i], theirs);
  return false;
}

static bool add_pair(pairs_t *pairs, MlirValue mine, MlirValue theirs) {
  if (pairs->count == MAX_OPERANDS + MAX_BODY_OPS ||
      !mlirTypeEqual(mlirValueGetType(mine), mlirValueGetType(theirs)))
    return false;
  pairs->mine[pairs->count] = mine;
  pairs->theirs[pairs->count++] = theirs;
  return true;
}

static bool commutes(MlirOperation op) {
  static const char *const names[] = {"arith.addf", "arith.addi", "arith.mulf",
                                      "arith.muli"};
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (mlirStringRefEqual(name, mlirStringRefCreateFromCString(names[i])))
      return true;
  return false;
}

static bool same_operands(const pairs_t *pairs, MlirOperation mine,
                          MlirOperation theirs) {
  intptr_t count = mlirOperationGetNumOperands(mine), same = 0;
  for (intptr_t i = 0; i < count; i++)
    same += is_pair(pairs, mlirOperationGetOperand(mine, i),
                    mlirOperationGetOperand(theirs, i));
  return same == count || (count == 2 && commutes(mine) &&
                           is_pair(pairs, mlirOperationGetOperand(mine, 0),
                                   mlirOperationGetOperand(theirs, 1)) &&
                           is_pair(pairs, mlirOperationGetOperand(mine, 1),
                                   mlirOperationGetOperand(theirs, 0)));
}

static bool same_attributes(MlirOperation mine, MlirOperation theirs) {
  intptr_t count = mlirOperationGetNumAttributes(mine);
  if (count != mlirOperationGetNumAttributes(theirs))
    return false;
  for (intptr_t i = 0; i < count; i++) {
    MlirNamedAttribute a = mlirOperationGetAttribute(mine, i);
    MlirAttribute b =
        mlirOperationGetAttributeByName(theirs, mlirIdentifierStr(a.name));
    if (mlirAttributeIsNull(b) || !mlirAttributeEqual(a.attribute, b))
      return false;
  }
  return true;
}

static bool same_op(pairs_t *pairs, MlirOperation mine, MlirOperation theirs) {
  intptr_t results = mlirOperationGetNumResults(mine);
  if (!mlirIdentifierEqual(mlirOperationGetName(mine),
                           mlirOperationGetName(theirs)) ||
      mlirOperationGetNumRegions(mine) || results > 1 ||
      results != mlirOperationGetNumResults(theirs) ||
      mlirOperationGetNumOperands(mine) !=
          mlirOperationGetNumOperands(theirs) ||
      !same_attributes(mine, theirs) || !same_operands(pairs, mine, theirs))
    return false;
  return !results || add_pair(pairs, mlirOperationGetResult(mine, 0),
                              mlirOperationGetResult(theirs, 0));
}

static MlirBlock body_of(MlirOperation op) {
  return mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
}

static bool same_bodies(MlirOperation mine, MlirOperation theirs) {
  MlirBlock a = body_of(mine), b = body_of(theirs);
  pairs_t pairs = {.count = 0};
  intptr_t count = mlirBlockGetNumArguments(a);
  if (count != mlirBlockGetNumArguments(b) || count > MAX_OPERANDS)
    return false;
  for (intptr_t i = 0; i < count; i++)
    if (!add_pair(&pairs, mlirBlockGetArgument(a, i),
                  mlirBlockGetArgument(b, i)))
      return false;
  MlirOperation x = mlirBlockGetFirstOperation(a);
  MlirOperation y = mlirBlockGetFirstOperation(b);
  while (!mlirOperationIsNull(x) && !mlirOperationIsNull(y)) {
    if (!same_op(&pairs, x, y))
      return false;
    x = mlirOperationGetNextInBlock(x);
    y = mlirOperationGetNextInBlock(y);
  }
  return mlirOperationIsNull(x) && mlirOperationIsNull(y);
}

/* ---- The named op. ---- */

static MlirAttribute pair(MlirContext context, const int64_t values[2]) {
  const int64_t shape[] = {2};
  MlirType type = mlirVectorTypeGet(1, shape, mlirIntegerTypeGet(context, 64));
  return mlirDenseElementsAttrInt64Get(type, 2, values);
}

static MlirOperation make(const tess_builder_t *b, const named_t *named,
                          const tess_kernel_t *kernel,
                          const MlirValue *operands) {
  const int32_t segments[] = {named->operands - 1, 1};
  const MlirNamedAttribute attributes[] = {
      tess_build_attribute(b, "operandSegmentSizes",
                           mlirDenseI32ArrayGet(b->context, 2, segments)),
      tess_build_attribute(b, "strides", pair(b->context, kernel->stride)),
      tess_build_attribute(b, "dilations", pair(b->context, kernel->dilation))};
  const tess_op_t op = {.name = named->name,
                        .operands = operands,
                        .operand_count = named->operands,
                        .attributes = attributes,
                        .attribute_count = named->window ? 3 : 1,
                        .type =
                            mlirValueGetType(operands[named->operands - 1])};
  return mlirOpResultGetOwner(tess_build_named(b, &op));
}

/* Made in a block of its own on arguments of the operands' types, so that the
 * model does not change. */
static bool is_same(const named_t *named, const tess_node_t *node,
                    MlirOperation op) {
  MlirType types[MAX_OPERANDS];
  MlirLocation locations[MAX_OPERANDS];
  MlirValue operands[MAX_OPERANDS];
  tess_builder_t b = tess_build_before(op);
  for (int32_t i = 0; i < named->operands; i++) {
    types[i] = mlirValueGetType(mlirOperationGetOperand(op, i));
    locations[i] = b.location;
  }
  b.block = mlirBlockCreate(named->operands, types, locations);
  b.before = (MlirOperation){NULL};
  for (int32_t i = 0; i < named->operands; i++)
    operands[i] = mlirBlockGetArgument(b.block, i);
  MlirOperation made = make(&b, named, &node->kernel, operands);
  bool same = same_maps(attribute_of(op, "indexing_maps"),
                        mlirLinalgGetIndexingMapsAttribute(made)) &&
              same_bodies(op, made);
  mlirBlockDestroy(b.block);
  return same;
}

static int32_t rank_of(MlirOperation op, intptr_t operand) {
  MlirType type = mlirValueGetType(mlirOperationGetOperand(op, operand));
  return mlirTypeIsARankedTensor(type) ? (int32_t)mlirShapedTypeGetRank(type)
                                       : 0;
}

static const named_t *find_name(const tess_node_t *node) {
  if (!tess_match_op(node, "linalg.generic") &&
      !tess_match_op(node, "linalg.contract"))
    return NULL;
  MlirOperation op = {(void *)(uintptr_t)node->op};
  const tess_kernel_t *k = &node->kernel;
  intptr_t operands = mlirOperationGetNumOperands(op);
  for (size_t i = 0; i < sizeof all_named / sizeof *all_named; i++) {
    const named_t *named = &all_named[i];
    if (node->kind == named->kind && operands == named->operands &&
        (!named->window || k->spatial_rank == 2) &&
        rank_of(op, 0) == named->ranks[0] &&
        rank_of(op, 1) == named->ranks[1] &&
        rank_of(op, operands - 1) == named->ranks[2] &&
        is_same(named, node, op))
      return named;
  }
  return NULL;
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "named",
       .why = "the op that compilers and other rewrites know",
       .at_par = true}};
  for (int32_t i = 0; i < model->node_count; i++)
    if (find_name(&model->nodes[i]))
      tess_site_add(collector, i, &i, 1, alternatives, 2);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  const named_t *named = find_name(&model->nodes[anchor]);
  if (!named || alternative != 1)
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  const tess_builder_t b = tess_build_before(op);
  MlirValue operands[MAX_OPERANDS];
  for (int32_t i = 0; i < named->operands; i++)
    operands[i] = mlirOperationGetOperand(op, i);
  MlirOperation made = make(&b, named, &model->nodes[anchor].kernel, operands);
  for (intptr_t i = 0; i < mlirOperationGetNumDiscardableAttributes(op); i++) {
    MlirNamedAttribute kept = mlirOperationGetDiscardableAttribute(op, i);
    mlirOperationSetDiscardableAttributeByName(
        made, mlirIdentifierStr(kept.name), kept.attribute);
  }
  tess_edit_replace(op, mlirOperationGetResult(made, 0));
  return true;
}

const tess_rule_t tess_rule_name_contractions = {find, apply, NULL};
