/* What every registered strategy must keep to, whatever it is. */
#include "check.h"
#include "toy.h"

#define BUDGET 3000

typedef struct answers {
  uint8_t *candidates; /* BUDGET of them */
  size_t count;
} answers_t;

static bool in_range(const tess_problem_t *problem, const uint8_t *candidate) {
  for (int32_t s = 0; s < problem->site_count; s++)
    if (candidate[s] >= problem->alternative_counts[s])
      return false;
  return true;
}

/* Asks in uneven steps until the strategy or the budget ends; bytes after what
 * was asked for must stay untouched. */
static answers_t drive(const tess_strategy_vtable_t *vtable,
                       const tess_problem_t *problem, tess_arena_t *arena,
                       uint64_t seed) {
  size_t sites = (size_t)problem->site_count, step = 1;
  answers_t answers = {tess_arena_array(arena, BUDGET + 1, sites), 0};
  tess_strategy_t *strategy = NULL;
  CHECK_OK(vtable->create(problem, seed, &strategy));
  CHECK(strategy->vtable == vtable && strategy->problem == problem);
  while (answers.count < BUDGET) {
    size_t room = BUDGET - answers.count < step ? BUDGET - answers.count : step;
    uint8_t *to = answers.candidates + answers.count * sites;
    memset(to + room * sites, 0xAB, sites);
    size_t got = vtable->ask(strategy, room, to);
    CHECK(got <= room);
    for (size_t i = 0; i < sites; i++)
      CHECK(to[room * sites + i] == 0xAB);
    if (got == 0)
      break;
    tess_score_t *scores = tess_arena_array(arena, got, sizeof(*scores));
    for (size_t i = 0; i < got; i++) {
      CHECK(in_range(problem, to + i * sites));
      tess_problem_canonicalise(problem, to + i * sites);
      scores[i] = tess_problem_score(problem, to + i * sites);
    }
    vtable->tell(strategy, got, to, scores);
    answers.count += got;
    step = step % 97 + 13;
  }
  double epsilon = -1.0;
  if (vtable->certificate(strategy, &epsilon))
    CHECK(epsilon >= 0.0);
  vtable->destroy(strategy);
  return answers;
}

static void test_asks(const tess_strategy_vtable_t *vtable, uint64_t seed) {
  const toy_t toy = {6, 3, 4, seed % 2, true, true, 0};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, seed);
  answers_t first = drive(vtable, problem, &arena, 1);
  answers_t again = drive(vtable, problem, &arena, 1);
  CHECK(first.count > 0);
  CHECK_EQ(first.count, again.count);
  CHECK(!memcmp(first.candidates, again.candidates,
                first.count * (size_t)problem->site_count));
  if (!vtable->exhaustive)
    CHECK_EQ(first.count, BUDGET);
  tess_arena_free(&arena);
}

/* The driver ends within the budget and finds nothing beyond the true front. */
static void test_search(const tess_strategy_vtable_t *vtable, uint64_t seed) {
  const toy_t toy = {4, 2, 3, seed % 2, true, true, 0};
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_problem_t *problem = toy_problem(&toy, &arena, seed);
  toy_front_t front = toy_true_front(problem);
  tess_search_options_t options = {
      .strategy = vtable->name, .seed = seed, .budget = 777, .jobs = 1};
  tess_search_result_t result;
  CHECK_OK(tess_search_run(problem, &options, &result));
  CHECK(result.evaluated > 0 && result.seconds >= 0.0);
  if (!vtable->exhaustive)
    CHECK_EQ(result.evaluated, 777);
  if (result.certified && result.epsilon == 0.0)
    CHECK(toy_same_front(&front, result.archive));
  uint8_t *canonical = tess_arena_alloc(&arena, (size_t)problem->site_count);
  for (size_t i = 0; i < tess_archive_count(result.archive); i++) {
    const uint8_t *member = tess_archive_candidate(result.archive, i);
    memcpy(canonical, member, (size_t)problem->site_count);
    tess_problem_canonicalise(problem, canonical);
    CHECK(!memcmp(canonical, member, (size_t)problem->site_count));
    bool covered = false;
    for (size_t j = 0; j < front.count && !covered; j++)
      covered =
          toy_covers(front.scores[j], tess_archive_score(result.archive, i));
    CHECK(covered);
  }
  tess_archive_destroy(result.archive);
  free(front.scores);
  tess_arena_free(&arena);
}

/* A problem without a choice is a problem too. */
static void test_no_choice(const tess_strategy_vtable_t *vtable) {
  const tess_problem_t problem = {.base = {7, 0}};
  tess_search_options_t options = {
      .strategy = vtable->name, .budget = 10, .jobs = 1};
  tess_search_result_t result;
  CHECK_OK(tess_search_run(&problem, &options, &result));
  CHECK_EQ(tess_archive_count(result.archive), 1);
  tess_archive_destroy(result.archive);
}

int main(void) {
  CHECK(tess_strategy_count() >= 3);
  CHECK(tess_strategy_at(tess_strategy_count()) == NULL);
  CHECK(tess_strategy_find("no such strategy") == NULL);
  for (size_t i = 0; i < tess_strategy_count(); i++) {
    const tess_strategy_vtable_t *vtable = tess_strategy_at(i);
    CHECK(tess_strategy_find(vtable->name) == vtable);
    CHECK(strlen(vtable->summary) > 0);
    for (uint64_t seed = 0; seed < 8; seed++)
      test_asks(vtable, seed);
    for (uint64_t seed = 0; seed < 60; seed++)
      test_search(vtable, seed);
    test_no_choice(vtable);
  }
  return tess_check_result();
}
