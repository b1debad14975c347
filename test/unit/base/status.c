/* Errors carry code, message and place, and prefixes keep them. */
#include "check.h"

static tess_status_t fails(void) {
  return tess_error_at(TESS_INVALID, "a.json", 3, 7, "bad %s", "thing");
}

static tess_status_t passes_up(int *reached) {
  TESS_TRY(fails());
  *reached = 1;
  return TESS_SUCCESS;
}

static void place_is_written_as_far_as_known(void) {
  static const struct {
    const char *file;
    int line, column;
    const char *text;
  } cases[] = {{"f", 3, 7, "f:3:7: m"},
               {"f", 3, 0, "f:3: m"},
               {"f", 0, 0, "f: m"},
               {"f", 0, 5, "f: m"},
               {NULL, 3, 7, "m"}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    tess_status_t status = tess_error_at(TESS_IO, cases[i].file, cases[i].line,
                                         cases[i].column, "m");
    CHECK_STRING(tess_status_text(status), cases[i].text);
    CHECK_STRING(tess_status_message(status), "m");
    CHECK_EQ(tess_status_code(status), TESS_IO);
    tess_status_free(status);
  }
}

static void prefix_comes_before_the_message(void) {
  tess_status_t status = fails();
  CHECK_STRING(tess_status_text(status), "a.json:3:7: bad thing");
  status = tess_status_prefix(status, "loading %d", 5);
  CHECK_STRING(tess_status_text(status), "a.json:3:7: loading 5: bad thing");
  CHECK_STRING(tess_status_message(status), "loading 5: bad thing");
  CHECK_EQ(tess_status_code(status), TESS_INVALID);
  tess_status_free(status);
  CHECK_OK(tess_status_prefix(TESS_SUCCESS, "nothing"));
}

int main(void) {
  int reached = 0;
  CHECK_ERROR(passes_up(&reached), TESS_INVALID, "a.json:3:7: bad thing");
  CHECK_EQ(reached, 0);
  CHECK_STRING(tess_status_text(TESS_SUCCESS), "");
  CHECK_EQ(tess_status_code(TESS_SUCCESS), TESS_OK);
  place_is_written_as_far_as_known();
  prefix_comes_before_the_message();
  return tess_check_result();
}
