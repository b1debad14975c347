/* Finding the independent parts of a piece. */
#include "split.h"
#include "apply.h"
#include "cut.h"
#include "outline.h"
#include "site_groups.h"

/* The sites that are left, as they are found in the piece, and which member
 * each of them is. */
typedef struct left {
  tess_site_list_t sites;
  int32_t *member;
} left_t;

/* The member that is marked on the found site's anchor, or TESS_NONE. */
static int32_t member_of(const tess_combine_t *whole,
                         const tess_site_t *found) {
  for (int32_t i = 0; i < whole->member_count; i++) {
    int32_t site = whole->members[i];
    if (whole->sites->sites[site].rewrite == found->rewrite &&
        whole->anchors[site] == found->node)
      return i;
  }
  return TESS_NONE;
}

/* The rewrites of the members from `rewrite` on; forgets their anchors. */
static tess_rewrite_set_t rewrites_left(const tess_combine_t *whole,
                                        int32_t rewrite) {
  tess_rewrite_set_t left = 0;
  for (int32_t i = 0; i < whole->member_count; i++) {
    int32_t of = whole->sites->sites[whole->members[i]].rewrite;
    if (of < rewrite)
      continue;
    left |= (tess_rewrite_set_t)1 << of;
    whole->anchors[whole->members[i]] = TESS_NONE;
  }
  return left;
}

static tess_rewrite_set_t find_marks(const tess_combine_t *whole,
                                     int32_t rewrite,
                                     const tess_model_t *model) {
  tess_rewrite_set_t left = rewrites_left(whole, rewrite);
  for (int32_t r = rewrite; r < (int32_t)tess_rewrite_count(); r++)
    if (left >> r & 1)
      tess_apply_find_marks(model, r, whole->anchors);
  return left;
}

static left_t find_left(const tess_combine_t *whole, int32_t rewrite,
                        const tess_model_t *model, tess_arena_t *arena) {
  tess_site_list_t all;
  tess_rewrite_set_t rewrites = find_marks(whole, rewrite, model);
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN, rewrites, arena, &all);
  tess_site_t *kept = tess_arena_array(arena, (size_t)all.count, sizeof *kept);
  left_t left = {{kept, 0},
                 tess_arena_array(arena, (size_t)all.count, sizeof(int32_t))};
  for (int32_t i = 0; i < all.count; i++) {
    int32_t member = member_of(whole, &all.sites[i]);
    if (member == TESS_NONE)
      continue;
    left.member[left.sites.count] = member;
    kept[left.sites.count++] = all.sites[i];
  }
  return left;
}

static void *array(tess_split_t *split, int64_t count, size_t bytes_each) {
  return tess_arena_array(&split->arena, (size_t)count, bytes_each);
}

/* The part of one group, its table with room for all combinations. */
static tess_part_t begin_part(const tess_combine_t *whole, const left_t *left,
                              const tess_site_group_t *group,
                              tess_split_t *split) {
  tess_part_t part = {.combine = *whole};
  int32_t *members = array(split, group->site_count, sizeof *members);
  int32_t *member = array(split, group->site_count, sizeof *member);
  int64_t combinations = 1;
  for (int32_t i = 0; i < group->site_count; i++) {
    member[i] = left->member[group->sites[i]];
    members[i] = whole->members[member[i]];
    combinations *= whole->sites->sites[members[i]].alternative_count;
  }
  part.member = member;
  part.combine.members = members;
  part.combine.member_count = group->site_count;
  part.combine.applied_count = 0;
  part.combine.costs = array(split, combinations, sizeof *part.combine.costs);
  part.combine.canonical = array(split, combinations, sizeof(int32_t));
  return part;
}

/* Cuts the group out of the piece; *agrees: it reads back as the same. */
static tess_status_t finish_part(tess_part_t *part, tess_body_t *body,
                                 const tess_site_group_t *group,
                                 tess_piece_cost_t inside, bool *agrees) {
  tess_cut_t cut = tess_cut_make(body, group->kernels, group->kernel_count);
  part->piece.module = tess_outline_cut(&cut);
  tess_cut_free(&cut);
  tess_piece_cost_t *alone = &part->combine.costs[0];
  TESS_TRY(tess_piece_read(&part->piece));
  TESS_TRY(tess_piece_cost(&part->piece, part->combine.fusion,
                           part->combine.memo, alone));
  *agrees = tess_piece_agrees(*alone, inside);
  return TESS_SUCCESS;
}

/* Whether there are several groups and every site is in one. */
static bool falls_apart(const left_t *left, const tess_site_group_t *groups,
                        int32_t count) {
  int32_t grouped = 0;
  for (int32_t g = 0; g < count; g++)
    grouped += groups[g].site_count;
  return count > 1 && grouped == left->sites.count;
}

static tess_status_t make_parts(const tess_combine_t *whole, const left_t *left,
                                const tess_site_group_t *groups, int32_t count,
                                const tess_program_t *program,
                                tess_body_t *body, tess_split_t *split) {
  bool agrees = true;
  split->parts = array(split, count, sizeof *split->parts);
  for (int32_t g = 0; g < count && agrees; g++) {
    tess_piece_cost_t inside = tess_kernels_cost(
        program, groups[g].kernels, groups[g].kernel_count, whole->memo);
    split->parts[g] = begin_part(whole, left, &groups[g], split);
    split->part_count = g + 1;
    TESS_TRY(finish_part(&split->parts[g], body, &groups[g], inside, &agrees));
    split->rest.latency_ns -= inside.latency_ns;
    split->rest.infeasible -= inside.infeasible;
  }
  if (!agrees)
    tess_split_free(split);
  return TESS_SUCCESS;
}

tess_status_t tess_split_make(const tess_combine_t *whole, int32_t rewrite,
                              tess_piece_t *piece, tess_split_t *split) {
  *split = (tess_split_t){.arena = TESS_ARENA_INIT};
  TESS_TRY(tess_piece_read(piece));
  left_t left = find_left(whole, rewrite, piece->model, &split->arena);
  tess_program_t *program = tess_program_form(piece->model, whole->fusion);
  const tess_site_group_t *groups;
  int32_t count =
      tess_site_groups(program, &left.sites, &split->arena, &groups);
  tess_status_t status = TESS_SUCCESS;
  if (falls_apart(&left, groups, count)) {
    tess_body_t *body = tess_body_create(piece->model, program);
    split->rest =
        tess_kernels_cost(program, NULL, program->kernel_count, whole->memo);
    status = make_parts(whole, &left, groups, count, program, body, split);
    tess_body_destroy(body);
  }
  tess_program_destroy(program);
  if (status)
    tess_split_free(split);
  return status;
}

void tess_split_free(tess_split_t *split) {
  for (int32_t i = 0; i < split->part_count; i++)
    tess_piece_destroy(&split->parts[i].piece);
  tess_arena_free(&split->arena);
  *split = (tess_split_t){.arena = TESS_ARENA_INIT};
}
