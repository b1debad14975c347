/* Finding sites, and candidates as text. */
#include "rule.h"
#include "tessera/base/text.h"
#include "tessera/ir/reader.h"
#include <stdlib.h>
#include <string.h>

struct tess_site_collector {
  const tess_model_t *model;
  tess_arena_t *arena;
  tess_class_t allow;
  int32_t rewrite, ordinal;
  tess_site_t *sites;
  size_t count, capacity;
};

static const tess_kernel_t *copy_kernel(tess_arena_t *arena,
                                        const tess_kernel_t *kernel) {
  if (!kernel)
    return NULL;
  tess_kernel_t *copy = tess_arena_alloc(arena, sizeof *copy);
  *copy = *kernel;
  return copy;
}

/* Copies the alternatives up to class `allow`; their order is kept, and since
 * rules list stronger classes later, so are their indices. */
static int32_t copy_allowed(tess_site_collector_t *collector,
                            const tess_alternative_t *alternatives,
                            int32_t count, tess_alternative_t *copy) {
  int32_t kept = 0;
  while (kept < count && alternatives[kept].rewrite_class <= collector->allow) {
    copy[kept] = alternatives[kept];
    copy[kept].number = kept;
    copy[kept].least = copy_kernel(collector->arena, alternatives[kept].least);
    kept++;
  }
  return kept;
}

void tess_site_add(tess_site_collector_t *collector, int32_t anchor,
                   const int32_t *nodes, int32_t node_count,
                   const tess_alternative_t *alternatives,
                   int32_t alternative_count) {
  int32_t ordinal = collector->ordinal++;
  tess_arena_t *arena = collector->arena;
  tess_alternative_t *allowed =
      tess_arena_array(arena, (size_t)alternative_count, sizeof *allowed);
  int32_t kept =
      copy_allowed(collector, alternatives, alternative_count, allowed);
  if (kept < 2)
    return;
  int32_t *node_copy =
      tess_arena_array(arena, (size_t)node_count, sizeof *node_copy);
  memcpy(node_copy, nodes, (size_t)node_count * sizeof *nodes);
  collector->sites = tess_grow(collector->sites, collector->count + 1,
                               &collector->capacity, sizeof(tess_site_t));
  const tess_node_t *node = &collector->model->nodes[anchor];
  MlirOperation anchor_op = {(void *)(uintptr_t)node->op};
  collector->sites[collector->count++] = (tess_site_t){
      .name = tess_arena_format(arena, "%s.%d",
                                tess_rewrite_name((size_t)collector->rewrite),
                                (int)ordinal),
      .rewrite = collector->rewrite,
      .location = tess_ir_location(arena, mlirOperationGetLocation(anchor_op)),
      .node = anchor,
      .anchor = node->op,
      .nodes = node_copy,
      .node_count = node_count,
      .alternatives = allowed,
      .alternative_count = kept};
}

void tess_rewrite_find_sites(const tess_model_t *model, tess_class_t allow,
                             tess_rewrite_set_t rewrites, tess_arena_t *arena,
                             tess_site_list_t *list) {
  tess_site_collector_t collector = {
      .model = model, .arena = arena, .allow = allow};
  for (size_t i = 0; i < tess_rewrite_count(); i++) {
    if (!(rewrites >> i & 1))
      continue;
    collector.rewrite = (int32_t)i;
    collector.ordinal = 0;
    tess_rule_at((int32_t)i)->find(model, &collector);
  }
  tess_site_t *sites =
      tess_arena_array(arena, collector.count, sizeof(tess_site_t));
  if (collector.count)
    memcpy(sites, collector.sites, collector.count * sizeof(tess_site_t));
  free(collector.sites);
  *list = (tess_site_list_t){sites, (int32_t)collector.count};
}

/* ---- What is left alone. ---- */

static void mark_anchors(const tess_site_list_t *list, int32_t rewrite,
                         bool *is_anchor) {
  for (int32_t i = 0; i < list->count; i++)
    if (list->sites[i].rewrite == rewrite)
      is_anchor[list->sites[i].node] = true;
}

int32_t tess_rewrite_find_obstacles(const tess_model_t *model,
                                    tess_rewrite_set_t rewrites,
                                    const tess_site_list_t *list,
                                    tess_arena_t *arena,
                                    const tess_obstacle_t **obstacles) {
  tess_obstacle_t *found = NULL;
  size_t count = 0, capacity = 0, nodes = (size_t)model->node_count;
  bool *is_anchor = tess_alloc(nodes + 1);
  for (int32_t r = 0; r < (int32_t)tess_rewrite_count(); r++) {
    const tess_rule_t *rule = tess_rule_at(r);
    if (!(rewrites >> r & 1) || !rule->obstacle)
      continue;
    memset(is_anchor, 0, nodes);
    mark_anchors(list, r, is_anchor);
    for (int32_t i = 0; i < model->node_count; i++) {
      const char *why = is_anchor[i] ? NULL : rule->obstacle(model, i);
      if (!why)
        continue;
      found = tess_grow(found, count + 1, &capacity, sizeof *found);
      found[count++] = (tess_obstacle_t){r, model->nodes[i].op, why};
    }
  }
  tess_obstacle_t *copy = tess_arena_array(arena, count, sizeof *copy);
  if (count)
    memcpy(copy, found, count * sizeof *copy);
  free(found);
  free(is_anchor);
  *obstacles = copy;
  return (int32_t)count;
}

/* ---- Candidates as text. ---- */

char *tess_rewrite_candidate_text(tess_arena_t *arena,
                                  const tess_site_list_t *sites,
                                  const uint8_t *candidate) {
  tess_text_t text = TESS_TEXT_INIT;
  for (int32_t i = 0; i < sites->count; i++)
    if (candidate[i])
      tess_text_add(&text, "%s%s=%s", text.length ? ";" : "",
                    sites->sites[i].name,
                    sites->sites[i].alternatives[candidate[i]].name);
  char *copy = tess_arena_string(arena, tess_text_get(&text));
  tess_text_free(&text);
  return copy;
}

/* In a candidate that is being read: no choice for this site yet. */
enum { OPEN = UINT8_MAX };

static bool equals(const char *name, const char *text, size_t length) {
  return strlen(name) == length && !memcmp(name, text, length);
}

static tess_status_t unknown_site(const tess_site_list_t *sites,
                                  const char *text, size_t length) {
  if (!sites->count)
    return tess_error(TESS_NOT_FOUND,
                      "candidate names the site '%.*s', but the function has "
                      "no site",
                      (int)length, text);
  return tess_error(TESS_NOT_FOUND,
                    "candidate names the site '%.*s', which the function does "
                    "not have (its %d sites: %s ... %s)",
                    (int)length, text, (int)sites->count, sites->sites[0].name,
                    sites->sites[sites->count - 1].name);
}

static tess_status_t unknown_alternative(const tess_site_t *site,
                                         const char *text, size_t length) {
  tess_text_t known = TESS_TEXT_INIT;
  for (int32_t i = 0; i < site->alternative_count; i++)
    tess_text_add(&known, "%s%s", i ? ", " : "", site->alternatives[i].name);
  tess_status_t status = tess_error(
      TESS_NOT_FOUND, "site '%s' has no alternative '%.*s' (it has: %s)",
      site->name, (int)length, text, tess_text_get(&known));
  tess_text_free(&known);
  return status;
}

/* One "site=alternative" of `length` bytes. */
static tess_status_t parse_choice(const tess_site_list_t *sites,
                                  const char *text, size_t length,
                                  uint8_t *candidate) {
  const char *equal = memchr(text, '=', length);
  if (!equal)
    return tess_error(TESS_INVALID,
                      "candidate has '%.*s' where 'site=alternative' belongs",
                      (int)length, text);
  size_t name_length = (size_t)(equal - text);
  const char *choice = equal + 1;
  size_t choice_length = length - name_length - 1;
  for (int32_t i = 0; i < sites->count; i++) {
    const tess_site_t *site = &sites->sites[i];
    if (!equals(site->name, text, name_length))
      continue;
    for (int32_t a = 0; a < site->alternative_count; a++)
      if (equals(site->alternatives[a].name, choice, choice_length)) {
        if (candidate[i] != OPEN)
          return tess_error(TESS_INVALID,
                            "candidate chooses for the site '%s' twice",
                            site->name);
        candidate[i] = (uint8_t)a;
        return TESS_SUCCESS;
      }
    return unknown_alternative(site, choice, choice_length);
  }
  return unknown_site(sites, text, name_length);
}

tess_status_t tess_rewrite_candidate_parse(const tess_site_list_t *sites,
                                           const char *text,
                                           uint8_t *candidate) {
  memset(candidate, OPEN, (size_t)sites->count);
  while (*text) {
    size_t length = strcspn(text, ";");
    TESS_TRY(parse_choice(sites, text, length, candidate));
    text += length;
    if (*text == ';' && !*++text)
      return tess_error(TESS_INVALID, "candidate ends with ';'");
  }
  for (int32_t i = 0; i < sites->count; i++)
    if (candidate[i] == OPEN)
      candidate[i] = 0;
  return TESS_SUCCESS;
}
