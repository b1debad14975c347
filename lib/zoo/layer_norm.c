/* Layer norm over the columns of rows, and images as rows. */
#include "layers.h"
#include "quantised.h"
#include <inttypes.h>

/* The sum of each row over the number of columns, as a step of `map`. */
static int mean(tess_zoo_emitter_t *e, tess_zoo_map_t *map, int64_t columns,
                const char *suffix) {
  const char *name = tess_arena_format(&e->arena, "channels_%" PRId64, columns);
  int divisor = tess_zoo_constant(map, name, (double)columns);
  return tess_zoo_binary(map, TESS_ZOO_DIV, 0, divisor, suffix);
}

/* Rows less their means. */
static tess_zoo_value_t centre(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  tess_zoo_value_t sum =
      e->printer->reduce(e, "norm.sum", TESS_ZOO_SUM, 0x2, x);
  tess_zoo_map_t map = tess_zoo_map(e, 1, &sum);
  mean(e, &map, x.dims[1], "norm.mean");
  tess_zoo_value_t middle = tess_zoo_finish(e, &map, "norm.mean");
  map = tess_zoo_map(e, 2, (tess_zoo_value_t[]){x, middle});
  tess_zoo_binary(&map, TESS_ZOO_SUB, 0, 1, "norm.centred");
  return tess_zoo_finish(e, &map, "norm.centred");
}

/* 1 / sqrt(mean square + epsilon) of each row. */
static tess_zoo_value_t inverse_deviation(tess_zoo_emitter_t *e,
                                          tess_zoo_value_t x) {
  tess_zoo_map_t map = tess_zoo_map(e, 1, &x);
  tess_zoo_binary(&map, TESS_ZOO_MUL, 0, 0, "norm.square");
  tess_zoo_value_t sum =
      e->printer->reduce(e, "norm.squares", TESS_ZOO_SUM, 0x2,
                         tess_zoo_finish(e, &map, "norm.square"));
  map = tess_zoo_map(e, 1, &sum);
  int y = mean(e, &map, x.dims[1], "norm.variance");
  int epsilon = tess_zoo_constant(&map, "epsilon", e->epsilon);
  y = tess_zoo_binary(&map, TESS_ZOO_ADD, y, epsilon, "norm.shifted");
  tess_zoo_unary(&map, TESS_ZOO_RSQRT, y, "norm.rsqrt");
  return tess_zoo_finish(e, &map, "norm.rsqrt");
}

tess_zoo_value_t tess_zoo_layer_norm(tess_zoo_emitter_t *e,
                                     tess_zoo_value_t x) {
  const tess_zoo_printer_t *p = e->printer;
  int64_t n = x.dims[1];
  tess_zoo_value_t scale =
      p->vector(e, "norm.scale", e->real, TESS_ZOO_TRAINED, 2, 1, n);
  tess_zoo_value_t offset =
      p->vector(e, "norm.offset", e->real, TESS_ZOO_TRAINED, 2, 1, n);
  x = centre(e, tess_zoo_dequantise(e, "norm.real", x));
  tess_zoo_value_t root = inverse_deviation(e, x);
  tess_zoo_map_t map =
      tess_zoo_map(e, 4, (tess_zoo_value_t[]){x, root, scale, offset});
  int y = tess_zoo_binary(&map, TESS_ZOO_MUL, 0, 1, "norm.unit");
  y = tess_zoo_binary(&map, TESS_ZOO_MUL, y, 2, "norm.scaled");
  tess_zoo_binary(&map, TESS_ZOO_ADD, y, 3, "norm");
  x = tess_zoo_finish(e, &map, "norm");
  return tess_zoo_quantise(e, "norm.quantised", x, tess_zoo_data_scale);
}

tess_zoo_value_t tess_zoo_rows(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  int64_t channels = tess_zoo_channels(e, &x);
  int64_t rows = tess_zoo_elements(e, &x) / (channels ? channels : 1);
  if (e->nchw)
    x = e->printer->transpose(e, "rows.nhwc", x, (int64_t[]){0, 2, 3, 1});
  return e->printer->reshape(e, "rows", x, 2, (int64_t[]){rows, channels});
}

tess_zoo_value_t tess_zoo_unrows(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                 int64_t side) {
  const int64_t dims[] = {e->batch, side, side, x.dims[1]};
  if (!e->nchw)
    return e->printer->reshape(e, "image", x, 4, dims);
  x = e->printer->reshape(e, "image.nhwc", x, 4, dims);
  return e->printer->transpose(e, "image", x, (int64_t[]){0, 3, 1, 2});
}
