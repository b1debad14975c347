/* Norms and activations, as several exporters write them. */
#include "emit.h"

/* Batch norm as it comes out of several exporters. */
diff_image_t diff_norm(diff_emitter_t *e, const diff_image_t *x) {
  diff_map_t map = {.operands = 0};
  int v = diff_operand(&map, x);
  int64_t form = diff_pick(e, 0, 9);
  if (form == 0) { /* a bias alone */
    diff_step(&map, DIFF_ADD, v, diff_vector(e, &map, DIFF_OFFSET, x->c));
  } else if (form == 1) { /* a scale alone */
    diff_step(&map, DIFF_MUL, v, diff_vector(e, &map, DIFF_POSITIVE, x->c));
  } else if (e->model->whole || form < 5) {
    int scale = diff_vector(e, &map, DIFF_POSITIVE, x->c);
    v = diff_step(&map, DIFF_MUL, v, scale);
    int shift = diff_vector(e, &map, DIFF_OFFSET, x->c);
    diff_step(&map, DIFF_ADD, v, shift);
  } else {
    int mean = diff_vector(e, &map, DIFF_OFFSET, x->c);
    int variance = diff_vector(e, &map, DIFF_POSITIVE, x->c);
    int gamma = diff_vector(e, &map, DIFF_POSITIVE, x->c);
    int beta = diff_vector(e, &map, DIFF_OFFSET, x->c);
    bool late = diff_chance(e, 50);
    int sum = diff_step(&map, DIFF_ADD, variance, diff_number(&map, 1e-3));
    int root = diff_step(&map, DIFF_RSQRT, sum, 0);
    int centred = diff_step(&map, DIFF_SUB, v, mean);
    int scale = late ? root : diff_step(&map, DIFF_MUL, root, gamma);
    v = diff_step(&map, DIFF_MUL, centred, scale);
    v = late ? diff_step(&map, DIFF_MUL, v, gamma) : v;
    diff_step(&map, DIFF_ADD, v, beta);
  }
  return diff_finish(e, &map, x);
}

int diff_hard_sigmoid(diff_map_t *map, int x) {
  int v = diff_step(map, DIFF_ADD, x, diff_number(map, 3));
  v = diff_clamp(map, v, 0, 6);
  return diff_step(map, DIFF_MUL, v, diff_number(map, 1.0 / 6));
}

static int gelu(diff_map_t *map, int x) {
  int v = diff_step(map, DIFF_MUL, x, diff_number(map, 0.70710678118654752));
  v = diff_step(map, DIFF_ERF, v, 0);
  v = diff_step(map, DIFF_ADD, v, diff_number(map, 1));
  v = diff_step(map, DIFF_MUL, x, v);
  return diff_step(map, DIFF_MUL, v, diff_number(map, 0.5));
}

static int gelu_tanh(diff_map_t *map, int x) {
  int square = diff_step(map, DIFF_MUL, x, x);
  int cube = diff_step(map, DIFF_MUL, square, x);
  int v = diff_step(map, DIFF_MUL, cube, diff_number(map, 0.044715));
  v = diff_step(map, DIFF_ADD, x, v);
  v = diff_step(map, DIFF_MUL, v, diff_number(map, 0.79788456080286536));
  v = diff_step(map, DIFF_TANH, v, 0);
  v = diff_step(map, DIFF_ADD, v, diff_number(map, 1));
  v = diff_step(map, DIFF_MUL, x, v);
  return diff_step(map, DIFF_MUL, v, diff_number(map, 0.5));
}

static int swish_exp(diff_map_t *map, int x) {
  int v = diff_step(map, DIFF_EXP, diff_step(map, DIFF_NEG, x, 0), 0);
  v = diff_step(map, DIFF_ADD, v, diff_number(map, 1));
  return diff_step(map, DIFF_DIV, x, v);
}

static void activate(diff_emitter_t *e, diff_map_t *map, int x) {
  switch (e->model->whole ? diff_pick(e, 0, 2) : diff_pick(e, 0, 11)) {
  case 0:
    diff_clamp(map, x, 0, 6);
    return;
  case 1:
    diff_clamp(map, x, 0, 3e38);
    return;
  case 2:
    diff_step(map, DIFF_MAX, x, diff_number(map, 0));
    return;
  case 3:
    diff_step(map, DIFF_SIGMOID, x, 0);
    return;
  case 4:
    diff_step(map, DIFF_TANH, x, 0);
    return;
  case 5:
  case 6:
    diff_step(map, DIFF_MUL, x, diff_step(map, DIFF_SIGMOID, x, 0));
    return;
  case 7:
    swish_exp(map, x);
    return;
  case 8:
    diff_step(map, DIFF_MUL, x, diff_hard_sigmoid(map, x));
    return;
  case 9:
    diff_hard_sigmoid(map, x);
    return;
  case 10:
    gelu(map, x);
    return;
  default:
    gelu_tanh(map, x);
  }
}

diff_image_t diff_activate(diff_emitter_t *e, const diff_image_t *x) {
  diff_map_t map = {.operands = 0};
  activate(e, &map, diff_operand(&map, x));
  return diff_finish(e, &map, x);
}

diff_image_t diff_sum(diff_emitter_t *e, const diff_image_t *x,
                      const diff_image_t *y) {
  diff_map_t map = {.operands = 0};
  int a = diff_operand(&map, x), b = diff_operand(&map, y);
  diff_step(&map, DIFF_ADD, a, b);
  return diff_finish(e, &map, x);
}
