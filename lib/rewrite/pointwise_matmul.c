/* A 1x1 convolution is a matrix product of pixels by channels. With a stride it
 * is that of the pixels it lands on: they are picked first, so that nothing
 * strided is left. Exact: the same products, added in the same order. */
#include "convolve.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/AffineExpr.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"
#include <string.h>

static bool is_strided(const tess_conv2d_t *c) {
  return c->sh > 1 || c->sw > 1;
}

/* Whether the picked data and the product can be counted. TOSA picks from whole
 * blocks of one stride. */
static bool is_countable(const tess_conv2d_t *c) {
  const int64_t data[] = {c->n, c->oh, c->sh, c->ow, c->sw, c->c};
  const int64_t macs[] = {c->n, c->oh, c->ow, c->o, c->c};
  return tess_match_fits(data, 6) && tess_match_fits(macs, 5);
}

#define TAKES (TESS_TAKES_DILATION | TESS_TAKES_INT8 | TESS_TAKES_FHWC)

static bool is_site(const tess_node_t *node, tess_conv2d_t *c) {
  return node->kind == TESS_NODE_CONV &&
         tess_match_conv2d_with(node, TAKES, c) && c->kh == 1 && c->kw == 1 &&
         !c->top && !c->bottom && !c->left && !c->right && is_countable(c);
}

/* A product for each image of a batch has no named op with zero points that
 * reads one filter for all. */
static bool has_product(const tess_conv2d_t *c) {
  return !c->nchw || c->n == 1 || !c->quantised;
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  tess_conv2d_t c;
  for (int32_t i = 0; i < model->node_count; i++) {
    if (!is_site(&model->nodes[i], &c))
      continue;
    tess_alternative_t list[3] = {{.name = "keep"}};
    int32_t count = 1;
    if (is_strided(&c))
      list[count++] = (tess_alternative_t){
          .name = "slice",
          .why = "the pixels are picked first, no stride is left"};
    if (has_product(&c))
      list[count++] = (tess_alternative_t){
          .name = "matmul", .why = "a plain product of pixels by channels"};
    if (count > 1)
      tess_site_add(collector, i, &i, 1, list, count);
  }
}

/* ---- Picking pixels. ---- */

/* Whether a tosa.slice is the leading rows and columns of its operand. */
static bool is_leading_part(MlirOperation slice) {
  const tess_dims_t whole = tess_build_dims(mlirOperationGetOperand(slice, 0));
  const tess_dims_t part = tess_build_dims(mlirOperationGetResult(slice, 0));
  if (part.rank != 4 || part.at[0] != whole.at[0] || part.at[3] != whole.at[3])
    return false;
  MlirValue start = mlirOperationGetOperand(slice, 1);
  if (!mlirValueIsAOpResult(start))
    return false;
  MlirAttribute values = mlirOperationGetAttributeByName(
      mlirOpResultGetOwner(start), mlirStringRefCreateFromCString("values"));
  if (mlirAttributeIsNull(values) || !mlirAttributeIsADenseElements(values))
    return false;
  for (int64_t i = 0; i < mlirElementsAttrGetNumElements(values); i++)
    if (mlirDenseElementsAttrGetIndexValue(values, (intptr_t)i))
      return false;
  return true;
}

/* What the data is the leading part of: exporters cut what no window reaches,
 * and picking in whole blocks would have to pad it again. */
static MlirValue uncut(MlirValue data) {
  while (mlirValueIsAOpResult(data)) {
    MlirOperation op = mlirOpResultGetOwner(data);
    MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
    if (!mlirStringRefEqual(name,
                            mlirStringRefCreateFromCString("tosa.slice")) ||
        !is_leading_part(op))
      break;
    data = mlirOperationGetOperand(op, 0);
  }
  return data;
}

/* TOSA slices have no steps: of blocks of one stride each the first pixel. */
static MlirValue pick_tosa(const tess_builder_t *b, const tess_conv2d_t *c,
                           MlirValue data) {
  data = uncut(data);
  const tess_dims_t given = tess_build_dims(data);
  const int64_t none[4] = {0}, wanted[] = {c->oh * c->sh, c->ow * c->sw};
  tess_dims_t part = given;
  int64_t high[4] = {0};
  for (int i = 0; i < 2; i++) {
    part.at[i + 1] = given.at[i + 1] < wanted[i] ? given.at[i + 1] : wanted[i];
    high[i + 1] = wanted[i] - part.at[i + 1];
  }
  if (part.at[1] < given.at[1] || part.at[2] < given.at[2])
    data = tess_build_slice(b, data, &part);
  if (high[1] || high[2])
    data = tess_build_pad(b, data, none, high);
  const tess_dims_t blocks = {6, {c->n, c->oh, c->sh, c->ow, c->sw, c->c}};
  const tess_dims_t first = {6, {c->n, c->oh, 1, c->ow, 1, c->c}};
  const tess_dims_t to = {4, {c->n, c->oh, c->ow, c->c}};
  data = tess_build_slice(b, tess_build_reshape(b, data, &blocks), &first);
  return tess_build_reshape(b, data, &to);
}

static MlirValue pick(const tess_builder_t *b, const tess_conv2d_t *c,
                      MlirValue data) {
  if (b->tosa)
    return pick_tosa(b, c, data);
  tess_dims_t to = tess_build_dims(data);
  const int32_t h = c->nchw ? 2 : 1;
  int64_t steps[4] = {1, 1, 1, 1};
  to.at[h] = c->oh;
  to.at[h + 1] = c->ow;
  steps[h] = c->sh;
  steps[h + 1] = c->sw;
  return tess_build_steps(b, data, steps, &to);
}

/* ---- The product. ---- */

static MlirAttribute map_of(MlirContext context, const int *loops, int count,
                            int all) {
  MlirAffineExpr dims[3];
  for (int i = 0; i < count; i++)
    dims[i] = mlirAffineDimExprGet(context, loops[i]);
  return mlirAffineMapAttrGet(mlirAffineMapGet(context, all, 0, count, dims));
}

/* Images of a batch, each the product of the one filter (loops m, k) with its
 * channels by pixels. */
static MlirNamedAttribute shared_filter(const tess_builder_t *b) {
  static const int filter[] = {1, 3}, data[] = {0, 3, 2}, out[] = {0, 1, 2};
  const MlirAttribute maps[] = {map_of(b->context, filter, 2, 4),
                                map_of(b->context, data, 3, 4),
                                map_of(b->context, out, 3, 4)};
  return tess_build_attribute(b, "indexing_maps",
                              mlirArrayAttrGet(b->context, 3, maps));
}

/* The second operand has its outputs first. */
static MlirNamedAttribute turned_filter(const tess_builder_t *b) {
  static const int data[] = {0, 2}, filter[] = {1, 2}, out[] = {0, 1};
  const MlirAttribute maps[] = {map_of(b->context, data, 2, 3),
                                map_of(b->context, filter, 2, 3),
                                map_of(b->context, out, 2, 3)};
  return tess_build_attribute(b, "indexing_maps",
                              mlirArrayAttrGet(b->context, 3, maps));
}

/* A linalg product of two or, with zero points, four operands onto `start`. */
typedef struct product {
  const char *name;
  MlirValue in[4], start;
  int32_t count;
  MlirNamedAttribute maps; /* name null: the op's own */
} product_t;

static MlirValue build_product(const tess_builder_t *b,
                               const product_t *product) {
  const int32_t segments[] = {product->count, 1};
  const MlirNamedAttribute attributes[] = {
      tess_build_attribute(b, "operandSegmentSizes",
                           mlirDenseI32ArrayGet(b->context, 2, segments)),
      product->maps};
  MlirValue operands[5];
  memcpy(operands, product->in, sizeof product->in);
  operands[product->count] = product->start;
  const tess_op_t op = {.name = product->name,
                        .operands = operands,
                        .operand_count = product->count + 1,
                        .attributes = attributes,
                        .attribute_count = product->maps.name.ptr ? 2 : 1,
                        .type = mlirValueGetType(product->start)};
  return tess_build_named(b, &op);
}

/* The accumulator in the product's shape; one number everywhere is filled in
 * anew, so that no view stands between it and the product. */
static MlirValue start_of(const tess_builder_t *b, MlirValue start,
                          const tess_dims_t *to) {
  MlirOperation made = mlirValueIsAOpResult(start) ? mlirOpResultGetOwner(start)
                                                   : (MlirOperation){NULL};
  if (!mlirOperationIsNull(made) &&
      mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(made)),
                         mlirStringRefCreateFromCString("linalg.fill")))
    return tess_build_fill(b, mlirOperationGetOperand(made, 0),
                           tess_build_type(to, start));
  return tess_build_reshape(b, start, to);
}

static void add_zero_points(const tess_conv2d_t *c, MlirOperation op,
                            product_t *product) {
  if (!c->quantised)
    return;
  product->name = "linalg.quantized_matmul";
  product->count = 4;
  product->in[2] = mlirOperationGetOperand(op, c->nchw ? 3 : 2);
  product->in[3] = mlirOperationGetOperand(op, c->nchw ? 2 : 3);
}

/* Channels by pixels, one image or many. */
static MlirValue product_nchw(const tess_builder_t *b, const tess_conv2d_t *c,
                              MlirOperation op, MlirValue data,
                              MlirValue filter) {
  const int64_t pixels = c->oh * c->ow;
  const bool batch = c->n != 1;
  const tess_dims_t in = batch ? (tess_dims_t){3, {c->n, c->c, pixels}}
                               : (tess_dims_t){2, {c->c, pixels}};
  const tess_dims_t out = batch ? (tess_dims_t){3, {c->n, c->o, pixels}}
                                : (tess_dims_t){2, {c->o, pixels}};
  const tess_dims_t matrix = {2, {c->o, c->c}};
  product_t product = {
      .name = batch ? "linalg.batch_matmul" : "linalg.matmul",
      .in = {tess_build_reshape(b, filter, &matrix),
             tess_build_reshape(b, data, &in)},
      .count = 2,
      .start = start_of(b, mlirOperationGetOperand(op, tess_convolve_start(c)),
                        &out)};
  if (batch)
    product.maps = shared_filter(b);
  add_zero_points(c, op, &product);
  return build_product(b, &product);
}

/* Pixels of all images by channels. */
static MlirValue product_nhwc(const tess_builder_t *b, const tess_conv2d_t *c,
                              MlirOperation op, MlirValue data,
                              MlirValue filter) {
  static const int32_t swap[] = {1, 0};
  const int64_t pixels = c->n * c->oh * c->ow;
  const bool turned = tess_match_axis(c->filter_layout, 'F') == 0;
  const tess_dims_t in = {2, {pixels, c->c}}, out = {2, {pixels, c->o}};
  const tess_dims_t matrix = {2, {turned ? c->o : c->c, turned ? c->c : c->o}};
  product_t product = {
      .name = "linalg.matmul",
      .in = {tess_build_reshape(b, data, &in),
             tess_build_reshape(b, filter, &matrix)},
      .count = 2,
      .start = start_of(b, mlirOperationGetOperand(op, tess_convolve_start(c)),
                        &out)};
  if (turned && c->quantised)
    product.in[1] = tess_build_transpose(b, product.in[1], swap);
  else if (turned)
    product.maps = turned_filter(b);
  add_zero_points(c, op, &product);
  return build_product(b, &product);
}

/* ---- TOSA: a batch of one product, then the bias. ---- */

static MlirType with_element(const tess_dims_t *dims, MlirType element) {
  return mlirRankedTensorTypeGet(dims->rank, dims->at, element,
                                 mlirAttributeGetNull());
}

/* In the type that the convolution adds in, the bias too. */
static MlirValue add_bias(const tess_builder_t *b, MlirValue product,
                          MlirValue bias) {
  double number;
  MlirType sum = mlirValueGetType(product);
  MlirType element = mlirShapedTypeGetElementType(sum);
  if (tess_match_number(bias, &number) && number == 0.0)
    return product;
  const tess_dims_t row = {3, {1, 1, tess_build_dims(bias).at[0]}};
  bias = tess_build_reshape(b, bias, &row);
  if (!mlirTypeEqual(mlirShapedTypeGetElementType(mlirValueGetType(bias)),
                     element))
    bias = tess_build_unary(b, "tosa.cast", bias, NULL, 0,
                            with_element(&row, element));
  return tess_build_binary(b, "tosa.add", product, bias, sum);
}

static MlirValue product_tosa(const tess_builder_t *b, const tess_conv2d_t *c,
                              MlirOperation op, MlirValue data,
                              MlirValue filter) {
  static const int32_t turn[] = {0, 2, 1};
  const int64_t pixels = c->n * c->oh * c->ow;
  const tess_dims_t in = {3, {1, pixels, c->c}}, rows = {3, {1, c->o, c->c}};
  const tess_dims_t out = {3, {1, pixels, c->o}};
  MlirType sum = mlirTypeAttrGetValue(mlirOperationGetAttributeByName(
      op, mlirStringRefCreateFromCString("acc_type")));
  filter = tess_build_transpose(b, tess_build_reshape(b, filter, &rows), turn);
  const MlirValue operands[] = {tess_build_reshape(b, data, &in), filter,
                                mlirOperationGetOperand(op, 3),
                                mlirOperationGetOperand(op, 4)};
  const tess_op_t matmul = {.name = "tosa.matmul",
                            .operands = operands,
                            .operand_count = 4,
                            .type = with_element(&out, sum)};
  MlirValue value =
      add_bias(b, tess_build_op(b, &matmul), mlirOperationGetOperand(op, 2));
  MlirType result = mlirShapedTypeGetElementType(
      mlirValueGetType(mlirOperationGetResult(op, 0)));
  return mlirTypeEqual(result, sum)
             ? value
             : tess_build_unary(b, "tosa.cast", value, NULL, 0,
                                with_element(&out, result));
}

/* ---- Applying. ---- */

static MlirValue as_product(const tess_builder_t *b, const tess_conv2d_t *c,
                            MlirOperation op, MlirValue data) {
  MlirValue filter = mlirOperationGetOperand(op, 1);
  MlirValue product = (c->tosa   ? product_tosa
                       : c->nchw ? product_nchw
                                 : product_nhwc)(b, c, op, data, filter);
  const tess_dims_t to = tess_build_dims(mlirOperationGetResult(op, 0));
  return tess_build_reshape(b, product, &to);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  tess_conv2d_t c;
  if (!is_site(&model->nodes[anchor], &c))
    return false;
  const bool slice = is_strided(&c) && alternative == 1;
  if (alternative > (is_strided(&c) ? 2 : 1) || (!slice && !has_product(&c)))
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  const tess_builder_t b = tess_build_before(op);
  MlirValue data = mlirOperationGetOperand(op, 0);
  if (is_strided(&c))
    data = pick(&b, &c, data);
  const tess_window_t plain = {.stride = {1, 1}};
  tess_edit_replace(op, slice ? tess_convolve(op, &c, data,
                                              mlirOperationGetOperand(op, 1),
                                              &plain)
                              : as_product(&b, &c, op, data));
  return true;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  bool meant = n->kind == TESS_NODE_CONV && n->kernel.window[0] == 1 &&
               n->kernel.window[1] == 1;
  return meant ? tess_match_conv2d_obstacle(n, TAKES) : NULL;
}

const tess_rule_t tess_rule_pointwise_matmul = {find, apply, obstacle};
