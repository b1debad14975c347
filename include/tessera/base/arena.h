/* Memory with a named lifetime: allocate many, free all at once.
 * Anybody may include it. Out of memory ends the process with a message. */
#ifndef TESSERA_BASE_ARENA_H
#define TESSERA_BASE_ARENA_H

#include "tessera/base/status.h"
#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tess_arena {
  struct tess_arena_block *blocks; /* newest first */
  size_t block_bytes;              /* size of the next block */
} tess_arena_t;

#define TESS_ARENA_INIT ((tess_arena_t){0})

/* `bytes` zeroed bytes, aligned for any type; valid until reset or free. */
void *tess_arena_alloc(tess_arena_t *arena, size_t bytes);

/* Array of `count` zeroed elements; the product is overflow-checked. */
void *tess_arena_array(tess_arena_t *arena, size_t count, size_t bytes_each);

/* The same with elements of any content, for the caller to write. */
void *tess_arena_room(tess_arena_t *arena, size_t count, size_t bytes_each);

/* A copy of `count` items. */
void *tess_arena_copy(tess_arena_t *arena, const void *items, size_t count,
                      size_t bytes_each);

/* Copies of strings. */
char *tess_arena_string(tess_arena_t *arena, const char *text);
char *tess_arena_string_n(tess_arena_t *arena, const char *text, size_t length);
char *tess_arena_format(tess_arena_t *arena, const char *format, ...)
    TESS_PRINTF(2, 3);

/* Empties the arena but keeps one block for the next use. */
void tess_arena_reset(tess_arena_t *arena);

/* Frees everything; the arena may be used again afterwards. */
void tess_arena_free(tess_arena_t *arena);

/* malloc/realloc that end the process with a message instead of returning
 * NULL; the result of tess_alloc is zeroed. Release with free(). */
void *tess_alloc(size_t bytes);
void *tess_realloc(void *old, size_t bytes);

/* Grows *items (malloc'd, *capacity elements) so that `count` elements fit. */
void *tess_grow_more(void *items, size_t count, size_t *capacity,
                     size_t bytes_each);
static inline void *tess_grow(void *items, size_t count, size_t *capacity,
                              size_t bytes_each) {
  return count <= *capacity
             ? items
             : tess_grow_more(items, count, capacity, bytes_each);
}

#ifdef __cplusplus
}
#endif

#endif
