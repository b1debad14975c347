/* Giving one dimension another size, in every op that it goes through: from the
 * contraction that makes it to those that sum over it. Ops are cloned with new
 * shapes, weights of the old size become new arguments of the function. Only
 * files of this folder include it. */
#ifndef TESSERA_LIB_REWRITE_RESIZE_H
#define TESSERA_LIB_REWRITE_RESIZE_H

#include "mlir-c/IR.h"
#include "tessera/ir/model.h"

typedef struct tess_resize {
  const tess_model_t *model;
  int64_t size;    /* of the dimension, 2 or more */
  int32_t *nodes;  /* that work on it, in program order */
  int32_t working; /* those that are not prepared, which come first */
  int32_t node_count;
  int8_t *dimension; /* by value: which one it is, or TESS_NONE */
} tess_resize_t;

/* Follows a dimension of a value that a node makes. False, and nothing to free,
 * where an op on the way takes no other size, where it reaches what the
 * function takes or returns, more than a few contractions, or weights that
 * somebody else reads too. */
bool tess_resize_follow(const tess_model_t *model, int32_t value,
                        int32_t dimension, tess_resize_t *resize);
void tess_resize_free(tess_resize_t *resize);

/* Whether all that has the dimension can be counted with another size. */
bool tess_resize_fits(const tess_resize_t *resize, int64_t size);

/* Multiply-accumulates of the contractions that it goes through. */
int64_t tess_resize_macs(const tess_resize_t *resize);

/* Gives it another size. New arguments are named after `rewrite` and after what
 * they replace. */
void tess_resize_apply(const tess_resize_t *resize, int64_t size,
                       const char *rewrite);

#endif
