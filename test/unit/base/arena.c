/* Arena blocks are aligned, zeroed, disjoint, and reusable after a reset. */
#include "tessera/base/arena.h"
#include "check.h"
#include <stdalign.h>
#include <stdint.h>

enum { pieces = 2000 };

/* Each piece is filled with its own byte; later pieces must not change it. */
static void pieces_are_disjoint(tess_arena_t *arena) {
  unsigned char *piece[pieces];
  size_t bytes[pieces];
  int zeroed = 1, aligned = 1, intact = 1;
  for (size_t i = 0; i < pieces; i++) {
    bytes[i] = i * 7 % 301;
    piece[i] = tess_arena_alloc(arena, bytes[i]);
    aligned &= (uintptr_t)piece[i] % alignof(max_align_t) == 0;
    for (size_t j = 0; j < bytes[i]; j++)
      zeroed &= piece[i][j] == 0;
    memset(piece[i], (int)(i & 0xFF), bytes[i]);
  }
  for (size_t i = 0; i < pieces; i++)
    for (size_t j = 0; j < bytes[i]; j++)
      intact &= piece[i][j] == (i & 0xFF);
  CHECK(zeroed);
  CHECK(aligned);
  CHECK(intact);
}

/* Copies and strings that end in bytes that were used before. */
static void copies_are_equal(tess_arena_t *arena) {
  const int64_t items[] = {1, -2, 3};
  int64_t *copy = tess_arena_copy(arena, items, 3, sizeof *items);
  CHECK(copy != items && !memcmp(copy, items, sizeof items));
  CHECK(tess_arena_copy(arena, NULL, 0, sizeof *items) != NULL);
  memset(tess_arena_alloc(arena, 64), 0xFF, 64);
  tess_arena_reset(arena);
  CHECK_STRING(tess_arena_string_n(arena, "abcd", 3), "abc");
  CHECK_STRING(tess_arena_string(arena, ""), "");
}

static void arrays_grow(void) {
  size_t capacity = 0;
  int64_t *items = NULL;
  for (size_t i = 0; i < 1000; i++) {
    items = tess_grow(items, i + 1, &capacity, sizeof(*items));
    CHECK(capacity > i);
    items[i] = (int64_t)(i * i);
  }
  int intact = 1;
  for (int64_t i = 0; i < 1000; i++)
    intact &= items[i] == i * i;
  CHECK(intact);
  free(items);
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  pieces_are_disjoint(&arena);
  copies_are_equal(&arena);
  tess_arena_reset(&arena);
  pieces_are_disjoint(&arena);
  unsigned char *large = tess_arena_alloc(&arena, 5 << 20);
  CHECK_EQ(large[0] | large[(5 << 20) - 1], 0);
  CHECK_STRING(tess_arena_format(&arena, "%d-%s", 12, "x"), "12-x");
  CHECK_STRING(tess_arena_string(&arena, "text"), "text");
  CHECK_STRING(tess_arena_string_n(&arena, "text", 2), "te");
  CHECK(tess_arena_array(&arena, 0, 8) != NULL);
  tess_arena_free(&arena);
  CHECK_STRING(tess_arena_string(&arena, "again"), "again");
  tess_arena_free(&arena);
  arrays_grow();
  return tess_check_result();
}
