/* Functions of one argument as postfix text, "x 2 * tanh": written as a module
 * in either dialect and any type, run on this CPU, and computed apart from both
 * in double. For tests of rewrites of activations. */
#ifndef TESSERA_TEST_UNIT_REWRITE_CURVE_SOURCE_H
#define TESSERA_TEST_UNIT_REWRITE_CURVE_SOURCE_H

#include "../load.h"
#include "tessera/base/dtype.h"
#include "tessera/codegen/jit.h"
#include "tessera/flow/flow.h"
#include "tessera/rewrite/rewrite.h"
#include <stdint.h>

#define CURVE_SIGMOID "x sigmoid"
#define CURVE_SWISH "x x sigmoid *"
#define CURVE_HARD_SIGMOID "x 3 + 0 max 6 min 0.16666666666666666 *"
#define CURVE_HARD_SWISH "x x 3 + 0 max 6 min * 0.16666666666666666 *"
#define CURVE_RELU "x 0 max"
#define CURVE_RELU6 "x 0 max 6 min"
#define CURVE_TANH "x tanh"
#define CURVE_ERF "x erf"
#define CURVE_EXP "x exp"
#define CURVE_SOFTPLUS "x exp 1 + log"
#define CURVE_GELU "x 0.7071067811865476 * erf 1 + x * 0.5 *"
#define CURVE_GELU_TANH                                                        \
  "x x * x * 0.044715 * x + 0.7978845608028654 * tanh 1 + x * 0.5 *"
#define CURVE_QUICK_GELU "x x 1.702 * sigmoid *"

/* The set of one rewrite. */
static inline tess_rewrite_set_t curve_rewrites(const char *name) {
  tess_rewrite_set_t set = 0;
  CHECK_OK(tess_rewrites_parse(name, TESS_ALL_REWRITES, &set));
  return set;
}

/* ---- In double. ---- */

static inline double curve_unary(const char *name, double x) {
  if (!strcmp(name, "sigmoid"))
    return 1 / (1 + exp(-x));
  if (!strcmp(name, "exp"))
    return exp(x);
  if (!strcmp(name, "tanh"))
    return tanh(x);
  return strcmp(name, "erf") ? log(x) : erf(x);
}

static inline double curve_binary(const char *name, double x, double y) {
  switch (*name) {
  case '+':
    return x + y;
  case '*':
    return x * y;
  default:
    return strcmp(name, "max") ? fmin(x, y) : fmax(x, y);
  }
}

static inline bool curve_is_binary(const char *word) {
  return !strcmp(word, "+") || !strcmp(word, "*") || !strcmp(word, "max") ||
         !strcmp(word, "min");
}

static inline bool curve_is_number(const char *word) {
  return (*word >= '0' && *word <= '9') || (*word == '-' && word[1]);
}

/* Copies the next word; false at the end. */
static inline bool curve_next(const char **text, char word[32]) {
  int length;
  if (sscanf(*text, " %31s%n", word, &length) != 1)
    return false;
  *text += length;
  return true;
}

static inline double curve_value(const char *curve, double x) {
  double stack[16];
  int top = 0;
  char word[32];
  while (curve_next(&curve, word)) {
    if (!strcmp(word, "x")) {
      stack[top++] = x;
    } else if (curve_is_number(word)) {
      stack[top++] = strtod(word, NULL);
    } else if (curve_is_binary(word)) {
      top--;
      stack[top - 1] = curve_binary(word, stack[top - 1], stack[top]);
    } else {
      stack[top - 1] = curve_unary(word, stack[top - 1]);
    }
  }
  return stack[0];
}

/* ---- As a module. ---- */

typedef struct curve_writer {
  tess_text_t *out;
  const char *type, *tensor; /* of the arithmetic */
  int next;
} curve_writer_t;

static inline int curve_tosa(curve_writer_t *w, const char *word, int a,
                             int b) {
  const char *type = w->type, *tensor = w->tensor;
  tess_text_t *out = w->out;
  int r = w->next++;
  if (curve_is_number(word))
    tess_text_add(out,
                  "  %%v%d = \"tosa.const\"() <{values = dense<%.17e> : "
                  "tensor<1x1x%s>}> : () -> tensor<1x1x%s>\n",
                  r, strtod(word, NULL), type, type);
  else if (!strcmp(word, "*"))
    tess_text_add(out,
                  "  %%v%d = \"tosa.mul\"(%%v%d, %%v%d, %%s) : (%s, @, "
                  "tensor<1xi8>) -> %s\n",
                  r, a, b, tensor, tensor);
  else if (curve_is_binary(word))
    tess_text_add(out, "  %%v%d = \"tosa.%s\"(%%v%d, %%v%d) : (%s, @) -> %s\n",
                  r,
                  *word == '+'          ? "add"
                  : strcmp(word, "max") ? "minimum"
                                        : "maximum",
                  a, b, tensor, tensor);
  else
    tess_text_add(out, "  %%v%d = \"tosa.%s\"(%%v%d) : (%s) -> %s\n", r, word,
                  a, tensor, tensor);
  return r;
}

static inline int curve_arith(curve_writer_t *w, const char *word, int a,
                              int b) {
  const char *type = w->type;
  tess_text_t *out = w->out;
  if (!strcmp(word, "sigmoid")) {
    int n = w->next;
    w->next += 5;
    tess_text_add(out,
                  "    %%v%d = arith.negf %%v%d : %s\n"
                  "    %%v%d = math.exp %%v%d : %s\n"
                  "    %%v%d = arith.constant 1.0 : %s\n"
                  "    %%v%d = arith.addf %%v%d, %%v%d : %s\n"
                  "    %%v%d = arith.divf %%v%d, %%v%d : %s\n",
                  n, a, type, n + 1, n, type, n + 2, type, n + 3, n + 1, n + 2,
                  type, n + 4, n + 2, n + 3, type);
    return n + 4;
  }
  int r = w->next++;
  if (curve_is_number(word))
    tess_text_add(out, "    %%v%d = arith.constant %.17e : %s\n", r,
                  strtod(word, NULL), type);
  else if (curve_is_binary(word))
    tess_text_add(out, "    %%v%d = arith.%s %%v%d, %%v%d : %s\n", r,
                  *word == '+'          ? "addf"
                  : *word == '*'        ? "mulf"
                  : strcmp(word, "max") ? "minimumf"
                                        : "maximumf",
                  a, b, type);
  else
    tess_text_add(out, "    %%v%d = math.%s %%v%d : %s\n", r, word, a, type);
  return r;
}

/* Writes the ops; value 0 is x. Returns the result's number. */
static inline int curve_ops(curve_writer_t *w, const char *curve, bool tosa) {
  int stack[16], top = 0;
  char word[32];
  w->next = 1;
  while (curve_next(&curve, word)) {
    if (!strcmp(word, "x")) {
      stack[top++] = 0;
    } else if (curve_is_number(word)) {
      stack[top++] = (tosa ? curve_tosa : curve_arith)(w, word, 0, 0);
    } else {
      top -= curve_is_binary(word);
      stack[top - 1] = (tosa ? curve_tosa : curve_arith)(
          w, word, stack[top - 1], stack[top]);
    }
  }
  return stack[0];
}

/* In TOSA an operand that is a number has a type of its own. */
static inline void curve_fix_types(const char *raw, const char *tensor,
                                   const char *type, tess_text_t *out) {
  bool number[64] = {false};
  for (const char *line = raw; *line;) {
    const char *end = strchr(line, '\n') + 1;
    int r = 0, a = 0, b = 0;
    char name[32] = "";
    if (sscanf(line, " %%v%d = \"%31[^\"]\"(%%v%d, %%v%d", &r, name, &a, &b) >=
        2)
      number[r] = !strcmp(name, "tosa.const");
    for (const char *c = line; c < end; c++)
      if (*c != '@')
        tess_text_add_n(out, c, 1);
      else if (number[b])
        tess_text_add(out, "tensor<1x1x%s>", type);
      else
        tess_text_add(out, "%s", tensor);
    line = end;
  }
}

/* A function @f of a rows x columns tensor. In linalg, 16-bit floats are
 * computed on in f32 if `wide`, as PyTorch's exports do. */
static inline void curve_source(const char *curve, bool tosa, const char *type,
                                bool wide, int rows, int columns,
                                tess_text_t *out) {
  char tensor[64];
  snprintf(tensor, sizeof tensor, "tensor<%dx%dx%s>", rows, columns, type);
  bool casts = wide && !tosa && strcmp(type, "f32");
  tess_text_t body = TESS_TEXT_INIT;
  curve_writer_t w = {
      .out = &body, .type = casts ? "f32" : type, .tensor = tensor};
  int result = curve_ops(&w, curve, tosa);
  if (tosa) {
    tess_text_add(out,
                  "func.func @f(%%v0: %s) -> %s {\n  %%s = \"tosa.const\"() "
                  "<{values = dense<0> : tensor<1xi8>}> : () -> "
                  "tensor<1xi8>\n",
                  tensor, tensor);
    curve_fix_types(tess_text_get(&body), tensor, type, out);
    tess_text_add(out, "  return %%v%d : %s\n}\n", result, tensor);
  } else {
    tess_text_add(
        out,
        "func.func @f(%%x: %s) -> %s {\n  %%e = tensor.empty() : %s\n"
        "  %%r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, "
        "j)>, affine_map<(i, j) -> (i, j)>], iterator_types = [\"parallel\", "
        "\"parallel\"]} ins(%%x : %s) outs(%%e : %s) {\n",
        tensor, tensor, tensor, tensor, tensor);
    tess_text_add(out,
                  casts ? "  ^bb0(%%n: %s, %%o: %s):\n    %%v0 = "
                          "arith.extf %%n : %s to f32\n"
                        : "  ^bb0(%%v0: %s, %%o: %s):\n",
                  type, type, type);
    tess_text_add(out, "%s", tess_text_get(&body));
    if (casts)
      tess_text_add(out, "    %%w = arith.truncf %%v%d : f32 to %s\n", result,
                    type);
    if (casts)
      tess_text_add(out, "    linalg.yield %%w : %s\n", type);
    else
      tess_text_add(out, "    linalg.yield %%v%d : %s\n", result, type);
    tess_text_add(out, "  } -> %s\n  return %%r : %s\n}\n", tensor, tensor);
  }
  tess_text_free(&body);
}

/* ---- Numbers of 16 bits. ---- */

static inline float curve_from_bits(uint32_t bits) {
  float number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static inline double curve_widen(const char *type, uint16_t bits) {
  if (!strcmp(type, "bf16"))
    return (double)curve_from_bits((uint32_t)bits << 16);
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double number = exponent == 31 ? (fraction ? NAN : INFINITY)
                  : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                 : ldexp(fraction, -24);
  return bits >> 15 ? -number : number;
}

/* Of a number that the type has, 0 or normal. */
static inline uint16_t curve_narrow(const char *type, float number) {
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  if (!strcmp(type, "bf16"))
    return (uint16_t)(bits >> 16);
  uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7FFFFFFF;
  return (uint16_t)(sign | (rest ? (rest >> 13) - (112 << 10) : 0));
}

/* Runs @f once on memory of the caller. */
static inline void curve_run(MlirModule module, void *in, void *out) {
  tess_jit_t *jit = NULL;
  CHECK_OK(tess_jit_create(module, "f", &jit));
  if (!jit)
    return;
  tess_tensor_t input = *tess_jit_input(jit, 0);
  tess_tensor_t output = *tess_jit_output(jit, 0);
  input.data = in;
  output.data = out;
  CHECK_OK(tess_jit_run(jit, &input, &output));
  tess_jit_destroy(jit);
}

/* Parses a curve's module. */
static inline MlirModule curve_module(MlirContext context, const char *curve,
                                      bool tosa, const char *type, bool wide,
                                      int rows, int columns) {
  tess_text_t source = TESS_TEXT_INIT;
  curve_source(curve, tosa, type, wide, rows, columns, &source);
  MlirModule module = tess_load_text(context, tess_text_get(&source));
  tess_text_free(&source);
  return module;
}

#endif
