/* Convolutions written as linalg.generic: recognised by their maps and body. */
#include "mlir-c/AffineExpr.h"
#include "mlir-c/Dialect/Linalg.h"
#include "operations.h"
#include <string.h>

typedef struct loops {
  int64_t batch[TESS_MAX_LOOPS], image[TESS_MAX_LOOPS],
      out_channel[TESS_MAX_LOOPS], filter[TESS_MAX_LOOPS],
      in_channel[TESS_MAX_LOOPS], depth[TESS_MAX_LOOPS];
  int64_t batches, images, out_channels, filters, in_channels, depths;
} loops_t;

static bool is_named(tess_reading_t *r, MlirValue value, const char *dialect,
                     const char *first, const char *second) {
  if (!mlirValueIsAOpResult(value))
    return false;
  const char *name = tess_operation_name(r, mlirOpResultGetOwner(value));
  size_t length = strlen(dialect);
  return strncmp(name, dialect, length) == 0 &&
         (strcmp(name + length, first) == 0 ||
          strcmp(name + length, second) == 0);
}

/* Whether the body adds a product to what it has. */
static bool multiplies_and_adds(tess_reading_t *r, MlirOperation op) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0));
  MlirOperation yield = mlirBlockGetTerminator(body);
  if (mlirOperationGetNumOperands(yield) != 1)
    return false;
  MlirValue sum = mlirOperationGetOperand(yield, 0);
  if (!is_named(r, sum, "arith.", "addf", "addi"))
    return false;
  MlirOperation add = mlirOpResultGetOwner(sum);
  return is_named(r, mlirOperationGetOperand(add, 0), "arith.", "mulf",
                  "muli") ||
         is_named(r, mlirOperationGetOperand(add, 1), "arith.", "mulf", "muli");
}

static bool infer(MlirOperation op, loops_t *l) {
  MlirLinalgConvolutionDimensions d = mlirLinalgInferConvolutionDimensions(op);
  l->batches = tess_attribute_integers(d.batch, l->batch, TESS_MAX_LOOPS);
  l->images = tess_attribute_integers(d.outputImage, l->image, TESS_MAX_LOOPS);
  l->out_channels =
      tess_attribute_integers(d.outputChannel, l->out_channel, TESS_MAX_LOOPS);
  l->filters = tess_attribute_integers(d.filterLoop, l->filter, TESS_MAX_LOOPS);
  l->in_channels =
      tess_attribute_integers(d.inputChannel, l->in_channel, TESS_MAX_LOOPS);
  l->depths = tess_attribute_integers(d.depth, l->depth, TESS_MAX_LOOPS);
  return l->batches >= 0 && l->images >= 1 && l->images <= 3 &&
         l->filters == l->images && l->out_channels >= 0 &&
         l->in_channels >= 0 && l->depths >= 0;
}

static tess_status_t extent(tess_reading_t *r, MlirOperation op,
                            const tess_maps_t *maps, const int64_t *list,
                            int64_t count, int64_t *out) {
  *out = 1;
  for (int64_t i = 0; i < count; i++)
    TESS_TRY(tess_reading_multiply(r, op, out, maps->extent[list[i]]));
  return TESS_SUCCESS;
}

/* The dimension of the data operand that moves with `loop`, or -1. */
static int data_dimension(const tess_maps_t *maps, int64_t loop) {
  intptr_t results = mlirAffineMapGetNumResults(maps->map[0]);
  for (intptr_t j = 0; j < results; j++)
    if (mlirAffineExprIsFunctionOfDim(mlirAffineMapGetResult(maps->map[0], j),
                                      loop))
      return (int)j;
  return -1;
}

static void fill_space(const tess_reading_t *r, const tess_maps_t *maps,
                       MlirOperation op, const loops_t *l,
                       const tess_node_t *node, tess_kernel_t *kernel) {
  MlirLinalgConvolutionDimensions d = mlirLinalgInferConvolutionDimensions(op);
  kernel->spatial_rank = (int32_t)l->images;
  for (int32_t i = 0; i < kernel->spatial_rank; i++)
    kernel->stride[i] = kernel->dilation[i] = 1;
  tess_attribute_integers(d.strides, kernel->stride, 3);
  tess_attribute_integers(d.dilations, kernel->dilation, 3);
  for (int32_t i = 0; i < kernel->spatial_rank; i++) {
    int at = data_dimension(maps, l->image[i]);
    kernel->out_size[i] = maps->extent[l->image[i]];
    kernel->window[i] = maps->extent[l->filter[i]];
    kernel->in_size[i] =
        at < 0 ? kernel->out_size[i] : r->values[node->data].shape[at];
  }
  int64_t channel = l->out_channels ? l->out_channel[0]
                    : l->depths     ? l->depth[0]
                                    : -1;
  int result = maps->operand_count - 1;
  int last = (int)mlirAffineMapGetNumResults(maps->map[result]) - 1;
  bool nhwc = tess_maps_position(maps, result, (int)channel) == last;
  kernel->layout = nhwc ? TESS_LAYOUT_NHWC : TESS_LAYOUT_NCHW;
}

static tess_status_t fill_channels(tess_reading_t *r, MlirOperation op,
                                   const tess_maps_t *maps, const loops_t *l,
                                   tess_kernel_t *kernel) {
  int64_t in, out;
  TESS_TRY(extent(r, op, maps, l->batch, l->batches, &kernel->batch));
  TESS_TRY(extent(r, op, maps, l->depth, l->depths, &kernel->groups));
  TESS_TRY(extent(r, op, maps, l->in_channel, l->in_channels, &in));
  TESS_TRY(extent(r, op, maps, l->out_channel, l->out_channels, &out));
  kernel->in_channels = kernel->out_channels = kernel->groups;
  TESS_TRY(tess_reading_multiply(r, op, &kernel->in_channels, in));
  TESS_TRY(tess_reading_multiply(r, op, &kernel->out_channels, out));
  TESS_TRY(extent(r, op, maps, l->image, l->images, &kernel->m));
  TESS_TRY(tess_reading_multiply(r, op, &kernel->m, kernel->batch));
  TESS_TRY(extent(r, op, maps, l->filter, l->filters, &kernel->k));
  TESS_TRY(tess_reading_multiply(r, op, &kernel->k, in));
  kernel->n = out;
  return tess_maps_iterations(r, op, maps, &kernel->macs);
}

tess_status_t tess_read_generic_convolution(tess_reading_t *r, MlirOperation op,
                                            const tess_maps_t *maps,
                                            bool *known) {
  loops_t l;
  *known = maps->operand_count == 3 && mlirLinalgIsAConvolutionOp(op) &&
           multiplies_and_adds(r, op) && infer(op, &l);
  if (!*known)
    return TESS_SUCCESS;
  bool depthwise = l.depths > 0 && l.in_channels == 0;
  int32_t index;
  TESS_TRY(tess_reading_add_node(
      r, op, depthwise ? TESS_NODE_DEPTHWISE : TESS_NODE_CONV,
      depthwise ? TESS_KERNEL_DEPTHWISE : TESS_KERNEL_CONV, &index));
  tess_node_t *node = &r->nodes[index];
  if (node->input_count != 3 || node->output_count != 1)
    return TESS_AT(r, op, TESS_UNSUPPORTED,
                   "a convolution without two tensor operands and a result");
  node->data = node->inputs[0];
  node->filter = node->inputs[1];
  node->bias = node->inputs[2];
  node->kernel.weight_type = r->values[node->filter].dtype;
  fill_space(r, maps, op, &l, node, &node->kernel);
  return fill_channels(r, op, maps, &l, &node->kernel);
}
