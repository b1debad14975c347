/* Indexing maps of a linalg op and what follows from them. Private to lib/ir.
 */
#ifndef TESSERA_IR_MAPS_H
#define TESSERA_IR_MAPS_H

#include "reading.h"

#define TESS_MAX_LOOPS 16
#define TESS_MAX_OPERANDS 16

typedef struct tess_maps {
  int32_t loop_count, operand_count;
  MlirAffineMap map[TESS_MAX_OPERANDS];
  int64_t extent[TESS_MAX_LOOPS]; /* of each loop; 0: not seen */
  /* The loops in the order of the dimensions of the first result, or of the
   * first operand that all of them run over, or else as they are written: the
   * place of each, and the extent at each place. */
  int32_t place[TESS_MAX_LOOPS];
  int64_t placed[TESS_MAX_LOOPS];
  bool in_result[TESS_MAX_LOOPS];   /* whether the first result runs over it */
  bool reduces;                     /* some loop is not in the result */
  bool computed[TESS_MAX_OPERANDS]; /* has an index that is no loop's, in a
                                       dimension longer than one */
} tess_maps_t;

/* False if the op has none, or more loops or operands than fit. */
bool tess_maps_get(MlirOperation op, tess_maps_t *maps);
/* Position of `loop` among the plain results of operand's map, or -1. */
int tess_maps_position(const tess_maps_t *maps, int operand, int loop);
/* Product of the extents, overflow-checked. */
TESS_MUST_USE tess_status_t tess_maps_iterations(tess_reading_t *r,
                                                 MlirOperation op,
                                                 const tess_maps_t *maps,
                                                 int64_t *total);
/* Whether the loops, at their places, step through the operand's elements in
 * their order, each once or repeatedly: no other index than a loop's. */
bool tess_maps_ordered(const tess_maps_t *maps, int operand);

/* An index that slides: image * stride + window * dilation, or image * stride
 * alone where the window has one element. */
typedef struct tess_sliding {
  int image, window; /* loops; window -1: none */
  int64_t stride, dilation;
} tess_sliding_t;

/* Whether the operand's map result at `position` slides, its image loop being
 * one of the result. */
bool tess_maps_sliding(const tess_maps_t *maps, int operand, int position,
                       tess_sliding_t *sliding);

/* Which dimensions of `rank` are marked, bit by bit, up to dimensions of one
 * element and to how neighbours are split: a number that is equal for equal
 * ones; never 0. */
uint64_t tess_maps_geometry(int32_t rank, const int64_t *extent,
                            uint32_t marked);

#endif
