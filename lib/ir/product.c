/* Matrix products: tosa.matmul, and any linalg op that contracts. */
#include "mlir-c/Dialect/Linalg.h"
#include "operations.h"

static tess_status_t fill_macs(tess_reading_t *r, MlirOperation op,
                               tess_kernel_t *kernel) {
  kernel->macs = kernel->batch;
  TESS_TRY(tess_reading_multiply(r, op, &kernel->macs, kernel->m));
  TESS_TRY(tess_reading_multiply(r, op, &kernel->macs, kernel->n));
  return tess_reading_multiply(r, op, &kernel->macs, kernel->k);
}

static tess_status_t begin(tess_reading_t *r, MlirOperation op,
                           int32_t *index) {
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_MATMUL, TESS_KERNEL_MATMUL,
                                 index));
  tess_node_t *node = &r->nodes[*index];
  if (node->input_count < 2 || node->output_count != 1)
    return TESS_AT(r, op, TESS_UNSUPPORTED,
                   "a product without two tensor operands and a result");
  node->data = node->inputs[0];
  node->filter = node->inputs[1];
  node->kernel.weight_type = r->values[node->filter].dtype;
  return TESS_SUCCESS;
}

/* [batch, m, k] x [batch, k, n]. */
tess_status_t tess_read_tosa_matmul(tess_reading_t *r, MlirOperation op,
                                    const tess_operation_t *operation) {
  (void)operation;
  int32_t index;
  TESS_TRY(begin(r, op, &index));
  tess_node_t *node = &r->nodes[index];
  const tess_value_t *a = &r->values[node->data];
  const tess_value_t *b = &r->values[node->filter];
  if (a->rank != 3 || b->rank != 3)
    return TESS_AT(r, op, TESS_UNSUPPORTED, "tosa.matmul needs rank 3");
  node->kernel.batch = a->shape[0];
  node->kernel.m = a->shape[1];
  node->kernel.k = a->shape[2];
  node->kernel.n = b->shape[2];
  return fill_macs(r, op, &node->kernel);
}

/* The product of the extents of the loops that `loops` lists. */
static tess_status_t extent_of(tess_reading_t *r, MlirOperation op,
                               const tess_maps_t *maps, MlirAttribute loops,
                               int64_t *extent) {
  int64_t list[TESS_MAX_LOOPS];
  int64_t count = tess_attribute_integers(loops, list, TESS_MAX_LOOPS);
  *extent = 1;
  for (int64_t i = 0; i < count && i < TESS_MAX_LOOPS; i++)
    if (list[i] >= 0 && list[i] < maps->loop_count)
      TESS_TRY(tess_reading_multiply(r, op, extent, maps->extent[list[i]]));
  return TESS_SUCCESS;
}

tess_status_t tess_read_product(tess_reading_t *r, MlirOperation op,
                                const tess_maps_t *maps, bool *known) {
  *known = maps->operand_count >= 3 && mlirLinalgIsAContractionOp(op);
  if (!*known)
    return TESS_SUCCESS;
  MlirLinalgContractionDimensions dims =
      mlirLinalgInferContractionDimensions(op);
  int32_t index;
  TESS_TRY(begin(r, op, &index));
  tess_node_t *node = &r->nodes[index];
  node->bias = node->inputs[node->input_count - 1];
  tess_kernel_t *kernel = &node->kernel;
  TESS_TRY(extent_of(r, op, maps, dims.batch, &kernel->batch));
  TESS_TRY(extent_of(r, op, maps, dims.m, &kernel->m));
  TESS_TRY(extent_of(r, op, maps, dims.n, &kernel->n));
  TESS_TRY(extent_of(r, op, maps, dims.k, &kernel->k));
  return fill_macs(r, op, kernel);
}
