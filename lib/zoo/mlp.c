/* Walks a plain multi-layer perceptron. */
#include "layers.h"
#include "quantised.h"
#include <inttypes.h>

/* 28x28 pixels to ten classes, as for MNIST's digits. */
const tess_zoo_mlp_t tess_zoo_mlp = {
    .inputs = 784, .hidden = 1024, .layers = 3, .outputs = 10};

void tess_zoo_walk_mlp(tess_zoo_emitter_t *e) {
  const tess_zoo_mlp_t *net = e->network->mlp;
  int64_t hidden = tess_zoo_scale_channels(net->hidden, e->width);
  int64_t layers = tess_zoo_scale_layers(net->layers, e->depth);
  tess_zoo_scope(e, "input");
  tess_zoo_value_t x = tess_zoo_tensor(e, "data", e->element, 2,
                                       (int64_t[]){e->batch, net->inputs});
  x.scale = tess_zoo_data_scale;
  tess_zoo_declare_image(e, &x);
  for (int64_t i = 0; i < layers; i++) {
    tess_zoo_scope(e, "layer%" PRId64, i);
    x = tess_zoo_linear(e, "linear", x, hidden);
    x = tess_zoo_activate(e, x, TESS_ZOO_RELU);
  }
  tess_zoo_scope(e, "classifier");
  tess_zoo_return(e, tess_zoo_linear(e, "logits", x, net->outputs));
}
