/* Template text for moving tensors about, the same calls for TOSA and for
 * linalg on tensors. Only this folder.
 *
 * Every call appends one step to the body: it reads the value %<operand> of
 * shape `from` and defines %<result>. */
#ifndef TESSERA_LIB_REWRITE_EMIT_H
#define TESSERA_LIB_REWRITE_EMIT_H

#include "mlir-c/IR.h"
#include "tessera/base/text.h"
#include "tessera/ir/model.h"

typedef struct tess_dims {
  int32_t rank;
  int64_t at[TESS_MAX_RANK];
} tess_dims_t;

typedef struct tess_emit {
  tess_text_t body;
  bool tosa;
  MlirType like; /* a tensor of the element type */
} tess_emit_t;

/* The shape as text, "tensor<2x3xf32>", appended to the body. */
void tess_emit_type(tess_emit_t *emit, const tess_dims_t *dims);

/* `to` splits or merges neighbouring dimensions of `from`. */
void tess_emit_reshape(tess_emit_t *emit, const char *result,
                       const char *operand, const tess_dims_t *from,
                       const tess_dims_t *to);
/* Result dimension i is operand dimension perm[i]; returns its shape. */
tess_dims_t tess_emit_transpose(tess_emit_t *emit, const char *result,
                                const char *operand, const tess_dims_t *from,
                                const int32_t *perm);
/* Zeros before and after each dimension; returns the shape. */
tess_dims_t tess_emit_pad(tess_emit_t *emit, const char *result,
                          const char *operand, const tess_dims_t *from,
                          const int64_t *low, const int64_t *high);
/* The leading part of size `to`. */
void tess_emit_slice(tess_emit_t *emit, const char *result, const char *operand,
                     const tess_dims_t *from, const tess_dims_t *to);

#endif
