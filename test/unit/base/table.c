/* Table columns line up, also with UTF-8, and no line ends in a space. */
#include "check.h"
#include "tessera/base/text.h"

int main(void) {
  tess_table_t *table = tess_table_create("lrl");
  tess_table_cell(table, "name");
  tess_table_cell(table, "time");
  tess_table_cell(table, "note");
  tess_table_rule(table);
  tess_table_cell(table, "a");
  tess_table_cell(table, "%d", 12345);
  tess_table_cell(table, "%s", "");
  tess_table_cell(table, "\xC3\xBC"
                         "ber");
  tess_table_cell(table, "7");
  tess_table_cell(table, "last");
  tess_text_t text = TESS_TEXT_INIT;
  tess_table_print(table, 2, &text);
  CHECK_STRING(tess_text_get(&text), "  name   time  note\n"
                                     "  ----  -----  ----\n"
                                     "  a     12345\n"
                                     "  \xC3\xBC"
                                     "ber      7  last\n");
  tess_text_free(&text);
  tess_table_destroy(table);

  /* A row that is not full before a rule, and one at the end. */
  table = tess_table_create("ll");
  tess_table_cell(table, "x");
  tess_table_rule(table);
  tess_table_cell(table, "yy");
  tess_table_print(table, 0, &text);
  CHECK_STRING(tess_text_get(&text), "x\n--\nyy\n");
  tess_text_free(&text);
  tess_table_destroy(table);
  tess_table_destroy(NULL);
  return tess_check_result();
}
