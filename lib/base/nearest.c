/* The nearest of several names, for "did you mean". */
#include "tessera/base/text.h"
#include <string.h>

enum { longest_word = 64, greatest_distance = 2 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Levenshtein distance of words of at most longest_word characters. */
static size_t edit_distance(const char *a, size_t a_length, const char *b,
                            size_t b_length) {
  size_t row[longest_word + 1];
  for (size_t j = 0; j <= b_length; j++)
    row[j] = j;
  for (size_t i = 1; i <= a_length; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      size_t above = row[j];
      size_t change = diagonal + (a[i - 1] != b[j - 1]);
      row[j] = least(change, least(above, row[j - 1]) + 1);
      diagonal = above;
    }
  }
  return row[b_length];
}

/* 0 is best; more than greatest_distance: not near. A word that is a prefix
 * beats a misspelling, and no distance may replace the whole word. */
static size_t distance(const char *word, const char *name) {
  size_t word_length = strlen(word), name_length = strlen(name);
  if (word_length == 0 || word_length > longest_word ||
      name_length > longest_word)
    return greatest_distance + 1;
  if (!strncmp(word, name, word_length))
    return 0;
  size_t edits = edit_distance(word, word_length, name, name_length);
  return edits < word_length ? edits : greatest_distance + 1;
}

const char *tess_nearest(const char *word, const char *const *names,
                         size_t count) {
  const char *best = NULL;
  size_t best_distance = greatest_distance + 1;
  for (size_t i = 0; i < count; i++) {
    size_t here = distance(word, names[i]);
    if (here < best_distance) {
      best_distance = here;
      best = names[i];
    }
  }
  return best;
}
