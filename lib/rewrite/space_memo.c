/* Equal pieces are rewritten and costed once. */
#include "space_memo.h"
#include "tessera/base/arena.h"
#include "tessera/base/hash.h"
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  const struct entry *next; /* another description of the same hash */
  tess_words_t words;
  tess_piece_table_t table;
} entry_t;

struct tess_space_memo {
  tess_arena_t arena;
  tess_vocabulary_t *vocabulary;
  tess_index_map_t *hashes;
  const entry_t **entries; /* by index of the hash */
  size_t capacity;
};

tess_space_memo_t *tess_space_memo_create(void) {
  tess_space_memo_t *memo = tess_alloc(sizeof *memo);
  memo->vocabulary = tess_vocabulary_create();
  memo->hashes = tess_index_map_create(sizeof(uint64_t));
  return memo;
}

void tess_space_memo_destroy(tess_space_memo_t *memo) {
  if (!memo)
    return;
  tess_vocabulary_destroy(memo->vocabulary);
  tess_index_map_destroy(memo->hashes);
  tess_arena_free(&memo->arena);
  free(memo->entries);
  free(memo);
}

tess_vocabulary_t *tess_space_memo_vocabulary(tess_space_memo_t *memo) {
  return memo->vocabulary;
}

static size_t words_bytes(const tess_words_t *words) {
  return words->count * sizeof *words->items;
}

static uint64_t hash_of(const tess_words_t *words) {
  return tess_hash_words(words->items, words_bytes(words) / sizeof(uint64_t));
}

const tess_piece_table_t *tess_space_memo_find(const tess_space_memo_t *memo,
                                               const tess_words_t *words) {
  const uint64_t hash = hash_of(words);
  size_t index = tess_index_map_find(memo->hashes, &hash);
  const entry_t *entry = index == SIZE_MAX ? NULL : memo->entries[index];
  for (; entry; entry = entry->next)
    if (entry->words.count == words->count &&
        !memcmp(entry->words.items, words->items, words_bytes(words)))
      return &entry->table;
  return NULL;
}

void tess_space_memo_add(tess_space_memo_t *memo, const tess_words_t *words,
                         const tess_piece_table_t *table) {
  const uint64_t hash = hash_of(words);
  bool added;
  size_t index = tess_index_map_add(memo->hashes, &hash, &added);
  memo->entries = tess_grow(memo->entries, index + 1, &memo->capacity,
                            sizeof(*memo->entries));
  size_t count = (size_t)table->count;
  entry_t *entry = tess_arena_alloc(&memo->arena, sizeof *entry);
  entry->next = added ? NULL : memo->entries[index];
  entry->words.count = words->count;
  entry->words.items = tess_arena_copy(&memo->arena, words->items, words->count,
                                       sizeof *words->items);
  entry->table = (tess_piece_table_t){
      .count = table->count,
      .costs = tess_arena_copy(&memo->arena, table->costs, count,
                               sizeof *table->costs),
      .canonical = tess_arena_copy(&memo->arena, table->canonical, count,
                                   sizeof(int32_t))};
  memo->entries[index] = entry;
}
