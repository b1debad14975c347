/* Cutting pictures and filters into blocks of pixels, and putting pictures
 * together again, as reshapes and transposes of the builder's dialect. A
 * picture is NHWC or NCHW. Only files of this folder include it. */
#ifndef TESSERA_LIB_REWRITE_BLOCKS_H
#define TESSERA_LIB_REWRITE_BLOCKS_H

#include "build.h"
#include "match.h"

/* Height and width of blocks, in pixels. Sizes of what is cut are multiples. */
typedef struct tess_block_size {
  int64_t y, x;
} tess_block_size_t;

/* Space to depth: N (H y) (W x) C -> N H W (y x C), and alike for NCHW. */
MlirValue tess_blocks_to_depth(const tess_builder_t *b, MlirValue picture,
                               bool nchw, tess_block_size_t size);
/* Depth to space, the inverse. */
MlirValue tess_blocks_to_space(const tess_builder_t *b, MlirValue picture,
                               bool nchw, tess_block_size_t size);

/* Space to batch: N (H y) (W x) C -> (y x N) H W C, and alike for NCHW: the
 * pixels of one place in their blocks become a picture. */
MlirValue tess_blocks_to_batch(const tess_builder_t *b, MlirValue picture,
                               bool nchw, tess_block_size_t size);
/* Batch to space, the inverse. */
MlirValue tess_blocks_from_batch(const tess_builder_t *b, MlirValue picture,
                                 bool nchw, tess_block_size_t size);

/* A filter in the convolution's layout: (H y) (W x) C -> H W (y x C). */
MlirValue tess_blocks_of_filter(const tess_builder_t *b,
                                const tess_conv2d_t *conv, MlirValue filter,
                                tess_block_size_t size);

/* Cuts or pads after height and width, so that they are `h` and `w`. */
MlirValue tess_blocks_resize(const tess_builder_t *b, MlirValue picture,
                             bool nchw, int64_t h, int64_t w, double fill);
/* `fill` before and after height and width; the value itself where all four
 * are 0. */
MlirValue tess_blocks_pad(const tess_builder_t *b, MlirValue picture, bool nchw,
                          const int64_t low[2], const int64_t high[2],
                          double fill);

#endif
