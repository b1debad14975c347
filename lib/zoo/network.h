/* Networks as data: a short table of stages that one builder walks. Private to
 * lib/zoo. A new network of this family is a row in networks.c. */
#ifndef TESSERA_LIB_ZOO_NETWORK_H
#define TESSERA_LIB_ZOO_NETWORK_H

#include "tessera/base/status.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum tess_zoo_function {
  TESS_ZOO_SWISH,       /* x * sigmoid(x) */
  TESS_ZOO_RELU,        /* max(x, 0) */
  TESS_ZOO_SIGMOID,     /* 1 / (1 + exp(-x)) */
  TESS_ZOO_HARD_SIGMOID /* min(max(x / 6 + 1 / 2, 0), 1) */
} tess_zoo_function_t;

/* Inverted bottlenecks: 1x1 expansion (none where it is 1), depthwise
 * convolution, squeeze-and-excite, 1x1 projection. The first layer of a stage
 * carries its stride and changes the channels. */
typedef struct tess_zoo_stage {
  int64_t expansion, kernel, stride, channels, layers;
  bool squeeze;
} tess_zoo_stage_t;

#define TESS_ZOO_STAGES 7
#define TESS_ZOO_NAME_CHARS 112

typedef struct tess_zoo_network {
  char name[TESS_ZOO_NAME_CHARS];
  const char *summary;
  int64_t resolution;             /* the side it was designed for */
  tess_zoo_function_t activation; /* after batch norms and in the squeeze */
  tess_zoo_function_t gate;       /* squeeze-and-excite's last function */
  double epsilon;                 /* of the batch norms */
  int64_t stem, head, classes;    /* channels */
  int64_t squeeze_divisor;        /* block input channels to its width */
  tess_zoo_stage_t stages[TESS_ZOO_STAGES];
} tess_zoo_network_t;

/* Copies the network called `name`, or parses it if it starts "mbconv:". */
TESS_MUST_USE tess_status_t tess_zoo_network_find(const char *name,
                                                  tess_zoo_network_t *network);

/* Parses what follows "mbconv:". TESS_INVALID says which value is wrong and
 * what is allowed. */
TESS_MUST_USE tess_status_t tess_zoo_mbconv_parse(const char *list,
                                                  tess_zoo_network_t *network);

#endif
