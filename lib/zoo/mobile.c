/* Walks networks of inverted bottlenecks: EfficientNet, EfficientNet-X,
 * MobileNet and their kin. */
#include "layers.h"
#include <inttypes.h>

/* One block: where it stands and what its sizes are. */
typedef struct block {
  const tess_zoo_mobile_t *net;
  const tess_zoo_stage_t *stage;
  const char *scope;
  int64_t stride, kernel, nominal, hidden, channels, squeeze;
} block_t;

static int64_t scaled(const tess_zoo_emitter_t *e, int64_t channels) {
  return tess_zoo_scale_channels(channels, e->width);
}

static int64_t at_least_one(int64_t n) { return n > 1 ? n : 1; }

/* A layer of the block, named after its part. */
static tess_zoo_value_t part(tess_zoo_emitter_t *e, const block_t *b,
                             const char *name, tess_zoo_value_t x,
                             tess_zoo_conv_t conv,
                             tess_zoo_function_t function) {
  tess_zoo_scope(e, "%s.%s", b->scope, name);
  return tess_zoo_unit(e, x, conv, function);
}

static tess_zoo_value_t expand(tess_zoo_emitter_t *e, const block_t *b,
                               tess_zoo_value_t x) {
  tess_zoo_function_t function = b->stage->activation;
  tess_zoo_conv_t fused = {
      .kernel = b->kernel, .stride = b->stride, .channels = b->hidden};
  if (b->stage->block == TESS_ZOO_FUSED)
    return part(e, b, "fused", x, fused, function);
  tess_zoo_conv_t expand = {.kernel = 1, .stride = 1, .channels = b->hidden};
  tess_zoo_conv_t depthwise = fused;
  depthwise.depthwise = true;
  if (b->hidden != tess_zoo_channels(e, &x))
    x = part(e, b, "expand", x, expand, function);
  return part(e, b, "depthwise", x, depthwise, function);
}

static tess_zoo_value_t walk_block(tess_zoo_emitter_t *e, const block_t *b,
                                   tess_zoo_value_t x) {
  tess_zoo_conv_t project = {.kernel = 1, .stride = 1, .channels = b->channels};
  tess_zoo_function_t function = b->net->squeeze_activation;
  tess_zoo_value_t y = expand(e, b, x);
  if (b->stage->squeeze)
    y = tess_zoo_squeeze(e, b->scope, y, b->squeeze,
                         function == TESS_ZOO_LINEAR ? b->stage->activation
                                                     : function,
                         b->net->gate);
  y = part(e, b, "project", y, project, TESS_ZOO_LINEAR);
  tess_zoo_scope(e, "%s", b->scope);
  bool residual = !b->stage->plain && b->stride == 1 &&
                  tess_zoo_channels(e, &x) == b->channels;
  return residual ? tess_zoo_add(e, y, x) : y;
}

/* The channels between and the squeeze's width. */
static void size_block(const tess_zoo_emitter_t *e, block_t *b) {
  const tess_zoo_stage_t *stage = b->stage;
  b->hidden =
      stage->hidden ? scaled(e, stage->hidden) : b->nominal * stage->expansion;
  b->squeeze = b->net->squeeze_of_hidden
                   ? tess_zoo_scale_channels(b->hidden / 4, TESS_ZOO_ONE)
                   : b->nominal * e->network->squeeze_quarters / 4;
  b->squeeze = at_least_one(b->squeeze);
}

/* Four times the channels on a quarter of the pixels; the block goes on as it
 * would have, with a kernel of half the size. */
static tess_zoo_value_t reshape(tess_zoo_emitter_t *e, block_t *b,
                                tess_zoo_value_t x, bool first) {
  b->kernel = (b->kernel + 1) / 2;
  b->channels *= 4;
  if (!first)
    return x;
  b->nominal *= 4;
  b->hidden *= 4;
  tess_zoo_conv_t gather = {.kernel = 2, .stride = 2, .channels = b->nominal};
  return part(e, b, "reshape", x, gather, b->stage->activation);
}

static tess_zoo_value_t walk_stage(tess_zoo_emitter_t *e,
                                   const tess_zoo_mobile_t *net, int s,
                                   tess_zoo_value_t x) {
  const tess_zoo_stage_t *stage = &net->stages[s];
  int64_t layers = tess_zoo_scale_layers(stage->layers, e->depth);
  for (int64_t i = 0; i < layers; i++) {
    bool first = i == 0;
    block_t b = {.net = net,
                 .stage = stage,
                 .stride = first ? stage->stride : 1,
                 .kernel = stage->kernel,
                 .nominal = tess_zoo_channels(e, &x),
                 .channels = scaled(e, stage->channels),
                 .scope = tess_arena_format(&e->arena, "stage%d.block%" PRId64,
                                            s + 1, i)};
    if (first && stage->nominal)
      b.nominal = scaled(e, stage->nominal);
    size_block(e, &b);
    if (stage->block == TESS_ZOO_RESHAPED)
      x = reshape(e, &b, x, first);
    x = walk_block(e, &b, x);
  }
  return x;
}

void tess_zoo_walk_mobile(tess_zoo_emitter_t *e) {
  const tess_zoo_mobile_t *net = e->network->mobile;
  tess_zoo_conv_t stem = {
      .kernel = 3, .stride = 2, .channels = scaled(e, net->stem)};
  tess_zoo_conv_t head = {
      .kernel = 1, .stride = 1, .channels = scaled(e, net->head)};
  if (net->head_never_narrows && head.channels < net->head)
    head.channels = net->head;
  tess_zoo_value_t x = tess_zoo_picture(e);
  tess_zoo_scope(e, "stem");
  x = tess_zoo_unit(e, x, stem, net->stem_activation);
  for (int s = 0; s < TESS_ZOO_MOBILE_STAGES && net->stages[s].layers; s++)
    x = walk_stage(e, net, s, x);
  tess_zoo_scope(e, "head");
  x = tess_zoo_unit(e, x, head, net->head_activation);
  tess_zoo_scope(e, "classifier");
  x = tess_zoo_flatten(e, tess_zoo_mean_pool(e, x));
  if (net->classifier) {
    tess_zoo_scope(e, "features");
    x = tess_zoo_linear(e, "linear", x, scaled(e, net->classifier));
    x = tess_zoo_activate(e, x, net->head_activation);
    tess_zoo_scope(e, "classifier");
  }
  tess_zoo_return(e, tess_zoo_linear(e, "logits", x, net->classes));
}
