/* Candidates as text: round trips and every way to get it wrong. */
#include "../load.h"
#include "tessera/base/random.h"
#include "tessera/rewrite/rewrite.h"

static void check_round_trips(const tess_site_list_t *sites,
                              tess_arena_t *arena) {
  size_t count = (size_t)sites->count;
  uint8_t *candidate = tess_alloc(count), *back = tess_alloc(count);
  for (uint64_t seed = 0; seed < 100; seed++) {
    tess_random_t random = tess_random_make(3, seed);
    for (size_t i = 0; i < count; i++)
      candidate[i] = (uint8_t)tess_random_below(
          &random, (uint64_t)sites->sites[i].alternative_count);
    char *text = tess_rewrite_candidate_text(arena, sites, candidate);
    memset(back, 0xff, count);
    CHECK_OK(tess_rewrite_candidate_parse(sites, text, back));
    CHECK(!memcmp(candidate, back, count));
  }
  memset(candidate, 0, count);
  CHECK_STRING(tess_rewrite_candidate_text(arena, sites, candidate), "");
  free(candidate);
  free(back);
}

static void check_errors(const tess_site_list_t *sites) {
  uint8_t *candidate = tess_alloc((size_t)sites->count);
  CHECK_ERROR(
      tess_rewrite_candidate_parse(sites, "activation.999=relu", candidate),
      TESS_NOT_FOUND, "'activation.999'");
  CHECK_ERROR(
      tess_rewrite_candidate_parse(sites, "activation.0=tanh", candidate),
      TESS_NOT_FOUND, "keep, hard-swish, relu");
  CHECK_ERROR(tess_rewrite_candidate_parse(sites, "activation.0", candidate),
              TESS_INVALID, "site=alternative");
  CHECK_ERROR(
      tess_rewrite_candidate_parse(sites, "activation.0=relu;", candidate),
      TESS_INVALID, "ends with ';'");
  CHECK_ERROR(tess_rewrite_candidate_parse(
                  sites, "activation.0=relu;activation.0=keep", candidate),
              TESS_INVALID, "'activation.0' twice");
  CHECK_ERROR(tess_rewrite_candidate_parse(sites, ";;", candidate),
              TESS_INVALID, "site=alternative");
  free(candidate);
}

/* A site has the same name whatever else is allowed. */
static void check_names(const tess_model_t *model, const tess_site_list_t *all,
                        tess_arena_t *arena) {
  tess_site_list_t exact;
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, TESS_ALL_REWRITES, arena,
                          &exact);
  CHECK(exact.count > 0 && exact.count < all->count);
  for (int32_t i = 0; i < exact.count; i++) {
    bool found = false;
    for (int32_t j = 0; j < all->count; j++)
      found |= !strcmp(exact.sites[i].name, all->sites[j].name) &&
               exact.sites[i].anchor == all->sites[j].anchor;
    CHECK(found);
  }
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  MlirModule module =
      tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_LINALG, 64);
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN, TESS_ALL_REWRITES, &arena,
                          &sites);
  check_round_trips(&sites, &arena);
  check_errors(&sites);
  check_names(model, &sites, &arena);
  tess_arena_free(&arena);
  tess_model_destroy(model);
  mlirModuleDestroy(module);
  mlirContextDestroy(context);
  return tess_check_result();
}
