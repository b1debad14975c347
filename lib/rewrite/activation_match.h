/* Chains that compute a function of one tensor, element by element, as rules of
 * activations ask for them. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_ACTIVATION_MATCH_H
#define TESSERA_LIB_REWRITE_ACTIVATION_MATCH_H

#include "tessera/ir/model.h"

/* An operand of the chain through which it reads its input: a chain's input is
 * named behind reshapes, the function works on what it sees of it. */
typedef struct tess_activation {
  int32_t anchor; /* the node that makes the chain's output */
  int32_t node, operand, value;
} tess_activation_t;

/* Whether the chain works at inference, on f32, f16 or bf16, and its result has
 * the type and shape of what it reads; fills `activation`. */
bool tess_activation_match(const tess_model_t *model, const tess_chain_t *chain,
                           tess_activation_t *activation);

/* The chain that node `anchor` ends, if it matches; NULL otherwise. */
const tess_chain_t *tess_activation_at(const tess_model_t *model,
                                       int32_t anchor,
                                       tess_activation_t *activation);

#endif
