/* What must hold of every rewrite beside equal results: the search's table
 * costs what the module costs, a rewrite that has run finds nothing more to do,
 * and rewrites that do not meet may come in any order. */
#include "tessera/flow/flow.h"
#include "tessera/rewrite/space.h"
#include "trial.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Tables and modules. ---- */

typedef struct outcome {
  double latency_ns;
  int32_t infeasible;
} outcome_t;

static const char *target_name(const diff_trial_t *t) {
  static const char *const names[] = {"tpu-v3", "h200", "v100", "cpu-avx2"};
  return names[t->model->seed % 4];
}

static outcome_t table_outcome(const tess_space_t *space,
                               const uint8_t *candidate) {
  outcome_t sum = {space->fixed_latency_ns, 0};
  for (int32_t g = 0; g < space->group_count; g++) {
    const tess_space_group_t *group = &space->groups[g];
    int64_t index = tess_space_combination(space, group, candidate);
    sum.latency_ns += group->latency_ns[index];
    sum.infeasible += group->infeasible[index];
  }
  return sum;
}

static tess_status_t module_cost(MlirModule module, const tess_target_t *target,
                                 outcome_t *outcome) {
  MlirOperation function;
  tess_analysis_t analysis;
  TESS_TRY(tess_ir_find_function(module, "model", &function));
  TESS_TRY(tess_flow_analyse_bare(function, target, "roofline", &analysis));
  *outcome =
      (outcome_t){analysis.total.latency_ns, analysis.total.infeasible_count};
  tess_analysis_free(&analysis);
  return TESS_SUCCESS;
}

/* The cost of the module that a candidate gives. */
static tess_status_t built_outcome(diff_trial_t *t, tess_class_t allow,
                                   tess_rewrite_set_t rewrites,
                                   const tess_target_t *target,
                                   const uint8_t *candidate,
                                   outcome_t *outcome) {
  MlirModule module = diff_clone(t->original);
  diff_reading_t reading;
  tess_status_t status = diff_reading_open(module, allow, rewrites, &reading);
  if (!status)
    status = tess_rewrite_apply(reading.model, &reading.sites, candidate, NULL);
  if (!status)
    status = module_cost(module, target, outcome);
  diff_reading_close(&reading);
  mlirModuleDestroy(module);
  return status;
}

/* A table holds steps of 2^-20 ns for each of a group's kernels. */
static bool is_near(double a, double b) {
  return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b)) + 0x1p-16;
}

typedef struct tabled {
  diff_trial_t *t;
  const tess_target_t *target;
  const tess_space_t *space;
  tess_class_t allow;
  tess_rewrite_set_t rewrites;
  int32_t fixed; /* kernels in no group that cannot run */
} tabled_t;

static void compare_costs(const tabled_t *c, const uint8_t *candidate) {
  outcome_t table = table_outcome(c->space, candidate), built = {0, 0};
  tess_arena_t arena = TESS_ARENA_INIT;
  char *text = tess_rewrite_candidate_text(&arena, &c->space->sites, candidate);
  tess_status_t status =
      built_outcome(c->t, c->allow, c->rewrites, c->target, candidate, &built);
  c->t->tally->costs++;
  if (diff_holds(c->t, text, "cost", status)) {
    if (table.infeasible + c->fixed != built.infeasible)
      diff_fail(c->t, text,
                "on %s the table has %d kernels that cannot run, the module %d",
                c->target->name, table.infeasible + c->fixed, built.infeasible);
    else if (!built.infeasible && !is_near(table.latency_ns, built.latency_ns))
      diff_fail(c->t, text, "on %s the table says %.17g ns, the module %.17g",
                c->target->name, table.latency_ns, built.latency_ns);
  }
  tess_arena_free(&arena);
}

/* Each alternative alone, and some mixtures. */
static void compare_candidates(const tabled_t *c) {
  const tess_site_list_t *sites = &c->space->sites;
  uint8_t *candidate = tess_alloc((size_t)sites->count + 1);
  for (int32_t s = 0; s < sites->count; s++) {
    for (int32_t a = 1; a < sites->sites[s].alternative_count; a++) {
      candidate[s] = (uint8_t)a;
      if (!c->t->verdict->failed)
        compare_costs(c, candidate);
    }
    candidate[s] = 0;
  }
  for (uint64_t m = 0; m < 3 && !c->t->verdict->failed; m++) {
    tess_random_t random = tess_random_make(c->t->model->seed, 3000 + m);
    for (int32_t s = 0; s < sites->count; s++)
      candidate[s] = (uint8_t)tess_random_below(
          &random, (uint64_t)sites->sites[s].alternative_count);
    compare_costs(c, candidate);
  }
  free(candidate);
}

static tess_status_t open_space(diff_trial_t *t, const tess_target_t *target,
                                tess_class_t allow, tess_rewrite_set_t rewrites,
                                tess_space_t **space) {
  tess_analysis_t analysis;
  MlirOperation function;
  tess_cost_model_t *model;
  TESS_TRY(tess_ir_find_function(t->original, "model", &function));
  TESS_TRY(tess_flow_analyse(function, target, "roofline", &analysis));
  tess_status_t status = tess_cost_model_create("roofline", target, &model);
  if (!status) {
    tess_cost_memo_t *costs = tess_cost_memo_create(model);
    const tess_space_options_t options = {.target = target,
                                          .costs = costs,
                                          .allow = allow,
                                          .rewrites = rewrites,
                                          .keep_slow = true};
    status =
        tess_space_create(analysis.model, analysis.program, &options, space);
    tess_cost_memo_destroy(costs);
    tess_cost_model_destroy(model);
  }
  tess_analysis_free(&analysis);
  return status;
}

bool diff_sure_roles(const diff_trial_t *t) {
  return t->model->named && !t->model->constants && !t->program.dead;
}

/* Rewrites that are decided together. */
static void judge_table(diff_trial_t *t, const tess_target_t *target,
                        tess_rewrite_set_t rewrites) {
  tess_space_t *space = NULL;
  tess_class_t allow = t->model->called ? TESS_CLASS_EXACT : TESS_CLASS_RETRAIN;
  tess_status_t status = open_space(t, target, allow, rewrites, &space);
  if (tess_status_code(status) == TESS_UNSUPPORTED) {
    tess_status_free(status); /* too many combinations */
    return;
  }
  if (!diff_holds(t, "", "table", status))
    return;
  tabled_t c = {t, target, space, allow, rewrites, 0};
  uint8_t *keep = tess_alloc((size_t)space->sites.count + 1);
  outcome_t original = {0, 0};
  if (space->sites.count > 0 &&
      diff_holds(t, "", "cost", module_cost(t->original, target, &original))) {
    c.fixed = original.infeasible - table_outcome(space, keep).infeasible;
    compare_candidates(&c);
  }
  free(keep);
  tess_space_destroy(space);
}

/* ---- Running again. ---- */

/* How many sites were changed, and a sum over their places. */
typedef struct changes {
  int32_t count;
  uint64_t places;
} changes_t;

static uint64_t place_of(const tess_site_t *site) {
  uint64_t hash = 14695981039346656037u; /* FNV-1a */
  for (const char *c = site->location; *c; c++)
    hash = (hash ^ (unsigned char)*c) * 1099511628211u;
  return hash;
}

/* Applies the last exact alternative of every site of some rewrites. */
static changes_t run_once(diff_trial_t *t, MlirModule module,
                          tess_rewrite_set_t rewrites, const char *what) {
  diff_reading_t reading;
  changes_t changes = {0, 0};
  tess_status_t status =
      diff_reading_open(module, TESS_CLASS_EXACT, rewrites, &reading);
  if (diff_holds(t, what, "read", status)) {
    size_t count = (size_t)reading.sites.count;
    uint8_t *candidate = tess_arena_alloc(&reading.arena, count + 1);
    bool *applied = tess_arena_alloc(&reading.arena, count + 1);
    for (size_t s = 0; s < count; s++)
      candidate[s] = (uint8_t)(reading.sites.sites[s].alternative_count - 1);
    status =
        tess_rewrite_apply(reading.model, &reading.sites, candidate, applied);
    diff_holds(t, what, "apply", status);
    for (size_t s = 0; s < count; s++) {
      changes.count += applied[s];
      changes.places += applied[s] ? place_of(&reading.sites.sites[s]) : 0;
    }
  }
  diff_reading_close(&reading);
  return changes;
}

/* After one run of a rewrite, another changes nothing. Only one that search
 * decides by cost may find more of the same, and a layout be turned back. */
static void judge_again(diff_trial_t *t, size_t rewrite) {
  const char *name = tess_rewrite_name(rewrite);
  tess_stage_t stage = tess_rewrite_stage(rewrite);
  bool by_cost = stage == TESS_STAGE_SEARCH || stage == TESS_STAGE_ASKED ||
                 stage == TESS_STAGE_LAYOUT;
  MlirModule module = diff_clone(t->original);
  run_once(t, module, (tess_rewrite_set_t)1 << rewrite, name);
  changes_t more = run_once(t, module, (tess_rewrite_set_t)1 << rewrite, name);
  if (more.count > 0 && by_cost)
    t->tally->repeated++;
  else if (more.count > 0)
    diff_fail(t, name, "a second run changes %d sites", more.count);
  if (more.count > 0 && !t->verdict->failed)
    diff_judge_module(t, module, name, false);
  mlirModuleDestroy(module);
}

/* ---- Order. ---- */

static bool shares_nodes(const tess_site_t *a, const tess_site_t *b) {
  for (int32_t i = 0; i < a->node_count; i++)
    for (int32_t j = 0; j < b->node_count; j++)
      if (a->nodes[i] == b->nodes[j] && a->nodes[i] != TESS_NONE)
        return true;
  return false;
}

/* Whether both rewrites have sites, and none of one lies at one of the other.
 */
static bool are_apart(const tess_site_list_t *sites, int32_t r, int32_t s) {
  int32_t count[2] = {0};
  for (int32_t i = 0; i < sites->count; i++) {
    count[0] += sites->sites[i].rewrite == r;
    count[1] += sites->sites[i].rewrite == s;
    for (int32_t j = 0; j < sites->count; j++)
      if (sites->sites[i].rewrite == r && sites->sites[j].rewrite == s &&
          shares_nodes(&sites->sites[i], &sites->sites[j]))
        return false;
  }
  return count[0] && count[1];
}

/* One after the other. Where the first makes or takes sites of the second they
 * were not apart: then the places differ from the other order's. */
static tess_status_t run_order(diff_trial_t *t, const tess_target_t *target,
                               int32_t first, int32_t second, changes_t made[2],
                               outcome_t *cost) {
  MlirModule module = diff_clone(t->original);
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, "%s then %s", tess_rewrite_name((size_t)first),
                tess_rewrite_name((size_t)second));
  made[0] =
      run_once(t, module, (tess_rewrite_set_t)1 << first, tess_text_get(&text));
  made[1] = run_once(t, module, (tess_rewrite_set_t)1 << second,
                     tess_text_get(&text));
  tess_status_t status = module_cost(module, target, cost);
  if (!t->verdict->failed)
    diff_judge_module(t, module, tess_text_get(&text), false);
  tess_text_free(&text);
  mlirModuleDestroy(module);
  return status;
}

static void judge_order(diff_trial_t *t, const tess_target_t *target, int32_t r,
                        int32_t s) {
  changes_t a[2], b[2];
  outcome_t one = {0, 0}, other = {0, 0};
  if (!diff_holds(t, "", "cost", run_order(t, target, r, s, a, &one)) ||
      !diff_holds(t, "", "cost", run_order(t, target, s, r, b, &other)))
    return;
  bool apart = a[0].places == b[1].places && a[1].places == b[0].places;
  t->tally->orders += apart;
  if (apart && diff_sure_roles(t) && !t->verdict->failed && !one.infeasible &&
      !other.infeasible && !is_near(one.latency_ns, other.latency_ns))
    diff_fail(t, "",
              "%s and %s cost %.17g ns in this order on %s, %.17g in "
              "the other",
              tess_rewrite_name((size_t)r), tess_rewrite_name((size_t)s),
              one.latency_ns, target->name, other.latency_ns);
}

static bool has_sites(const tess_site_list_t *sites, int32_t rewrite) {
  for (int32_t i = 0; i < sites->count; i++)
    if (sites->sites[i].rewrite == rewrite)
      return true;
  return false;
}

static void judge_sites(diff_trial_t *t, const tess_target_t *target) {
  diff_reading_t reading;
  int32_t count = (int32_t)tess_rewrite_count();
  tess_status_t status = diff_reading_open(t->original, TESS_CLASS_EXACT,
                                           TESS_ALL_REWRITES, &reading);
  bool open = diff_holds(t, "", "read", status);
  for (int32_t r = 0; open && r < count; r++) {
    if (!has_sites(&reading.sites, r) || t->verdict->failed)
      continue;
    judge_again(t, (size_t)r);
    for (int32_t s = r + 1; s < count && !t->verdict->failed; s++)
      if (are_apart(&reading.sites, r, s))
        judge_order(t, target, r, s);
  }
  diff_reading_close(&reading);
}

void diff_judge_properties(diff_trial_t *t) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  tess_status_t status =
      tess_target_load(&arena, target_name(t), &target, NULL, NULL);
  if (diff_holds(t, "", "target", status)) {
    tess_rewrite_set_t together = tess_rewrites_of_stage(TESS_STAGE_SEARCH) |
                                  tess_rewrites_of_stage(TESS_STAGE_ASKED);
    if (diff_sure_roles(t))
      judge_table(t, target, together);
    for (int stage = 0; stage < TESS_STAGE_COUNT && !t->verdict->failed;
         stage++)
      if (stage != TESS_STAGE_SEARCH && stage != TESS_STAGE_ASKED &&
          diff_sure_roles(t))
        judge_table(t, target, tess_rewrites_of_stage((tess_stage_t)stage));
    if (!t->verdict->failed)
      judge_sites(t, target);
  }
  tess_arena_free(&arena);
}
