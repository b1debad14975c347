/* Text, its escapes, and the nearest name. */
#include "tessera/base/text.h"
#include "check.h"

static void check_escape(void (*add)(tess_text_t *, const char *),
                         const char *value, const char *expected) {
  tess_text_t text = TESS_TEXT_INIT;
  add(&text, value);
  CHECK_STRING(tess_text_get(&text), expected);
  CHECK_EQ(text.length, strlen(expected));
  tess_text_free(&text);
}

static void escapes(void) {
  check_escape(tess_text_add_json, "a\"b\\c\n\x01",
               "\"a\\\"b\\\\c\\n\\u0001\"");
  check_escape(tess_text_add_json, "\xC3\xBC", "\"\xC3\xBC\"");
  check_escape(tess_text_add_json,
               "\xFF"
               "x",
               "\"\xEF\xBF\xBDx\"");
  /* An overlong slash and a lone surrogate: two and three bad bytes. */
  check_escape(tess_text_add_json, "\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  check_escape(tess_text_add_json, "\xED\xA0\x80",
               "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  check_escape(tess_text_add_html, "<a href=\"x\">&", /* */
               "&lt;a href=&quot;x&quot;&gt;&amp;");
  check_escape(tess_text_add_html, "", "");
  check_escape(tess_text_add_csv, "plain text", "plain text");
  check_escape(tess_text_add_csv, "a,b", "\"a,b\"");
  check_escape(tess_text_add_csv, "say \"x\"\n", "\"say \"\"x\"\"\n\"");
}

static void grows(void) {
  tess_text_t text = TESS_TEXT_INIT;
  CHECK_STRING(tess_text_get(&text), "");
  for (int i = 0; i < 1000; i++)
    tess_text_add(&text, "%03d", i);
  CHECK_EQ(text.length, 3000);
  CHECK(!strncmp(text.data + 3 * 617, "617618", 6));
  tess_text_add_n(&text, "a\0b", 3);
  CHECK_EQ(text.length, 3003);
  tess_text_free(&text);
}

static void nearest(void) {
  static const char *const names[] = {"cpu", "h200", "tpu-v3"};
  CHECK_STRING(tess_nearest("tpuv3", names, 3), "tpu-v3");
  CHECK_STRING(tess_nearest("tpu", names, 3), "tpu-v3");
  CHECK_STRING(tess_nearest("h100", names, 3), "h200");
  CHECK_STRING(tess_nearest("cqu", names, 3), "cpu");
  CHECK(!tess_nearest("nothing", names, 3));
  CHECK(!tess_nearest("xy", names, 3));
  CHECK(!tess_nearest("", names, 3));
  CHECK(!tess_nearest("cpu", names, 0));
}

int main(void) {
  escapes();
  grows();
  nearest();
  return tess_check_result();
}
