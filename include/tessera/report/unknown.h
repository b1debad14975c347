/* Ops that the reader does not know: by name, with what they move. Knows no
 * MLIR. */
#ifndef TESSERA_REPORT_UNKNOWN_H
#define TESSERA_REPORT_UNKNOWN_H

#include "tessera/base/arena.h"
#include "tessera/base/text.h"
#include "tessera/ir/program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Above this share of all bytes a report is to be read with care. */
#define TESS_UNKNOWN_SHARE 0.05

typedef struct tess_unknown_op {
  const char *name; /* "shop.a" */
  int32_t count;
  double bytes;         /* operands and results of all of them */
  const char *location; /* of the first */
} tess_unknown_op_t;

typedef struct tess_unknown {
  const tess_unknown_op_t *ops; /* by falling bytes, equal ones by name */
  size_t op_count;
  int32_t count;           /* of all names */
  double bytes, all_bytes; /* theirs, and of all kernels of the program */
} tess_unknown_t;

/* The list is in the arena; names and places are the model's. */
tess_unknown_t tess_unknown_find(const tess_model_t *model,
                                 const tess_program_t *program,
                                 tess_arena_t *arena);
/* Of `bytes` in all bytes, 0 to 1. */
double tess_unknown_share(const tess_unknown_t *unknown, double bytes);
/* "3 unknown ops move 80.0% of all bytes and are counted as memory traffic
 * only: 2 x shop.a (53.3%), 1 x shop.b (26.7%)", with "; run the inline pass
 * to look into calls" where there are calls. Adds nothing without any. */
void tess_unknown_add_sentence(const tess_unknown_t *unknown, tess_text_t *out);
/* Whether the sentence is to be a warning: above TESS_UNKNOWN_SHARE. */
bool tess_unknown_matters(const tess_unknown_t *unknown);

#ifdef __cplusplus
}
#endif

#endif
