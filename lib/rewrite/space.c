/* The space of a model on a target: groups of sites that touch the same
 * kernels, and what each combination of their alternatives costs. */
#include "tessera/rewrite/space.h"
#include "apply.h"
#include "build.h"
#include "combine.h"
#include "outline.h"
#include "space_memo.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COMBINATIONS 65536

typedef struct builder {
  const tess_model_t *model;
  const tess_program_t *program;
  const tess_space_options_t *options;
  tess_space_memo_t *pieces;
  tess_space_t *space;
  tess_body_t *body;
  int32_t *group_of_kernel; /* union-find parent, per kernel */
  /* Scratch for combining, an entry per site. */
  uint8_t *candidate;
  int32_t *anchors;
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

static tess_piece_cost_t set_cost(const builder_t *b, const kernel_set_t *set) {
  tess_piece_cost_t sum = {0};
  for (int32_t i = 0; i < set->count; i++) {
    const tess_cost_t *cost = tess_cost_memo_get(
        b->options->costs, &b->program->kernels[set->kernels[i]].kernel);
    sum.latency_ns += cost->latency_ns;
    sum.infeasible += !cost->feasible;
  }
  return sum;
}

/* Whether a piece reads back as the kernels that it was cut from. */
static bool agrees(tess_piece_cost_t alone, tess_piece_cost_t inside) {
  return fabs(alone.latency_ns - inside.latency_ns) <=
         1e-9 * fmax(alone.latency_ns, inside.latency_ns);
}

/* Fills the table of a piece whose first cost is known. */
static tess_status_t combine(builder_t *b, const tess_space_group_t *group,
                             tess_piece_t *piece, tess_piece_table_t *table) {
  tess_combine_t c = {.sites = &b->space->sites,
                      .members = group->sites,
                      .member_count = group->site_count,
                      .fusion = &b->options->target->fusion,
                      .memo = b->options->costs,
                      .candidate = b->candidate,
                      .anchors = b->anchors,
                      .costs = table->costs,
                      .canonical = table->canonical};
  tess_status_t status = tess_combine_all(&c, piece);
  b->space->applied_count += c.applied_count;
  return status;
}

/* Cuts the kernels out and fills the table from the piece. */
static tess_status_t fill_table(builder_t *b, const tess_cut_t *cut,
                                const tess_space_group_t *group,
                                const tess_piece_cost_t *expected,
                                tess_piece_table_t *table) {
  tess_piece_t piece = {.module = tess_outline_cut(cut)};
  tess_status_t status = tess_piece_cost(&piece, &b->options->target->fusion,
                                         b->options->costs, &table->costs[0]);
  if (!status && (!expected || agrees(table->costs[0], *expected)))
    status = combine(b, group, &piece, table);
  tess_piece_destroy(&piece);
  return status;
}

/* The group's results from a table whose piece has kernels of `outside` cost
 * that are not the group's; `inside` is the cost of those that are. */
static void take_results(tess_space_t *space, const tess_piece_table_t *table,
                         tess_piece_cost_t outside, tess_piece_cost_t inside,
                         tess_space_group_t *group) {
  size_t count = (size_t)table->count;
  tess_arena_t *arena = &space->arena;
  double *latency = tess_arena_array(arena, count, sizeof *latency);
  int32_t *infeasible = tess_arena_array(arena, count, sizeof *infeasible);
  int32_t *canonical = tess_arena_array(arena, count, sizeof *canonical);
  for (size_t i = 0; i < count; i++) {
    latency[i] = table->costs[i].latency_ns - outside.latency_ns;
    infeasible[i] = table->costs[i].infeasible - outside.infeasible;
    canonical[i] = table->canonical[i];
  }
  latency[0] = inside.latency_ns;
  infeasible[0] = inside.infeasible;
  group->latency_ns = latency;
  group->infeasible = infeasible;
  group->canonical = canonical;
}

/* The table of the group's own piece; known tables are recalled. Its first
 * cost tells whether it may be used. */
static tess_status_t own_table(builder_t *b, const kernel_set_t *set,
                               const tess_space_group_t *group,
                               const tess_piece_cost_t *inside,
                               tess_piece_table_t *table) {
  tess_cut_t cut = tess_cut_make(b->body, set->kernels, set->count);
  tess_words_t words = {0};
  tess_describe(tess_space_memo_vocabulary(b->pieces), &cut, &b->space->sites,
                group->sites, group->site_count, &words);
  const tess_piece_table_t *known = tess_space_memo_find(b->pieces, &words);
  tess_status_t status = TESS_SUCCESS;
  if (known) {
    b->space->recalled_count++;
    memcpy(table->costs, known->costs,
           (size_t)known->count * sizeof *known->costs);
    memcpy(table->canonical, known->canonical,
           (size_t)known->count * sizeof *known->canonical);
  } else {
    status = fill_table(b, &cut, group, inside, table);
    if (!status && agrees(table->costs[0], *inside))
      tess_space_memo_add(b->pieces, &words, table);
  }
  free(words.items);
  tess_cut_free(&cut);
  return status;
}

/* The table of the whole function as the group's piece. */
static tess_status_t whole_table(builder_t *b, const tess_space_group_t *group,
                                 const kernel_set_t *everything,
                                 tess_piece_table_t *table) {
  tess_cut_t cut =
      tess_cut_make(b->body, everything->kernels, everything->count);
  tess_status_t status = fill_table(b, &cut, group, NULL, table);
  tess_cut_free(&cut);
  return status;
}

/* Costs a group on its own piece, or, where the piece alone does not read back
 * as the same kernels, on the whole function. */
static tess_status_t cost_group(builder_t *b, const kernel_set_t *everything,
                                const kernel_set_t *set,
                                tess_space_group_t *group) {
  TESS_TRY(count_combinations(b->space, group));
  tess_arena_t arena = TESS_ARENA_INIT;
  size_t count = (size_t)group->combination_count;
  tess_piece_table_t table = {
      .count = group->combination_count,
      .costs = tess_arena_array(&arena, count, sizeof *table.costs),
      .canonical = tess_arena_array(&arena, count, sizeof *table.canonical)};
  tess_piece_cost_t inside = set_cost(b, set), outside = {0};
  tess_status_t status = own_table(b, set, group, &inside, &table);
  if (!status && !agrees(table.costs[0], inside)) {
    outside = set_cost(b, everything);
    outside.latency_ns -= inside.latency_ns;
    outside.infeasible -= inside.infeasible;
    status = whole_table(b, group, everything, &table);
  }
  if (!status)
    take_results(b->space, &table, outside, inside, group);
  tess_arena_free(&arena);
  return status;
}

/* ---- All groups. ---- */

/* Fills the groups' site lists, in the order of their first sites;
 * kernel_of_site gives each site's kernel. */
static void list_groups(builder_t *b, const int32_t *kernel_of_site,
                        int32_t *root_of_group) {
  tess_space_t *space = b->space;
  size_t sites = (size_t)space->sites.count;
  tess_space_group_t *groups =
      tess_arena_array(&space->arena, sites, sizeof *groups);
  int32_t *member = tess_arena_array(&space->arena, sites, sizeof *member);
  int32_t *group_of_site = tess_alloc((sites + 1) * sizeof *group_of_site);
  int32_t *next = tess_alloc((sites + 1) * sizeof *next);
  tess_index_map_t *roots = tess_index_map_create(sizeof(int32_t));
  for (size_t i = 0; i < sites; i++) {
    int32_t root = find_root(b->group_of_kernel, kernel_of_site[i]);
    group_of_site[i] = (int32_t)tess_index_map_add(roots, &root, NULL);
    root_of_group[group_of_site[i]] = root;
    groups[group_of_site[i]].site_count++;
  }
  space->group_count = (int32_t)tess_index_map_count(roots);
  for (int32_t g = 0, first = 0; g < space->group_count; g++) {
    groups[g].sites = member + first;
    next[g] = first;
    first += groups[g].site_count;
  }
  for (size_t i = 0; i < sites; i++)
    member[next[group_of_site[i]]++] = (int32_t)i;
  space->groups = groups;
  tess_index_map_destroy(roots);
  free(group_of_site);
  free(next);
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
  int32_t total = b->program->kernel_count;
  int32_t *kernels = tess_alloc(((size_t)total + 1) * sizeof *kernels);
  member_t *members = sort_kernels(b, kernels);
  const kernel_set_t everything = {kernels, total};
  double fixed = set_cost(b, &everything).latency_ns;
  tess_status_t status = TESS_SUCCESS;
  for (int32_t g = 0; g < b->space->group_count && !status; g++) {
    int32_t first = first_of(members, total, root_of_group[g]), end = first;
    while (end < total && members[end].root == root_of_group[g])
      end++;
    const kernel_set_t set = {kernels + first, end - first};
    fixed -= set_cost(b, &set).latency_ns;
    status = cost_group(b, &everything, &set,
                        (tess_space_group_t *)&b->space->groups[g]);
  }
  b->space->fixed_latency_ns =
      b->options->target->program_overhead_ns + fmax(fixed, 0);
  free(members);
  free(kernels);
  return status;
}

static tess_status_t build(builder_t *b) {
  tess_space_t *space = b->space;
  size_t sites = (size_t)space->sites.count;
  size_t kernels = (size_t)b->program->kernel_count;
  tess_arena_t scratch = TESS_ARENA_INIT;
  b->candidate = tess_arena_array(&scratch, sites, sizeof *b->candidate);
  b->anchors = tess_arena_array(&scratch, sites, sizeof *b->anchors);
  b->group_of_kernel = tess_arena_array(&scratch, kernels, sizeof(int32_t));
  for (size_t k = 0; k < kernels; k++)
    b->group_of_kernel[k] = (int32_t)k;
  int32_t *kernel_of_site = tess_arena_array(&scratch, sites, sizeof(int32_t));
  for (size_t i = 0; i < sites; i++)
    kernel_of_site[i] = join_site(b, &space->sites.sites[i]);
  int32_t *roots = tess_arena_array(&scratch, sites, sizeof(int32_t));
  list_groups(b, kernel_of_site, roots);
  MlirOperation function = {(void *)(uintptr_t)b->model->func_op};
  tess_build_load_dialects(mlirOperationGetContext(function));
  tess_apply_mark(function, &space->sites);
  b->body = tess_body_create(b->model, b->program);
  tess_status_t status = cost_groups(b, roots);
  tess_body_destroy(b->body);
  tess_apply_unmark(function);
  tess_arena_free(&scratch);
  return status;
}

tess_status_t tess_space_create(const tess_model_t *model,
                                const tess_program_t *program,
                                const tess_space_options_t *options,
                                tess_space_t **space) {
  *space = tess_alloc(sizeof **space);
  (*space)->arena = TESS_ARENA_INIT;
  tess_rewrite_find_sites(model, options->allow, options->families,
                          &(*space)->arena, &(*space)->sites);
  builder_t b = {.model = model,
                 .program = program,
                 .options = options,
                 .pieces = options->pieces ? options->pieces
                                           : tess_space_memo_create(),
                 .space = *space};
  tess_status_t status = build(&b);
  if (!options->pieces)
    tess_space_memo_destroy(b.pieces);
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
