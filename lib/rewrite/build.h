/* Making ops: the same calls for TOSA and for linalg on tensors. Only files of
 * this folder include it.
 *
 * Shapes are read off the operands' types; what does not fit together is for
 * MLIR's verifier to find. */
#ifndef TESSERA_LIB_REWRITE_BUILD_H
#define TESSERA_LIB_REWRITE_BUILD_H

#include "mlir-c/IR.h"
#include "tessera/ir/model.h"

typedef struct tess_dims {
  int32_t rank;
  int64_t at[TESS_MAX_RANK];
} tess_dims_t;

/* Where ops go, and what location they get. */
typedef struct tess_builder {
  MlirContext context;
  MlirLocation location;
  MlirBlock block;
  MlirOperation before; /* null: at the end of the block */
  bool tosa;            /* else linalg on tensors */
} tess_builder_t;

/* To be called before anything is built in a context, and again after a
 * context was destroyed: loads the dialects that the builders need, where they
 * are not, and forgets the types of another context. */
void tess_build_begin(MlirContext context);

/* Ops go before `op`, get its location, and are of its dialect. */
tess_builder_t tess_build_before(MlirOperation op);

/* ---- Types and attributes. ---- */

tess_dims_t tess_build_dims(MlirValue tensor);
/* A tensor type with the element type of `like`, a tensor. */
MlirType tess_build_type(const tess_dims_t *dims, MlirValue like);
MlirNamedAttribute tess_build_attribute(const tess_builder_t *b,
                                        const char *name, MlirAttribute value);

/* ---- Ops. ---- */

/* What an op consists of; the lists are the caller's. */
typedef struct tess_op {
  const char *name;
  const MlirValue *operands;
  intptr_t operand_count;
  const MlirNamedAttribute *attributes;
  intptr_t attribute_count;
  MlirType type;    /* of the one result; null: none */
  MlirRegion *body; /* becomes the op's; NULL: none */
} tess_op_t;

/* Returns the op's result, null if it has none. */
MlirValue tess_build_op(const tess_builder_t *b, const tess_op_t *op);
/* The same with the body that linalg itself gives a named op. */
MlirValue tess_build_named(const tess_builder_t *b, const tess_op_t *op);

/* A number: an arith.constant of the scalar type, or a tosa.const that
 * broadcasts to tensors of the type's rank. */
MlirValue tess_build_number(const tess_builder_t *b, double number,
                            MlirType type);
/* A tensor of these elements: a tosa.const or an arith.constant. */
MlirValue tess_build_constant(const tess_builder_t *b, MlirAttribute elements);
/* An op of one operand and one result. */
MlirValue tess_build_unary(const tess_builder_t *b, const char *name,
                           MlirValue x, const MlirNamedAttribute *attributes,
                           intptr_t attribute_count, MlirType type);
/* An op of two operands and one result, without attributes. */
MlirValue tess_build_binary(const tess_builder_t *b, const char *name,
                            MlirValue x, MlirValue y, MlirType type);

/* A tosa.const_shape. */
MlirValue tess_build_shape(const tess_builder_t *b, const int64_t *sizes,
                           int32_t count);

/* ---- Moving tensors about. ---- */

/* `to` splits or merges neighbouring dimensions. */
MlirValue tess_build_reshape(const tess_builder_t *b, MlirValue tensor,
                             const tess_dims_t *to);
/* Result dimension i is operand dimension perm[i]. */
MlirValue tess_build_transpose(const tess_builder_t *b, MlirValue tensor,
                               const int32_t *perm);
/* Zeros before and after each dimension. */
MlirValue tess_build_pad(const tess_builder_t *b, MlirValue tensor,
                         const int64_t *low, const int64_t *high);
/* The same with this number, zero or not. */
MlirValue tess_build_pad_with(const tess_builder_t *b, MlirValue tensor,
                              const int64_t *low, const int64_t *high,
                              double fill);
/* The leading part of size `to`. */
MlirValue tess_build_slice(const tess_builder_t *b, MlirValue tensor,
                           const tess_dims_t *to);
/* The part of size `to` that starts at `offsets`. */
MlirValue tess_build_part(const tess_builder_t *b, MlirValue tensor,
                          const int64_t *offsets, const tess_dims_t *to);
/* `count` of the places along one dimension: `start`, then every `step`-th;
 * the last one is a place of the tensor. */
MlirValue tess_build_every(const tess_builder_t *b, MlirValue tensor,
                           int32_t dimension, int64_t start, int64_t step,
                           int64_t count);
/* The part of size `to` with every steps[i]-th place of dimension i (linalg).
 */
MlirValue tess_build_steps(const tess_builder_t *b, MlirValue tensor,
                           const int64_t *steps, const tess_dims_t *to);
/* Tensors one after the other along one dimension. */
MlirValue tess_build_concat(const tess_builder_t *b, const MlirValue *tensors,
                            intptr_t count, int32_t dimension);
/* Every element the same (linalg): `number` is a scalar. */
MlirValue tess_build_fill(const tess_builder_t *b, MlirValue number,
                          MlirType type);

/* ---- linalg.generic. ---- */

/* Computes one element of the result from one of the operand. */
typedef MlirValue (*tess_element_fn)(const tess_builder_t *inside, MlirValue x,
                                     const void *data);

/* The same from one element of each operand. */
typedef MlirValue (*tess_elements_fn)(const tess_builder_t *inside,
                                      const MlirValue *x, const void *data);

/* An operand, and which of the result's dimensions its own are; NULL: the
 * first ones, in order. */
typedef struct tess_read {
  MlirValue tensor;
  const int32_t *dims;
} tess_read_t;

#define TESS_MAX_READS 4

/* A linalg.generic over a result of type `to`, of at most TESS_MAX_READS
 * operands. */
MlirValue tess_build_elementwise(const tess_builder_t *b,
                                 const tess_read_t *reads, int32_t count,
                                 MlirType to, tess_elements_fn element,
                                 const void *data);

/* The same of one operand: element i reads the operand's at input[i], a list of
 * the result's dimensions, one for each of the operand's. */
MlirValue tess_build_generic(const tess_builder_t *b, MlirValue tensor,
                             MlirType to, const int32_t *input,
                             tess_element_fn element, const void *data);

#endif
