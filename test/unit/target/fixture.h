/* A whole target file as text, and edits of it, for the schema tests. */
#ifndef TESSERA_TEST_UNIT_TARGET_FIXTURE_H
#define TESSERA_TEST_UNIT_TARGET_FIXTURE_H

#include "check.h"
#include "tessera/target/sheet.h"

#define NUMBER(key, value, unit)                                               \
  "\"" key "\": {\"value\": " value ", \"unit\": \"" unit                      \
  "\", \"mark\": \"c\", \"source\": \"test\"}"
#define FLAG(key, value)                                                       \
  "\"" key "\": {\"value\": " value ", \"mark\": \"r\", \"source\": \"test\"}"

/* One member a line, so that tests can name lines. */
/* clang-format off */
static const char fixture_text[] =
    /* 1 */ "{\"schema\": \"tessera-target-1\",\n"
    /* 2 */ "\"name\": \"toy\", \"title\": \"A toy\",\n"
    /* 3 */ "\"class\": \"mxu\",\n"
    /* 4 */ "\"cores\": {\n"
    /* 5 */ "  " NUMBER("chip", "2", "core") ",\n"
    /* 6 */ "  " NUMBER("program", "1", "core") ",\n"
    /* 7 */ "  " NUMBER("clock", "1.5", "GHz") "},\n"
    /* 8 */ "\"matrix\": {\n"
    /* 9 */ "  \"macs_per_s\": {\n"
    /* 10 */ "    " NUMBER("bf16", "2", "TMAC/s") "},\n"
    /* 11 */ "  \"pad\": {" NUMBER("m", "8", "element") ",\n"
    /* 12 */ "    " NUMBER("n", "16", "element") ",\n"
    /* 13 */ "    " NUMBER("k", "32", "element") ",\n"
    /* 14 */ "    " NUMBER("channels", "4", "element") "},\n"
    /* 15 */ "  " NUMBER("efficiency", "0.5", "1") "},\n"
    /* 16 */ "\"vector\": {\n"
    /* 17 */ "  \"ops_per_s\": {" NUMBER("f32", "3", "Gop/s") "},\n"
    /* 18 */ "  \"cost\": {" NUMBER("simple", "1", "op") ", "
        NUMBER("div", "6", "op") ", " NUMBER("exp", "7", "op") ", "
        NUMBER("log", "8", "op") ", " NUMBER("rsqrt", "9", "op") ", "
        NUMBER("tanh", "10", "op") ", " NUMBER("erf", "11", "op")
        ", " NUMBER("table", "12", "op") "},\n"
    /* 19 */ "  \"depthwise_macs_per_s\": {" NUMBER("f32", "4", "GMAC/s")
        "}},\n"
    /* 20 */ "\"memory\": {\n"
    /* 21 */ "  " NUMBER("bandwidth", "5", "GB/s") ",\n"
    /* 22 */ "  " NUMBER("capacity", "6", "GiB") ",\n"
    /* 23 */ "  " NUMBER("onchip_bandwidth", "7", "TB/s") ",\n"
    /* 24 */ "  " NUMBER("onchip_capacity", "8.5", "KiB") "},\n"
    /* 25 */ "\"overhead\": {" NUMBER("kernel", "2", "us") ", "
        NUMBER("program", "0", "ns") "},\n"
    /* 26 */ "\"fusion\": {\n"
    /* 27 */ "  " FLAG("elementwise_after_matrix", "true") ",\n"
    /* 28 */ "  " FLAG("elementwise_before_matrix", "false") ",\n"
    /* 29 */ "  " FLAG("elementwise_after_vector", "true") ",\n"
    /* 30 */ "  " FLAG("elementwise_chain", "false") ",\n"
    /* 31 */ "  " FLAG("elementwise_before_reduction", "true") ",\n"
    /* 32 */ "  " FLAG("pad_into_consumer", "false") ",\n"
    /* 33 */ "  " FLAG("transpose_free", "true") "}}\n";
/* clang-format on */

/* The fixture with the first `from` replaced by `to`; the caller frees. */
static inline char *fixture_edit(const char *from, const char *to) {
  const char *at = strstr(fixture_text, from);
  if (!at) {
    fprintf(stderr, "fixture has no '%s'\n", from);
    exit(1);
  }
  size_t before = (size_t)(at - fixture_text);
  size_t bytes = sizeof(fixture_text) + strlen(to);
  char *text = malloc(bytes);
  snprintf(text, bytes, "%.*s%s%s", (int)before, fixture_text, to,
           at + strlen(from));
  return text;
}

/* The sheet of a text that must parse. */
static inline tess_sheet_t fixture_sheet(tess_arena_t *arena,
                                         const char *text) {
  tess_sheet_t sheet = {0};
  CHECK_OK(tess_target_parse(arena, "t.json", text, strlen(text), &sheet.target,
                             &sheet.facts, &sheet.fact_count));
  if (!sheet.target)
    exit(tess_check_result());
  return sheet;
}

static inline void fixture_has(const tess_text_t *text, const char *part) {
  bool found = strstr(tess_text_get(text), part) != NULL;
  CHECK(found);
  if (!found)
    fprintf(stderr, "  no '%s' in\n%s", part, tess_text_get(text));
}

#endif
