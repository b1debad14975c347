/* Operations that move elements and compute nothing, of TOSA and tensor. */
#include "interpret.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <string.h>

/* The element of `in` at out's index[d] * stride[d] + offset[d]; -1 outside. */
static int64_t source(const tess_array_t *in, const int64_t *index,
                      const int64_t *offset, const int64_t *stride) {
  int64_t at = 0;
  for (int32_t d = 0; d < in->rank; d++) {
    int64_t i = index[d] * stride[d] + offset[d];
    if (i < 0 || i >= in->shape[d])
      return -1;
    at = at * in->shape[d] + i;
  }
  return at;
}

static const int64_t ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};

/* out[i] = in[i * stride + offset], `fill` outside (NULL: an error). */
static tess_status_t window(const tess_array_t *in, const tess_array_t *out,
                            const int64_t *offset, const int64_t *stride,
                            const tess_number_t *fill) {
  int64_t index[8] = {0};
  for (int64_t e = 0; e < out->count; e++) {
    int64_t at = source(in, index, offset, stride);
    if (at < 0 && !fill)
      return tess_error(TESS_INVALID, "a read outside a tensor");
    out->at[e] = at < 0 ? *fill : in->at[at];
    tess_next_index(out->rank, out->shape, index);
  }
  return TESS_SUCCESS;
}

static tess_status_t reshape(const tess_array_t *in, const tess_array_t *out) {
  if (in->count != out->count)
    return tess_error(TESS_INVALID, "a reshape to another size");
  memcpy(out->at, in->at, (size_t)in->count * sizeof *in->at);
  return TESS_SUCCESS;
}

static tess_status_t transpose(const tess_array_t *in, const tess_array_t *out,
                               const int64_t *perms) {
  int64_t strides[8], index[8] = {0};
  tess_array_strides(in, strides);
  for (int64_t e = 0; e < out->count; e++) {
    int64_t at = 0;
    for (int32_t d = 0; d < out->rank; d++)
      at += index[d] * strides[perms[d]];
    out->at[e] = in->at[at];
    tess_next_index(out->rank, out->shape, index);
  }
  return TESS_SUCCESS;
}

/* Puts `part` into `out` with its first element at `offset`. */
static tess_status_t insert(const tess_array_t *part, const tess_array_t *out,
                            const int64_t *offset, const int64_t *stride) {
  int64_t index[8] = {0};
  for (int64_t e = 0; e < part->count; e++) {
    int64_t at = source(out, index, offset, stride);
    if (at < 0)
      return tess_error(TESS_INVALID, "a write outside a tensor");
    out->at[at] = part->at[e];
    tess_next_index(part->rank, part->shape, index);
  }
  return TESS_SUCCESS;
}

static tess_status_t concatenate(tess_step_t *step, int64_t axis) {
  int64_t offset[8] = {0};
  for (intptr_t i = 0; i < step->in_count; i++) {
    TESS_TRY(insert(step->in[i], &step->out, offset, ones));
    offset[axis] += step->in[i]->shape[axis];
  }
  return TESS_SUCCESS;
}

static void read_list(const tess_array_t *list, int64_t *to) {
  for (int64_t i = 0; i < list->count && i < 8; i++)
    to[i] = list->at[i].whole;
}

/* ---- TOSA. ---- */

static tess_status_t tosa_pad(tess_step_t *step) {
  int64_t offset[8] = {0};
  for (int32_t d = 0; d < step->out.rank; d++)
    offset[d] = -step->in[1]->at[2 * d].whole;
  return window(step->in[0], &step->out, offset, ones, &step->in[2]->at[0]);
}

static tess_status_t tosa_slice(tess_step_t *step) {
  int64_t offset[8] = {0};
  read_list(step->in[1], offset);
  return window(step->in[0], &step->out, offset, ones, NULL);
}

static tess_status_t tosa_transpose(tess_step_t *step) {
  int64_t perms[8] = {0};
  if (tess_step_list(step, "perms", perms) != step->out.rank)
    return tess_error(TESS_UNSUPPORTED, "a transpose without a list");
  return transpose(step->in[0], &step->out, perms);
}

static tess_status_t tosa_tile(tess_step_t *step) {
  int64_t index[8] = {0};
  for (int64_t e = 0; e < step->out.count; e++) {
    int64_t at = 0;
    for (int32_t d = 0; d < step->out.rank; d++)
      at = at * step->in[0]->shape[d] + index[d] % step->in[0]->shape[d];
    step->out.at[e] = step->in[0]->at[at];
    tess_next_index(step->out.rank, step->out.shape, index);
  }
  return TESS_SUCCESS;
}

static tess_status_t tosa_reverse(tess_step_t *step) {
  int64_t offset[8] = {0}, stride[8];
  int64_t axis = tess_step_integer(step, "axis", 0);
  memcpy(stride, ones, sizeof stride);
  stride[axis] = -1;
  offset[axis] = step->out.shape[axis] - 1;
  return window(step->in[0], &step->out, offset, stride, NULL);
}

tess_status_t tess_run_tosa_movement(tess_frame_t *frame, tess_step_t *step,
                                     bool *known) {
  (void)frame;
  *known = true;
  if (strcmp(step->name, "tosa.reshape") == 0)
    return reshape(step->in[0], &step->out);
  if (strcmp(step->name, "tosa.transpose") == 0)
    return tosa_transpose(step);
  if (strcmp(step->name, "tosa.pad") == 0 && step->in_count == 3)
    return tosa_pad(step);
  if (strcmp(step->name, "tosa.slice") == 0)
    return tosa_slice(step);
  if (strcmp(step->name, "tosa.concat") == 0)
    return concatenate(step, tess_step_integer(step, "axis", 0));
  if (strcmp(step->name, "tosa.tile") == 0)
    return tosa_tile(step);
  if (strcmp(step->name, "tosa.reverse") == 0)
    return tosa_reverse(step);
  *known = false;
  return TESS_SUCCESS;
}

/* ---- tensor. ---- */

/* A list whose attribute has INT64_MIN where an operand stands instead; such
 * operands come in order from `next` on. */
static void mixed_list(const tess_step_t *step, const char *name,
                       intptr_t *next, int64_t *list) {
  int count = tess_step_list(step, name, list);
  for (int i = 0; i < count && i < 8; i++)
    if (list[i] == INT64_MIN && *next < step->in_count)
      list[i] = step->in[(*next)++]->at[0].whole;
}

static tess_status_t tensor_slice(tess_step_t *step) {
  int64_t offset[8] = {0}, size[8] = {0}, stride[8] = {0};
  intptr_t next = 1;
  mixed_list(step, "static_offsets", &next, offset);
  mixed_list(step, "static_sizes", &next, size);
  mixed_list(step, "static_strides", &next, stride);
  const tess_array_t *in = step->in[0];
  tess_array_t whole = step->out; /* before dimensions of 1 are dropped */
  whole.rank = in->rank;
  memcpy(whole.shape, size, sizeof size);
  return window(in, &whole, offset, stride, NULL);
}

static tess_status_t tensor_insert(tess_step_t *step) {
  int64_t offset[8] = {0}, size[8] = {0}, stride[8] = {0};
  intptr_t next = 2;
  mixed_list(step, "static_offsets", &next, offset);
  mixed_list(step, "static_sizes", &next, size);
  mixed_list(step, "static_strides", &next, stride);
  tess_array_t part = *step->in[0];
  part.rank = step->out.rank;
  memcpy(part.shape, size, sizeof size);
  TESS_TRY(reshape(step->in[1], &step->out));
  return insert(&part, &step->out, offset, stride);
}

/* The yielded value of a tensor.pad or tensor.generate at each index. */
static tess_status_t generate(tess_frame_t *frame, tess_step_t *step) {
  tess_body_t body;
  int64_t index[8] = {0};
  TESS_TRY(tess_body_compile(
      frame, mlirRegionGetFirstBlock(mlirOperationGetRegion(step->op, 0)),
      &body));
  for (int64_t e = 0; e < step->out.count; e++) {
    for (int32_t d = 0; d < body.argument_count; d++)
      tess_scalar_set_whole(&body.registers[d], TESS_INDEX, index[d]);
    TESS_TRY(tess_body_run(&body, index));
    step->out.at[e] = body.registers[body.yields[0]];
    tess_next_index(step->out.rank, step->out.shape, index);
  }
  return TESS_SUCCESS;
}

static tess_status_t tensor_pad(tess_frame_t *frame, tess_step_t *step) {
  int64_t low[8] = {0};
  intptr_t next = 1;
  mixed_list(step, "static_low", &next, low);
  TESS_TRY(generate(frame, step));
  int64_t index[8] = {0}, offset[8];
  for (int32_t d = 0; d < 8; d++)
    offset[d] = -low[d];
  for (int64_t e = 0; e < step->out.count; e++) {
    int64_t at = source(step->in[0], index, offset, ones);
    if (at >= 0)
      step->out.at[e] = step->in[0]->at[at];
    tess_next_index(step->out.rank, step->out.shape, index);
  }
  return TESS_SUCCESS;
}

static tess_status_t tensor_extract(tess_step_t *step) {
  int64_t index[8] = {0};
  for (intptr_t i = 1; i < step->in_count && i < 9; i++)
    index[i - 1] = step->in[i]->at[0].whole;
  static const int64_t none[8] = {0};
  int64_t at = source(step->in[0], index, none, ones);
  if (at < 0)
    return tess_error(TESS_INVALID, "a read outside a tensor");
  step->out.at[0] = step->in[0]->at[at];
  return TESS_SUCCESS;
}

static tess_status_t tensor_list(tess_step_t *step) {
  bool splat = strcmp(step->name, "tensor.splat") == 0;
  for (int64_t i = 0; i < step->out.count; i++)
    step->out.at[i] = step->in[splat ? 0 : i]->at[0];
  return TESS_SUCCESS;
}

tess_status_t tess_run_tensor(tess_frame_t *frame, tess_step_t *step,
                              bool *known) {
  *known = true;
  if (strcmp(step->name, "tensor.empty") == 0)
    return TESS_SUCCESS;
  if (strcmp(step->name, "tensor.expand_shape") == 0 ||
      strcmp(step->name, "tensor.collapse_shape") == 0 ||
      strcmp(step->name, "tensor.reshape") == 0 ||
      strcmp(step->name, "tensor.cast") == 0)
    return reshape(step->in[0], &step->out);
  if (strcmp(step->name, "tensor.pad") == 0)
    return tensor_pad(frame, step);
  if (strcmp(step->name, "tensor.generate") == 0)
    return generate(frame, step);
  if (strcmp(step->name, "tensor.extract_slice") == 0)
    return tensor_slice(step);
  if (strcmp(step->name, "tensor.insert_slice") == 0)
    return tensor_insert(step);
  if (strcmp(step->name, "tensor.concat") == 0)
    return concatenate(step, tess_step_integer(step, "dim", 0));
  if (strcmp(step->name, "tensor.extract") == 0)
    return tensor_extract(step);
  if (strcmp(step->name, "tensor.splat") == 0 ||
      strcmp(step->name, "tensor.from_elements") == 0)
    return tensor_list(step);
  *known = false;
  return TESS_SUCCESS;
}
