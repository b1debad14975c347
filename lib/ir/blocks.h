/* What the files that find blocks share. Private to lib/ir. */
#ifndef TESSERA_IR_BLOCKS_H
#define TESSERA_IR_BLOCKS_H

#include "reading.h"

typedef struct tess_finder {
  const tess_model_t *model;
  tess_block_t *blocks; /* as claimed; tess_finder_join leaves gaps */
  int32_t count;
  int32_t *block_of_node; /* of claimed nodes, else TESS_NONE */
} tess_finder_t;

/* What a walk against the data flow met. */
typedef struct tess_walk {
  int32_t node;    /* the contraction it ended at, or TESS_NONE */
  int32_t value;   /* where it ended: an origin, see tess_walk_origin */
  int32_t gate;    /* `other` of a scale on the way, or TESS_NONE */
  int32_t norm;    /* the pattern of the last norm on the way, or TESS_NONE */
  int32_t pattern; /* the attention that it ended at, or TESS_NONE */
  bool reduced;    /* passed a reduction */
  bool merged;     /* stopped at a residual addition */
} tess_walk_t;

/* What a walk passes besides element-wise chains, pads, views and norms. */
enum {
  TESS_WALK_REDUCTIONS = 1, /* pools and means */
  TESS_WALK_MOVEMENT = 2,   /* slices and concatenations */
};

/* From `value` back to the contraction, residual addition, attention or
 * argument that it comes from. */
tess_walk_t tess_walk_back(const tess_model_t *model, int32_t value, int what);
/* The value of that contraction, addition, attention or argument: two values
 * of one origin carry the same data, normalised or activated differently. */
int32_t tess_walk_origin(const tess_model_t *model, int32_t value, int what);
/* The value that `value` is a view, transpose or pad of. */
int32_t tess_walk_entering(const tess_model_t *model, int32_t value);

/* Whether the node is a contraction at inference. */
bool tess_block_works(const tess_node_t *node);
/* Whether `node` is one that no block has claimed; TESS_NONE is not. */
bool tess_finder_free(const tess_finder_t *f, int32_t node);
int64_t tess_block_window(const tess_node_t *node);
int64_t tess_block_stride(const tess_node_t *node);
int64_t tess_block_in_channels(const tess_node_t *node);
int64_t tess_block_out_channels(const tess_node_t *node);
/* A convolution of window 1 and one group. */
bool tess_block_pointwise(const tess_node_t *node);
/* A product of data with weights: a matmul, or a pointwise convolution. */
bool tess_block_dense(const tess_model_t *model, const tess_node_t *node);

tess_block_t tess_block_blank(tess_block_kind_t kind, int32_t project);
/* Finds the block's input and output, its residual addition and shortcut. */
void tess_finder_settle(const tess_finder_t *f, tess_block_t *block);
/* Adds a settled block with the contractions in its roles; its index. */
int32_t tess_finder_claim(tess_finder_t *f, const tess_block_t *block);
/* Gives one more node to a block, unless that is TESS_NONE or not free. */
void tess_finder_add_node(tess_finder_t *f, int32_t block, int32_t node);
/* Gives the nodes of a pattern that no block has to a block. */
void tess_finder_add_pattern(tess_finder_t *f, int32_t block, int32_t pattern);
/* Moves all nodes of block `from` to block `into`; `from` is no more. */
void tess_finder_join(tess_finder_t *f, int32_t into, int32_t from);

/* The searches; each tries the block that ends in the contraction `n`. */
bool tess_find_convnext(tess_finder_t *f, int32_t n);   /* conv_blocks.c */
bool tess_find_bottleneck(tess_finder_t *f, int32_t n); /* conv_blocks.c */
bool tess_find_mbconv(tess_finder_t *f, int32_t n);     /* conv_blocks.c */
bool tess_find_basic(tess_finder_t *f, int32_t n);      /* conv_blocks.c */
/* All attentions, the MLPs, and transformer blocks of the two. */
void tess_find_transformers(tess_finder_t *f); /* transformer_blocks.c */

/* block_shapes.c: fills in the sizes of a block whose nodes are known. */
void tess_block_measure(const tess_model_t *model, tess_block_t *block);

#endif
