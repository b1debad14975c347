/* Two convolutions in a row, with norms and activations between them, that one
 * may stand for. Only files of this folder include it. */
#ifndef TESSERA_LIB_REWRITE_CONV_PATH_H
#define TESSERA_LIB_REWRITE_CONV_PATH_H

#include "convolve.h"
#include "match.h"

typedef struct tess_conv_path {
  tess_conv2d_t conv, before; /* the second one, and the one before it */
  int32_t before_node;
  int32_t pad;    /* the tensor.pad before a linalg `conv`, or TESS_NONE */
  int32_t *nodes; /* malloc'd: from `conv` back to `before` */
  int32_t node_count;
  size_t node_capacity;
  int64_t axis[4]; /* of the value reached: each axis of the data of `conv` */
} tess_conv_path_t;

/* The path from the convolution `node` back to the one whose result it reads,
 * of the same form and type, if nobody else reads what is between. Where it is
 * found, the caller frees it. */
bool tess_conv_path_find(const tess_model_t *model, int32_t node,
                         tess_conv_path_t *path);
/* The same for the expansion and depthwise convolution of an inverted
 * bottleneck: `before` is pointwise, and a dense convolution in place of both
 * can be counted. */
bool tess_conv_path_find_mbconv(const tess_model_t *model, int32_t node,
                                tess_conv_path_t *path);
void tess_conv_path_free(tess_conv_path_t *path);

/* Whether a dense convolution of this window and result size can be counted. */
bool tess_conv_path_fits(const tess_conv2d_t *window, int64_t inputs,
                         int64_t outputs);

/* Dense, of window and stride 1, without padding. */
bool tess_conv_is_pointwise(const tess_conv2d_t *conv);

/* What a pointwise `before` reads, padded as the data of `conv` is. */
MlirValue tess_conv_path_input(const tess_model_t *model,
                               const tess_conv_path_t *path,
                               const tess_builder_t *b);

/* One dense convolution with the window of `conv` in place of a pointwise
 * `before`, what is between them, and `conv`. The new weight is named after
 * `rewrite`. */
void tess_conv_path_fuse_before(const tess_model_t *model,
                                const tess_conv_path_t *path,
                                const char *rewrite);

#endif
