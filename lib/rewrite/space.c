/* The space of a model on a target: groups of sites that touch the same
 * kernels, and what each combination of their alternatives costs. */
#include "tessera/rewrite/space.h"
#include "apply.h"
#include "build.h"
#include "combine.h"
#include "outline.h"
#include "set_aside.h"
#include "site_groups.h"
#include "space_memo.h"
#include "tessera/base/hash.h"
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
  bool *alike; /* by group, as find_alike says */
  /* Scratch for combining, an entry per site. */
  uint8_t *candidate;
  int32_t *anchors;
} builder_t;

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
                        "ways; choose among fewer rewrites",
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
  return tess_kernels_cost(b->program, set->kernels, set->count,
                           b->options->costs);
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
  tess_status_t status = tess_piece_read(&piece);
  if (!status)
    status = tess_piece_cost(&piece, &b->options->target->fusion,
                             b->options->costs, &table->costs[0]);
  if (!status && (!expected || tess_piece_agrees(table->costs[0], *expected)))
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
static tess_status_t table_of_cut(builder_t *b, const tess_cut_t *cut,
                                  const tess_space_group_t *group,
                                  const tess_piece_cost_t *inside,
                                  tess_piece_table_t *table) {
  tess_words_t words = {0};
  tess_describe(tess_space_memo_vocabulary(b->pieces), cut, &b->space->sites,
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
    status = fill_table(b, cut, group, inside, table);
    if (!status && tess_piece_agrees(table->costs[0], *inside))
      tess_space_memo_add(b->pieces, &words, table);
  }
  free(words.items);
  return status;
}

/* The same for kernels of the group's own, without looking for a table where
 * no other group can have left one. */
static tess_status_t own_table(builder_t *b, const kernel_set_t *set,
                               const tess_space_group_t *group, bool alike,
                               const tess_piece_cost_t *inside,
                               tess_piece_table_t *table) {
  tess_cut_t cut = tess_cut_make(b->body, set->kernels, set->count);
  tess_status_t status =
      (alike ? table_of_cut : fill_table)(b, &cut, group, inside, table);
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
                                const kernel_set_t *set, bool alike,
                                tess_space_group_t *group) {
  TESS_TRY(count_combinations(b->space, group));
  tess_arena_t arena = TESS_ARENA_INIT;
  size_t count = (size_t)group->combination_count;
  tess_piece_table_t table = {
      .count = group->combination_count,
      .costs = tess_arena_array(&arena, count, sizeof *table.costs),
      .canonical = tess_arena_array(&arena, count, sizeof *table.canonical)};
  tess_piece_cost_t inside = set_cost(b, set), outside = {0};
  tess_status_t status = own_table(b, set, group, alike, &inside, &table);
  if (!status && !tess_piece_agrees(table.costs[0], inside)) {
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

/* Costs the groups; what no group touches is fixed. */
static tess_status_t cost_groups(builder_t *b, const tess_site_group_t *groups,
                                 tess_space_group_t *costed) {
  int32_t total = b->program->kernel_count;
  int32_t *kernels = tess_alloc(((size_t)total + 1) * sizeof *kernels);
  for (int32_t k = 0; k < total; k++)
    kernels[k] = k;
  const kernel_set_t everything = {kernels, total};
  double fixed = set_cost(b, &everything).latency_ns;
  tess_status_t status = TESS_SUCCESS;
  for (int32_t g = 0; g < b->space->group_count && !status; g++) {
    const kernel_set_t set = {groups[g].kernels, groups[g].kernel_count};
    costed[g].sites = groups[g].sites;
    costed[g].site_count = groups[g].site_count;
    fixed -= set_cost(b, &set).latency_ns;
    status = cost_group(b, &everything, &set, b->alike[g], &costed[g]);
  }
  b->space->fixed_latency_ns =
      b->options->target->program_overhead_ns + fmax(fixed, 0);
  free(kernels);
  return status;
}

/* Fills b->alike: whether a group's piece may be equal to another's. Describing
 * pieces takes longer than telling the kernels of this function apart; what
 * other functions have is not known. */
static void find_alike(builder_t *b, const tess_site_group_t *groups) {
  tess_index_map_t *hashes = tess_index_map_create(sizeof(uint64_t));
  int32_t count = b->space->group_count;
  size_t *first = tess_alloc(((size_t)count + 1) * sizeof *first);
  for (int32_t g = 0; g < count; g++) {
    uint64_t hash = 0;
    for (int32_t k = 0; k < groups[g].kernel_count; k++)
      hash = tess_hash(&b->program->kernels[groups[g].kernels[k]].kernel,
                       sizeof(tess_kernel_t), hash);
    bool added;
    size_t index = tess_index_map_add(hashes, &hash, &added);
    if (added)
      first[index] = (size_t)g;
    b->alike[g] = !added || b->options->pieces;
    b->alike[first[index]] |= !added;
  }
  free(first);
  tess_index_map_destroy(hashes);
}

static tess_status_t build(builder_t *b) {
  tess_space_t *space = b->space;
  size_t sites = (size_t)space->sites.count;
  tess_arena_t scratch = TESS_ARENA_INIT;
  b->candidate = tess_arena_array(&scratch, sites, sizeof *b->candidate);
  b->anchors = tess_arena_array(&scratch, sites, sizeof *b->anchors);
  const tess_site_group_t *groups;
  space->group_count =
      tess_site_groups(b->program, &space->sites, &space->arena, &groups);
  tess_space_group_t *costed = tess_arena_array(
      &space->arena, (size_t)space->group_count, sizeof *costed);
  space->groups = costed;
  b->alike =
      tess_arena_array(&scratch, (size_t)space->group_count, sizeof *b->alike);
  find_alike(b, groups);
  MlirOperation function = {(void *)(uintptr_t)b->model->func_op};
  tess_build_begin(mlirOperationGetContext(function));
  tess_apply_mark(function, &space->sites);
  b->body = tess_body_create(b->model, b->program);
  tess_status_t status = cost_groups(b, groups, costed);
  tess_body_destroy(b->body);
  tess_apply_unmark_sites(&space->sites);
  tess_arena_free(&scratch);
  return status;
}

tess_status_t tess_space_create(const tess_model_t *model,
                                const tess_program_t *program,
                                const tess_space_options_t *options,
                                tess_space_t **space) {
  *space = tess_alloc(sizeof **space);
  (*space)->arena = TESS_ARENA_INIT;
  tess_rewrite_find_sites(model, options->allow, options->rewrites,
                          &(*space)->arena, &(*space)->sites);
  (*space)->found_count = (*space)->sites.count;
  if (!options->keep_slow)
    tess_set_aside_slow(program, options->costs, *space);
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

int64_t tess_space_combination(const tess_space_t *space,
                               const tess_space_group_t *group,
                               const uint8_t *candidate) {
  int64_t combination = 0;
  for (int32_t i = group->site_count; i-- > 0;) {
    int32_t site = group->sites[i];
    combination = combination * space->sites.sites[site].alternative_count +
                  candidate[site];
  }
  return combination;
}
