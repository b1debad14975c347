/* Prints programs of element-wise steps and reductions as linalg: a generic
 * each. */
#include "linalg.h"
#include <math.h>
#include <string.h>

/* "%x1", "%t4", "%y" or a constant, which it adds. */
static const char *step_name(tess_zoo_emitter_t *e, const tess_zoo_map_t *map,
                             int step) {
  const tess_zoo_step_t *s = &map->steps[step];
  if (s->operation == TESS_ZOO_OPERAND)
    return tess_arena_format(&e->arena, "%%x%d", s->a);
  if (s->operation == TESS_ZOO_CONSTANT) {
    const char *name = tess_arena_format(&e->arena, "%%%s", s->constant);
    tess_linalg_number(e, name, s->value);
    return name;
  }
  return step == map->step_count - 1
             ? "%y"
             : tess_arena_format(&e->arena, "%%t%d", step);
}

/* The constant for a bound of a clamp. */
static const char *bound_name(tess_zoo_emitter_t *e, double bound) {
  const char *name = bound == 0 ? "%zero"
                     : bound == 1
                         ? "%one"
                         : tess_arena_format(&e->arena, "%%bound_%g", bound);
  tess_linalg_number(e, name, bound);
  return name;
}

static void print_clamp(tess_zoo_emitter_t *e, const tess_zoo_step_t *s,
                        const char *name, const char *x) {
  const char *least = bound_name(e, s->least);
  if (isinf(s->most)) {
    tess_text_add(&e->body, "      %s = arith.maximumf %s, %s : f32\n", name, x,
                  least);
    return;
  }
  tess_text_add(&e->body,
                "      %s_low = arith.maximumf %s, %s : f32\n"
                "      %s = arith.minimumf %s_low, %s : f32\n",
                name, x, least, name, name, bound_name(e, s->most));
}

static void print_logistic(tess_zoo_emitter_t *e, const char *name,
                           const char *x) {
  tess_linalg_number(e, "%one", 1.0);
  tess_text_add(&e->body,
                "      %s_n = arith.negf %s : f32\n"
                "      %s_e = math.exp %s_n : f32\n"
                "      %s_d = arith.addf %s_e, %%one : f32\n"
                "      %s = arith.divf %%one, %s_d : f32\n",
                name, x, name, name, name, name, name, name);
}

static const char *const names[] = {
    [TESS_ZOO_ADD] = "arith.addf",      [TESS_ZOO_SUB] = "arith.subf",
    [TESS_ZOO_MUL] = "arith.mulf",      [TESS_ZOO_DIV] = "arith.divf",
    [TESS_ZOO_EXP] = "math.exp",        [TESS_ZOO_TANH] = "math.tanh",
    [TESS_ZOO_ERF] = "math.erf",        [TESS_ZOO_RSQRT] = "math.rsqrt",
    [TESS_ZOO_CHOOSE] = "arith.select",
};

static void print_step(tess_zoo_emitter_t *e, const tess_zoo_map_t *map,
                       int step) {
  const tess_zoo_step_t *s = &map->steps[step];
  if (s->operation == TESS_ZOO_OPERAND || s->operation == TESS_ZOO_CONSTANT)
    return;
  const char *name = step_name(e, map, step), *a = step_name(e, map, s->a);
  const char *op = names[s->operation];
  if (s->operation == TESS_ZOO_CLAMP)
    print_clamp(e, s, name, a);
  else if (s->operation == TESS_ZOO_LOGISTIC)
    print_logistic(e, name, a);
  else if (s->operation == TESS_ZOO_CHOOSE)
    tess_text_add(&e->body, "      %s = %s %s, %s, %s : f32\n", name, op, a,
                  step_name(e, map, s->c), step_name(e, map, s->b));
  else if (s->operation <= TESS_ZOO_DIV)
    tess_text_add(&e->body, "      %s = %s %s, %s : f32\n", name, op, a,
                  step_name(e, map, s->b));
  else
    tess_text_add(&e->body, "      %s = %s %s : f32\n", name, op, a);
}

/* What is computed once for each channel stays f32. */
static tess_zoo_value_t result_of(tess_zoo_emitter_t *e, const char *suffix,
                                  const tess_zoo_map_t *map) {
  tess_zoo_value_t shape = tess_zoo_step_shape(map, map->step_count - 1);
  return tess_zoo_like(e, suffix, shape.vector ? "f32" : map->element, shape);
}

tess_zoo_value_t tess_linalg_map(tess_zoo_emitter_t *e, const char *suffix,
                                 const tess_zoo_map_t *map) {
  tess_zoo_value_t result = result_of(e, suffix, map);
  tess_linalg_generic_t g = {.rank = result.vector ? 1 : result.rank,
                             .input_count = map->input_count};
  for (int i = 0; i < map->input_count; i++) {
    g.inputs[i] = map->inputs[i];
    g.maps[i] = tess_linalg_map_of(e, map->inputs[i], &result);
  }
  tess_linalg_begin(e, &g, result);
  for (int i = 0; i < map->step_count; i++)
    print_step(e, map, i);
  tess_linalg_end(e, result, step_name(e, map, map->step_count - 1), false);
  return result;
}

tess_zoo_value_t tess_linalg_reduce(tess_zoo_emitter_t *e, const char *suffix,
                                    tess_zoo_reduction_t reduction,
                                    unsigned axes, tess_zoo_value_t x) {
  int64_t dims[TESS_ZOO_RANK];
  for (size_t i = 0; i < x.rank; i++)
    dims[i] = axes >> i & 1 ? 1 : x.dims[i];
  bool integer = x.element[0] == 'i';
  tess_zoo_value_t result =
      tess_zoo_tensor(e, suffix, tess_linalg_wide(x.element), x.rank, dims);
  tess_linalg_generic_t g = {.rank = x.rank,
                             .reductions = axes,
                             .inputs = {x},
                             .maps = {tess_linalg_map_without(e, x.rank, 0)},
                             .input_count = 1,
                             .integer = integer,
                             .result_map =
                                 tess_linalg_map_without(e, x.rank, axes)};
  if (reduction == TESS_ZOO_SUM) {
    g.accumulator = tess_linalg_zeros(e, result);
  } else {
    tess_linalg_constant(e, "%least", "f32", tess_linalg_least("f32"));
    g.accumulator = tess_linalg_fill(e, result, "least", "%least");
  }
  tess_linalg_begin(e, &g, result);
  tess_text_add(&e->body, "      %%y = arith.%s %%x0, %%acc : %s\n",
                reduction == TESS_ZOO_LARGEST ? "maximumf"
                : integer                     ? "addi"
                                              : "addf",
                result.element);
  tess_linalg_end(e, result, "%y", integer);
  return result;
}
