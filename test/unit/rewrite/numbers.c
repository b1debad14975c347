/* A site with fewer alternatives than its rule lists means the same ones as the
 * whole list does: when applied, when combined into a table, and in what a
 * table is recalled by. */
#include "../../../lib/rewrite/apply.h"
#include "../../../lib/rewrite/build.h"
#include "../../../lib/rewrite/combine.h"
#include "../../../lib/rewrite/describe.h"
#include "space_of.h"

/* A swish: "keep", "hard-swish", "relu6", "relu". */
static const char source[] =
    "func.func @main(%x: tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xf32> {\n"
    "  %z = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "
    "tensor<1xi8>\n"
    "  %s = tosa.sigmoid %x : (tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xf32>\n"
    "  %r = tosa.mul %x, %s, %z : (tensor<1x8x8x64xf32>, "
    "tensor<1x8x8x64xf32>, tensor<1xi8>) -> tensor<1x8x8x64xf32>\n"
    "  return %r : tensor<1x8x8x64xf32>\n}\n";

enum { KEEP, HARD_SWISH, RELU6, RELU, ALL };

typedef struct fixture {
  MlirModule module;
  tess_model_t *model;
  tess_arena_t arena;
  tess_site_list_t whole;
} fixture_t;

static fixture_t open_fixture(MlirContext context) {
  fixture_t f = {.module = tess_load_text(context, source),
                 .arena = TESS_ARENA_INIT};
  CHECK_OK(tess_ir_read(tess_load_function(f.module), &f.model));
  tess_rewrite_find_sites(f.model, TESS_CLASS_RETRAIN,
                          tess_rewrites_of_stage(TESS_STAGE_SEARCH), &f.arena,
                          &f.whole);
  CHECK_EQ(f.whole.count, 1);
  CHECK_EQ(f.whole.sites[0].alternative_count, ALL);
  return f;
}

static void close_fixture(fixture_t *f) {
  tess_model_destroy(f->model);
  tess_arena_free(&f->arena);
  mlirModuleDestroy(f->module);
}

/* The list with "keep" and one other alternative. */
static tess_site_list_t shorter(fixture_t *f, int32_t other) {
  tess_site_t *site = tess_arena_alloc(&f->arena, sizeof *site);
  tess_alternative_t *two =
      tess_arena_array(&f->arena, 2, sizeof(tess_alternative_t));
  *site = f->whole.sites[0];
  two[0] = site->alternatives[KEEP];
  two[1] = site->alternatives[other];
  site->alternatives = two;
  site->alternative_count = 2;
  return (tess_site_list_t){site, 1};
}

static void add_text(MlirStringRef part, void *text) {
  tess_text_add_n(text, part.data, part.length);
}

/* ---- Applied. ---- */

/* The module after the choice, from a fixture of its own; freed by the caller.
 */
static tess_text_t applied_text(MlirContext context, int32_t other,
                                bool is_short, uint8_t choice) {
  fixture_t f = open_fixture(context);
  tess_site_list_t sites = is_short ? shorter(&f, other) : f.whole;
  tess_text_t text = TESS_TEXT_INIT;
  CHECK_OK(tess_rewrite_apply(f.model, &sites, &choice, NULL));
  mlirOperationPrint(mlirModuleGetOperation(f.module), add_text, &text);
  close_fixture(&f);
  return text;
}

static void check_applied(MlirContext context) {
  tess_text_t hard = applied_text(context, KEEP, false, HARD_SWISH);
  tess_text_t relu = applied_text(context, KEEP, false, RELU);
  tess_text_t alone = applied_text(context, RELU, true, 1);
  CHECK_STRING(tess_text_get(&alone), tess_text_get(&relu));
  CHECK(strcmp(tess_text_get(&hard), tess_text_get(&relu)) != 0);
  tess_text_free(&hard);
  tess_text_free(&relu);
  tess_text_free(&alone);
}

/* ---- Combined. ---- */

/* The costs of all choices, on a target whose memory takes no time. */
static void combine(MlirContext context, int32_t other, bool is_short,
                    tess_piece_cost_t costs[ALL]) {
  fixture_t f = open_fixture(context);
  const tess_target_t *loaded;
  CHECK_OK(tess_target_load(&f.arena, "tpu-v3", &loaded, NULL, NULL));
  tess_target_t target = *loaded;
  target.memory_bytes_per_s = 1e18;
  tess_cost_model_t *model;
  CHECK_OK(tess_cost_model_create("roofline", &target, &model));
  tess_cost_memo_t *memo = tess_cost_memo_create(model);
  tess_site_list_t sites = is_short ? shorter(&f, other) : f.whole;
  tess_build_begin(context);
  tess_apply_mark(tess_load_function(f.module), &sites);
  tess_piece_t piece = {.module = tess_load_clone(f.module)};
  const int32_t members[] = {0};
  uint8_t candidate[1] = {0};
  int32_t anchors[1], canonical[ALL];
  tess_combine_t c = {.sites = &sites,
                      .members = members,
                      .member_count = 1,
                      .fusion = &target.fusion,
                      .memo = memo,
                      .candidate = candidate,
                      .anchors = anchors,
                      .costs = costs,
                      .canonical = canonical};
  CHECK_OK(tess_piece_read(&piece));
  CHECK_OK(tess_piece_cost(&piece, &target.fusion, memo, &costs[0]));
  CHECK_OK(tess_combine_all(&c, &piece));
  tess_piece_destroy(&piece);
  tess_cost_memo_destroy(memo);
  tess_cost_model_destroy(model);
  close_fixture(&f);
}

static void check_combined(MlirContext context) {
  tess_piece_cost_t whole[ALL], alone[ALL];
  combine(context, KEEP, false, whole);
  combine(context, RELU, true, alone);
  CHECK(alone[0].latency_ns == whole[KEEP].latency_ns);
  CHECK(alone[1].latency_ns == whole[RELU].latency_ns);
  CHECK(whole[RELU].latency_ns < whole[HARD_SWISH].latency_ns);
}

/* ---- Described. ---- */

static tess_words_t words_of(tess_vocabulary_t *vocabulary, tess_body_t *body,
                             const tess_site_list_t *sites) {
  tess_words_t words = {0};
  const int32_t kernels[] = {0}, members[] = {0};
  tess_cut_t cut = tess_cut_make(body, kernels, 1);
  tess_describe(vocabulary, &cut, sites, members, 1, &words);
  tess_cut_free(&cut);
  return words;
}

static bool same_words(tess_words_t a, tess_words_t b) {
  return a.count == b.count &&
         !memcmp(a.items, b.items, a.count * sizeof *a.items);
}

static void check_described(MlirContext context) {
  fixture_t f = open_fixture(context);
  const tess_target_t *target;
  CHECK_OK(tess_target_load(&f.arena, "tpu-v3", &target, NULL, NULL));
  tess_program_t *program = tess_program_form(f.model, &target->fusion);
  CHECK_EQ(program->kernel_count, 1);
  tess_body_t *body = tess_body_create(f.model, program);
  tess_vocabulary_t *vocabulary = tess_vocabulary_create();
  const tess_site_list_t hard = shorter(&f, HARD_SWISH);
  const tess_site_list_t relu = shorter(&f, RELU);
  tess_words_t first = words_of(vocabulary, body, &hard);
  tess_words_t again = words_of(vocabulary, body, &hard);
  tess_words_t other = words_of(vocabulary, body, &relu);
  CHECK(same_words(first, again));
  CHECK(!same_words(first, other));
  free(first.items);
  free(again.items);
  free(other.items);
  tess_vocabulary_destroy(vocabulary);
  tess_body_destroy(body);
  tess_program_destroy(program);
  close_fixture(&f);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_applied(context);
  check_combined(context);
  check_described(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
