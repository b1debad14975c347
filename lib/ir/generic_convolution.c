/* Convolutions written as linalg.generic: recognised by their maps and body. */
#include "mlir-c/AffineExpr.h"
#include "operations.h"
#include <string.h>

/* Loops by what they run over: in the order of the data operand's dimensions,
 * then the filter's. */
typedef struct loops {
  tess_sliding_t space[3];
  int position[3]; /* of the data operand's dimension */
  int spaces;
  int batch[TESS_MAX_LOOPS], groups[TESS_MAX_LOOPS], in[TESS_MAX_LOOPS],
      out[TESS_MAX_LOOPS];
  int batches, group_count, ins, outs;
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

bool tess_multiplies_and_adds(tess_reading_t *r, MlirOperation op) {
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

static void add_data_loop(const tess_maps_t *maps, int loop, loops_t *l) {
  bool in_filter = tess_maps_position(maps, 1, loop) >= 0;
  if (!maps->in_result[loop])
    l->in[l->ins++] = loop;
  else if (in_filter)
    l->groups[l->group_count++] = loop;
  else
    l->batch[l->batches++] = loop;
}

/* Sorts the loops; false where an index is neither a loop nor slides, or more
 * than three slide. */
static bool infer(const tess_maps_t *maps, loops_t *l) {
  *l = (loops_t){0};
  bool seen[TESS_MAX_LOOPS] = {false};
  if (maps->computed[1] || maps->computed[maps->operand_count - 1])
    return false;
  intptr_t results = mlirAffineMapGetNumResults(maps->map[0]);
  for (int i = 0; i < (int)results && i < TESS_MAX_LOOPS; i++) {
    MlirAffineExpr e = mlirAffineMapGetResult(maps->map[0], i);
    tess_sliding_t sliding;
    if (mlirAffineExprIsADim(e)) {
      int loop = (int)mlirAffineDimExprGetPosition(e);
      add_data_loop(maps, loop, l);
      seen[loop] = true;
      continue;
    }
    if (l->spaces == 3 || !tess_maps_sliding(maps, 0, i, &sliding) ||
        (sliding.window >= 0 &&
         tess_maps_position(maps, 1, sliding.window) < 0))
      return false;
    l->position[l->spaces] = i;
    l->space[l->spaces++] = sliding;
    seen[sliding.image] = true;
    if (sliding.window >= 0)
      seen[sliding.window] = true;
  }
  for (int loop = 0; loop < maps->loop_count; loop++) {
    if (seen[loop])
      continue;
    if (!maps->in_result[loop] || tess_maps_position(maps, 1, loop) < 0)
      return false;
    l->out[l->outs++] = loop;
  }
  return l->spaces > 0;
}

static tess_status_t extent(tess_reading_t *r, MlirOperation op,
                            const tess_maps_t *maps, const int *list, int count,
                            int64_t *out) {
  *out = 1;
  for (int i = 0; i < count; i++)
    TESS_TRY(tess_reading_multiply(r, op, out, maps->extent[list[i]]));
  return TESS_SUCCESS;
}

static void fill_space(const tess_reading_t *r, const tess_maps_t *maps,
                       const loops_t *l, const tess_node_t *node,
                       tess_kernel_t *kernel) {
  kernel->spatial_rank = l->spaces;
  for (int i = 0; i < l->spaces; i++) {
    const tess_sliding_t *s = &l->space[i];
    kernel->stride[i] = s->stride;
    kernel->dilation[i] = s->dilation;
    kernel->out_size[i] = maps->extent[s->image];
    kernel->window[i] = s->window < 0 ? 1 : maps->extent[s->window];
    kernel->in_size[i] = r->values[node->data].shape[l->position[i]];
  }
  int channel = l->outs ? l->out[0] : l->group_count ? l->groups[0] : -1;
  int result = maps->operand_count - 1;
  int last = (int)mlirAffineMapGetNumResults(maps->map[result]) - 1;
  bool nhwc = tess_maps_position(maps, result, channel) == last;
  kernel->layout = nhwc ? TESS_LAYOUT_NHWC : TESS_LAYOUT_NCHW;
}

static tess_status_t fill_channels(tess_reading_t *r, MlirOperation op,
                                   const tess_maps_t *maps, const loops_t *l,
                                   tess_kernel_t *kernel) {
  int64_t in, out;
  TESS_TRY(extent(r, op, maps, l->batch, l->batches, &kernel->batch));
  TESS_TRY(extent(r, op, maps, l->groups, l->group_count, &kernel->groups));
  TESS_TRY(extent(r, op, maps, l->in, l->ins, &in));
  TESS_TRY(extent(r, op, maps, l->out, l->outs, &out));
  kernel->in_channels = kernel->out_channels = kernel->groups;
  TESS_TRY(tess_reading_multiply(r, op, &kernel->in_channels, in));
  TESS_TRY(tess_reading_multiply(r, op, &kernel->out_channels, out));
  kernel->m = kernel->batch;
  kernel->k = in;
  kernel->n = out;
  for (int i = 0; i < l->spaces; i++) {
    TESS_TRY(tess_reading_multiply(r, op, &kernel->m, kernel->out_size[i]));
    TESS_TRY(tess_reading_multiply(r, op, &kernel->k, kernel->window[i]));
  }
  return tess_maps_iterations(r, op, maps, &kernel->macs);
}

tess_status_t tess_add_generic_convolution(tess_reading_t *r, MlirOperation op,
                                           const tess_maps_t *maps,
                                           const int32_t *values,
                                           int32_t *index) {
  loops_t l;
  *index = TESS_NONE;
  if (!infer(maps, &l))
    return TESS_SUCCESS;
  bool depthwise = l.group_count > 0 && l.ins == 0;
  TESS_TRY(tess_reading_add_node(
      r, op, depthwise ? TESS_NODE_DEPTHWISE : TESS_NODE_CONV,
      depthwise ? TESS_KERNEL_DEPTHWISE : TESS_KERNEL_CONV, index));
  tess_node_t *node = &r->nodes[*index];
  if (values[0] == TESS_NONE || values[1] == TESS_NONE ||
      node->output_count != 1)
    return TESS_AT(r, op, TESS_UNSUPPORTED,
                   "a convolution without two tensor operands and a result");
  node->data = values[0];
  node->filter = values[1];
  node->bias = values[2];
  node->kernel.in_type = r->values[node->data].dtype;
  node->kernel.weight_type = r->values[node->filter].dtype;
  fill_space(r, maps, &l, node, &node->kernel);
  return fill_channels(r, op, maps, &l, &node->kernel);
}

tess_status_t tess_read_generic_convolution(tess_reading_t *r, MlirOperation op,
                                            const tess_maps_t *maps,
                                            bool *known) {
  int32_t values[3], index, last = maps->operand_count - 1;
  *known = (maps->operand_count == 3 || maps->operand_count == 5) &&
           tess_multiplies_and_adds(r, op);
  if (!*known)
    return TESS_SUCCESS;
  for (int i = 0; i < 3; i++)
    values[i] =
        tess_reading_find(r, mlirOperationGetOperand(op, i < 2 ? i : last));
  TESS_TRY(tess_add_generic_convolution(r, op, maps, values, &index));
  *known = index != TESS_NONE;
  return TESS_SUCCESS;
}
