/* Walks ConvNeXt: depthwise 7x7, layer norm, and two products a block. */
#include "layers.h"
#include "quantised.h"
#include <inttypes.h>

/* Liu et al., arXiv 2201.03545: ConvNeXt-T. */
const tess_zoo_convnext_t tess_zoo_convnext_tiny = {
    .classes = 1000, .layers = {3, 3, 9, 3}, .channels = {96, 192, 384, 768}};

/* x times a factor of each channel, which is learned. */
static tess_zoo_value_t scale_channels(tess_zoo_emitter_t *e,
                                       tess_zoo_value_t x) {
  tess_zoo_value_t factor = e->printer->vector(
      e, "scale", e->real, TESS_ZOO_TRAINED, 2, 1, x.dims[1]);
  x = tess_zoo_dequantise(e, "real", x);
  tess_zoo_map_t map = tess_zoo_map(e, 2, (tess_zoo_value_t[]){x, factor});
  tess_zoo_binary(&map, TESS_ZOO_MUL, 0, 1, "scaled");
  x = tess_zoo_finish(e, &map, "scaled");
  return tess_zoo_quantise(e, "quantised", x, tess_zoo_data_scale);
}

static tess_zoo_value_t walk_block(tess_zoo_emitter_t *e, const char *scope,
                                   tess_zoo_value_t x) {
  int64_t channels = tess_zoo_channels(e, &x), side = tess_zoo_side(e, &x);
  tess_zoo_conv_t depthwise = {.depthwise = true,
                               .bias = true,
                               .kernel = 7,
                               .stride = 1,
                               .channels = channels};
  tess_zoo_scope(e, "%s.depthwise", scope);
  tess_zoo_value_t y = tess_zoo_convolve(e, x, depthwise, false);
  y = tess_zoo_layer_norm(e, tess_zoo_rows(e, y));
  tess_zoo_scope(e, "%s.expand", scope);
  y = tess_zoo_linear(e, "linear", y, 4 * channels);
  y = tess_zoo_activate(e, y, TESS_ZOO_GELU);
  tess_zoo_scope(e, "%s.project", scope);
  y = scale_channels(e, tess_zoo_linear(e, "linear", y, channels));
  y = tess_zoo_unrows(e, y, side);
  tess_zoo_scope(e, "%s", scope);
  return tess_zoo_add(e, y, x);
}

static tess_zoo_value_t norm_image(tess_zoo_emitter_t *e, tess_zoo_value_t x) {
  int64_t side = tess_zoo_side(e, &x);
  x = tess_zoo_layer_norm(e, tess_zoo_rows(e, x));
  return tess_zoo_unrows(e, x, side);
}

void tess_zoo_walk_convnext(tess_zoo_emitter_t *e) {
  const tess_zoo_convnext_t *net = e->network->convnext;
  tess_zoo_conv_t conv = {.bias = true};
  tess_zoo_value_t x = tess_zoo_picture(e);
  for (int s = 0; s < 4; s++) {
    if (s)
      tess_zoo_scope(e, "stage%d.reduce", s + 1);
    else
      tess_zoo_scope(e, "stem");
    conv.kernel = conv.stride = s ? 2 : 4;
    conv.channels = tess_zoo_scale_channels(net->channels[s], e->width);
    if (s)
      x = norm_image(e, x);
    x = tess_zoo_convolve(e, x, conv, true);
    if (!s)
      x = norm_image(e, x);
    int64_t layers = tess_zoo_scale_layers(net->layers[s], e->depth);
    for (int64_t i = 0; i < layers; i++)
      x = walk_block(
          e, tess_arena_format(&e->arena, "stage%d.block%" PRId64, s + 1, i),
          x);
  }
  tess_zoo_scope(e, "classifier");
  x = tess_zoo_mean_pool(e, x);
  x = tess_zoo_layer_norm(e, tess_zoo_rows(e, x));
  tess_zoo_return(e, tess_zoo_linear(e, "logits", x, net->classes));
}
