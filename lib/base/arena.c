/* Memory with a named lifetime, and allocation that never returns NULL. */
#define _DEFAULT_SOURCE /* madvise */
#include "tessera/base/arena.h"
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  first_block_bytes = 4096,
  greatest_block_bytes = 1 << 20,
  least_populated_bytes = 1 << 15,
};

typedef struct tess_arena_block {
  struct tess_arena_block *next; /* older */
  size_t used, capacity;
  alignas(max_align_t) unsigned char bytes[];
} block_t;

static _Noreturn void out_of_memory(size_t bytes) {
  fprintf(stderr, "tessera: out of memory (asked for %zu bytes)\n", bytes);
  _Exit(1);
}

void *tess_alloc(size_t bytes) {
  void *memory = calloc(1, bytes ? bytes : 1);
  if (!memory)
    out_of_memory(bytes);
  return memory;
}

void *tess_realloc(void *old, size_t bytes) {
  void *memory = realloc(old, bytes ? bytes : 1);
  if (!memory)
    out_of_memory(bytes);
  return memory;
}

static size_t checked_product(size_t count, size_t bytes_each) {
  size_t bytes;
  if (__builtin_mul_overflow(count, bytes_each, &bytes))
    out_of_memory(SIZE_MAX);
  return bytes;
}

void *tess_grow(void *items, size_t count, size_t *capacity,
                size_t bytes_each) {
  if (count <= *capacity)
    return items;
  size_t wanted = *capacity > SIZE_MAX / 2 ? count : *capacity * 2;
  if (wanted < 8)
    wanted = 8;
  if (wanted < count)
    wanted = count;
  items = tess_realloc(items, checked_product(wanted, bytes_each));
  *capacity = wanted;
  return items;
}

/* Asks for the pages of a block that is about to be filled, all at once: a
 * fault for each of them takes several times as long. A kernel that does not
 * know this gives them one by one. */
static void populate(void *memory, size_t bytes) {
#ifdef MADV_POPULATE_WRITE
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  uintptr_t begin = ((uintptr_t)memory + page - 1) / page * page;
  uintptr_t end = ((uintptr_t)memory + bytes) / page * page;
  if (end > begin)
    madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
#else
  (void)memory, (void)bytes;
#endif
}

static block_t *add_block(tess_arena_t *arena, size_t bytes) {
  size_t capacity = arena->block_bytes ? arena->block_bytes : first_block_bytes;
  bool own = capacity < bytes; /* for one array alone */
  arena->block_bytes =
      capacity < greatest_block_bytes ? capacity * 2 : capacity;
  if (own)
    capacity = bytes;
  size_t whole;
  if (__builtin_add_overflow(capacity, sizeof(block_t), &whole))
    out_of_memory(SIZE_MAX);
  block_t *block = tess_realloc(NULL, whole);
  if (own && whole >= least_populated_bytes)
    populate(block, whole);
  *block = (block_t){.next = arena->blocks, .capacity = capacity};
  arena->blocks = block;
  return block;
}

/* Bytes of any content. */
static void *take(tess_arena_t *arena, size_t bytes) {
  const size_t step = alignof(max_align_t);
  if (bytes > SIZE_MAX - step)
    out_of_memory(bytes);
  bytes = (bytes + step - 1) / step * step;
  block_t *block = arena->blocks;
  if (!block || block->capacity - block->used < bytes)
    block = add_block(arena, bytes);
  void *memory = block->bytes + block->used;
  block->used += bytes;
  return memory;
}

void *tess_arena_alloc(tess_arena_t *arena, size_t bytes) {
  return memset(take(arena, bytes), 0, bytes);
}

void *tess_arena_array(tess_arena_t *arena, size_t count, size_t bytes_each) {
  return tess_arena_alloc(arena, checked_product(count, bytes_each));
}

void *tess_arena_room(tess_arena_t *arena, size_t count, size_t bytes_each) {
  return take(arena, checked_product(count, bytes_each));
}

void *tess_arena_copy(tess_arena_t *arena, const void *items, size_t count,
                      size_t bytes_each) {
  void *copy = tess_arena_room(arena, count, bytes_each);
  return count ? memcpy(copy, items, count * bytes_each) : copy;
}

char *tess_arena_string_n(tess_arena_t *arena, const char *text,
                          size_t length) {
  char *copy = take(arena, length + 1);
  if (length)
    memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *tess_arena_string(tess_arena_t *arena, const char *text) {
  return tess_arena_string_n(arena, text, strlen(text));
}

char *tess_arena_format(tess_arena_t *arena, const char *format, ...) {
  va_list list, measure;
  va_start(list, format);
  va_copy(measure, list);
  int length = vsnprintf(NULL, 0, format, measure);
  va_end(measure);
  size_t bytes = length > 0 ? (size_t)length + 1 : 1;
  char *text = tess_arena_alloc(arena, bytes);
  vsnprintf(text, bytes, format, list);
  va_end(list);
  return text;
}

void tess_arena_reset(tess_arena_t *arena) {
  block_t *kept = arena->blocks;
  if (!kept)
    return;
  for (block_t *block = kept->next, *next; block; block = next) {
    next = block->next;
    free(block);
  }
  kept->next = NULL;
  kept->used = 0;
}

void tess_arena_free(tess_arena_t *arena) {
  tess_arena_reset(arena);
  free(arena->blocks);
  *arena = TESS_ARENA_INIT;
}
