/* The body of a function as a change of layout sees it: ops with labelled
 * dimensions, values with the order that each shall have. Only the layout
 * rewrite includes it. */
#ifndef TESSERA_LIB_REWRITE_LAYOUT_GRAPH_H
#define TESSERA_LIB_REWRITE_LAYOUT_GRAPH_H

#include "layout_ops.h"
#include "tessera/base/arena.h"

typedef struct tess_layout_value {
  MlirValue value;
  int32_t rank;
  int64_t shape[TESS_MAX_RANK];
  double bytes;       /* to move at inference; 0: computed beforehand */
  int32_t maker;      /* op of the graph, or TESS_NONE */
  bool free;          /* made anew where another order is needed */
  tess_order_t order; /* that it shall have */
  int32_t first_use, use_count; /* in graph->uses */
  tess_order_t failed;          /* tried in vain */
} tess_layout_value_t;

typedef struct tess_layout_graph {
  tess_arena_t arena;
  tess_layout_op_t *ops;
  int32_t op_count;
  tess_layout_value_t *values;
  int32_t value_count;
  int32_t *uses; /* ops that read a value, each once an operand */
  bool tosa;     /* new ops are TOSA's, else linalg's */
} tess_layout_graph_t;

/* NULL where the function has no body of one block. */
tess_layout_graph_t *tess_layout_graph_create(const tess_model_t *model);
void tess_layout_graph_destroy(tess_layout_graph_t *graph);

#endif
