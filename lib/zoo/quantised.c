/* Quantised arithmetic, composed from rescales, tables and i32 arithmetic. */
#include "quantised.h"
#include "printer.h"
#include "tessera/base/hash.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

const double tess_zoo_data_scale = 1.0 / 32, tess_zoo_unit_scale = 1.0 / 128;

/* The standard deviation of -128 … 127 drawn uniformly: sqrt((256^2 - 1) / 12).
 */
static const double spread = 73.9;

/* Activations and gates halve what they let through, or more. */
static const double gain = 2;

/* What sums of two are finer by, so that only the last step rounds. */
static const double headroom = 1024;

double tess_zoo_weight_scale(int64_t fan_in) {
  return gain / (spread * sqrt((double)fan_in));
}

tess_zoo_ratio_t tess_zoo_ratio(double ratio) {
  int exponent;
  double fraction = frexp(ratio, &exponent); /* 1/2 <= fraction < 1 */
  double multiplier = round(ldexp(fraction, 31));
  if (multiplier == ldexp(1, 31)) {
    multiplier /= 2;
    exponent++;
  }
  return (tess_zoo_ratio_t){(int32_t)multiplier, 31 - exponent};
}

void tess_zoo_add_table(tess_text_t *text, const int8_t *table) {
  tess_text_add(text, "dense<[");
  for (int i = 0; i < 256; i++)
    tess_text_add(text, "%s%d", i ? ", " : "", table[i]);
  tess_text_add(text, "]> : tensor<256xi8>");
}

tess_zoo_value_t tess_zoo_requantise(tess_zoo_emitter_t *e, const char *suffix,
                                     tess_zoo_value_t x, double scale) {
  x = e->printer->rescale(e, suffix, "i8", x.scale / scale, x);
  x.scale = scale;
  return x;
}

static bool is_integer(tess_zoo_value_t x) {
  return x.element[0] == 'i' && strcmp(x.element, "i1");
}

tess_zoo_value_t tess_zoo_dequantise(tess_zoo_emitter_t *e, const char *suffix,
                                     tess_zoo_value_t x) {
  if (!is_integer(x))
    return x;
  tess_zoo_map_t map = tess_zoo_map(e, 1, &x);
  const char *name = tess_arena_format(&e->arena, "scale_%g", 1 / x.scale);
  int divisor = tess_zoo_constant(&map, name, 1 / x.scale);
  tess_zoo_binary(&map, TESS_ZOO_DIV, 0, divisor, suffix);
  return e->printer->map(e, suffix, &map);
}

tess_zoo_value_t tess_zoo_quantise(tess_zoo_emitter_t *e, const char *suffix,
                                   tess_zoo_value_t x, double scale) {
  if (!e->quantised || is_integer(x))
    return x;
  tess_zoo_map_t map = tess_zoo_map(e, 1, &x);
  map.element = "i8";
  const char *name = tess_arena_format(&e->arena, "scale_%g", 1 / scale);
  int factor = tess_zoo_constant(&map, name, 1 / scale);
  tess_zoo_binary(&map, TESS_ZOO_MUL, 0, factor, suffix);
  x = e->printer->map(e, suffix, &map);
  x.scale = scale;
  return x;
}

tess_zoo_value_t tess_zoo_tabulate(tess_zoo_emitter_t *e, const char *suffix,
                                   const tess_zoo_map_t *map, double scale) {
  tess_zoo_value_t x = map->inputs[0];
  int8_t table[256];
  for (int i = 0; i < 256; i++) {
    double y = rint(tess_zoo_evaluate(map, (i - 128) * x.scale) / scale);
    table[i] = (int8_t)fmin(fmax(y, INT8_MIN), INT8_MAX);
  }
  const char *name =
      tess_arena_format(&e->arena, "%%table_%016" PRIx64,
                        (uint64_t)tess_hash(table, sizeof table, 0));
  x = e->printer->look_up(e, suffix, name, table, x);
  x.scale = scale;
  return x;
}

tess_zoo_value_t tess_zoo_integer_add(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                      tess_zoo_value_t y) {
  double fine = tess_zoo_data_scale / headroom;
  x = e->printer->rescale(e, "add.left", "i32", x.scale / fine, x);
  y = e->printer->rescale(e, "add.right", "i32", y.scale / fine, y);
  x = e->printer->integer(e, "add.sum", false, x, y);
  x.scale = fine;
  return tess_zoo_requantise(e, "add", x, tess_zoo_data_scale);
}

tess_zoo_value_t tess_zoo_integer_scale(tess_zoo_emitter_t *e,
                                        tess_zoo_value_t x,
                                        tess_zoo_value_t y) {
  double scale = x.scale * y.scale;
  x = e->printer->rescale(e, "scale.data", "i32", 1, x);
  y = e->printer->rescale(e, "scale.gate", "i32", 1, y);
  x = e->printer->integer(e, "scale.product", true, x, y);
  x.scale = scale;
  return tess_zoo_requantise(e, "scale", x, tess_zoo_data_scale);
}
