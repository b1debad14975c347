/* What a change of layout has to know of an op: which dimensions of its
 * operands and results go together. Only the layout rewrite includes it. */
#ifndef TESSERA_LIB_REWRITE_LAYOUT_OPS_H
#define TESSERA_LIB_REWRITE_LAYOUT_OPS_H

#include "layout_order.h"
#include "mlir-c/IR.h"

/* What may happen to an op. */
typedef enum tess_layout_kind {
  TESS_LAYOUT_OP_FIXED,     /* works in its own layout alone */
  TESS_LAYOUT_OP_FREE,      /* empty, fill, splat: made anew in any layout */
  TESS_LAYOUT_OP_POINTWISE, /* all tensors alike, no attribute to change */
  TESS_LAYOUT_OP_AXIS,      /* ... but one dimension is named */
  TESS_LAYOUT_OP_AMOUNTS,   /* ... but numbers for each dimension */
  TESS_LAYOUT_OP_GENERIC,
  TESS_LAYOUT_OP_REDUCE,
  TESS_LAYOUT_OP_BROADCAST,
  TESS_LAYOUT_OP_TRANSPOSE,
  TESS_LAYOUT_OP_RESHAPE,
  TESS_LAYOUT_OP_SPATIAL, /* a named convolution or pooling */
} tess_layout_kind_t;

/* The other name of a convolution or pooling, and what becomes of its
 * operands. */
typedef struct tess_layout_twin {
  const char *first, *last; /* with the channels first, last */
  int32_t rank;             /* of the data */
  int32_t data[5];          /* `last` from `first` */
  int32_t filter_rank;      /* 0: stays (the window of a pooling) */
  int32_t filter[5];
  bool one_way; /* `first` is also the twin of another */
} tess_layout_twin_t;

/* Labels name what dimensions stand for: loops of a linalg.generic, pieces of a
 * reshape. Dimension i has the labels first[i] … first[i] + count[i] - 1. */
#define TESS_LAYOUT_MAX_LABELS 24
typedef struct tess_layout_slot {
  MlirValue value;
  int32_t operand; /* its number; TESS_NONE: a result */
  int32_t number;  /* of the result */
  int32_t rank;
  bool init; /* the operand that a result starts from: lies as it does */
  int8_t first[TESS_MAX_RANK], count[TESS_MAX_RANK];
  int32_t index; /* of the value in the graph */
} tess_layout_slot_t;

typedef struct tess_layout_op {
  MlirOperation op;
  int32_t kind; /* tess_layout_kind_t */
  int32_t labels;
  tess_layout_slot_t *slots;      /* operands, then results; tensors alone */
  int32_t slot_count, results;    /* of them, how many are results */
  int32_t lead;                   /* the slot whose order the others follow */
  tess_order_t turned;            /* TRANSPOSE: result from operand */
  const tess_layout_twin_t *twin; /* SPATIAL */
  bool channels_first;            /* SPATIAL: as it is */
  bool parallel;                  /* GENERIC: no reduction */
  const char *axis;               /* AXIS: the attribute */
} tess_layout_op_t;

/* Describes an op of a function's body. `op->slots` are filled with what the
 * caller found, values and numbers alone; this sets kind, labels and lead. */
void tess_layout_describe(tess_layout_op_t *op);

/* Whether an op of this name with its channels first can get them last. */
bool tess_layout_has_twin(const char *name);

/* ---- Questions about IR that the change asks, too. ---- */

bool tess_layout_is(MlirOperation op, const char *name);
bool tess_layout_is_dialect(MlirOperation op, const char *prefix);
/* The shape of a tensor of static shape without encoding, or false. */
bool tess_layout_shape(MlirValue value, int64_t *shape, int32_t *rank);
/* The integers of a dense attribute or array; -1 where it is none, or more. */
int32_t tess_layout_integers(MlirAttribute attribute, int64_t *out,
                             int32_t capacity);
MlirAttribute tess_layout_attribute(MlirOperation op, const char *name);
/* The numbers of a tosa.const_shape; -1 where the value is none. */
int32_t tess_layout_shape_constant(MlirValue value, int64_t *out,
                                   int32_t capacity);

#endif
