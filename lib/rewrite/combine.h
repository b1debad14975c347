/* Every combination of the alternatives of some sites, applied to clones of
 * their piece and costed. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_COMBINE_H
#define TESSERA_LIB_REWRITE_COMBINE_H

#include "piece.h"
#include "tessera/rewrite/rewrite.h"

/* Combination index: mixed radix over the members' alternatives, the first
 * member the fastest digit. */
typedef struct tess_combine {
  const tess_site_list_t *sites;
  const int32_t *members; /* sites, whose marks are in the piece */
  int32_t member_count;
  const tess_fusion_rules_t *fusion;
  tess_cost_memo_t *memo;
  /* Scratch, an entry per site. */
  uint8_t *candidate; /* all zero, and left so */
  int32_t *anchors;
  /* Results, an entry per combination; [0], the piece as it is, is given. */
  tess_piece_cost_t *costs;
  int32_t *canonical;    /* smallest combination with the same result */
  int64_t applied_count; /* rewritten clones that were costed */
} tess_combine_t;

/* Fills the results. The piece has been read, and may only be destroyed
 * afterwards: the last combination is made of itself instead of a clone. */
TESS_MUST_USE tess_status_t tess_combine_all(tess_combine_t *combine,
                                             tess_piece_t *piece);

#endif
