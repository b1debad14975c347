/* The one runtime function that lowered code may call: private to
 * lib/codegen. */
#ifndef TESSERA_LIB_CODEGEN_COPY_H
#define TESSERA_LIB_CODEGEN_COPY_H

#include <stdint.h>

/* An "unranked memref" as MLIR passes it: the rank and a pointer to
 * {allocated, aligned, offset, sizes[rank], strides[rank]}. */
typedef struct tess_unranked {
  int64_t rank;
  const void *descriptor;
} tess_unranked_t;

/* Copies between two buffers of one shape, any strides (in elements). */
void tess_memref_copy(int64_t element_bytes, const tess_unranked_t *source,
                      const tess_unranked_t *target);

#endif
