/* The table of named networks, and finding a network by name. */
#include "network.h"
#include "tessera/base/text.h"
#include "tessera/zoo/zoo.h"
#include <string.h>

/* Whole hundredths, as the papers give multipliers. */
#define HUNDREDTHS(n) ((n) * (TESS_ZOO_ONE / 100))

#define MOBILE(text, table, w, d, side, quarters, eps, about)                  \
  {                                                                            \
    .name = text, .summary = about, .family = TESS_ZOO_FAMILY_MOBILE,          \
    .mobile = &table, .resolution = side, .width = HUNDREDTHS(w),              \
    .depth = HUNDREDTHS(d), .squeeze_quarters = quarters, .epsilon = eps       \
  }

/* Tan and Le, arXiv 1905.11946: width, depth and resolution of their models;
 * epsilon and the squeeze's width are torchvision's. */
#define EFFICIENTNET(n, w, d, side, eps)                                       \
  MOBILE("efficientnet-b" n, tess_zoo_efficientnet, w, d, side, 1, eps,        \
         "EfficientNet-B" n ": MBConv, swish, squeeze-and-excite")

/* Li et al., arXiv 2102.05610, table of the models scaled for TPUv3. */
#define EFFICIENTNET_X(n, w, d, side, quarters)                                \
  MOBILE("efficientnet-x-b" n, tess_zoo_efficientnet_x, w, d, side, quarters,  \
         1e-3,                                                                 \
         "EfficientNet-X-B" n ", scaled for TPUv3: fused MBConv, "             \
         "space-to-depth")

/* Networks of which there is one size. */
#define SINGLE(text, kind, member, table, side, count, eps, about)             \
  {                                                                            \
    .name = text, .summary = about, .family = TESS_ZOO_FAMILY_##kind,          \
    .member = &table, .resolution = side, .sequence = count,                   \
    .width = TESS_ZOO_ONE, .depth = TESS_ZOO_ONE, .epsilon = eps               \
  }

static const tess_zoo_network_t networks[] = {
    EFFICIENTNET("0", 100, 100, 224, 1e-5),
    EFFICIENTNET("1", 100, 110, 240, 1e-5),
    EFFICIENTNET("2", 110, 120, 260, 1e-5),
    EFFICIENTNET("3", 120, 140, 300, 1e-5),
    EFFICIENTNET("4", 140, 180, 380, 1e-5),
    EFFICIENTNET("5", 160, 220, 456, 1e-3),
    EFFICIENTNET("6", 180, 260, 528, 1e-3),
    EFFICIENTNET("7", 200, 310, 600, 1e-3),
    EFFICIENTNET_X("0", 100, 100, 224, 4),
    EFFICIENTNET_X("1", 105, 109, 229, 2),
    EFFICIENTNET_X("2", 113, 129, 244, 1),
    EFFICIENTNET_X("3", 127, 162, 263, 1),
    EFFICIENTNET_X("4", 154, 238, 299, 1),
    EFFICIENTNET_X("5", 196, 276, 332, 1),
    EFFICIENTNET_X("6", 275, 301, 328, 1),
    EFFICIENTNET_X("7", 326, 344, 350, 1),
    MOBILE("efficientnet-edgetpu", tess_zoo_efficientnet_edgetpu, 100, 100, 224,
           1, 1e-3, "EfficientNet-EdgeTPU-S: fused MBConv, relu"),
    MOBILE("mobilenet-v2", tess_zoo_mobilenet_v2, 100, 100, 224, 1, 1e-5,
           "MobileNetV2: MBConv, relu6"),
    MOBILE("mobilenet-v3-large", tess_zoo_mobilenet_v3_large, 100, 100, 224, 1,
           1e-3, "MobileNetV3-Large: MBConv, hard swish, squeeze-and-excite"),
    SINGLE("resnet-50", RESIDUAL, residual, tess_zoo_resnet_50, 224, 0, 1e-5,
           "ResNet-50: bottlenecks, relu"),
    SINGLE("resnext-50", RESIDUAL, residual, tess_zoo_resnext_50, 224, 0, 1e-5,
           "ResNeXt-50 32x4d: bottlenecks of 32 groups, relu"),
    SINGLE("convnext-tiny", CONVNEXT, convnext, tess_zoo_convnext_tiny, 224, 0,
           1e-6, "ConvNeXt-T: depthwise 7x7, layer norm, gelu"),
    SINGLE("vit-b16", TRANSFORMER, transformer, tess_zoo_vit_b16, 224, 0, 1e-6,
           "ViT-B/16: patches, attention, gelu"),
    SINGLE("bert-base", TRANSFORMER, transformer, tess_zoo_bert_base, 0, 128,
           1e-12, "BERT base: embeddings, encoder and pooler"),
    SINGLE("gpt2-small-prefill", TRANSFORMER, transformer, tess_zoo_gpt2_small,
           0, 1024, 1e-5, "GPT-2 small: a whole text, causal attention"),
    SINGLE("gpt2-small-decode", TRANSFORMER, transformer,
           tess_zoo_gpt2_small_decode, 0, 1023, 1e-5,
           "GPT-2 small: the next position, keys and values cached"),
    SINGLE("mlp", MLP, mlp, tess_zoo_mlp, 0, 0, 0,
           "784 inputs, three layers of 1024 with relu, 10 outputs"),
};

#define NETWORK_COUNT (sizeof networks / sizeof networks[0])

size_t tess_zoo_count(void) { return NETWORK_COUNT; }

const char *tess_zoo_name(size_t index) {
  return index < NETWORK_COUNT ? networks[index].name : NULL;
}

const char *tess_zoo_summary(size_t index) {
  return index < NETWORK_COUNT ? networks[index].summary : NULL;
}

int64_t tess_zoo_resolution(size_t index) {
  return index < NETWORK_COUNT ? networks[index].resolution : 0;
}

int64_t tess_zoo_sequence(size_t index) {
  return index < NETWORK_COUNT ? networks[index].sequence : 0;
}

static tess_status_t unknown_network(const char *name) {
  const char *names[NETWORK_COUNT + 1];
  for (size_t i = 0; i < NETWORK_COUNT; i++)
    names[i] = networks[i].name;
  names[NETWORK_COUNT] = "mbconv:";
  const char *nearest = tess_nearest(name, names, NETWORK_COUNT + 1);
  if (nearest)
    return tess_error(TESS_NOT_FOUND,
                      "no network is called '%.64s'; did you mean '%s'?", name,
                      nearest);
  return tess_error(TESS_NOT_FOUND,
                    "no network is called '%.64s'; 'tessera zoo --list' names "
                    "them, and there is 'mbconv:' with 28 comma-separated "
                    "integers",
                    name);
}

tess_status_t tess_zoo_network_find(const char *name, tess_zoo_mobile_t *mobile,
                                    tess_zoo_network_t *network) {
  static const char prefix[] = "mbconv:";
  if (!strncmp(name, prefix, sizeof prefix - 1))
    return tess_zoo_mbconv_parse(name + sizeof prefix - 1, mobile, network);
  for (size_t i = 0; i < NETWORK_COUNT; i++)
    if (!strcmp(name, networks[i].name)) {
      *network = networks[i];
      return TESS_SUCCESS;
    }
  return unknown_network(name);
}
