/* The tables of networks of inverted bottlenecks.
 * Columns: block, expansion, kernel, stride, channels, layers, squeeze,
 * activation; then what only few have. */
#include "network.h"

#define S TESS_ZOO_SWISH
#define R TESS_ZOO_RELU
#define R6 TESS_ZOO_RELU6
#define H TESS_ZOO_HARD_SWISH
#define MB TESS_ZOO_MBCONV
#define FUSED TESS_ZOO_FUSED

/* Tan and Le, "EfficientNet" (arXiv 1905.11946), table 1; B1 to B7 scale it. */
const tess_zoo_mobile_t tess_zoo_efficientnet = {
    .stem_activation = S,
    .head_activation = S,
    .gate = TESS_ZOO_SIGMOID,
    .stem = 32,
    .head = 1280,
    .classes = 1000,
    .stages = {{MB, 1, 3, 1, 16, 1, true, S},
               {MB, 6, 3, 2, 24, 2, true, S},
               {MB, 6, 5, 2, 40, 2, true, S},
               {MB, 6, 3, 2, 80, 3, true, S},
               {MB, 6, 5, 1, 112, 3, true, S},
               {MB, 6, 5, 2, 192, 4, true, S},
               {MB, 6, 3, 1, 320, 1, true, S}}};

/* Li et al., "Searching for Fast Model Families on Datacenter Accelerators"
 * (arXiv 2102.05610), and tensorflow/tpu, models/official/efficientnet,
 * tpu/efficientnet_x_builder.py. Stage 2 takes its first expansion from 16
 * channels, which is what stage 1 would have without its space-to-depth. */
const tess_zoo_mobile_t tess_zoo_efficientnet_x = {
    .stem_activation = R,
    .head_activation = R,
    .gate = TESS_ZOO_SIGMOID,
    .stem = 32,
    .head = 1280,
    .classes = 1000,
    .stages = {{TESS_ZOO_RESHAPED, 1, 3, 1, 16, 1, true, R},
               {FUSED, 6, 3, 1, 24, 2, true, S, .nominal = 16},
               {FUSED, 6, 5, 2, 40, 2, true, S},
               {MB, 6, 3, 2, 80, 3, true, R},
               {MB, 6, 5, 1, 112, 3, true, R},
               {MB, 6, 5, 2, 192, 4, true, R},
               {MB, 6, 3, 1, 320, 1, true, R}}};

/* tensorflow/tpu, models/official/efficientnet/edgetpu,
 * efficientnet_edgetpu_builder.py, size S. */
const tess_zoo_mobile_t tess_zoo_efficientnet_edgetpu = {
    .stem_activation = R,
    .head_activation = R,
    .stem = 32,
    .head = 1280,
    .classes = 1000,
    .stages = {{FUSED, 4, 3, 1, 24, 1, false, R, .nominal = 24, .plain = true},
               {FUSED, 8, 3, 2, 32, 2, false, R},
               {FUSED, 8, 3, 2, 48, 4, false, R},
               {MB, 8, 5, 2, 96, 5, false, R},
               {MB, 8, 5, 1, 144, 4, false, R},
               {MB, 8, 5, 2, 192, 2, false, R}}};

/* Sandler et al., "MobileNetV2" (arXiv 1801.04381), table 2. */
const tess_zoo_mobile_t tess_zoo_mobilenet_v2 = {
    .stem_activation = R6,
    .head_activation = R6,
    .stem = 32,
    .head = 1280,
    .head_never_narrows = true,
    .classes = 1000,
    .stages = {{MB, 1, 3, 1, 16, 1, false, R6},
               {MB, 6, 3, 2, 24, 2, false, R6},
               {MB, 6, 3, 2, 32, 3, false, R6},
               {MB, 6, 3, 2, 64, 4, false, R6},
               {MB, 6, 3, 1, 96, 3, false, R6},
               {MB, 6, 3, 2, 160, 3, false, R6},
               {MB, 6, 3, 1, 320, 1, false, R6}}};

/* Howard et al., "Searching for MobileNetV3" (arXiv 1905.02244), table 1. */
const tess_zoo_mobile_t tess_zoo_mobilenet_v3_large = {
    .stem_activation = H,
    .head_activation = H,
    .squeeze_activation = R,
    .gate = TESS_ZOO_HARD_SIGMOID,
    .stem = 16,
    .head = 960,
    .classifier = 1280,
    .classes = 1000,
    .squeeze_of_hidden = true,
    .stages = {{MB, 0, 3, 1, 16, 1, false, R, .hidden = 16},
               {MB, 0, 3, 2, 24, 1, false, R, .hidden = 64},
               {MB, 0, 3, 1, 24, 1, false, R, .hidden = 72},
               {MB, 0, 5, 2, 40, 1, true, R, .hidden = 72},
               {MB, 0, 5, 1, 40, 2, true, R, .hidden = 120},
               {MB, 0, 3, 2, 80, 1, false, H, .hidden = 240},
               {MB, 0, 3, 1, 80, 1, false, H, .hidden = 200},
               {MB, 0, 3, 1, 80, 2, false, H, .hidden = 184},
               {MB, 0, 3, 1, 112, 1, true, H, .hidden = 480},
               {MB, 0, 3, 1, 112, 1, true, H, .hidden = 672},
               {MB, 0, 5, 2, 160, 1, true, H, .hidden = 672},
               {MB, 0, 5, 1, 160, 2, true, H, .hidden = 960}}};
