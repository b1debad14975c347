/* What the files that print TOSA share. Private to lib/zoo/tosa*.c. */
#ifndef TESSERA_LIB_ZOO_TOSA_H
#define TESSERA_LIB_ZOO_TOSA_H

#include "printer.h"

/* The constant `name` of `rank` dimensions, all elements `value`. */
tess_zoo_value_t tess_tosa_splat(tess_zoo_emitter_t *e, const char *name,
                                 const char *element, size_t rank,
                                 const int64_t *dims, double value);

/* A !tosa.shape constant. Its name is its content. */
const char *tess_tosa_shape(tess_zoo_emitter_t *e, size_t rank,
                            const int64_t *dims);

/* tosa.<op> with `attributes` ("{…}" or "") and one operand. */
void tess_tosa_unary(tess_zoo_emitter_t *e, const char *op,
                     const char *attributes, tess_zoo_value_t x,
                     tess_zoo_value_t result);

void tess_tosa_binary(tess_zoo_emitter_t *e, const char *op, tess_zoo_value_t x,
                      tess_zoo_value_t y, tess_zoo_value_t result);

/* tosa.mul has a shift operand that only integers use. */
void tess_tosa_multiply(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                        tess_zoo_value_t y, tess_zoo_value_t result);

/* The rows of the table of primitives, by file. */
tess_zoo_value_t tess_tosa_convolve(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                    const tess_zoo_conv_t *conv);
tess_zoo_value_t tess_tosa_max_pool(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                    const tess_zoo_conv_t *window);
tess_zoo_value_t tess_tosa_map(tess_zoo_emitter_t *e, const char *suffix,
                               const tess_zoo_map_t *map);
tess_zoo_value_t tess_tosa_reduce(tess_zoo_emitter_t *e, const char *suffix,
                                  tess_zoo_reduction_t reduction, unsigned axes,
                                  tess_zoo_value_t x);
tess_zoo_value_t tess_tosa_reshape(tess_zoo_emitter_t *e, const char *suffix,
                                   tess_zoo_value_t x, size_t rank,
                                   const int64_t *dims);
tess_zoo_value_t tess_tosa_transpose(tess_zoo_emitter_t *e, const char *suffix,
                                     tess_zoo_value_t x, const int64_t *order);
tess_zoo_value_t tess_tosa_slice(tess_zoo_emitter_t *e, const char *suffix,
                                 tess_zoo_value_t x, const int64_t *start,
                                 const int64_t *size);
tess_zoo_value_t tess_tosa_concat(tess_zoo_emitter_t *e, const char *suffix,
                                  size_t axis, size_t count,
                                  const tess_zoo_value_t *parts);
tess_zoo_value_t tess_tosa_repeat(tess_zoo_emitter_t *e, const char *suffix,
                                  tess_zoo_value_t x, int64_t count);
tess_zoo_value_t tess_tosa_gather(tess_zoo_emitter_t *e, const char *suffix,
                                  tess_zoo_value_t table,
                                  tess_zoo_value_t rows);
tess_zoo_value_t tess_tosa_future(tess_zoo_emitter_t *e, const char *suffix,
                                  int64_t n);
tess_zoo_value_t tess_tosa_rescale(tess_zoo_emitter_t *e, const char *suffix,
                                   const char *element, double ratio,
                                   tess_zoo_value_t x);
tess_zoo_value_t tess_tosa_integer(tess_zoo_emitter_t *e, const char *suffix,
                                   bool multiply, tess_zoo_value_t x,
                                   tess_zoo_value_t y);
tess_zoo_value_t tess_tosa_look_up(tess_zoo_emitter_t *e, const char *suffix,
                                   const char *name, const int8_t *table,
                                   tess_zoo_value_t x);
tess_zoo_value_t tess_tosa_clamp(tess_zoo_emitter_t *e, const char *suffix,
                                 int least, int most, tess_zoo_value_t x);

#endif
