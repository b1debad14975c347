/* Constants, and operations element by element on whole tensors. */
#include "elements.h"
#include "interpret.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <math.h>
#include <string.h>

/* ---- Constants. ---- */

tess_status_t tess_dense_element(MlirAttribute attribute, tess_dtype_t dtype,
                                 int64_t index, tess_number_t *number) {
  tess_array_t one = {.dtype = dtype, .count = 1, .at = number};
  if (mlirAttributeIsNull(attribute) ||
      !mlirAttributeIsADenseElements(attribute))
    return tess_error(TESS_UNSUPPORTED, "a constant that is not dense");
  if (dtype == TESS_I1) {
    tess_array_set(&one, 0,
                   mlirDenseElementsAttrGetBoolValue(attribute, index));
    return TESS_SUCCESS;
  }
  const tess_tensor_t raw = {
      .dtype = dtype,
      .data = (void *)(uintptr_t)mlirDenseElementsAttrGetRawData(attribute)};
  if (mlirDenseElementsAttrIsSplat(attribute))
    index = 0;
  if (dtype == TESS_I64 || dtype == TESS_INDEX)
    tess_scalar_set_whole(number, dtype, ((const int64_t *)raw.data)[index]);
  else
    tess_array_set(&one, 0, tess_element_get(&raw, index));
  return TESS_SUCCESS;
}

static tess_status_t set_number(MlirAttribute value, const tess_array_t *out) {
  if (mlirAttributeIsAFloat(value))
    tess_array_set(out, 0, mlirFloatAttrGetValueDouble(value));
  else if (mlirAttributeIsABool(value))
    tess_array_set(out, 0, mlirBoolAttrGetValue(value));
  else if (mlirAttributeIsAInteger(value))
    tess_scalar_set_whole(out->at, out->dtype,
                          mlirIntegerAttrGetValueInt(value));
  else
    return tess_error(TESS_UNSUPPORTED, "a constant that is no number");
  return TESS_SUCCESS;
}

tess_status_t tess_run_constant(tess_frame_t *frame, tess_step_t *step,
                                bool *known) {
  (void)frame;
  *known = strcmp(step->name, "arith.constant") == 0 ||
           strcmp(step->name, "tosa.const") == 0;
  if (!*known)
    return TESS_SUCCESS;
  MlirAttribute value = tess_step_attribute(step, "value");
  if (mlirAttributeIsNull(value))
    value = tess_step_attribute(step, "values");
  if (step->out.rank == 0 && !mlirAttributeIsADenseElements(value))
    return set_number(value, &step->out);
  for (int64_t i = 0; i < step->out.count; i++)
    TESS_TRY(tess_dense_element(value, step->out.dtype, i, &step->out.at[i]));
  return TESS_SUCCESS;
}

/* ---- TOSA's names for scalar operations. ---- */

typedef struct alias {
  const char *name, *real, *whole; /* by the operands' type */
} alias_t;

static const alias_t aliases[] = {
    {"tosa.add", "arith.addf", "arith.addi"},
    {"tosa.sub", "arith.subf", "arith.subi"},
    {"tosa.mul", "arith.mulf", "multiply_shift.i"},
    {"tosa.intdiv", NULL, "arith.divsi"},
    {"tosa.maximum", "arith.maximumf", "arith.maxsi"},
    {"tosa.minimum", "arith.minimumf", "arith.minsi"},
    {"tosa.reciprocal", "tosa.reciprocal", NULL},
    {"tosa.sigmoid", "tosa.sigmoid", NULL},
    {"tosa.exp", "math.exp", NULL},
    {"tosa.log", "math.log", NULL},
    {"tosa.tanh", "math.tanh", NULL},
    {"tosa.erf", "math.erf", NULL},
    {"tosa.sin", "math.sin", NULL},
    {"tosa.cos", "math.cos", NULL},
    {"tosa.rsqrt", "math.rsqrt", NULL},
    {"tosa.pow", "math.powf", NULL},
    {"tosa.floor", "math.floor", NULL},
    {"tosa.ceil", "math.ceil", NULL},
    {"tosa.abs", "math.absf", "math.absi"},
    {"tosa.negate", "arith.negf", "negate.i"},
    {"tosa.identity", "copy", "copy"},
    {"tosa.greater", "greater.f", "greater.i"},
    {"tosa.greater_equal", "greater_equal.f", "greater_equal.i"},
    {"tosa.equal", "equal.f", "equal.i"},
    {"tosa.select", "arith.select", "arith.select"},
    {"tosa.logical_and", NULL, "arith.andi"},
    {"tosa.logical_or", NULL, "arith.ori"},
    {"tosa.logical_xor", NULL, "arith.xori"},
    {"tosa.logical_not", NULL, "complement.i"},
    {"tosa.bitwise_and", NULL, "arith.andi"},
    {"tosa.bitwise_or", NULL, "arith.ori"},
    {"tosa.bitwise_xor", NULL, "arith.xori"},
    {"tosa.bitwise_not", NULL, "complement.i"},
    {"tosa.logical_left_shift", NULL, "arith.shli"},
    {"tosa.logical_right_shift", NULL, "arith.shrui"},
    {"tosa.arithmetic_right_shift", NULL, "arith.shrsi"},
    {"tosa.clz", NULL, "math.ctlz"},
    {"linalg.index", NULL, NULL},
};

/* tosa.cast by the two types. */
static const char *cast_name(tess_dtype_t from, tess_dtype_t to) {
  bool real = tess_dtype_is_float(from);
  if (real && tess_dtype_is_float(to))
    return tess_dtype_bytes(from) < tess_dtype_bytes(to) ? "arith.extf"
                                                         : "arith.truncf";
  if (tess_dtype_is_float(to))
    return "arith.sitofp";
  if (real)
    return NULL; /* rounds and saturates */
  return from == TESS_I1 ? "arith.extui" : "arith.extsi";
}

static const char *scalar_name(const tess_step_t *step) {
  tess_dtype_t from = step->in_count ? step->in[0]->dtype : TESS_OTHER;
  if (strcmp(step->name, "tosa.cast") == 0)
    return cast_name(from, step->out.dtype);
  for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
    if (strcmp(aliases[i].name, step->name) == 0)
      return tess_dtype_is_float(from) ? aliases[i].real : aliases[i].whole;
  return strncmp(step->name, "tosa.", 5) == 0 ? NULL : step->name;
}

/* ---- Broadcasting. ---- */

/* Operands that stand beside the data: a product's shift, zero points. */
static intptr_t data_operands(const tess_step_t *step) {
  if (strcmp(step->name, "tosa.mul") == 0)
    return 2;
  return strcmp(step->name, "tosa.negate") == 0 ? 1 : step->in_count;
}

static void broadcast_strides(const tess_array_t *in, const tess_array_t *out,
                              int64_t *by) {
  int64_t strides[8];
  tess_array_strides(in, strides);
  for (int32_t d = 0; d < out->rank; d++)
    by[d] = d < in->rank && in->shape[d] > 1 ? strides[d] : 0;
}

static tess_status_t run_all(tess_step_t *step, const tess_scalar_t *op,
                             intptr_t operands) {
  int64_t by[3][8], index[8] = {0};
  for (intptr_t i = 0; i < operands; i++) {
    if (step->in[i]->rank != step->out.rank)
      return tess_error(TESS_UNSUPPORTED, "%s of different ranks", step->name);
    broadcast_strides(step->in[i], &step->out, by[i]);
  }
  for (int64_t e = 0; e < step->out.count; e++) {
    tess_number_t in[3] = {{0}};
    for (intptr_t i = 0; i < operands; i++) {
      int64_t at = 0;
      for (int32_t d = 0; d < step->out.rank; d++)
        at += by[i][d] * index[d];
      in[i] = step->in[i]->at[at];
      in[i].mass = fabs(in[i].value);
    }
    op->kind->run(op, in, &step->out.at[e]);
    step->out.at[e].mass = fabs(step->out.at[e].value);
    tess_next_index(step->out.rank, step->out.shape, index);
  }
  return TESS_SUCCESS;
}

/* ---- Operations with attributes. ---- */

static double attribute_number(MlirAttribute attribute) {
  return mlirAttributeIsAFloat(attribute)
             ? mlirFloatAttrGetValueDouble(attribute)
             : (double)mlirIntegerAttrGetValueInt(attribute);
}

static tess_status_t clamp(tess_step_t *step) {
  double low = attribute_number(tess_step_attribute(step, "min_val"));
  double high = attribute_number(tess_step_attribute(step, "max_val"));
  for (int64_t i = 0; i < step->out.count; i++) {
    const tess_number_t *x = &step->in[0]->at[i];
    tess_number_t *z = &step->out.at[i];
    double value = x->value < low ? low : x->value > high ? high : x->value;
    tess_array_set(&step->out, i, value);
    z->rounding = x->rounding;
    z->residue = x->residue;
  }
  return TESS_SUCCESS;
}

static tess_status_t table(tess_step_t *step) {
  const tess_array_t *in = step->in[0], *entries = step->in[1];
  if (in->dtype != TESS_I8 || entries->count != 256)
    return tess_error(TESS_UNSUPPORTED, "a table that is not of i8");
  for (int64_t i = 0; i < step->out.count; i++)
    step->out.at[i] = entries->at[in->at[i].whole + 128];
  return TESS_SUCCESS;
}

/* The TOSA specification's apply_scale_32. */
static int64_t apply_scale(int64_t value, int64_t multiplier, int64_t shift,
                           bool twice) {
  int64_t round = shift > 0 ? INT64_C(1) << (shift - 1) : 0;
  if (twice && shift > 31)
    round += value >= 0 ? INT64_C(1) << 30 : -(INT64_C(1) << 30);
  return (int64_t)(((__int128)value * multiplier + round) >> shift);
}

static bool text_is(MlirAttribute attribute, const char *text) {
  char found[64] = {0};
  MlirStringRef ref = {NULL, 0};
  if (mlirAttributeIsNull(attribute))
    return false;
  if (mlirAttributeIsAString(attribute)) {
    ref = mlirStringAttrGetValue(attribute);
    memcpy(found, ref.data, ref.length < 63 ? ref.length : 63);
  }
  return strcmp(found, text) == 0;
}

static void append(MlirStringRef part, void *user) {
  char *text = user;
  size_t have = strlen(text), room = 127 - have;
  memcpy(text + have, part.data, part.length < room ? part.length : room);
}

static bool rounds_twice(const tess_step_t *step) {
  char text[128] = {0};
  MlirAttribute mode = tess_step_attribute(step, "rounding_mode");
  if (mlirAttributeIsNull(mode))
    return false;
  if (text_is(mode, "DOUBLE_ROUND"))
    return true;
  mlirAttributePrint(mode, append, text);
  return strstr(text, "DOUBLE_ROUND") != NULL;
}

static int64_t saturate(tess_dtype_t type, int64_t value) {
  int bits = tess_scalar_bits(type);
  if (bits >= 64)
    return value;
  int64_t most = (INT64_C(1) << (bits - 1)) - 1;
  return value > most ? most : value < -most - 1 ? -most - 1 : value;
}

/* Operands: data, multiplier, shift, and the zero points of both ends. */
static tess_status_t rescale(tess_step_t *step) {
  if (step->in_count != 5 || !tess_step_integer(step, "scale32", 1) ||
      tess_step_integer(step, "input_unsigned", 0) ||
      tess_step_integer(step, "output_unsigned", 0))
    return tess_error(TESS_UNSUPPORTED, "a rescale of an odd kind");
  bool channels = tess_step_integer(step, "per_channel", 0);
  bool twice = rounds_twice(step);
  const tess_array_t *in = step->in[0];
  int64_t last = in->rank ? in->shape[in->rank - 1] : 1;
  int64_t from = step->in[3]->at[0].whole, to = step->in[4]->at[0].whole;
  for (int64_t i = 0; i < step->out.count; i++) {
    int64_t c = channels ? i % last : 0;
    int64_t scaled =
        apply_scale(in->at[i].whole - from, step->in[1]->at[c].whole,
                    step->in[2]->at[c].whole, twice);
    tess_scalar_set_whole(&step->out.at[i], step->out.dtype,
                          saturate(step->out.dtype, scaled + to));
  }
  return TESS_SUCCESS;
}

tess_status_t tess_run_elementwise(tess_frame_t *frame, tess_step_t *step,
                                   bool *known) {
  (void)frame;
  *known = true;
  if (strcmp(step->name, "tosa.clamp") == 0)
    return clamp(step);
  if (strcmp(step->name, "tosa.table") == 0)
    return table(step);
  if (strcmp(step->name, "tosa.rescale") == 0)
    return rescale(step);
  const char *name = scalar_name(step);
  tess_scalar_t op = {.kind = name ? tess_scalar_find(name) : NULL,
                      .to = step->out.dtype};
  intptr_t operands = data_operands(step);
  *known = op.kind && operands >= 1 && operands <= 3;
  if (!*known)
    return TESS_SUCCESS;
  op.from = step->in[0]->dtype;
  op.immediate = tess_step_integer(step, "predicate", 0);
  if (strcmp(step->name, "tosa.mul") == 0 && step->in_count > 2)
    op.immediate = step->in[2]->at[0].whole;
  return run_all(step, &op, operands);
}
