/* Applying choices to marked ops: the way to find a site again in a clone or
 * after another rewrite changed its surroundings. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_APPLY_H
#define TESSERA_LIB_REWRITE_APPLY_H

#include "tessera/rewrite/rewrite.h"

/* Puts the index of each site on its anchor, as the attribute tessera.site.R
 * with R the rewrite's name; clones carry it along. */
void tess_apply_mark(const tess_site_list_t *sites);
/* Takes the marks off every op of a function. */
void tess_apply_unmark(MlirOperation function);

/* Applies candidate[site] for every marked op in `function`, rule by rule; the
 * marks of sites whose choice is 0 are ignored. applied[site] (may be NULL) is
 * set for those that changed something. */
TESS_MUST_USE tess_status_t tess_apply_choices(MlirOperation function,
                                               const tess_site_list_t *sites,
                                               const uint8_t *candidate,
                                               bool *applied);

#endif
