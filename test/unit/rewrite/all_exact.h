/* Applying every exact alternative, and running both through the JIT. */
#ifndef TESSERA_TEST_UNIT_REWRITE_ALL_EXACT_H
#define TESSERA_TEST_UNIT_REWRITE_ALL_EXACT_H

#include "../load.h"
#include "tessera/flow/flow.h"
#include "tessera/measure/verify.h"

static inline void verify_equal(MlirModule a, MlirModule b, const char *what) {
  const tess_verify_options_t options = {.seeds = 1, .first_seed = 1};
  tess_verify_report_t report = {0};
  CHECK_OK(tess_verify(a, b, &options, &report));
  CHECK(report.equal);
  CHECK(report.compared > 0);
  if (!report.equal)
    fprintf(stderr, "  %s: greatest error %g\n", what, report.greatest_error);
}

/* Applies every exact alternative of a set of rewrites; checks how many sites
 * there are. */
static inline void check_exact_of(MlirContext context, const char *source,
                                  tess_rewrite_set_t rewrites, int expected,
                                  const char *what) {
  MlirModule original = tess_load_text(context, source);
  if (mlirModuleIsNull(original)) {
    fprintf(stderr, "  %s does not parse\n", what);
    return;
  }
  MlirModule rewritten = tess_load_clone(original);
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(rewritten), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, rewrites, &arena, &sites);
  CHECK_EQ(sites.count, expected);
  if (sites.count != expected)
    fprintf(stderr, "  %s\n", what);
  uint8_t *candidate = tess_arena_array(&arena, (size_t)sites.count, 1);
  bool *applied =
      tess_arena_array(&arena, (size_t)sites.count, sizeof *applied);
  memset(candidate, 1, (size_t)sites.count);
  CHECK_OK(tess_rewrite_apply(model, &sites, candidate, applied));
  for (int32_t i = 0; i < sites.count; i++)
    CHECK(applied[i]);
  CHECK(mlirOperationVerify(mlirModuleGetOperation(rewritten)));
  if (sites.count)
    verify_equal(original, rewritten, what);
  tess_model_destroy(model);
  tess_arena_free(&arena);
  mlirModuleDestroy(original);
  mlirModuleDestroy(rewritten);
}

/* The set of one rewrite by its name. */
static inline tess_rewrite_set_t rewrite_named(const char *name) {
  for (size_t i = 0; i < tess_rewrite_count(); i++)
    if (!strcmp(tess_rewrite_name(i), name))
      return (tess_rewrite_set_t)1 << i;
  CHECK(!"a rewrite of this name");
  return 0;
}

/* The same for all rewrites that a search combines, but the one that does to a
 * convolution what others do in another way: it has a test of its own. */
static inline void check_all_exact(MlirContext context, const char *source,
                                   int expected, const char *what) {
  check_exact_of(context, source,
                 tess_rewrites_of_stage(TESS_STAGE_SEARCH) &
                     ~rewrite_named("im2col"),
                 expected, what);
}

#endif
