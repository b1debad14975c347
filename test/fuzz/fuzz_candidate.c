/* Any text as a candidate of a small space: alternatives that exist and that
 * come back unchanged from their own text, or an error. */
#include "fuzz.h"
#include "tessera/rewrite/rewrite.h"
#include <string.h>

enum { SITES = 4 };

static const tess_alternative_t activation[] = {
    {.name = "keep"}, {.name = "hard-swish"}, {.name = "relu"}};
static const tess_alternative_t dense[] = {{.name = "keep"}, {.name = "dense"}};

static const tess_site_t sites[SITES] = {
    {.name = "activation.1",
     .alternatives = activation,
     .alternative_count = 3},
    {.name = "activation.10",
     .alternatives = activation,
     .alternative_count = 3},
    {.name = "depthwise.1", .alternatives = dense, .alternative_count = 2},
    {.name = "depthwise.2", .alternatives = dense, .alternative_count = 2},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  static const tess_site_list_t list = {sites, SITES};
  char *text = calloc(length + 1, 1);
  if (length)
    memcpy(text, bytes, length);
  uint8_t candidate[SITES] = {0}, again[SITES] = {0};
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_status_t status = tess_rewrite_candidate_parse(&list, text, candidate);
  if (status) {
    FUZZ_CHECK(*tess_status_text(status));
  } else {
    for (int i = 0; i < SITES; i++)
      FUZZ_CHECK(candidate[i] < sites[i].alternative_count);
    char *written = tess_rewrite_candidate_text(&arena, &list, candidate);
    status = tess_rewrite_candidate_parse(&list, written, again);
    FUZZ_CHECK(!status && !memcmp(candidate, again, sizeof again));
  }
  tess_status_free(status);
  tess_arena_free(&arena);
  free(text);
  return 0;
}
