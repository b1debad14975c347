/* Softmax, norms and attention of one element, one query or one key: found, or
 * plain arithmetic where upstream's passes left nothing else; never an error.
 */
#include "../load.h"
#include "tessera/base/text.h"
#include "upstream.h"

/* The named softmax of `shape` over `dimension`. */
static MlirModule named_softmax(MlirContext context, const char *shape,
                                int dimension) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text,
                "func.func @f(%%x: %s) -> %s {\n%%e = tensor.empty() : %s\n"
                "%%p = linalg.softmax dimension(%d) ins(%%x : %s) outs(%%e : "
                "%s) -> %s\nreturn %%p : %s\n}\n",
                shape, shape, shape, dimension, shape, shape, shape, shape);
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  tess_text_free(&text);
  return module;
}

static void sizes_of(char *to, const char *form, int a, int b) {
  sprintf(to, form, a, b);
}

/* softmax(q k) v of `queries` and `keys`, the softmax in TOSA's steps. */
static MlirModule attention(MlirContext context, int queries, int keys) {
  char q[64], k[64], v[64], s[64], one[64];
  sizes_of(q, "tensor<4x%dx%dxf32>", queries, 16);
  sizes_of(k, "tensor<4x%dx%dxf32>", 16, keys);
  sizes_of(v, "tensor<4x%dx%dxf32>", keys, 16);
  sizes_of(s, "tensor<4x%dx%dxf32>", queries, keys);
  sizes_of(one, "tensor<4x%dx%dxf32>", queries, 1);
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(
      &text,
      "func.func @f(%%q: %s, %%k: %s, %%v: %s) -> %s {\n"
      "%%none = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "
      "tensor<1xi8>\n"
      "%%zp = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
      "tensor<1xf32>\n"
      "%%s = tosa.matmul %%q, %%k, %%zp, %%zp : (%s, %s, tensor<1xf32>, "
      "tensor<1xf32>) -> %s\n",
      q, k, v, q, q, k, s);
  tess_text_add(&text,
                "%%m = tosa.reduce_max %%s {axis = 2 : i32} : (%s) -> %s\n"
                "%%d = tosa.sub %%s, %%m : (%s, %s) -> %s\n"
                "%%e = tosa.exp %%d : (%s) -> %s\n"
                "%%t = tosa.reduce_sum %%e {axis = 2 : i32} : (%s) -> %s\n"
                "%%i = tosa.reciprocal %%t : (%s) -> %s\n"
                "%%p = tosa.mul %%e, %%i, %%none : (%s, %s, tensor<1xi8>) -> "
                "%s\n",
                s, one, s, one, s, s, s, s, one, one, one, s, one, s);
  tess_text_add(&text,
                "%%r = tosa.matmul %%p, %%v, %%zp, %%zp : (%s, %s, "
                "tensor<1xf32>, tensor<1xf32>) -> %s\nreturn %%r : %s\n}\n",
                s, v, q, q);
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  tess_text_free(&text);
  return module;
}

/* A layer norm of rows of one element. */
static const char layer_norm[] =
    "func.func @f(%x: tensor<4x8x1xf32>) -> tensor<4x8x1xf32> {\n"
    "%n = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "
    "tensor<1xi8>\n"
    "%eps = \"tosa.const\"() <{values = dense<1.0e-5> : tensor<1x1x1xf32>}> : "
    "() -> tensor<1x1x1xf32>\n"
    "%one = \"tosa.const\"() <{values = dense<1.0> : tensor<1x1x1xf32>}> : () "
    "-> tensor<1x1x1xf32>\n"
#define T "tensor<4x8x1xf32>"
#define N "tensor<1x1x1xf32>"
    "%s = tosa.reduce_sum %x {axis = 2 : i32} : (" T ") -> " T "\n"
    "%m = tosa.mul %s, %one, %n : (" T ", " N ", tensor<1xi8>) -> " T "\n"
    "%c = tosa.sub %x, %m : (" T ", " T ") -> " T "\n"
    "%q = tosa.mul %c, %c, %n : (" T ", " T ", tensor<1xi8>) -> " T "\n"
    "%t = tosa.reduce_sum %q {axis = 2 : i32} : (" T ") -> " T "\n"
    "%v = tosa.mul %t, %one, %n : (" T ", " N ", tensor<1xi8>) -> " T "\n"
    "%w = tosa.add %v, %eps : (" T ", " N ") -> " T "\n"
    "%i = tosa.rsqrt %w : (" T ") -> " T "\n"
    "%r = tosa.mul %c, %i, %n : (" T ", " T ", tensor<1xi8>) -> " T "\n"
    "return %r : " T "\n}\n";

#define TO_LINALG                                                              \
  "tosa-to-linalg-named,tosa-to-linalg,tosa-to-arith,tosa-to-tensor"
static const char *const lowerings[] = {
    NULL,
    "builtin.module(func.func(" TO_LINALG "))",
    "builtin.module(func.func(linalg-generalize-named-ops))",
    "builtin.module(canonicalize,cse,linalg-fuse-elementwise-ops,canonicalize)",
};

/* Reads the module as it is and after each lowering on top of the last one.
 * `kinds`: of the patterns that it must hold while `kept` of the forms apply.
 */
static void check(MlirModule module, const int *kinds, int count, size_t kept,
                  int products) {
  for (size_t form = 0; form < sizeof lowerings / sizeof *lowerings; form++) {
    tess_model_t *model = NULL;
    if (lowerings[form])
      upstream_run(module, lowerings[form]);
    CHECK_OK(tess_ir_read(tess_load_function(module), &model));
    if (!model)
      continue;
    CHECK_EQ(model->unknown_count, 0);
    CHECK_EQ(model->contraction_count, products);
    if (form < kept)
      CHECK_EQ(model->pattern_count, count);
    for (int i = 0; i < count && i < model->pattern_count; i++)
      CHECK_EQ(model->patterns[i].kind, kinds[i]);
    tess_model_destroy(model);
  }
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  const int softmax[] = {TESS_PATTERN_SOFTMAX, TESS_PATTERN_ATTENTION};
  const int norm[] = {TESS_PATTERN_LAYER_NORM};
  const size_t all = sizeof lowerings / sizeof *lowerings;
  check(named_softmax(context, "tensor<4x8x1xf32>", 2), softmax, 1, all, 0);
  check(named_softmax(context, "tensor<1x8xf32>", 0), softmax, 1, all, 0);
  check(named_softmax(context, "tensor<1xf32>", 0), softmax, 1, all, 0);
  /* Fusion moves the shares into the body of the product. */
  check(attention(context, 1, 8), softmax, 2, all - 1, 2);
  /* Lowering folds the maximum and the sum of one element away. */
  check(attention(context, 8, 1), softmax, 2, 1, 2);
  check(attention(context, 1, 1), softmax, 2, 1, 2);
  check(tess_load_text(context, layer_norm), norm, 1, 1, 0);
  mlirContextDestroy(context);
  return tess_check_result();
}
