/* Ranks against their definition: a member's rank is one more than the worst
 * rank among those that dominate it, equal earlier ones included. */
#include "../../../lib/search/ranking.h"
#include "check.h"
#include "toy.h"

#define MEMBERS 120

static bool beats(const tess_ranked_t *a, const tess_ranked_t *b) {
  if (!toy_covers(a->score, b->score))
    return false;
  return !toy_covers(b->score, a->score) || a->index < b->index;
}

/* Peels front after front: those that nobody left beats. */
static void peel(const tess_ranked_t *members, int32_t *ranks) {
  int32_t rank = 0;
  for (size_t i = 0; i < MEMBERS; i++)
    ranks[i] = isfinite(members[i].score.latency_ns) ? -1 : INT32_MAX;
  for (bool left = true; left; rank++) {
    left = false;
    for (size_t i = 0; i < MEMBERS; i++) {
      bool beaten = ranks[i] >= 0;
      for (size_t j = 0; j < MEMBERS && !beaten; j++)
        beaten = (ranks[j] < 0 || ranks[j] == rank) && j != i &&
                 beats(&members[j], &members[i]);
      if (!beaten) {
        ranks[i] = rank;
        left = true;
      }
    }
  }
}

static void test_ranks(uint64_t seed) {
  tess_random_t random = tess_random_make(seed, 3);
  tess_ranked_t members[MEMBERS];
  int32_t ranks[MEMBERS];
  for (size_t i = 0; i < MEMBERS; i++) {
    double latency_ns = (double)tess_random_below(&random, 12);
    members[i] = (tess_ranked_t){.index = i};
    members[i].score.latency_ns =
        tess_random_below(&random, 10) ? latency_ns : INFINITY;
    members[i].score.distance = (double)tess_random_below(&random, 12);
  }
  peel(members, ranks);
  tess_ranking_sort(members, MEMBERS);
  for (size_t i = 0; i < MEMBERS; i++) {
    CHECK_EQ(members[i].rank, ranks[members[i].index]);
    if (i == 0)
      continue;
    CHECK(members[i - 1].rank <= members[i].rank);
    if (members[i - 1].rank == members[i].rank)
      CHECK(members[i - 1].crowding >= members[i].crowding);
  }
}

/* Four points on a line from (0, 8) to (8, 0): the ends are kept first, then
 * the one with more room around it. */
static void test_crowding(void) {
  tess_ranked_t members[] = {{.score = {0, 8}, .index = 0},
                             {.score = {1, 7}, .index = 1},
                             {.score = {4, 4}, .index = 2},
                             {.score = {8, 0}, .index = 3}};
  tess_ranking_sort(members, 4);
  CHECK_EQ(members[0].index, 0);
  CHECK_EQ(members[1].index, 3);
  CHECK_EQ(members[2].index, 2);
  CHECK_NEAR(members[2].crowding, 7.0 / 8 + 7.0 / 8, 1e-15);
  CHECK_NEAR(members[3].crowding, 4.0 / 8 + 4.0 / 8, 1e-15);
}

int main(void) {
  for (uint64_t seed = 0; seed < 20; seed++)
    test_ranks(seed);
  test_crowding();
  return tess_check_result();
}
