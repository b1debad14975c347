/* Strided copies, which memref.copy lowers to where a layout is not dense. */
#include "copy.h"
#include <stddef.h>
#include <string.h>

/* Of one rank; MLIR lays out sizes and strides behind it. */
typedef struct header {
  void *allocated;
  char *aligned;
  int64_t offset;
} header_t;

typedef struct side {
  char *data;
  const int64_t *strides;
} side_t;

static const int64_t *sizes_of(const tess_unranked_t *buffer) {
  return (const int64_t *)((const char *)buffer->descriptor + sizeof(header_t));
}

static side_t side_of(const tess_unranked_t *buffer, int64_t element_bytes) {
  const header_t *header = buffer->descriptor;
  return (side_t){header->aligned + header->offset * element_bytes,
                  sizes_of(buffer) + buffer->rank};
}

/* Copies dimension `d` and those inside it. */
static void copy_dimension(int64_t rank, int64_t d, const int64_t *sizes,
                           int64_t bytes, side_t source, side_t target) {
  if (d == rank) {
    memcpy(target.data, source.data, (size_t)bytes);
    return;
  }
  if (d == rank - 1 && source.strides[d] == 1 && target.strides[d] == 1) {
    memcpy(target.data, source.data, (size_t)(sizes[d] * bytes));
    return;
  }
  for (int64_t i = 0; i < sizes[d]; i++) {
    copy_dimension(rank, d + 1, sizes, bytes, source, target);
    source.data += source.strides[d] * bytes;
    target.data += target.strides[d] * bytes;
  }
}

void tess_memref_copy(int64_t element_bytes, const tess_unranked_t *source,
                      const tess_unranked_t *target) {
  const int64_t *sizes = sizes_of(source);
  for (int64_t d = 0; d < source->rank; d++)
    if (sizes[d] == 0)
      return;
  copy_dimension(source->rank, 0, sizes, element_bytes,
                 side_of(source, element_bytes),
                 side_of(target, element_bytes));
}
