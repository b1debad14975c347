/* JSON values keep their places; what is malformed is refused with one. */
#include "tessera/base/json.h"
#include "check.h"
#include "tessera/base/random.h"
#include "tessera/base/text.h"

static tess_status_t parse(tess_arena_t *arena, const char *text,
                           const tess_json_t **value) {
  return tess_json_parse(arena, "f", text, strlen(text), value);
}

static void values_and_places(tess_arena_t *arena) {
  const tess_json_t *v = NULL;
  CHECK_OK(parse(arena,
                 "{\n  \"a\": [1, -2.5e-1, true, false, null],\n"
                 "  \"b\": {\"c\": \"x\\u00e9\\ud83d\\ude00\\n\"},"
                 " \"\": []}\n",
                 &v));
  CHECK_EQ(v->kind, TESS_JSON_OBJECT);
  CHECK_EQ(v->count, 3);
  CHECK_STRING(v->keys[1], "b");
  const tess_json_t *a = tess_json_member(v, "a");
  CHECK_EQ(a->count, 5);
  CHECK(a->items[0].number == 1 && a->items[1].number == -0.25);
  CHECK(a->items[2].boolean && !a->items[3].boolean);
  CHECK_EQ(a->items[3].kind, TESS_JSON_BOOL);
  CHECK_EQ(a->items[4].kind, TESS_JSON_NULL);
  CHECK_EQ(a->items[1].line, 2);
  CHECK_EQ(a->items[1].column, 12);
  const tess_json_t *c = tess_json_member(tess_json_member(v, "b"), "c");
  CHECK_STRING(c->string, "x\xC3\xA9\xF0\x9F\x98\x80\n");
  CHECK_EQ(c->line, 3);
  CHECK_EQ(c->column, 14);
  CHECK(!tess_json_member(v, "z") && !tess_json_member(a, "a"));
  CHECK_EQ(tess_json_member(v, "")->count, 0);
}

/* `count` keys, of which the last is a second "k0" if `twice`. */
static tess_status_t parse_wide(tess_arena_t *arena, int count, bool twice) {
  tess_text_t text = TESS_TEXT_INIT;
  const tess_json_t *value;
  for (int i = 0; i < count; i++)
    tess_text_add(&text, "%s\"k%d\": 1", i ? ", " : "{",
                  twice && i == count - 1 ? 0 : i);
  tess_text_add(&text, "}");
  tess_status_t status = parse(arena, tess_text_get(&text), &value);
  tess_text_free(&text);
  return status;
}

static void duplicates(tess_arena_t *arena) {
  for (int count = 2; count < 40; count++) {
    CHECK_OK(parse_wide(arena, count, false));
    tess_status_t status = parse_wide(arena, count, true);
    CHECK(status && strstr(tess_status_text(status), "duplicate key 'k0'"));
    tess_status_free(status);
  }
}

static void malformed(tess_arena_t *arena) {
  static const struct {
    const char *text, *error;
  } cases[] = {
      {"", "f:1:1: unexpected end"},
      {"{\"a\": 1,\n}", "f:2:1: expected a key"},
      {"{\"a\" 1}", "f:1:6: expected ':', found '1'"},
      {"{a: 1}", "f:1:2: expected a key"},
      {"[1, 2", "f:1:6: unexpected end"},
      {"[1 2]", "f:1:4: expected ',' or ']'"},
      {"1 2", "f:1:3: expected the end"},
      {"[01]", "f:1:3: expected ','"},
      {"[1.]", "f:1:4: expected a digit"},
      {"[.5]", "f:1:2: expected a value"},
      {"[1e400]", "f:1:2: number does not fit"},
      {"[-]", "f:1:3: expected a value"},
      {"nul", "f:1:1: expected a value"},
      {"[NaN]", "f:1:2: expected a value"},
      {"\"abc", "f:1:5: unexpected end of input in a string"},
      {"\"a\nb\"", "f:1:3: control character"},
      {"\"\\x\"", "f:1:2: unknown escape"},
      {"\"\\u12g4\"", "f:1:2: \\u needs four"},
      {"\"\\u0000\"", "f:1:2: a string cannot hold U+0000"},
      {"\"\\ud800\"", "f:1:2: a surrogate"},
      {"\"\\ud800\\u0041\"", "f:1:2: a surrogate"},
      {"\"\xFF\"", "f:1:2: invalid UTF-8"},
      {"\"\xC0\xAF\"", "f:1:2: invalid UTF-8"},
      {"{\"a\": 1,\n \"b\": 2,\n \"a\": 3}",
       "f:3:2: duplicate key 'a', first on line 1"},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    const tess_json_t *value;
    CHECK_ERROR(parse(arena, cases[i].text, &value), TESS_INVALID,
                cases[i].error);
  }
  const tess_json_t *value;
  CHECK_ERROR(tess_json_parse(arena, "f", "1\0", 2, &value), TESS_INVALID,
              "f:1:2: expected the end of the input, found byte 0x00");
}

static void nesting(tess_arena_t *arena) {
  char text[200] = "";
  const tess_json_t *value;
  memset(text, '[', 64);
  memset(text + 64, ']', 64);
  CHECK_OK(parse(arena, text, &value));
  memset(text, '[', 65);
  memset(text + 65, ']', 65);
  CHECK_ERROR(parse(arena, text, &value), TESS_INVALID, "f:1:65: nested");
}

/* What tess_text_add_json writes is read back as it was. */
static void round_trip(tess_arena_t *arena) {
  tess_random_t random = tess_random_make(7, 0);
  for (int i = 0; i < 500; i++) {
    char word[32] = "";
    size_t length = tess_random_below(&random, sizeof(word) - 1);
    for (size_t j = 0; j < length; j++)
      word[j] = (char)(1 + tess_random_below(&random, 127));
    tess_text_t text = TESS_TEXT_INIT;
    tess_text_add_json(&text, word);
    const tess_json_t *value = NULL;
    CHECK_OK(parse(arena, text.data, &value));
    CHECK_STRING(value ? value->string : NULL, word);
    tess_text_free(&text);
  }
}

/* Every proper prefix of a document is refused, without reading past it. */
static void truncated(tess_arena_t *arena) {
  static const char whole[] = "{\"a\":[1,{\"b\":\"\\u00e9\"},true],\"c\":null}";
  for (size_t n = 0; n + 1 < sizeof(whole); n++) {
    char *exact = malloc(n ? n : 1); /* so that ASan sees a read past n */
    memcpy(exact, whole, n);
    const tess_json_t *value;
    CHECK_ERROR(tess_json_parse(arena, "f", exact, n, &value), TESS_INVALID,
                "f:1:");
    free(exact);
  }
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  values_and_places(&arena);
  duplicates(&arena);
  malformed(&arena);
  nesting(&arena);
  round_trip(&arena);
  truncated(&arena);
  tess_arena_free(&arena);
  return tess_check_result();
}
