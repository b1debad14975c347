/* Hybrid convolution: an MBConv's 1x1 expansion and depthwise convolution
 * become one dense convolution (fused MBConv). Another function with new
 * weights; it moves the work from the vector unit to the matrix unit. */
#include "convolve.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/BuiltinAttributes.h"
#include "rule.h"
#include "tessera/base/arena.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct match {
  tess_conv2d_t depthwise, expand;
  int32_t expand_node;
  int32_t pad;    /* the tensor.pad before a linalg depthwise, or TESS_NONE */
  int32_t *nodes; /* malloc'd: expansion to depthwise convolution */
  int32_t node_count;
  size_t node_capacity;
  int64_t axis[4]; /* of the value reached: each axis of the depthwise's data */
} match_t;

static void add_node(match_t *match, int32_t node) {
  match->nodes = tess_grow(match->nodes, (size_t)match->node_count + 1,
                           &match->node_capacity, sizeof *match->nodes);
  match->nodes[match->node_count++] = node;
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
                                    match_t *match) {
  int32_t node = tess_match_producer(model, value);
  int64_t permutation[4];
  while (node != TESS_NONE && model->nodes[node].kind == TESS_NODE_TRANSPOSE &&
         tess_match_single_use(model, value) &&
         read_permutation(tess_edit_op(model, node), permutation)) {
    for (int i = 0; i < 4; i++)
      match->axis[i] = permutation[match->axis[i]];
    add_node(match, node);
    value = model->nodes[node].inputs[0];
    node = tess_match_producer(model, value);
  }
  return value;
}

/* Steps over reshapes, where they end in the shape that they began with. */
static int32_t step_over_reshapes(const tess_model_t *model, int32_t value,
                                  match_t *match) {
  int32_t start = value, count = match->node_count;
  int32_t node = tess_match_producer(model, value);
  while (node != TESS_NONE && model->nodes[node].kind == TESS_NODE_RESHAPE &&
         tess_match_single_use(model, value)) {
    add_node(match, node);
    value = model->nodes[node].inputs[0];
    node = tess_match_producer(model, value);
  }
  if (same_shape(model, start, value))
    return value;
  match->node_count = count;
  return start;
}

static int32_t step_over_views(const tess_model_t *model, int32_t value,
                               match_t *match) {
  value = step_over_transposes(model, value, match);
  return step_over_reshapes(model, value, match);
}

static bool is_activation_or_norm(int32_t function) {
  return tess_function_is_activation((tess_function_t)function) ||
         function == TESS_FUNCTION_BATCH_NORM || function == TESS_FUNCTION_BIAS;
}

/* Steps over element-wise chains of one activation each. */
static int32_t step_over_chains(const tess_model_t *model, int32_t value,
                                match_t *match) {
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
      add_node(match, chain->nodes[i]);
    value = chain->input;
    reader = chain;
  }
}

/* Whether the path turned no axis into another. */
static bool is_straight(const match_t *match) {
  for (int i = 0; i < 4; i++)
    if (match->axis[i] != i)
      return false;
  return true;
}

static bool fits(const match_t *match) {
  const tess_conv2d_t *d = &match->depthwise;
  const int64_t filter[] = {d->kh, d->kw, d->o, match->expand.c};
  const int64_t macs[] = {d->n,  d->oh, d->ow,          d->kh,
                          d->kw, d->o,  match->expand.c};
  return tess_match_fits(filter, 4) && tess_match_fits(macs, 7);
}

static bool is_expansion(const tess_model_t *model, int32_t node,
                         const match_t *match, tess_conv2d_t *conv) {
  return node != TESS_NONE && model->nodes[node].kind == TESS_NODE_CONV &&
         tess_match_conv2d(&model->nodes[node], conv) && conv->kh == 1 &&
         conv->kw == 1 && conv->sh == 1 && conv->sw == 1 &&
         conv->h == conv->oh && conv->w == conv->ow &&
         conv->tosa == match->depthwise.tosa &&
         conv->nchw == match->depthwise.nchw && conv->o == match->depthwise.c;
}

static bool match_path(const tess_model_t *model, int32_t node,
                       match_t *match) {
  const tess_node_t *depthwise = &model->nodes[node];
  if (depthwise->kind != TESS_NODE_DEPTHWISE ||
      !tess_match_conv2d_with(depthwise, TESS_TAKES_DILATION,
                              &match->depthwise))
    return false;
  add_node(match, node);
  for (int i = 0; i < 4; i++)
    match->axis[i] = i;
  int32_t value = depthwise->data;
  match->pad = tess_match_spatial_pad(model, value, match->depthwise.nchw);
  if (match->pad != TESS_NONE) {
    add_node(match, match->pad);
    value = model->nodes[match->pad].inputs[0];
  }
  value = step_over_views(model, value, match);
  value = step_over_chains(model, value, match);
  if (value == TESS_NONE)
    return false;
  value = step_over_views(model, value, match);
  match->expand_node = tess_match_producer(model, value);
  if (!is_expansion(model, match->expand_node, match, &match->expand) ||
      model->nodes[match->expand_node].kernel.in_type !=
          depthwise->kernel.in_type ||
      !is_straight(match) || !fits(match))
    return false;
  add_node(match, match->expand_node);
  return true;
}

/* Where it matches, the caller frees match->nodes. */
static bool match_at(const tess_model_t *model, int32_t node, match_t *match) {
  *match = (match_t){0};
  if (match_path(model, node, match))
    return true;
  free(match->nodes);
  return false;
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  for (int32_t i = 0; i < model->node_count; i++) {
    match_t match;
    if (model->nodes[i].kind != TESS_NODE_DEPTHWISE ||
        !match_at(model, i, &match))
      continue;
    const tess_kernel_t dense =
        tess_match_dense(&model->nodes[i], match.expand.c, match.depthwise.o);
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = "fused",
         .rewrite_class = TESS_CLASS_RETRAIN,
         .why = "one dense convolution on the matrix unit, no expanded tensor "
                "in between",
         .removed_macs = model->nodes[i].kernel.macs +
                         model->nodes[match.expand_node].kernel.macs,
         .least = &dense}};
    tess_site_add(collector, i, match.nodes, match.node_count, alternatives, 2);
    free(match.nodes);
  }
}

/* ---- Applying. ---- */

/* The expansion's input, padded as the depthwise convolution's was. */
static MlirValue padded_input(const tess_model_t *model, const match_t *match,
                              const tess_builder_t *b) {
  MlirValue input =
      mlirOperationGetOperand(tess_edit_op(model, match->expand_node), 0);
  if (match->pad == TESS_NONE)
    return input;
  const tess_node_t *pad = &model->nodes[match->pad];
  return tess_build_pad(b, input, pad->pad_low, pad->pad_high);
}

/* The new weights, as an argument named after the site: "fused-mbconv.weight"
 * and the index that the argument gets. */
static MlirValue new_filter(const match_t *match, MlirOperation op) {
  const tess_conv2d_t *d = &match->depthwise;
  const tess_dims_t dims =
      tess_convolve_filter(d, d->o, match->expand.c, d->kh, d->kw);
  MlirType type = tess_build_type(&dims, mlirOperationGetOperand(op, 1));
  char name[48];
  snprintf(name, sizeof name, "fused-mbconv.weight.%d",
           (int)mlirBlockGetNumArguments(mlirOperationGetBlock(op)));
  return tess_edit_add_argument(op, type, name);
}

static void fuse(const tess_model_t *model, const match_t *match,
                 MlirOperation op) {
  const tess_conv2d_t *d = &match->depthwise;
  const tess_window_t window = tess_convolve_window(d);
  const tess_builder_t b = tess_build_before(op);
  MlirValue input = padded_input(model, match, &b);
  MlirValue filter = new_filter(match, op);
  tess_edit_replace(op, tess_convolve(op, d, input, filter, &window));
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  match_t match;
  if (!match_at(model, anchor, &match))
    return false;
  fuse(model, &match, tess_edit_op(model, anchor));
  free(match.nodes);
  return true;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  return n->kind == TESS_NODE_DEPTHWISE
             ? tess_match_conv2d_obstacle(n, TESS_TAKES_DILATION)
             : NULL;
}

const tess_rule_t tess_rule_fused_mbconv = {find, apply, obstacle};
