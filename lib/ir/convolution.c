/* Convolutions whose layout is known by name: TOSA's and linalg's named ones.
 * Layouts are strings of letters: N batch, D H W space, C input channels,
 * F output channels, M channel multiplier, G groups. */
#include "operations.h"
#include <string.h>

typedef struct shapes {
  const tess_value_t *data, *filter, *out;
  const char *data_layout, *filter_layout;
} shapes_t;

/* The size of `letter`, or 1 where the layout lacks it. */
static int64_t size_of(const tess_value_t *value, const char *layout,
                       char letter) {
  const char *at = strchr(layout, letter);
  return at ? value->shape[at - layout] : 1;
}

static void fill_space(tess_kernel_t *kernel, const shapes_t *s) {
  for (const char *at = s->data_layout; *at; at++) {
    if (!strchr("DHW", *at))
      continue;
    int32_t i = kernel->spatial_rank++;
    kernel->in_size[i] = s->data->shape[at - s->data_layout];
    kernel->out_size[i] = s->out->shape[at - s->data_layout];
    kernel->window[i] = size_of(s->filter, s->filter_layout, *at);
    kernel->stride[i] = kernel->dilation[i] = 1;
  }
}

static tess_status_t fill_channels(tess_reading_t *r, MlirOperation op,
                                   tess_kernel_t *kernel, const shapes_t *s) {
  bool depthwise = kernel->kind == TESS_KERNEL_DEPTHWISE;
  int64_t channels = size_of(s->data, s->data_layout, 'C');
  int64_t split = size_of(s->data, s->data_layout, 'G');
  kernel->batch = size_of(s->data, s->data_layout, 'N');
  kernel->groups = depthwise ? channels : split;
  kernel->in_channels = channels;
  kernel->out_channels =
      depthwise ? channels : size_of(s->filter, s->filter_layout, 'F');
  TESS_TRY(tess_reading_multiply(r, op, &kernel->in_channels, split));
  return tess_reading_multiply(
      r, op, &kernel->out_channels,
      depthwise ? size_of(s->filter, s->filter_layout, 'M') : split);
}

/* m, n, k and the multiply-accumulates from the sizes. */
static tess_status_t fill_products(tess_reading_t *r, MlirOperation op,
                                   tess_kernel_t *kernel) {
  kernel->m = kernel->batch;
  kernel->k = kernel->in_channels / kernel->groups;
  kernel->n = kernel->out_channels / kernel->groups;
  for (int32_t i = 0; i < kernel->spatial_rank; i++) {
    TESS_TRY(tess_reading_multiply(r, op, &kernel->m, kernel->out_size[i]));
    TESS_TRY(tess_reading_multiply(r, op, &kernel->k, kernel->window[i]));
  }
  kernel->macs = kernel->m;
  TESS_TRY(tess_reading_multiply(r, op, &kernel->macs, kernel->k));
  return tess_reading_multiply(r, op, &kernel->macs, kernel->out_channels);
}

static void fill_attributes(MlirOperation op, tess_kernel_t *kernel) {
  int64_t pad[6] = {0};
  bool tosa = !mlirAttributeIsNull(tess_attribute(op, "pad"));
  tess_attribute_integers(tess_attribute(op, tosa ? "stride" : "strides"),
                          kernel->stride, kernel->spatial_rank);
  tess_attribute_integers(tess_attribute(op, tosa ? "dilation" : "dilations"),
                          kernel->dilation, kernel->spatial_rank);
  if (tosa)
    tess_attribute_integers(tess_attribute(op, "pad"), pad, 6);
  for (int32_t i = 0; i < kernel->spatial_rank; i++) {
    kernel->pad_low[i] = pad[2 * i];
    kernel->pad_high[i] = pad[2 * i + 1];
  }
}

/* TOSA's third operand is the bias; linalg's last is what the accumulator
 * starts from. */
static int32_t find_bias(const tess_node_t *node) {
  if (node->input_count < 3)
    return TESS_NONE;
  bool tosa = strncmp(node->op_name, "tosa.", 5) == 0;
  return node->inputs[tosa ? 2 : node->input_count - 1];
}

static bool ranks_agree(const shapes_t *s) {
  size_t rank = strlen(s->data_layout);
  return (size_t)s->data->rank == rank && (size_t)s->out->rank >= rank &&
         (size_t)s->filter->rank == strlen(s->filter_layout);
}

static tess_status_t begin(tess_reading_t *r, MlirOperation op,
                           const tess_operation_t *operation, int32_t *index,
                           shapes_t *s) {
  bool depthwise = strstr(operation->name, "depthwise") != NULL;
  TESS_TRY(tess_reading_add_node(
      r, op, depthwise ? TESS_NODE_DEPTHWISE : TESS_NODE_CONV,
      depthwise ? TESS_KERNEL_DEPTHWISE : TESS_KERNEL_CONV, index));
  tess_node_t *node = &r->nodes[*index];
  if (node->input_count < 2 || node->output_count != 1)
    return TESS_AT(r, op, TESS_UNSUPPORTED,
                   "a convolution without two tensor operands and a result");
  node->data = node->inputs[0];
  node->filter = node->inputs[1];
  node->bias = find_bias(node);
  *s = (shapes_t){&r->values[node->data], &r->values[node->filter],
                  &r->values[node->outputs[0]], operation->data_layout,
                  operation->filter_layout};
  if (!ranks_agree(s))
    return TESS_AT(r, op, TESS_UNSUPPORTED,
                   "operand ranks do not fit the layout of %s",
                   operation->name);
  node->kernel.weight_type = s->filter->dtype;
  bool last = operation->data_layout[s->data->rank - 1] == 'C';
  node->kernel.layout = last ? TESS_LAYOUT_NHWC : TESS_LAYOUT_NCHW;
  return TESS_SUCCESS;
}

tess_status_t tess_read_convolution(tess_reading_t *r, MlirOperation op,
                                    const tess_operation_t *operation) {
  int32_t index;
  shapes_t s;
  TESS_TRY(begin(r, op, operation, &index, &s));
  tess_kernel_t *kernel = &r->nodes[index].kernel;
  fill_space(kernel, &s);
  TESS_TRY(fill_channels(r, op, kernel, &s));
  fill_attributes(op, kernel);
  return fill_products(r, op, kernel);
}

/* A transposed convolution does its products at every input position. */
tess_status_t
tess_read_transposed_convolution(tess_reading_t *r, MlirOperation op,
                                 const tess_operation_t *operation) {
  int32_t index;
  shapes_t s;
  TESS_TRY(begin(r, op, operation, &index, &s));
  tess_kernel_t *kernel = &r->nodes[index].kernel;
  fill_space(kernel, &s);
  TESS_TRY(fill_channels(r, op, kernel, &s));
  tess_attribute_integers(tess_attribute(op, "stride"), kernel->stride,
                          kernel->spatial_rank);
  kernel->m = kernel->batch;
  kernel->n = kernel->out_channels;
  kernel->k = kernel->in_channels;
  for (int32_t i = 0; i < kernel->spatial_rank; i++) {
    TESS_TRY(tess_reading_multiply(r, op, &kernel->m, kernel->in_size[i]));
    TESS_TRY(tess_reading_multiply(r, op, &kernel->n, kernel->window[i]));
  }
  kernel->macs = kernel->m;
  TESS_TRY(tess_reading_multiply(r, op, &kernel->macs, kernel->n));
  return tess_reading_multiply(r, op, &kernel->macs, kernel->k);
}
