/* What a cut computes, as words: two cuts with equal words give the same
 * table of costs. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_DESCRIBE_H
#define TESSERA_LIB_REWRITE_DESCRIBE_H

#include "cut.h"
#include "tessera/rewrite/rewrite.h"
#include <stdint.h>

typedef struct tess_words {
  uintptr_t *items;
  size_t count, capacity;
} tess_words_t;

/* What the ops of one context are known to have, from one cut to the next. */
typedef struct tess_vocabulary tess_vocabulary_t;
tess_vocabulary_t *tess_vocabulary_create(void);
void tess_vocabulary_destroy(tess_vocabulary_t *vocabulary);

/* Appends to `words` all that reading, rewriting and costing the cut's outline
 * depends on: ops, attributes and types (by their addresses, unique in one
 * context), which value goes where, roles of what comes from outside, what is
 * returned, and which op carries which of the sites `members`. Locations and
 * names are not in it. */
void tess_describe(tess_vocabulary_t *vocabulary, const tess_cut_t *cut,
                   const tess_site_list_t *sites, const int32_t *members,
                   int32_t member_count, tess_words_t *words);

#endif
