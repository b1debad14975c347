/* Which node is a 2-D convolution, of which form. */
#include "match.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <string.h>

typedef struct form {
  const char *name, *filter;
  bool nchw, quantised;
  unsigned needs; /* TESS_TAKES_… */
} form_t;

static const form_t forms[] = {
    {.name = "tosa.conv2d", .filter = "FHWC"},
    {.name = "tosa.depthwise_conv2d", .filter = "HWCM"},
    {.name = "linalg.conv_2d_nhwc_hwcf", .filter = "HWCF"},
    {.name = "linalg.conv_2d_nhwc_hwcf_q",
     .filter = "HWCF",
     .quantised = true,
     .needs = TESS_TAKES_INT8},
    {.name = "linalg.conv_2d_nhwc_fhwc",
     .filter = "FHWC",
     .needs = TESS_TAKES_FHWC},
    {.name = "linalg.conv_2d_nhwc_fhwc_q",
     .filter = "FHWC",
     .quantised = true,
     .needs = TESS_TAKES_FHWC | TESS_TAKES_INT8},
    {.name = "linalg.conv_2d_nchw_fchw", .filter = "FCHW", .nchw = true},
    {.name = "linalg.conv_2d_nchw_fchw_q",
     .filter = "FCHW",
     .nchw = true,
     .quantised = true,
     .needs = TESS_TAKES_INT8},
    {.name = "linalg.conv_2d_ngchw_fgchw",
     .filter = "FGCHW",
     .nchw = true,
     .needs = TESS_TAKES_GROUPS},
    {.name = "linalg.conv_2d_ngchw_gfchw",
     .filter = "GFCHW",
     .nchw = true,
     .needs = TESS_TAKES_GROUPS},
    {.name = "linalg.conv_2d_ngchw_gfchw_q",
     .filter = "GFCHW",
     .nchw = true,
     .quantised = true,
     .needs = TESS_TAKES_GROUPS | TESS_TAKES_INT8},
    {.name = "linalg.conv_2d_nhwgc_gfhwc",
     .filter = "GFHWC",
     .needs = TESS_TAKES_GROUPS},
    {.name = "linalg.conv_2d_nhwgc_gfhwc_q",
     .filter = "GFHWC",
     .quantised = true,
     .needs = TESS_TAKES_GROUPS | TESS_TAKES_INT8},
    {.name = "linalg.depthwise_conv_2d_nhwc_hwc", .filter = "HWC"},
    {.name = "linalg.depthwise_conv_2d_nhwc_hwc_q",
     .filter = "HWC",
     .quantised = true,
     .needs = TESS_TAKES_INT8},
    {.name = "linalg.depthwise_conv_2d_nchw_chw",
     .filter = "CHW",
     .nchw = true},
    {.name = "linalg.depthwise_conv_2d_nhwc_hwcm",
     .filter = "HWCM",
     .needs = TESS_TAKES_MULTIPLIER},
    {.name = "linalg.depthwise_conv_2d_nhwc_hwcm_q",
     .filter = "HWCM",
     .quantised = true,
     .needs = TESS_TAKES_MULTIPLIER | TESS_TAKES_INT8},
};

int32_t tess_match_axis(const char *layout, char letter) {
  const char *at = strchr(layout, letter);
  return at ? (int32_t)(at - layout) : -1;
}

static const form_t *find_form(const tess_node_t *node) {
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (tess_match_op(node, forms[i].name))
      return &forms[i];
  return NULL;
}

static bool is_float(int32_t dtype) {
  return dtype == TESS_F32 || dtype == TESS_F16 || dtype == TESS_BF16;
}

/* A zero point: a constant that i8 can hold. */
static bool zero_point(MlirOperation op, intptr_t operand, int64_t *zero) {
  double number;
  if (operand >= mlirOperationGetNumOperands(op) ||
      !tess_match_number(mlirOperationGetOperand(op, operand), &number) ||
      number < -128 || number > 127)
    return false;
  *zero = (int64_t)number;
  return true;
}

static bool take_types(const tess_node_t *node, unsigned takes,
                       tess_conv2d_t *conv) {
  const tess_kernel_t *k = &node->kernel;
  if (is_float(k->in_type))
    return !conv->quantised;
  conv->integer = true;
  if (!(takes & TESS_TAKES_INT8) || k->in_type != TESS_I8 ||
      k->weight_type != TESS_I8 || k->out_type != TESS_I32)
    return false;
  MlirOperation op = {(void *)(uintptr_t)node->op};
  if (!conv->tosa && !conv->quantised)
    return true;
  int32_t first = conv->tosa ? 3 : 2;
  return zero_point(op, first, &conv->data_zero) &&
         zero_point(op, first + 1, &conv->filter_zero);
}

static void fill_sizes(const tess_kernel_t *k, tess_conv2d_t *conv) {
  conv->n = k->batch;
  conv->c = k->in_channels;
  conv->o = k->out_channels;
  conv->h = k->in_size[0];
  conv->w = k->in_size[1];
  conv->oh = k->out_size[0];
  conv->ow = k->out_size[1];
  conv->kh = k->window[0];
  conv->kw = k->window[1];
  conv->sh = k->stride[0];
  conv->sw = k->stride[1];
  conv->dh = k->dilation[0];
  conv->dw = k->dilation[1];
  conv->top = k->pad_low[0];
  conv->left = k->pad_low[1];
  conv->bottom = k->pad_high[0];
  conv->right = k->pad_high[1];
  conv->groups = k->groups;
  conv->multiplier =
      conv->depthwise && k->in_channels ? k->out_channels / k->in_channels : 1;
}

static bool is_contraction(const tess_node_t *node) {
  return !node->prepared &&
         (node->kind == TESS_NODE_CONV || node->kind == TESS_NODE_DEPTHWISE);
}

/* What is there beyond `takes`; NULL: nothing. Fills `conv`. */
static const char *find_obstacle(const tess_node_t *node, unsigned takes,
                                 tess_conv2d_t *conv) {
  const tess_kernel_t *k = &node->kernel;
  const form_t *form = find_form(node);
  if (k->spatial_rank != 2)
    return "a convolution that is not over two dimensions";
  if (!form)
    return "a convolution in another form than the named ops of TOSA and "
           "linalg";
  if (form->needs & ~takes & TESS_TAKES_GROUPS)
    return "a grouped convolution";
  if (form->needs & ~takes & TESS_TAKES_MULTIPLIER)
    return "several outputs of one channel";
  if (form->needs & ~takes & TESS_TAKES_FHWC)
    return "a filter with the output channels first beside NHWC data";
  *conv = (tess_conv2d_t){.tosa = form->name[0] == 't',
                          .nchw = form->nchw,
                          .quantised = form->quantised,
                          .depthwise = node->kind == TESS_NODE_DEPTHWISE,
                          .filter_layout = form->filter};
  conv->grouped = tess_match_axis(form->filter, 'G') >= 0;
  fill_sizes(k, conv);
  if (!take_types(node, takes, conv))
    return conv->integer ? "integers, or zero points, of a kind that is not "
                           "supported"
                         : "element types that are not supported";
  if ((conv->dh != 1 || conv->dw != 1) && !(takes & TESS_TAKES_DILATION))
    return "a dilated convolution";
  if (conv->multiplier != 1 && !(takes & TESS_TAKES_MULTIPLIER))
    return "several outputs of one channel";
  return conv->depthwise || conv->grouped || conv->groups == 1
             ? NULL
             : "a grouped convolution";
}

bool tess_match_conv2d_with(const tess_node_t *node, unsigned takes,
                            tess_conv2d_t *conv) {
  return is_contraction(node) && !find_obstacle(node, takes, conv);
}

const char *tess_match_conv2d_obstacle(const tess_node_t *node,
                                       unsigned takes) {
  tess_conv2d_t conv;
  return is_contraction(node) ? find_obstacle(node, takes, &conv) : NULL;
}
