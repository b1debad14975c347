/* The passes as one table, assembled from passes.def. */
#include "passes.h"
#include "shell.h"

static const char *const anchors[] = {"builtin.module", "func.func", NULL};

static const tess_pass_statistic_t statistics[] = {
    {"kernels-read", "Kernels formed from the functions read"},
    {"sites-found", "Sites where an allowed rewrite may act"},
    {"rewrites-applied", "Sites that were rewritten"},
    {"unknown-ops", "Ops left alone because nothing is known about them"},
    {NULL, NULL},
};

#define TESS_PASS(id, argument, summary, needs, keeps, breaks)                 \
  extern const tess_pass_option_t tess_options_##id[];                         \
  void tess_execute_##id(tess_pass_run_t *run, MlirOperation operation);
#include "passes.def"
#undef TESS_PASS

static const tess_pass_row_t rows[] = {
#define TESS_PASS(id, argument, summary, needs, keeps, breaks)                 \
  {{argument, summary, anchors, tess_options_##id, statistics,                 \
    tess_shell_dialects, tess_execute_##id},                                   \
   needs,                                                                      \
   keeps,                                                                      \
   breaks},
#include "passes.def"
#undef TESS_PASS
};

size_t tess_pass_row_count(void) { return sizeof(rows) / sizeof(rows[0]); }

const tess_pass_row_t *tess_pass_row_at(size_t index) { return &rows[index]; }

void tess_passes_register(void) {
  for (size_t i = 0; i < tess_pass_row_count(); ++i)
    tess_pass_register(&rows[i].pass);
}
