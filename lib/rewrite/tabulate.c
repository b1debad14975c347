/* Following an 8-bit value back to the one that it is made of, and computing
 * it. */
#include "tabulate.h"
#include "match.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <math.h>
#include <string.h>

static MlirAttribute attribute(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

/* ---- Constants. ---- */

/* The elements of a tosa.const, or null. */
static MlirAttribute elements_of(MlirValue value) {
  if (!mlirValueIsAOpResult(value))
    return mlirAttributeGetNull();
  MlirAttribute values = attribute(mlirOpResultGetOwner(value), "values");
  return !mlirAttributeIsNull(values) && mlirAttributeIsADenseElements(values)
             ? values
             : mlirAttributeGetNull();
}

/* A constant whose elements are one number. */
static bool number_of(MlirValue value, double *number) {
  MlirAttribute values = elements_of(value);
  if (mlirAttributeIsNull(values) || !mlirDenseElementsAttrIsSplat(values))
    return false;
  MlirAttribute one = mlirDenseElementsAttrGetSplatValue(values);
  if (mlirAttributeIsAFloat(one))
    *number = mlirFloatAttrGetValueDouble(one);
  else if (mlirAttributeIsAInteger(one))
    *number = (double)mlirIntegerAttrGetValueInt(one);
  else
    return false;
  return isfinite(*number);
}

static bool is_table(MlirValue value) {
  MlirAttribute values = elements_of(value);
  if (mlirAttributeIsNull(values) ||
      mlirElementsAttrGetNumElements(values) != 256)
    return false;
  MlirType type = mlirShapedTypeGetElementType(mlirAttributeGetType(values));
  return mlirTypeIsAInteger(type) && mlirIntegerTypeGetWidth(type) == 8;
}

/* ---- One op. ---- */

/* id, name, operands that it computes on. */
#define OPS(X)                                                                 \
  X(TABLE, "tosa.table", 1)                                                    \
  X(RESCALE, "tosa.rescale", 1)                                                \
  X(CAST, "tosa.cast", 1)                                                      \
  X(CLAMP, "tosa.clamp", 1)                                                    \
  X(ADD, "tosa.add", 2)                                                        \
  X(SUB, "tosa.sub", 2)                                                        \
  X(MUL, "tosa.mul", 2)                                                        \
  X(MAXIMUM, "tosa.maximum", 2)                                                \
  X(MINIMUM, "tosa.minimum", 2)                                                \
  X(RECIPROCAL, "tosa.reciprocal", 1)                                          \
  X(SIGMOID, "tosa.sigmoid", 1)                                                \
  X(TANH, "tosa.tanh", 1)                                                      \
  X(EXP, "tosa.exp", 1)                                                        \
  X(ERF, "tosa.erf", 1)

typedef enum kind {
#define X(id, name, operands) KIND_##id,
  OPS(X)
#undef X
      KIND_COUNT
} kind_t;

static kind_t kind_of(const char *name, int *operands) {
  static const struct {
    const char *name;
    int operands;
  } ops[] = {
#define X(id, text, count) {text, count},
      OPS(X)
#undef X
  };
  for (int i = 0; i < KIND_COUNT; i++)
    if (!strcmp(ops[i].name, name)) {
      *operands = ops[i].operands;
      return (kind_t)i;
    }
  return KIND_COUNT;
}

static bool flag(MlirOperation op, const char *name) {
  MlirAttribute value = attribute(op, name);
  return !mlirAttributeIsNull(value) && mlirAttributeIsABool(value) &&
         mlirBoolAttrGetValue(value);
}

/* Whether a rescale rounds twice; false where it is neither that nor once. */
static bool rounding_of(MlirOperation op, bool *twice) {
  MlirContext context = mlirOperationGetContext(op);
  MlirAttribute mode = attribute(op, "rounding_mode");
  MlirAttribute modes[] = {
      mlirAttributeParseGet(context, mlirStringRefCreateFromCString(
                                         "#tosa.rounding_mode<SINGLE_ROUND>")),
      mlirAttributeParseGet(context, mlirStringRefCreateFromCString(
                                         "#tosa.rounding_mode<DOUBLE_ROUND>"))};
  *twice = mlirAttributeEqual(mode, modes[1]);
  return *twice || mlirAttributeEqual(mode, modes[0]);
}

/* The numbers of a rescale of a whole tensor by 32-bit factors. */
typedef struct rescale {
  double multiplier, shift, in_zero, out_zero;
  bool twice;
} rescale_t;

static bool rescale_of(MlirOperation op, rescale_t *r) {
  return mlirOperationGetNumOperands(op) == 5 && flag(op, "scale32") &&
         !flag(op, "per_channel") && !flag(op, "input_unsigned") &&
         !flag(op, "output_unsigned") && rounding_of(op, &r->twice) &&
         number_of(mlirOperationGetOperand(op, 1), &r->multiplier) &&
         number_of(mlirOperationGetOperand(op, 2), &r->shift) &&
         number_of(mlirOperationGetOperand(op, 3), &r->in_zero) &&
         number_of(mlirOperationGetOperand(op, 4), &r->out_zero) &&
         r->multiplier >= 0 && r->shift >= 2 && r->shift <= 62;
}

/* TOSA's apply_scale_32. */
static double rescaled(const rescale_t *r, double x) {
  int64_t value = (int64_t)(x - r->in_zero), shift = (int64_t)r->shift;
  int64_t half = (int64_t)1 << (shift - 1);
  if (r->twice && shift > 31)
    half += value >= 0 ? (int64_t)1 << 30 : -((int64_t)1 << 30);
  int64_t product = value * (int64_t)r->multiplier + half;
  return (double)(product >> shift) + r->out_zero;
}

static bool is_float(int32_t dtype) { return dtype == TESS_F32; }

static bool range_of(int32_t dtype, double *low, double *high) {
  *high = dtype == TESS_I8 ? 127 : dtype == TESS_I16 ? 32767 : 2147483647;
  *low = -*high - 1;
  return dtype == TESS_I8 || dtype == TESS_I16 || dtype == TESS_I32;
}

/* f32 arithmetic rounds after each operation. */
static double float_of(kind_t kind, double a, double b) {
  float x = (float)a, y = (float)b;
  switch (kind) {
  case KIND_ADD:
    return (double)(x + y);
  case KIND_SUB:
    return (double)(x - y);
  case KIND_MUL:
    return (double)(x * y);
  case KIND_RECIPROCAL:
    return (double)(1.0F / x);
  case KIND_SIGMOID:
    return (double)(float)(1 / (1 + exp(-a)));
  case KIND_TANH:
    return (double)(float)tanh(a);
  case KIND_EXP:
    return (double)(float)exp(a);
  case KIND_ERF:
    return (double)(float)erf(a);
  default:
    return NAN;
  }
}

static double whole_of(kind_t kind, double a, double b) {
  switch (kind) {
  case KIND_ADD:
    return a + b;
  case KIND_SUB:
    return a - b;
  case KIND_MUL:
    return a * b;
  default:
    return NAN;
  }
}

static bool clamp_of(MlirOperation op, double x, double *result) {
  MlirAttribute bounds[] = {attribute(op, "min_val"), attribute(op, "max_val")};
  double number[2];
  for (int i = 0; i < 2; i++)
    if (mlirAttributeIsNull(bounds[i]))
      return false;
    else if (mlirAttributeIsAFloat(bounds[i]))
      number[i] = mlirFloatAttrGetValueDouble(bounds[i]);
    else if (mlirAttributeIsAInteger(bounds[i]))
      number[i] = (double)mlirIntegerAttrGetValueInt(bounds[i]);
    else
      return false;
  *result = fmin(fmax(x, number[0]), number[1]);
  return true;
}

static double looked_up(MlirValue table, double x) {
  MlirAttribute values = elements_of(table);
  return mlirDenseElementsAttrIsSplat(values)
             ? mlirDenseElementsAttrGetInt8SplatValue(values)
             : mlirDenseElementsAttrGetInt8Value(values, (int)x + 128);
}

/* Computes one op; false where it is not known what it gives. */
static bool compute(const tess_model_t *model, const tess_node_t *node,
                    double a, double b, double *result) {
  int operands;
  kind_t kind = kind_of(node->op_name, &operands);
  MlirOperation op = {(void *)(uintptr_t)node->op};
  int32_t to = model->values[node->outputs[0]].dtype;
  int32_t from = model->values[node->inputs[0]].dtype;
  double low, high;
  rescale_t rescale;
  switch (kind) {
  case KIND_TABLE:
    *result = looked_up(mlirOperationGetOperand(op, 1), a);
    break;
  case KIND_RESCALE:
    if (!rescale_of(op, &rescale) || !range_of(to, &low, &high))
      return false;
    *result = fmin(fmax(rescaled(&rescale, a), low), high);
    break;
  case KIND_CAST:
    *result = a;
    if (is_float(from) && range_of(to, &low, &high))
      *result = fmin(fmax(nearbyint(a), low), high);
    break;
  case KIND_CLAMP:
    if (!clamp_of(op, a, result))
      return false;
    break;
  case KIND_MAXIMUM:
    *result = fmax(a, b);
    break;
  case KIND_MINIMUM:
    *result = fmin(a, b);
    break;
  default:
    *result = (is_float(to) ? float_of : whole_of)(kind, a, b);
  }
  /* What overflows is not for a table to say; casts to f32 are exact here. */
  bool fits = range_of(to, &low, &high) ? *result >= low && *result <= high
                                        : is_float(to) && isfinite(*result) &&
                                              (double)(float)*result == *result;
  return fits;
}

/* ---- The region. ---- */

typedef struct search {
  const tess_model_t *model;
  tess_tabulation_t *region;
  const tess_value_t *like;
  int steps; /* visits left: a value may be reached many ways */
} search_t;

static MlirValue handle_of(const tess_model_t *model, int32_t value) {
  return (MlirValue){(void *)(uintptr_t)model->values[value].handle};
}

/* What data makes is none, and is not looked at: its op may be gone, since it
 * need not be of the region. */
static bool is_constant(const tess_model_t *model, int32_t value) {
  double number;
  int32_t role = model->values[value].role;
  return role != TESS_ROLE_ACTIVATION && role != TESS_ROLE_INPUT &&
         number_of(handle_of(model, value), &number);
}

static bool same_shape(const tess_value_t *a, const tess_value_t *b) {
  if (a->rank != b->rank)
    return false;
  for (int32_t i = 0; i < a->rank; i++)
    if (a->shape[i] != b->shape[i])
      return false;
  return true;
}

static bool knows_type(int32_t dtype) {
  return dtype == TESS_I8 || dtype == TESS_I16 || dtype == TESS_I32 ||
         dtype == TESS_F32;
}

/* Whether the node's result is known where its operands are. */
static bool is_computable(const tess_model_t *model, int32_t index,
                          int *operands) {
  const tess_node_t *node = &model->nodes[index];
  MlirOperation op = {(void *)(uintptr_t)node->op};
  rescale_t rescale;
  kind_t kind = kind_of(node->op_name, operands);
  if (kind == KIND_COUNT || node->prepared || node->output_count != 1 ||
      node->kind != TESS_NODE_ELEMENTWISE || node->input_count < *operands ||
      !knows_type(model->values[node->outputs[0]].dtype))
    return false;
  if (kind == KIND_TABLE)
    return is_table(mlirOperationGetOperand(op, 1));
  double shift = 0;
  if (kind == KIND_MUL)
    return mlirOperationGetNumOperands(op) < 3 ||
           (number_of(mlirOperationGetOperand(op, 2), &shift) && shift == 0);
  return kind != KIND_RESCALE || rescale_of(op, &rescale);
}

static bool has_node(const tess_tabulation_t *region, int32_t node) {
  for (int32_t i = 0; i < region->node_count; i++)
    if (region->nodes[i] == node)
      return true;
  return false;
}

/* The one i8 value that `value` is made of, or TESS_NONE; adds the nodes
 * between. Where they are made of two, an i8 value is its own. */
static int32_t leaf_of(search_t *s, int32_t value) {
  const tess_model_t *model = s->model;
  const tess_value_t *v = &model->values[value];
  int32_t self = v->dtype == TESS_I8 ? value : TESS_NONE;
  int32_t index = tess_match_producer(model, value), leaf = TESS_NONE;
  int operands;
  if (!same_shape(v, s->like) || s->steps-- <= 0)
    return TESS_NONE;
  if (index == TESS_NONE || !is_computable(model, index, &operands))
    return self;
  int32_t before = s->region->node_count;
  bool single = true;
  for (int i = 0; i < operands && single; i++) {
    int32_t input = model->nodes[index].inputs[i];
    if (is_constant(model, input))
      continue;
    int32_t found = leaf_of(s, input);
    single = found != TESS_NONE && (leaf == TESS_NONE || leaf == found);
    leaf = found;
  }
  bool room = s->region->node_count < TESS_TABULATE_NODES;
  if (!single || leaf == TESS_NONE || !room) {
    s->region->node_count = before;
    return self;
  }
  if (!has_node(s->region, index))
    s->region->nodes[s->region->node_count++] = index;
  return leaf;
}

/* ---- All arguments. ---- */

static double operand_value(const tess_model_t *model,
                            const tess_tabulation_t *region,
                            const double *values, int32_t value, double x) {
  double number = NAN;
  if (value == region->leaf)
    return x;
  if (is_constant(model, value) && number_of(handle_of(model, value), &number))
    return number;
  for (int32_t i = 0; i < region->node_count; i++)
    if (model->nodes[region->nodes[i]].outputs[0] == value)
      return values[i];
  return NAN;
}

static bool value_at(const tess_model_t *model, const tess_tabulation_t *region,
                     int x, signed char *result) {
  double values[TESS_TABULATE_NODES];
  for (int32_t i = 0; i < region->node_count; i++) {
    const tess_node_t *node = &model->nodes[region->nodes[i]];
    int operands = 0;
    kind_of(node->op_name, &operands);
    double operand[2] = {NAN, NAN};
    for (int k = 0; k < operands; k++)
      operand[k] = operand_value(model, region, values, node->inputs[k], x);
    if (!compute(model, node, operand[0], operand[1], &values[i]))
      return false;
  }
  *result = (signed char)values[region->node_count - 1];
  return true;
}

/* An operand of a node of the region that is the leaf. */
static bool find_reading(const tess_model_t *model, tess_tabulation_t *region) {
  for (int32_t i = 0; i < region->node_count; i++)
    for (int32_t k = 0; k < model->nodes[region->nodes[i]].input_count; k++)
      if (model->nodes[region->nodes[i]].inputs[k] == region->leaf) {
        region->node = region->nodes[i];
        region->operand = k;
        return true;
      }
  return false;
}

bool tess_tabulate(const tess_model_t *model, int32_t root,
                   tess_tabulation_t *region, signed char table[256]) {
  const tess_node_t *node = &model->nodes[root];
  *region = (tess_tabulation_t){.root = root};
  if (node->output_count != 1 || node->kind != TESS_NODE_ELEMENTWISE ||
      model->values[node->outputs[0]].dtype != TESS_I8)
    return false;
  search_t s = {model, region, &model->values[node->outputs[0]], 96};
  region->leaf = leaf_of(&s, node->outputs[0]);
  if (region->leaf == TESS_NONE || region->node_count < 2 ||
      !find_reading(model, region))
    return false;
  for (int i = 0; i < 256; i++)
    if (!value_at(model, region, i - 128, &table[i]))
      return false;
  return true;
}
