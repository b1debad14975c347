/* The activation functions, each once: a program of steps, or, where the data
 * is i8, a table or a clamp. */
#include "layers.h"
#include "quantised.h"
#include <math.h>
#include <string.h>

static int hard_sigmoid(tess_zoo_map_t *map, const char *suffix) {
  int sixth = tess_zoo_constant(map, "one_sixth", 1.0 / 6.0);
  int y = tess_zoo_binary(map, TESS_ZOO_MUL, 0, sixth, "sixth");
  int half = tess_zoo_constant(map, "half", 0.5);
  y = tess_zoo_binary(map, TESS_ZOO_ADD, y, half, "sum");
  return tess_zoo_clamp(map, y, 0, 1, suffix);
}

/* x / 2 (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel, arXiv 1606.08415). */
static void gelu(tess_zoo_map_t *map) {
  int root = tess_zoo_constant(map, "half_root", sqrt(0.5));
  int y = tess_zoo_binary(map, TESS_ZOO_MUL, 0, root, "gelu.scaled");
  y = tess_zoo_unary(map, TESS_ZOO_ERF, y, "gelu.erf");
  int one = tess_zoo_constant(map, "one", 1);
  y = tess_zoo_binary(map, TESS_ZOO_ADD, y, one, "gelu.sum");
  int half = tess_zoo_constant(map, "half", 0.5);
  int x = tess_zoo_binary(map, TESS_ZOO_MUL, 0, half, "gelu.half");
  tess_zoo_binary(map, TESS_ZOO_MUL, x, y, "activation");
}

/* x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), the same paper. */
static void gelu_tanh(tess_zoo_map_t *map) {
  int square = tess_zoo_binary(map, TESS_ZOO_MUL, 0, 0, "gelu.square");
  int cube = tess_zoo_binary(map, TESS_ZOO_MUL, square, 0, "gelu.cube");
  int weight = tess_zoo_constant(map, "gelu_weight", 0.044715);
  int y = tess_zoo_binary(map, TESS_ZOO_MUL, cube, weight, "gelu.term");
  y = tess_zoo_binary(map, TESS_ZOO_ADD, 0, y, "gelu.inner");
  int root = tess_zoo_constant(map, "gelu_root", sqrt(2 / acos(-1)));
  y = tess_zoo_binary(map, TESS_ZOO_MUL, y, root, "gelu.scaled");
  y = tess_zoo_unary(map, TESS_ZOO_TANH, y, "gelu.tanh");
  int one = tess_zoo_constant(map, "one", 1);
  y = tess_zoo_binary(map, TESS_ZOO_ADD, y, one, "gelu.sum");
  int half = tess_zoo_constant(map, "half", 0.5);
  int x = tess_zoo_binary(map, TESS_ZOO_MUL, 0, half, "gelu.half");
  tess_zoo_binary(map, TESS_ZOO_MUL, x, y, "activation");
}

static void add_steps(tess_zoo_map_t *map, tess_zoo_function_t function) {
  int y;
  switch (function) {
  case TESS_ZOO_LINEAR:
    break;
  case TESS_ZOO_SWISH:
    y = tess_zoo_unary(map, TESS_ZOO_LOGISTIC, 0, "sigmoid");
    tess_zoo_binary(map, TESS_ZOO_MUL, 0, y, "activation");
    break;
  case TESS_ZOO_RELU:
    tess_zoo_clamp(map, 0, 0, INFINITY, "activation");
    break;
  case TESS_ZOO_RELU6:
    tess_zoo_clamp(map, 0, 0, 6, "activation");
    break;
  case TESS_ZOO_SIGMOID:
    tess_zoo_unary(map, TESS_ZOO_LOGISTIC, 0, "activation");
    break;
  case TESS_ZOO_HARD_SIGMOID:
    hard_sigmoid(map, "activation");
    break;
  case TESS_ZOO_HARD_SWISH:
    y = hard_sigmoid(map, "gate");
    tess_zoo_binary(map, TESS_ZOO_MUL, 0, y, "activation");
    break;
  case TESS_ZOO_GELU:
    gelu(map);
    break;
  case TESS_ZOO_GELU_TANH:
    gelu_tanh(map);
    break;
  case TESS_ZOO_TANH_FUNCTION:
    tess_zoo_unary(map, TESS_ZOO_TANH, 0, "activation");
    break;
  }
}

static tess_zoo_value_t activate_integers(tess_zoo_emitter_t *e,
                                          tess_zoo_value_t x,
                                          tess_zoo_function_t function,
                                          const tess_zoo_map_t *map) {
  if (function == TESS_ZOO_RELU || function == TESS_ZOO_RELU6) {
    double most = function == TESS_ZOO_RELU ? INT8_MAX : rint(6 / x.scale);
    double scale = x.scale;
    x = e->printer->clamp(e, "activation", 0, (int)fmin(most, INT8_MAX), x);
    x.scale = scale;
    return x;
  }
  bool small = function == TESS_ZOO_SIGMOID ||
               function == TESS_ZOO_HARD_SIGMOID ||
               function == TESS_ZOO_TANH_FUNCTION;
  return tess_zoo_tabulate(e, "activation", map,
                           small ? tess_zoo_unit_scale : tess_zoo_data_scale);
}

tess_zoo_value_t tess_zoo_activate(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                   tess_zoo_function_t function) {
  if (function == TESS_ZOO_LINEAR)
    return x;
  tess_zoo_map_t map = tess_zoo_map(e, 1, &x);
  add_steps(&map, function);
  if (!strcmp(x.element, "i8"))
    return activate_integers(e, x, function, &map);
  return tess_zoo_finish(e, &map, "activation");
}
