/* What integer and float ops of TOSA make of one 8-bit number, worked out for
 * all 256 of them. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_TABULATE_H
#define TESSERA_LIB_REWRITE_TABULATE_H

#include "tessera/ir/model.h"
#include <stdbool.h>

enum { TESS_TABULATE_NODES = 24 };

/* Element-wise nodes that compute one i8 value from one other. */
typedef struct tess_tabulation {
  int32_t root, leaf;                 /* a node, a value */
  int32_t node, operand;              /* one of those that read the leaf */
  int32_t nodes[TESS_TABULATE_NODES]; /* operands before their readers */
  int32_t node_count;
} tess_tabulation_t;

/* Fills `region` with the most that can be looked up in place of `root`; false
 * if that is less than two nodes, or one of its values does not fit its type
 * for one of the 256 arguments. `table[i]` belongs to i - 128. */
bool tess_tabulate(const tess_model_t *model, int32_t root,
                   tess_tabulation_t *region, signed char table[256]);

#endif
