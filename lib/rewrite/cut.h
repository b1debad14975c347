/* A cut: the ops of some kernels, with the views and constants that they read
 * and what prepares their weights. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_CUT_H
#define TESSERA_LIB_REWRITE_CUT_H

#include "mlir-c/IR.h"
#include "tessera/base/hash.h"
#include "tessera/ir/model.h"
#include "tessera/ir/program.h"

/* The ops of the function's body by position; made once per model. */
typedef struct tess_body {
  const tess_model_t *model;
  const tess_program_t *program;
  MlirBlock block;
  tess_index_map_t *position; /* op pointer -> index into ops */
  MlirOperation *ops;
  size_t count;
  int32_t *node;      /* the node of each op, or TESS_NONE */
  size_t *op_of_node; /* and back; SIZE_MAX: in no body op */
  int32_t *cut_of_op; /* the number of the last cut that took it */
  int32_t cuts;
} tess_body_t;

tess_body_t *tess_body_create(const tess_model_t *model,
                              const tess_program_t *program);
void tess_body_destroy(tess_body_t *body);

/* The body's op that defines `value`, or SIZE_MAX. */
size_t tess_body_defining(const tess_body_t *body, MlirValue value);
/* The role of a value of the body, a tess_role_t. */
int32_t tess_body_role(const tess_body_t *body, MlirValue value);

typedef struct tess_cut {
  const tess_body_t *body;
  size_t *ops; /* of the body, in program order */
  size_t count, capacity;
} tess_cut_t;

/* Cuts `kernels` out of the program. What tess_cut_has and
 * tess_cut_is_returned say holds until the body's next cut. */
tess_cut_t tess_cut_make(tess_body_t *body, const int32_t *kernels,
                         int32_t count);
void tess_cut_free(tess_cut_t *cut);

/* Whether the cut took the body's op. */
bool tess_cut_has(const tess_cut_t *cut, size_t op);
/* Whether a result of the body's op, which the cut took, is read by ops
 * outside. Prepared values and constants stay inside: nobody else needs the
 * cut's copy. */
bool tess_cut_is_returned(const tess_cut_t *cut, size_t op, MlirValue result);
/* Whether a value that the cut reads comes from outside. */
bool tess_cut_is_argument(const tess_cut_t *cut, MlirValue value);

#endif
