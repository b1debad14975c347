/* Biases behind convolutions and products, in the forms of exporters, and
 * several of them, run through the JIT; and sums that are no bias. */
#include "all_exact.h"
#include "fill_in.h"

#define HEAD                                                                   \
  "func.func @f(%x: tensor<5x7xf32>, %w: tensor<7x6xf32>, %b: tensor<6xf32>, " \
  "%c: tensor<6xf32>, %d: tensor<5x6xf32>) -> tensor<5x6xf32> {\n"             \
  "  %zero = arith.constant 0.0 : f32\n  %two = arith.constant 2.0 : f32\n"    \
  "  %e = tensor.empty() : tensor<5x6xf32>\n"
#define FILL                                                                   \
  "  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<5x6xf32>) -> "         \
  "tensor<5x6xf32>\n"
#define SPREAD                                                                 \
  "  %i = linalg.broadcast ins(%c : tensor<6xf32>) outs(%e : "                 \
  "tensor<5x6xf32>) dimensions = [0]\n"
#define MATMUL(start)                                                          \
  "  %y = linalg.matmul ins(%x, %w : tensor<5x7xf32>, tensor<7x6xf32>) "       \
  "outs(%" start " : tensor<5x6xf32>) -> tensor<5x6xf32>\n"
#define TWO "affine_map<(d0, d1) -> (d0, d1)>"
#define ROW "affine_map<(d0, d1) -> (d1)>"
#define STEP(name, in, vector, op)                                             \
  "  %" name " = linalg.generic {indexing_maps = [" ROW ", " TWO ", " TWO      \
  "], iterator_types = [\"parallel\", \"parallel\"]} ins(%" vector ", %" in    \
  " : tensor<6xf32>, tensor<5x6xf32>) outs(%e : tensor<5x6xf32>) {\n"          \
  "  ^bb0(%p: f32, %q: f32, %u: f32):\n    %o = arith." op " : f32\n"          \
  "    linalg.yield %o : f32\n  } -> tensor<5x6xf32>\n"
#define WHOLE(name, in, other, op)                                             \
  "  %" name " = linalg." op " ins(%" in ", %" other                           \
  " : tensor<5x6xf32>, tensor<5x6xf32>) outs(%e : tensor<5x6xf32>) -> "        \
  "tensor<5x6xf32>\n"
#define END(name) "  return %" name " : tensor<5x6xf32>\n}\n"

static const struct {
  const char *what;
  int sites;
  const char *source;
} linalgs[] = {
    {"addmm", 1,
     HEAD FILL MATMUL("i") STEP("n", "y", "b", "addf %p, %q") END("n")},
    {"two biases and a start", 1,
     HEAD SPREAD MATMUL("i") STEP("n1", "y", "b", "addf %q, %p")
         STEP("n", "n1", "c", "subf %q, %p") END("n")},
    {"zeros", 1,
     HEAD FILL MATMUL("i") "  %k = arith.constant dense<0.0> : "
                           "tensor<6xf32>\n" STEP("n", "y", "k", "addf %p, %q")
                               END("n")},
    {"bias less product: scales by -1", 0,
     HEAD FILL MATMUL("i") STEP("n", "y", "b", "subf %p, %q") END("n")},
    {"residual", 0, HEAD FILL MATMUL("i") WHOLE("n", "y", "d", "add") END("n")},
    {"accumulates into data", 0,
     HEAD MATMUL("d") STEP("n", "y", "b", "addf %p, %q") END("n")},
    {"read twice", 0,
     HEAD FILL MATMUL("i") STEP("n1", "y", "b", "addf %p, %q")
         WHOLE("n", "n1", "y", "mul") END("n")},
    {"one number for all", 0,
     HEAD FILL MATMUL("i") "  %k = linalg.fill ins(%two : f32) outs(%e : "
                           "tensor<5x6xf32>) -> tensor<5x6xf32>\n" WHOLE(
                               "n", "y", "k", "add") END("n")},
};

#define TOSA                                                                   \
  "func.func @f(%x: tensor<2x8x8x3x$T>, %w: tensor<3x3x3x2x$T>, %b: "          \
  "tensor<6x$T>, %c: tensor<1x1x1x6x$T>) -> tensor<2x6x6x6x$T> {\n"            \
  "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1x$T>}> : () -> "    \
  "tensor<1x$T>\n"                                                             \
  "  %y = tosa.depthwise_conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation " \
  "= array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, "  \
  "1>} : (tensor<2x8x8x3x$T>, tensor<3x3x3x2x$T>, tensor<6x$T>, "              \
  "tensor<1x$T>, tensor<1x$T>) -> tensor<2x6x6x6x$T>\n"                        \
  "  %n1 = tosa.add %c, %y : (tensor<1x1x1x6x$T>, tensor<2x6x6x6x$T>) -> "     \
  "tensor<2x6x6x6x$T>\n"                                                       \
  "  %n = tosa.sub %n1, %c : (tensor<2x6x6x6x$T>, tensor<1x1x1x6x$T>) -> "     \
  "tensor<2x6x6x6x$T>\n  return %n : tensor<2x6x6x6x$T>\n}\n"

int main(void) {
  static const char *const types[] = {"f32", "f16", "bf16"};
  MlirContext context = tess_ir_context_create();
  tess_rewrite_set_t bias = rewrite_named("fold-bias");
  for (size_t i = 0; i < sizeof linalgs / sizeof *linalgs; i++)
    check_exact_of(context, linalgs[i].source, bias, linalgs[i].sites,
                   linalgs[i].what);
  for (size_t t = 0; t < 3; t++) {
    const filling_t type = {'T', types[t]};
    tess_text_t source = TESS_TEXT_INIT;
    fill_in(&source, TOSA, &type, 1);
    check_exact_of(context, tess_text_get(&source), bias, 1, types[t]);
    tess_text_free(&source);
  }
  mlirContextDestroy(context);
  return tess_check_result();
}
