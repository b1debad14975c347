/* Applying choices, one rule after the other. Marks on the ops are the way to
 * find a site again in a clone or after another rewrite changed its
 * surroundings. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_APPLY_H
#define TESSERA_LIB_REWRITE_APPLY_H

#include "tessera/rewrite/rewrite.h"

/* Puts the index of each site of the function on its anchor, as the attribute
 * tessera.site.R with R the rewrite's name; clones carry it along. Marks that
 * the input had go first. */
void tess_apply_mark(MlirOperation function, const tess_site_list_t *sites);
/* Takes the marks off every op of a function. */
void tess_apply_unmark(MlirOperation function);
/* Takes them off the sites' anchors, where none of them was changed. */
void tess_apply_unmark_sites(const tess_site_list_t *sites);
/* Whether an attribute of this name is a mark. */
bool tess_apply_is_mark(MlirIdentifier name);

/* anchors[site] = the node of `model` that carries the mark of a site of
 * `rewrite`, for every such mark there is; other entries are left alone. */
void tess_apply_find_marks(const tess_model_t *model, int32_t rewrite,
                           int32_t *anchors);

#endif
