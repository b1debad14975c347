/* Draws inputs and weights so that activations neither vanish nor explode. */
#include "inputs.h"
#include "elements.h"
#include "tessera/base/random.h"
#include "tessera/ir/reader.h"
#include <math.h>
#include <stdlib.h>

/* Enough for a reshape, a transpose and a broadcast before the use. */
enum { MAX_STEPS = 6 };
/* Residual sums of one resolution, with the views between them. */
enum { MAX_DEPTH = 24 };

static const tess_draw_t data_draw = {0, 1, false, false, true};
static const tess_draw_t small_draw = {0, 0.1, false, false, false};
/* Scales and variances: positive, about 1. Also right for what may be one. */
static const tess_draw_t positive_draw = {1, 0.5, true, false, false};

/* The spread that keeps a sum over `fan_in` products at variance 1 when the
 * data has this second moment (LeCun et al., "Efficient BackProp", 1998; He et
 * al., "Delving Deep into Rectifiers", ICCV 2015). */
static tess_draw_t filter_draw(int64_t fan_in, double second_moment) {
  double terms = (double)(fan_in > 0 ? fan_in : 1) * second_moment;
  return (tess_draw_t){0, 1 / sqrt(terms), false, true, false};
}

/* E[f(x)^2] for x of the standard normal distribution; of a spatial mean of
 * such values, E[f(x)]^2 and a little more. Numerical integrals of the
 * definitions, two digits: weights need no more. */
static double function_moment(int32_t function) {
  switch ((tess_function_t)function) {
  case TESS_FUNCTION_RELU:
  case TESS_FUNCTION_RELU6:
    return 0.50;
  case TESS_FUNCTION_SWISH:
  case TESS_FUNCTION_HARD_SWISH:
    return 0.36;
  case TESS_FUNCTION_GELU:
  case TESS_FUNCTION_GELU_TANH:
  case TESS_FUNCTION_QUICK_GELU:
    return 0.43;
  case TESS_FUNCTION_SIGMOID:
  case TESS_FUNCTION_HARD_SIGMOID:
    return 0.29;
  case TESS_FUNCTION_MEAN_SCALE:
    return 0.06;
  default:
    return 1;
  }
}

static bool is_view(int32_t kind) {
  return kind == TESS_NODE_RESHAPE || kind == TESS_NODE_TRANSPOSE ||
         kind == TESS_NODE_MOVEMENT || kind == TESS_NODE_PAD;
}

/* The second moment of a value when every contraction gives variance 1. Looks
 * through at most `steps` views, sums and gates. */
static double second_moment(const tess_model_t *model, int32_t value,
                            int steps) {
  int32_t node = model->values[value].node;
  if (node == TESS_NONE || steps == 0)
    return 1;
  if (is_view(model->nodes[node].kind))
    return second_moment(model, model->nodes[node].inputs[0], steps - 1);
  if (model->chain_of_node[node] == TESS_NONE)
    return 1;
  const tess_chain_t *chain = &model->chains[model->chain_of_node[node]];
  if (chain->function == TESS_FUNCTION_RESIDUAL && chain->other != TESS_NONE)
    return second_moment(model, chain->input, steps - 1) +
           second_moment(model, chain->other, steps - 1);
  if (chain->function == TESS_FUNCTION_CAST ||
      chain->function == TESS_FUNCTION_COPY)
    return second_moment(model, chain->input, steps - 1);
  if (chain->function == TESS_FUNCTION_SCALE)
    return second_moment(model, chain->input, steps - 1) *
           function_moment(TESS_FUNCTION_SIGMOID);
  return function_moment(chain->function);
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
  return filter_draw(tensor->elements / longest, 1);
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
      *draw = filter_draw(node->kernel.k,
                          second_moment(model, node->data, MAX_DEPTH));
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

/* Data has, beside noise, an offset for each index of each dimension: a
 * picture has its colours and its brighter parts, and a spatial mean of noise
 * alone would be the same for any data. Returns the offsets of all dimensions
 * in turn. */
static double *draw_offsets(const tess_tensor_t *tensor,
                            tess_random_t *random) {
  size_t count = 0;
  for (int32_t d = 0; d < tensor->rank; d++)
    count += (size_t)tensor->shape[d];
  double *offsets = tess_alloc((count + 1) * sizeof *offsets);
  for (size_t i = 0; i < count; i++)
    offsets[i] = tess_random_normal(random);
  return offsets;
}

/* The sum of the offsets of element `index`. */
static double offset_at(const tess_tensor_t *tensor, const double *offsets,
                        int64_t index) {
  double sum = 0;
  const double *end = offsets;
  for (int32_t d = 0; d < tensor->rank; d++)
    end += tensor->shape[d];
  for (int32_t d = tensor->rank - 1; d >= 0; d--) {
    end -= tensor->shape[d];
    sum += end[index % tensor->shape[d]];
    index /= tensor->shape[d];
  }
  return sum;
}

static void fill_data(const tess_tensor_t *tensor, const tess_draw_t *draw,
                      tess_random_t *random) {
  double *offsets = draw_offsets(tensor, random);
  double scale = 1 / sqrt(1 + (double)tensor->rank);
  for (int64_t i = 0; i < tensor->elements; i++) {
    double x = offset_at(tensor, offsets, i) + tess_random_normal(random);
    tess_element_set(tensor, i, draw->centre + draw->spread * scale * x);
  }
  free(offsets);
}

void tess_draw_fill(const tess_tensor_t *tensor, const tess_draw_t *draw,
                    uint64_t seed, uint64_t stream) {
  tess_random_t random = tess_random_make(seed, stream);
  bool real = tess_dtype_is_float(tensor->dtype);
  if (real && draw->data && tensor->rank > 1) {
    fill_data(tensor, draw, &random);
    return;
  }
  for (int64_t i = 0; i < tensor->elements; i++)
    tess_element_set(tensor, i,
                     real ? draw_value(&random, draw)
                          : draw_integer(&random, tensor->dtype));
}
