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

/* Two zero points stand between the operands and the result. */
static bool is_quantised(tess_reading_t *r, MlirOperation op,
                         const tess_maps_t *maps) {
  if (maps->operand_count != 5 || maps->computed[0] || maps->computed[1])
    return false;
  for (int i = 2; i < 4; i++)
    if (tess_reading_is_tensor(
            mlirValueGetType(mlirOperationGetOperand(op, i))))
      return false;
  return tess_multiplies_and_adds(r, op);
}

/* Each loop runs over a batch, over rows, over columns, or sums. */
static tess_status_t fill_sizes(tess_reading_t *r, MlirOperation op,
                                const tess_maps_t *maps,
                                tess_kernel_t *kernel) {
  kernel->batch = kernel->m = kernel->n = kernel->k = 1;
  for (int i = 0; i < maps->loop_count; i++) {
    bool left = tess_maps_position(maps, 0, i) >= 0;
    bool right = tess_maps_position(maps, 1, i) >= 0;
    int64_t *size = !maps->in_result[i] ? &kernel->k
                    : left && right     ? &kernel->batch
                    : left              ? &kernel->m
                                        : &kernel->n;
    TESS_TRY(tess_reading_multiply(r, op, size, maps->extent[i]));
  }
  return TESS_SUCCESS;
}

tess_status_t tess_add_product(tess_reading_t *r, MlirOperation op,
                               const tess_maps_t *maps, const int32_t *values,
                               int32_t *index) {
  TESS_TRY(begin(r, op, index));
  tess_node_t *node = &r->nodes[*index];
  node->data = values[0];
  node->filter = values[1];
  node->bias = values[2];
  node->kernel.in_type = r->values[node->data].dtype;
  node->kernel.weight_type = r->values[node->filter].dtype;
  TESS_TRY(fill_sizes(r, op, maps, &node->kernel));
  return fill_macs(r, op, &node->kernel);
}

tess_status_t tess_read_product(tess_reading_t *r, MlirOperation op,
                                const tess_maps_t *maps, bool *known) {
  *known = maps->operand_count >= 3 &&
           (mlirLinalgIsAContractionOp(op) || is_quantised(r, op, maps));
  if (!*known)
    return TESS_SUCCESS;
  int32_t index;
  TESS_TRY(begin(r, op, &index));
  tess_node_t *node = &r->nodes[index];
  node->bias = node->inputs[node->input_count - 1];
  TESS_TRY(fill_sizes(r, op, maps, &node->kernel));
  return fill_macs(r, op, &node->kernel);
}
