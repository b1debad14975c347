/* The files of data/, embedded at build by embed.cmake in the order of their
 * names. Private to lib/target. */
#ifndef TESSERA_LIB_TARGET_EMBEDDED_H
#define TESSERA_LIB_TARGET_EMBEDDED_H

#include <stddef.h>

typedef struct tess_embedded {
  const char *name; /* the file's name without .json */
  const unsigned char *bytes;
  size_t length;
} tess_embedded_t;

extern const tess_embedded_t tess_embedded_targets[];
extern const size_t tess_embedded_target_count;

#endif
