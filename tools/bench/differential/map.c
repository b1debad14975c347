/* Element-wise programs: an op a step in TOSA; one linalg.generic, or one for
 * each step. */
#include "emit.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

int diff_operand(diff_map_t *map, const diff_image_t *x) {
  map->operand[map->operands] = *x;
  map->step[map->steps].kind = DIFF_OPERAND;
  map->step[map->steps].a = map->operands++;
  return map->steps++;
}

/* TOSA broadcasts from a tensor of all dimensions, linalg from a vector. */
int diff_vector(diff_emitter_t *e, diff_map_t *map, diff_draw_t draw,
                int64_t channels) {
  diff_image_t x = {.element = e->element, .n = 1, .h = 1, .w = 1};
  x.c = channels;
  const int64_t nhwc[] = {1, 1, 1, channels}, nchw[] = {1, channels, 1, 1};
  map->vector[map->operands] = !e->tosa;
  x.name = e->tosa
               ? diff_weight(e, draw, 1, e->element, 4, e->nchw ? nchw : nhwc)
               : diff_weight(e, draw, 1, e->element, 1, &channels);
  return diff_operand(map, &x);
}

int diff_number(diff_map_t *map, double value) {
  map->step[map->steps].kind = DIFF_NUMBER;
  map->step[map->steps].low = value;
  return map->steps++;
}

int diff_step(diff_map_t *map, diff_kind_t kind, int a, int b) {
  map->step[map->steps].kind = kind;
  map->step[map->steps].a = a;
  map->step[map->steps].b = b;
  return map->steps++;
}

int diff_clamp(diff_map_t *map, int a, double low, double high) {
  int made = diff_step(map, DIFF_CLAMP, a, 0);
  map->step[made].low = low;
  map->step[made].high = high;
  return made;
}

static bool is_unary(diff_kind_t kind) {
  return kind >= DIFF_CLAMP && kind <= DIFF_NEG;
}

/* ---- TOSA. ---- */

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* The size of a step: those of its operands, broadcast. */
static diff_image_t step_size(const diff_map_t *map, const diff_image_t *made,
                              int s) {
  diff_image_t x = made[map->step[s].a], y = made[map->step[s].b];
  if (is_unary(map->step[s].kind))
    return x;
  x.n = larger(x.n, y.n);
  x.h = larger(x.h, y.h);
  x.w = larger(x.w, y.w);
  x.c = larger(x.c, y.c);
  return x;
}

static const char *const tosa_names[] = {
    "",      "",        "add",  "sub", "mul", "",      "maximum", "minimum",
    "clamp", "sigmoid", "tanh", "exp", "erf", "rsqrt", "negate"};

static void tosa_number(diff_emitter_t *e, double value, diff_image_t *made) {
  *made = (diff_image_t){.element = e->element, .n = 1, .h = 1, .w = 1, .c = 1};
  made->name = diff_name(e);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%.8e> : "
            "tensor<1x1x1x1x%s>}> : () -> tensor<1x1x1x1x%s>",
            made->name, value, e->element, e->element);
}

static void tosa_unary(diff_emitter_t *e, const diff_map_t *map, int s,
                       const diff_image_t *x, const diff_image_t *z) {
  const char *type = diff_type(e, x), *op = tosa_names[map->step[s].kind];
  const char *extra = "", *more = "", *types = "";
  if (map->step[s].kind == DIFF_CLAMP)
    extra = diff_format(e, " {min_val = %.8e : %s, max_val = %.8e : %s}",
                        map->step[s].low, e->element, map->step[s].high,
                        e->element);
  if (map->step[s].kind == DIFF_NEG) {
    const char *zero = diff_zero(e, e->element);
    more = diff_format(e, ", %s, %s", zero, zero);
    types =
        diff_format(e, ", tensor<1x%s>, tensor<1x%s>", e->element, e->element);
  }
  diff_line(e, "%s = tosa.%s %s%s%s : (%s%s) -> %s", z->name, op, x->name, more,
            extra, type, types, diff_type(e, z));
}

static void tosa_binary(diff_emitter_t *e, const diff_map_t *map, int s,
                        const diff_image_t *made, const diff_image_t *z) {
  const diff_image_t *x = &made[map->step[s].a], *y = &made[map->step[s].b];
  diff_kind_t kind = map->step[s].kind;
  const char *right = y->name;
  if (kind == DIFF_DIV) {
    right = diff_name(e);
    diff_line(e, "%s = tosa.reciprocal %s : (%s) -> %s", right, y->name,
              diff_type(e, y), diff_type(e, y));
    kind = DIFF_MUL;
  }
  const char *shift = "", *type = "";
  if (kind == DIFF_MUL) {
    const char *zero = diff_zero(e, "i8");
    shift = diff_format(e, ", %s", zero);
    type = ", tensor<1xi8>";
  }
  diff_line(e, "%s = tosa.%s %s, %s%s : (%s, %s%s) -> %s", z->name,
            tosa_names[kind], x->name, right, shift, diff_type(e, x),
            diff_type(e, y), type, diff_type(e, z));
}

static diff_image_t finish_tosa(diff_emitter_t *e, const diff_map_t *map) {
  diff_image_t made[DIFF_STEPS];
  for (int s = 0; s < map->steps; s++) {
    if (map->step[s].kind == DIFF_OPERAND) {
      made[s] = map->operand[map->step[s].a];
    } else if (map->step[s].kind == DIFF_NUMBER) {
      tosa_number(e, map->step[s].low, &made[s]);
    } else {
      made[s] = step_size(map, made, s);
      made[s].name = diff_name(e);
      if (is_unary(map->step[s].kind))
        tosa_unary(e, map, s, &made[map->step[s].a], &made[s]);
      else
        tosa_binary(e, map, s, made, &made[s]);
    }
  }
  return made[map->steps - 1];
}

/* ---- linalg. ---- */

static const char *operand_map(diff_emitter_t *e, const diff_map_t *map, int i,
                               const diff_image_t *like) {
  const char *head = "affine_map<(d0, d1, d2, d3) -> ";
  const diff_image_t *x = &map->operand[i];
  if (map->vector[i])
    return diff_format(e, "%s(%s)>", head, e->nchw ? "d1" : "d3");
  const int64_t nhwc[] = {x->n, x->h, x->w, x->c};
  const int64_t nchw[] = {x->n, x->c, x->h, x->w};
  const int64_t like_nhwc[] = {like->n, like->h, like->w, like->c};
  const int64_t like_nchw[] = {like->n, like->c, like->h, like->w};
  const int64_t *mine = e->nchw ? nchw : nhwc;
  const int64_t *full = e->nchw ? like_nchw : like_nhwc;
  char part[4][4];
  for (int d = 0; d < 4; d++)
    snprintf(part[d], sizeof part[d], mine[d] == 1 && full[d] > 1 ? "0" : "d%d",
             d);
  return diff_format(e, "%s(%s, %s, %s, %s)>", head, part[0], part[1], part[2],
                     part[3]);
}

static const char *const scalar_names[] = {
    "",           "",           "arith.addf",     "arith.subf",
    "arith.mulf", "arith.divf", "arith.maximumf", "arith.minimumf",
    "",           "",           "math.tanh",      "math.exp",
    "math.erf",   "math.rsqrt", "arith.negf"};

static const char *scalar_number(diff_emitter_t *e, double value) {
  const char *name = diff_name(e);
  diff_line(e, "%s = arith.constant %.8e : %s", name, value, e->element);
  return name;
}

static const char *scalar_unary(diff_emitter_t *e, const char *op,
                                const char *x) {
  const char *name = diff_name(e);
  diff_line(e, "  %s = %s %s : %s", name, op, x, e->element);
  return name;
}

static const char *scalar_binary(diff_emitter_t *e, const char *op,
                                 const char *x, const char *y) {
  const char *name = diff_name(e);
  diff_line(e, "  %s = %s %s, %s : %s", name, op, x, y, e->element);
  return name;
}

/* A clamp by comparison, as torch-mlir writes relu, or by min and max. */
static const char *scalar_clamp(diff_emitter_t *e, const char *x,
                                const char *low, const char *high,
                                bool compares) {
  if (!compares) {
    x = low ? scalar_binary(e, "arith.maximumf", x, low) : x;
    return high ? scalar_binary(e, "arith.minimumf", x, high) : x;
  }
  const char *const bounds[] = {low, high};
  for (int i = 0; i < 2; i++) {
    if (!bounds[i])
      continue;
    const char *yes = diff_name(e), *made = diff_name(e);
    diff_line(e, "  %s = arith.cmpf %s, %s, %s : %s", yes, i ? "ult" : "ugt", x,
              bounds[i], e->element);
    diff_line(e, "  %s = arith.select %s, %s, %s : %s", made, yes, x, bounds[i],
              e->element);
    x = made;
  }
  return x;
}

/* Values of the numbers that a step needs, made outside. */
typedef struct numbers {
  const char *of[DIFF_STEPS], *low[DIFF_STEPS], *high[DIFF_STEPS], *one;
} numbers_t;

static void make_numbers(diff_emitter_t *e, const diff_map_t *map,
                         numbers_t *numbers) {
  *numbers = (numbers_t){{0}, {0}, {0}, NULL};
  for (int s = 0; s < map->steps; s++) {
    if (map->step[s].kind == DIFF_NUMBER)
      numbers->of[s] = scalar_number(e, map->step[s].low);
    if (map->step[s].kind == DIFF_CLAMP && map->step[s].low > -1e30)
      numbers->low[s] = scalar_number(e, map->step[s].low);
    if (map->step[s].kind == DIFF_CLAMP && map->step[s].high < 1e30)
      numbers->high[s] = scalar_number(e, map->step[s].high);
    if (map->step[s].kind == DIFF_SIGMOID && !numbers->one)
      numbers->one = scalar_number(e, 1);
  }
}

static const char *scalar_step(diff_emitter_t *e, const diff_map_t *map, int s,
                               const char *const *made, const numbers_t *n,
                               bool compares) {
  const char *x = made[map->step[s].a], *y = made[map->step[s].b];
  switch (map->step[s].kind) {
  case DIFF_CLAMP:
    return scalar_clamp(e, x, n->low[s], n->high[s], compares);
  case DIFF_SIGMOID:
    y = scalar_unary(e, "math.exp", scalar_unary(e, "arith.negf", x));
    y = scalar_binary(e, "arith.addf", y, n->one);
    return scalar_binary(e, "arith.divf", n->one, y);
  case DIFF_ADD:
  case DIFF_SUB:
  case DIFF_MUL:
  case DIFF_DIV:
  case DIFF_MAX:
  case DIFF_MIN:
    return scalar_binary(e, scalar_names[map->step[s].kind], x, y);
  default:
    return scalar_unary(e, scalar_names[map->step[s].kind], x);
  }
}

static void add_header(diff_emitter_t *e, const diff_map_t *map,
                       const diff_image_t *like, const diff_image_t *z) {
  const char *type = diff_type(e, z), *empty = diff_name(e);
  tess_text_t maps = TESS_TEXT_INIT, names = TESS_TEXT_INIT;
  tess_text_t types = TESS_TEXT_INIT, block = TESS_TEXT_INIT;
  for (int i = 0; i < map->operands; i++) {
    const diff_image_t *x = &map->operand[i];
    tess_text_add(&maps, "%s, ", operand_map(e, map, i, like));
    tess_text_add(&names, "%s%s", i ? ", " : "", x->name);
    tess_text_add(&types, "%s%s", i ? ", " : "",
                  map->vector[i] ? diff_tensor(e, x->element, 1, &x->c)
                                 : diff_type(e, x));
    tess_text_add(&block, "%%i%d: %s, ", i, x->element);
  }
  diff_line(e, "%s = tensor.empty() : %s", empty, type);
  diff_line(e,
            "%s = linalg.generic {indexing_maps = [%saffine_map<(d0, d1, d2, "
            "d3) -> (d0, d1, d2, d3)>], iterator_types = [\"parallel\", "
            "\"parallel\", \"parallel\", \"parallel\"]} ins(%s : %s) outs(%s : "
            "%s) {",
            z->name, tess_text_get(&maps), tess_text_get(&names),
            tess_text_get(&types), empty, type);
  diff_line(e, "^bb0(%s%%o: %s):", tess_text_get(&block), z->element);
  tess_text_free(&maps);
  tess_text_free(&names);
  tess_text_free(&types);
  tess_text_free(&block);
}

static diff_image_t finish_generic(diff_emitter_t *e, const diff_map_t *map,
                                   const diff_image_t *like) {
  diff_image_t z = diff_like(e, like);
  const char *made[DIFF_STEPS];
  numbers_t numbers;
  bool compares = diff_chance(e, 40);
  z.element = e->element;
  make_numbers(e, map, &numbers);
  add_header(e, map, like, &z);
  for (int s = 0; s < map->steps; s++) {
    if (map->step[s].kind == DIFF_OPERAND)
      made[s] = diff_format(e, "%%i%d", map->step[s].a);
    else if (map->step[s].kind == DIFF_NUMBER)
      made[s] = numbers.of[s];
    else
      made[s] = scalar_step(e, map, s, made, &numbers, compares);
  }
  diff_line(e, "  linalg.yield %s : %s", made[map->steps - 1], e->element);
  diff_line(e, "} -> %s", diff_type(e, &z));
  return z;
}

/* One generic for each step; numbers go into the step that reads them. */
static diff_image_t finish_split(diff_emitter_t *e, const diff_map_t *map,
                                 const diff_image_t *like) {
  diff_image_t made[DIFF_STEPS];
  bool vector[DIFF_STEPS] = {0};
  for (int s = 0; s < map->steps; s++) {
    diff_kind_t kind = map->step[s].kind;
    if (kind == DIFF_OPERAND) {
      made[s] = map->operand[map->step[s].a];
      vector[s] = map->vector[map->step[s].a];
    }
    if (kind == DIFF_OPERAND || kind == DIFF_NUMBER)
      continue;
    diff_map_t one = {.operands = 0};
    int at[2], from[2] = {map->step[s].a, map->step[s].b};
    diff_image_t size = *like;
    bool small = true;
    for (int i = 0; i < (is_unary(kind) ? 1 : 2); i++) {
      if (map->step[from[i]].kind == DIFF_NUMBER) {
        at[i] = diff_number(&one, map->step[from[i]].low);
        continue;
      }
      one.vector[one.operands] = vector[from[i]];
      small = small && !vector[from[i]] && made[from[i]].h == 1 &&
              made[from[i]].w == 1;
      at[i] = diff_operand(&one, &made[from[i]]);
    }
    if (small && one.operands == 1)
      size = one.operand[0];
    int last = diff_step(&one, kind, at[0], is_unary(kind) ? 0 : at[1]);
    one.step[last].low = map->step[s].low;
    one.step[last].high = map->step[s].high;
    made[s] = finish_generic(e, &one, &size);
  }
  return made[map->steps - 1];
}

diff_image_t diff_finish(diff_emitter_t *e, const diff_map_t *map,
                         const diff_image_t *like) {
  for (int s = 0; s < map->steps; s++)
    if (map->step[s].kind == DIFF_DIV ||
        (map->step[s].kind >= DIFF_SIGMOID && map->step[s].kind <= DIFF_RSQRT))
      e->program->whole = false;
  if (e->tosa)
    return finish_tosa(e, map);
  return diff_chance(e, 60) ? finish_generic(e, map, like)
                            : finish_split(e, map, like);
}
