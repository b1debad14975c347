/* Element types of tensors. */
#ifndef TESSERA_BASE_DTYPE_H
#define TESSERA_BASE_DTYPE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* name, bytes */
#define TESS_DTYPES(X)                                                         \
  X(F32, "f32", 4)                                                             \
  X(F64, "f64", 8)                                                             \
  X(F16, "f16", 2)                                                             \
  X(BF16, "bf16", 2)                                                           \
  X(I1, "i1", 1)                                                               \
  X(I8, "i8", 1)                                                               \
  X(I16, "i16", 2)                                                             \
  X(I32, "i32", 4)                                                             \
  X(I64, "i64", 8)                                                             \
  X(INDEX, "index", 8)                                                         \
  X(OTHER, "other", 0)

typedef enum tess_dtype {
#define X(id, name, bytes) TESS_##id,
  TESS_DTYPES(X)
#undef X
      TESS_DTYPE_COUNT
} tess_dtype_t;

const char *tess_dtype_name(tess_dtype_t type);
/* Bytes of one element in memory; 0 for TESS_OTHER. */
int64_t tess_dtype_bytes(tess_dtype_t type);
/* By name ("bf16"); TESS_OTHER if unknown. */
tess_dtype_t tess_dtype_parse(const char *name);

#ifdef __cplusplus
}
#endif

#endif
