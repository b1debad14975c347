/* What the steps of reading a function share while the model is being built.
 * Private to lib/ir. What the model keeps lives in its arena from the start;
 * the rest grows with malloc. */
#ifndef TESSERA_IR_READING_H
#define TESSERA_IR_READING_H

#include "expression.h"
#include "mlir-c/AffineMap.h"
#include "mlir-c/IR.h"
#include "tessera/base/hash.h"
#include "tessera/ir/reader.h"

/* What an SSA value is to the reader: a tensor, a scalar, or neither. */
typedef struct tess_slot {
  int32_t value;      /* index into values, or TESS_NONE */
  int32_t expression; /* of a scalar, or TESS_NONE */
} tess_slot_t;

/* What only the reader knows about a node. */
typedef struct tess_node_extra {
  int32_t first_expression, last_expression; /* [first, last) are its own */
  bool work_free; /* ELEMENTWISE that computes nothing: copy, broadcast */
  /* REDUCTION: what it combines, as an expression or TESS_NONE, and the
   * dimensions that it runs over and those that it keeps, as a
   * tess_maps_geometry or 0. A reduction of another one's results combines
   * what that one does, over the dimensions of both. */
  int32_t element;
  int32_t inner; /* that other one, or TESS_NONE */
  uint64_t reduced, kept;
  int32_t rank;          /* of what it combines; 0: not known */
  uint32_t marked;       /* which dimensions it runs over, bit by bit */
  bool ordered;          /* its results lie in the order of those it keeps */
  const int64_t *extent; /* of each dimension */
  int64_t terms;         /* elements that make one result */
  bool finds_place;      /* its results: the greatest element, and where */
} tess_node_extra_t;

struct tess_operation; /* operations.h */

/* A value of a type that was looked at not long ago. */
typedef struct tess_recent_type {
  const void *type; /* MlirType.ptr, NULL: none yet */
  int32_t value;
} tess_recent_type_t;

enum { TESS_RECENT_TYPES = 16 }; /* a power of two */

typedef struct tess_reading {
  tess_model_t *model;
  tess_arena_t *arena;  /* the model's */
  tess_arena_t scratch; /* what lives as long as the reading */
  MlirContext context;
  bool bare;    /* as tess_ir_read_bare says */
  bool kernels; /* as tess_ir_read_kernels says; bare as well */
  tess_index_map_t *slot_of_handle;
  tess_slot_t *slots;
  size_t slot_capacity;
  tess_index_map_t *operation_of_name; /* by MlirIdentifier */
  const struct tess_operation **operations;
  const char **operation_names;
  size_t operation_capacity, operation_name_capacity;
  const void *last_name; /* the MlirIdentifier asked for last; its index */
  size_t last_operation;
  tess_value_t *values;
  int32_t *value_expression; /* beside values; TESS_NONE: not asked yet */
  int32_t value_count;
  size_t value_capacity, value_expression_capacity;
  tess_recent_type_t recent[TESS_RECENT_TYPES]; /* by the type's address */
  tess_node_t *nodes;
  tess_node_extra_t *extras; /* beside nodes */
  int32_t node_count;
  size_t node_capacity, extra_capacity;
  tess_expressions_t expressions;
  bool counts_zeros; /* patterns.c: some expression counts leading zeros */
  int32_t tosa_nodes, linalg_nodes;
  /* roles.c, beside values: the argument or constant that a value is a view or
   * function of one operand of, or TESS_NONE. */
  int32_t *source;
  bool *constant; /* beside source: computed from constants alone */
} tess_reading_t;

/* An error at the operation's place. */
#define TESS_AT(r, op, code, ...)                                              \
  tess_reading_error((r), mlirOperationGetLocation(op), (code), __VA_ARGS__)
TESS_MUST_USE tess_status_t tess_reading_error(tess_reading_t *r,
                                               MlirLocation location,
                                               tess_code_t code,
                                               const char *format, ...)
    TESS_PRINTF(4, 5);

/* values.c */
/* Whether the type is a tensor that the reader keeps as a value. */
bool tess_reading_is_tensor(MlirType type);
/* The slot of an SSA value, new and empty if never seen. */
tess_slot_t *tess_reading_slot(tess_reading_t *r, MlirValue value);
/* The tensor behind an SSA value, or TESS_NONE. */
int32_t tess_reading_find(tess_reading_t *r, MlirValue value);
/* Adds a tensor value made by `node` (or argument `argument`). */
TESS_MUST_USE tess_status_t
tess_reading_add_value(tess_reading_t *r, MlirValue value, int32_t node,
                       int32_t argument, MlirLocation location, int32_t *index);
/* Adds a node with its tensor operands and results; its kernel has kind
 * `kernel`, element types and out_elements. */
TESS_MUST_USE tess_status_t tess_reading_add_node(tess_reading_t *r,
                                                  MlirOperation op,
                                                  tess_node_kind_t kind,
                                                  tess_kernel_kind_t kernel,
                                                  int32_t *index);
/* The expression of a tensor's element: what computes it, else a leaf. */
int32_t tess_reading_expression(tess_reading_t *r, int32_t value);
/* The same as an operand of an op with `elements` results: broadcast where it
 * has fewer. */
int32_t tess_reading_operand_expression(tess_reading_t *r, int32_t value,
                                        int64_t elements);
/* Names `expression` as what computes result `output` of `node`, and closes
 * the node's range of expressions. */
void tess_reading_set_result(tess_reading_t *r, int32_t node, int32_t output,
                             int32_t expression);
/* Adds the cost of the node's live expressions, `times` each, to its kernel.
 */
TESS_MUST_USE tess_status_t tess_reading_count(tess_reading_t *r, int32_t node,
                                               const int32_t *results,
                                               int32_t result_count,
                                               int64_t times);

/* attributes.c */
MlirAttribute tess_attribute(MlirOperation op, const char *name);
/* Elements of an array of integers in any of MLIR's forms; returns how many
 * there are and stores up to `capacity`; -1 if it is no such array. */
int64_t tess_attribute_integers(MlirAttribute attribute, int64_t *out,
                                int64_t capacity);
/* The value of a scalar or splat constant attribute. */
bool tess_attribute_number(MlirAttribute attribute, double *number);

/* Multiplies *total by `factor`; an error at `op` when it does not fit. */
TESS_MUST_USE tess_status_t tess_reading_multiply(tess_reading_t *r,
                                                  MlirOperation op,
                                                  int64_t *total,
                                                  int64_t factor);

/* structured.c: any linalg op with indexing maps and a body. */
TESS_MUST_USE tess_status_t
tess_read_structured(tess_reading_t *r, MlirOperation op,
                     const struct tess_operation *operation);
/* scalars.c: one scalar op, in a body or between constants. */
TESS_MUST_USE tess_status_t tess_read_scalar(tess_reading_t *r,
                                             MlirOperation op, int32_t node);

/* The steps after all nodes are read, in this order; the last two not for a
 * bare model, the last three not for its kernels alone. */
void tess_reading_find_places(tess_reading_t *r);   /* reductions.c */
void tess_reading_find_roles(tess_reading_t *r);    /* roles.c */
void tess_reading_find_chains(tess_reading_t *r);   /* chains.c */
void tess_reading_find_patterns(tess_reading_t *r); /* patterns.c */
void tess_reading_find_blocks(tess_reading_t *r);   /* blocks.c */

#endif
