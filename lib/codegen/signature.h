/* Argument and result types of a function as tensors: private to lib/codegen.
 */
#ifndef TESSERA_LIB_CODEGEN_SIGNATURE_H
#define TESSERA_LIB_CODEGEN_SIGNATURE_H

#include "tessera/base/arena.h"
#include "tessera/codegen/jit.h"

typedef struct tess_signature {
  tess_tensor_t *inputs, *outputs; /* data NULL */
  int32_t input_count, output_count;
} tess_signature_t;

/* Reads the signature into arena memory. Errors, at the function's place:
 * results or arguments that are no tensors of a static shape, a known element
 * type and at most 8 dimensions; sizes that do not fit this machine. */
TESS_MUST_USE tess_status_t tess_signature_read(MlirOperation function,
                                                tess_arena_t *arena,
                                                tess_signature_t *signature);

/* Whether any value of the function has 16-bit float elements; an error at the
 * op whose result would not fit this machine's memory. */
TESS_MUST_USE tess_status_t tess_signature_survey(MlirOperation function,
                                                  bool *half_precision);

#endif
