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

/* The time of an alternative's own contraction; 0: not said. */
static double least_of(const tess_alternative_t *alternative,
                       tess_cost_memo_t *costs) {
  return alternative->least
             ? tess_piece_on_grid(
                   tess_cost_memo_get(costs, alternative->least)->latency_ns)
             : 0;
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
    if (!(least_of(&site->alternatives[a], costs) > group_ns))
      kept[result.alternative_count++] = site->alternatives[a];
  return result;
}

/* The quickest of a site whose alternatives are all slow. */
static tess_space_aside_t make_aside(const tess_site_t *site, double group_ns,
                                     tess_cost_memo_t *costs) {
  tess_space_aside_t aside = {
      .site = site, .least_ns = INFINITY, .group_ns = group_ns};
  for (int32_t a = 1; a < site->alternative_count; a++) {
    double ns = least_of(&site->alternatives[a], costs);
    if (ns < aside.least_ns) {
      aside.least_ns = ns;
      aside.alternative = a;
    }
  }
  return aside;
}

static bool has_bound(const tess_site_list_t *sites) {
  for (int32_t i = 0; i < sites->count; i++)
    for (int32_t a = 0; a < sites->sites[i].alternative_count; a++)
      if (sites->sites[i].alternatives[a].least)
        return true;
  return false;
}

void tess_set_aside_slow(const tess_program_t *program, tess_cost_memo_t *costs,
                         tess_space_t *space) {
  const tess_site_list_t found = space->sites;
  if (!has_bound(&found))
    return;
  tess_arena_t scratch = TESS_ARENA_INIT;
  size_t room = (size_t)found.count;
  double *ns = tess_arena_array(&scratch, room, sizeof *ns);
  group_times(program, costs, &found, &scratch, ns);
  tess_site_t *kept = tess_arena_array(&space->arena, room, sizeof *kept);
  tess_space_aside_t *aside =
      tess_arena_array(&space->arena, room, sizeof *aside);
  int32_t count = 0;
  for (int32_t i = 0; i < found.count; i++) {
    const tess_site_t *site = &found.sites[i];
    kept[count] = without_slow(site, ns[i], costs, &space->arena);
    space->set_aside_count +=
        site->alternative_count - kept[count].alternative_count;
    if (kept[count].alternative_count > 1)
      count++;
    else
      aside[space->aside_count++] = make_aside(site, ns[i], costs);
  }
  space->sites = (tess_site_list_t){kept, count};
  space->aside = aside;
  tess_arena_free(&scratch);
}
