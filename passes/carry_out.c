/* Applies a decision to a function, and says at each site what was done. */
#include "carry_out.h"
#include "rewriting.h"
#include <math.h>
#include <string.h>

int32_t tess_plan_changes(const tess_site_list_t *sites,
                          const uint8_t *candidate) {
  int32_t count = 0;
  for (int32_t i = 0; i < sites->count; ++i)
    count += candidate[i] != 0;
  return count;
}

static MlirOperation anchor_of(const tess_site_t *site) {
  return (MlirOperation){(void *)site->anchor};
}

/* What a plan does without the times that only a search knows; kept before the
 * anchors go. */
static tess_decision_list_t list_choices(tess_shell_t *shell,
                                         const tess_plan_t *plan) {
  tess_decision_t *decisions = tess_arena_array(
      &shell->arena, (size_t)plan->sites->count, sizeof *decisions);
  tess_decision_list_t list = {.items = decisions};
  for (int32_t i = 0; i < plan->sites->count; ++i) {
    const tess_site_t *site = &plan->sites->sites[i];
    const tess_alternative_t *chosen = &site->alternatives[plan->now[i]];
    if (plan->now[i])
      decisions[list.count++] = (tess_decision_t){
          .site = site->name,
          .location = site->location,
          .location_ptr = mlirOperationGetLocation(anchor_of(site)).ptr,
          .alternative = chosen->name,
          .why = chosen->why,
          .rewrite_class = chosen->rewrite_class,
          .taken = true,
          .kept_ns = NAN,
          .changed_ns = NAN};
  }
  list.taken_count = list.count;
  return list;
}

/* ---- What keeps standing. ---- */

/* Rewriting renumbers sites, so the choices for later stand on their anchor
 * ops meanwhile, as tessera.later.<rewrite> = "<alternative>". */
static const char *later_name(tess_arena_t *arena, int32_t rewrite) {
  return tess_arena_format(arena, "tessera.later.%s",
                           tess_rewrite_name((size_t)rewrite));
}

static void put_marks(tess_shell_t *shell, const tess_plan_t *plan) {
  for (int32_t i = 0; i < plan->sites->count; ++i) {
    const tess_site_t *site = &plan->sites->sites[i];
    if (plan->later[i])
      tess_shell_set_attribute(anchor_of(site),
                               later_name(&shell->arena, site->rewrite),
                               site->alternatives[plan->later[i]].name);
  }
}

/* The alternative that the mark on a site's anchor names; 0 without a mark. */
static uint8_t read_mark(tess_shell_t *shell, const tess_site_t *site) {
  const char *wanted = tess_shell_attribute(
      shell, anchor_of(site), later_name(&shell->arena, site->rewrite));
  for (int32_t i = 1; wanted && i < site->alternative_count; ++i)
    if (strcmp(site->alternatives[i].name, wanted) == 0)
      return (uint8_t)i;
  return 0;
}

/* Takes all marks off, those too whose site is gone with the rewriting. Most
 * ops have no attribute of this kind at all, which is quickly asked. */
static void remove_marks(tess_arena_t *arena, MlirOperation function) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    if (mlirOperationGetNumDiscardableAttributes(op) == 0)
      continue;
    for (size_t i = 0; i < tess_rewrite_count(); ++i)
      mlirOperationRemoveDiscardableAttributeByName(
          op, mlirStringRefCreateFromCString(later_name(arena, (int32_t)i)));
  }
}

/* Lets the choices for later stand, in the names of the rewritten function. */
static void keep_standing(tess_shell_t *shell, MlirOperation function,
                          const tess_model_t *model) {
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN, TESS_ALL_REWRITES,
                          &shell->arena, &sites);
  uint8_t *candidate = tess_arena_alloc(&shell->arena, (size_t)sites.count + 1);
  for (int32_t i = 0; i < sites.count; ++i)
    candidate[i] = read_mark(shell, &sites.sites[i]);
  remove_marks(&shell->arena, function);
  if (tess_plan_changes(&sites, candidate) > 0)
    tess_shell_set_attribute(
        function, TESS_ATTRIBUTE_CANDIDATE,
        tess_rewrite_candidate_text(&shell->arena, &sites, candidate));
}

/* ---- The two ways out. ---- */

/* Reads the rewritten function: what it costs now, and what its sites are
 * called now. */
static tess_status_t look_again(tess_shell_t *shell, MlirOperation function,
                                const tess_plan_t *plan, double *after_ns) {
  tess_analysis_t after;
  TESS_TRY(tess_flow_analyse_bare(function, shell->target, shell->cost_model,
                                  &after));
  *after_ns = after.total.latency_ns;
  if (plan->later)
    keep_standing(shell, function, after.model);
  tess_analysis_free(&after);
  return TESS_SUCCESS;
}

static tess_decision_list_t decisions_of(tess_shell_t *shell,
                                         const tess_plan_t *plan) {
  return plan->decisions ? *plan->decisions : list_choices(shell, plan);
}

tess_status_t tess_plan_carry_out(tess_shell_t *shell, MlirOperation function,
                                  const tess_plan_t *plan) {
  tess_pass_change(shell->run);
  tess_decision_list_t decisions = decisions_of(shell, plan);
  tess_gain_t gain = {plan->before->total.latency_ns, plan->after_ns};
  if (plan->later) {
    remove_marks(&shell->arena, function); /* that the input had */
    put_marks(shell, plan);
  }
  TESS_TRY(tess_flow_apply_sites(plan->before->model, plan->sites, plan->now,
                                 shell->target->name));
  if (plan->later || gain.after_ns == 0)
    TESS_TRY(look_again(shell, function, plan, &gain.after_ns));
  tess_reasons_say(shell, function, &decisions, "now", gain);
  tess_pass_count(shell->run, "rewrites-applied",
                  tess_plan_changes(plan->sites, plan->now));
  return TESS_SUCCESS;
}

void tess_plan_write_down(tess_shell_t *shell, MlirOperation function,
                          const tess_plan_t *plan) {
  tess_pass_change(shell->run);
  tess_shell_set_attribute(
      function, TESS_ATTRIBUTE_CANDIDATE,
      tess_rewrite_candidate_text(&shell->arena, plan->sites, plan->now));
  tess_shell_set_attribute(function, TESS_ATTRIBUTE_TARGET,
                           shell->target->name);
  tess_decision_list_t decisions = decisions_of(shell, plan);
  const tess_gain_t gain = {plan->before->total.latency_ns, plan->after_ns};
  tess_reasons_say(shell, function, &decisions, "decided", gain);
}
