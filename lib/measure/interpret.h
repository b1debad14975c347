/* The interpreter's inside: values by name, and one function per group of
 * operations. Private to lib/measure. */
#ifndef TESSERA_LIB_MEASURE_INTERPRET_H
#define TESSERA_LIB_MEASURE_INTERPRET_H

#include "scalar.h"
#include <stddef.h>

typedef struct tess_frame {
  tess_arena_t *arena;
  MlirModule module;
  int depth;   /* of calls */
  bool rounds; /* every value is rounded to its type */
  struct tess_slot {
    const void *value; /* MlirValue.ptr */
    tess_array_t array;
  } * slots; /* open addressing */
  size_t slot_count, used;
} tess_frame_t;

/* What `value` is; NULL if nothing made it. */
const tess_array_t *tess_frame_get(const tess_frame_t *frame, MlirValue value);
void tess_frame_set(tess_frame_t *frame, MlirValue value,
                    const tess_array_t *array);

/* An op with what its name says, and its operands. */
typedef struct tess_step {
  MlirOperation op;
  char name[64];
  const tess_array_t **in;
  intptr_t in_count;
  tess_array_t out; /* of the first result's type, zero */
} tess_step_t;

/* Each runs the step if it is one of its group: `known` says so. The result is
 * in step->out. */
typedef tess_status_t tess_group_fn(tess_frame_t *frame, tess_step_t *step,
                                    bool *known);
tess_group_fn tess_run_constant, tess_run_elementwise, tess_run_tensor,
    tess_run_tosa_contraction, tess_run_tosa_window, tess_run_tosa_movement;

/* A structured op: several results, set in the frame. */
TESS_MUST_USE tess_status_t tess_run_structured(tess_frame_t *frame,
                                                tess_step_t *step,
                                                MlirAttribute maps);

/* ---- Bodies. ---- */

/* A block of scalar operations, compiled to registers. */
typedef struct tess_body {
  struct tess_line {
    tess_scalar_t op;
    int32_t in[4], out;
    const tess_array_t *source; /* of tensor.extract; in: its indices */
    int32_t loop;               /* of linalg.index, else -1 */
  } * lines;
  int32_t line_count;
  tess_number_t *registers; /* the block's arguments first */
  int32_t argument_count, register_count;
  int32_t *yields;
  int32_t yield_count;
  bool rounds;
} tess_body_t;

TESS_MUST_USE tess_status_t tess_body_compile(tess_frame_t *frame,
                                              MlirBlock block,
                                              tess_body_t *body);
/* Computes the yielded registers from the arguments'. */
TESS_MUST_USE tess_status_t tess_body_run(const tess_body_t *body,
                                          const int64_t *loops);

/* ---- Attributes and shapes. ---- */

MlirAttribute tess_step_attribute(const tess_step_t *step, const char *name);
int64_t tess_step_integer(const tess_step_t *step, const char *name,
                          int64_t otherwise);
/* Up to 8 elements of a dense array or dense elements attribute. */
int tess_step_list(const tess_step_t *step, const char *name, int64_t *list);
/* The element of a dense attribute. */
TESS_MUST_USE tess_status_t tess_dense_element(MlirAttribute attribute,
                                               tess_dtype_t dtype,
                                               int64_t index,
                                               tess_number_t *number);
/* Row-major strides. */
void tess_array_strides(const tess_array_t *array, int64_t *strides);
/* Advances an index within a shape; false after the last. */
bool tess_next_index(int32_t rank, const int64_t *shape, int64_t *index);

#endif
