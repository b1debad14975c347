/* Reductions that have a name: pools and sums over a dimension. */
#include "mlir-c/AffineExpr.h"
#include "operations.h"
#include "tessera/base/checked.h"
#include <string.h>

/* m results, each of k elements; one simple operation per element read. */
static tess_status_t fill(tess_reading_t *r, MlirOperation op, int32_t node,
                          int64_t per_result) {
  tess_kernel_t *kernel = &r->nodes[node].kernel;
  kernel->m = kernel->out_elements;
  kernel->n = 1;
  kernel->k = per_result;
  int64_t operations = per_result;
  TESS_TRY(tess_reading_multiply(r, op, &operations, kernel->out_elements));
  kernel->vector_ops[TESS_VECTOR_SIMPLE] = operations;
  return TESS_SUCCESS;
}

int32_t tess_combiner_of(tess_scalar_t scalar) {
  switch (scalar) {
  case TESS_SCALAR_ADD:
    return TESS_COMBINER_SUM;
  case TESS_SCALAR_MUL:
    return TESS_COMBINER_PRODUCT;
  case TESS_SCALAR_MAX:
    return TESS_COMBINER_MAX;
  case TESS_SCALAR_MIN:
    return TESS_COMBINER_MIN;
  case TESS_SCALAR_AND:
    return TESS_COMBINER_ALL;
  case TESS_SCALAR_OR:
    return TESS_COMBINER_ANY;
  default:
    return TESS_COMBINER_OTHER;
  }
}

/* One dimension of TOSA's operand goes away. */
static void describe(tess_reading_t *r, MlirOperation op,
                     const tess_operation_t *operation, int32_t node) {
  bool index = strcmp(operation->name, "tosa.argmax") == 0;
  r->nodes[node].combiner =
      index ? TESS_COMBINER_ARGMAX : tess_combiner_of(operation->scalar);
  int32_t operand = r->nodes[node].inputs[0];
  const tess_value_t *value = &r->values[operand];
  double axis;
  if (!tess_attribute_number(tess_attribute(op, "axis"), &axis) || axis < 0 ||
      axis >= value->rank)
    return;
  tess_reading_describe(r, node, tess_reading_expression(r, operand),
                        value->rank, value->shape, 1u << (int)axis, true);
}

tess_status_t tess_read_reduction(tess_reading_t *r, MlirOperation op,
                                  const tess_operation_t *operation) {
  int32_t node;
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_REDUCTION,
                                 TESS_KERNEL_REDUCTION, &node));
  const tess_node_t *reduction = &r->nodes[node];
  if (!reduction->input_count || !reduction->output_count)
    return TESS_SUCCESS;
  describe(r, op, operation, node);
  return fill(r, op, node,
              tess_ceil_div(r->values[reduction->inputs[0]].elements,
                            reduction->kernel.out_elements));
}

/* Channels, batch and spatial sizes of a pool in the given layout. */
static void fill_sizes(const tess_reading_t *r, tess_node_t *node,
                       const char *layout) {
  const tess_value_t *in = &r->values[node->inputs[0]];
  const tess_value_t *out = &r->values[node->outputs[0]];
  tess_kernel_t *kernel = &node->kernel;
  for (int32_t i = 0; i < in->rank && layout[i]; i++) {
    if (layout[i] == 'N') {
      kernel->batch = in->shape[i];
    } else if (layout[i] == 'C') {
      kernel->in_channels = kernel->out_channels = in->shape[i];
    } else if (kernel->spatial_rank < 3) {
      kernel->in_size[kernel->spatial_rank] = in->shape[i];
      kernel->out_size[kernel->spatial_rank++] = out->shape[i];
    }
  }
  kernel->groups = kernel->in_channels ? kernel->in_channels : 1;
  kernel->layout = layout[1] == 'C' ? TESS_LAYOUT_NCHW : TESS_LAYOUT_NHWC;
  for (int32_t i = 0; i < kernel->spatial_rank; i++)
    kernel->stride[i] = kernel->dilation[i] = 1;
}

static tess_status_t fill_window(tess_reading_t *r, MlirOperation op,
                                 int32_t node) {
  tess_kernel_t *kernel = &r->nodes[node].kernel;
  int64_t per_result = 1;
  for (int32_t i = 0; i < kernel->spatial_rank; i++)
    TESS_TRY(tess_reading_multiply(r, op, &per_result, kernel->window[i]));
  return fill(r, op, node, per_result);
}

/* linalg.pooling_*: a second operand whose shape is the window. */
tess_status_t tess_read_pooling(tess_reading_t *r, MlirOperation op,
                                const tess_operation_t *operation) {
  int32_t index;
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_REDUCTION,
                                 TESS_KERNEL_REDUCTION, &index));
  tess_node_t *node = &r->nodes[index];
  if (node->input_count < 2 || !node->output_count)
    return TESS_SUCCESS;
  fill_sizes(r, node, operation->data_layout);
  node->combiner = strstr(operation->name, "_sum")   ? TESS_COMBINER_SUM
                   : strstr(operation->name, "_max") ? TESS_COMBINER_MAX
                                                     : TESS_COMBINER_MIN;
  const tess_value_t *window = &r->values[node->inputs[1]];
  for (int32_t i = 0; i < node->kernel.spatial_rank && i < window->rank; i++)
    node->kernel.window[i] = window->shape[i];
  tess_attribute_integers(tess_attribute(op, "strides"), node->kernel.stride,
                          3);
  tess_attribute_integers(tess_attribute(op, "dilations"),
                          node->kernel.dilation, 3);
  return fill_window(r, op, index);
}

/* The index of each dimension of the data operand; false if it is no pool's:
 * batch, channels and one to three that slide. */
static bool is_pool(const tess_maps_t *maps, tess_sliding_t *sliding,
                    bool *slides, int *rank) {
  *rank = (int)mlirAffineMapGetNumResults(maps->map[0]);
  int windows = 0, plain = 0;
  for (int i = 0; i < *rank && *rank <= 5; i++) {
    slides[i] = tess_maps_sliding(maps, 0, i, &sliding[i]);
    MlirAffineExpr e = mlirAffineMapGetResult(maps->map[0], i);
    windows += slides[i] && sliding[i].window >= 0;
    plain += mlirAffineExprIsADim(e) &&
             maps->in_result[mlirAffineDimExprGetPosition(e)];
  }
  return windows >= 1 && windows <= 3 && plain == 2 && windows + 2 == *rank &&
         !slides[0];
}

void tess_read_generic_pooling(const tess_reading_t *r, const tess_maps_t *maps,
                               tess_node_t *node) {
  static const char *const layouts[2][3] = {{"NWC", "NHWC", "NDHWC"},
                                            {"NCW", "NCHW", "NCDHW"}};
  tess_sliding_t sliding[5];
  bool slides[5];
  int rank;
  if (maps->operand_count != 3 || node->input_count != 3 ||
      node->combiner == TESS_COMBINER_OTHER ||
      !is_pool(maps, sliding, slides, &rank) ||
      r->values[node->outputs[0]].rank != rank)
    return;
  fill_sizes(r, node, layouts[slides[rank - 1] ? 1 : 0][rank - 3]);
  int at = 0;
  for (int i = 0; i < rank; i++) {
    if (!slides[i])
      continue;
    node->kernel.window[at] = maps->extent[sliding[i].window];
    node->kernel.stride[at] = sliding[i].stride;
    node->kernel.dilation[at++] = sliding[i].dilation;
  }
}

tess_status_t tess_read_tosa_pooling(tess_reading_t *r, MlirOperation op,
                                     const tess_operation_t *operation) {
  int32_t index;
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_REDUCTION,
                                 TESS_KERNEL_REDUCTION, &index));
  tess_node_t *node = &r->nodes[index];
  if (!node->input_count || !node->output_count)
    return TESS_SUCCESS;
  fill_sizes(r, node, "NHWC");
  bool mean = strcmp(operation->name, "tosa.avg_pool2d") == 0;
  node->combiner = mean ? TESS_COMBINER_MEAN : TESS_COMBINER_MAX;
  int64_t pad[4] = {0};
  tess_attribute_integers(tess_attribute(op, "kernel"), node->kernel.window, 2);
  tess_attribute_integers(tess_attribute(op, "stride"), node->kernel.stride, 2);
  tess_attribute_integers(tess_attribute(op, "pad"), pad, 4);
  for (int i = 0; i < 2; i++) {
    node->kernel.pad_low[i] = pad[2 * i];
    node->kernel.pad_high[i] = pad[2 * i + 1];
  }
  return fill_window(r, op, index);
}
