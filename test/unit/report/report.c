/* A search's report: hostile names stay text, the page is well formed and loads
 * nothing, the table and the CSV say what went in. */
#include "check.h"
#include "fixture.h"
#include <ctype.h>

static const char *const void_tags[] = {"meta", "line", "rect", "circle"};

static bool is_void(const char *name, const char *tag_end) {
  if (tag_end[-1] == '/')
    return true;
  for (size_t i = 0; i < sizeof void_tags / sizeof *void_tags; i++)
    if (!strcmp(void_tags[i], name))
      return true;
  return false;
}

/* Every opened element is closed in order; script and style hold raw text.
 * Returns the number of elements, or -1. */
static int count_elements(const char *page) {
  char open[64][16];
  int depth = 0, elements = 0;
  const char *at = strstr(page, "<html");
  while (at && (at = strchr(at, '<'))) {
    bool closing = *++at == '/';
    char name[16] = "";
    at += closing;
    for (size_t i = 0; i < 15 && isalnum((unsigned char)at[i]); i++)
      name[i] = at[i];
    const char *end = strchr(at, '>');
    if (!*name || !end)
      return -1;
    if (closing) {
      if (!depth || strcmp(open[--depth], name))
        return -1;
    } else if (!is_void(name, end)) {
      if (depth == 64)
        return -1;
      strcpy(open[depth++], name);
    }
    elements += !closing;
    if (!closing && (!strcmp(name, "script") || !strcmp(name, "style")))
      end = strstr(end, !strcmp(name, "script") ? "</script" : "</style") - 1;
    at = end;
  }
  return depth ? -1 : elements;
}

static void make_page(int32_t point_count, tess_text_t *text) {
  tess_cost_total_t total = fixture_total();
  tess_explain_input_t explain = fixture_explain(&total);
  tess_report_point_t points[3];
  fixture_points(points, &explain);
  tess_report_t report = fixture_report(points, point_count);
  tess_report_html(&report, text);
}

static void test_html(void) {
  tess_text_t text = TESS_TEXT_INIT;
  make_page(3, &text);
  const char *page = tess_text_get(&text);
  CHECK(count_elements(page) > 100);
  CHECK(!strstr(page, "<script>alert"));
  CHECK(strstr(page, "&lt;script&gt;alert(1)") != NULL);
  CHECK(strstr(page, "A toy &lt;array&gt;") != NULL);
  CHECK(strstr(page, "no exponential &amp; no division") != NULL);
  CHECK(strstr(page, "<b>1.20 times as fast</b> (point 1") != NULL);
  CHECK(strstr(page, "<b>1.68 times as fast</b> (point 2") != NULL);
  CHECK(strstr(page, "certified to be the whole Pareto set; 1 alternative set "
                     "aside: slower alone") != NULL);
  tess_text_free(&text);
}

/* Nothing in the page asks for another file. */
static void test_self_contained(void) {
  static const char *const loaders[] = {
      "http:", "https:", "src=", "href=", "url(", "@import", "fetch"};
  tess_text_t text = TESS_TEXT_INIT;
  make_page(3, &text);
  for (size_t i = 0; i < sizeof loaders / sizeof *loaders; i++)
    CHECK(!strstr(tess_text_get(&text), loaders[i]));
  tess_text_free(&text);
}

/* A front of one point: the axes have no span of their own. */
static void test_baseline_only(void) {
  tess_text_t text = TESS_TEXT_INIT;
  make_page(1, &text);
  const char *page = tess_text_get(&text);
  CHECK(count_elements(page) > 50);
  const char *picture = strstr(page, "<svg");
  CHECK(picture != NULL);
  CHECK(picture && !strstr(picture, "\"nan") && !strstr(picture, "\"-nan") &&
        !strstr(picture, "\"inf"));
  CHECK(strstr(page, "No allowed change makes it faster") != NULL);
  tess_text_free(&text);
}

static void test_csv(void) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_report_point_t points[3];
  fixture_points(points, NULL);
  tess_report_t report = fixture_report(points, 3);
  tess_report_csv(&report, &text);
  CHECK_STRING(
      tess_text_get(&text),
      "file,latency_ns,speedup,distance,class,macs,parameters,bytes,"
      "utilisation,changes,candidate\n"
      "toy.0.mlir,168291.875,1.000000,0.000000000,exact,15730688,1282320,"
      "10552736,0.000000,0,\n"
      "toy.1.mlir,140000.000,1.202085,0.000000000,exact,15730688,1282320,"
      "10552736,0.000000,1,space-to-depth.1=apply\n"
      "\"toy \"\"2\"\".mlir\",100000.000,1.682919,0.250000000,retrain,"
      "15730688,1282320,10552736,0.000000,3,"
      "activation.1=relu;activation.2=relu;space-to-depth.1=apply\n");
  tess_text_free(&text);
}

static void test_text(void) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_report_point_t points[3];
  fixture_points(points, NULL);
  tess_report_t report = fixture_report(points, 3);
  tess_report_text(&report, &text);
  const char *got = tess_text_get(&text);
  CHECK(strstr(got, "(original)") != NULL);
  CHECK(strstr(got, "2 x activation=relu, 1 x space-to-depth=apply\n") != NULL);
  CHECK(strstr(got, "1.68x") != NULL);
  CHECK(strstr(got, "activation=relu (retrain): no exponential & no division; "
                    "differs by up to 0.279\n") != NULL);
  const char *reason = strstr(got, "activation=relu (retrain)");
  CHECK(reason && !strstr(reason + 1, "activation=relu (retrain)"));
  tess_text_free(&text);
}

int main(void) {
  test_html();
  test_self_contained();
  test_baseline_only();
  test_csv();
  test_text();
  return tess_check_result();
}
