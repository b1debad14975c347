/* A number that nobody publishes is null with a source: it counts as not
 * stated, and the data sheet, a difference and the marks say so. */
#include "fixture.h"
#include "tessera/target/sheet.h"

/* The fixture with this before its fusion rules; the caller frees. */
static char *with(const char *group) {
  char to[600];
  snprintf(to, sizeof(to), "%s, \"fusion\"", group);
  return fixture_edit("\"fusion\"", to);
}

static const char none[] =
    "\"power\": {\"peak\": {\"value\": null, \"source\": \"looked in vain\"}}";

/* The target is the one without the member; the sheet has a row more. */
static void counts_as_absent(tess_arena_t *arena) {
  char *text = with(none);
  tess_sheet_t sheet = fixture_sheet(arena, text),
               plain = fixture_sheet(arena, fixture_text);
  CHECK(sheet.target->peak_w == 0 && sheet.target->idle_w == 0);
  CHECK_EQ(sheet.fact_count, plain.fact_count + 1);
  CHECK_EQ(tess_sheet_stated(&sheet), plain.fact_count);
  CHECK_EQ(tess_sheet_stated(&plain), plain.fact_count);
  tess_text_t out = TESS_TEXT_INIT;
  tess_sheet_add_summary(&sheet, &out);
  fixture_has(&out, "  unpublished  power.peak\n");
  fixture_has(&out, "32 numbers, 25 computed, 7 recalled; 1 not published\n");
  CHECK(!strstr(tess_text_get(&out), "at full load"));
  tess_text_free(&out);
  tess_sheet_add_facts(&sheet, &out);
  fixture_has(&out, "not published           -     looked in vain\n");
  tess_text_free(&out);
  tess_sheet_add_summary(&plain, &out);
  CHECK(!strstr(tess_text_get(&out), "published"));
  tess_text_free(&out);
  free(text);
}

/* Against no member at all nothing differs; a number has no ratio to it. */
static void difference(tess_arena_t *arena) {
  char *text = with(none);
  char *stated = with("\"power\": {" NUMBER("peak", "75", "W") "}");
  tess_sheet_t sheet = fixture_sheet(arena, text),
               plain = fixture_sheet(arena, fixture_text);
  tess_sheet_t watts = fixture_sheet(arena, stated);
  tess_text_t out = TESS_TEXT_INIT;
  tess_sheet_add_difference(&plain, &sheet, &out);
  CHECK_STRING(tess_text_get(&out), "no number of toy and toy differs\n");
  tess_text_free(&out);
  tess_sheet_add_difference(&sheet, &watts, &out);
  fixture_has(&out, "power.peak  not published  75 W\n");
  tess_text_free(&out);
  tess_sheet_add_difference(&watts, &sheet, &out);
  fixture_has(&out, "power.peak  75 W  not published\n");
  tess_text_free(&out);
  free(text);
  free(stated);
}

/* Rates that have parts are computed though nobody publishes them, a pair with
 * one half missing is still an error. */
static void parts(tess_arena_t *arena) {
  char *text = fixture_edit(
      "\"efficiency\"",
      "\"units\": {\"value\": 3, \"unit\": \"unit\", \"mark\": \"s\", "
      "\"source\": \"test\"}, \"macs_per_clock\": {" NUMBER(
          "i8", "400", "MAC") ", \"f16\": {\"value\": null, \"source\": \"x\"}}"
                              ", \"efficiency\"");
  tess_sheet_t sheet = fixture_sheet(arena, text);
  CHECK_NEAR(sheet.target->matrix_macs_per_s[TESS_I8], 1.8e12, 1e-12);
  CHECK(sheet.target->matrix_macs_per_s[TESS_F16] == 0);
  free(text);
}

static const struct {
  const char *group, *error;
} wrong[] = {
    {"\"power\": {\"peak\": {\"value\": null}}",
     "t.json:26:19: 'power.peak' has no 'source'"},
    {"\"power\": {\"peak\": {\"value\": null, \"source\": \" \"}}",
     "'source' of 'power.peak' is empty"},
    {"\"power\": {\"peak\": {\"value\": null, \"source\": 1}}",
     "'source' of 'power.peak' must be a string"},
    {"\"power\": {\"peak\": {\"value\": null, \"unit\": \"W\", \"source\": "
     "\"x\"}}",
     "t.json:26:43: 'unit' of 'power.peak' must be left out: its value is "
     "null, not published"},
    {"\"power\": {\"peak\": {\"value\": null, \"source\": \"x\", \"mark\": "
     "\"r\"}}",
     "'mark' of 'power.peak' must be left out: its value is null, not "
     "published"},
    {"\"power\": {\"peak\": {\"value\": null, \"sourc\": \"x\"}}",
     "unknown key 'sourc' in 'power.peak'; did you mean 'source'?"},
    {"\"power\": {\"peak\": null}", "'power.peak' must be an object"},
    {"\"links\": {" NUMBER("count", "2",
                           "link") ", \"bandwidth\": {\"value\": null, "
                                   "\"source\": \"x\"}}",
     "'links.count' needs 'links.bandwidth' as well"},
};

static void bad_forms(tess_arena_t *arena) {
  const tess_target_t *target = NULL;
  for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
    char *text = with(wrong[i].group);
    CHECK_ERROR(tess_target_parse(arena, "t.json", text, strlen(text), &target,
                                  NULL, NULL),
                TESS_INVALID, wrong[i].error);
    free(text);
  }
  char *text = fixture_edit("\"value\": 2, \"unit\": \"us\", \"mark\": \"c\"",
                            "\"value\": null");
  CHECK_ERROR(tess_target_parse(arena, "t.json", text, strlen(text), &target,
                                NULL, NULL),
              TESS_INVALID,
              "the value of 'overhead.kernel' must be a number: it is needed, "
              "so null (not published) will not do");
  free(text);
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  counts_as_absent(&arena);
  difference(&arena);
  parts(&arena);
  bad_forms(&arena);
  tess_arena_free(&arena);
  return tess_check_result();
}
