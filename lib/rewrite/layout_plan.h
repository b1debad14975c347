/* Which order each value of a function shall have. Only the layout rewrite
 * includes it. */
#ifndef TESSERA_LIB_REWRITE_LAYOUT_PLAN_H
#define TESSERA_LIB_REWRITE_LAYOUT_PLAN_H

#include "layout_graph.h"

typedef struct tess_layout_plan {
  tess_layout_graph_t *graph;
  bool to_last;       /* channels last, else first */
  int32_t turned;     /* convolutions that get their other name */
  double saved_bytes; /* of transposes beyond that */
  int32_t first;      /* the first op that changes, or TESS_NONE */
} tess_layout_plan_t;

/* Gives every value of the graph its order: convolutions get their channels to
 * the end or to the front, what hangs together with them follows, and
 * transposes go where that saves more than it costs. Linear in the ops. */
tess_layout_plan_t tess_layout_plan(tess_layout_graph_t *graph, bool to_last);

/* What order each slot of an op has to have, as its values are: need[s]. */
void tess_layout_needs(const tess_layout_plan_t *plan,
                       const tess_layout_op_t *op, tess_order_t *need);

/* TRANSPOSE: what is left to do from an operand in its order to the result in
 * its own; both may differ from what they were. */
tess_order_t tess_layout_left(const tess_layout_graph_t *graph,
                              const tess_layout_op_t *op);

#endif
