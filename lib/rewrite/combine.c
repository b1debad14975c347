/* Walking the combinations as a tree with one level per rewrite, in the order
 * in which rewrites are applied. A node is a piece with the choices of the
 * rewrites above applied: its reading and its clones serve everything below.
 *
 * A choice is void where its site is gone, inside what a rewrite above
 * replaced, or where nothing is left to change. The combination without it
 * has smaller digits, so it comes earlier in the walk and its cost is known. */
#include "combine.h"
#include "apply.h"
#include "rule.h"
#include "split.h"
#include "tessera/base/parallel.h"
#include <stdlib.h>

/* The digits chosen so far, and those of them that are not void. */
typedef struct prefix {
  int32_t asked, effective;
} prefix_t;

/* What a node works on. */
typedef struct node {
  tess_piece_t *piece; /* NULL: the choices so far are void in part */
  bool last;           /* nobody needs the piece after this node */
} node_t;

static tess_status_t visit(tess_combine_t *c, int32_t rewrite, node_t node,
                           prefix_t prefix);

static int32_t radix_of(const tess_combine_t *c, int32_t member) {
  int32_t radix = 1;
  for (int32_t i = 0; i < member; i++)
    radix *= c->sites->sites[c->members[i]].alternative_count;
  return radix;
}

static tess_status_t settle(tess_combine_t *c, tess_piece_t *piece,
                            prefix_t prefix) {
  if (prefix.asked == 0)
    return TESS_SUCCESS;
  if (!piece) {
    c->costs[prefix.asked] = c->costs[prefix.effective];
    c->canonical[prefix.asked] = c->canonical[prefix.effective];
    return TESS_SUCCESS;
  }
  if (tess_interrupted())
    return tess_error(TESS_INTERRUPTED, "interrupted");
  c->canonical[prefix.asked] = prefix.asked;
  c->applied_count++;
  return tess_piece_cost(piece, c->fusion, c->memo, &c->costs[prefix.asked]);
}

/* ---- The choices of one rewrite. ---- */

static bool is_chosen(const tess_combine_t *c, int32_t member,
                      int32_t rewrite) {
  int32_t site = c->members[member];
  return c->sites->sites[site].rewrite == rewrite && c->candidate[site];
}

/* What the rule calls the alternative that is chosen for a site. */
static int32_t chosen_number(const tess_combine_t *c, int32_t site) {
  return c->sites->sites[site].alternatives[c->candidate[site]].number;
}

/* Adds a member's digit to the prefix that it belongs to. */
static void add_digit(const tess_combine_t *c, int32_t member, bool is_void,
                      prefix_t *prefix) {
  int32_t digit = c->candidate[c->members[member]] * radix_of(c, member);
  prefix->asked += digit;
  if (!is_void)
    prefix->effective += digit;
}

/* Applies the choices of the rewrite to a piece and goes on with it. */
static tess_status_t go_on_changed(tess_combine_t *c, int32_t rewrite,
                                   tess_piece_t *piece, prefix_t prefix) {
  bool all = true;
  for (int32_t i = 0; i < c->member_count; i++) {
    int32_t site = c->members[i];
    if (!is_chosen(c, i, rewrite))
      continue;
    bool done = tess_rule_at(rewrite)->apply(piece->model, c->anchors[site],
                                             chosen_number(c, site));
    add_digit(c, i, !done, &prefix);
    all = all && done;
  }
  tess_piece_changed(piece);
  return visit(c, rewrite + 1, (node_t){all ? piece : NULL, true}, prefix);
}

/* The same to a clone, where the piece is needed again. */
static tess_status_t go_on_with(tess_combine_t *c, int32_t rewrite, node_t node,
                                prefix_t prefix) {
  if (node.last)
    return go_on_changed(c, rewrite, node.piece, prefix);
  tess_piece_t clone = tess_piece_clone(node.piece);
  tess_status_t status = go_on_changed(c, rewrite, &clone, prefix);
  tess_piece_destroy(&clone);
  return status;
}

/* Goes on with the choices for all members of the rewrite. */
static tess_status_t go_on(tess_combine_t *c, int32_t rewrite, node_t node,
                           prefix_t prefix) {
  bool any = false, gone = false;
  prefix_t next = prefix;
  for (int32_t i = 0; i < c->member_count; i++) {
    if (!is_chosen(c, i, rewrite))
      continue;
    bool is_void = node.piece && c->anchors[c->members[i]] == TESS_NONE;
    add_digit(c, i, is_void, &next);
    any = true;
    gone = gone || is_void;
  }
  if (any && node.piece && !gone)
    return go_on_with(c, rewrite, node, prefix);
  if (gone)
    node.piece = NULL;
  return visit(c, rewrite + 1, node, next);
}

/* Chooses for the members from `member` on that are sites of the rewrite. */
static tess_status_t choose(tess_combine_t *c, int32_t rewrite, int32_t member,
                            node_t node, prefix_t prefix) {
  if (member == c->member_count)
    return go_on(c, rewrite, node, prefix);
  int32_t index = c->members[member];
  const tess_site_t *site = &c->sites->sites[index];
  if (site->rewrite != rewrite)
    return choose(c, rewrite, member + 1, node, prefix);
  tess_status_t status = TESS_SUCCESS;
  for (int32_t a = 0; a < site->alternative_count && !status; a++) {
    c->candidate[index] = (uint8_t)a;
    node_t own = {node.piece, node.last && a == site->alternative_count - 1};
    status = choose(c, rewrite, member + 1, own, prefix);
  }
  c->candidate[index] = 0;
  return status;
}

/* Where the sites of the rewrite are in the piece; TESS_NONE: gone. */
static tess_status_t find_anchors(tess_combine_t *c, int32_t rewrite,
                                  tess_piece_t *piece) {
  bool any = false;
  for (int32_t i = 0; i < c->member_count; i++)
    if (c->sites->sites[c->members[i]].rewrite == rewrite) {
      c->anchors[c->members[i]] = TESS_NONE;
      any = true;
    }
  if (!any)
    return TESS_SUCCESS;
  TESS_TRY(tess_piece_read(piece));
  tess_apply_find_marks(piece->model, rewrite, c->anchors);
  return TESS_SUCCESS;
}

/* ---- Parts that are independent of each other. ---- */

/* Whether a site of the rewrite before was just decided, and several are left:
 * the kernels of those left may now have nothing to do with each other. */
static bool may_fall_apart(const tess_combine_t *c, int32_t rewrite) {
  int32_t decided = 0, left = 0;
  for (int32_t i = 0; i < c->member_count; i++) {
    int32_t of = c->sites->sites[c->members[i]].rewrite;
    decided += of == rewrite - 1;
    left += of >= rewrite;
  }
  return decided > 0 && left > 1;
}

/* The result of the chosen digits from those of the parts. */
static void join(tess_combine_t *c, const tess_split_t *split, int32_t asked,
                 int32_t canonical) {
  tess_piece_cost_t cost = split->rest;
  for (int32_t p = 0; p < split->part_count; p++) {
    const tess_part_t *part = &split->parts[p];
    const tess_combine_t *own = &part->combine;
    int32_t index = 0;
    for (int32_t i = 0; i < own->member_count; i++)
      index += c->candidate[own->members[i]] * radix_of(own, i);
    cost.latency_ns += own->costs[index].latency_ns;
    cost.infeasible += own->costs[index].infeasible;
    int32_t rest = own->canonical[index];
    for (int32_t i = 0; i < own->member_count; i++) {
      int32_t count = own->sites->sites[own->members[i]].alternative_count;
      canonical += rest % count * radix_of(c, part->member[i]);
      rest /= count;
    }
  }
  c->costs[asked] = cost;
  c->canonical[asked] = canonical;
}

/* Joins for every choice of the members from `member` on that are left. */
static void join_all(tess_combine_t *c, int32_t rewrite, int32_t member,
                     const tess_split_t *split, int32_t asked,
                     int32_t canonical) {
  if (member == c->member_count) {
    if (asked != 0)
      join(c, split, asked, canonical);
    return;
  }
  int32_t index = c->members[member];
  const tess_site_t *site = &c->sites->sites[index];
  int32_t count = site->rewrite < rewrite ? 1 : site->alternative_count;
  uint8_t decided = c->candidate[index];
  for (int32_t a = 0; a < count; a++) {
    if (site->rewrite >= rewrite)
      c->candidate[index] = (uint8_t)a;
    join_all(c, rewrite, member + 1, split, asked + a * radix_of(c, member),
             canonical);
  }
  c->candidate[index] = decided;
}

static tess_status_t visit_parts(tess_combine_t *c, int32_t rewrite,
                                 tess_split_t *split, prefix_t prefix) {
  c->applied_count += prefix.asked != 0;
  for (int32_t p = 0; p < split->part_count; p++) {
    tess_part_t *part = &split->parts[p];
    TESS_TRY(visit(&part->combine, rewrite, (node_t){&part->piece, true},
                   (prefix_t){0, 0}));
    c->applied_count += part->combine.applied_count;
  }
  join_all(c, rewrite, 0, split, prefix.asked, prefix.effective);
  return TESS_SUCCESS;
}

static tess_status_t visit_whole(tess_combine_t *c, int32_t rewrite,
                                 node_t node, prefix_t prefix) {
  if (node.piece)
    TESS_TRY(find_anchors(c, rewrite, node.piece));
  return choose(c, rewrite, 0, node, prefix);
}

static tess_status_t visit(tess_combine_t *c, int32_t rewrite, node_t node,
                           prefix_t prefix) {
  if (rewrite == (int32_t)tess_rewrite_count())
    return settle(c, node.piece, prefix);
  if (!node.piece || !may_fall_apart(c, rewrite))
    return visit_whole(c, rewrite, node, prefix);
  tess_split_t split;
  TESS_TRY(tess_split_make(c, rewrite, node.piece, &split));
  tess_status_t status = split.part_count
                             ? visit_parts(c, rewrite, &split, prefix)
                             : visit_whole(c, rewrite, node, prefix);
  tess_split_free(&split);
  return status;
}

tess_status_t tess_combine_all(tess_combine_t *combine, tess_piece_t *piece) {
  combine->canonical[0] = 0;
  return visit(combine, 0, (node_t){piece, true}, (prefix_t){0, 0});
}
