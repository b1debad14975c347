/* Drives a fuzz target without libFuzzer: every seed file as it is, then a
 * fixed number of mutations of them from a fixed seed. usage: fuzz_NAME RUNS
 * FILE... */
#include "fuzz.h"
#include "tessera/base/file.h"
#include "tessera/base/random.h"
#include <string.h>

enum { LARGEST = 1 << 16, MOST_EDITS = 6 };

typedef struct buffer {
  uint8_t bytes[LARGEST];
  size_t length;
} buffer_t;

typedef struct seeds {
  char **bytes;
  size_t *lengths;
  size_t count;
} seeds_t;

static const char *const words[] = {
    "{", "}", "[",    "]",    "\"",     ":",    ",",       "=",     ";",
    "0", "-", "1e9",  "1e-9", "1e400",  "null", "true",    "\\u",   "\n",
    ".", "/", "\xff", "-0",   "999999", "keep", "\\ud800", "9e999", "\x80"};

/* Puts `size` bytes at `at`, `gone` bytes of the old text going. */
static void splice(buffer_t *text, size_t at, size_t gone, const void *bytes,
                   size_t size) {
  if (text->length - gone + size > LARGEST)
    return;
  memmove(text->bytes + at + size, text->bytes + at + gone,
          text->length - at - gone);
  memcpy(text->bytes + at, bytes, size);
  text->length += size - gone;
}

static void edit(buffer_t *text, const seeds_t *seeds, tess_random_t *random) {
  size_t at = tess_random_below(random, text->length + 1);
  size_t rest = text->length - at;
  size_t gone = tess_random_below(random, (rest < 32 ? rest : 32) + 1);
  const char *word =
      words[tess_random_below(random, sizeof words / sizeof *words)];
  size_t other = tess_random_below(random, seeds->count);
  size_t from = tess_random_below(random, seeds->lengths[other] + 1);
  size_t size = seeds->lengths[other] - from;
  switch (tess_random_below(random, 6)) {
  case 0:
    splice(text, at, 0, word, strlen(word));
    break;
  case 1:
    splice(text, at, gone, word, strlen(word));
    break;
  case 2:
    splice(text, at, gone, "", 0);
    break;
  case 3:
    splice(text, at, 0, seeds->bytes[other] + from, size < 64 ? size : 64);
    break;
  case 4:
    splice(text, at, rest, seeds->bytes[other] + from, size);
    break;
  default:
    if (rest)
      text->bytes[at] ^= (uint8_t)(1u << tess_random_below(random, 8));
  }
}

static void run_mutations(const seeds_t *seeds, long runs) {
  static buffer_t text;
  for (long run = 0; run < runs; run++) {
    tess_random_t random = tess_random_make(1, (uint64_t)run);
    size_t seed = tess_random_below(&random, seeds->count);
    text.length = 0;
    splice(&text, 0, 0, seeds->bytes[seed], seeds->lengths[seed]);
    uint64_t edits = 1 + tess_random_below(&random, MOST_EDITS);
    for (uint64_t i = 0; i < edits; i++)
      edit(&text, seeds, &random);
    LLVMFuzzerTestOneInput(text.bytes, text.length);
  }
}

int main(int argc, char **argv) {
  char *end = "no number";
  long runs = argc > 1 ? strtol(argv[1], &end, 10) : 0;
  if (argc < 3 || *end || runs < 0) {
    fprintf(stderr, "usage: %s RUNS FILE...\n", argv[0]);
    return 2;
  }
  seeds_t seeds = {0};
  seeds.count = (size_t)argc - 2;
  seeds.bytes = calloc(seeds.count, sizeof *seeds.bytes);
  seeds.lengths = calloc(seeds.count, sizeof *seeds.lengths);
  for (size_t i = 0; i < seeds.count; i++) {
    tess_status_t status =
        tess_file_read(argv[i + 2], &seeds.bytes[i], &seeds.lengths[i]);
    if (status) {
      fprintf(stderr, "%s\n", tess_status_text(status));
      return 2;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)seeds.bytes[i], seeds.lengths[i]);
  }
  run_mutations(&seeds, runs);
  printf("%zu seeds and %ld mutations\n", seeds.count, runs);
  for (size_t i = 0; i < seeds.count; i++)
    free(seeds.bytes[i]);
  free(seeds.bytes);
  free(seeds.lengths);
  return 0;
}
