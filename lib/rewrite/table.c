/* The table of rewrites as data. */
#include "rule.h"

typedef struct row {
  const char *name, *summary;
  tess_family_t family;
  const tess_rule_t *rule;
} row_t;

static const row_t rows[] = {
#define TESS_REWRITE(id, name, family, summary)                                \
  {name, summary, TESS_FAMILY_##family, &tess_rule_##id},
#include "rewrite.def"
#undef TESS_REWRITE
};

size_t tess_rewrite_count(void) { return sizeof rows / sizeof rows[0]; }

const char *tess_rewrite_name(size_t index) { return rows[index].name; }

const char *tess_rewrite_summary(size_t index) { return rows[index].summary; }

tess_family_t tess_rewrite_family(size_t index) { return rows[index].family; }

const tess_rule_t *tess_rule_at(int32_t rewrite) { return rows[rewrite].rule; }
