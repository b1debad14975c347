/* Patterns: what several nodes compute together. Private to lib/ir. */
#ifndef TESSERA_IR_PATTERNS_H
#define TESSERA_IR_PATTERNS_H

#include "reading.h"

enum { TESS_PATTERN_NODES = 64 };

/* The nodes of a pattern in the making; what does not fit is an overflow. */
typedef struct tess_pattern_nodes {
  int32_t items[TESS_PATTERN_NODES];
  int32_t count;
  bool overflow;
} tess_pattern_nodes_t;

void tess_pattern_nodes_add(tess_pattern_nodes_t *nodes, int32_t node);

/* norms.c: whether `e` is a softmax or a normalisation, of which kind, and the
 * expression that it is applied to. */
bool tess_pattern_match(const tess_reading_t *r, int32_t e,
                        tess_pattern_kind_t *kind, int32_t *input);

/* Below casts, copies and broadcasts; what a single broadcast repeats over, or
 * 0. */
int32_t tess_pattern_below(const tess_reading_t *r, int32_t e,
                           uint64_t *repeats);
/* The reduction that `e` is the result of, over the dimensions that it is
 * repeated over (0: any), or TESS_NONE. */
int32_t tess_pattern_reduction(const tess_reading_t *r, int32_t e,
                               uint64_t repeats, tess_combiner_t combiner);

/* integer_softmax.c: the same for a softmax in integers. */
bool tess_pattern_integer_softmax(const tess_reading_t *r, int32_t e,
                                  int32_t *input);

/* norm_kinds.c: which norm has the variance by `sum`, its weights being
 * repeated over `repeats`: those of a layer norm vary over what its sums run
 * over, and over nothing else; those of others over channels. */
tess_pattern_kind_t tess_norm_kind_by_weights(const tess_node_extra_t *sum,
                                              uint64_t repeats);
/* Which one has no weights, or weights that do not tell, and is applied to the
 * expression `x`: a norm that keeps the channels of a batch is a batch norm,
 * one that keeps those of each image an instance norm; a layer norm runs over
 * the last dimension of what it was given. */
tess_pattern_kind_t tess_norm_kind_of(const tess_reading_t *r,
                                      const tess_node_extra_t *sum, int32_t x);

/* attention.c: the attention around the softmax that maps the expression
 * `input` to the value `output`: fills the pattern but for its nodes, which go
 * to `nodes`, those of the softmax left out. */
bool tess_pattern_find_attention(tess_reading_t *r, int32_t input,
                                 int32_t output, tess_pattern_t *pattern,
                                 tess_pattern_nodes_t *nodes);

#endif
