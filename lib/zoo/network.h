/* Networks as data: short tables that one walker a family turns into layers.
 * Private to lib/zoo. A new network is a table and a row in networks.c. */
#ifndef TESSERA_LIB_ZOO_NETWORK_H
#define TESSERA_LIB_ZOO_NETWORK_H

#include "tessera/base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Multipliers of width and depth are whole numbers of millionths: products with
 * channels and layers are exact on every machine. */
#define TESS_ZOO_ONE INT64_C(1000000)

typedef enum tess_zoo_function {
  TESS_ZOO_LINEAR, /* x */
  TESS_ZOO_SWISH,  /* x * sigmoid(x) */
  TESS_ZOO_RELU,   /* max(x, 0) */
  TESS_ZOO_RELU6,
  TESS_ZOO_SIGMOID,      /* 1 / (1 + exp(-x)) */
  TESS_ZOO_HARD_SIGMOID, /* min(max(x / 6 + 1 / 2, 0), 1) */
  TESS_ZOO_HARD_SWISH,   /* x * hard sigmoid(x) */
  TESS_ZOO_GELU,         /* by erf */
  TESS_ZOO_GELU_TANH,
  TESS_ZOO_TANH_FUNCTION
} tess_zoo_function_t;

typedef enum tess_zoo_block {
  TESS_ZOO_MBCONV,  /* 1x1 expansion (none where it is 1), depthwise, 1x1 */
  TESS_ZOO_FUSED,   /* dense convolution that expands, 1x1 */
  TESS_ZOO_RESHAPED /* MBConv behind a learned space-to-depth by 2 */
} tess_zoo_block_t;

/* Layers of one kind. The first carries the stride and changes the channels. */
typedef struct tess_zoo_stage {
  tess_zoo_block_t block;
  int64_t expansion, kernel, stride, channels, layers;
  bool squeeze;
  tess_zoo_function_t activation;
  int64_t nominal; /* input channels that the expansion and the squeeze go by;
                      0: those that come */
  int64_t hidden;  /* channels between, instead of an expansion; 0: none */
  bool plain;      /* no residual connection */
} tess_zoo_stage_t;

#define TESS_ZOO_MOBILE_STAGES 16

/* Inverted bottlenecks between a stem and a head. */
typedef struct tess_zoo_mobile {
  tess_zoo_function_t stem_activation, head_activation;
  tess_zoo_function_t squeeze_activation; /* LINEAR: the block's */
  tess_zoo_function_t gate; /* squeeze-and-excite's last function */
  int64_t stem, head;       /* channels */
  int64_t classifier;       /* units before the last; 0: none */
  int64_t classes;
  bool squeeze_of_hidden;  /* its width goes by the channels between */
  bool head_never_narrows; /* width below 1 leaves the head alone */
  tess_zoo_stage_t stages[TESS_ZOO_MOBILE_STAGES]; /* ends with 0 layers */
} tess_zoo_mobile_t;

/* Bottlenecks: 1x1, 3x3 (groups), 1x1 to four times the channels. */
typedef struct tess_zoo_residual {
  int64_t stem, classes, groups, group_width; /* of the first stage */
  int64_t layers[4];
} tess_zoo_residual_t;

typedef struct tess_zoo_convnext {
  int64_t classes, layers[4], channels[4];
} tess_zoo_convnext_t;

typedef enum tess_zoo_text {
  TESS_ZOO_IMAGE,
  TESS_ZOO_TEXT,
  TESS_ZOO_DECODE
} tess_zoo_text_t;

/* Blocks of attention and a two-layer network. */
typedef struct tess_zoo_transformer {
  tess_zoo_text_t kind;
  bool causal;
  bool norm_first;  /* before each half of a block, not after its sum */
  bool fused_heads; /* one product for queries, keys and values */
  int64_t patch;    /* of an image */
  int64_t layers, heads, head_size, expansion;
  int64_t vocabulary, positions, segments; /* rows of the tables of a text */
  int64_t classes;
  tess_zoo_function_t activation;
} tess_zoo_transformer_t;

typedef struct tess_zoo_mlp {
  int64_t inputs, hidden, layers, outputs;
} tess_zoo_mlp_t;

typedef enum tess_zoo_family {
  TESS_ZOO_FAMILY_MOBILE,
  TESS_ZOO_FAMILY_RESIDUAL,
  TESS_ZOO_FAMILY_CONVNEXT,
  TESS_ZOO_FAMILY_TRANSFORMER,
  TESS_ZOO_FAMILY_MLP
} tess_zoo_family_t;

#define TESS_ZOO_NAME_CHARS 112

typedef struct tess_zoo_network {
  char name[TESS_ZOO_NAME_CHARS];
  const char *summary;
  tess_zoo_family_t family;
  union {
    const tess_zoo_mobile_t *mobile;
    const tess_zoo_residual_t *residual;
    const tess_zoo_convnext_t *convnext;
    const tess_zoo_transformer_t *transformer;
    const tess_zoo_mlp_t *mlp;
  };
  int64_t resolution;       /* the side it was designed for; 0: no image */
  int64_t sequence;         /* positions it is emitted with; 0: no text */
  int64_t width, depth;     /* in TESS_ZOO_ONE; scale the table */
  int64_t squeeze_quarters; /* of a block's input to the squeeze's width */
  double epsilon;           /* of the norms */
} tess_zoo_network_t;

struct tess_zoo_emitter;
typedef void tess_zoo_walk_t(struct tess_zoo_emitter *e);

/* Each declares its inputs, adds the layers and returns the results. */
tess_zoo_walk_t tess_zoo_walk_mobile, tess_zoo_walk_residual,
    tess_zoo_walk_convnext, tess_zoo_walk_transformer, tess_zoo_walk_mlp;

/* Copies the network called `name`, or parses it if it starts "mbconv:"; then
 * the table lives in `mobile`. */
TESS_MUST_USE tess_status_t tess_zoo_network_find(const char *name,
                                                  tess_zoo_mobile_t *mobile,
                                                  tess_zoo_network_t *network);

/* Parses what follows "mbconv:". TESS_INVALID says which value is wrong and
 * what is allowed. */
TESS_MUST_USE tess_status_t tess_zoo_mbconv_parse(const char *list,
                                                  tess_zoo_mobile_t *mobile,
                                                  tess_zoo_network_t *network);

/* The tables, by family. */
extern const tess_zoo_mobile_t tess_zoo_efficientnet, tess_zoo_efficientnet_x,
    tess_zoo_efficientnet_edgetpu, tess_zoo_mobilenet_v2,
    tess_zoo_mobilenet_v3_large;
extern const tess_zoo_residual_t tess_zoo_resnet_50, tess_zoo_resnext_50;
extern const tess_zoo_convnext_t tess_zoo_convnext_tiny;
extern const tess_zoo_transformer_t tess_zoo_vit_b16, tess_zoo_bert_base,
    tess_zoo_gpt2_small, tess_zoo_gpt2_small_decode;
extern const tess_zoo_mlp_t tess_zoo_mlp;

#endif
