/* The index map against a linear search; the hash against fixed values. */
#include "tessera/base/hash.h"
#include "check.h"
#include "tessera/base/random.h"

enum { steps = 3000, most_key_bytes = 16 };

/* Keys of one word have a way of their own, and those of several. */
static void against_linear_search(size_t key_bytes, size_t reserved) {
  static unsigned char seen[steps][most_key_bytes];
  size_t seen_count = 0;
  tess_index_map_t *map = tess_index_map_create(key_bytes);
  tess_index_map_reserve(map, reserved);
  tess_random_t random = tess_random_make(5, 0);
  for (int step = 0; step < steps; step++) {
    unsigned char key[most_key_bytes] = {0};
    uint64_t drawn = tess_random_below(&random, 1500);
    memcpy(key + 1, &drawn, 4);
    size_t index = 0;
    while (index < seen_count && memcmp(seen[index], key, key_bytes))
      index++;
    bool is_new = index == seen_count, added;
    CHECK(tess_index_map_find(map, key) == (is_new ? SIZE_MAX : index));
    CHECK_EQ(tess_index_map_add(map, key, &added), index);
    CHECK_EQ(added, is_new);
    if (is_new)
      memcpy(seen[seen_count++], key, key_bytes);
    CHECK_EQ(tess_index_map_count(map), seen_count);
    if (step == 100)
      tess_index_map_reserve(map, 3 * reserved);
  }
  for (size_t i = 0; i < seen_count; i++)
    CHECK(!memcmp(tess_index_map_key(map, i), seen[i], key_bytes));
  tess_index_map_destroy(map);
  tess_index_map_destroy(NULL);
}

/* One flipped bit changes about half of the 64 bits of the hash. */
static void flipped_bits_spread(void) {
  unsigned char bytes[19] = "nineteen bytes long";
  const uint64_t before = tess_hash(bytes, sizeof(bytes), 1);
  int changed = 0;
  for (int bit = 0; bit < 19 * 8; bit++) {
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    changed += __builtin_popcountll(before ^ tess_hash(bytes, 19, 1));
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
  CHECK_NEAR(changed / (19 * 8.0), 32, 0.05);
}

/* Of words that differ in one bit no two share the high bits that tables use,
 * but as often as chance has it: 128 in 2^14 slots, less than one pair. */
static void words_spread(void) {
  uint64_t words[2] = {7, 7}, seen[129];
  size_t shared = 0;
  for (int bit = 0; bit <= 128; bit++) {
    if (bit < 128)
      words[bit / 64] ^= UINT64_C(1) << bit % 64;
    seen[bit] = tess_hash_words(words, 2) >> 50;
    if (bit < 128)
      words[bit / 64] ^= UINT64_C(1) << bit % 64;
    for (int i = 0; i < bit; i++)
      shared += seen[i] == seen[bit];
  }
  CHECK(shared <= 8);
  CHECK(tess_hash_words(words, 1) != tess_hash_words(words, 2));
}

/* Length, seed and trailing zeros all count. */
static void inputs_differ(void) {
  static const char zeros[32];
  uint64_t hashes[64];
  for (size_t i = 0; i < 64; i++) {
    hashes[i] = tess_hash(zeros, i % 32, i / 32);
    for (size_t j = 0; j < i; j++)
      CHECK(hashes[i] != hashes[j]);
  }
  CHECK(tess_hash("abc", 3, 0) == tess_hash("abcd", 3, 0));
}

int main(void) {
  for (size_t reserved = 0; reserved < 1500; reserved = 3 * reserved + 1) {
    against_linear_search(5, reserved);
    against_linear_search(sizeof(uint64_t), reserved);
    against_linear_search(2 * sizeof(uint64_t), reserved);
  }
  flipped_bits_spread();
  words_spread();
  inputs_differ();
  return tess_check_result();
}
