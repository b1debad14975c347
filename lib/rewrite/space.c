/* The space of a model on a target: groups of sites that touch the same
 * kernels, and what each combination of their alternatives costs. */
#include "tessera/rewrite/space.h"
#include "apply.h"
#include "outline.h"
#include "tessera/base/checked.h"
#include "tessera/base/parallel.h"
#include "tessera/ir/reader.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COMBINATIONS 65536

typedef struct builder {
  const tess_model_t *model;
  const tess_program_t *program;
  const tess_target_t *target;
  tess_cost_memo_t *memo;
  tess_space_t *space;
  tess_body_t *body;
  int32_t *group_of_kernel; /* union-find parent, per kernel */
} builder_t;

/* ---- Which sites belong together. ---- */

static int32_t find_root(int32_t *parent, int32_t kernel) {
  while (parent[kernel] != kernel)
    kernel = parent[kernel] = parent[parent[kernel]];
  return kernel;
}

/* Joins the kernels of a site; returns one of them, or TESS_NONE. */
static int32_t join_site(builder_t *b, const tess_site_t *site) {
  int32_t first = TESS_NONE;
  for (int32_t i = 0; i < site->node_count; i++) {
    int32_t kernel = b->program->kernel_of_node[site->nodes[i]];
    if (kernel < 0)
      continue;
    if (first == TESS_NONE)
      first = kernel;
    int32_t a = find_root(b->group_of_kernel, first);
    int32_t c = find_root(b->group_of_kernel, kernel);
    b->group_of_kernel[a > c ? a : c] = a > c ? c : a;
  }
  return first;
}

/* ---- Costing one combination. ---- */

static double program_latency(builder_t *b, const tess_program_t *program,
                              int32_t *infeasible) {
  double sum = 0;
  for (int32_t i = 0; i < program->kernel_count; i++) {
    const tess_cost_t *cost =
        tess_cost_memo_get(b->memo, &program->kernels[i].kernel);
    sum += cost->latency_ns;
    *infeasible += !cost->feasible;
  }
  return sum;
}

static tess_status_t function_latency(builder_t *b, MlirOperation function,
                                      double *latency, int32_t *infeasible) {
  tess_model_t *model;
  TESS_TRY(tess_ir_read(function, &model));
  tess_program_t *program = tess_program_create(model, &b->target->fusion);
  *latency = program_latency(b, program, infeasible);
  tess_program_destroy(program);
  tess_model_destroy(model);
  return TESS_SUCCESS;
}

/* A group in the making. */
typedef struct group_work {
  tess_space_group_t *group;
  double *latency;
  int32_t *canonical, *infeasible;
  MlirModule piece;
  double outside_ns; /* of kernels in the piece that are not the group's */
  int32_t outside_infeasible;
  uint8_t *candidate;
  bool *applied;
} group_work_t;

static void decode(const tess_space_t *space, const tess_space_group_t *group,
                   int64_t combination, uint8_t *candidate) {
  for (int32_t i = 0; i < group->site_count; i++) {
    int32_t site = group->sites[i];
    int32_t count = space->sites.sites[site].alternative_count;
    candidate[site] = (uint8_t)(combination % count);
    combination /= count;
  }
}

/* The combination without the choices that changed nothing. */
static int32_t effective(const tess_space_t *space, const group_work_t *work) {
  int64_t index = 0;
  for (int32_t i = work->group->site_count; i-- > 0;) {
    int32_t site = work->group->sites[i];
    index *= space->sites.sites[site].alternative_count;
    if (work->applied[site])
      index += work->candidate[site];
  }
  return (int32_t)index;
}

static tess_status_t cost_combination(builder_t *b, group_work_t *work,
                                      int64_t combination) {
  const tess_space_t *space = b->space;
  decode(space, work->group, combination, work->candidate);
  memset(work->applied, 0, (size_t)space->sites.count * sizeof(bool));
  MlirModule clone = mlirModuleFromOperation(
      mlirOperationClone(mlirModuleGetOperation(work->piece)));
  MlirOperation function = tess_outline_function(clone);
  tess_status_t status = tess_apply_choices(function, &space->sites,
                                            work->candidate, work->applied);
  double latency = 0;
  int32_t infeasible = 0;
  if (!status)
    status = function_latency(b, function, &latency, &infeasible);
  mlirModuleDestroy(clone);
  TESS_TRY(status);
  work->latency[combination] = latency - work->outside_ns;
  work->infeasible[combination] = infeasible - work->outside_infeasible;
  work->canonical[combination] = effective(space, work);
  b->space->applied_count++;
  return TESS_SUCCESS;
}

/* ---- One group. ---- */

static tess_status_t count_combinations(const tess_space_t *space,
                                        tess_space_group_t *group) {
  group->combination_count = 1;
  for (int32_t i = 0; i < group->site_count; i++) {
    const tess_site_t *site = &space->sites.sites[group->sites[i]];
    group->combination_count *= site->alternative_count;
    if (group->combination_count > MAX_COMBINATIONS)
      return tess_error(TESS_UNSUPPORTED,
                        "the sites around '%s' (%s) combine in more than %d "
                        "ways; allow fewer families",
                        site->name, site->location, MAX_COMBINATIONS);
  }
  return TESS_SUCCESS;
}

/* Some kernels of the program. */
typedef struct kernel_set {
  const int32_t *kernels;
  int32_t count;
} kernel_set_t;

static double set_latency(builder_t *b, const kernel_set_t *set,
                          int32_t *infeasible) {
  double sum = 0;
  *infeasible = 0;
  for (int32_t i = 0; i < set->count; i++) {
    const tess_cost_t *cost = tess_cost_memo_get(
        b->memo, &b->program->kernels[set->kernels[i]].kernel);
    sum += cost->latency_ns;
    *infeasible += !cost->feasible;
  }
  return sum;
}

/* Makes the whole function the piece. */
static void take_everything(builder_t *b, const kernel_set_t *set,
                            group_work_t *work) {
  int32_t count = b->program->kernel_count, infeasible;
  int32_t *all = tess_alloc((size_t)count * sizeof *all);
  for (int32_t i = 0; i < count; i++)
    all[i] = i;
  const kernel_set_t everything = {all, count};
  work->piece = tess_outline_kernels(b->body, all, count);
  work->outside_ns = set_latency(b, &everything, &work->outside_infeasible) -
                     set_latency(b, set, &infeasible);
  work->outside_infeasible -= infeasible;
  free(all);
}

/* Cuts the group's kernels out. Where the piece alone does not read back as
 * the same kernels, the whole function is the piece. */
static tess_status_t cut_piece(builder_t *b, const kernel_set_t *set,
                               group_work_t *work) {
  double alone = 0, inside = set_latency(b, set, &work->infeasible[0]);
  int32_t infeasible = 0;
  work->piece = tess_outline_kernels(b->body, set->kernels, set->count);
  TESS_TRY(function_latency(b, tess_outline_function(work->piece), &alone,
                            &infeasible));
  work->latency[0] = inside; /* combination 0 is the piece as it was cut */
  if (fabs(alone - inside) <= 1e-9 * fmax(alone, inside))
    return TESS_SUCCESS;
  mlirModuleDestroy(work->piece);
  take_everything(b, set, work);
  return TESS_SUCCESS;
}

static tess_status_t cost_group(builder_t *b, const kernel_set_t *set,
                                tess_space_group_t *group) {
  TESS_TRY(count_combinations(b->space, group));
  tess_arena_t *arena = &b->space->arena;
  size_t count = (size_t)group->combination_count;
  size_t sites = (size_t)b->space->sites.count;
  group_work_t work = {
      .group = group,
      .latency = tess_arena_array(arena, count, sizeof(double)),
      .canonical = tess_arena_array(arena, count, sizeof(int32_t)),
      .infeasible = tess_arena_array(arena, count, sizeof(int32_t)),
      .candidate = tess_arena_array(arena, sites, sizeof(uint8_t)),
      .applied = tess_arena_array(arena, sites, sizeof(bool))};
  group->latency_ns = work.latency;
  group->canonical = work.canonical;
  group->infeasible = work.infeasible;
  tess_status_t status = cut_piece(b, set, &work);
  for (size_t i = 1; i < count && !status; i++)
    status = tess_interrupted() ? tess_error(TESS_INTERRUPTED, "interrupted")
                                : cost_combination(b, &work, (int64_t)i);
  if (!mlirModuleIsNull(work.piece))
    mlirModuleDestroy(work.piece);
  return status;
}

/* ---- All groups. ---- */

/* Fills the groups' site lists; kernel_of_site gives each site's kernel. */
static void list_groups(builder_t *b, const int32_t *kernel_of_site,
                        int32_t *root_of_group) {
  tess_space_t *space = b->space;
  size_t sites = (size_t)space->sites.count;
  tess_space_group_t *groups =
      tess_arena_array(&space->arena, sites, sizeof *groups);
  int32_t *member = tess_arena_array(&space->arena, sites, sizeof *member);
  int32_t next = 0;
  for (int32_t i = 0; i < space->sites.count; i++) {
    int32_t root = find_root(b->group_of_kernel, kernel_of_site[i]);
    bool known = false;
    for (int32_t g = 0; g < space->group_count && !known; g++)
      known = root_of_group[g] == root;
    if (known)
      continue;
    tess_space_group_t *group = &groups[space->group_count];
    group->sites = member + next;
    for (int32_t j = i; j < space->sites.count; j++)
      if (find_root(b->group_of_kernel, kernel_of_site[j]) == root) {
        member[next++] = j;
        group->site_count++;
      }
    root_of_group[space->group_count++] = root;
  }
  space->groups = groups;
}

/* A kernel in line to be sorted by the group that it belongs to. */
typedef struct member {
  int32_t root, kernel;
} member_t;

static int by_root(const void *a, const void *b) {
  const member_t *x = a, *y = b;
  return x->root != y->root ? (x->root > y->root) - (x->root < y->root)
                            : (x->kernel > y->kernel) - (x->kernel < y->kernel);
}

/* The kernels by root: kernels[first .. first + count) of a root's run. */
static member_t *sort_kernels(builder_t *b, int32_t *kernels) {
  size_t count = (size_t)b->program->kernel_count;
  member_t *members = tess_alloc((count + 1) * sizeof *members);
  for (size_t k = 0; k < count; k++)
    members[k] =
        (member_t){find_root(b->group_of_kernel, (int32_t)k), (int32_t)k};
  if (count)
    qsort(members, count, sizeof *members, by_root);
  for (size_t k = 0; k < count; k++)
    kernels[k] = members[k].kernel;
  return members;
}

static int32_t first_of(const member_t *members, int32_t count, int32_t root) {
  int32_t low = 0, high = count;
  while (low < high) {
    int32_t middle = low + (high - low) / 2;
    if (members[middle].root < root)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static tess_status_t cost_groups(builder_t *b, const int32_t *root_of_group) {
  int32_t total = b->program->kernel_count, infeasible;
  int32_t *kernels = tess_alloc(((size_t)total + 1) * sizeof *kernels);
  member_t *members = sort_kernels(b, kernels);
  const kernel_set_t all = {kernels, total};
  double fixed = set_latency(b, &all, &infeasible);
  tess_status_t status = TESS_SUCCESS;
  for (int32_t g = 0; g < b->space->group_count && !status; g++) {
    int32_t first = first_of(members, total, root_of_group[g]), end = first;
    while (end < total && members[end].root == root_of_group[g])
      end++;
    const kernel_set_t set = {kernels + first, end - first};
    fixed -= set_latency(b, &set, &infeasible);
    status = cost_group(b, &set, (tess_space_group_t *)&b->space->groups[g]);
  }
  b->space->fixed_latency_ns = b->target->program_overhead_ns + fmax(fixed, 0);
  free(members);
  free(kernels);
  return status;
}

static tess_status_t build(builder_t *b) {
  tess_space_t *space = b->space;
  size_t sites = (size_t)space->sites.count;
  size_t kernels = (size_t)b->program->kernel_count;
  tess_arena_t scratch = TESS_ARENA_INIT;
  b->group_of_kernel = tess_arena_array(&scratch, kernels, sizeof(int32_t));
  for (size_t k = 0; k < kernels; k++)
    b->group_of_kernel[k] = (int32_t)k;
  int32_t *kernel_of_site = tess_arena_array(&scratch, sites, sizeof(int32_t));
  for (size_t i = 0; i < sites; i++)
    kernel_of_site[i] = join_site(b, &space->sites.sites[i]);
  int32_t *roots = tess_arena_array(&scratch, sites, sizeof(int32_t));
  list_groups(b, kernel_of_site, roots);
  tess_apply_mark(&space->sites);
  b->body = tess_body_create(b->model, b->program);
  tess_status_t status = cost_groups(b, roots);
  tess_body_destroy(b->body);
  tess_apply_unmark((MlirOperation){(void *)(uintptr_t)b->model->func_op});
  tess_arena_free(&scratch);
  return status;
}

tess_status_t tess_space_create(const tess_model_t *model,
                                const tess_program_t *program,
                                const tess_target_t *target,
                                tess_cost_memo_t *memo, tess_class_t allow,
                                unsigned families, tess_space_t **space) {
  *space = tess_alloc(sizeof **space);
  (*space)->arena = TESS_ARENA_INIT;
  tess_rewrite_find_sites(model, allow, families, &(*space)->arena,
                          &(*space)->sites);
  builder_t b = {.model = model,
                 .program = program,
                 .target = target,
                 .memo = memo,
                 .space = *space};
  tess_status_t status = build(&b);
  if (status) {
    tess_space_destroy(*space);
    *space = NULL;
  }
  return status;
}

void tess_space_destroy(tess_space_t *space) {
  if (!space)
    return;
  tess_arena_free(&space->arena);
  free(space);
}
