/* Walks networks of bottlenecks: ResNet and ResNeXt. */
#include "layers.h"
#include <inttypes.h>

/* He et al., arXiv 1512.03385, table 1, with the stride in the 3x3 as in
 * torchvision. */
const tess_zoo_residual_t tess_zoo_resnet_50 = {.stem = 64,
                                                .classes = 1000,
                                                .groups = 1,
                                                .group_width = 64,
                                                .layers = {3, 4, 6, 3}};

/* Xie et al., arXiv 1611.05431, table 1: 32x4d. */
const tess_zoo_residual_t tess_zoo_resnext_50 = {.stem = 64,
                                                 .classes = 1000,
                                                 .groups = 32,
                                                 .group_width = 4,
                                                 .layers = {3, 4, 6, 3}};

typedef struct bottleneck {
  const char *scope;
  int64_t stride, groups, inner, outer; /* channels between and behind */
} bottleneck_t;

static tess_zoo_value_t part(tess_zoo_emitter_t *e, const bottleneck_t *b,
                             const char *name, tess_zoo_value_t x,
                             tess_zoo_conv_t conv,
                             tess_zoo_function_t function) {
  tess_zoo_scope(e, "%s.%s", b->scope, name);
  return tess_zoo_unit(e, x, conv, function);
}

static tess_zoo_value_t walk_bottleneck(tess_zoo_emitter_t *e,
                                        const bottleneck_t *b,
                                        tess_zoo_value_t x) {
  tess_zoo_conv_t reduce = {.kernel = 1, .stride = 1, .channels = b->inner};
  tess_zoo_conv_t spatial = {.kernel = 3,
                             .stride = b->stride,
                             .channels = b->inner,
                             .groups = b->groups};
  tess_zoo_conv_t expand = {.kernel = 1, .stride = 1, .channels = b->outer};
  tess_zoo_conv_t shortcut = expand;
  shortcut.stride = b->stride;
  tess_zoo_value_t y = part(e, b, "reduce", x, reduce, TESS_ZOO_RELU);
  y = part(e, b, "spatial", y, spatial, TESS_ZOO_RELU);
  y = part(e, b, "expand", y, expand, TESS_ZOO_LINEAR);
  if (b->stride > 1 || tess_zoo_channels(e, &x) != b->outer)
    x = part(e, b, "shortcut", x, shortcut, TESS_ZOO_LINEAR);
  tess_zoo_scope(e, "%s", b->scope);
  return tess_zoo_activate(e, tess_zoo_add(e, y, x), TESS_ZOO_RELU);
}

static tess_zoo_value_t walk_stage(tess_zoo_emitter_t *e,
                                   const tess_zoo_residual_t *net, int s,
                                   tess_zoo_value_t x) {
  const int64_t base = 64, growth = 4; /* inner and outer of a plain block */
  bottleneck_t b = {.groups = 1, .stride = s ? 2 : 1};
  b.inner = tess_zoo_scale_channels(net->group_width << s, e->width);
  b.outer = tess_zoo_scale_channels((base * growth) << s, e->width);
  if (net->groups > 1) {
    b.groups = tess_zoo_scale_count(net->groups, e->width);
    b.inner = b.groups * (net->group_width << s);
  }
  int64_t layers = tess_zoo_scale_layers(net->layers[s], e->depth);
  for (int64_t i = 0; i < layers; i++) {
    b.scope = tess_arena_format(&e->arena, "stage%d.block%" PRId64, s + 1, i);
    x = walk_bottleneck(e, &b, x);
    b.stride = 1;
  }
  return x;
}

void tess_zoo_walk_residual(tess_zoo_emitter_t *e) {
  const tess_zoo_residual_t *net = e->network->residual;
  tess_zoo_conv_t stem = {.kernel = 7,
                          .stride = 2,
                          .channels =
                              tess_zoo_scale_channels(net->stem, e->width)};
  tess_zoo_value_t x = tess_zoo_picture(e);
  tess_zoo_scope(e, "stem");
  x = tess_zoo_unit(e, x, stem, TESS_ZOO_RELU);
  tess_zoo_scope(e, "pool");
  x = tess_zoo_max_pool(e, x, 3, 2);
  for (int s = 0; s < 4; s++)
    x = walk_stage(e, net, s, x);
  tess_zoo_scope(e, "classifier");
  x = tess_zoo_flatten(e, tess_zoo_mean_pool(e, x));
  tess_zoo_return(e, tess_zoo_linear(e, "logits", x, net->classes));
}
