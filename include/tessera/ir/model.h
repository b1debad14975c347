/* A model as Tessera sees it: values, nodes (one per op that does something),
 * named element-wise functions, blocks. Built by ir/reader.h from one function
 * of IR. Knows no MLIR types: `op` and `handle` are opaque here. Everything is
 * owned by the model's arena and valid until tess_model_destroy. */
#ifndef TESSERA_IR_MODEL_H
#define TESSERA_IR_MODEL_H

#include "tessera/base/arena.h"
#include "tessera/base/dtype.h"
#include "tessera/ir/kernel.h"
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TESS_MAX_RANK 8
#define TESS_NONE (-1)

/* What a value is for. PREPARED values depend on weights and constants alone:
 * they are computed once, before the first inference, and cost nothing. */
typedef enum tess_role {
  TESS_ROLE_ACTIVATION,
  TESS_ROLE_INPUT,     /* function argument that carries data */
  TESS_ROLE_WEIGHT,    /* function argument or constant that is trained */
  TESS_ROLE_STATISTIC, /* running mean or variance of a batch norm */
  TESS_ROLE_CONSTANT,  /* constant that is no weight: epsilon, zero, shape */
  TESS_ROLE_PREPARED,
} tess_role_t;

typedef struct tess_value {
  const void *handle; /* MlirValue.ptr */
  int32_t role;       /* tess_role_t */
  int32_t dtype;      /* tess_dtype_t */
  int32_t rank;
  int64_t shape[TESS_MAX_RANK];
  int64_t elements, bytes;
  int32_t node;     /* the node that makes it, or TESS_NONE */
  int32_t argument; /* index of the function argument, or TESS_NONE */
  int32_t uses;     /* reads by nodes of the function, return included */
  bool returned;
} tess_value_t;

typedef enum tess_node_kind {
  TESS_NODE_CONV, /* dense or grouped convolution */
  TESS_NODE_DEPTHWISE,
  TESS_NODE_MATMUL,
  TESS_NODE_REDUCTION,
  TESS_NODE_ELEMENTWISE, /* broadcasts included */
  TESS_NODE_PAD,
  TESS_NODE_TRANSPOSE,
  TESS_NODE_MOVEMENT, /* slice, concat, gather: moves data */
  TESS_NODE_RESHAPE,  /* free: a view */
  TESS_NODE_INIT,     /* empty, fill, constant, broadcast of a bias into an
                         accumulator: no work of its own */
  TESS_NODE_UNKNOWN,
} tess_node_kind_t;

/* How a reduction combines elements.
 * id, name */
#define TESS_COMBINERS(X)                                                      \
  X(OTHER, "reduction")                                                        \
  X(SUM, "sum")                                                                \
  X(MAX, "max")                                                                \
  X(MIN, "min")                                                                \
  X(PRODUCT, "product")                                                        \
  X(ALL, "all")                                                                \
  X(ANY, "any")                                                                \
  X(ARGMAX, "argmax")                                                          \
  X(MEAN, "mean")                                                              \
  X(SOFTMAX, "softmax") /* a whole one in one op */

typedef enum tess_combiner {
#define X(id, name) TESS_COMBINER_##id,
  TESS_COMBINERS(X)
#undef X
      TESS_COMBINER_COUNT
} tess_combiner_t;

const char *tess_combiner_name(tess_combiner_t combiner);

typedef struct tess_node {
  int32_t kind;          /* tess_node_kind_t */
  const void *op;        /* MlirOperation.ptr */
  const char *op_name;   /* "tosa.conv2d" */
  const char *location;  /* "file.mlir:23:10", or the named layer; NULL in a
                          * bare model */
  const int32_t *inputs; /* value indices, one per operand that is a tensor */
  int32_t input_count;
  const int32_t *outputs;
  int32_t output_count;
  bool prepared; /* works on weights alone: free at inference */
  /* Contractions: their own dims, macs and types, before fusion, in `kernel`.
   * Element-wise and reductions: their vector operations. */
  tess_kernel_t kernel;
  /* Contractions: the value indices of data, filter, bias (TESS_NONE: none). */
  int32_t data, filter, bias;
  int32_t combiner; /* REDUCTION: tess_combiner_t of the first result */
  /* PAD with known amounts of zeros: one number per dimension; else NULL. */
  const int64_t *pad_low, *pad_high;
} tess_node_t;

/* What a chain of element-wise nodes computes, by structure.
 * id, name */
#define TESS_FUNCTIONS(X)                                                      \
  X(RELU, "relu")                                                              \
  X(RELU6, "relu6")                                                            \
  X(LEAKY_RELU, "leaky-relu")                                                  \
  X(PRELU, "prelu") /* with a slope of weights */                              \
  X(ELU, "elu")                                                                \
  X(SELU, "selu")                                                              \
  X(CLAMP, "clamp")                                                            \
  X(SIGMOID, "sigmoid")                                                        \
  X(HARD_SIGMOID, "hard-sigmoid")                                              \
  X(SWISH, "swish")                                                            \
  X(HARD_SWISH, "hard-swish")                                                  \
  X(MISH, "mish")                                                              \
  X(SOFTPLUS, "softplus")                                                      \
  X(TANH, "tanh")                                                              \
  X(ERF, "erf")                                                                \
  X(GELU, "gelu") /* by erf */                                                 \
  X(GELU_TANH, "gelu-tanh")                                                    \
  X(QUICK_GELU, "quick-gelu") /* x * sigmoid(1.702 x) */                       \
  X(EXP, "exp")                                                                \
  X(LOG, "log")                                                                \
  X(SQRT, "sqrt")                                                              \
  X(RSQRT, "rsqrt")                                                            \
  X(RECIPROCAL, "reciprocal")                                                  \
  X(SQUARE, "square")                                                          \
  X(ABS, "abs")                                                                \
  X(NEGATE, "negate")                                                          \
  X(BATCH_NORM, "batch-norm")                                                  \
  X(BIAS, "bias")                   /* + per-channel weight */                 \
  X(CHANNEL_SCALE, "channel-scale") /* * per-channel weight */                 \
  X(SCALE, "scale")       /* * per-channel activation: squeeze-and-excite */   \
  X(RESIDUAL, "residual") /* + activation of the same shape */                 \
  X(ADD, "add")           /* + an activation that is broadcast */              \
  X(SUBTRACT, "subtract")                                                      \
  X(MULTIPLY, "multiply")                                                      \
  X(DIVIDE, "divide")                                                          \
  X(MAXIMUM, "maximum")                                                        \
  X(MINIMUM, "minimum")                                                        \
  X(MEAN_SCALE, "mean") /* * or / constant after a sum */                      \
  X(FACTOR, "factor")   /* * or / constant */                                  \
  X(SHIFT, "shift")     /* + or - constant */                                  \
  X(MASK, "mask")       /* a constant in some places */                        \
  X(SELECT, "select")                                                          \
  X(COMPARE, "compare")                                                        \
  X(CAST, "cast")                                                              \
  X(COPY, "copy") /* broadcasts included */                                    \
  X(TABLE, "table")                                                            \
  X(QUANTISE, "quantise") /* to 8 or 16 bits */                                \
  X(DEQUANTISE, "dequantise")                                                  \
  X(REQUANTISE, "requantise")                                                  \
  X(ARITHMETIC, "arithmetic")

typedef enum tess_function {
#define X(id, name) TESS_FUNCTION_##id,
  TESS_FUNCTIONS(X)
#undef X
      TESS_FUNCTION_COUNT
} tess_function_t;

const char *tess_function_name(tess_function_t function);
/* Whether networks apply it to bend a value: relu, swish and the like. */
bool tess_function_is_activation(tess_function_t function);

/* A named chain. `nodes` are in program order; the last one makes `output`.
 * Every element-wise, not prepared node is in exactly one chain; a swish's
 * sigmoid is part of the swish chain, not a chain of its own. */
typedef struct tess_chain {
  int32_t function; /* tess_function_t */
  int32_t input;    /* the main data value it is applied to */
  int32_t output;
  int32_t other; /* SCALE, RESIDUAL: the second activation; else TESS_NONE */
  const int32_t *nodes;
  int32_t node_count;
} tess_chain_t;

/* What several nodes compute together, reductions and products included.
 * id, name */
#define TESS_PATTERNS(X)                                                       \
  X(SOFTMAX, "softmax")       /* exp(x - max) / sum, over one dimension */     \
  X(LAYER_NORM, "layer-norm") /* over the last dimension */                    \
  X(RMS_NORM, "rms-norm")                                                      \
  X(GROUP_NORM, "group-norm")       /* over channels of a group and space */   \
  X(INSTANCE_NORM, "instance-norm") /* over space alone */                     \
  X(BATCH_NORM, "batch-norm") /* in training: over the batch and space */      \
  X(ATTENTION, "attention")   /* softmax(scale * q k^T + mask) v */

typedef enum tess_pattern_kind {
#define X(id, name) TESS_PATTERN_##id,
  TESS_PATTERNS(X)
#undef X
      TESS_PATTERN_COUNT
} tess_pattern_kind_t;

const char *tess_pattern_name(tess_pattern_kind_t kind);

/* A recognised pattern. Its nodes, in program order, all work at inference;
 * chains and patterns are two views of the same nodes. A pattern may lie within
 * another: a softmax in an attention. */
typedef struct tess_pattern {
  int32_t kind; /* tess_pattern_kind_t */
  /* The data it is applied to, and the result. ATTENTION: the query as the
   * first product reads it; key and value are those of its two products. */
  int32_t input, key, value, output; /* values; TESS_NONE where absent */
  int32_t outer;                     /* the pattern around it, or TESS_NONE */
  const int32_t *nodes;
  int32_t node_count;
} tess_pattern_t;

/* Blocks that architectures are made of.
 * id, name */
#define TESS_BLOCKS(X)                                                         \
  X(STEM, "stem")                 /* the first convolution */                  \
  X(MBCONV, "mbconv")             /* [expand,] depthwise, [SE,] project */     \
  X(FUSED_MBCONV, "fused-mbconv") /* dense kxk, [SE,] project */               \
  X(BOTTLENECK, "bottleneck")     /* 1x1, kxk, 1x1 and a residual addition */  \
  X(BASIC, "basic")               /* two kxk and a residual addition */        \
  X(CONVNEXT, "convnext")         /* depthwise, norm, MLP, residual */         \
  X(ATTENTION, "attention")       /* with its projections and residual */      \
  X(MLP, "mlp")                   /* two products and a residual addition */   \
  X(TRANSFORMER, "transformer")   /* an attention, then an MLP */              \
  X(CONV, "conv")                 /* any other convolution */                  \
  X(DENSE, "dense")               /* any other product with weights */         \
  X(HEAD, "head")                 /* up to three contractions at the end */    \
  X(OTHER, "other")

typedef enum tess_block_kind {
#define X(id, name) TESS_BLOCK_##id,
  TESS_BLOCKS(X)
#undef X
      TESS_BLOCK_KIND_COUNT
} tess_block_kind_t;

const char *tess_block_kind_name(tess_block_kind_t kind);

/* A block. Its roles are contractions, TESS_NONE where absent:
 *   MBCONV, FUSED_MBCONV, BOTTLENECK, BASIC: [expand,] spatial, project;
 *   CONVNEXT: spatial, expand, project;
 *   ATTENTION, MLP, TRANSFORMER: the first product in expand, the last in
 *   project;
 *   HEAD: the classifier in project, the first of the others in expand;
 *   the rest: project alone. */
typedef struct tess_block {
  int32_t kind; /* tess_block_kind_t */
  int32_t expand, spatial, se_reduce, se_expand, project;
  int32_t shortcut; /* convolution on the residual's other way */
  bool residual;
  int32_t input, output; /* values; output after the residual add */
  /* All contractions, the nodes of attentions and of the norms before them; in
   * program order. A node is in one block at most. */
  const int32_t *nodes;
  int32_t node_count;
  /* Sizes without batch: space and channels, or positions and features. */
  int32_t in_rank, out_rank;
  int64_t in_shape[4], out_shape[4];
  int64_t hidden_channels;        /* between the first and the last; 0: none */
  int64_t window, stride, groups; /* of the convolutions together; 0: none */
} tess_block_t;

/* "112x112x16 -> 56x56x24", for tables, into `buffer`; returns it. */
#define TESS_BLOCK_CHARS 128
const char *tess_block_dims(const tess_block_t *block, char *buffer);
/* "e6 k3 s2 se res": channels expanded 6 times (or to 1/4 as "e1/4"), window 3,
 * stride 2, squeeze-and-excite, residual addition ("res1x1": with a convolution
 * on the other way); into `buffer`; returns it. */
const char *tess_block_details(const tess_block_t *block, char *buffer);

typedef struct tess_model {
  tess_arena_t arena;
  const char *function; /* symbol name */
  const char *dialect;  /* "tosa" or "linalg", whichever does the work */
  const void *func_op;  /* MlirOperation.ptr of the func.func */
  const tess_value_t *values;
  int32_t value_count;
  const tess_node_t *nodes; /* in program order */
  int32_t node_count;
  const tess_chain_t *chains;
  int32_t chain_count;
  const tess_block_t *blocks;
  int32_t block_count;
  const tess_pattern_t *patterns;
  int32_t pattern_count;
  const int32_t *pattern_of_node; /* the innermost one, or TESS_NONE; NULL
                                     where there are no patterns */
  const int32_t *arguments;       /* value index of each function argument */
  int32_t argument_count;
  int32_t chain_of_node_count;  /* == node_count */
  const int32_t *chain_of_node; /* chain index of each node, or TESS_NONE */
  /* value_users[first_user[v] .. first_user[v + 1]): nodes that read v, in
   * program order, one entry per reading operand. */
  const int32_t *value_users;
  const int32_t *first_user;
  /* Totals. */
  int64_t macs;
  int64_t parameters;        /* elements of WEIGHT values that are used */
  int32_t contraction_count; /* convolutions, depthwise and products that run
                                at inference */
  int32_t prepared_contraction_count; /* and those on weights alone */
  int32_t unknown_count;
} tess_model_t;

void tess_model_destroy(tess_model_t *model);

/* What about the reading is likely to be wrong, with what to do, as static
 * text; NULL: nothing. */
const char *tess_model_doubt(const tess_model_t *model);

/* The value that `value` is a reshaped view of; itself if it is no view. */
int32_t tess_model_base(const tess_model_t *model, int32_t value);

#ifdef __cplusplus
}
#endif

#endif
