/* Layers that the walkers put together, for every dialect, layout and element
 * type. Names go by e->scope. Private to lib/zoo. */
#ifndef TESSERA_LIB_ZOO_LAYERS_H
#define TESSERA_LIB_ZOO_LAYERS_H

#include "printer.h"

/* The function's first argument: an image of three channels. */
tess_zoo_value_t tess_zoo_picture(tess_zoo_emitter_t *e);

/* `conv` padded like PyTorch's kernel / 2 … or, where `valid`, not at all. i8
 * stays i8, and has a bias. */
tess_zoo_value_t tess_zoo_convolve(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                   tess_zoo_conv_t conv, bool valid);

tess_zoo_value_t tess_zoo_activate(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                   tess_zoo_function_t function);

/* Convolution, batch norm (folded into the convolution where quantised) and
 * activation. */
tess_zoo_value_t tess_zoo_unit(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               tess_zoo_conv_t conv,
                               tess_zoo_function_t function);

tess_zoo_value_t tess_zoo_max_pool(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                   int64_t kernel, int64_t stride);

/* Mean over the pixels, which stay with size 1. */
tess_zoo_value_t tess_zoo_mean_pool(tess_zoo_emitter_t *e, tess_zoo_value_t x);

/* An image of one pixel as rows for tess_zoo_linear. */
tess_zoo_value_t tess_zoo_flatten(tess_zoo_emitter_t *e, tess_zoo_value_t x);

/* Squeeze-and-excite below `scope`: x times a gate of itself. */
tess_zoo_value_t tess_zoo_squeeze(tess_zoo_emitter_t *e, const char *scope,
                                  tess_zoo_value_t x, int64_t width,
                                  tess_zoo_function_t function,
                                  tess_zoo_function_t gate);

tess_zoo_value_t tess_zoo_add(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                              tess_zoo_value_t y);

/* The result of a product as data: not the f32 or i32 that it was summed in. */
tess_zoo_value_t tess_zoo_narrow(tess_zoo_emitter_t *e, const char *suffix,
                                 tess_zoo_value_t x);

/* Rows times a weight, plus a bias: two dimensions. */
tess_zoo_value_t tess_zoo_linear(tess_zoo_emitter_t *e, const char *suffix,
                                 tess_zoo_value_t x, int64_t columns);

/* Of each row: mean 0 and variance 1, then a scale and an offset a column. In
 * f32 where the data is quantised. */
tess_zoo_value_t tess_zoo_layer_norm(tess_zoo_emitter_t *e, tess_zoo_value_t x);

/* An image as rows of channels, a pixel each, and back. */
tess_zoo_value_t tess_zoo_rows(tess_zoo_emitter_t *e, tess_zoo_value_t x);
tess_zoo_value_t tess_zoo_unrows(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                 int64_t side);

/* Sizes from multipliers; `ratio` in TESS_ZOO_ONE. Channels go to the nearest
 * multiple of 8 that is not below nine tenths, at least 8 (Howard et al.,
 * MobileNets' reference code; EfficientNet's round_filters); layers up. */
int64_t tess_zoo_scale_channels(int64_t channels, int64_t ratio);
int64_t tess_zoo_scale_layers(int64_t layers, int64_t ratio);
/* Heads or groups: to the nearest, at least 1. */
int64_t tess_zoo_scale_count(int64_t count, int64_t ratio);

#endif
