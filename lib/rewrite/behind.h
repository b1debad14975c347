/* What lies behind a convolution whose result a rewrite moves: the move parts
 * it from the element-wise nodes behind it, which may then fuse with what reads
 * them, so that a site is about that too. Only files of this folder. */
#ifndef TESSERA_LIB_REWRITE_BEHIND_H
#define TESSERA_LIB_REWRITE_BEHIND_H

#include "tessera/ir/model.h"

/* Nodes of a site. */
#define TESS_BEHIND_MOST 32
typedef struct tess_behind {
  int32_t at[TESS_BEHIND_MOST];
  int32_t count;
} tess_behind_t;

/* Adds all nodes that read the result of `conv`, which is among `nodes`, or
 * what element-wise nodes, views and pads make of it. False where they are
 * many, or an element-wise one reads other activations, with whose kernels it
 * may fuse as well. */
bool tess_behind_add(const tess_model_t *model, int32_t conv,
                     tess_behind_t *nodes);

#endif
