/* Activation selection: cheaper functions in place of swish and hard-swish. */
#include "edit.h"
#include "match.h"
#include "rule.h"
#include <float.h>
#include <string.h>

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

/* ---- Templates; %in0 is x, T its type, E its element type. ---- */

static double greatest_finite(int32_t dtype) {
  switch (dtype) {
  case TESS_F16:
    return 65504.0;
  case TESS_BF16:
    return 0x1.FEp+127;
  default:
    return FLT_MAX;
  }
}

static void tosa_constant(tess_text_t *body, const char *name, double value,
                          int32_t rank, MlirType like) {
  int64_t ones[TESS_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
  tess_text_t type = TESS_TEXT_INIT;
  tess_edit_add_type(&type, ones, rank, like);
  tess_text_add(body,
                "%%%s = \"tosa.const\"() <{values = dense<%.17e> : %s}> : () "
                "-> %s\n",
                name, value, tess_text_get(&type), tess_text_get(&type));
  tess_text_free(&type);
}

static void tosa_clamp(tess_text_t *body, const char *result,
                       const char *operand, double high, MlirType type) {
  tess_text_add(body, "%%%s = tosa.clamp %%%s {min_val = 0.0 : ", result,
                operand);
  tess_edit_add_element(body, type);
  tess_text_add(body, ", max_val = %.17e : ", high);
  tess_edit_add_element(body, type);
  tess_text_add(body, "} : (");
  tess_edit_add_printed(body, type);
  tess_text_add(body, ") -> ");
  tess_edit_add_printed(body, type);
  tess_text_add(body, "\n");
}

static void tosa_body(tess_text_t *body, form_t form, const tess_value_t *x,
                      MlirType type) {
  if (form == FORM_RELU) {
    tosa_clamp(body, "result", "in0", greatest_finite(x->dtype), type);
    return;
  }
  tess_text_t t = TESS_TEXT_INIT, ones = TESS_TEXT_INIT;
  int64_t dims[TESS_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
  tess_edit_add_printed(&t, type);
  tess_edit_add_type(&ones, dims, x->rank, type);
  tosa_constant(body, "three", 3.0, x->rank, type);
  tosa_constant(body, "sixth", 1.0 / 6.0, x->rank, type);
  tess_text_add(body,
                "%%shift = \"tosa.const\"() <{values = dense<0> : "
                "tensor<1xi8>}> : () -> tensor<1xi8>\n"
                "%%sum = tosa.add %%in0, %%three : (%s, %s) -> %s\n",
                tess_text_get(&t), tess_text_get(&ones), tess_text_get(&t));
  tosa_clamp(body, "gate", "sum", 6.0, type);
  tess_text_add(body,
                "%%product = tosa.mul %%in0, %%gate, %%shift : (%s, %s, "
                "tensor<1xi8>) -> %s\n"
                "%%result = tosa.mul %%product, %%sixth, %%shift : (%s, %s, "
                "tensor<1xi8>) -> %s\n",
                tess_text_get(&t), tess_text_get(&t), tess_text_get(&t),
                tess_text_get(&t), tess_text_get(&ones), tess_text_get(&t));
  tess_text_free(&t);
  tess_text_free(&ones);
}

static const char relu_region[] = "%zero = arith.constant 0.0 : E\n"
                                  "%r = arith.maximumf %x, %zero : E\n";

static const char hard_swish_region[] =
    "%zero = arith.constant 0.0 : E\n"
    "%three = arith.constant 3.0 : E\n"
    "%six = arith.constant 6.0 : E\n"
    "%sixth = arith.constant 0.16666666666666666 : E\n"
    "%sum = arith.addf %x, %three : E\n"
    "%low = arith.maximumf %sum, %zero : E\n"
    "%gate = arith.minimumf %low, %six : E\n"
    "%product = arith.mulf %x, %gate : E\n"
    "%r = arith.mulf %product, %sixth : E\n";

/* Appends `text` with every E replaced by the element type. */
static void add_region(tess_text_t *body, const char *text, MlirType type) {
  for (; *text; text++)
    if (*text == 'E')
      tess_edit_add_element(body, type);
    else
      tess_text_add_n(body, text, 1);
}

static void linalg_body(tess_text_t *body, form_t form, const tess_value_t *x,
                        MlirType type) {
  tess_text_t t = TESS_TEXT_INIT, map = TESS_TEXT_INIT, dims = TESS_TEXT_INIT;
  tess_edit_add_printed(&t, type);
  for (int32_t i = 0; i < x->rank; i++)
    tess_text_add(&dims, "%sd%d", i ? ", " : "", (int)i);
  tess_text_add(&map, "affine_map<(%s) -> (%s)>", tess_text_get(&dims),
                tess_text_get(&dims));
  tess_text_add(body,
                "%%empty = tensor.empty() : %s\n"
                "%%result = linalg.generic {indexing_maps = [%s, %s], "
                "iterator_types = [",
                tess_text_get(&t), tess_text_get(&map), tess_text_get(&map));
  for (int32_t i = 0; i < x->rank; i++)
    tess_text_add(body, "%s\"parallel\"", i ? ", " : "");
  tess_text_add(body, "]} ins(%%in0 : %s) outs(%%empty : %s) {\n",
                tess_text_get(&t), tess_text_get(&t));
  add_region(body, "^bb0(%x: E, %out: E):\n", type);
  add_region(body, form == FORM_RELU ? relu_region : hard_swish_region, type);
  add_region(body, "linalg.yield %r : E\n", type);
  tess_text_add(body, "} -> %s\n", tess_text_get(&t));
  tess_text_free(&t);
  tess_text_free(&map);
  tess_text_free(&dims);
}

/* ---- Applying. ---- */

static form_t chosen_form(const tess_chain_t *chain, int32_t alternative) {
  return chain->function == TESS_FUNCTION_SWISH && alternative == 1
             ? FORM_HARD_SWISH
             : FORM_RELU;
}

static tess_status_t apply(const tess_model_t *model, int32_t anchor,
                           int32_t alternative, bool *applied) {
  int32_t index = model->chain_of_node[anchor];
  reading_t reading;
  if (index == TESS_NONE || !is_site(model, &model->chains[index], &reading))
    return TESS_SUCCESS;
  const tess_chain_t *chain = &model->chains[index];
  MlirOperation op = tess_edit_op(model, anchor);
  /* From the op, not from the model: an earlier site may have replaced the
   * value that the model read. */
  MlirValue x = mlirOperationGetOperand(tess_edit_op(model, reading.node),
                                        reading.operand);
  MlirValue result;
  MlirType type = mlirValueGetType(x);
  const tess_value_t *value = &model->values[reading.value];
  form_t form = chosen_form(chain, alternative);
  tess_text_t body = TESS_TEXT_INIT, t = TESS_TEXT_INIT;
  tess_edit_add_printed(&t, type);
  if (!strncmp(model->nodes[anchor].op_name, "tosa.", 5))
    tosa_body(&body, form, value, type);
  else
    linalg_body(&body, form, value, type);
  tess_status_t status = tess_edit_splice(op, &x, 1, tess_text_get(&t),
                                          tess_text_get(&body), &result);
  tess_text_free(&body);
  tess_text_free(&t);
  TESS_TRY(status);
  tess_edit_replace(op, result);
  *applied = true;
  return TESS_SUCCESS;
}

const tess_rule_t tess_rule_activation = {find, apply};
