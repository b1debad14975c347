/* Every number and flag of a file, spoilt in every way: an error with its line,
 * and the same error among those that a check lists. */
#include "fixture.h"
#include "tessera/base/text.h"

enum { most_facts = 64 };

/* A fact's text within the fixture: "key": {"value": 1, ...} */
typedef struct place {
  const char *key, *object, *value, *end;
  int line;
  bool flag;
} place_t;

static int line_of(const char *at) {
  int line = 1;
  for (const char *c = fixture_text; c < at; c++)
    line += *c == '\n';
  return line;
}

static int find_places(place_t places[most_facts]) {
  static const char start[] = "{\"value\": ";
  int count = 0;
  for (const char *at = fixture_text; (at = strstr(at, start)); at++) {
    place_t *place = &places[count++];
    place->object = at;
    place->value = at + strlen(start);
    place->end = strchr(at, '}') + 1;
    place->line = line_of(at);
    place->flag = *place->value == 't' || *place->value == 'f';
    for (place->key = at - 4; *place->key != '"'; place->key--)
      ;
  }
  return count;
}

/* The fixture with what lies from `from` to `to` replaced; the caller frees. */
static char *replaced(const char *from, const char *to, const char *by) {
  size_t bytes = sizeof(fixture_text) + strlen(by);
  char *text = malloc(bytes);
  snprintf(text, bytes, "%.*s%s%s", (int)(from - fixture_text), fixture_text,
           by, to);
  return text;
}

/* Refused at this line (0: anywhere in the file) with `part` in the message;
 * a list of mistakes has the same one. */
static void refused(tess_arena_t *arena, char *text, int line,
                    const char *part) {
  char where[32] = "t.json:";
  const tess_target_t *target = NULL;
  tess_text_t lines = TESS_TEXT_INIT;
  if (line)
    snprintf(where, sizeof(where), "t.json:%d:", line);
  tess_status_t status = tess_target_parse(arena, "t.json", text, strlen(text),
                                           &target, NULL, NULL);
  const char *said = tess_status_text(status);
  bool as_wanted = tess_status_code(status) == TESS_INVALID &&
                   !strncmp(said, where, strlen(where)) && strstr(said, part);
  CHECK(as_wanted);
  if (!as_wanted)
    fprintf(stderr, "  '%s', not '%s' with '%s'\n", said, where, part);
  size_t count = tess_target_mistakes("t.json", text, strlen(text), &lines);
  CHECK(count >= 1 && strstr(tess_text_get(&lines), said));
  tess_text_free(&lines);
  tess_status_free(status);
  tess_arena_reset(arena);
  free(text);
}

static void values(tess_arena_t *arena, const place_t *place) {
  static const struct {
    const char *value, *part;
    bool as_number; /* well formed JSON: the path is named */
  } cases[] = {{"-1", "must be", true},     {"1e300", "must be", true},
               {"1e-300", "must be", true}, {"-0.0001", "must be", true},
               {"1e999", "", false},        {"NaN", "", false},
               {"Infinity", "", false},     {"nan", "", false},
               {"0x10", "", false},         {"\"1\"", "must be", true},
               {"null", "must be", true},   {"[1]", "must be", true},
               {"{}", "must be", true},     {"", "", false}};
  const char *end = place->value + strcspn(place->value, ",");
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    /* An overhead may be nearly nothing. */
    if (!strcmp(cases[i].value, "1e-300") && place->line == 25)
      continue;
    refused(arena, replaced(place->value, end, cases[i].value), place->line,
            cases[i].part);
  }
  if (place->line != 25)
    refused(arena, replaced(place->value, end, "0"), place->line, "must be");
  if (!place->flag)
    refused(arena, replaced(place->value, end, "true"), place->line, "must be");
}

/* The members of the object: unit, mark and source. */
static void members(tess_arena_t *arena, const place_t *place) {
  const char *unit = strstr(place->object, "\"unit\": \"");
  if (!place->flag) {
    const char *name = unit + strlen("\"unit\": \"");
    const char *end = strchr(name, '"');
    refused(arena, replaced(name, end, "parsec"), place->line,
            "unit 'parsec' of '");
    refused(arena, replaced(name, end, ""), place->line, "is empty");
    refused(arena, replaced(unit, end + 3, ""), place->line, "has no 'unit'");
  }
  const char *mark = strstr(place->object, "\"mark\": \"");
  refused(arena, replaced(mark, mark + strlen("\"mark\": \"c\", "), ""),
          place->line, "has no 'mark'");
  const char *source = strstr(place->object, ", \"source\"");
  refused(arena, replaced(source, place->end - 1, ""), place->line,
          "has no 'source'");
}

static void keys(tess_arena_t *arena, const place_t *place) {
  char text[512];
  const char *name_end = place->object - 3;
  /* one letter too many */
  refused(arena, replaced(name_end, name_end, "q"), place->line,
          "unknown key '");
  /* twice, the same */
  snprintf(text, sizeof(text), "%.*s, ", (int)(place->end - place->key),
           place->key);
  refused(arena, replaced(place->key, place->key, text), place->line,
          "duplicate key '");
  /* a bare value */
  refused(arena, replaced(place->object, place->end, "1"), place->line,
          "must be an object");
  /* not there: at the group's line, so no line is asked for */
  const char *end = place->end;
  const char *start = place->key;
  if (*end == ',')
    end += 1;
  else
    while (*start != ',' && *start != '{')
      start--;
  start += *start == '{';
  refused(arena, replaced(start, end, ""), 0,
          place->line == 10 ? "needs the rate of at least one" : "missing '");
}

/* Three mistakes in three places are three lines, in the file's order. */
static void all_are_listed(void) {
  char *text = fixture_edit("\"value\": 16", "\"value\": 16.5");
  char *at = strstr(text, "\"value\": 0.5");
  memcpy(at, "\"value\": 9.5", strlen("\"value\": 9.5"));
  at = strstr(text, "\"onchip_capacity\"");
  memcpy(at, "\"onchip_capacitx\"", strlen("\"onchip_capacitx\""));
  tess_text_t lines = TESS_TEXT_INIT;
  CHECK_EQ(tess_target_mistakes("t.json", text, strlen(text), &lines), 4);
  const char *const expected[] = {
      "t.json:12:20: 'matrix.pad.n' is 16.5",
      "t.json:15:27: 'matrix.efficiency' is 9.5; it must be 0.01 to 1",
      "t.json:24:22: unknown key 'onchip_capacitx' in 'memory'; did you mean "
      "'onchip_capacity'?",
      "t.json:20:11: missing 'onchip_capacity' (for 'memory.onchip_capacity')"};
  const char *from = tess_text_get(&lines);
  for (size_t i = 0; i < 4; i++) {
    from = strstr(from, expected[i]);
    CHECK(from != NULL);
    if (!from)
      from = "";
  }
  tess_text_free(&lines);
  free(text);
  CHECK_EQ(tess_target_mistakes("t.json", fixture_text, strlen(fixture_text),
                                &lines),
           0);
  CHECK_STRING(tess_text_get(&lines), "");
  CHECK_EQ(tess_target_mistakes("t.json", "{", 1, &lines), 1);
  tess_text_free(&lines);
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  place_t places[most_facts];
  int count = find_places(places);
  CHECK_EQ(count, 32);
  for (int i = 0; i < count; i++) {
    values(&arena, &places[i]);
    members(&arena, &places[i]);
    keys(&arena, &places[i]);
  }
  all_are_listed();
  tess_arena_free(&arena);
  return tess_check_result();
}
