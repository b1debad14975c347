/* Names of rewrite classes and families. */
#include "tessera/rewrite/class.h"
#include "tessera/rewrite/rewrite.h"
#include <string.h>

static const char *const class_names[] = {"exact", "approximate", "retrain"};
static const char *const family_names[] = {"reshape", "activations", "fuse"};

const char *tess_class_name(tess_class_t rewrite_class) {
  return class_names[rewrite_class];
}

bool tess_class_parse(const char *name, tess_class_t *rewrite_class) {
  for (int i = 0; i < 3; i++)
    if (!strcmp(name, class_names[i])) {
      *rewrite_class = (tess_class_t)i;
      return true;
    }
  return false;
}

const char *tess_family_name(tess_family_t family) {
  return family_names[family];
}
