/* exp, tanh and erf, which some compilers call once an element, as sums,
 * products and a division, which they do for a whole vector at once. */
#include "approximation.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"
#include <string.h>

/* The logistic function, ½ + ½ tanh ½x: TOSA has no exp but its own. */
static MlirValue approximate_sigmoid(tess_formula_t *f, MlirValue x) {
  MlirValue bent = tess_approximate_tanh(f, tess_formula_times(f, x, 0.5));
  return tess_formula_plus(f, tess_formula_times(f, bent, 0.5), 0.5);
}

typedef struct expansion {
  const char *op; /* without its dialect's name */
  bool tosa, linalg;
  MlirValue (*build)(tess_formula_t *f, MlirValue x);
  double error; /* greatest: of exp relative, of the others both ways */
} expansion_t;

/* The sigmoid's halves the error of tanh, and rounds once more. */
static const expansion_t expansions[] = {
    {"exp", false, true, tess_approximate_exp, TESS_EXP_BOUND_U * 0x1p-24},
    {"tanh", true, true, tess_approximate_tanh, TESS_TANH_BOUND_U * 0x1p-24},
    {"erf", true, true, tess_approximate_erf, TESS_ERF_BOUND_U * 0x1p-24},
    {"sigmoid", true, false, approximate_sigmoid,
     (TESS_TANH_BOUND_U / 2 + 1) * 0x1p-24},
};

static bool is_float(MlirType type) {
  return mlirTypeIsAF32(type) || mlirTypeIsAF16(type) || mlirTypeIsABF16(type);
}

static bool has_prefix(MlirStringRef name, const char *prefix) {
  size_t length = strlen(prefix);
  return name.length > length && !memcmp(name.data, prefix, length);
}

static const expansion_t *by_name(MlirStringRef name, size_t prefix,
                                  bool tosa) {
  for (size_t i = 0; i < sizeof expansions / sizeof *expansions; i++) {
    const expansion_t *e = &expansions[i];
    size_t length = strlen(e->op);
    if ((tosa ? e->tosa : e->linalg) && name.length == prefix + length &&
        !memcmp(name.data + prefix, e->op, length))
      return e;
  }
  return NULL;
}

/* The expansion of an op on whole tensors or in a body, if it has one and its
 * operand and result are of one type. */
static const expansion_t *expansion_of(MlirOperation op, bool in_body) {
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  bool tosa = !in_body && has_prefix(name, "tosa.");
  bool linalg = !in_body && has_prefix(name, "linalg.");
  bool math = in_body && has_prefix(name, "math.");
  if ((!tosa && !linalg && !math) || mlirOperationGetNumResults(op) != 1 ||
      mlirOperationGetNumOperands(op) < 1)
    return NULL;
  MlirType type = mlirValueGetType(mlirOperationGetOperand(op, 0));
  MlirType element = math || !mlirTypeIsAShaped(type)
                         ? type
                         : mlirShapedTypeGetElementType(type);
  if (!is_float(element) ||
      !mlirTypeEqual(type, mlirValueGetType(mlirOperationGetResult(op, 0))))
    return NULL;
  return by_name(name, tosa || math ? 5 : 7, tosa);
}

/* ---- Bodies. ---- */

typedef struct found {
  MlirOperation ops[64];
  int count;
} found_t;

static MlirWalkResult note(MlirOperation op, void *data) {
  found_t *found = data;
  if (expansion_of(op, true) &&
      found->count < (int)(sizeof found->ops / sizeof *found->ops))
    found->ops[found->count++] = op;
  return MlirWalkResultAdvance;
}

/* What there is to expand in an op, or it itself. */
static void find_ops(MlirOperation op, found_t *found) {
  found->count = 0;
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  if (mlirStringRefEqual(name,
                         mlirStringRefCreateFromCString("linalg.generic")))
    mlirOperationWalk(op, note, found, MlirWalkPreOrder);
  else if (expansion_of(op, false))
    found->ops[found->count++] = op;
}

static bool is_node(const tess_node_t *node) {
  const int64_t *ops = node->kernel.vector_ops;
  return !node->prepared && (ops[TESS_VECTOR_EXP] || ops[TESS_VECTOR_TANH] ||
                             ops[TESS_VECTOR_ERF]);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  for (int32_t i = 0; i < model->node_count; i++) {
    const tess_node_t *node = &model->nodes[i];
    found_t found;
    if (!is_node(node))
      continue;
    MlirOperation op = tess_edit_op(model, i);
    find_ops(op, &found);
    if (!found.count)
      continue;
    tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = "polynomials",
         .rewrite_class = TESS_CLASS_APPROXIMATE,
         .why = "vectors of sums and products instead of a call an element",
         .changed_elements = node->kernel.out_elements}};
    for (int f = 0; f < found.count; f++) {
      const expansion_t *e =
          expansion_of(found.ops[f], !mlirOperationEqual(found.ops[f], op));
      if (e->error > alternatives[1].greatest_error)
        alternatives[1].greatest_error = e->error;
    }
    tess_site_add(collector, i, &i, 1, alternatives, 2);
  }
}

/* ---- Applying. ---- */

static MlirValue build(tess_formula_t *f, MlirValue x, const void *data) {
  return ((const expansion_t *)data)->build(f, x);
}

static void expand(MlirOperation op, bool in_body) {
  const expansion_t *e = expansion_of(op, in_body);
  const tess_builder_t b = tess_build_before(op);
  const tess_formula_options_t options = {.wide = true, .contract = true};
  MlirValue x = mlirOperationGetOperand(op, 0);
  tess_edit_replace(op, (in_body ? tess_formula_inside : tess_formula_build)(
                            &b, x, build, e, &options));
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  MlirOperation op = tess_edit_op(model, anchor);
  found_t found;
  find_ops(op, &found);
  for (int i = 0; i < found.count; i++)
    expand(found.ops[i], !mlirOperationEqual(found.ops[i], op));
  return found.count > 0;
}

const tess_rule_t tess_rule_expand_math = {find, apply, NULL};
