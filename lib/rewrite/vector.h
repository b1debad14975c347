/* One number for each channel, as prepared ops compute them: f32 tensors of
 * rank 1, or a number that is the same for all. Only this folder.
 *
 * Where the builder is NULL nothing is built: the calls only tell what could
 * be, and which results are numbers. */
#ifndef TESSERA_LIB_REWRITE_VECTOR_H
#define TESSERA_LIB_REWRITE_VECTOR_H

#include "build.h"

typedef struct tess_vector {
  bool is_number;
  double number;
  MlirValue tensor; /* else; null where nothing was built */
  /* It comes from more than a number that stands for all channels. */
  bool wide;
} tess_vector_t;

typedef enum tess_channels_op {
  TESS_CHANNELS_ADD,
  TESS_CHANNELS_SUB,
  TESS_CHANNELS_MUL,
  TESS_CHANNELS_DIVIDE, /* linalg only, as what follows */
  TESS_CHANNELS_NEGATE,
  TESS_CHANNELS_SQUARE_ROOT,
  TESS_CHANNELS_INVERSE_ROOT,
} tess_channels_op_t;

tess_vector_t tess_vector_number(double number);

bool tess_vector_is(const tess_vector_t *x, double number);

/* `count` channels. y is not looked at where the op takes one operand. */
tess_vector_t tess_vector_apply(const tess_builder_t *b, tess_channels_op_t op,
                                tess_vector_t x, tess_vector_t y,
                                int64_t count);

/* What a tensor of f32, f16 or bf16 has for each of `count` places along
 * `axis` (-1: none), if it is the same everywhere else: a constant, a vector
 * with further dimensions of size 1, or that broadcast; false otherwise. */
bool tess_vector_of(const tess_builder_t *b, MlirValue tensor, int32_t axis,
                    int64_t count, tess_vector_t *x);

/* As a tensor of `count` elements of the type. */
MlirValue tess_vector_tensor(const tess_builder_t *b, tess_vector_t x,
                             int64_t count, MlirType element);

/* A tensor with elements of another floating-point type; itself if it has them.
 */
MlirValue tess_vector_cast(const tess_builder_t *b, MlirValue tensor,
                           MlirType element);

/* The tensor times the vector, whose elements are numbered through the
 * dimensions `axes` of the tensor in this order. */
MlirValue tess_vector_scale(const tess_builder_t *b, MlirValue tensor,
                            MlirValue vector, const int32_t *axes,
                            int32_t axis_count);

/* The tensor plus the vector, alike. */
MlirValue tess_vector_shift(const tess_builder_t *b, MlirValue tensor,
                            MlirValue vector, const int32_t *axes,
                            int32_t axis_count);

/* tensor * scale + shift, in as few ops as there are for it. */
MlirValue tess_vector_affine(const tess_builder_t *b, MlirValue tensor,
                             MlirValue scale, MlirValue shift, int32_t axis);

/* Spreads `vector`, whose elements are numbered through the dimensions `axes`
 * of `to` in this order, over a tensor of that shape (linalg), or over one that
 * broadcasts to it (TOSA, where the axes are neighbours in order). */
MlirValue tess_vector_spread(const tess_builder_t *b, MlirValue vector,
                             const tess_dims_t *to, const int32_t *axes,
                             int32_t axis_count);

#endif
