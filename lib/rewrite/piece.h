/* A piece: a small module with one function, cut out of a model, that is
 * rewritten and read again. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_PIECE_H
#define TESSERA_LIB_REWRITE_PIECE_H

#include "mlir-c/IR.h"
#include "tessera/cost/cost.h"
#include "tessera/ir/program.h"

typedef struct tess_piece {
  MlirModule module;
  tess_model_t *model; /* its reading; NULL: not read since it changed */
} tess_piece_t;

/* Reads the piece where it is not. */
TESS_MUST_USE tess_status_t tess_piece_read(tess_piece_t *piece);
/* A copy of a piece that was read. Its model borrows from the piece's. */
tess_piece_t tess_piece_clone(const tess_piece_t *piece);
/* Forgets the reading, after a change. */
void tess_piece_changed(tess_piece_t *piece);
void tess_piece_destroy(tess_piece_t *piece);

/* What kernels cost together. */
typedef struct tess_piece_cost {
  double latency_ns;
  int32_t infeasible; /* kernels that the target cannot run */
} tess_piece_cost_t;

/* A time as a multiple of 2^-20 ns, as all that follow are sums of. */
double tess_piece_on_grid(double ns);
/* Of some kernels of a program; NULL: of the first `count`. */
tess_piece_cost_t tess_kernels_cost(const tess_program_t *program,
                                    const int32_t *kernels, int32_t count,
                                    tess_cost_memo_t *memo);
/* Whether a piece alone costs what its kernels cost inside the whole. */
bool tess_piece_agrees(tess_piece_cost_t alone, tess_piece_cost_t inside);

/* Of all kernels of a piece. One that is not read stays so: what is read for
 * costs alone is less than what rules need. */
TESS_MUST_USE tess_status_t tess_piece_cost(tess_piece_t *piece,
                                            const tess_fusion_rules_t *fusion,
                                            tess_cost_memo_t *memo,
                                            tess_piece_cost_t *cost);

#endif
