/* The same activation in the functions that the target's vector unit is quick
 * at: a sigmoid, and what is made of one, by exp and a division or by tanh. */
#include "activation_match.h"
#include "edit.h"
#include "formula.h"
#include "mlir-c/BuiltinAttributes.h"
#include "rule.h"
#include <math.h>

typedef enum unit { UNIT_TANH, UNIT_EXP } unit_t;

static const struct {
  const char *name, *why;
} units[] = {
    [UNIT_TANH] = {"by-tanh", "one tanh instead of exp and division"},
    [UNIT_EXP] = {"by-exp", "exp and division instead of tanh"},
};

/* By tanh a sigmoid ends on 0 and 1 up to roundings of 1, by exp a tanh is as
 * far off near 0, where tanh itself is not: 5 roundings of values up to 2, in
 * units of 2^-24. */
#define BY_EXP_ERROR (10 * 0x1p-24)

/* A number that an op reads, in its body or from a constant, is 0, or a power
 * of two from a half to two: the reader names functions by their values, up to
 * what 16 bits make of a number, so only round ones are known to be meant. */
static bool is_round(MlirAttribute value) {
  if (mlirAttributeIsNull(value))
    return true;
  if (mlirAttributeIsADenseElements(value)) {
    if (!mlirDenseElementsAttrIsSplat(value))
      return false;
    value = mlirDenseElementsAttrGetSplatValue(value);
  }
  if (!mlirAttributeIsAFloat(value))
    return mlirAttributeIsAInteger(value);
  double number = fabs(mlirFloatAttrGetValueDouble(value));
  return number == 0 || number == 0.5 || number == 1 || number == 2;
}

static MlirWalkResult check_numbers(MlirOperation op, void *round) {
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    MlirValue value = mlirOperationGetOperand(op, i);
    if (!mlirValueIsAOpResult(value))
      continue;
    MlirOperation owner = mlirOpResultGetOwner(value);
    static const char *const names[] = {"value", "values"};
    for (int k = 0; k < 2; k++)
      *(bool *)round &= is_round(mlirOperationGetAttributeByName(
          owner, mlirStringRefCreateFromCString(names[k])));
  }
  return MlirWalkResultAdvance;
}

static bool has_round_numbers(const tess_model_t *model,
                              const tess_chain_t *chain) {
  bool round = true;
  for (int32_t i = 0; i < chain->node_count; i++)
    tess_edit_walk(tess_edit_op(model, chain->nodes[i]), check_numbers, &round);
  return round;
}

static bool has_tanh(const tess_model_t *model, const tess_chain_t *chain) {
  for (int32_t i = 0; i < chain->node_count; i++)
    if (model->nodes[chain->nodes[i]].kernel.vector_ops[TESS_VECTOR_TANH])
      return true;
  return false;
}

static bool has_exp(const tess_model_t *model, const tess_chain_t *chain) {
  for (int32_t i = 0; i < chain->node_count; i++)
    if (model->nodes[chain->nodes[i]].kernel.vector_ops[TESS_VECTOR_EXP])
      return true;
  return false;
}

/* The other unit than the one that the chain is written in; false where there
 * is no other form. */
static bool other_unit(const tess_model_t *model, const tess_chain_t *chain,
                       unit_t *unit) {
  bool tanh = has_tanh(model, chain);
  bool gate = chain->function == TESS_FUNCTION_SIGMOID ||
              chain->function == TESS_FUNCTION_SWISH;
  *unit = tanh ? UNIT_EXP : UNIT_TANH;
  if (!gate && chain->function != TESS_FUNCTION_TANH)
    return false;
  return (tanh || (gate && has_exp(model, chain))) &&
         has_round_numbers(model, chain);
}

static tess_alternative_t alternative_of(unit_t unit, int64_t elements) {
  tess_alternative_t result = {.name = units[unit].name,
                               .why = units[unit].why};
  if (unit == UNIT_EXP) {
    result.rewrite_class = TESS_CLASS_APPROXIMATE;
    result.greatest_error = BY_EXP_ERROR;
    result.changed_elements = elements;
  }
  return result;
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  for (int32_t i = 0; i < model->chain_count; i++) {
    const tess_chain_t *chain = &model->chains[i];
    tess_activation_t activation;
    unit_t unit;
    if (!other_unit(model, chain, &unit) ||
        !tess_activation_match(model, chain, &activation))
      continue;
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        alternative_of(unit, model->values[chain->output].elements)};
    tess_site_add(collector, activation.anchor, chain->nodes, chain->node_count,
                  alternatives, 2);
  }
}

/* ---- The forms. ---- */

typedef struct form {
  int32_t function;
  unit_t unit;
} form_t;

/* factor * sigmoid(x); a null factor is 1. */
static MlirValue gate_by_exp(tess_formula_t *f, MlirValue factor, MlirValue x) {
  MlirValue power = tess_formula_call(f, "exp", tess_formula_times(f, x, -1));
  MlirValue sum = tess_formula_plus(f, power, 1);
  if (mlirValueIsNull(factor))
    factor = tess_formula_number(f, 1);
  return tess_formula_divide(f, factor, sum);
}

/* half * (1 + tanh(x)) */
static MlirValue gate_by_tanh(tess_formula_t *f, MlirValue half, MlirValue x) {
  MlirValue bent = tess_formula_call(f, "tanh", x);
  if (mlirValueIsNull(half))
    return tess_formula_plus(f, tess_formula_times(f, bent, 0.5), 0.5);
  return tess_formula_add(f, tess_formula_multiply(f, bent, half), half);
}

static MlirValue tanh_by_exp(tess_formula_t *f, MlirValue x) {
  MlirValue power = tess_formula_call(f, "exp", tess_formula_times(f, x, 2));
  MlirValue sum = tess_formula_plus(f, power, 1);
  MlirValue rest = tess_formula_divide(f, tess_formula_number(f, -2), sum);
  return tess_formula_plus(f, rest, 1);
}

static MlirValue build(tess_formula_t *f, MlirValue x, const void *data) {
  const form_t *form = data;
  bool gate = form->function == TESS_FUNCTION_SIGMOID;
  const MlirValue none = {NULL};
  if (form->function == TESS_FUNCTION_TANH)
    return tanh_by_exp(f, x);
  if (form->unit == UNIT_EXP)
    return gate_by_exp(f, gate ? none : x, x);
  MlirValue half = tess_formula_times(f, x, 0.5);
  return gate_by_tanh(f, gate ? none : half, half);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  unit_t unit;
  tess_activation_t activation;
  const tess_chain_t *chain = tess_activation_at(model, anchor, &activation);
  if (!chain || !other_unit(model, chain, &unit))
    return false;
  const form_t form = {chain->function, unit};
  MlirOperation op = tess_edit_op(model, anchor);
  MlirValue x = mlirOperationGetOperand(tess_edit_op(model, activation.node),
                                        activation.operand);
  const tess_builder_t b = tess_build_before(op);
  const tess_formula_options_t options = {.wide = true};
  tess_edit_replace(op, tess_formula_build(&b, x, build, &form, &options));
  return true;
}

const tess_rule_t tess_rule_activation_form = {find, apply, NULL};
