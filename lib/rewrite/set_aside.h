/* Leaving out what cannot pay, before anything is applied. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_SET_ASIDE_H
#define TESSERA_LIB_REWRITE_SET_ASIDE_H

#include "tessera/cost/cost.h"
#include "tessera/ir/program.h"
#include "tessera/rewrite/space.h"

/* Takes the alternatives out of the space's sites whose own contraction alone
 * takes longer than all kernels of their group as they are, and sites that are
 * left with nothing but "keep"; counts and lists them in the space. */
void tess_set_aside_slow(const tess_program_t *program, tess_cost_memo_t *costs,
                         tess_space_t *space);

#endif
