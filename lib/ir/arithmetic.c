/* Single steps that are no function of their own: sums and products of two
 * activations, constants, casts, and steps between quantised types. */
#include "algebra.h"
#include <math.h>

typedef tess_expressions_t all_t;

/* One step of x -> a x + b, a clamp or a cast towards x; false at its end. */
static bool affine_step(const all_t *all, int32_t e, int32_t *x) {
  const tess_expression_t *item = tess_expression_at(all, e);
  double number;
  *x = item->child[0];
  switch (item->scalar) {
  case TESS_SCALAR_CAST:
  case TESS_SCALAR_COPY:
    return true;
  case TESS_SCALAR_ADD:
  case TESS_SCALAR_SUB:
  case TESS_SCALAR_MUL:
  case TESS_SCALAR_DIV:
  case TESS_SCALAR_MIN:
  case TESS_SCALAR_MAX:
    return tess_expression_with_number(all, e, (tess_scalar_t)item->scalar, x,
                                       &number);
  case TESS_SCALAR_ROUND:
    return true;
  default:
    return false;
  }
}

int32_t tess_expression_affine(const all_t *all, int32_t e) {
  int32_t x;
  for (int steps = 0; steps < 10 && affine_step(all, e, &x); steps++)
    e = x;
  return e;
}

int32_t tess_expression_unscaled(const all_t *all, int32_t e) {
  e = tess_expression_strip(all, e);
  for (;;) {
    double number;
    int32_t scale = tess_expression_affine(all, e);
    if (!tess_expression_is(all, scale, TESS_SCALAR_RESCALE))
      return e;
    e = tess_expression_strip(all, tess_expression_at(all, scale)->child[0]);
    if (tess_expression_with_number(all, e, TESS_SCALAR_SUB, &e, &number))
      e = tess_expression_strip(all, e);
  }
}

static bool requantised(const all_t *all, int32_t e, tess_match_t *match) {
  e = tess_expression_affine(all, e);
  if (!tess_expression_is(all, e, TESS_SCALAR_RESCALE))
    return false;
  match->function = TESS_FUNCTION_REQUANTISE;
  match->input = tess_expression_at(all, e)->child[0];
  while (tess_expression_at(all, match->input)->value == TESS_NONE)
    if (!affine_step(all, match->input, &match->input))
      return false;
  return true;
}

/* A number beside one activation. */
static bool with_constant(const all_t *all, int32_t e, tess_match_t *match) {
  double number;
  if (tess_expression_with_number(all, e, TESS_SCALAR_ADD, &match->input,
                                  &number) ||
      tess_expression_with_number(all, e, TESS_SCALAR_SUB, &match->input,
                                  &number)) {
    match->function = TESS_FUNCTION_SHIFT;
    return true;
  }
  int32_t root = tess_expression_strip(all, e);
  const int32_t *child = tess_expression_at(all, root)->child;
  if (!tess_expression_is(all, root, TESS_SCALAR_DIV) ||
      !tess_expression_is_number(all, child[0], 1))
    return false;
  match->function = TESS_FUNCTION_RECIPROCAL;
  match->input = child[1];
  return true;
}

/* The tensor whose element `e` is, repeated or not. */
static int32_t tensor_of(const all_t *all, int32_t e) {
  e = tess_expression_boundary(all, e);
  if (tess_expression_at(all, e)->value == TESS_NONE &&
      tess_expression_is(all, e, TESS_SCALAR_BROADCAST))
    e = tess_expression_boundary(all, tess_expression_at(all, e)->child[0]);
  return e;
}

static bool of_two(const all_t *all, int32_t e, tess_match_t *match) {
  static const tess_function_t functions[][2] = {
      {TESS_FUNCTION_ADD, TESS_FUNCTION_BIAS},
      {TESS_FUNCTION_SUBTRACT, TESS_FUNCTION_BIAS},
      {TESS_FUNCTION_MULTIPLY, TESS_FUNCTION_CHANNEL_SCALE},
      {TESS_FUNCTION_DIVIDE, TESS_FUNCTION_CHANNEL_SCALE},
      {TESS_FUNCTION_MAXIMUM, TESS_FUNCTION_MAXIMUM},
      {TESS_FUNCTION_MINIMUM, TESS_FUNCTION_MINIMUM},
      {TESS_FUNCTION_COMPARE, TESS_FUNCTION_COMPARE}};
  static const tess_scalar_t scalars[] = {
      TESS_SCALAR_ADD, TESS_SCALAR_SUB, TESS_SCALAR_MUL,    TESS_SCALAR_DIV,
      TESS_SCALAR_MAX, TESS_SCALAR_MIN, TESS_SCALAR_COMPARE};
  e = tess_expression_strip(all, e);
  const tess_expression_t *item = tess_expression_at(all, e);
  for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
    if (item->scalar != (int32_t)scalars[i])
      continue;
    bool first = tess_expression_at(all, item->child[0])->prepared;
    bool second = tess_expression_at(all, item->child[1])->prepared;
    match->function = functions[i][first || second];
    int side =
        first || tess_expression_is(all, item->child[0], TESS_SCALAR_BROADCAST)
            ? 1
            : 0;
    match->input = tensor_of(all, item->child[side]);
    if (!first && !second)
      match->other = tensor_of(all, item->child[1 - side]);
    return !first || !second;
  }
  return false;
}

static bool selects(const all_t *all, int32_t e, tess_match_t *match) {
  double number;
  e = tess_expression_strip(all, e);
  const tess_expression_t *item = tess_expression_at(all, e);
  if (item->scalar != TESS_SCALAR_SELECT || item->child[2] == TESS_NONE)
    return false;
  int constant = tess_expression_number(all, item->child[1], &number)   ? 1
                 : tess_expression_number(all, item->child[2], &number) ? 2
                                                                        : 0;
  match->function = constant ? TESS_FUNCTION_MASK : TESS_FUNCTION_SELECT;
  match->input = tensor_of(all, item->child[constant ? 3 - constant : 1]);
  match->other = tensor_of(all, item->child[0]);
  if (tess_expression_at(all, match->other)->prepared)
    match->other = TESS_NONE;
  return constant && !tess_expression_at(all, match->input)->prepared;
}

/* One op on one operand. */
static bool of_one(const all_t *all, int32_t e, tess_match_t *match) {
  static const struct {
    tess_scalar_t scalar;
    tess_function_t function;
  } names[] = {{TESS_SCALAR_ERF, TESS_FUNCTION_ERF},
               {TESS_SCALAR_LOG, TESS_FUNCTION_LOG},
               {TESS_SCALAR_SQRT, TESS_FUNCTION_SQRT},
               {TESS_SCALAR_RSQRT, TESS_FUNCTION_RSQRT},
               {TESS_SCALAR_ABS, TESS_FUNCTION_ABS},
               {TESS_SCALAR_NEG, TESS_FUNCTION_NEGATE},
               {TESS_SCALAR_TABLE, TESS_FUNCTION_TABLE},
               {TESS_SCALAR_BROADCAST, TESS_FUNCTION_COPY}};
  if (tess_expression_squared(all, e, &match->input)) {
    match->function = TESS_FUNCTION_SQUARE;
    return true;
  }
  int32_t root = tess_expression_strip(all, e);
  const tess_expression_t *item = tess_expression_at(all, root);
  match->input = item->child[0];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (item->scalar == (int32_t)names[i].scalar && e != match->input) {
      match->function = names[i].function;
      return true;
    }
  return false;
}

/* A change of type or place alone, down to the next tensor. */
static bool passes_on(const all_t *all, int32_t e, tess_match_t *match) {
  const tess_expression_t *item = tess_expression_at(all, e);
  bool casts = item->scalar == TESS_SCALAR_CAST;
  if (!casts && item->scalar != TESS_SCALAR_COPY)
    return false;
  match->input = item->child[0];
  while (tess_expression_at(all, match->input)->value == TESS_NONE) {
    item = tess_expression_at(all, match->input);
    casts = casts || item->scalar == TESS_SCALAR_CAST;
    if (item->scalar != TESS_SCALAR_CAST && item->scalar != TESS_SCALAR_COPY)
      return false;
    match->input = item->child[0];
  }
  match->function = casts ? TESS_FUNCTION_CAST : TESS_FUNCTION_COPY;
  return true;
}

bool tess_expression_match_step(const all_t *all, int32_t e,
                                tess_match_t *match) {
  static bool (*const steps[])(const all_t *all, int32_t e,
                               tess_match_t *match) = {
      passes_on, requantised, with_constant, of_one, selects, of_two};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    *match = TESS_MATCH_NONE;
    if (steps[i](all, e, match)) {
      match->input_too = match->input;
      return true;
    }
  }
  return false;
}
