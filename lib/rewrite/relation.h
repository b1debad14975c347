/* Which dimensions of an op's tensors are one and the same: what has to get
 * another size together. Only files of this folder include it. */
#ifndef TESSERA_LIB_REWRITE_RELATION_H
#define TESSERA_LIB_REWRITE_RELATION_H

#include "mlir-c/IR.h"
#include "tessera/ir/model.h"

enum {
  TESS_RELATION_TENSORS = 12,
  TESS_DIMENSION_ONE = -1,  /* of size 1, spread over the result's */
  TESS_DIMENSION_FIXED = -2 /* the op takes no other size there */
};

/* The tensors are the node's inputs in order, then its output. Dimensions with
 * the same number, from 0 to 31, are one. */
typedef struct tess_relation {
  int32_t tensors;
  int32_t value[TESS_RELATION_TENSORS];
  int8_t of[TESS_RELATION_TENSORS][TESS_MAX_RANK];
} tess_relation_t;

/* False where nothing is known of the op, or where it is more than one node. */
bool tess_relation_find(const tess_model_t *model, int32_t node,
                        tess_relation_t *relation);

#endif
