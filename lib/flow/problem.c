/* From a space to the table that search runs on: latency as the space has it,
 * distance from the quality estimate. */
#include "problem.h"
#include <math.h>

static tess_quality_model_t whole(const tess_model_t *model) {
  tess_quality_model_t sums = {.macs = model->macs};
  for (int32_t i = 0; i < model->chain_count; i++)
    if (tess_function_is_activation((tess_function_t)model->chains[i].function))
      sums.elements += model->values[model->chains[i].output].elements;
  return sums;
}

/* The distance of one combination: its choices that change something add up. */
static double distance(const tess_space_t *space,
                       const tess_space_group_t *group, int64_t combination,
                       const tess_quality_estimator_t *quality,
                       const tess_quality_model_t *model) {
  double sum = 0;
  for (int32_t i = 0; i < group->site_count; i++) {
    const tess_site_t *site = &space->sites.sites[group->sites[i]];
    const tess_alternative_t *choice =
        &site->alternatives[combination % site->alternative_count];
    combination /= site->alternative_count;
    const tess_quality_change_t change = {.elements = choice->changed_elements,
                                          .greatest_error =
                                              choice->greatest_error,
                                          .removed_macs = choice->removed_macs};
    sum += quality->distance(model, &change);
  }
  return sum;
}

/* The choices of a combination that are to be taken at par. */
static int32_t count_at_par(const tess_space_t *space,
                            const tess_space_group_t *group,
                            int64_t combination) {
  int32_t count = 0;
  for (int32_t i = 0; i < group->site_count; i++) {
    const tess_site_t *site = &space->sites.sites[group->sites[i]];
    count += site->alternatives[combination % site->alternative_count].at_par;
    combination /= site->alternative_count;
  }
  return count;
}

static tess_problem_group_t make_group(const tess_space_t *space,
                                       const tess_space_group_t *group,
                                       const tess_quality_estimator_t *quality,
                                       const tess_quality_model_t *model,
                                       tess_arena_t *arena) {
  tess_score_t *scores =
      tess_arena_array(arena, (size_t)group->combination_count, sizeof *scores);
  int32_t *at_par =
      tess_arena_array(arena, (size_t)group->combination_count, sizeof *at_par);
  for (int64_t c = 0; c < group->combination_count; c++) {
    at_par[c] = count_at_par(space, group, c);
    scores[c].latency_ns =
        group->infeasible[c] ? INFINITY : group->latency_ns[c];
    scores[c].distance =
        distance(space, group, group->canonical[c], quality, model);
  }
  return (tess_problem_group_t){.sites = group->sites,
                                .site_count = group->site_count,
                                .scores = scores,
                                .canonical = group->canonical,
                                .combination_count = group->combination_count,
                                .at_par = at_par};
}

tess_problem_t tess_flow_problem(const tess_model_t *model,
                                 const tess_space_t *space,
                                 const tess_quality_estimator_t *quality,
                                 tess_arena_t *arena) {
  size_t sites = (size_t)space->sites.count;
  size_t groups = (size_t)space->group_count;
  uint8_t *counts = tess_arena_array(arena, sites, sizeof *counts);
  for (size_t i = 0; i < sites; i++)
    counts[i] = (uint8_t)space->sites.sites[i].alternative_count;
  tess_problem_t problem = {
      .site_count = space->sites.count,
      .alternative_counts = counts,
      .groups = tess_arena_array(arena, groups, sizeof *problem.groups),
      .group_count = space->group_count,
      .base = {.latency_ns = space->fixed_latency_ns}};
  const tess_quality_model_t sums = whole(model);
  for (size_t g = 0; g < groups; g++)
    problem.groups[g] =
        make_group(space, &space->groups[g], quality, &sums, arena);
  return problem;
}
