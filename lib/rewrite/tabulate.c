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

static bool clamp_of(MlirOperation op, double bounds[2]) {
  MlirAttribute given[] = {attribute(op, "min_val"), attribute(op, "max_val")};
  for (int i = 0; i < 2; i++)
    if (mlirAttributeIsNull(given[i]))
      return false;
    else if (mlirAttributeIsAFloat(given[i]))
      bounds[i] = mlirFloatAttrGetValueDouble(given[i]);
    else if (mlirAttributeIsAInteger(given[i]))
      bounds[i] = (double)mlirIntegerAttrGetValueInt(given[i]);
    else
      return false;
  return true;
}

static double looked_up(MlirAttribute table, double x) {
  return mlirDenseElementsAttrIsSplat(table)
             ? mlirDenseElementsAttrGetInt8SplatValue(table)
             : mlirDenseElementsAttrGetInt8Value(table, (int)x + 128);
}

/* An op as it is computed 256 times. */
typedef struct step {
  kind_t kind;
  int operands;
  int32_t from, to;
  rescale_t rescale;
  double bounds[2]; /* of a clamp */
  MlirAttribute table;
} step_t;

/* False where it is not known what the op gives. */
static bool read_step(const tess_model_t *model, const tess_node_t *node,
                      step_t *step) {
  MlirOperation op = {(void *)(uintptr_t)node->op};
  double low, high;
  *step = (step_t){.from = model->values[node->inputs[0]].dtype,
                   .to = model->values[node->outputs[0]].dtype};
  step->kind = kind_of(node->op_name, &step->operands);
  switch (step->kind) {
  case KIND_TABLE:
    step->table = elements_of(mlirOperationGetOperand(op, 1));
    return !mlirAttributeIsNull(step->table);
  case KIND_RESCALE:
    return rescale_of(op, &step->rescale) && range_of(step->to, &low, &high);
  case KIND_CLAMP:
    return clamp_of(op, step->bounds);
  default:
    return true;
  }
}

/* Computes one op; false where the result does not fit its type. */
static bool compute(const step_t *step, double a, double b, double *result) {
  double low, high;
  bool whole = range_of(step->to, &low, &high);
  switch (step->kind) {
  case KIND_TABLE:
    *result = looked_up(step->table, a);
    break;
  case KIND_RESCALE:
    *result = fmin(fmax(rescaled(&step->rescale, a), low), high);
    break;
  case KIND_CAST:
    *result = a;
    if (is_float(step->from) && whole)
      *result = fmin(fmax(nearbyint(a), low), high);
    break;
  case KIND_CLAMP:
    *result = fmin(fmax(a, step->bounds[0]), step->bounds[1]);
    break;
  case KIND_MAXIMUM:
    *result = fmax(a, b);
    break;
  case KIND_MINIMUM:
    *result = fmin(a, b);
    break;
  default:
    *result = (is_float(step->to) ? float_of : whole_of)(step->kind, a, b);
  }
  /* What overflows is not for a table to say; casts to f32 are exact here. */
  return whole ? *result >= low && *result <= high
               : is_float(step->to) && isfinite(*result) &&
                     (double)(float)*result == *result;
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

typedef struct column {
  double at[256]; /* for each argument, from -128 */
} column_t;

/* The operand's column: the arguments, a constant's (in `own`), or a node's. */
static const column_t *column_of(const tess_model_t *model,
                                 const tess_tabulation_t *region,
                                 const column_t *columns, int32_t value,
                                 column_t *own) {
  double number = NAN;
  for (int32_t i = 0; i < region->node_count; i++)
    if (model->nodes[region->nodes[i]].outputs[0] == value)
      return &columns[i];
  bool leaf = value == region->leaf;
  if (!leaf && is_constant(model, value))
    number_of(handle_of(model, value), &number);
  for (int i = 0; i < 256; i++)
    own->at[i] = leaf ? i - 128 : number;
  return own;
}

/* Fills the column of the region's node `i` from those before it. */
static bool fill_column(const tess_model_t *model,
                        const tess_tabulation_t *region, int32_t i,
                        column_t *columns) {
  const tess_node_t *node = &model->nodes[region->nodes[i]];
  const column_t *operand[2] = {NULL, NULL};
  column_t own[2];
  step_t step;
  if (!read_step(model, node, &step))
    return false;
  for (int k = 0; k < step.operands; k++)
    operand[k] = column_of(model, region, columns, node->inputs[k], &own[k]);
  for (int x = 0; x < 256; x++)
    if (!compute(&step, operand[0]->at[x], operand[1] ? operand[1]->at[x] : NAN,
                 &columns[i].at[x]))
      return false;
  return true;
}

static bool fill_table(const tess_model_t *model,
                       const tess_tabulation_t *region,
                       signed char table[256]) {
  column_t columns[TESS_TABULATE_NODES];
  for (int32_t i = 0; i < region->node_count; i++)
    if (!fill_column(model, region, i, columns))
      return false;
  for (int x = 0; x < 256; x++)
    table[x] = (signed char)columns[region->node_count - 1].at[x];
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
  return fill_table(model, region, table);
}
