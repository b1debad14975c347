/* The archive against comparing everybody with everybody, and its independence
 * of the order of adding. */
#include "check.h"
#include "toy.h"

#define MEMBERS 400

typedef struct point {
  uint8_t candidate[2];
  tess_score_t score;
} point_t;

/* Few distinct numbers give ties, many give long fronts; the candidate is the
 * point's number, so that all differ. */
static void fill(point_t *points, uint64_t seed) {
  tess_random_t random = tess_random_make(seed, 1);
  const uint64_t ranges[] = {20, 60, 100000};
  uint64_t values = ranges[seed % 3];
  for (size_t i = 0; i < MEMBERS; i++) {
    uint64_t latency = tess_random_below(&random, values);
    uint64_t noise = tess_random_below(&random, values);
    points[i].candidate[0] = (uint8_t)(i / 256);
    points[i].candidate[1] = (uint8_t)(i % 256);
    points[i].score =
        (tess_score_t){(double)latency, (double)(values - latency + noise)};
  }
}

static void shuffle(point_t *points, uint64_t seed) {
  tess_random_t random = tess_random_make(seed, 2);
  for (size_t i = MEMBERS - 1; i > 0; i--) {
    size_t other = tess_random_below(&random, i + 1);
    point_t swapped = points[i];
    points[i] = points[other];
    points[other] = swapped;
  }
}

/* In the archive exactly if nobody dominates it, nor ties with it and is
 * smaller. */
static bool belongs(const point_t *points, size_t index) {
  for (size_t i = 0; i < MEMBERS; i++) {
    if (i == index || !toy_covers(points[i].score, points[index].score))
      continue;
    bool tie = toy_covers(points[index].score, points[i].score);
    if (!tie || memcmp(points[i].candidate, points[index].candidate, 2) < 0)
      return false;
  }
  return true;
}

static bool contains(const tess_archive_t *archive, const point_t *point) {
  for (size_t i = 0; i < tess_archive_count(archive); i++) {
    tess_score_t score = tess_archive_score(archive, i);
    if (!memcmp(tess_archive_candidate(archive, i), point->candidate, 2))
      return score.latency_ns == point->score.latency_ns &&
             score.distance == point->score.distance;
  }
  return false;
}

static void check_order(const tess_archive_t *archive) {
  for (size_t i = 1; i < tess_archive_count(archive); i++) {
    tess_score_t before = tess_archive_score(archive, i - 1);
    tess_score_t score = tess_archive_score(archive, i);
    CHECK(before.latency_ns < score.latency_ns &&
          before.distance > score.distance);
  }
}

static void test_against_all_pairs(uint64_t seed) {
  point_t points[MEMBERS];
  fill(points, seed);
  for (uint64_t order = 0; order < 4; order++) {
    tess_archive_t *archive = tess_archive_create(2);
    shuffle(points, order);
    size_t expected = 0;
    for (size_t i = 0; i < MEMBERS; i++) {
      bool added =
          tess_archive_add(archive, points[i].candidate, points[i].score);
      CHECK(added == contains(archive, &points[i]));
    }
    for (size_t i = 0; i < MEMBERS; i++) {
      bool in = belongs(points, i);
      expected += in;
      CHECK(contains(archive, &points[i]) == in);
    }
    CHECK_EQ(tess_archive_count(archive), expected);
    check_order(archive);
    tess_archive_destroy(archive);
  }
}

static void test_edges(void) {
  const uint8_t a[] = {1}, b[] = {0};
  tess_archive_t *archive = tess_archive_create(1);
  CHECK(!tess_archive_add(archive, a, (tess_score_t){INFINITY, 0}));
  CHECK(!tess_archive_add(archive, a, (tess_score_t){NAN, 0}));
  CHECK(!tess_archive_add(archive, a, (tess_score_t){0, NAN}));
  CHECK_EQ(tess_archive_count(archive), 0);
  CHECK(tess_archive_add(archive, a, (tess_score_t){1, 0.0}));
  CHECK(tess_archive_add(archive, a, (tess_score_t){1, 0.0}));
  CHECK(tess_archive_add(archive, b, (tess_score_t){1, -0.0}));
  CHECK(!tess_archive_add(archive, a, (tess_score_t){1, 0.0}));
  CHECK_EQ(tess_archive_count(archive), 1);
  CHECK_EQ(tess_archive_candidate(archive, 0)[0], 0);
  tess_archive_destroy(archive);

  archive = tess_archive_create(0);
  CHECK(tess_archive_add(archive, NULL, (tess_score_t){1, 1}));
  CHECK(tess_archive_add(archive, NULL, (tess_score_t){1, 1}));
  CHECK(tess_archive_add(archive, NULL, (tess_score_t){0, 2}));
  CHECK_EQ(tess_archive_count(archive), 2);
  tess_archive_destroy(archive);
}

int main(void) {
  for (uint64_t seed = 0; seed < 12; seed++)
    test_against_all_pairs(seed);
  test_edges();
  return tess_check_result();
}
