/* Questions that several rules ask about a model. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_MATCH_H
#define TESSERA_LIB_REWRITE_MATCH_H

#include "tessera/ir/model.h"

/* The node that makes `value`, or TESS_NONE for arguments and constants. */
int32_t tess_match_producer(const tess_model_t *model, int32_t value);

/* Whether exactly one node reads `value` and it is not returned. */
bool tess_match_single_use(const tess_model_t *model, int32_t value);

/* The chain whose output is `value`, or NULL. */
const tess_chain_t *tess_match_chain(const tess_model_t *model, int32_t value);

/* Whether all reads of `value` are by nodes of `chain`. */
bool tess_match_only_read_by(const tess_model_t *model, int32_t value,
                             const tess_chain_t *chain);

/* Whether a node is this op ("tosa.conv2d"). */
bool tess_match_op(const tess_node_t *node, const char *name);

/* A 2-D contraction's description. */
typedef struct tess_conv2d {
  bool tosa;                     /* else a named linalg op */
  bool nchw;                     /* linalg only */
  int64_t n, c, h, w, oh, ow, o; /* h, w: of the operand that the op reads */
  int64_t kh, kw, sh, sw;
  int64_t top, bottom, left, right; /* padding that the op itself does */
} tess_conv2d_t;

/* Fills `conv` for a CONV or DEPTHWISE node that is a 2-D tosa or named linalg
 * op without dilation and groups (depthwise aside) on floating-point tensors;
 * false otherwise. */
bool tess_match_conv2d(const tess_node_t *node, tess_conv2d_t *conv);

/* The node that makes `value` if it is a tensor.pad of zeros in height and
 * width alone, read once; TESS_NONE otherwise. */
int32_t tess_match_spatial_pad(const tess_model_t *model, int32_t value,
                               bool nchw);

/* The kernel of a dense convolution like `node`'s, from `inputs` to `outputs`
 * channels, without bytes and vector work; the products must be countable. */
tess_kernel_t tess_match_dense(const tess_node_t *node, int64_t inputs,
                               int64_t outputs);

/* Whether a tensor of this shape, or this many operations, can be counted with
 * room to spare: rewritten models are larger than those that were read. */
bool tess_match_fits(const int64_t *sizes, int count);

#endif
