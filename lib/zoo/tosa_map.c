/* Prints programs of element-wise steps, reductions and integer arithmetic as
 * TOSA: an op a step. */
#include "tosa.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct printing {
  const tess_zoo_map_t *map;
  const char *element; /* that the steps compute in */
  size_t rank;
  tess_zoo_value_t values[TESS_ZOO_STEPS];
} printing_t;

/* The constant of a step, or its reciprocal, for the rank at hand. */
static tess_zoo_value_t constant(tess_zoo_emitter_t *e, const printing_t *p,
                                 const tess_zoo_step_t *step, bool inverse) {
  const int64_t ones[] = {1, 1, 1, 1, 1};
  const char *name = tess_arena_format(
      &e->arena, "%%%s%s", inverse ? "one_of_" : "", step->constant);
  if (p->rank != 4)
    name = tess_arena_format(&e->arena, "%s_rank%zu", name, p->rank);
  if (strcmp(p->element, e->element))
    name = tess_arena_format(&e->arena, "%s_%s", name, p->element);
  return tess_tosa_splat(e, name, p->element, p->rank, ones,
                         inverse ? 1 / step->value : step->value);
}

static tess_zoo_value_t value_of(tess_zoo_emitter_t *e, const printing_t *p,
                                 int step) {
  const tess_zoo_step_t *s = &p->map->steps[step];
  return s->operation == TESS_ZOO_CONSTANT ? constant(e, p, s, false)
                                           : p->values[step];
}

/* The largest finite number, as text: no bound. */
static const char *largest(const char *element) {
  if (!strcmp(element, "f16"))
    return "6.550400e+04";
  return strcmp(element, "bf16") ? "3.40282347E+38" : "3.38953139E+38";
}

static void print_clamp(tess_zoo_emitter_t *e, const tess_zoo_step_t *s,
                        tess_zoo_value_t x, tess_zoo_value_t result) {
  const char *most = isinf(s->most)
                         ? largest(x.element)
                         : tess_arena_format(&e->arena, "%e", s->most);
  const char *bounds =
      tess_arena_format(&e->arena, "{max_val = %s : %s, min_val = %e : %s}",
                        most, x.element, s->least, x.element);
  tess_tosa_unary(e, "clamp", bounds, x, result);
}

/* x / y is x times the reciprocal of y. */
static void print_division(tess_zoo_emitter_t *e, const printing_t *p,
                           const tess_zoo_step_t *s, tess_zoo_value_t result) {
  const tess_zoo_step_t *divisor = &p->map->steps[s->b];
  tess_zoo_value_t x = value_of(e, p, s->a);
  if (divisor->operation == TESS_ZOO_CONSTANT) {
    tess_tosa_multiply(e, x, constant(e, p, divisor, true), result);
    return;
  }
  tess_zoo_value_t y = value_of(e, p, s->b), inverse = y;
  inverse.name = tess_arena_format(&e->arena, "%s.inverse", result.name);
  tess_tosa_unary(e, "reciprocal", "", y, inverse);
  tess_tosa_multiply(e, x, inverse, result);
}

static void print_choice(tess_zoo_emitter_t *e, const printing_t *p,
                         const tess_zoo_step_t *s, tess_zoo_value_t result) {
  tess_zoo_value_t condition = value_of(e, p, s->a);
  tess_zoo_value_t chosen = value_of(e, p, s->c);
  tess_zoo_value_t otherwise = value_of(e, p, s->b);
  tess_text_add(&e->body,
                "    %s = tosa.select %s, %s, %s : (%s, %s, %s) -> %s\n",
                result.name, condition.name, chosen.name, otherwise.name,
                condition.type, chosen.type, otherwise.type, result.type);
}

static const char *const names[] = {
    [TESS_ZOO_ADD] = "add",          [TESS_ZOO_SUB] = "sub",
    [TESS_ZOO_EXP] = "exp",          [TESS_ZOO_TANH] = "tanh",
    [TESS_ZOO_ERF] = "erf",          [TESS_ZOO_RSQRT] = "rsqrt",
    [TESS_ZOO_LOGISTIC] = "sigmoid",
};

static void print_step(tess_zoo_emitter_t *e, const printing_t *p,
                       const tess_zoo_step_t *s, tess_zoo_value_t result) {
  switch (s->operation) {
  case TESS_ZOO_ADD:
  case TESS_ZOO_SUB:
    tess_tosa_binary(e, names[s->operation], value_of(e, p, s->a),
                     value_of(e, p, s->b), result);
    break;
  case TESS_ZOO_MUL:
    tess_tosa_multiply(e, value_of(e, p, s->a), value_of(e, p, s->b), result);
    break;
  case TESS_ZOO_DIV:
    print_division(e, p, s, result);
    break;
  case TESS_ZOO_CLAMP:
    print_clamp(e, s, value_of(e, p, s->a), result);
    break;
  case TESS_ZOO_CHOOSE:
    print_choice(e, p, s, result);
    break;
  default:
    tess_tosa_unary(e, names[s->operation], "", value_of(e, p, s->a), result);
  }
}

static tess_zoo_value_t cast_to(tess_zoo_emitter_t *e, const char *suffix,
                                const char *element, tess_zoo_value_t x) {
  if (!strcmp(x.element, element))
    return x;
  tess_zoo_value_t result = tess_zoo_like(e, suffix, element, x);
  tess_tosa_unary(e, "cast", "", x, result);
  return result;
}

/* Steps compute in the element type of the first number; i8 in f32. */
static const char *step_element(const tess_zoo_map_t *map) {
  for (int i = 0; i < map->input_count; i++)
    if (strcmp(map->inputs[i].element, "i1"))
      return map->inputs[i].element[0] == 'i' ? "f32" : map->inputs[i].element;
  return "f32";
}

static void load_inputs(tess_zoo_emitter_t *e, const char *suffix,
                        printing_t *p) {
  for (int i = 0; i < p->map->input_count; i++) {
    tess_zoo_value_t x = p->map->inputs[i];
    const char *name = tess_arena_format(&e->arena, "%s.operand%d", suffix, i);
    p->values[i] =
        strcmp(x.element, "i1") ? cast_to(e, name, p->element, x) : x;
    p->rank = x.rank;
  }
}

tess_zoo_value_t tess_tosa_map(tess_zoo_emitter_t *e, const char *suffix,
                               const tess_zoo_map_t *map) {
  printing_t p = {.map = map, .element = step_element(map)};
  bool cast = strcmp(p.element, map->element) != 0;
  int last = map->step_count - 1;
  load_inputs(e, suffix, &p);
  for (int i = map->input_count; i <= last; i++) {
    const tess_zoo_step_t *s = &map->steps[i];
    if (s->operation == TESS_ZOO_CONSTANT)
      continue;
    const char *name = i < last ? s->suffix : suffix;
    if (i == last && cast)
      name = tess_arena_format(&e->arena, "%s.%s", suffix, p.element);
    p.values[i] =
        tess_zoo_like(e, name, p.element, tess_zoo_step_shape(map, i));
    print_step(e, &p, s, p.values[i]);
  }
  return cast_to(e, suffix, map->element, p.values[last]);
}

/* Sums of f16 are taken in f32, which they would overflow otherwise. */
tess_zoo_value_t tess_tosa_reduce(tess_zoo_emitter_t *e, const char *suffix,
                                  tess_zoo_reduction_t reduction, unsigned axes,
                                  tess_zoo_value_t x) {
  if (reduction == TESS_ZOO_SUM && !strcmp(x.element, "f16"))
    x = cast_to(e, tess_arena_format(&e->arena, "%s.wide", suffix), "f32", x);
  for (size_t axis = 0; axis < x.rank; axis++) {
    if (!(axes >> axis & 1))
      continue;
    bool last = axes >> axis == 1;
    int64_t dims[TESS_ZOO_RANK];
    memcpy(dims, x.dims, sizeof dims);
    dims[axis] = 1;
    const char *name =
        last ? suffix : tess_arena_format(&e->arena, "%s.rows", suffix);
    tess_zoo_value_t result = tess_zoo_tensor(e, name, x.element, x.rank, dims);
    tess_tosa_unary(e, reduction == TESS_ZOO_SUM ? "reduce_sum" : "reduce_max",
                    tess_arena_format(&e->arena, "{axis = %zu : i32}", axis), x,
                    result);
    x = result;
  }
  return x;
}
