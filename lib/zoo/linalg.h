/* What the files that print linalg share. Private to lib/zoo/linalg*.c. */
#ifndef TESSERA_LIB_ZOO_LINALG_H
#define TESSERA_LIB_ZOO_LINALG_H

#include "printer.h"

/* A linalg.generic. Its body reads input i as %x0, %x1 … (f32, or an integer as
 * it is) and the output's old content as %acc, and defines %y. */
typedef struct tess_linalg_generic {
  size_t rank;
  unsigned reductions; /* bit i: iterator i */
  tess_zoo_value_t inputs[TESS_ZOO_OPERANDS];
  const char *maps[TESS_ZOO_OPERANDS];
  int input_count;
  bool integer;            /* inputs are not converted */
  const char *result_map;  /* NULL: the identity */
  const char *accumulator; /* what the output starts from; NULL: nothing */
} tess_linalg_generic_t;

/* The alias of the map of an operand `x` that is broadcast to `shape`. */
const char *tess_linalg_map_of(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               const tess_zoo_value_t *shape);

/* The same of a result that stays 1 along the axes in `zero`. */
const char *tess_linalg_map_without(tess_zoo_emitter_t *e, size_t rank,
                                    unsigned zero);

/* Everything up to the body, and everything after it: `y` is what the body
 * computed, an f32 or, of integers, what is yielded. */
void tess_linalg_begin(tess_zoo_emitter_t *e, const tess_linalg_generic_t *g,
                       tess_zoo_value_t result);
void tess_linalg_end(tess_zoo_emitter_t *e, tess_zoo_value_t result,
                     const char *y, bool integer);

/* A scalar constant before the body. `value` as text. */
void tess_linalg_constant(tess_zoo_emitter_t *e, const char *name,
                          const char *element, const char *value);
void tess_linalg_number(tess_zoo_emitter_t *e, const char *name, double value);

/* "<result>.empty" */
const char *tess_linalg_empty(tess_zoo_emitter_t *e, tess_zoo_value_t result);

/* "<result>.zero" or of another suffix: `constant` everywhere. */
const char *tess_linalg_fill(tess_zoo_emitter_t *e, tess_zoo_value_t result,
                             const char *suffix, const char *constant);

/* Zeros to accumulate `result` (f32 or i32) in. */
const char *tess_linalg_zeros(tess_zoo_emitter_t *e, tess_zoo_value_t result);

/* What a maximum of `element` starts from. */
const char *tess_linalg_least(const char *element);

/* The type that products of `element` accumulate in. */
const char *tess_linalg_wide(const char *element);

tess_zoo_value_t tess_linalg_convolve(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                      const tess_zoo_conv_t *conv);
tess_zoo_value_t tess_linalg_max_pool(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                      const tess_zoo_conv_t *window);
tess_zoo_value_t tess_linalg_map(tess_zoo_emitter_t *e, const char *suffix,
                                 const tess_zoo_map_t *map);
tess_zoo_value_t tess_linalg_reduce(tess_zoo_emitter_t *e, const char *suffix,
                                    tess_zoo_reduction_t reduction,
                                    unsigned axes, tess_zoo_value_t x);
tess_zoo_value_t tess_linalg_reshape(tess_zoo_emitter_t *e, const char *suffix,
                                     tess_zoo_value_t x, size_t rank,
                                     const int64_t *dims);
tess_zoo_value_t tess_linalg_transpose(tess_zoo_emitter_t *e,
                                       const char *suffix, tess_zoo_value_t x,
                                       const int64_t *order);
tess_zoo_value_t tess_linalg_slice(tess_zoo_emitter_t *e, const char *suffix,
                                   tess_zoo_value_t x, const int64_t *start,
                                   const int64_t *size);
tess_zoo_value_t tess_linalg_concat(tess_zoo_emitter_t *e, const char *suffix,
                                    size_t axis, size_t count,
                                    const tess_zoo_value_t *parts);
tess_zoo_value_t tess_linalg_repeat(tess_zoo_emitter_t *e, const char *suffix,
                                    tess_zoo_value_t x, int64_t count);
tess_zoo_value_t tess_linalg_gather(tess_zoo_emitter_t *e, const char *suffix,
                                    tess_zoo_value_t table,
                                    tess_zoo_value_t rows);
tess_zoo_value_t tess_linalg_future(tess_zoo_emitter_t *e, const char *suffix,
                                    int64_t n);
tess_zoo_value_t tess_linalg_rescale(tess_zoo_emitter_t *e, const char *suffix,
                                     const char *element, double ratio,
                                     tess_zoo_value_t x);
tess_zoo_value_t tess_linalg_integer(tess_zoo_emitter_t *e, const char *suffix,
                                     bool multiply, tess_zoo_value_t x,
                                     tess_zoo_value_t y);
tess_zoo_value_t tess_linalg_look_up(tess_zoo_emitter_t *e, const char *suffix,
                                     const char *name, const int8_t *table,
                                     tess_zoo_value_t x);
tess_zoo_value_t tess_linalg_clamp(tess_zoo_emitter_t *e, const char *suffix,
                                   int least, int most, tess_zoo_value_t x);

#endif
