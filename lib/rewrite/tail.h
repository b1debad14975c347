/* What follows a convolution or product and only scales and shifts its
 * channels: norms at inference, biases, factors. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_TAIL_H
#define TESSERA_LIB_REWRITE_TAIL_H

#include "affine.h"
#include "tessera/ir/model.h"

#define TESS_TAIL_NODES 24

typedef struct tess_tail {
  bool tosa;
  int32_t conv;                /* the node of the convolution or product */
  intptr_t filter, start;      /* its operands; start: bias or accumulator */
  int32_t axes[2], axis_count; /* of its result: channels, in order */
  int32_t filter_axes[2], filter_axis_count; /* of the filter: the same */
  int64_t channels;
  int32_t nodes[TESS_TAIL_NODES + 1]; /* conv first, then the tail's in order */
  int32_t node_count;
  int32_t end; /* the value that the tail makes */
  /* The accumulator has 16 bits. It would round its start with every product
   * that it adds, so that stays as it is, and the shift an addition behind it.
   */
  bool narrow;
  bool scales; /* multiplies by something */
} tess_tail_t;

/* The tail of a contraction of floats with weights, at least one op long and
 * ending with one that has a number for each channel. Everything in it is read
 * by the next op alone. False where there is none, or the accumulator cannot
 * take the shift. */
bool tess_tail_match(const tess_model_t *model, int32_t conv,
                     tess_tail_t *tail);

/* Puts the tail into the filter and the bias or accumulator. */
void tess_tail_fold(const tess_model_t *model, const tess_tail_t *tail);

/* Whether scaling the filter is little beside the work that it saves: it is a
 * constant, or has no more elements than the result. Compilers that get
 * weights as arguments scale them again in every run. */
bool tess_tail_is_cheap(const tess_model_t *model, const tess_tail_t *tail);

/* Whether the tail is longer than one scale and one shift of f32 numbers. */
bool tess_tail_can_join(const tess_model_t *model, const tess_tail_t *tail);

/* Makes the tail one scale and one shift, and leaves the filter alone. */
void tess_tail_join(const tess_model_t *model, const tess_tail_t *tail);

#endif
