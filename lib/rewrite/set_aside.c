/* A bound without IR: the contraction that an alternative puts into the model
 * against what its group takes unchanged. */
#include "set_aside.h"
#include "piece.h"
#include "site_groups.h"
#include <math.h>

/* Fills, for every site, what its group takes; infinite where it has none, or
 * one that the target cannot run as it is. */
static void group_times(const tess_program_t *program, tess_cost_memo_t *costs,
                        const tess_site_list_t *sites, tess_arena_t *scratch,
                        double *ns) {
  const tess_site_group_t *groups;
  int32_t count = tess_site_groups(program, sites, scratch, &groups);
  for (int32_t i = 0; i < sites->count; i++)
    ns[i] = INFINITY;
  for (int32_t g = 0; g < count; g++) {
    tess_piece_cost_t cost = tess_kernels_cost(program, groups[g].kernels,
                                               groups[g].kernel_count, costs);
    for (int32_t i = 0; i < groups[g].site_count; i++)
      ns[groups[g].sites[i]] = cost.infeasible ? INFINITY : cost.latency_ns;
  }
}

static bool is_slow(const tess_alternative_t *alternative, double group_ns,
                    tess_cost_memo_t *costs) {
  return alternative->least &&
         tess_piece_on_grid(
             tess_cost_memo_get(costs, alternative->least)->latency_ns) >
             group_ns;
}

/* The site with the alternatives that are not slow. */
static tess_site_t without_slow(const tess_site_t *site, double group_ns,
                                tess_cost_memo_t *costs, tess_arena_t *arena) {
  tess_alternative_t *kept =
      tess_arena_array(arena, (size_t)site->alternative_count, sizeof *kept);
  tess_site_t result = *site;
  result.alternatives = kept;
  result.alternative_count = 0;
  for (int32_t a = 0; a < site->alternative_count; a++)
    if (!is_slow(&site->alternatives[a], group_ns, costs))
      kept[result.alternative_count++] = site->alternatives[a];
  return result;
}

static bool has_bound(const tess_site_list_t *sites) {
  for (int32_t i = 0; i < sites->count; i++)
    for (int32_t a = 0; a < sites->sites[i].alternative_count; a++)
      if (sites->sites[i].alternatives[a].least)
        return true;
  return false;
}

int32_t tess_set_aside_slow(const tess_program_t *program,
                            tess_cost_memo_t *costs, tess_arena_t *arena,
                            tess_site_list_t *sites) {
  if (!has_bound(sites))
    return 0;
  tess_arena_t scratch = TESS_ARENA_INIT;
  size_t room = (size_t)sites->count;
  double *ns = tess_arena_array(&scratch, room, sizeof *ns);
  group_times(program, costs, sites, &scratch, ns);
  tess_site_t *kept = tess_arena_array(arena, room, sizeof *kept);
  int32_t count = 0, aside = 0;
  for (int32_t i = 0; i < sites->count; i++) {
    const tess_site_t *site = &sites->sites[i];
    kept[count] = without_slow(site, ns[i], costs, arena);
    aside += site->alternative_count - kept[count].alternative_count;
    count += kept[count].alternative_count > 1;
  }
  *sites = (tess_site_list_t){kept, count};
  tess_arena_free(&scratch);
  return aside;
}
