/* Template text for reshapes, transposes, pads and slices. */
#include "emit.h"
#include "edit.h"
#include "match.h"

void tess_emit_type(tess_emit_t *emit, const tess_dims_t *dims) {
  tess_edit_add_type(&emit->body, dims->at, dims->rank, emit->like);
}

/* Defines %<result>.<part>, a constant shape. */
static void tosa_shape(tess_emit_t *emit, const char *result, const char *part,
                       const int64_t *values, int32_t count) {
  tess_text_add(&emit->body, "%%%s.%s = tosa.const_shape {values = dense<[",
                result, part);
  tess_match_add_list(&emit->body, values, count);
  tess_text_add(&emit->body, "]> : tensor<%dxindex>} : () -> !tosa.shape<%d>\n",
                (int)count, (int)count);
}

/* ": (FROM<rest>) -> TO". */
static void tosa_signature(tess_emit_t *emit, const tess_dims_t *from,
                           const char *rest, const tess_dims_t *to) {
  tess_text_add(&emit->body, " : (");
  tess_emit_type(emit, from);
  tess_text_add(&emit->body, "%s) -> ", rest);
  tess_emit_type(emit, to);
  tess_text_add(&emit->body, "\n");
}

static void tosa_reshape(tess_emit_t *emit, const char *result,
                         const char *operand, const tess_dims_t *from,
                         const tess_dims_t *to) {
  tess_text_t rest = TESS_TEXT_INIT;
  tess_text_add(&rest, ", !tosa.shape<%d>", (int)to->rank);
  tosa_shape(emit, result, "shape", to->at, to->rank);
  tess_text_add(&emit->body, "%%%s = tosa.reshape %%%s, %%%s.shape", result,
                operand, result);
  tosa_signature(emit, from, tess_text_get(&rest), to);
  tess_text_free(&rest);
}

/* "[[0], [1, 2], …]": which dimensions of `fine` make up each of `coarse`. */
static void add_reassociation(tess_text_t *body, const tess_dims_t *coarse,
                              const tess_dims_t *fine) {
  int32_t next = 0;
  tess_text_add(body, "[");
  for (int32_t i = 0; i < coarse->rank; i++) {
    int64_t product = 1;
    tess_text_add(body, "%s[", i ? ", " : "");
    for (bool first = true;
         next < fine->rank &&
         (first || product < coarse->at[i] || i == coarse->rank - 1);
         first = false) {
      tess_text_add(body, "%s%d", first ? "" : ", ", (int)next);
      product *= fine->at[next++];
    }
    tess_text_add(body, "]");
  }
  tess_text_add(body, "]");
}

static void tensor_reshape(tess_emit_t *emit, const char *result,
                           const char *operand, const tess_dims_t *from,
                           const tess_dims_t *to) {
  bool expand = to->rank > from->rank;
  tess_text_add(&emit->body, "%%%s = tensor.%s_shape %%%s ", result,
                expand ? "expand" : "collapse", operand);
  add_reassociation(&emit->body, expand ? from : to, expand ? to : from);
  if (expand) {
    tess_text_add(&emit->body, " output_shape [");
    tess_match_add_list(&emit->body, to->at, to->rank);
    tess_text_add(&emit->body, "]");
  }
  tess_text_add(&emit->body, " : ");
  tess_emit_type(emit, from);
  tess_text_add(&emit->body, " into ");
  tess_emit_type(emit, to);
  tess_text_add(&emit->body, "\n");
}

void tess_emit_reshape(tess_emit_t *emit, const char *result,
                       const char *operand, const tess_dims_t *from,
                       const tess_dims_t *to) {
  if (emit->tosa)
    tosa_reshape(emit, result, operand, from, to);
  else
    tensor_reshape(emit, result, operand, from, to);
}

tess_dims_t tess_emit_transpose(tess_emit_t *emit, const char *result,
                                const char *operand, const tess_dims_t *from,
                                const int32_t *perm) {
  tess_dims_t to = {.rank = from->rank};
  int64_t order[TESS_MAX_RANK];
  for (int32_t i = 0; i < to.rank; i++) {
    to.at[i] = from->at[perm[i]];
    order[i] = perm[i];
  }
  if (emit->tosa) {
    tess_text_add(&emit->body,
                  "%%%s = tosa.transpose %%%s {perms = array<i32: ", result,
                  operand);
    tess_match_add_list(&emit->body, order, to.rank);
    tess_text_add(&emit->body, ">}");
    tosa_signature(emit, from, "", &to);
    return to;
  }
  tess_text_add(&emit->body, "%%%s.init = tensor.empty() : ", result);
  tess_emit_type(emit, &to);
  tess_text_add(&emit->body, "\n%%%s = linalg.transpose ins(%%%s : ", result,
                operand);
  tess_emit_type(emit, from);
  tess_text_add(&emit->body, ") outs(%%%s.init : ", result);
  tess_emit_type(emit, &to);
  tess_text_add(&emit->body, ") permutation = [");
  tess_match_add_list(&emit->body, order, to.rank);
  tess_text_add(&emit->body, "]\n");
  return to;
}

static void tosa_pad(tess_emit_t *emit, const char *result, const char *operand,
                     const tess_dims_t *from, const tess_dims_t *to,
                     const int64_t *low, const int64_t *high) {
  int64_t pairs[2 * TESS_MAX_RANK];
  for (int32_t i = 0; i < from->rank; i++) {
    pairs[2 * i] = low[i];
    pairs[2 * i + 1] = high[i];
  }
  const tess_dims_t one = {1, {1}};
  tosa_shape(emit, result, "amount", pairs, 2 * from->rank);
  tess_text_add(
      &emit->body,
      "%%%s.zero = \"tosa.const\"() <{values = dense<0.0> : ", result);
  tess_emit_type(emit, &one);
  tess_text_add(&emit->body, "}> : () -> ");
  tess_emit_type(emit, &one);
  tess_text_add(&emit->body, "\n%%%s = tosa.pad %%%s, %%%s.amount, %%%s.zero",
                result, operand, result, result);
  tess_text_t rest = TESS_TEXT_INIT;
  tess_text_add(&rest, ", !tosa.shape<%d>, ", (int)(2 * from->rank));
  tess_edit_add_type(&rest, one.at, 1, emit->like);
  tosa_signature(emit, from, tess_text_get(&rest), to);
  tess_text_free(&rest);
}

static void tensor_pad(tess_emit_t *emit, const char *result,
                       const char *operand, const tess_dims_t *from,
                       const tess_dims_t *to, const int64_t *low,
                       const int64_t *high) {
  tess_text_t *body = &emit->body;
  tess_text_add(body, "%%%s.zero = arith.constant 0.0 : ", result);
  tess_edit_add_element(body, emit->like);
  tess_text_add(body, "\n%%%s = tensor.pad %%%s low[", result, operand);
  tess_match_add_list(body, low, from->rank);
  tess_text_add(body, "] high[");
  tess_match_add_list(body, high, from->rank);
  tess_text_add(body, "] {\n^bb0(");
  for (int32_t i = 0; i < from->rank; i++)
    tess_text_add(body, "%s%%i%d: index", i ? ", " : "", (int)i);
  tess_text_add(body, "):\ntensor.yield %%%s.zero : ", result);
  tess_edit_add_element(body, emit->like);
  tess_text_add(body, "\n} : ");
  tess_emit_type(emit, from);
  tess_text_add(body, " to ");
  tess_emit_type(emit, to);
  tess_text_add(body, "\n");
}

tess_dims_t tess_emit_pad(tess_emit_t *emit, const char *result,
                          const char *operand, const tess_dims_t *from,
                          const int64_t *low, const int64_t *high) {
  tess_dims_t to = {.rank = from->rank};
  for (int32_t i = 0; i < to.rank; i++)
    to.at[i] = from->at[i] + low[i] + high[i];
  (emit->tosa ? tosa_pad : tensor_pad)(emit, result, operand, from, &to, low,
                                       high);
  return to;
}

void tess_emit_slice(tess_emit_t *emit, const char *result, const char *operand,
                     const tess_dims_t *from, const tess_dims_t *to) {
  const int64_t zeros[TESS_MAX_RANK] = {0};
  const int64_t ones[TESS_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
  tess_text_t *body = &emit->body;
  if (emit->tosa) {
    tess_text_t rest = TESS_TEXT_INIT;
    tosa_shape(emit, result, "start", zeros, from->rank);
    tosa_shape(emit, result, "size", to->at, to->rank);
    tess_text_add(body, "%%%s = tosa.slice %%%s, %%%s.start, %%%s.size", result,
                  operand, result, result);
    tess_text_add(&rest, ", !tosa.shape<%d>, !tosa.shape<%d>", (int)from->rank,
                  (int)from->rank);
    tosa_signature(emit, from, tess_text_get(&rest), to);
    tess_text_free(&rest);
    return;
  }
  tess_text_add(body, "%%%s = tensor.extract_slice %%%s[", result, operand);
  tess_match_add_list(body, zeros, from->rank);
  tess_text_add(body, "] [");
  tess_match_add_list(body, to->at, to->rank);
  tess_text_add(body, "] [");
  tess_match_add_list(body, ones, from->rank);
  tess_text_add(body, "] : ");
  tess_emit_type(emit, from);
  tess_text_add(body, " to ");
  tess_emit_type(emit, to);
  tess_text_add(body, "\n");
}
