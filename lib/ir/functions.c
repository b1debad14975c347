/* What an expression computes, by structure. Every recogniser answers for the
 * outermost function only and says what it is applied to. */
#include "algebra.h"
#include <math.h>

typedef tess_expressions_t all_t;

/* Their full names would fill this file's lines. */
#define at tess_expression_at
#define is tess_expression_is
#define near tess_expression_near
#define same tess_expression_same
#define is_number tess_expression_is_number
#define with_number tess_expression_with_number
#define with_weight tess_expression_with_weight
#define scaled tess_expression_scaled
#define negated tess_expression_negated
#define unscaled tess_expression_unscaled

/* e = 1 + exp(-x). */
static bool one_plus_exp(const all_t *all, int32_t e, int32_t *x) {
  int32_t rest;
  double one;
  if (!with_number(all, e, TESS_SCALAR_ADD, &rest, &one) || !near(one, 1))
    return false;
  rest = tess_expression_strip(all, rest);
  return is(all, rest, TESS_SCALAR_EXP) &&
         negated(all, at(all, rest)->child[0], x);
}

static bool sigmoid(const all_t *all, int32_t e, int32_t *x) {
  e = unscaled(all, e);
  *x = at(all, e)->child[0];
  if (is(all, e, TESS_SCALAR_TABLE))
    return at(all, e)->constant >= 1;
  return is(all, e, TESS_SCALAR_DIV) &&
         is_number(all, at(all, e)->child[0], 1) &&
         one_plus_exp(all, at(all, e)->child[1], x);
}

static bool clamp(const all_t *all, int32_t e, int32_t *x, double *low,
                  double *high) {
  *low = -INFINITY;
  *high = INFINITY;
  double number;
  int32_t rest = e;
  for (int step = 0; step < 2; step++) {
    if (with_number(all, rest, TESS_SCALAR_MAX, x, &number) &&
        *low == -INFINITY)
      *low = number;
    else if (with_number(all, rest, TESS_SCALAR_MIN, x, &number) &&
             *high == INFINITY)
      *high = number;
    else
      break;
    rest = *x;
  }
  *x = rest;
  return rest != e;
}

/* e = clamp(x + 3, 0, 6). */
static bool clamp_of_three(const all_t *all, int32_t e, int32_t *x) {
  double low, high, three;
  int32_t inner;
  return clamp(all, e, &inner, &low, &high) && low == 0 && near(high, 6) &&
         with_number(all, inner, TESS_SCALAR_ADD, x, &three) && near(three, 3);
}

static bool hard_sigmoid(const all_t *all, int32_t e, int32_t *x) {
  int32_t rest;
  double number, low, high;
  if (scaled(all, e, &rest, &number) && near(number, 1.0 / 6) &&
      clamp_of_three(all, rest, x))
    return true;
  int32_t inner;
  return clamp(all, e, &rest, &low, &high) && low == 0 && near(high, 1) &&
         with_number(all, rest, TESS_SCALAR_ADD, &inner, &number) &&
         near(number, 0.5) && scaled(all, inner, x, &number) &&
         near(number, 1.0 / 6);
}

typedef bool (*gate_t)(const all_t *all, int32_t e, int32_t *x);

/* e = x * gate(x), in either order. */
static bool gated(const all_t *all, int32_t e, gate_t gate,
                  tess_match_t *match) {
  e = unscaled(all, e);
  if (!is(all, e, TESS_SCALAR_MUL))
    return false;
  for (int i = 0; i < 2; i++) {
    int32_t x, other = at(all, e)->child[i];
    if (gate(all, at(all, e)->child[1 - i], &x) &&
        unscaled(all, x) == unscaled(all, other)) {
      match->input = other;
      match->input_too = x;
      return true;
    }
  }
  return false;
}

static bool hard_swish(const all_t *all, int32_t e, tess_match_t *match) {
  if (gated(all, e, hard_sigmoid, match))
    return true;
  int32_t rest;
  double number;
  if (scaled(all, e, &rest, &number) && near(number, 1.0 / 6))
    return gated(all, rest, clamp_of_three, match);
  e = tess_expression_strip(all, e);
  if (!is(all, e, TESS_SCALAR_MUL))
    return false;
  for (int i = 0; i < 2; i++) {
    int32_t x;
    if (clamp_of_three(all, at(all, e)->child[i], &x) &&
        scaled(all, at(all, e)->child[1 - i], &rest, &number) &&
        near(number, 1.0 / 6) && same(all, x, rest)) {
      match->input = rest;
      match->input_too = x;
      return true;
    }
  }
  return false;
}

static bool swish(const all_t *all, int32_t e, tess_match_t *match) {
  if (gated(all, e, sigmoid, match))
    return true;
  e = tess_expression_strip(all, e);
  if (!is(all, e, TESS_SCALAR_DIV))
    return false;
  match->input = at(all, e)->child[0];
  return one_plus_exp(all, at(all, e)->child[1], &match->input_too) &&
         same(all, match->input, match->input_too);
}

/* e = 1 + erf(x / sqrt(2)). */
static bool one_plus_erf(const all_t *all, int32_t e, int32_t *x) {
  int32_t rest;
  double number;
  if (!with_number(all, e, TESS_SCALAR_ADD, &rest, &number) || !near(number, 1))
    return false;
  rest = tess_expression_strip(all, rest);
  return is(all, rest, TESS_SCALAR_ERF) &&
         scaled(all, at(all, rest)->child[0], x, &number) &&
         near(number, sqrt(0.5));
}

/* x / 2 * (1 + erf(x / sqrt(2))), the half standing at any of three places
 * (Hendrycks and Gimpel, "Gaussian error linear units", 2016). */
static bool gelu(const all_t *all, int32_t e, tess_match_t *match) {
  int32_t rest = e;
  double half = 1;
  if (scaled(all, e, &rest, &half))
    return near(half, 0.5) && gated(all, rest, one_plus_erf, match);
  e = tess_expression_strip(all, e);
  if (!is(all, e, TESS_SCALAR_MUL))
    return false;
  for (int i = 0; i < 2; i++) {
    int32_t a = at(all, e)->child[i], b = at(all, e)->child[1 - i], x;
    bool half_x = scaled(all, a, &rest, &half) && near(half, 0.5) &&
                  one_plus_erf(all, b, &x) && same(all, x, rest);
    bool half_erf = !half_x && scaled(all, b, &rest, &half) &&
                    near(half, 0.5) && one_plus_erf(all, rest, &x) &&
                    same(all, x, a);
    if (half_x || half_erf) {
      match->input = half_x ? rest : a;
      match->input_too = x;
      return true;
    }
  }
  return false;
}

/* The variance v of a 1 / sqrt(v + eps) or sqrt(v + eps) within `e`, or
 * TESS_NONE. */
static int32_t find_variance(const all_t *all, int32_t e, int depth) {
  if (e == TESS_NONE || depth > 8)
    return TESS_NONE;
  if (is(all, e, TESS_SCALAR_RSQRT) || is(all, e, TESS_SCALAR_SQRT)) {
    int32_t variance;
    double epsilon;
    if (with_number(all, at(all, e)->child[0], TESS_SCALAR_ADD, &variance,
                    &epsilon))
      return variance;
    return at(all, e)->child[0];
  }
  for (int i = 0; i < 3; i++) {
    int32_t found = find_variance(all, at(all, e)->child[i], depth + 1);
    if (found != TESS_NONE)
      return found;
  }
  return TESS_NONE;
}

/* The factor beside one that holds a 1 / sqrt(variance), or TESS_NONE. */
static int32_t beside_variance(const all_t *all, int32_t e) {
  int32_t x;
  if (negated(all, e, &x))
    e = x;
  e = tess_expression_strip(all, e);
  if (!is(all, e, TESS_SCALAR_MUL))
    return TESS_NONE;
  const int32_t *child = at(all, e)->child;
  for (int i = 0; i < 2; i++)
    if (find_variance(all, child[1 - i], 0) != TESS_NONE)
      return negated(all, child[i], &x) ? x : child[i];
  return TESS_NONE;
}

/* The mean in a shift that was folded: beta - mean * scale. */
static int32_t find_folded_mean(const all_t *all, int32_t e) {
  while (is(all, e, TESS_SCALAR_BROADCAST) || is(all, e, TESS_SCALAR_CAST) ||
         is(all, e, TESS_SCALAR_COPY))
    e = at(all, e)->child[0];
  const int32_t *child = at(all, e)->child;
  if (is(all, e, TESS_SCALAR_SUB))
    return beside_variance(all, child[1]);
  if (!is(all, e, TESS_SCALAR_ADD))
    return TESS_NONE;
  int32_t mean = beside_variance(all, child[0]);
  return mean != TESS_NONE ? mean : beside_variance(all, child[1]);
}

/* (x - mean) * rsqrt(variance + eps) * gamma + beta, and the same with the
 * weights folded into one scale and one shift. */
static bool batch_norm(const all_t *all, int32_t e, tess_match_t *match) {
  int32_t weight, shift = TESS_NONE, rest = e;
  if (!with_weight(all, e, TESS_SCALAR_ADD, &rest, &shift))
    with_weight(all, e, TESS_SCALAR_SUB, &rest, &shift);
  int muls = 0;
  for (; muls < 2; muls++) {
    if (!with_weight(all, rest, TESS_SCALAR_MUL, &rest, &weight) &&
        !with_weight(all, rest, TESS_SCALAR_DIV, &rest, &weight))
      break;
    if (match->variance == TESS_NONE)
      match->variance = find_variance(all, weight, 0);
  }
  if (match->variance == TESS_NONE)
    return false;
  if (!with_weight(all, rest, TESS_SCALAR_SUB, &rest, &match->mean) &&
      shift != TESS_NONE)
    match->mean = find_folded_mean(all, shift);
  match->input = match->input_too = rest;
  return true;
}

static bool bias(const all_t *all, int32_t e, tess_match_t *match) {
  int32_t weight;
  bool found = with_weight(all, e, TESS_SCALAR_ADD, &match->input, &weight) &&
               !at(all, match->input)->prepared;
  match->input_too = match->input;
  return found;
}

/* Two different activations. */
static bool operands(const all_t *all, int32_t e, tess_scalar_t op, int32_t *a,
                     int32_t *b) {
  e = unscaled(all, e);
  if (!is(all, e, op))
    return false;
  *a = at(all, e)->child[0];
  *b = at(all, e)->child[1];
  return !at(all, *a)->prepared && !at(all, *b)->prepared && !same(all, *a, *b);
}

/* Whether it is an element of a smaller tensor, cast or not. */
static bool broadcasts(const all_t *all, int32_t e) {
  return is(all, unscaled(all, e), TESS_SCALAR_BROADCAST);
}

static bool residual(const all_t *all, int32_t e, tess_match_t *match) {
  int32_t a, b;
  if (!operands(all, e, TESS_SCALAR_ADD, &a, &b) || broadcasts(all, a) ||
      broadcasts(all, b))
    return false;
  a = tess_expression_boundary(all, a);
  b = tess_expression_boundary(all, b);
  /* Values count in program order: the later one is what the block made. */
  bool a_is_later = at(all, a)->value > at(all, b)->value;
  match->input = match->input_too = a_is_later ? a : b;
  match->other = a_is_later ? b : a;
  return true;
}

static bool gates(const all_t *all, int32_t e) {
  int32_t x;
  return broadcasts(all, e) || sigmoid(all, e, &x) || hard_sigmoid(all, e, &x);
}

static bool scale(const all_t *all, int32_t e, tess_match_t *match) {
  int32_t a, b;
  if (!operands(all, e, TESS_SCALAR_MUL, &a, &b) ||
      gates(all, a) == gates(all, b))
    return false;
  int32_t gate = gates(all, a) ? a : b;
  match->input = match->input_too = gate == a ? b : a;
  if (broadcasts(all, gate))
    gate = at(all, tess_expression_strip(all, gate))->child[0];
  match->other = tess_expression_boundary(all, gate);
  return true;
}

static bool clamped(const all_t *all, int32_t e, tess_match_t *match) {
  double low, high;
  if (!clamp(all, e, &match->input, &low, &high))
    return false;
  match->input_too = match->input;
  match->function = TESS_FUNCTION_CLAMP;
  if (low == 0 && high == INFINITY)
    match->function = TESS_FUNCTION_RELU;
  else if (low == 0 && near(high, 6))
    match->function = TESS_FUNCTION_RELU6;
  return true;
}

/* x above zero, x times weights below: as a choice, or as max(x, 0) + weights
 * * min(x, 0). */
static bool prelu(const all_t *all, int32_t e, tess_match_t *match) {
  int32_t rest, weight;
  double zero;
  e = tess_expression_strip(all, e);
  const int32_t *child = at(all, e)->child;
  if (is(all, e, TESS_SCALAR_SELECT) && child[2] != TESS_NONE) {
    int32_t test = tess_expression_strip(all, child[0]);
    const tess_expression_t *compare = at(all, test);
    match->input = match->input_too = child[1];
    return compare->scalar == TESS_SCALAR_COMPARE && compare->constant == 1 &&
           is_number(all, compare->child[1], 0) &&
           same(all, compare->child[0], child[1]) &&
           with_weight(all, child[2], TESS_SCALAR_MUL, &rest, &weight) &&
           same(all, rest, child[1]);
  }
  for (int i = 0; i < 2 && is(all, e, TESS_SCALAR_ADD); i++)
    if (with_number(all, child[i], TESS_SCALAR_MAX, &match->input, &zero) &&
        zero == 0 &&
        with_weight(all, child[1 - i], TESS_SCALAR_MUL, &rest, &weight) &&
        with_number(all, rest, TESS_SCALAR_MIN, &match->input_too, &zero) &&
        zero == 0 && same(all, match->input, match->input_too))
      return true;
  return false;
}

/* Functions of one argument, and a sum's division by a constant. */
static bool plain(const all_t *all, int32_t e, tess_match_t *match) {
  double number;
  int32_t inner = tess_expression_strip(all, e);
  match->input = at(all, inner)->child[0];
  if (is(all, inner, TESS_SCALAR_TANH)) {
    match->function = TESS_FUNCTION_TANH;
  } else if (is(all, inner, TESS_SCALAR_EXP)) {
    match->function = TESS_FUNCTION_EXP;
  } else if (is(all, inner, TESS_SCALAR_TABLE) &&
             at(all, inner)->constant < 2) {
    match->function = TESS_FUNCTION_TABLE;
  } else if (sigmoid(all, e, &match->input)) {
    match->function = TESS_FUNCTION_SIGMOID;
  } else if (hard_sigmoid(all, e, &match->input)) {
    match->function = TESS_FUNCTION_HARD_SIGMOID;
  } else if (scaled(all, e, &match->input, &number)) {
    match->function = TESS_FUNCTION_MEAN_SCALE;
  } else {
    return false;
  }
  match->input_too = match->input;
  return true;
}

bool tess_expression_match(const tess_expressions_t *all, int32_t e,
                           tess_match_t *match) {
  static const struct {
    bool (*recognise)(const all_t *all, int32_t e, tess_match_t *match);
    tess_function_t function; /* COUNT: the recogniser sets it */
  } table[] = {
      {hard_swish, TESS_FUNCTION_HARD_SWISH},
      {swish, TESS_FUNCTION_SWISH},
      {gelu, TESS_FUNCTION_GELU},
      {batch_norm, TESS_FUNCTION_BATCH_NORM},
      {tess_expression_match_curve, TESS_FUNCTION_COUNT},
      {bias, TESS_FUNCTION_BIAS},
      {residual, TESS_FUNCTION_RESIDUAL},
      {scale, TESS_FUNCTION_SCALE},
      {plain, TESS_FUNCTION_COUNT},
      {clamped, TESS_FUNCTION_COUNT},
      {prelu, TESS_FUNCTION_PRELU},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    *match = TESS_MATCH_NONE;
    match->function = table[i].function;
    if (table[i].recognise(all, e, match))
      return true;
  }
  return false;
}
