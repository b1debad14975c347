/* linalg ops that are known by name; all others go by their maps and body. */
#include "operations.h"

#define CONVOLUTION(text, data, filter)                                        \
  {                                                                            \
    .name = "linalg." text, .read = tess_read_convolution,                     \
    .data_layout = data, .filter_layout = filter                               \
  }
#define POOLING(text, layout)                                                  \
  {                                                                            \
    .name = "linalg.pooling_" text, .read = tess_read_pooling,                 \
    .data_layout = layout                                                      \
  }

/* exp, sum, subtract and compare for the maximum, divide: per element. */
static tess_status_t read_softmax(tess_reading_t *r, MlirOperation op,
                                  const tess_operation_t *operation) {
  (void)operation;
  int32_t node;
  TESS_TRY(tess_reading_add_node(r, op, TESS_NODE_REDUCTION,
                                 TESS_KERNEL_REDUCTION, &node));
  tess_kernel_t *kernel = &r->nodes[node].kernel;
  r->nodes[node].combiner = TESS_COMBINER_SOFTMAX;
  kernel->m = kernel->out_elements;
  kernel->n = kernel->k = 1;
  int64_t simple = kernel->out_elements;
  TESS_TRY(tess_reading_multiply(r, op, &simple, 3));
  kernel->vector_ops[TESS_VECTOR_SIMPLE] = simple;
  kernel->vector_ops[TESS_VECTOR_EXP] = kernel->out_elements;
  kernel->vector_ops[TESS_VECTOR_DIV] = kernel->out_elements;
  return TESS_SUCCESS;
}

const tess_operation_t tess_linalg_operations[] = {
    CONVOLUTION("conv_1d", "W", "W"),
    CONVOLUTION("conv_2d", "HW", "HW"),
    CONVOLUTION("conv_3d", "DHW", "DHW"),
    CONVOLUTION("conv_1d_nwc_wcf", "NWC", "WCF"),
    CONVOLUTION("conv_1d_ncw_fcw", "NCW", "FCW"),
    CONVOLUTION("conv_2d_nhwc_hwcf", "NHWC", "HWCF"),
    CONVOLUTION("conv_2d_nhwc_hwcf_q", "NHWC", "HWCF"),
    CONVOLUTION("conv_2d_nhwc_fhwc", "NHWC", "FHWC"),
    CONVOLUTION("conv_2d_nhwc_fhwc_q", "NHWC", "FHWC"),
    CONVOLUTION("conv_2d_nchw_fchw", "NCHW", "FCHW"),
    CONVOLUTION("conv_2d_nchw_fchw_q", "NCHW", "FCHW"),
    CONVOLUTION("conv_2d_ngchw_fgchw", "NGCHW", "FGCHW"),
    CONVOLUTION("conv_2d_ngchw_gfchw", "NGCHW", "GFCHW"),
    CONVOLUTION("conv_2d_ngchw_gfchw_q", "NGCHW", "GFCHW"),
    CONVOLUTION("conv_2d_nhwgc_gfhwc", "NHWGC", "GFHWC"),
    CONVOLUTION("conv_2d_nhwgc_gfhwc_q", "NHWGC", "GFHWC"),
    CONVOLUTION("conv_3d_ndhwc_dhwcf", "NDHWC", "DHWCF"),
    CONVOLUTION("conv_3d_ndhwc_dhwcf_q", "NDHWC", "DHWCF"),
    CONVOLUTION("conv_3d_ncdhw_fcdhw", "NCDHW", "FCDHW"),
    CONVOLUTION("depthwise_conv_1d_nwc_wc", "NWC", "WC"),
    CONVOLUTION("depthwise_conv_1d_ncw_cw", "NCW", "CW"),
    CONVOLUTION("depthwise_conv_1d_nwc_wcm", "NWC", "WCM"),
    CONVOLUTION("depthwise_conv_2d_nhwc_hwc", "NHWC", "HWC"),
    CONVOLUTION("depthwise_conv_2d_nhwc_hwc_q", "NHWC", "HWC"),
    CONVOLUTION("depthwise_conv_2d_nchw_chw", "NCHW", "CHW"),
    CONVOLUTION("depthwise_conv_2d_nhwc_hwcm", "NHWC", "HWCM"),
    CONVOLUTION("depthwise_conv_2d_nhwc_hwcm_q", "NHWC", "HWCM"),
    CONVOLUTION("depthwise_conv_3d_ndhwc_dhwc", "NDHWC", "DHWC"),
    CONVOLUTION("depthwise_conv_3d_ncdhw_cdhw", "NCDHW", "CDHW"),
    CONVOLUTION("depthwise_conv_3d_ndhwc_dhwcm", "NDHWC", "DHWCM"),
    POOLING("nhwc_sum", "NHWC"),
    POOLING("nhwc_max", "NHWC"),
    POOLING("nhwc_min", "NHWC"),
    POOLING("nhwc_max_unsigned", "NHWC"),
    POOLING("nhwc_min_unsigned", "NHWC"),
    POOLING("nchw_sum", "NCHW"),
    POOLING("nchw_max", "NCHW"),
    POOLING("nwc_sum", "NWC"),
    POOLING("nwc_max", "NWC"),
    POOLING("nwc_min", "NWC"),
    POOLING("nwc_max_unsigned", "NWC"),
    POOLING("nwc_min_unsigned", "NWC"),
    POOLING("ncw_sum", "NCW"),
    POOLING("ncw_max", "NCW"),
    POOLING("ndhwc_sum", "NDHWC"),
    POOLING("ndhwc_max", "NDHWC"),
    POOLING("ndhwc_min", "NDHWC"),
    {.name = "linalg.softmax", .read = read_softmax},
    {.name = "linalg.pack", .read = tess_read_movement},
    {.name = "linalg.unpack", .read = tess_read_movement},
    {.name = NULL},
};
