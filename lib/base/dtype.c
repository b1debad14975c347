/* Element types of tensors: names and sizes. */
#include "tessera/base/dtype.h"
#include <stddef.h>
#include <string.h>

static const struct {
  const char *name;
  int64_t bytes;
} types[] = {
#define X(id, name, bytes) {name, bytes},
    TESS_DTYPES(X)
#undef X
};

const char *tess_dtype_name(tess_dtype_t type) {
  return type < TESS_DTYPE_COUNT ? types[type].name : "other";
}

int64_t tess_dtype_bytes(tess_dtype_t type) {
  return type < TESS_DTYPE_COUNT ? types[type].bytes : 0;
}

tess_dtype_t tess_dtype_parse(const char *name) {
  for (size_t i = 0; i < TESS_DTYPE_COUNT; i++)
    if (!strcmp(name, types[i].name))
      return (tess_dtype_t)i;
  return TESS_OTHER;
}
