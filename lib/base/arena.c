/* Memory with a named lifetime, and allocation that never returns NULL. */
#include "tessera/base/arena.h"
#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  first_block_bytes = 4096,
  greatest_block_bytes = 1 << 20,
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

void *tess_grow_more(void *items, size_t count, size_t *capacity,
                     size_t bytes_each) {
  size_t wanted = *capacity > SIZE_MAX / 2 ? count : *capacity * 2;
  if (wanted < 8)
    wanted = 8;
  if (wanted < count)
    wanted = count;
  items = tess_realloc(items, checked_product(wanted, bytes_each));
  *capacity = wanted;
  return items;
}

/* Blocks that arenas gave back, by the power of two that they are: the next
 * model or piece takes them, which saves the system giving their pages and
 * taking them away again. Used from any thread. */
#ifdef __SANITIZE_ADDRESS__
enum { kept_bits = 20, most_kept = 0 }; /* so that their misuse is found */
#else
enum { kept_bits = 20, most_kept = 4 };
#endif
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
  block_t *blocks;
  int count;
} kept[kept_bits + 1];

/* The number of bits of the smallest power of two that holds the bytes. */
static unsigned bits_of(size_t bytes) {
  unsigned bits = 12;
  while (bits < kept_bits && (size_t)1 << bits < bytes)
    bits++;
  return bits;
}

/* A block of that many bytes in all, header included, or NULL. */
static block_t *take_kept(size_t whole) {
  const unsigned bits = bits_of(whole);
  pthread_mutex_lock(&kept_lock);
  block_t *block = kept[bits].blocks;
  if (block) {
    kept[bits].blocks = block->next;
    kept[bits].count--;
  }
  pthread_mutex_unlock(&kept_lock);
  return block;
}

static void release(block_t *block) {
  const size_t whole = block->capacity + sizeof(block_t);
  const unsigned bits = bits_of(whole);
  pthread_mutex_lock(&kept_lock);
  bool keep = whole == (size_t)1 << bits && kept[bits].count < most_kept;
  if (keep) {
    block->next = kept[bits].blocks;
    kept[bits].blocks = block;
    kept[bits].count++;
  }
  pthread_mutex_unlock(&kept_lock);
  if (!keep)
    free(block);
}

static block_t *add_block(tess_arena_t *arena, size_t bytes) {
  size_t whole = arena->block_bytes ? arena->block_bytes : first_block_bytes;
  arena->block_bytes = whole < greatest_block_bytes ? whole * 2 : whole;
  size_t wanted;
  if (__builtin_add_overflow(bytes, sizeof(block_t), &wanted))
    out_of_memory(SIZE_MAX);
  if (whole < wanted)
    whole =
        wanted > greatest_block_bytes ? wanted : (size_t)1 << bits_of(wanted);
  block_t *block = whole > greatest_block_bytes ? NULL : take_kept(whole);
  if (!block)
    block = tess_realloc(NULL, whole);
  *block =
      (block_t){.next = arena->blocks, .capacity = whole - sizeof(block_t)};
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
  block_t *newest = arena->blocks;
  if (!newest)
    return;
  for (block_t *block = newest->next, *next; block; block = next) {
    next = block->next;
    release(block);
  }
  newest->next = NULL;
  newest->used = 0;
}

void tess_arena_free(tess_arena_t *arena) {
  tess_arena_reset(arena);
  if (arena->blocks)
    release(arena->blocks);
  *arena = TESS_ARENA_INIT;
}
