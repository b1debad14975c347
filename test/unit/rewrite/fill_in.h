/* Sources from templates, for tests that run one pattern in many forms. */
#ifndef TESSERA_TEST_UNIT_REWRITE_FILL_IN_H
#define TESSERA_TEST_UNIT_REWRITE_FILL_IN_H

#include "tessera/base/text.h"
#include <string.h>

typedef struct filling {
  char key; /* "$T" in the template */
  const char *text;
} filling_t;

/* Appends the template with every "$" and a known key replaced; fillings may
 * hold keys of those before them in the list. */
static inline void fill_in(tess_text_t *out, const char *source,
                           const filling_t *fillings, int count) {
  for (const char *at = source; *at; at++) {
    int i = count;
    if (*at == '$')
      for (i = 0; i < count && fillings[i].key != at[1]; i++)
        ;
    if (i < count) {
      fill_in(out, fillings[i].text, fillings, i);
      at++;
    } else {
      tess_text_add(out, "%c", *at);
    }
  }
}

#endif
