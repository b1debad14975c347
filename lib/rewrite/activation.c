/* Activation selection: cheaper functions in place of swish and hard-swish. */
#include "build.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"
#include <float.h>

/* Greatest differences over the reals. swish - hard-swish is greatest at
 * x = +-3, 3 / (1 + e^3); swish - relu where d/dx x / (1 + e^x) = 0, at
 * x = 1.27846; hard-swish - relu at x = +-1.5, 1.5 * 1.5 / 6. */
#define SWISH_TO_HARD_SWISH 0.14227761953270035
#define SWISH_TO_RELU 0.27846454276107374
#define HARD_SWISH_TO_RELU 0.375

typedef enum form { FORM_HARD_SWISH, FORM_RELU } form_t;

/* The value behind reshapes. */
static int32_t behind_views(const tess_model_t *model, int32_t value) {
  int32_t node = tess_match_producer(model, value);
  while (node != TESS_NONE && model->nodes[node].kind == TESS_NODE_RESHAPE) {
    value = model->nodes[node].inputs[0];
    node = tess_match_producer(model, value);
  }
  return value;
}

/* An operand of the chain through which it reads its input: a chain's input is
 * named behind reshapes, the function works on what it sees of it. */
typedef struct reading {
  int32_t node, operand, value;
} reading_t;

static bool find_reading(const tess_model_t *model, const tess_chain_t *chain,
                         reading_t *reading) {
  int32_t input = behind_views(model, chain->input);
  for (int32_t i = 0; i < chain->node_count; i++) {
    const tess_node_t *node = &model->nodes[chain->nodes[i]];
    for (int32_t j = 0; j < node->input_count; j++)
      if (behind_views(model, node->inputs[j]) == input) {
        *reading = (reading_t){chain->nodes[i], j, node->inputs[j]};
        return true;
      }
  }
  return false;
}

static bool same_shape(const tess_value_t *a, const tess_value_t *b) {
  if (a->dtype != b->dtype || a->rank != b->rank)
    return false;
  for (int32_t i = 0; i < a->rank; i++)
    if (a->shape[i] != b->shape[i])
      return false;
  return true;
}

static bool is_site(const tess_model_t *model, const tess_chain_t *chain,
                    reading_t *reading) {
  if (chain->function != TESS_FUNCTION_SWISH &&
      chain->function != TESS_FUNCTION_HARD_SWISH)
    return false;
  const tess_value_t *out = &model->values[chain->output];
  return !model->nodes[chain->nodes[chain->node_count - 1]].prepared &&
         (out->dtype == TESS_F32 || out->dtype == TESS_F16 ||
          out->dtype == TESS_BF16) &&
         find_reading(model, chain, reading) &&
         same_shape(&model->values[reading->value], out);
}

static tess_alternative_t swap(const char *name, double error, int64_t elements,
                               const char *why) {
  return (tess_alternative_t){.name = name,
                              .rewrite_class = TESS_CLASS_RETRAIN,
                              .why = why,
                              .greatest_error = error,
                              .changed_elements = elements};
}

static void add_site(const tess_model_t *model, const tess_chain_t *chain,
                     tess_site_collector_t *collector) {
  int64_t elements = model->values[chain->output].elements;
  tess_alternative_t alternatives[3] = {{.name = "keep"}};
  int32_t count = 1;
  if (chain->function == TESS_FUNCTION_SWISH) {
    alternatives[count++] =
        swap("hard-swish", SWISH_TO_HARD_SWISH, elements,
             "clamp and multiply instead of exp and division");
    alternatives[count++] = swap("relu", SWISH_TO_RELU, elements,
                                 "one maximum instead of exp and division");
  } else {
    alternatives[count++] = swap("relu", HARD_SWISH_TO_RELU, elements,
                                 "one maximum instead of clamp and multiply");
  }
  tess_site_add(collector, chain->nodes[chain->node_count - 1], chain->nodes,
                chain->node_count, alternatives, count);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  reading_t reading;
  for (int32_t i = 0; i < model->chain_count; i++)
    if (is_site(model, &model->chains[i], &reading))
      add_site(model, &model->chains[i], collector);
}

/* ---- The forms in TOSA. ---- */

static double greatest_finite(MlirType element) {
  if (mlirTypeIsAF16(element))
    return 65504.0;
  return mlirTypeIsABF16(element) ? 0x1.FEp+127 : (double)FLT_MAX;
}

static MlirValue clamp_tosa(const tess_builder_t *b, MlirValue x, double high) {
  MlirType type = mlirValueGetType(x);
  MlirType element = mlirShapedTypeGetElementType(type);
  const MlirNamedAttribute bounds[] = {
      tess_build_attribute(b, "min_val",
                           mlirFloatAttrDoubleGet(b->context, element, 0.0)),
      tess_build_attribute(b, "max_val",
                           mlirFloatAttrDoubleGet(b->context, element, high))};
  return tess_build_unary(b, "tosa.clamp", x, bounds, 2, type);
}

static MlirValue multiply_tosa(const tess_builder_t *b, MlirValue x,
                               MlirValue y, MlirValue shift) {
  const MlirValue operands[] = {x, y, shift};
  const tess_op_t op = {.name = "tosa.mul",
                        .operands = operands,
                        .operand_count = 3,
                        .type = mlirValueGetType(x)};
  return tess_build_op(b, &op);
}

static MlirValue build_tosa(const tess_builder_t *b, form_t form, MlirValue x) {
  MlirType type = mlirValueGetType(x);
  if (form == FORM_RELU)
    return clamp_tosa(b, x,
                      greatest_finite(mlirShapedTypeGetElementType(type)));
  const int64_t one[] = {1};
  MlirType i8 = mlirIntegerTypeGet(b->context, 8);
  MlirValue three = tess_build_number(b, 3.0, type);
  MlirValue sixth = tess_build_number(b, 1.0 / 6.0, type);
  MlirValue shift = tess_build_number(
      b, 0, mlirRankedTensorTypeGet(1, one, i8, mlirAttributeGetNull()));
  MlirValue sum = tess_build_binary(b, "tosa.add", x, three, type);
  MlirValue gate = clamp_tosa(b, sum, 6.0);
  return multiply_tosa(b, multiply_tosa(b, x, gate, shift), sixth, shift);
}

/* ---- The forms in linalg. ---- */

static MlirValue element(const tess_builder_t *in, MlirValue x,
                         const void *data) {
  MlirType type = mlirValueGetType(x);
  MlirValue zero = tess_build_number(in, 0.0, type);
  if (*(const form_t *)data == FORM_RELU)
    return tess_build_binary(in, "arith.maximumf", x, zero, type);
  MlirValue three = tess_build_number(in, 3.0, type);
  MlirValue six = tess_build_number(in, 6.0, type);
  MlirValue sixth = tess_build_number(in, 1.0 / 6.0, type);
  MlirValue sum = tess_build_binary(in, "arith.addf", x, three, type);
  MlirValue low = tess_build_binary(in, "arith.maximumf", sum, zero, type);
  MlirValue gate = tess_build_binary(in, "arith.minimumf", low, six, type);
  MlirValue product = tess_build_binary(in, "arith.mulf", x, gate, type);
  return tess_build_binary(in, "arith.mulf", product, sixth, type);
}

static MlirValue build_linalg(const tess_builder_t *b, form_t form,
                              MlirValue x) {
  static const int32_t same[TESS_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
  return tess_build_generic(b, x, mlirValueGetType(x), same, element, &form);
}

/* ---- Applying. ---- */

static form_t chosen_form(const tess_chain_t *chain, int32_t alternative) {
  return chain->function == TESS_FUNCTION_SWISH && alternative == 1
             ? FORM_HARD_SWISH
             : FORM_RELU;
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  int32_t index = model->chain_of_node[anchor];
  reading_t reading;
  if (index == TESS_NONE || !is_site(model, &model->chains[index], &reading))
    return false;
  form_t form = chosen_form(&model->chains[index], alternative);
  MlirOperation op = tess_edit_op(model, anchor);
  /* From the op, not from the model: an earlier site may have replaced the
   * value that the model read. */
  MlirValue x = mlirOperationGetOperand(tess_edit_op(model, reading.node),
                                        reading.operand);
  const tess_builder_t b = tess_build_before(op);
  tess_edit_replace(op, (b.tosa ? build_tosa : build_linalg)(&b, form, x));
  return true;
}

const tess_rule_t tess_rule_activation = {find, apply};
