/* What one rewrite implements, and the list of sites that it fills. Only files
 * of this folder include it. */
#ifndef TESSERA_LIB_REWRITE_RULE_H
#define TESSERA_LIB_REWRITE_RULE_H

#include "tessera/rewrite/rewrite.h"

/* Collects the sites of one rule; every candidate is added with all its
 * alternatives, so that ordinals depend on the model alone. */
typedef struct tess_site_collector tess_site_collector_t;

/* Adds a site anchored at `anchor`. `nodes` are those it may change or whose
 * structure it needs, so that it can be applied to this reading as long as no
 * other site changed one of them; the alternatives start with "keep", and their
 * numbers are filled in here. All that is pointed to is copied. */
void tess_site_add(tess_site_collector_t *collector, int32_t anchor,
                   const int32_t *nodes, int32_t node_count,
                   const tess_alternative_t *alternatives,
                   int32_t alternative_count);

typedef struct tess_rule {
  /* Lists every site of a model, in program order. */
  void (*find)(const tess_model_t *model, tess_site_collector_t *collector);
  /* Applies the alternative of this number (> 0, as listed by find) at the
   * node `anchor` of a model, read after the last change to the site's nodes.
   * Operands are taken from the ops, since what they come from may have
   * changed. Sites of one rule never overlap, so
   * several may be applied to one reading. Returns whether it was applied:
   * false, and nothing changed, where the anchor no longer has the
   * structure. */
  bool (*apply)(const tess_model_t *model, int32_t anchor, int32_t alternative);
  /* Why a node that is no site, though it is of the kind that the rewrite is
   * about, is left alone: a form or type that it does not support. Static text;
   * NULL: it is none of its business. May be NULL. */
  const char *(*obstacle)(const tess_model_t *model, int32_t node);
} tess_rule_t;

#define TESS_REWRITE(id, name, family, stage, summary)                         \
  extern const tess_rule_t tess_rule_##id;
#include "rewrite.def"
#undef TESS_REWRITE

const tess_rule_t *tess_rule_at(int32_t rewrite);

#endif
