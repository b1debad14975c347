/* Building and evaluating programs of element-wise steps. */
#include "map.h"
#include "printer.h"
#include <math.h>
#include <string.h>

static int add_step(tess_zoo_map_t *map, tess_zoo_step_t step) {
  map->steps[map->step_count] = step;
  return map->step_count++;
}

tess_zoo_map_t tess_zoo_map(const tess_zoo_emitter_t *e, int count,
                            const tess_zoo_value_t *inputs) {
  tess_zoo_map_t map = {.input_count = count, .element = e->real};
  for (int i = 0; i < count; i++) {
    map.inputs[i] = inputs[i];
    add_step(&map, (tess_zoo_step_t){.operation = TESS_ZOO_OPERAND, .a = i});
  }
  return map;
}

int tess_zoo_constant(tess_zoo_map_t *map, const char *name, double value) {
  return add_step(map, (tess_zoo_step_t){.operation = TESS_ZOO_CONSTANT,
                                         .constant = name,
                                         .value = value});
}

int tess_zoo_unary(tess_zoo_map_t *map, tess_zoo_operation_t operation, int a,
                   const char *suffix) {
  return add_step(
      map, (tess_zoo_step_t){.operation = operation, .a = a, .suffix = suffix});
}

int tess_zoo_binary(tess_zoo_map_t *map, tess_zoo_operation_t operation, int a,
                    int b, const char *suffix) {
  return add_step(
      map, (tess_zoo_step_t){
               .operation = operation, .a = a, .b = b, .suffix = suffix});
}

int tess_zoo_clamp(tess_zoo_map_t *map, int a, double least, double most,
                   const char *suffix) {
  return add_step(map, (tess_zoo_step_t){.operation = TESS_ZOO_CLAMP,
                                         .a = a,
                                         .suffix = suffix,
                                         .least = least,
                                         .most = most});
}

int tess_zoo_choose(tess_zoo_map_t *map, int condition, int otherwise,
                    int chosen, const char *suffix) {
  return add_step(map, (tess_zoo_step_t){.operation = TESS_ZOO_CHOOSE,
                                         .a = condition,
                                         .b = otherwise,
                                         .c = chosen,
                                         .suffix = suffix});
}

static void widen(tess_zoo_value_t *shape, const tess_zoo_value_t *other) {
  if (other->rank == 0)
    return;
  if (shape->rank == 0) {
    *shape = *other;
    return;
  }
  shape->vector = shape->vector && other->vector;
  for (size_t i = 0; i < other->rank; i++)
    if (shape->dims[i] < other->dims[i])
      shape->dims[i] = other->dims[i];
}

tess_zoo_value_t tess_zoo_step_shape(const tess_zoo_map_t *map, int step) {
  const tess_zoo_step_t *s = &map->steps[step];
  if (s->operation == TESS_ZOO_CONSTANT)
    return (tess_zoo_value_t){.rank = 0};
  if (s->operation == TESS_ZOO_OPERAND)
    return map->inputs[s->a];
  tess_zoo_value_t shape = tess_zoo_step_shape(map, s->a), other;
  if (s->operation <= TESS_ZOO_DIV || s->operation == TESS_ZOO_CHOOSE) {
    other = tess_zoo_step_shape(map, s->b);
    widen(&shape, &other);
  }
  if (s->operation == TESS_ZOO_CHOOSE) {
    other = tess_zoo_step_shape(map, s->c);
    widen(&shape, &other);
  }
  return shape;
}

static double evaluate_step(const tess_zoo_step_t *s, const double *values,
                            double x) {
  double a = values[s->a], b = values[s->b];
  switch (s->operation) {
  case TESS_ZOO_OPERAND:
    return x;
  case TESS_ZOO_CONSTANT:
    return s->value;
  case TESS_ZOO_ADD:
    return a + b;
  case TESS_ZOO_SUB:
    return a - b;
  case TESS_ZOO_MUL:
    return a * b;
  case TESS_ZOO_DIV:
    return a / b;
  case TESS_ZOO_CLAMP:
    return fmin(fmax(a, s->least), s->most);
  case TESS_ZOO_EXP:
    return exp(a);
  case TESS_ZOO_TANH:
    return tanh(a);
  case TESS_ZOO_ERF:
    return erf(a);
  case TESS_ZOO_RSQRT:
    return 1 / sqrt(a);
  case TESS_ZOO_LOGISTIC:
    return 1 / (1 + exp(-a));
  case TESS_ZOO_CHOOSE:
    return a != 0 ? values[s->c] : b;
  }
  return 0;
}

double tess_zoo_evaluate(const tess_zoo_map_t *map, double x) {
  double values[TESS_ZOO_STEPS] = {0};
  for (int i = 0; i < map->step_count; i++)
    values[i] = evaluate_step(&map->steps[i], values, x);
  return values[map->step_count - 1];
}

tess_zoo_value_t tess_zoo_finish(tess_zoo_emitter_t *e, tess_zoo_map_t *map,
                                 const char *suffix) {
  return e->printer->map(e, suffix, map);
}
