/* One of several contractions of the same data: what it consists of, and
 * whether another is like it. Only files of this folder include it. */
#ifndef TESSERA_LIB_REWRITE_BRANCH_H
#define TESSERA_LIB_REWRITE_BRANCH_H

#include "mlir-c/IR.h"
#include "tessera/ir/model.h"

/* One contraction: its operands, and where outputs are in filter and result. */
typedef struct tess_branch {
  bool tosa;
  int32_t node;
  intptr_t filter, start; /* start: bias or accumulator, -1: none */
  intptr_t zeros;         /* the first of two zero points, -1: none */
  int32_t filter_axis, axis;
  int64_t outputs;
} tess_branch_t;

/* Whether a value is computed from the function's inputs, or one of them. */
bool tess_branch_is_data(const tess_model_t *model, int32_t value);

/* Describes a convolution or product of data by weights that is a tosa or named
 * linalg op and has one dimension for outputs alone; false for other nodes, and
 * where bias or accumulator are data. */
bool tess_branch_describe(const tess_model_t *model, int32_t index,
                          tess_branch_t *branch);

/* The operand of a convolution or product that is data, on whichever side. */
int32_t tess_branch_data(const tess_model_t *model, int32_t node);

/* The value that the data of a contraction is made of, views and a pad aside:
 * the same for all that read the same data. */
int32_t tess_branch_source(const tess_model_t *model, int32_t node);

/* The same value, or constants of the same number. */
bool tess_branch_same_number(MlirValue a, MlirValue b);

/* Whether two differ in filter, bias or accumulator, and number of outputs
 * alone. */
bool tess_branch_alike(const tess_model_t *model, const tess_branch_t *a,
                       const tess_branch_t *b);

#endif
