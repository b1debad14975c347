/* Networks of the project's own: emits MLIR text from a short table. Weights
 * are function arguments (attribute tessera.name on each). Needs base only;
 * knows no MLIR library. */
#ifndef TESSERA_ZOO_ZOO_H
#define TESSERA_ZOO_ZOO_H

#include "tessera/base/dtype.h"
#include "tessera/base/status.h"
#include "tessera/base/text.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tess_zoo_dialect {
  TESS_ZOO_TOSA,
  TESS_ZOO_LINALG
} tess_zoo_dialect_t;

typedef enum tess_zoo_layout { TESS_ZOO_NHWC, TESS_ZOO_NCHW } tess_zoo_layout_t;

/* A number that is 0 means the network's own. */
typedef struct tess_zoo_options {
  tess_zoo_dialect_t dialect;
  tess_dtype_t dtype;       /* TESS_F32, TESS_BF16, TESS_F16 or TESS_I8 */
  int64_t batch;            /* >= 1 */
  int64_t resolution;       /* pixels a side, >= 32; of images alone */
  tess_zoo_layout_t layout; /* of images */
  double width, depth;      /* multiply channels and layers: 0.01 to 100, to
                               the nearest millionth */
  int64_t sequence;         /* positions, of texts alone */
} tess_zoo_options_t;

typedef struct tess_zoo_counts {
  int64_t parameters; /* trained ones: batch-norm statistics not counted */
  int64_t macs;       /* of convolutions and products, whole batch */
} tess_zoo_counts_t;

/* Appends the module for `name`: one of the list below, or "mbconv:" and 28
 * comma-separated integers (expansion, kernel, layers, squeeze-and-excite 0/1
 * of seven stages). `counts` may be NULL. TESS_NOT_FOUND names the nearest. */
TESS_MUST_USE tess_status_t tess_zoo_emit(const char *name,
                                          const tess_zoo_options_t *options,
                                          tess_text_t *out,
                                          tess_zoo_counts_t *counts);

/* The list. The last two are 0 where the network takes no image, or no text. */
size_t tess_zoo_count(void);
const char *tess_zoo_name(size_t index);
const char *tess_zoo_summary(size_t index);
int64_t tess_zoo_resolution(size_t index);
int64_t tess_zoo_sequence(size_t index);

#ifdef __cplusplus
}
#endif

#endif
