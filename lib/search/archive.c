/* The Pareto archive: members sorted by latency, so that one binary search
 * finds who dominates and who is dominated. Entries are small and point into
 * a pool of candidates, so that insertion moves little memory. */
#include "tessera/base/arena.h"
#include "tessera/search/search.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  tess_score_t score;
  size_t slot; /* of the candidate in the pool */
} entry_t;

struct tess_archive {
  size_t site_count;
  entry_t *entries; /* rising latency, falling distance, both strictly */
  size_t count, capacity;
  uint8_t *pool;
  size_t pool_count, pool_capacity;
  size_t *free_slots;
  size_t free_count, free_capacity;
};

tess_archive_t *tess_archive_create(int32_t site_count) {
  tess_archive_t *archive = tess_alloc(sizeof(*archive));
  archive->site_count = (size_t)site_count;
  return archive;
}

static uint8_t *slot_at(const tess_archive_t *archive, size_t slot) {
  return archive->pool + slot * archive->site_count;
}

static size_t slot_take(tess_archive_t *archive) {
  if (archive->free_count)
    return archive->free_slots[--archive->free_count];
  /* One byte more, so that a problem without sites has a pool too. */
  archive->pool = tess_grow(archive->pool, archive->pool_count + 1,
                            &archive->pool_capacity, archive->site_count + 1);
  return archive->pool_count++;
}

static void slot_release(tess_archive_t *archive, size_t slot) {
  archive->free_slots =
      tess_grow(archive->free_slots, archive->free_count + 1,
                &archive->free_capacity, sizeof(*archive->free_slots));
  archive->free_slots[archive->free_count++] = slot;
}

/* The first member whose latency is not below `latency_ns`. */
static size_t lower_bound(const tess_archive_t *archive, double latency_ns) {
  size_t low = 0, high = archive->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (archive->entries[middle].score.latency_ns < latency_ns)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Keeps the lexicographically smaller of two candidates with one score. */
static bool settle_tie(tess_archive_t *archive, size_t index,
                       const uint8_t *candidate) {
  uint8_t *member = slot_at(archive, archive->entries[index].slot);
  int order =
      archive->site_count ? memcmp(candidate, member, archive->site_count) : 0;
  if (order < 0)
    memcpy(member, candidate, archive->site_count);
  return order <= 0;
}

/* Puts a member in place of entries [at, end), which it dominates. */
static void replace(tess_archive_t *archive, size_t at, size_t end,
                    const uint8_t *candidate, tess_score_t score) {
  for (size_t i = at; i < end; i++)
    slot_release(archive, archive->entries[i].slot);
  archive->entries = tess_grow(archive->entries, archive->count + 1,
                               &archive->capacity, sizeof(entry_t));
  memmove(archive->entries + at + 1, archive->entries + end,
          (archive->count - end) * sizeof(entry_t));
  archive->count = archive->count + 1 - (end - at);
  archive->entries[at] = (entry_t){score, slot_take(archive)};
  if (archive->site_count)
    memcpy(slot_at(archive, archive->entries[at].slot), candidate,
           archive->site_count);
}

bool tess_archive_add(tess_archive_t *archive, const uint8_t *candidate,
                      tess_score_t score) {
  if (!isfinite(score.latency_ns) || !isfinite(score.distance))
    return false;
  score.latency_ns += 0.0; /* -0 and 0 are one score */
  score.distance += 0.0;
  const entry_t *entries = archive->entries;
  size_t at = lower_bound(archive, score.latency_ns);
  if (at < archive->count && entries[at].score.latency_ns == score.latency_ns &&
      entries[at].score.distance == score.distance)
    return settle_tie(archive, at, candidate);
  if (at > 0 && entries[at - 1].score.distance <= score.distance)
    return false;
  if (at < archive->count && entries[at].score.latency_ns == score.latency_ns &&
      entries[at].score.distance < score.distance)
    return false;
  size_t end = at;
  while (end < archive->count && entries[end].score.distance >= score.distance)
    end++;
  replace(archive, at, end, candidate, score);
  return true;
}

size_t tess_archive_count(const tess_archive_t *archive) {
  return archive->count;
}

const uint8_t *tess_archive_candidate(const tess_archive_t *archive,
                                      size_t index) {
  return slot_at(archive, archive->entries[index].slot);
}

tess_score_t tess_archive_score(const tess_archive_t *archive, size_t index) {
  return archive->entries[index].score;
}

void tess_archive_destroy(tess_archive_t *archive) {
  if (!archive)
    return;
  free(archive->entries);
  free(archive->pool);
  free(archive->free_slots);
  free(archive);
}
