/* The table of rewrites as data, and sets of its rows. */
#include "rule.h"
#include "tessera/base/text.h"
#include <string.h>

typedef struct row {
  const char *name, *summary;
  tess_family_t family;
  tess_stage_t stage;
  const tess_rule_t *rule;
} row_t;

static const row_t rows[] = {
#define TESS_REWRITE(id, name, family, stage, summary)                         \
  {name, summary, TESS_FAMILY_##family, TESS_STAGE_##stage, &tess_rule_##id},
#include "rewrite.def"
#undef TESS_REWRITE
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };
_Static_assert(ROW_COUNT <= 64, "tess_rewrite_set_t has a bit for each row");

size_t tess_rewrite_count(void) { return ROW_COUNT; }

const char *tess_rewrite_name(size_t index) { return rows[index].name; }

const char *tess_rewrite_summary(size_t index) { return rows[index].summary; }

tess_family_t tess_rewrite_family(size_t index) { return rows[index].family; }

tess_stage_t tess_rewrite_stage(size_t index) { return rows[index].stage; }

const tess_rule_t *tess_rule_at(int32_t rewrite) { return rows[rewrite].rule; }

static const char *const stage_names[] = {"clean", "layout", "asked", "search",
                                          "lower"};

const char *tess_stage_name(tess_stage_t stage) { return stage_names[stage]; }

/* ---- Sets. ---- */

tess_rewrite_set_t tess_rewrites_of_family(tess_family_t family) {
  tess_rewrite_set_t set = 0;
  for (size_t i = 0; i < ROW_COUNT; i++)
    set |= (tess_rewrite_set_t)(rows[i].family == family) << i;
  return set;
}

tess_rewrite_set_t tess_rewrites_of_stage(tess_stage_t stage) {
  tess_rewrite_set_t set = 0;
  for (size_t i = 0; i < ROW_COUNT; i++)
    set |= (tess_rewrite_set_t)(rows[i].stage == stage) << i;
  return set;
}

static bool equals(const char *name, const char *text, size_t length) {
  return strlen(name) == length && !memcmp(name, text, length);
}

/* What one name stands for; 0: nothing of this name. */
static tess_rewrite_set_t named(const char *text, size_t length,
                                tess_rewrite_set_t usual) {
  if (equals("all", text, length))
    return usual;
  for (int f = 0; f < TESS_FAMILY_COUNT; f++)
    if (equals(tess_family_name((tess_family_t)f), text, length))
      return tess_rewrites_of_family((tess_family_t)f) & usual;
  for (size_t i = 0; i < ROW_COUNT; i++)
    if (equals(rows[i].name, text, length))
      return (tess_rewrite_set_t)1 << i;
  return 0;
}

static tess_status_t unknown(const char *text, size_t length) {
  tess_text_t known = TESS_TEXT_INIT;
  tess_text_add(&known, "all");
  for (int f = 0; f < TESS_FAMILY_COUNT; f++)
    tess_text_add(&known, ", %s", tess_family_name((tess_family_t)f));
  for (size_t i = 0; i < ROW_COUNT; i++)
    tess_text_add(&known, ", %s", rows[i].name);
  tess_status_t status =
      tess_error(TESS_NOT_FOUND, "no rewrite '%.*s'; there are %s", (int)length,
                 text, tess_text_get(&known));
  tess_text_free(&known);
  return status;
}

tess_status_t tess_rewrites_parse(const char *text, tess_rewrite_set_t usual,
                                  tess_rewrite_set_t *rewrites) {
  *rewrites = 0;
  for (bool more = true; more;) {
    size_t length = strcspn(text, ",");
    tess_rewrite_set_t set = named(text, length, usual);
    if (!set)
      return unknown(text, length);
    *rewrites |= set;
    more = text[length] == ',';
    text += length + more;
  }
  return TESS_SUCCESS;
}
