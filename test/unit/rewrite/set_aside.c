/* What is set aside before anything is applied, against the table with every
 * alternative: no combination with it, unless the choice is void there, is as
 * fast as its group unchanged. And every contraction that a rule says it puts
 * into the model bounds what the group then takes. */
#include "space_of.h"
#include "tessera/cost/cost.h"

/* Whether the list still has the alternative of a site of the whole list. */
static bool has(const tess_site_list_t *list, const tess_site_t *site,
                const tess_alternative_t *alternative) {
  for (int32_t i = 0; i < list->count; i++)
    for (int32_t a = 0; a < list->sites[i].alternative_count; a++)
      if (!strcmp(list->sites[i].name, site->name) &&
          list->sites[i].alternatives[a].number == alternative->number)
        return true;
  return false;
}

typedef struct check {
  const tess_space_t *whole, *rest;
  const tess_cost_model_t *costs;
  int32_t slow, bounds; /* combinations that were checked */
} check_t;

static void check_choice(check_t *check, const tess_space_group_t *group,
                         int64_t combination, const tess_site_t *site,
                         const tess_alternative_t *alternative) {
  if (!alternative->least)
    return;
  const tess_cost_query_t query = {alternative->least, NULL};
  tess_cost_t cost;
  check->costs->vtable->estimate(check->costs, 1, &query, &cost);
  /* The table's times are multiples of 2^-20 ns. */
  CHECK(group->latency_ns[combination] >= cost.latency_ns - 0x1p-21);
  check->bounds++;
  if (has(&check->rest->sites, site, alternative))
    return;
  CHECK(group->latency_ns[combination] > group->latency_ns[0]);
  CHECK_EQ(group->infeasible[0], 0);
  check->slow++;
}

static void check_group(check_t *check, const tess_space_group_t *group) {
  const tess_site_t *sites = check->whole->sites.sites;
  for (int64_t c = 1; c < group->combination_count; c++) {
    int64_t digits = c;
    for (int32_t i = 0; i < group->site_count && group->canonical[c] == c;
         i++) {
      const tess_site_t *site = &sites[group->sites[i]];
      check_choice(check, group, c, site,
                   &site->alternatives[digits % site->alternative_count]);
      digits /= site->alternative_count;
    }
  }
}

/* Returns how many alternatives were set aside. */
static int32_t check_space(MlirModule module, const tess_target_t *target) {
  tess_space_t *whole =
      space_with(module, target, TESS_CLASS_RETRAIN, searched(), NULL, true);
  tess_space_t *rest =
      space_with(module, target, TESS_CLASS_RETRAIN, searched(), NULL, false);
  tess_cost_model_t *costs;
  CHECK_OK(tess_cost_model_create("roofline", target, &costs));
  check_t check = {whole, rest, costs, 0, 0};
  for (int32_t g = 0; g < whole->group_count; g++)
    check_group(&check, &whole->groups[g]);
  int32_t alternatives = 0;
  for (int32_t i = 0; i < whole->sites.count; i++)
    for (int32_t a = 1; a < whole->sites.sites[i].alternative_count; a++)
      alternatives += !has(&rest->sites, &whole->sites.sites[i],
                           &whole->sites.sites[i].alternatives[a]);
  CHECK_EQ(alternatives, rest->set_aside_count);
  CHECK_EQ(whole->set_aside_count, 0);
  CHECK_EQ(whole->found_count, rest->found_count);
  CHECK(check.bounds > 0);
  CHECK(check.slow >= alternatives);
  tess_cost_model_destroy(costs);
  tess_space_destroy(whole);
  tess_space_destroy(rest);
  return alternatives;
}

/* On every target; where next to nothing fits the memory, nothing that is
 * there is known to run, and nothing is set aside. */
static void check_targets(MlirModule module) {
  tess_arena_t arena = TESS_ARENA_INIT;
  int32_t aside = 0;
  for (size_t i = 0; i < tess_target_count(); i++) {
    const tess_target_t *target;
    CHECK_OK(
        tess_target_load(&arena, tess_target_name(i), &target, NULL, NULL));
    aside += check_space(module, target);
    tess_target_t tiny = *target;
    tiny.memory_bytes = 1;
    CHECK_EQ(check_space(module, &tiny), 0);
  }
  CHECK(aside > 0);
  tess_arena_free(&arena);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_targets(tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_TOSA, 224));
  check_targets(tess_load_zoo(context, "mobilenet-v2", TESS_ZOO_LINALG, 224));
  mlirContextDestroy(context);
  return tess_check_result();
}
