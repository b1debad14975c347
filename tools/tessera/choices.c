/* Values of options that a table elsewhere lists, as "a|b|c". */
#include "choices.h"
#include "commands.h"
#include "tessera/base/text.h"
#include "tessera/cost/cost.h"
#include "tessera/quality/quality.h"
#include "tessera/search/search.h"
#include <stdio.h>

static const char *cost_model_name(size_t index) {
  return tess_cost_model_at(index)->name;
}

static const char *strategy_name(size_t index) {
  return tess_strategy_at(index)->name;
}

static const char *quality_name(size_t index) {
  return tess_quality_at(index)->name;
}

static const char *join(tess_arena_t *arena, size_t count,
                        const char *(*name)(size_t index)) {
  const char *joined = "";
  for (size_t i = 0; i < count; i++)
    joined = tess_arena_format(arena, "%s%s%s", joined, i ? "|" : "", name(i));
  return joined;
}

const char *cli_cost_models(tess_arena_t *arena) {
  return join(arena, tess_cost_model_count(), cost_model_name);
}

const char *cli_strategies(tess_arena_t *arena) {
  return join(arena, tess_strategy_count(), strategy_name);
}

const char *cli_qualities(tess_arena_t *arena) {
  return join(arena, tess_quality_count(), quality_name);
}

const char *cli_strategy_help(tess_arena_t *arena) {
  tess_table_t *table = tess_table_create("ll");
  tess_text_t text = TESS_TEXT_INIT;
  for (size_t i = 0; i < tess_strategy_count(); i++) {
    tess_table_cell(table, "%s", tess_strategy_at(i)->name);
    tess_table_cell(table, "%s", tess_strategy_at(i)->summary);
  }
  tess_table_print(table, 2, &text);
  tess_table_destroy(table);
  const char *help = tess_arena_string(arena, tess_text_get(&text));
  tess_text_free(&text);
  return help;
}

int cli_rewrites(const char *command, const char *text,
                 tess_rewrite_set_t usual, tess_rewrite_set_t *rewrites) {
  tess_status_t status = tess_rewrites_parse(text, usual, rewrites);
  if (!status)
    return -1;
  fprintf(stderr, "tessera: error: %s: --rewrites: %s\n", command,
          tess_status_text(status));
  tess_status_free(status);
  return CLI_USAGE;
}
