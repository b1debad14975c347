/* Hybrid convolution between depthwise and dense: an MBConv's 1x1 expansion and
 * depthwise convolution become one convolution in groups (the group-convolution
 * inverted bottleneck of MobileNetEdgeTPUV2). Another function with new
 * weights. */
#include "conv_path.h"
#include "edit.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"

static const struct {
  const char *name;
  int64_t groups;
} choices[] = {{"g2", 2}, {"g4", 4}, {"g8", 8}, {"g16", 16}};
enum { CHOICES = 4 };

/* The choices whose groups divide both numbers of channels, and leave more than
 * one channel in each. */
static int list_choices(const tess_conv_path_t *path, int *list) {
  int count = 0;
  for (int i = 0; i < CHOICES; i++) {
    int64_t groups = choices[i].groups;
    if (path->before.c % groups == 0 && path->conv.o % groups == 0 &&
        path->before.c > groups)
      list[count++] = i;
  }
  return count;
}

static void add_site(const tess_model_t *model, int32_t node,
                     const tess_conv_path_t *path,
                     tess_site_collector_t *collector) {
  int list[CHOICES], count = list_choices(path, list);
  tess_kernel_t least[CHOICES];
  tess_alternative_t alternatives[CHOICES + 1] = {{.name = "keep"}};
  const tess_node_t *nodes = model->nodes;
  for (int i = 0; i < count; i++) {
    int64_t groups = choices[list[i]].groups;
    least[i] = tess_match_dense(&nodes[node], path->before.c / groups,
                                path->conv.o / groups);
    alternatives[i + 1] = (tess_alternative_t){
        .name = choices[list[i]].name,
        .rewrite_class = TESS_CLASS_RETRAIN,
        .why = "one convolution in groups, no expanded tensor in between",
        .removed_macs =
            nodes[node].kernel.macs + nodes[path->before_node].kernel.macs,
        .least = &least[i]};
  }
  if (count)
    tess_site_add(collector, node, path->nodes, path->node_count, alternatives,
                  count + 1);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  for (int32_t i = 0; i < model->node_count; i++) {
    tess_conv_path_t path;
    if (!tess_conv_path_find_mbconv(model, i, &path))
      continue;
    add_site(model, i, &path, collector);
    tess_conv_path_free(&path);
  }
}

/* ---- linalg: dimensions of groups. ---- */

/* NCHW as NGCHW, NHWC as NHWGC. */
static tess_dims_t grouped(const tess_dims_t *dims, bool nchw, int64_t groups) {
  const int64_t *d = dims->at;
  return nchw ? (tess_dims_t){5, {d[0], groups, d[1] / groups, d[2], d[3]}}
              : (tess_dims_t){5, {d[0], d[1], d[2], groups, d[3] / groups}};
}

static MlirValue in_groups(const tess_builder_t *b, MlirValue tensor, bool nchw,
                           int64_t groups) {
  const tess_dims_t dims = tess_build_dims(tensor);
  const tess_dims_t to = grouped(&dims, nchw, groups);
  return tess_build_reshape(b, tensor, &to);
}

static MlirValue convolve_linalg(const tess_builder_t *b, MlirOperation op,
                                 const tess_conv_path_t *path, MlirValue input,
                                 int64_t groups) {
  const tess_conv2d_t *c = &path->conv;
  const tess_window_t window = tess_convolve_window(c);
  int64_t in = path->before.c / groups, out = c->o / groups;
  const tess_dims_t filter = {5,
                              {groups, out, c->nchw ? in : c->kh,
                               c->nchw ? c->kh : c->kw, c->nchw ? c->kw : in}};
  const tess_dims_t whole = tess_build_dims(mlirOperationGetResult(op, 0));
  const tess_dims_t parts = grouped(&whole, c->nchw, groups);
  MlirValue old = mlirOperationGetOperand(op, 1);
  const tess_convolution_t made = {
      .data = in_groups(b, input, c->nchw, groups),
      .filter = tess_edit_add_weight(op, tess_build_type(&filter, old),
                                     "group-mbconv", old),
      .start = in_groups(b, mlirOperationGetOperand(op, tess_convolve_start(c)),
                         c->nchw, groups),
      .type = tess_build_type(&parts, mlirOperationGetResult(op, 0)),
      .grouped = true};
  return tess_build_reshape(b, tess_convolve_with(op, c, &made, &window),
                            &whole);
}

/* ---- TOSA: a convolution for each group. ---- */

/* Part `index` of `count` along a dimension. */
static MlirValue part(const tess_builder_t *b, MlirValue tensor,
                      int32_t dimension, int64_t index, int64_t count) {
  tess_dims_t to = tess_build_dims(tensor);
  int64_t offsets[TESS_MAX_RANK] = {0};
  if (to.at[dimension] == 1) /* one bias for all */
    return tensor;
  to.at[dimension] /= count;
  offsets[dimension] = index * to.at[dimension];
  return tess_build_part(b, tensor, offsets, &to);
}

static MlirValue convolve_tosa(const tess_builder_t *b, MlirOperation op,
                               const tess_conv_path_t *path, MlirValue input,
                               int64_t groups) {
  const tess_conv2d_t *c = &path->conv;
  const tess_window_t window = tess_convolve_window(c);
  const tess_dims_t dims = {4, {c->o, c->kh, c->kw, path->before.c / groups}};
  MlirValue old = mlirOperationGetOperand(op, 1), parts[16];
  MlirValue filter = tess_edit_add_weight(op, tess_build_type(&dims, old),
                                          "group-mbconv", old);
  tess_dims_t result = tess_build_dims(mlirOperationGetResult(op, 0));
  result.at[3] /= groups;
  for (int64_t g = 0; g < groups; g++) {
    const tess_convolution_t made = {
        .data = part(b, input, 3, g, groups),
        .filter = part(b, filter, 0, g, groups),
        .start = part(b, mlirOperationGetOperand(op, 2), 0, g, groups),
        .type = tess_build_type(&result, mlirOperationGetResult(op, 0))};
    parts[g] = tess_convolve_with(op, c, &made, &window);
  }
  return tess_build_concat(b, parts, groups, 3);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  tess_conv_path_t path;
  int list[CHOICES];
  if (!tess_conv_path_find_mbconv(model, anchor, &path))
    return false;
  bool known = alternative <= list_choices(&path, list);
  if (known) {
    MlirOperation op = tess_edit_op(model, anchor);
    const tess_builder_t b = tess_build_before(op);
    MlirValue input = tess_conv_path_input(model, &path, &b);
    int64_t groups = choices[list[alternative - 1]].groups;
    tess_edit_replace(op, (path.conv.tosa ? convolve_tosa : convolve_linalg)(
                              &b, op, &path, input, groups));
  }
  tess_conv_path_free(&path);
  return known;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  return n->kind == TESS_NODE_DEPTHWISE
             ? tess_match_conv2d_obstacle(n, TESS_TAKES_DILATION)
             : NULL;
}

const tess_rule_t tess_rule_group_mbconv = {find, apply, obstacle};
