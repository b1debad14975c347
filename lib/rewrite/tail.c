/* Scales and shifts behind a convolution, and folding them into it. */
#include "tail.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Dialect/Linalg.h"
#include <string.h>

/* Where the channels are in a value's dimensions. */
typedef struct run {
  int32_t first, count;
} run_t;

static bool is_prepared(const tess_model_t *model, int32_t value) {
  int32_t role = model->values[value].role;
  return role != TESS_ROLE_ACTIVATION && role != TESS_ROLE_INPUT;
}

static MlirValue handle(const tess_model_t *model, int32_t value) {
  return (MlirValue){(void *)(uintptr_t)model->values[value].handle};
}

static bool is_float(int32_t dtype) {
  return dtype == TESS_F32 || dtype == TESS_F16 || dtype == TESS_BF16;
}

/* ---- The contraction. ---- */

/* A body that adds the product of both operands, casts aside, to what there
 * is. */
static MlirValue below_casts(MlirValue value) {
  while (mlirValueIsAOpResult(value)) {
    MlirOperation op = mlirOpResultGetOwner(value);
    MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
    if (!mlirStringRefEqual(name,
                            mlirStringRefCreateFromCString("arith.extf")) &&
        !mlirStringRefEqual(name,
                            mlirStringRefCreateFromCString("arith.truncf")))
      break;
    value = mlirOperationGetOperand(op, 0);
  }
  return value;
}

static bool two_operands(MlirValue value, const char *name, MlirValue *x,
                         MlirValue *y) {
  if (!mlirValueIsAOpResult(value))
    return false;
  MlirOperation op = mlirOpResultGetOwner(value);
  if (!mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                          mlirStringRefCreateFromCString(name)))
    return false;
  *x = below_casts(mlirOperationGetOperand(op, 0));
  *y = below_casts(mlirOperationGetOperand(op, 1));
  return true;
}

static bool adds_product(MlirOperation op) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  MlirOperation yield = mlirBlockGetTerminator(body);
  MlirValue sum, product, x, y;
  if (mlirBlockGetNumArguments(body) != 3 ||
      mlirOperationGetNumOperands(yield) != 1 ||
      !two_operands(mlirOperationGetOperand(yield, 0), "arith.addf", &sum,
                    &product))
    return false;
  MlirValue first = mlirBlockGetArgument(body, 0);
  MlirValue second = mlirBlockGetArgument(body, 1);
  MlirValue out = mlirBlockGetArgument(body, 2);
  if (!mlirValueEqual(sum, out)) {
    MlirValue other = sum;
    sum = product;
    product = other;
  }
  return mlirValueEqual(sum, out) &&
         two_operands(product, "arith.mulf", &x, &y) &&
         ((mlirValueEqual(x, first) && mlirValueEqual(y, second)) ||
          (mlirValueEqual(x, second) && mlirValueEqual(y, first)));
}

static MlirAffineMap map_at(MlirOperation op, intptr_t operand) {
  return mlirAffineMapAttrGetValue(
      mlirArrayAttrGetElement(mlirLinalgGetIndexingMapsAttribute(op), operand));
}

/* The dimension of a map that is this loop, or -1. */
static int32_t dimension_of(MlirAffineMap map, int64_t loop) {
  for (int32_t i = 0; i < mlirAffineMapGetNumResults(map); i++) {
    MlirAffineExpr e = mlirAffineMapGetResult(map, i);
    if (mlirAffineExprIsADim(e) && mlirAffineDimExprGetPosition(e) == loop)
      return i;
  }
  return -1;
}

/* Channels are the loops that filter and result share. */
static bool linalg_channels(const tess_value_t *result, MlirOperation op,
                            tess_tail_t *tail) {
  MlirAffineMap out = map_at(op, tail->start);
  MlirAffineMap filter = map_at(op, tail->filter);
  for (int32_t i = 0; i < result->rank; i++) {
    MlirAffineExpr e = mlirAffineMapGetResult(out, i);
    if (!mlirAffineExprIsADim(e))
      return false;
    int32_t at = dimension_of(filter, mlirAffineDimExprGetPosition(e));
    if (at < 0 || result->shape[i] == 1)
      continue;
    if (tail->axis_count == 2 ||
        (tail->axis_count && tail->axes[tail->axis_count - 1] != i - 1))
      return false;
    tail->filter_axes[tail->axis_count] = at;
    tail->axes[tail->axis_count++] = i;
    tail->channels *= result->shape[i];
  }
  tail->filter_axis_count = tail->axis_count;
  return tail->axis_count > 0;
}

static bool is_structured(MlirOperation op) {
  return mlirLinalgIsAContractionOp(op) || mlirLinalgIsAConvolutionOp(op);
}

static bool match_linalg(const tess_model_t *model, const tess_node_t *node,
                         tess_tail_t *tail) {
  MlirOperation op = {(void *)(uintptr_t)node->op};
  MlirValue filter = handle(model, node->filter);
  if (mlirOperationGetNumOperands(op) != 3 || !is_structured(op) ||
      mlirOperationGetNumRegions(op) != 1 || !adds_product(op))
    return false;
  bool first = mlirValueEqual(mlirOperationGetOperand(op, 0), filter);
  bool second = mlirValueEqual(mlirOperationGetOperand(op, 1), filter);
  tail->filter = second;
  tail->start = 2;
  return first != second &&
         linalg_channels(&model->values[node->outputs[0]], op, tail);
}

static bool match_tosa(const tess_model_t *model, const tess_node_t *node,
                       tess_tail_t *tail) {
  const tess_value_t *result = &model->values[node->outputs[0]];
  bool depthwise = tess_match_op(node, "tosa.depthwise_conv2d");
  if (!depthwise && !tess_match_op(node, "tosa.conv2d") &&
      !tess_match_op(node, "tosa.conv3d"))
    return false;
  tail->filter = 1;
  tail->start = 2;
  tail->axes[0] = result->rank - 1;
  tail->axis_count = 1;
  tail->filter_axes[0] = depthwise ? 2 : 0;
  tail->filter_axes[1] = 3;
  tail->filter_axis_count = depthwise ? 2 : 1;
  tail->channels = result->shape[result->rank - 1];
  return true;
}

/* What the accumulator or bias has for each channel. */
static bool read_start(const tess_builder_t *b, const tess_model_t *model,
                       const tess_tail_t *tail, tess_vector_t *start) {
  const tess_node_t *node = &model->nodes[tail->conv];
  MlirOperation op = tess_edit_op(model, tail->conv);
  int32_t axis = tail->tosa ? 0 : tail->axis_count == 1 ? tail->axes[0] : -1;
  return node->bias != TESS_NONE && is_prepared(model, node->bias) &&
         tess_vector_of(b, mlirOperationGetOperand(op, tail->start), axis,
                        tail->channels, start);
}

static bool match_contraction(const tess_model_t *model, int32_t conv,
                              tess_tail_t *tail) {
  const tess_node_t *node = &model->nodes[conv];
  *tail = (tess_tail_t){.conv = conv, .channels = 1, .node_count = 1};
  tail->nodes[0] = conv;
  if (node->prepared || node->kind > TESS_NODE_MATMUL ||
      node->output_count != 1 || node->filter == TESS_NONE ||
      node->filter == node->data || !is_prepared(model, node->filter) ||
      !is_float(model->values[node->filter].dtype) ||
      !is_float(model->values[node->outputs[0]].dtype))
    return false;
  tail->tosa = !strncmp(node->op_name, "tosa.", 5);
  tail->narrow =
      !tail->tosa && model->values[node->outputs[0]].dtype != TESS_F32;
  tess_vector_t start;
  return (tail->tosa ? match_tosa : match_linalg)(model, node, tail) &&
         tail->channels > 1 && read_start(NULL, model, tail, &start);
}

/* ---- Steps behind it. ---- */

static bool read_permutation(MlirOperation op, int32_t rank, int64_t *perm) {
  MlirAttribute tosa = mlirOperationGetAttributeByName(
      op, mlirStringRefCreateFromCString("perms"));
  MlirAttribute linalg = mlirOperationGetAttributeByName(
      op, mlirStringRefCreateFromCString("permutation"));
  MlirAttribute any = mlirAttributeIsNull(tosa) ? linalg : tosa;
  if (mlirAttributeIsNull(any) || mlirDenseArrayGetNumElements(any) != rank)
    return false;
  for (int32_t i = 0; i < rank; i++)
    perm[i] = mlirAttributeIsADenseI32Array(any)
                  ? mlirDenseI32ArrayGetElement(any, i)
                  : mlirDenseI64ArrayGetElement(any, i);
  return true;
}

static bool turn(const tess_model_t *model, const tess_node_t *node,
                 run_t *run) {
  int64_t perm[TESS_MAX_RANK];
  int32_t rank = model->values[node->outputs[0]].rank;
  MlirOperation op = {(void *)(uintptr_t)node->op};
  if (run->count != 1 || !read_permutation(op, rank, perm))
    return false;
  for (int32_t i = 0; i < rank; i++)
    if (perm[i] == run->first) {
      run->first = i;
      return true;
    }
  return false;
}

static int64_t product(const tess_value_t *value, int32_t first,
                       int32_t count) {
  int64_t elements = 1;
  for (int32_t i = first; i < first + count; i++)
    elements *= value->shape[i];
  return elements;
}

/* The channels stay together, with as much before them. */
static bool reshape(const tess_value_t *from, const tess_value_t *to,
                    run_t *run) {
  int64_t before = product(from, 0, run->first);
  int64_t channels = product(from, run->first, run->count);
  int32_t first = 0;
  while (first < to->rank &&
         (to->shape[first] == 1 || product(to, 0, first) < before))
    first++;
  if (first == to->rank || product(to, 0, first) != before)
    return false;
  int32_t count = 1;
  while (first + count < to->rank && product(to, first, count) < channels)
    count++;
  *run = (run_t){first, count};
  return product(to, first, count) == channels;
}

/* Views move to the new result as they are, so they have its type. */
static bool follow_view(const tess_model_t *model, const tess_node_t *node,
                        int32_t dtype, run_t *run) {
  const tess_value_t *from = &model->values[node->inputs[0]];
  const tess_value_t *to = &model->values[node->outputs[0]];
  if (to->dtype != dtype || from->elements <= 0)
    return false;
  if (node->kind == TESS_NODE_TRANSPOSE)
    return turn(model, node, run);
  return (tess_match_op(node, "tosa.reshape") ||
          tess_match_op(node, "tensor.expand_shape") ||
          tess_match_op(node, "tensor.collapse_shape")) &&
         reshape(from, to, run);
}

static bool others_are_prepared(const tess_model_t *model,
                                const tess_node_t *node, int32_t value) {
  for (int32_t i = 0; i < node->input_count; i++)
    if (node->inputs[i] != value && !is_prepared(model, node->inputs[i]))
      return false;
  return true;
}

static bool is_view(const tess_node_t *node) {
  return node->kind == TESS_NODE_TRANSPOSE || node->kind == TESS_NODE_RESHAPE;
}

/* The node behind `value`, if it belongs to a tail; run and affine follow. */
static int32_t step(const tess_builder_t *b, const tess_model_t *model,
                    int32_t dtype, int64_t channels, int32_t value, run_t *run,
                    tess_affine_t *affine) {
  if (!tess_match_single_use(model, value) ||
      model->first_user[value] == model->first_user[value + 1])
    return TESS_NONE;
  int32_t user = model->value_users[model->first_user[value]];
  const tess_node_t *node = &model->nodes[user];
  if (node->output_count != 1 || node->input_count < 1 || node->prepared)
    return TESS_NONE;
  if (is_view(node))
    return node->inputs[0] == value && follow_view(model, node, dtype, run)
               ? user
               : TESS_NONE;
  if (node->kind != TESS_NODE_ELEMENTWISE || run->count != 1 ||
      !others_are_prepared(model, node, value))
    return TESS_NONE;
  MlirOperation op = {(void *)(uintptr_t)node->op};
  return tess_affine_follow(b, op, handle(model, value), run->first, channels,
                            affine)
             ? user
             : TESS_NONE;
}

/* Follows the tail to its greatest length; the part up to the last op with a
 * number for each channel counts. */
static void follow_steps(const tess_model_t *model, tess_tail_t *tail) {
  int32_t value = model->nodes[tail->conv].outputs[0];
  int32_t dtype = model->values[value].dtype, used = 1;
  run_t run = {tail->axes[0], tail->axis_count};
  tess_affine_t affine = tess_affine_identity();
  while (used <= TESS_TAIL_NODES) {
    affine.scale.wide = affine.shift.wide = false;
    int32_t node =
        step(NULL, model, dtype, tail->channels, value, &run, &affine);
    if (node == TESS_NONE)
      return;
    value = model->nodes[node].outputs[0];
    tail->nodes[used++] = node;
    if (is_view(&model->nodes[node]) ||
        !(affine.scale.wide || affine.shift.wide))
      continue;
    tail->node_count = used;
    tail->end = value;
    tail->scales = !tess_vector_is(&affine.scale, 1);
  }
}

bool tess_tail_match(const tess_model_t *model, int32_t conv,
                     tess_tail_t *tail) {
  if (!match_contraction(model, conv, tail))
    return false;
  follow_steps(model, tail);
  return tail->node_count > 1;
}

/* ---- Folding. ---- */

static tess_affine_t build_affine(const tess_builder_t *b,
                                  const tess_model_t *model,
                                  const tess_tail_t *tail) {
  int32_t value = model->nodes[tail->conv].outputs[0];
  int32_t dtype = model->values[value].dtype;
  run_t run = {tail->axes[0], tail->axis_count};
  tess_affine_t affine = tess_affine_identity();
  for (int32_t i = 1; i < tail->node_count; i++) {
    step(b, model, dtype, tail->channels, value, &run, &affine);
    value = model->nodes[tail->nodes[i]].outputs[0];
  }
  return affine;
}

static MlirType element_of(MlirValue tensor) {
  return mlirShapedTypeGetElementType(mlirValueGetType(tensor));
}

static MlirValue build_start(const tess_builder_t *b, const tess_tail_t *tail,
                             MlirValue old, const tess_vector_t *start) {
  MlirValue vector =
      tess_vector_tensor(b, *start, tail->channels, element_of(old));
  if (tail->tosa)
    return vector;
  tess_dims_t dims = tess_build_dims(old);
  return tess_vector_spread(b, vector, &dims, tail->axes, tail->axis_count);
}

static MlirOperation clone_before(const tess_builder_t *b, MlirOperation op) {
  MlirOperation clone = mlirOperationClone(op);
  mlirBlockInsertOwnedOperationBefore(b->block, b->before, clone);
  return clone;
}

/* The convolution with the tail in it. What could not go into its accumulator
 * is left in *shift. */
static MlirValue build_conv(const tess_builder_t *b, const tess_model_t *model,
                            const tess_tail_t *tail, tess_vector_t *shift) {
  MlirOperation conv = tess_edit_op(model, tail->conv);
  const tess_affine_t affine = build_affine(b, model, tail);
  MlirValue filter = mlirOperationGetOperand(conv, tail->filter);
  MlirValue start = mlirOperationGetOperand(conv, tail->start);
  int64_t count = tail->channels;
  tess_vector_t old, sum;
  if (!read_start(b, model, tail, &old))
    old = tess_vector_number(0);
  sum = tess_vector_apply(b, TESS_CHANNELS_MUL, old, affine.scale, count);
  *shift = tail->narrow ? affine.shift : tess_vector_number(0);
  if (!tail->narrow)
    sum = tess_vector_apply(b, TESS_CHANNELS_ADD, sum, affine.shift, count);
  if (!tess_vector_is(&affine.scale, 1))
    filter = tess_vector_scale(
        b, filter,
        tess_vector_tensor(b, affine.scale, count, mlirF32TypeGet(b->context)),
        tail->filter_axes, tail->filter_axis_count);
  if (!old.is_number || !tess_vector_is(&sum, old.number))
    start = build_start(b, tail, start, &sum);
  MlirOperation made = clone_before(b, conv);
  mlirOperationSetOperand(made, tail->filter, filter);
  mlirOperationSetOperand(made, tail->start, start);
  return mlirOperationGetResult(made, 0);
}

static MlirValue add_shift(const tess_builder_t *b, MlirValue value,
                           const tess_tail_t *tail, const run_t *run,
                           tess_vector_t shift) {
  if (tess_vector_is(&shift, 0))
    return value;
  MlirValue vector =
      tess_vector_tensor(b, shift, tail->channels, element_of(value));
  return tess_vector_shift(b, value, vector, &run->first, 1);
}

/* The tail's views of `value` again; the run follows. */
static MlirValue build_views(const tess_builder_t *b, const tess_model_t *model,
                             const tess_tail_t *tail, MlirValue value,
                             run_t *run) {
  int32_t dtype = model->values[model->nodes[tail->conv].outputs[0]].dtype;
  for (int32_t i = 1; i < tail->node_count; i++) {
    const tess_node_t *node = &model->nodes[tail->nodes[i]];
    if (!is_view(node))
      continue;
    follow_view(model, node, dtype, run);
    MlirOperation view = clone_before(b, tess_edit_op(model, tail->nodes[i]));
    mlirOperationSetOperand(view, 0, value);
    value = mlirOperationGetResult(view, 0);
  }
  return value;
}

static tess_builder_t build_at(const tess_tail_t *tail, MlirOperation end) {
  tess_builder_t b = tess_build_before(end);
  b.tosa = tail->tosa;
  return b;
}

void tess_tail_fold(const tess_model_t *model, const tess_tail_t *tail) {
  MlirOperation end = tess_edit_op(model, tail->nodes[tail->node_count - 1]);
  const tess_builder_t b = build_at(tail, end);
  tess_vector_t shift;
  run_t run = {tail->axes[0], tail->axis_count};
  MlirValue value = build_conv(&b, model, tail, &shift);
  value = build_views(&b, model, tail, value, &run);
  value =
      tess_vector_cast(&b, value, element_of(mlirOperationGetResult(end, 0)));
  tess_edit_replace(end, add_shift(&b, value, tail, &run, shift));
}

/* How many ops of the tail compute. */
static int32_t count_computing(const tess_model_t *model,
                               const tess_tail_t *tail) {
  int32_t count = 0;
  for (int32_t i = 1; i < tail->node_count; i++)
    count += !is_view(&model->nodes[tail->nodes[i]]);
  return count;
}

bool tess_tail_can_join(const tess_model_t *model, const tess_tail_t *tail) {
  return model->values[model->nodes[tail->conv].outputs[0]].dtype == TESS_F32 &&
         model->values[tail->end].dtype == TESS_F32 &&
         count_computing(model, tail) > (tail->tosa ? 2 : 1);
}

bool tess_tail_is_cheap(const tess_model_t *model, const tess_tail_t *tail) {
  const tess_node_t *conv = &model->nodes[tail->conv];
  const tess_value_t *filter =
      &model->values[tess_model_base(model, conv->filter)];
  if (filter->node != TESS_NONE &&
      (tess_match_op(&model->nodes[filter->node], "tosa.const") ||
       tess_match_op(&model->nodes[filter->node], "arith.constant")))
    return true;
  return filter->elements <= model->values[conv->outputs[0]].elements;
}

void tess_tail_join(const tess_model_t *model, const tess_tail_t *tail) {
  MlirOperation end = tess_edit_op(model, tail->nodes[tail->node_count - 1]);
  const tess_builder_t b = build_at(tail, end);
  const tess_affine_t affine = build_affine(&b, model, tail);
  run_t run = {tail->axes[0], tail->axis_count};
  MlirValue value = mlirOperationGetResult(tess_edit_op(model, tail->conv), 0);
  value = build_views(&b, model, tail, value, &run);
  MlirType element = element_of(value);
  MlirValue scale =
      tess_vector_tensor(&b, affine.scale, tail->channels, element);
  MlirValue shift =
      tess_vector_tensor(&b, affine.shift, tail->channels, element);
  tess_edit_replace(end,
                    tess_vector_affine(&b, value, scale, shift, run.first));
}
