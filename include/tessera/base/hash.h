/* A 64-bit hash of bytes, equal on every machine and run, and a map from byte
 * strings of one fixed length to indices 0, 1, 2 … in order of arrival. */
#ifndef TESSERA_BASE_HASH_H
#define TESSERA_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint64_t tess_hash(const void *bytes, size_t length, uint64_t seed);

/* A quicker one of `count` words of eight bytes, for tables in memory: it
 * differs between machines, and only its high bits are mixed well. */
uint64_t tess_hash_words(const void *words, size_t count);

typedef struct tess_index_map tess_index_map_t;
/* Keys of exactly `key_bytes` bytes, compared with memcmp. */
tess_index_map_t *tess_index_map_create(size_t key_bytes);
/* Makes room for `count` keys in all. */
void tess_index_map_reserve(tess_index_map_t *map, size_t count);
/* The index of `key`, adding it if new (*added says so; may be NULL). */
size_t tess_index_map_add(tess_index_map_t *map, const void *key, bool *added);
/* The index, or SIZE_MAX. */
size_t tess_index_map_find(const tess_index_map_t *map, const void *key);
size_t tess_index_map_count(const tess_index_map_t *map);
/* Borrowed until the next add. */
const void *tess_index_map_key(const tess_index_map_t *map, size_t index);
void tess_index_map_destroy(tess_index_map_t *map);

#ifdef __cplusplus
}
#endif

#endif
