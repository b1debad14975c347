/* From a convolution back to the one that makes its data. */
#include "conv_path.h"
#include "edit.h"
#include "mlir-c/BuiltinAttributes.h"
#include "tessera/base/arena.h"
#include <stdlib.h>
#include <string.h>

static void add_node(tess_conv_path_t *path, int32_t node) {
  path->nodes = tess_grow(path->nodes, (size_t)path->node_count + 1,
                          &path->node_capacity, sizeof *path->nodes);
  path->nodes[path->node_count++] = node;
}

static bool same_shape(const tess_model_t *model, int32_t a, int32_t b) {
  const tess_value_t *x = &model->values[a], *y = &model->values[b];
  return x->rank == y->rank &&
         !memcmp(x->shape, y->shape, (size_t)x->rank * sizeof *x->shape);
}

/* The permutation of a named transpose of rank 4. */
static bool read_permutation(MlirOperation op, int64_t permutation[4]) {
  MlirAttribute tosa = mlirOperationGetAttributeByName(
      op, mlirStringRefCreateFromCString("perms"));
  MlirAttribute linalg = mlirOperationGetAttributeByName(
      op, mlirStringRefCreateFromCString("permutation"));
  bool is_tosa =
      !mlirAttributeIsNull(tosa) && mlirAttributeIsADenseI32Array(tosa);
  bool is_linalg =
      !mlirAttributeIsNull(linalg) && mlirAttributeIsADenseI64Array(linalg);
  if ((!is_tosa && !is_linalg) ||
      mlirDenseArrayGetNumElements(is_tosa ? tosa : linalg) != 4)
    return false;
  for (intptr_t i = 0; i < 4; i++)
    permutation[i] = is_tosa ? mlirDenseI32ArrayGetElement(tosa, i)
                             : mlirDenseI64ArrayGetElement(linalg, i);
  return true;
}

/* Steps from `value` over transposes that only this path reads. */
static int32_t step_over_transposes(const tess_model_t *model, int32_t value,
                                    tess_conv_path_t *path) {
  int32_t node = tess_match_producer(model, value);
  int64_t permutation[4];
  while (node != TESS_NONE && model->nodes[node].kind == TESS_NODE_TRANSPOSE &&
         tess_match_single_use(model, value) &&
         read_permutation(tess_edit_op(model, node), permutation)) {
    for (int i = 0; i < 4; i++)
      path->axis[i] = permutation[path->axis[i]];
    add_node(path, node);
    value = model->nodes[node].inputs[0];
    node = tess_match_producer(model, value);
  }
  return value;
}

/* Steps over reshapes, where they end in the shape that they began with. */
static int32_t step_over_reshapes(const tess_model_t *model, int32_t value,
                                  tess_conv_path_t *path) {
  int32_t start = value, count = path->node_count;
  int32_t node = tess_match_producer(model, value);
  while (node != TESS_NONE && model->nodes[node].kind == TESS_NODE_RESHAPE &&
         tess_match_single_use(model, value)) {
    add_node(path, node);
    value = model->nodes[node].inputs[0];
    node = tess_match_producer(model, value);
  }
  if (same_shape(model, start, value))
    return value;
  path->node_count = count;
  return start;
}

static int32_t step_over_views(const tess_model_t *model, int32_t value,
                               tess_conv_path_t *path) {
  value = step_over_transposes(model, value, path);
  return step_over_reshapes(model, value, path);
}

static bool is_activation_or_norm(int32_t function) {
  return tess_function_is_activation((tess_function_t)function) ||
         function == TESS_FUNCTION_BATCH_NORM ||
         function == TESS_FUNCTION_BIAS || function == TESS_FUNCTION_CAST;
}

/* Steps over element-wise chains of one activation each. */
static int32_t step_over_chains(const tess_model_t *model, int32_t value,
                                tess_conv_path_t *path) {
  const tess_chain_t *reader = NULL;
  for (;;) {
    const tess_chain_t *chain = tess_match_chain(model, value);
    bool alone = reader ? tess_match_only_read_by(model, value, reader)
                        : tess_match_single_use(model, value);
    if (!chain || !alone || !is_activation_or_norm(chain->function))
      return alone ? value : TESS_NONE;
    if (!same_shape(model, value, chain->input))
      return TESS_NONE;
    for (int32_t i = 0; i < chain->node_count; i++)
      add_node(path, chain->nodes[i]);
    value = chain->input;
    reader = chain;
  }
}

/* Whether the path turned no axis into another. */
static bool is_straight(const tess_conv_path_t *path) {
  for (int i = 0; i < 4; i++)
    if (path->axis[i] != i)
      return false;
  return true;
}

/* Whether `node` makes the convolution's data as it is: a convolution of the
 * same form, type and channels. */
static bool makes_data(const tess_model_t *model, int32_t node,
                       tess_conv_path_t *path) {
  const tess_node_t *reader = &model->nodes[path->nodes[0]];
  tess_conv2d_t *before = &path->before;
  return node != TESS_NONE && model->nodes[node].kind <= TESS_NODE_DEPTHWISE &&
         tess_match_conv2d_with(&model->nodes[node], TESS_TAKES_DILATION,
                                before) &&
         before->tosa == path->conv.tosa && before->nchw == path->conv.nchw &&
         before->o == path->conv.c &&
         model->nodes[node].kernel.in_type == reader->kernel.in_type;
}

static bool find_path(const tess_model_t *model, int32_t node,
                      tess_conv_path_t *path) {
  int32_t value = model->nodes[node].data;
  add_node(path, node);
  for (int i = 0; i < 4; i++)
    path->axis[i] = i;
  path->pad = tess_match_spatial_pad(model, value, path->conv.nchw);
  if (path->pad != TESS_NONE) {
    add_node(path, path->pad);
    value = model->nodes[path->pad].inputs[0];
  }
  value = step_over_views(model, value, path);
  value = step_over_chains(model, value, path);
  if (value == TESS_NONE)
    return false;
  value = step_over_views(model, value, path);
  path->before_node = tess_match_producer(model, value);
  if (!makes_data(model, path->before_node, path) || !is_straight(path))
    return false;
  add_node(path, path->before_node);
  return true;
}

bool tess_conv_path_find(const tess_model_t *model, int32_t node,
                         tess_conv_path_t *path) {
  *path = (tess_conv_path_t){0};
  if (model->nodes[node].kind > TESS_NODE_DEPTHWISE ||
      !tess_match_conv2d_with(&model->nodes[node], TESS_TAKES_DILATION,
                              &path->conv))
    return false;
  if (find_path(model, node, path))
    return true;
  tess_conv_path_free(path);
  return false;
}

void tess_conv_path_free(tess_conv_path_t *path) { free(path->nodes); }

bool tess_conv_path_fits(const tess_conv2d_t *window, int64_t inputs,
                         int64_t outputs) {
  const tess_conv2d_t *w = window;
  const int64_t filter[] = {w->kh, w->kw, outputs, inputs};
  const int64_t macs[] = {w->n, w->oh, w->ow, w->kh, w->kw, outputs, inputs};
  return tess_match_fits(filter, 4) && tess_match_fits(macs, 7);
}

bool tess_conv_is_pointwise(const tess_conv2d_t *conv) {
  return !conv->depthwise && conv->kh == 1 && conv->kw == 1 && conv->sh == 1 &&
         conv->sw == 1 && conv->h == conv->oh && conv->w == conv->ow;
}

bool tess_conv_path_find_mbconv(const tess_model_t *model, int32_t node,
                                tess_conv_path_t *path) {
  if (model->nodes[node].kind != TESS_NODE_DEPTHWISE ||
      !tess_conv_path_find(model, node, path))
    return false;
  if (tess_conv_is_pointwise(&path->before) &&
      tess_conv_path_fits(&path->conv, path->before.c, path->conv.o))
    return true;
  tess_conv_path_free(path);
  return false;
}

MlirValue tess_conv_path_input(const tess_model_t *model,
                               const tess_conv_path_t *path,
                               const tess_builder_t *b) {
  MlirValue input =
      mlirOperationGetOperand(tess_edit_op(model, path->before_node), 0);
  if (path->pad == TESS_NONE)
    return input;
  const tess_node_t *pad = &model->nodes[path->pad];
  return tess_build_pad(b, input, pad->pad_low, pad->pad_high);
}

void tess_conv_path_fuse_before(const tess_model_t *model,
                                const tess_conv_path_t *path,
                                const char *rewrite) {
  const tess_conv2d_t *c = &path->conv;
  MlirOperation op = tess_edit_op(model, path->nodes[0]);
  const tess_window_t window = tess_convolve_window(c);
  const tess_builder_t b = tess_build_before(op);
  MlirValue input = tess_conv_path_input(model, path, &b);
  const tess_dims_t dims =
      tess_convolve_filter(c, c->o, path->before.c, c->kh, c->kw);
  MlirValue old = mlirOperationGetOperand(op, 1);
  MlirValue filter =
      tess_edit_add_weight(op, tess_build_type(&dims, old), rewrite, old);
  tess_edit_replace(op, tess_convolve(op, c, input, filter, &window));
}
