/* Functions of one argument by their values: whatever ops a curve is written
 * in, it is the one whose values it has. */
#include "algebra.h"
#include <math.h>
#include <string.h>

typedef tess_expressions_t all_t;

enum { MAX_TERMS = 96 };

/* What lies between a result and its argument, later expressions first; and
 * what of it is still to be looked into. */
typedef struct terms {
  int32_t items[MAX_TERMS], pending[MAX_TERMS];
  int32_t count, pending_count;
  bool in_f32; /* takes bits apart, and so relies on how f32 rounds */
} terms_t;

static bool add_pending(terms_t *t, int32_t e) {
  for (int32_t i = 0; i < t->pending_count; i++)
    if (t->pending[i] == e)
      return true;
  if (t->pending_count == MAX_TERMS)
    return false;
  t->pending[t->pending_count++] = e;
  return true;
}

/* Operands come before results: the greatest one is needed by no other. */
static int32_t take_last(terms_t *t) {
  int32_t at = 0;
  for (int32_t i = 1; i < t->pending_count; i++)
    if (t->pending[i] > t->pending[at])
      at = i;
  int32_t e = t->pending[at];
  t->pending[at] = t->pending[--t->pending_count];
  return e;
}

static bool is_evaluable(int32_t scalar) {
  switch (scalar) {
  case TESS_SCALAR_LEAF:
  case TESS_SCALAR_BROADCAST:
  case TESS_SCALAR_OPAQUE:
  case TESS_SCALAR_OTHER:
  case TESS_SCALAR_RESCALE:
  case TESS_SCALAR_CURVE:
  case TESS_SCALAR_TABLE:
  case TESS_SCALAR_REM:
  case TESS_SCALAR_ROUND:
    return false;
  default:
    return true;
  }
}

/* Looks into the last pending expression. Weights and numbers of another
 * tensor end the search. */
static bool step(const all_t *all, terms_t *t) {
  int32_t e = take_last(t);
  const tess_expression_t *item = tess_expression_at(all, e);
  if (t->count == MAX_TERMS || !is_evaluable(item->scalar))
    return false;
  t->items[t->count++] = e;
  t->in_f32 |= item->scalar == TESS_SCALAR_FROM_BITS;
  for (int i = 0; i < 3; i++) {
    int32_t child = item->child[i];
    double number;
    if (child == TESS_NONE || tess_expression_number(all, child, &number))
      continue;
    if (tess_expression_at(all, child)->prepared || !add_pending(t, child))
      return false;
  }
  return t->pending_count > 0;
}

static double bits_of(double x) {
  float number = (float)x;
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

static double of_bits(double x) {
  if (!(x >= 0 && x <= UINT32_MAX))
    return NAN;
  uint32_t bits = (uint32_t)x;
  float number;
  memcpy(&number, &bits, sizeof number);
  return (double)number;
}

/* In 32 bits. */
static double shifted(double x, double places) {
  if (!(x >= 0 && x <= UINT32_MAX && places >= 0 && places < 32))
    return NAN;
  return (uint32_t)((uint32_t)x << (uint32_t)places);
}

static double apply(const tess_expression_t *item, const double *x) {
  switch ((tess_scalar_t)item->scalar) {
  case TESS_SCALAR_CAST:
  case TESS_SCALAR_COPY:
    return x[0];
  case TESS_SCALAR_ADD:
    return x[0] + x[1];
  case TESS_SCALAR_SUB:
    return x[0] - x[1];
  case TESS_SCALAR_MUL:
    return x[0] * x[1];
  case TESS_SCALAR_DIV:
    return x[0] / x[1];
  case TESS_SCALAR_NEG:
    return -x[0];
  case TESS_SCALAR_ABS:
    return fabs(x[0]);
  case TESS_SCALAR_MIN:
    return fmin(x[0], x[1]);
  case TESS_SCALAR_MAX:
    return fmax(x[0], x[1]);
  case TESS_SCALAR_COMPARE:
    if (fabs(item->constant) == 2)
      return (x[0] != x[1]) == (item->constant > 0);
    return item->constant == 0 ? NAN : item->constant * (x[0] - x[1]) > 0;
  case TESS_SCALAR_SELECT:
    return isnan(x[0]) ? NAN : x[x[0] != 0 ? 1 : 2];
  case TESS_SCALAR_AND:
    return x[0] != 0 && x[1] != 0;
  case TESS_SCALAR_OR:
    return x[0] != 0 || x[1] != 0;
  case TESS_SCALAR_EXP:
    return exp(x[0]);
  case TESS_SCALAR_EXP2:
    return exp2(x[0]);
  case TESS_SCALAR_EXPM1:
    return expm1(x[0]);
  case TESS_SCALAR_LOG:
    return log(x[0]);
  case TESS_SCALAR_LOG1P:
    return log1p(x[0]);
  case TESS_SCALAR_LOG2:
    return log2(x[0]);
  case TESS_SCALAR_LOG10:
    return log10(x[0]);
  case TESS_SCALAR_POW:
    return pow(x[0], x[1]);
  case TESS_SCALAR_SQRT:
    return sqrt(x[0]);
  case TESS_SCALAR_CBRT:
    return cbrt(x[0]);
  case TESS_SCALAR_RSQRT:
    return 1 / sqrt(x[0]);
  case TESS_SCALAR_TANH:
    return tanh(x[0]);
  case TESS_SCALAR_ERF:
    return erf(x[0]);
  case TESS_SCALAR_SHL:
    return shifted(x[0], x[1]);
  case TESS_SCALAR_TO_BITS:
    return bits_of(x[0]);
  case TESS_SCALAR_FROM_BITS:
    return of_bits(x[0]);
  default:
    return NAN;
  }
}

/* The value of the first term where the argument is `x`. */
static double evaluate(const all_t *all, const terms_t *t, int32_t argument,
                       double x) {
  double values[MAX_TERMS];
  for (int32_t i = t->count - 1; i >= 0; i--) {
    const tess_expression_t *item = tess_expression_at(all, t->items[i]);
    double operands[3] = {NAN, NAN, NAN};
    for (int c = 0; c < 3; c++) {
      int32_t child = item->child[c];
      if (child == argument)
        operands[c] = x;
      if (child == TESS_NONE || child == argument ||
          tess_expression_number(all, child, &operands[c]))
        continue;
      for (int32_t k = i + 1; k < t->count; k++)
        if (t->items[k] == child)
          operands[c] = values[k];
    }
    values[i] = apply(item, operands);
    /* Shifted bits are whole numbers of 2^23, which f32 has. */
    if (t->in_f32 && item->scalar != TESS_SCALAR_TO_BITS)
      values[i] = (double)(float)values[i];
  }
  return values[0];
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double swish(double x) { return x * sigmoid(x); }
static double hard_sigmoid(double x) { return fmin(fmax(x + 3, 0), 6) / 6; }
static double hard_swish(double x) { return x * hard_sigmoid(x); }
static double gelu(double x) { return x * (1 + erf(x * sqrt(0.5))) / 2; }
static double quick_gelu(double x) { return x * sigmoid(1.702 * x); }
static double softplus(double x) { return log1p(exp(x)); }
static double mish(double x) { return x * tanh(softplus(x)); }
static double relu(double x) { return fmax(x, 0); }
static double relu6(double x) { return fmin(fmax(x, 0), 6); }

/* Klambauer et al., "Self-normalizing neural networks", 2017. */
static double selu(double x) {
  return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x));
}

/* Where curves are compared: between all the bends of the named ones. */
static const double points[] = {-7,  -4, -2.5, -1.5, -1, -0.5, -0.25, 0.25,
                                0.5, 1,  1.5,  2.5,  4,  5.5,  7};
#define POINTS (int)(sizeof points / sizeof *points)
enum { MINUS_ONE = 4 };

/* Equal up to what rounding a constant to bf16 makes of the value. */
static bool close(double a, double b) {
  return fabs(a - b) <= 0.004 * fmax(1, fabs(b));
}

static bool is_curve(const double *values, double (*curve)(double)) {
  bool equal = true;
  for (int i = 0; i < POINTS && equal; i++)
    equal = close(values[i], curve(points[i]));
  return equal;
}

/* x above zero, times the slope at 1; below, a curve through the origin that
 * the value at -1 scales. */
static bool is_two_sided(const double *values, double (*below)(double),
                         double slope) {
  double scale = values[MINUS_ONE] / below(-1);
  bool equal = scale > 0;
  for (int i = 0; i < POINTS && equal; i++)
    equal = close(values[i],
                  points[i] > 0 ? slope * points[i] : scale * below(points[i]));
  return equal;
}

static double line(double x) { return x; }

static bool name_of(const double *values, tess_function_t *function) {
  static const struct {
    double (*curve)(double);
    tess_function_t function;
  } curves[] = {/* No values are two of these: the quick ones come first. */
                {relu, TESS_FUNCTION_RELU},
                {relu6, TESS_FUNCTION_RELU6},
                {hard_sigmoid, TESS_FUNCTION_HARD_SIGMOID},
                {hard_swish, TESS_FUNCTION_HARD_SWISH},
                {sigmoid, TESS_FUNCTION_SIGMOID},
                {swish, TESS_FUNCTION_SWISH},
                {tanh, TESS_FUNCTION_TANH},
                {erf, TESS_FUNCTION_ERF},
                {gelu, TESS_FUNCTION_GELU},
                {quick_gelu, TESS_FUNCTION_QUICK_GELU},
                {softplus, TESS_FUNCTION_SOFTPLUS},
                {mish, TESS_FUNCTION_MISH},
                {exp, TESS_FUNCTION_EXP}};
  for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
    if (is_curve(values, curves[i].curve)) {
      *function = curves[i].function;
      return true;
    }
  if (is_two_sided(values, line, 1)) {
    *function = TESS_FUNCTION_LEAKY_RELU;
    return !close(values[MINUS_ONE], -1);
  }
  *function = TESS_FUNCTION_ELU;
  if (is_two_sided(values, expm1, 1))
    return true;
  *function = TESS_FUNCTION_SELU;
  return is_curve(values, selu);
}

/* Whether a named curve has such a value at 7. */
static bool is_likely(double value) {
  return close(value, 7) || close(value, 1) || close(value, 6) ||
         close(value, selu(7)) || close(value, exp(7));
}

/* The two forms of gelu have nearly the same values: they differ most here, by
 * 4.7e-4, some times what constants of bf16 change. */
static tess_function_t which_gelu(const all_t *all, const terms_t *t,
                                  int32_t argument) {
  const double x = 2.69894;
  double value = evaluate(all, t, argument, x);
  double tanh_form =
      x * (1 + tanh(0.79788456080286536 * (x + 0.044715 * x * x * x))) / 2;
  return fabs(value - gelu(x)) <= fabs(value - tanh_form)
             ? TESS_FUNCTION_GELU
             : TESS_FUNCTION_GELU_TANH;
}

bool tess_expression_match_curve(const all_t *all, int32_t e,
                                 tess_match_t *match) {
  terms_t t; /* hundreds of bytes, most of them never used */
  t.count = 0;
  t.in_f32 = false;
  t.pending[0] = e;
  t.pending_count = 1;
  bool found = false;
  while (step(all, &t)) {
    int32_t argument = t.pending[0];
    tess_function_t function;
    double values[sizeof points / sizeof *points];
    if (t.pending_count > 1 || !is_likely(evaluate(all, &t, argument, 7)))
      continue;
    for (int i = 0; i < POINTS; i++)
      values[i] = evaluate(all, &t, argument, points[i]);
    if (!name_of(values, &function))
      continue;
    if (function == TESS_FUNCTION_GELU)
      function = which_gelu(all, &t, argument);
    match->function = function;
    match->input = match->input_too = argument;
    found = true;
  }
  return found;
}
