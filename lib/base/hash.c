/* A 64-bit hash of bytes, and the map from byte strings to indices. */
#include "tessera/base/hash.h"
#include "tessera/base/arena.h"
#include <stdlib.h>
#include <string.h>

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): a bijection in which
 * every input bit changes every output bit about half the time. */
static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

/* Up to eight bytes, least significant first on every machine. */
static uint64_t word(const unsigned char *bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; i++)
    value |= (uint64_t)bytes[i] << (8 * i);
  return value;
}

/* The same of eight bytes, in one step where the machine's order is that. */
static uint64_t whole_word(const unsigned char *bytes) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
#else
  return word(bytes, 8);
#endif
}

uint64_t tess_hash(const void *bytes, size_t length, uint64_t seed) {
  const unsigned char *at = bytes;
  uint64_t hash = mix(seed + UINT64_C(0x9E3779B97F4A7C15) * (length + 1));
  for (; length >= 8; at += 8, length -= 8)
    hash = mix(hash ^ whole_word(at)) + UINT64_C(0x9E3779B97F4A7C15);
  return length ? mix(hash ^ word(at, length)) : hash;
}

/* One multiplication a word (Knuth, "The Art of Computer Programming" 6.4, has
 * it by the golden ratio): its high bits are the good ones. */
uint64_t tess_hash_words(const void *words, size_t count) {
  const unsigned char *at = words;
  uint64_t hash = count, next;
  for (size_t i = 0; i < count; i++, at += sizeof next) {
    memcpy(&next, at, sizeof next);
    hash = ((hash << 5 | hash >> 59) ^ next) * UINT64_C(0x9E3779B97F4A7C15);
  }
  return hash;
}

enum { least_slot_bits = 4 };

struct tess_index_map {
  size_t key_bytes, count, capacity;
  unsigned char *keys; /* count * key_bytes */
  size_t *slots;       /* index + 1; 0: free. A power of two of them. */
  size_t slot_count;
  unsigned shift; /* 64 - log2(slot_count): from a hash to a slot */
  size_t first[1 << least_slot_bits]; /* the slots of a small map */
};

tess_index_map_t *tess_index_map_create(size_t key_bytes) {
  tess_index_map_t *map = tess_alloc(sizeof(*map));
  map->key_bytes = key_bytes;
  map->shift = 64 - least_slot_bits;
  map->slot_count = (size_t)1 << least_slot_bits;
  map->slots = map->first;
  return map;
}

/* Keys of one word, pointers most of all, are the everyday case. */
static inline size_t slot_of_word(const tess_index_map_t *map,
                                  const void *key) {
  const size_t mask = map->slot_count - 1;
  uint64_t wanted, found;
  memcpy(&wanted, key, sizeof wanted);
  const uint64_t hash = wanted * UINT64_C(0x9E3779B97F4A7C15);
  for (size_t slot = (size_t)(hash >> map->shift);; slot = (slot + 1) & mask) {
    if (!map->slots[slot])
      return slot;
    memcpy(&found, map->keys + (map->slots[slot] - 1) * sizeof found,
           sizeof found);
    if (found == wanted)
      return slot;
  }
}

static uint64_t hash_of_key(const tess_index_map_t *map, const void *key) {
  return map->key_bytes % sizeof(uint64_t)
             ? tess_hash(key, map->key_bytes, 0)
             : tess_hash_words(key, map->key_bytes / sizeof(uint64_t));
}

/* The slot that holds the key, or the free one where it belongs. */
static inline size_t slot_of(const tess_index_map_t *map, const void *key) {
  if (map->key_bytes == sizeof(uint64_t))
    return slot_of_word(map, key);
  const size_t mask = map->slot_count - 1;
  size_t slot = (size_t)(hash_of_key(map, key) >> map->shift);
  while (map->slots[slot] &&
         memcmp(tess_index_map_key(map, map->slots[slot] - 1), key,
                map->key_bytes))
    slot = (slot + 1) & mask;
  return slot;
}

static void free_slots(tess_index_map_t *map) {
  if (map->slots != map->first)
    free(map->slots);
}

static void set_slot_count(tess_index_map_t *map, size_t slot_count) {
  free_slots(map);
  for (; map->slot_count < slot_count; map->slot_count *= 2)
    map->shift--;
  map->slots = tess_alloc(map->slot_count * sizeof(*map->slots));
  for (size_t i = 0; i < map->count; i++)
    map->slots[slot_of(map, tess_index_map_key(map, i))] = i + 1;
}

static void *grow_keys(tess_index_map_t *map, size_t count) {
  return tess_grow(map->keys, count, &map->capacity,
                   map->key_bytes ? map->key_bytes : 1);
}

void tess_index_map_reserve(tess_index_map_t *map, size_t count) {
  size_t slot_count = map->slot_count;
  while (count > slot_count / 2)
    slot_count *= 2;
  if (slot_count > map->slot_count)
    set_slot_count(map, slot_count);
  map->keys = grow_keys(map, count);
}

size_t tess_index_map_add(tess_index_map_t *map, const void *key, bool *added) {
  size_t slot = slot_of(map, key);
  if (added)
    *added = !map->slots[slot];
  if (map->slots[slot])
    return map->slots[slot] - 1;
  map->keys = grow_keys(map, map->count + 1);
  memcpy(map->keys + map->count * map->key_bytes, key, map->key_bytes);
  map->slots[slot] = ++map->count;
  if (map->count * 2 > map->slot_count)
    set_slot_count(map, map->slot_count * 2);
  return map->count - 1;
}

size_t tess_index_map_find(const tess_index_map_t *map, const void *key) {
  size_t slot = slot_of(map, key);
  return map->slots[slot] ? map->slots[slot] - 1 : SIZE_MAX;
}

size_t tess_index_map_count(const tess_index_map_t *map) { return map->count; }

const void *tess_index_map_key(const tess_index_map_t *map, size_t index) {
  return map->keys + index * map->key_bytes;
}

void tess_index_map_destroy(tess_index_map_t *map) {
  if (!map)
    return;
  free(map->keys);
  free_slots(map);
  free(map);
}
