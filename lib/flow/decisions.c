/* Why a candidate has what it has at each site, with the numbers of the
 * space's tables. */
#include "tessera/flow/optimize.h"
#include "tessera/ir/reader.h"
#include <math.h>
#include <string.h>

static double time_of(const tess_space_group_t *group, int64_t combination) {
  return group->infeasible[combination] ? INFINITY
                                        : group->latency_ns[combination];
}

/* Where an op is. */
static tess_decision_t locate(const void *op, tess_arena_t *arena) {
  MlirLocation location =
      mlirOperationGetLocation((MlirOperation){(void *)(uintptr_t)op});
  return (tess_decision_t){.location = tess_ir_location(arena, location),
                           .location_ptr = location.ptr,
                           .layer = tess_ir_layer(arena, location)};
}

static tess_decision_t describe(const tess_flow_result_t *result,
                                const tess_site_t *site, tess_arena_t *arena) {
  const tess_analysis_t *baseline = &result->baseline;
  tess_decision_t decision = locate(site->anchor, arena);
  decision.site = tess_arena_string(arena, site->name);
  int32_t kernel = baseline->program->kernel_of_node[site->node];
  if (kernel != TESS_NONE) {
    decision.has_bound = true;
    decision.bound = baseline->costs[kernel].bound;
  }
  return decision;
}

static void choose(const tess_site_t *site, int32_t alternative,
                   tess_decision_t *decision, tess_arena_t *arena) {
  const tess_alternative_t *chosen = &site->alternatives[alternative];
  decision->alternative = tess_arena_string(arena, chosen->name);
  decision->why = tess_arena_string(arena, chosen->why);
  decision->rewrite_class = chosen->rewrite_class;
}

/* Fills the times of site `i` of the group; `step` is what one digit of the
 * site is worth. */
static void weigh(const tess_space_t *space, const tess_space_group_t *group,
                  int32_t i, int64_t step, int64_t combination,
                  const uint8_t *candidate, tess_decision_t *decision,
                  tess_arena_t *arena) {
  const tess_site_t *site = &space->sites.sites[group->sites[i]];
  int32_t chosen = candidate[group->sites[i]], best = chosen;
  int64_t kept = combination - chosen * step;
  double least = INFINITY;
  for (int32_t a = 1; a < site->alternative_count && !chosen; a++)
    if (best == 0 || time_of(group, kept + a * step) < least) {
      best = a;
      least = time_of(group, kept + a * step);
    }
  decision->taken = chosen != 0;
  decision->kept_ns = time_of(group, kept);
  decision->changed_ns = time_of(group, kept + best * step);
  choose(site, best, decision, arena);
}

static void weigh_group(const tess_space_t *space,
                        const tess_space_group_t *group,
                        const uint8_t *candidate, tess_decision_t *decisions,
                        tess_arena_t *arena) {
  int64_t combination = tess_space_combination(space, group, candidate),
          step = 1;
  for (int32_t i = 0; i < group->site_count; i++) {
    weigh(space, group, i, step, combination, candidate,
          &decisions[group->sites[i]], arena);
    step *= space->sites.sites[group->sites[i]].alternative_count;
  }
}

static void weigh_sites(const tess_flow_result_t *result,
                        const uint8_t *candidate, tess_decision_t *decisions,
                        tess_arena_t *arena) {
  const tess_space_t *space = result->space;
  for (int32_t i = 0; i < space->sites.count; i++) {
    decisions[i] = describe(result, &space->sites.sites[i], arena);
    /* A site in no kernel is in no group: it is kept, and costs nothing. */
    choose(&space->sites.sites[i], 1, &decisions[i], arena);
  }
  for (int32_t g = 0; g < space->group_count; g++)
    weigh_group(space, &space->groups[g], candidate, decisions, arena);
}

static tess_decision_t set_aside(const tess_flow_result_t *result,
                                 const tess_space_aside_t *aside,
                                 tess_arena_t *arena) {
  tess_decision_t decision = describe(result, aside->site, arena);
  choose(aside->site, aside->alternative, &decision, arena);
  decision.kept_ns = aside->group_ns;
  decision.changed_ns = aside->least_ns;
  decision.least = true;
  return decision;
}

static tess_decision_t left_alone(const tess_obstacle_t *obstacle,
                                  tess_arena_t *arena) {
  tess_decision_t decision = locate(obstacle->op, arena);
  decision.site = tess_rewrite_name((size_t)obstacle->rewrite);
  decision.obstacle = obstacle->why;
  return decision;
}

tess_decision_list_t tess_flow_decisions(const tess_flow_result_t *result,
                                         tess_rewrite_set_t rewrites,
                                         const uint8_t *candidate,
                                         tess_arena_t *arena) {
  const tess_space_t *space = result->space;
  const tess_obstacle_t *obstacles;
  int32_t sites = space->sites.count, aside = space->aside_count;
  int32_t obstacle_count = tess_rewrite_find_obstacles(
      result->baseline.model, rewrites, &space->sites, arena, &obstacles);
  tess_decision_list_t list = {.count = sites + aside + obstacle_count};
  tess_decision_t *decisions =
      tess_arena_array(arena, (size_t)list.count, sizeof *decisions);
  list.items = decisions;
  weigh_sites(result, candidate, decisions, arena);
  for (int32_t i = 0; i < aside; i++)
    decisions[sites + i] = set_aside(result, &space->aside[i], arena);
  for (int32_t i = 0; i < obstacle_count; i++)
    decisions[sites + aside + i] = left_alone(&obstacles[i], arena);
  for (int32_t i = 0; i < sites; i++)
    list.taken_count += decisions[i].taken;
  return list;
}

double tess_flow_fastest(const tess_flow_result_t *result, double distance,
                         uint8_t *candidate) {
  const tess_archive_t *archive = result->search.archive;
  size_t sites = (size_t)result->space->sites.count;
  /* The first point is the original, as the table has it. */
  double latency_ns = result->points[0].score.latency_ns;
  memset(candidate, 0, sites);
  for (size_t i = 0; i < tess_archive_count(archive); i++) {
    tess_score_t score = tess_archive_score(archive, i);
    if (score.distance > distance)
      continue;
    /* By rising latency: the first that is near enough is the fastest. */
    if (score.latency_ns <= latency_ns) {
      memcpy(candidate, tess_archive_candidate(archive, i), sites);
      latency_ns = score.latency_ns;
    }
    break;
  }
  return latency_ns;
}
