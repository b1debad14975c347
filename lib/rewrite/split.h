/* Grouping again below a node of the tree: once the rewrites above are decided,
 * what is left of a piece's sites may touch kernels that have nothing to do
 * with each other. Then their choices are costed apart and added up, instead of
 * every combination of them. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_SPLIT_H
#define TESSERA_LIB_REWRITE_SPLIT_H

#include "combine.h"

/* One of the independent parts: a piece of the piece with its own table. */
typedef struct tess_part {
  tess_combine_t combine; /* members: a subset of the whole's */
  tess_piece_t piece;
  const int32_t *member; /* of the whole, for each of the part's */
} tess_part_t;

typedef struct tess_split {
  tess_arena_t arena;
  tess_part_t *parts;     /* tables with only their first costs filled in */
  int32_t part_count;     /* 0: the piece does not fall apart */
  tess_piece_cost_t rest; /* of kernels in no part */
} tess_split_t;

/* Splits the members whose rewrite is `rewrite` or a later one. */
TESS_MUST_USE tess_status_t tess_split_make(const tess_combine_t *whole,
                                            int32_t rewrite,
                                            tess_piece_t *piece,
                                            tess_split_t *split);
void tess_split_free(tess_split_t *split);

#endif
