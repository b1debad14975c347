/* Draws inputs and weights so that activations neither vanish nor explode. */
#include "inputs.h"
#include "elements.h"
#include "tessera/base/random.h"
#include "tessera/ir/reader.h"
#include <math.h>

/* Enough for a reshape, a transpose and a broadcast before the use. */
enum { MAX_STEPS = 6 };

static const tess_draw_t data_draw = {0, 1, false};
static const tess_draw_t small_draw = {0, 0.1, false};
/* Scales and variances: positive, about 1. Also right for what may be one. */
static const tess_draw_t positive_draw = {1, 0.5, true};

/* Keeps the variance of a sum over `fan_in` products (He et al., "Delving Deep
 * into Rectifiers", ICCV 2015), with a gain above theirs of 1.4: swish and
 * squeeze-and-excite shrink a signal more than a rectifier, and one that
 * vanishes below the biases would hide a change of an early layer. */
static tess_draw_t filter_draw(int64_t fan_in) {
  const double gain = 1.8;
  return (tess_draw_t){0, gain / sqrt((double)(fan_in > 0 ? fan_in : 1)),
                       false};
}

static int64_t longest_dimension(const tess_tensor_t *tensor) {
  int64_t longest = 1;
  for (int32_t d = 0; d < tensor->rank; d++)
    longest = tensor->shape[d] > longest ? tensor->shape[d] : longest;
  return longest;
}

static tess_draw_t draw_by_shape(const tess_tensor_t *tensor) {
  int64_t longest = longest_dimension(tensor);
  if (longest >= tensor->elements)
    return positive_draw;
  return filter_draw(tensor->elements / longest);
}

static bool passes_on(const tess_node_t *node) {
  return node->kind == TESS_NODE_RESHAPE || node->kind == TESS_NODE_TRANSPOSE ||
         node->kind == TESS_NODE_INIT || node->kind == TESS_NODE_MOVEMENT ||
         node->kind == TESS_NODE_PAD ||
         (node->kind == TESS_NODE_ELEMENTWISE && node->prepared);
}

/* Finds the contraction that `value` reaches as a filter or a bias. */
static bool draw_by_use(const tess_model_t *model, int32_t value, int steps,
                        tess_draw_t *draw) {
  for (int32_t u = model->first_user[value]; u < model->first_user[value + 1];
       u++) {
    const tess_node_t *node = &model->nodes[model->value_users[u]];
    bool contraction = node->kind <= TESS_NODE_MATMUL;
    if (contraction && node->filter == value) {
      *draw = filter_draw(node->kernel.k);
      return true;
    }
    if (contraction && node->bias == value) {
      *draw = small_draw;
      return true;
    }
    if (steps > 0 && passes_on(node))
      for (int32_t o = 0; o < node->output_count; o++)
        if (draw_by_use(model, node->outputs[o], steps - 1, draw))
          return true;
  }
  return false;
}

static tess_draw_t draw_by_role(const tess_model_t *model, int32_t value,
                                const tess_tensor_t *tensor) {
  tess_draw_t draw;
  switch (model->values[value].role) {
  case TESS_ROLE_INPUT:
  case TESS_ROLE_ACTIVATION:
    return data_draw;
  case TESS_ROLE_STATISTIC:
    return positive_draw;
  default:
    if (draw_by_use(model, value, MAX_STEPS, &draw))
      return draw;
    return draw_by_shape(tensor);
  }
}

void tess_draws_choose(MlirOperation function, const tess_tensor_t *arguments,
                       int32_t count, tess_draw_t *draws) {
  tess_model_t *model = NULL;
  tess_status_free(tess_ir_read(function, &model));
  for (int32_t i = 0; i < count; i++) {
    if (model && i < model->argument_count)
      draws[i] = draw_by_role(model, model->arguments[i], &arguments[i]);
    else
      draws[i] = i == 0 ? data_draw : draw_by_shape(&arguments[i]);
  }
  if (model)
    tess_model_destroy(model);
}

static double draw_value(tess_random_t *random, const tess_draw_t *draw) {
  if (draw->uniform)
    return draw->centre + draw->spread * (2 * tess_random_unit(random) - 1);
  return draw->centre + draw->spread * tess_random_normal(random);
}

/* All of i8, which quantised networks use in full; 0 or 1 for truth values;
 * 0 … 3 for what may be an index; else -8 … 7. */
static double draw_integer(tess_random_t *random, tess_dtype_t type) {
  if (type == TESS_I1)
    return (double)tess_random_below(random, 2);
  if (type == TESS_I8)
    return (double)tess_random_below(random, 256) - 128;
  if (type == TESS_INDEX)
    return (double)tess_random_below(random, 4);
  return (double)tess_random_below(random, 16) - 8;
}

void tess_draw_fill(const tess_tensor_t *tensor, const tess_draw_t *draw,
                    uint64_t seed, uint64_t stream) {
  tess_random_t random = tess_random_make(seed, stream);
  bool real = tess_dtype_is_float(tensor->dtype);
  for (int64_t i = 0; i < tensor->elements; i++)
    tess_element_set(tensor, i,
                     real ? draw_value(&random, draw)
                          : draw_integer(&random, tensor->dtype));
}
