/* Which sites belong together. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_SITE_GROUPS_H
#define TESSERA_LIB_REWRITE_SITE_GROUPS_H

#include "tessera/ir/program.h"
#include "tessera/rewrite/rewrite.h"

/* Sites whose kernels overlap, and those kernels. */
typedef struct tess_site_group {
  const int32_t *sites; /* in rising order, as the kernels are */
  int32_t site_count;
  const int32_t *kernels;
  int32_t kernel_count;
} tess_site_group_t;

/* Groups the sites of a program's model, in the order of their first sites;
 * returns how many groups there are. A site that touches no kernel is in none.
 * Everything is the arena's. */
int32_t tess_site_groups(const tess_program_t *program,
                         const tess_site_list_t *sites, tess_arena_t *arena,
                         const tess_site_group_t **groups);

#endif
