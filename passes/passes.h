/* The table of passes: what passes.def and the options of each pass say, as
 * data. Included by the plugin and by the documentation's generator. */
#ifndef TESSERA_PASSES_PASSES_H
#define TESSERA_PASSES_PASSES_H

#include "plugin/bridge.h"

typedef struct tess_pass_row {
  tess_pass_t pass;
  const char *needs, *keeps, *breaks; /* one clause each */
} tess_pass_row_t;

size_t tess_pass_row_count(void);
const tess_pass_row_t *tess_pass_row_at(size_t index);

/* Makes all of them known to this process. */
void tess_passes_register(void);

#endif
