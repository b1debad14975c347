/* Blocks of pixels by reshapes and transposes: every function splits the
 * dimensions, turns them and joins them again. */
#include "blocks.h"
#include <string.h>

/* The position of H; W is the next one. */
static int32_t height(bool nchw) { return nchw ? 2 : 1; }

static MlirValue regroup(const tess_builder_t *b, MlirValue tensor,
                         const tess_dims_t *split, const int32_t *perm,
                         const tess_dims_t *to) {
  MlirValue cut = tess_build_reshape(b, tensor, split);
  MlirValue turned = tess_build_transpose(b, cut, perm);
  return tess_build_reshape(b, turned, to);
}

MlirValue tess_blocks_to_depth(const tess_builder_t *b, MlirValue picture,
                               bool nchw, tess_block_size_t size) {
  const tess_dims_t from = tess_build_dims(picture);
  int64_t y = size.y, x = size.x, n = from.at[0];
  if (nchw) {
    int64_t c = from.at[1], h = from.at[2] / y, w = from.at[3] / x;
    const tess_dims_t split = {6, {n, c, h, y, w, x}};
    const tess_dims_t to = {4, {n, y * x * c, h, w}};
    const int32_t perm[] = {0, 3, 5, 1, 2, 4};
    return regroup(b, picture, &split, perm, &to);
  }
  int64_t h = from.at[1] / y, w = from.at[2] / x, c = from.at[3];
  const tess_dims_t split = {6, {n, h, y, w, x, c}};
  const tess_dims_t to = {4, {n, h, w, y * x * c}};
  const int32_t perm[] = {0, 1, 3, 2, 4, 5};
  return regroup(b, picture, &split, perm, &to);
}

MlirValue tess_blocks_to_space(const tess_builder_t *b, MlirValue picture,
                               bool nchw, tess_block_size_t size) {
  const tess_dims_t from = tess_build_dims(picture);
  int64_t y = size.y, x = size.x, n = from.at[0];
  if (nchw) {
    int64_t c = from.at[1] / (y * x), h = from.at[2], w = from.at[3];
    const tess_dims_t split = {6, {n, y, x, c, h, w}};
    const tess_dims_t to = {4, {n, c, h * y, w * x}};
    const int32_t perm[] = {0, 3, 4, 1, 5, 2};
    return regroup(b, picture, &split, perm, &to);
  }
  int64_t h = from.at[1], w = from.at[2], c = from.at[3] / (y * x);
  const tess_dims_t split = {6, {n, h, w, y, x, c}};
  const tess_dims_t to = {4, {n, h * y, w * x, c}};
  const int32_t perm[] = {0, 1, 3, 2, 4, 5};
  return regroup(b, picture, &split, perm, &to);
}

MlirValue tess_blocks_to_batch(const tess_builder_t *b, MlirValue picture,
                               bool nchw, tess_block_size_t size) {
  const tess_dims_t from = tess_build_dims(picture);
  int64_t y = size.y, x = size.x, n = from.at[0];
  if (nchw) {
    int64_t c = from.at[1], h = from.at[2] / y, w = from.at[3] / x;
    const tess_dims_t split = {6, {n, c, h, y, w, x}};
    const tess_dims_t to = {4, {y * x * n, c, h, w}};
    const int32_t perm[] = {3, 5, 0, 1, 2, 4};
    return regroup(b, picture, &split, perm, &to);
  }
  int64_t h = from.at[1] / y, w = from.at[2] / x, c = from.at[3];
  const tess_dims_t split = {6, {n, h, y, w, x, c}};
  const tess_dims_t to = {4, {y * x * n, h, w, c}};
  const int32_t perm[] = {2, 4, 0, 1, 3, 5};
  return regroup(b, picture, &split, perm, &to);
}

MlirValue tess_blocks_from_batch(const tess_builder_t *b, MlirValue picture,
                                 bool nchw, tess_block_size_t size) {
  const tess_dims_t from = tess_build_dims(picture);
  int64_t y = size.y, x = size.x, n = from.at[0] / (y * x);
  if (nchw) {
    int64_t c = from.at[1], h = from.at[2], w = from.at[3];
    const tess_dims_t split = {6, {y, x, n, c, h, w}};
    const tess_dims_t to = {4, {n, c, h * y, w * x}};
    const int32_t perm[] = {2, 3, 4, 0, 5, 1};
    return regroup(b, picture, &split, perm, &to);
  }
  int64_t h = from.at[1], w = from.at[2], c = from.at[3];
  const tess_dims_t split = {6, {y, x, n, h, w, c}};
  const tess_dims_t to = {4, {n, h * y, w * x, c}};
  const int32_t perm[] = {2, 3, 0, 4, 1, 5};
  return regroup(b, picture, &split, perm, &to);
}

MlirValue tess_blocks_of_filter(const tess_builder_t *b,
                                const tess_conv2d_t *conv, MlirValue filter,
                                tess_block_size_t size) {
  if (strcmp(conv->filter_layout, "HWCF")) /* FHWC, FCHW: F is where N is */
    return tess_blocks_to_depth(b, filter, conv->nchw, size);
  const tess_dims_t from = tess_build_dims(filter);
  int64_t h = from.at[0] / size.y, w = from.at[1] / size.x;
  int64_t c = from.at[2], o = from.at[3];
  const tess_dims_t split = {6, {h, size.y, w, size.x, c, o}};
  const tess_dims_t to = {4, {h, w, size.y * size.x * c, o}};
  const int32_t perm[] = {0, 2, 1, 3, 4, 5};
  return regroup(b, filter, &split, perm, &to);
}

MlirValue tess_blocks_pad(const tess_builder_t *b, MlirValue picture, bool nchw,
                          const int64_t low[2], const int64_t high[2],
                          double fill) {
  int64_t before[4] = {0}, after[4] = {0};
  if (!low[0] && !low[1] && !high[0] && !high[1])
    return picture;
  for (int i = 0; i < 2; i++) {
    before[height(nchw) + i] = low[i];
    after[height(nchw) + i] = high[i];
  }
  return tess_build_pad_with(b, picture, before, after, fill);
}

MlirValue tess_blocks_resize(const tess_builder_t *b, MlirValue picture,
                             bool nchw, int64_t h, int64_t w, double fill) {
  tess_dims_t dims = tess_build_dims(picture);
  int64_t *now = &dims.at[height(nchw)];
  const int64_t wanted[] = {h, w}, none[] = {0, 0};
  int64_t high[2] = {0, 0};
  bool cut = false;
  for (int i = 0; i < 2; i++) {
    cut = cut || now[i] > wanted[i];
    if (now[i] > wanted[i])
      now[i] = wanted[i];
    high[i] = wanted[i] - now[i];
  }
  if (cut)
    picture = tess_build_slice(b, picture, &dims);
  return tess_blocks_pad(b, picture, nchw, none, high, fill);
}
