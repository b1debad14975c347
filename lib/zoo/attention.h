/* Attention with several heads, composed once for every dialect and element
 * type. Private to lib/zoo. */
#ifndef TESSERA_LIB_ZOO_ATTENTION_H
#define TESSERA_LIB_ZOO_ATTENTION_H

#include "layers.h"

/* What a block's attention is like. Rows are batch x positions. */
typedef struct tess_zoo_attention {
  int64_t positions, heads, head_size;
  bool fused;     /* one product for queries, keys and values */
  bool causal;    /* no position sees a later one */
  int64_t cached; /* positions whose keys and values are inputs; with them there
                     is one new position */
} tess_zoo_attention_t;

/* Attention of `x` to itself, and the product behind it. With a cache, the
 * keys and values that the next position needs are results of the function. */
tess_zoo_value_t tess_zoo_attend(tess_zoo_emitter_t *e, const char *scope,
                                 const tess_zoo_attention_t *attention,
                                 tess_zoo_value_t x);

#endif
