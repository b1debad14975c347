/* Random inputs under which a network stays sane: private to lib/measure. */
#ifndef TESSERA_LIB_MEASURE_INPUTS_H
#define TESSERA_LIB_MEASURE_INPUTS_H

#include "mlir-c/IR.h"
#include "tessera/codegen/jit.h"

/* How an argument is drawn. */
typedef struct tess_draw {
  double centre, spread;
  bool uniform; /* centre +- spread; else normal */
  bool filter;  /* of a contraction: scales what comes out */
  bool data;    /* what the model is asked about, no weight */
} tess_draw_t;

/* One draw for each of `count` arguments, from the roles that the reader
 * finds; by shape alone where it cannot read the function. */
void tess_draws_choose(MlirOperation function, const tess_tensor_t *arguments,
                       int32_t count, tess_draw_t *draws);

/* Fills `tensor` from the generator `stream` of `seed`. Integers are small. */
void tess_draw_fill(const tess_tensor_t *tensor, const tess_draw_t *draw,
                    uint64_t seed, uint64_t stream);

#endif
