/* Tables of pieces by what the pieces compute. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_SPACE_MEMO_H
#define TESSERA_LIB_REWRITE_SPACE_MEMO_H

#include "describe.h"
#include "piece.h"
#include "tessera/rewrite/space.h"

/* What the combinations of a piece cost; [0] is the piece as it was cut. */
typedef struct tess_piece_table {
  int64_t count;
  tess_piece_cost_t *costs;
  int32_t *canonical;
} tess_piece_table_t;

/* The vocabulary of the memo's context, owned by the memo. */
tess_vocabulary_t *tess_space_memo_vocabulary(tess_space_memo_t *memo);
/* The table kept for a description, or NULL. */
const tess_piece_table_t *tess_space_memo_find(const tess_space_memo_t *memo,
                                               const tess_words_t *words);
/* Keeps a table for a description that has none; both are copied. */
void tess_space_memo_add(tess_space_memo_t *memo, const tess_words_t *words,
                         const tess_piece_table_t *table);

#endif
