/* Quantised arithmetic with i8 data: symmetric, one scale a value. Private to
 * lib/zoo. */
#ifndef TESSERA_LIB_ZOO_QUANTISED_H
#define TESSERA_LIB_ZOO_QUANTISED_H

#include "map.h"

/* multiplier * 2^-shift, multiplier from 2^30 to 2^31 - 1. */
typedef struct tess_zoo_ratio {
  int32_t multiplier;
  int shift;
} tess_zoo_ratio_t;

tess_zoo_ratio_t tess_zoo_ratio(double ratio);

/* "dense<[…]> : tensor<256xi8>" */
void tess_zoo_add_table(tess_text_t *text, const int8_t *table);

/* What 1 stands for in an activation: 127 is about four standard deviations of
 * normalised data; and where values are at most 1. */
extern const double tess_zoo_data_scale, tess_zoo_unit_scale;

/* What 1 stands for in a weight of this fan-in, so that a sum over uniformly
 * spread i8 weights and data of variance 1 has a variance of about 1 behind
 * the next activation. */
double tess_zoo_weight_scale(int64_t fan_in);

/* An i32 or i8 as i8 of `scale`. */
tess_zoo_value_t tess_zoo_requantise(tess_zoo_emitter_t *e, const char *suffix,
                                     tess_zoo_value_t x, double scale);

/* f32 from i8 or i32, and i8 of `scale` from f32; others are left alone. */
tess_zoo_value_t tess_zoo_dequantise(tess_zoo_emitter_t *e, const char *suffix,
                                     tess_zoo_value_t x);
tess_zoo_value_t tess_zoo_quantise(tess_zoo_emitter_t *e, const char *suffix,
                                   tess_zoo_value_t x, double scale);

/* The program, whose only input is i8, as a table; the result has `scale`. */
tess_zoo_value_t tess_zoo_tabulate(tess_zoo_emitter_t *e, const char *suffix,
                                   const tess_zoo_map_t *map, double scale);

/* x + y and x * y of i8. */
tess_zoo_value_t tess_zoo_integer_add(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                      tess_zoo_value_t y);
tess_zoo_value_t tess_zoo_integer_scale(tess_zoo_emitter_t *e,
                                        tess_zoo_value_t x, tess_zoo_value_t y);

#endif
