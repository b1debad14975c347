/* Activation selection: cheaper functions in place of swish, hard-swish,
 * sigmoid and gelu. */
#include "activation_match.h"
#include "edit.h"
#include "formula.h"
#include "rule.h"
#include <math.h>

typedef enum form {
  FORM_HARD_SWISH,
  FORM_HARD_SIGMOID,
  FORM_GELU_TANH,
  FORM_RELU6,
  FORM_RELU
} form_t;

/* What stands for what, nearer functions first. */
typedef struct substitute {
  tess_function_t from;
  form_t to;
  /* sup |f - g| over the reals; infinite where a bounded function stands for
   * one that is not. */
  double error;
} substitute_t;

/* The errors are greatest, by setting derivatives to 0, at these x:
 *   swish - hard-swish       +-3, 3 / (1 + e^3)
 *   swish - relu             1.27846, where d/dx x / (1 + e^x) = 0
 *   hard-swish - relu        +-1.5, 1.5 * 1.5 / 6
 *   sigmoid - hard-sigmoid   +-1.31696, where the sigmoid's slope is 1 / 6
 *   gelu - its tanh form     +-2.69894
 *   gelu - relu              +-0.75179, the tanh form +-0.75246
 *   quick-gelu - relu        as swish's, over 1.702
 * The tanh form is that of Hendrycks and Gimpel, "Gaussian error linear units",
 * 2016. */
static const substitute_t substitutes[] = {
    {TESS_FUNCTION_SWISH, FORM_HARD_SWISH, 0.14227761953270035},
    {TESS_FUNCTION_SWISH, FORM_RELU6, INFINITY},
    {TESS_FUNCTION_SWISH, FORM_RELU, 0.27846454276107374},
    {TESS_FUNCTION_HARD_SWISH, FORM_RELU6, INFINITY},
    {TESS_FUNCTION_HARD_SWISH, FORM_RELU, 0.375},
    {TESS_FUNCTION_RELU6, FORM_RELU, INFINITY},
    {TESS_FUNCTION_SIGMOID, FORM_HARD_SIGMOID, 0.06918215177401010},
    {TESS_FUNCTION_GELU, FORM_GELU_TANH, 4.7323552068728488e-4},
    {TESS_FUNCTION_GELU, FORM_RELU, 0.16997120747990367},
    {TESS_FUNCTION_GELU_TANH, FORM_RELU, 0.17004075057125405},
    {TESS_FUNCTION_QUICK_GELU, FORM_RELU, 0.16361018963635358},
};

enum {
  SUBSTITUTES = sizeof substitutes / sizeof *substitutes,
  MAX_ALTERNATIVES = 4
};

static tess_alternative_t alternative_of(const substitute_t *substitute,
                                         int64_t elements) {
  static const struct {
    const char *name, *why;
    tess_class_t rewrite_class;
  } forms[] = {
      [FORM_HARD_SWISH] = {"hard-swish",
                           "clamp and multiply instead of exp and division",
                           TESS_CLASS_RETRAIN},
      [FORM_HARD_SIGMOID] = {"hard-sigmoid",
                             "clamp and multiply instead of exp and division",
                             TESS_CLASS_RETRAIN},
      [FORM_GELU_TANH] = {"gelu-tanh", "tanh instead of the error function",
                          TESS_CLASS_APPROXIMATE},
      [FORM_RELU6] = {"relu6", "a clamp, with a range that 8 bits cover",
                      TESS_CLASS_RETRAIN},
      [FORM_RELU] = {"relu", "one maximum instead of exp and division",
                     TESS_CLASS_RETRAIN},
  };
  const char *why = forms[substitute->to].why;
  if (substitute->to == FORM_RELU) {
    if (substitute->from == TESS_FUNCTION_HARD_SWISH)
      why = "one maximum instead of clamp and multiply";
    if (substitute->from == TESS_FUNCTION_RELU6)
      why = "one maximum instead of a clamp";
    if (substitute->from == TESS_FUNCTION_GELU)
      why = "one maximum instead of the error function";
    if (substitute->from == TESS_FUNCTION_GELU_TANH)
      why = "one maximum instead of tanh";
  }
  return (tess_alternative_t){.name = forms[substitute->to].name,
                              .rewrite_class =
                                  forms[substitute->to].rewrite_class,
                              .why = why,
                              .greatest_error = substitute->error,
                              .changed_elements = elements};
}

/* The substitutes of a function, a run of the table. */
static int32_t substitutes_of(int32_t function, const substitute_t **first) {
  int32_t count = 0;
  for (int32_t i = SUBSTITUTES - 1; i >= 0; i--)
    if ((int32_t)substitutes[i].from == function) {
      *first = &substitutes[i];
      count++;
    }
  return count;
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  for (int32_t i = 0; i < model->chain_count; i++) {
    const tess_chain_t *chain = &model->chains[i];
    const substitute_t *first;
    tess_activation_t activation;
    int32_t count = substitutes_of(chain->function, &first);
    if (count == 0 || !tess_activation_match(model, chain, &activation))
      continue;
    tess_alternative_t alternatives[MAX_ALTERNATIVES] = {{.name = "keep"}};
    for (int32_t a = 0; a < count; a++)
      alternatives[a + 1] =
          alternative_of(&first[a], model->values[chain->output].elements);
    tess_site_add(collector, activation.anchor, chain->nodes, chain->node_count,
                  alternatives, count + 1);
  }
}

/* ---- The forms. ---- */

static MlirValue hard_sigmoid(tess_formula_t *f, MlirValue x) {
  MlirValue gate = tess_formula_clamp(f, tess_formula_plus(f, x, 3), 0, 6);
  return tess_formula_times(f, gate, 1.0 / 6.0);
}

static MlirValue hard_swish(tess_formula_t *f, MlirValue x) {
  MlirValue gate = tess_formula_clamp(f, tess_formula_plus(f, x, 3), 0, 6);
  return tess_formula_times(f, tess_formula_multiply(f, x, gate), 1.0 / 6.0);
}

/* x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) */
static MlirValue gelu_tanh(tess_formula_t *f, MlirValue x) {
  const double slope = 0.79788456080286536;
  MlirValue square = tess_formula_multiply(f, x, x);
  MlirValue scaled = tess_formula_plus(
      f, tess_formula_times(f, square, slope * 0.044715), slope);
  MlirValue bent =
      tess_formula_call(f, "tanh", tess_formula_multiply(f, x, scaled));
  MlirValue half = tess_formula_times(f, x, 0.5);
  return tess_formula_add(f, half, tess_formula_multiply(f, half, bent));
}

static MlirValue build(tess_formula_t *f, MlirValue x, const void *data) {
  switch (*(const form_t *)data) {
  case FORM_HARD_SWISH:
    return hard_swish(f, x);
  case FORM_HARD_SIGMOID:
    return hard_sigmoid(f, x);
  case FORM_GELU_TANH:
    return gelu_tanh(f, x);
  case FORM_RELU6:
    return tess_formula_clamp(f, x, 0, 6);
  case FORM_RELU:
    break;
  }
  return tess_formula_clamp(f, x, 0, INFINITY);
}

/* Whether a value within the chain is of a wider type than its result. */
static bool computes_in_f32(const tess_model_t *model,
                            const tess_chain_t *chain) {
  for (int32_t i = 0; i < chain->node_count; i++)
    if (model->values[model->nodes[chain->nodes[i]].outputs[0]].dtype ==
        TESS_F32)
      return true;
  return false;
}

/* Rounds a sum of bf16 only at the end, in linalg, where that costs no memory
 * traffic, and in TOSA where the original did; a clamp does not round. */
static bool is_wide(const tess_builder_t *b, const tess_model_t *model,
                    const tess_chain_t *chain, form_t form) {
  return form != FORM_RELU && form != FORM_RELU6 &&
         (!b->tosa || computes_in_f32(model, chain));
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  tess_activation_t activation;
  const tess_chain_t *chain = tess_activation_at(model, anchor, &activation);
  const substitute_t *first;
  if (!chain || substitutes_of(chain->function, &first) < alternative)
    return false;
  form_t form = first[alternative - 1].to;
  MlirOperation op = tess_edit_op(model, anchor);
  /* From the op, not from the model: an earlier site may have replaced the
   * value that the model read. */
  MlirValue x = mlirOperationGetOperand(tess_edit_op(model, activation.node),
                                        activation.operand);
  const tess_builder_t b = tess_build_before(op);
  const tess_formula_options_t options = {.wide =
                                              is_wide(&b, model, chain, form)};
  tess_edit_replace(op, tess_formula_build(&b, x, build, &form, &options));
  return true;
}

const tess_rule_t tess_rule_activation = {find, apply, NULL};
