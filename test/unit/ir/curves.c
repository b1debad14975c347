/* Functions of one argument, each in the forms that frameworks and compilers
 * write it in, have their names; near misses have not. */
#include "reading.h"

typedef struct curve {
  tess_function_t function; /* ARITHMETIC: any name but `never` */
  tess_function_t never;
  const char *code; /* of %i, to be found in %r */
} curve_t;

#define NUMBER(name, value) name " = arith.constant " value " : f32\n"
#define ONE(out, op, a) out " = " op " " a " : f32\n"
#define TWO(out, op, a, b) out " = arith." op " " a ", " b " : f32\n"
#define GREATER(out, a, b) out " = arith.cmpf ogt, " a ", " b " : f32\n"
#define LESS(out, a, b) out " = arith.cmpf olt, " a ", " b " : f32\n"
#define CHOOSE(out, test, a, b)                                                \
  out " = arith.select " test ", " a ", " b " : f32\n"
#define SIGMOID_OF(x)                                                          \
  ONE("%n", "arith.negf", x)                                                   \
  ONE("%e", "math.exp", "%n")                                                  \
  TWO("%p", "addf", "%e", "%one") TWO("%s", "divf", "%one", "%p")
#define CUBE TWO("%sq", "mulf", "%i", "%i") TWO("%cube", "mulf", "%sq", "%i")
#define TANH_OF_CUBIC(factor)                                                  \
  NUMBER("%c", "0.044715")                                                     \
  NUMBER("%f", factor)                                                         \
  TWO("%cc", "mulf", "%c", "%cube")                                            \
  TWO("%inner", "addf", "%i", "%cc")                                           \
  TWO("%arg", "mulf", "%f", "%inner")                                          \
  ONE("%t", "math.tanh", "%arg") TWO("%u", "addf", "%t", "%one")

#define SOFTPLUS(predicate)                                                    \
  TWO("%m", "maximumf", "%i", "%zero")                                         \
  "%nan = arith.cmpf " predicate                                               \
  ", %i, %i : f32\n" ONE("%a", "math.absf", "%i")                              \
      ONE("%n", "arith.negf", "%a") ONE("%e", "math.exp", "%n")                \
          ONE("%l", "math.log1p", "%e") TWO("%p", "addf", "%m", "%l")

static const curve_t curves[] = {
    /* Sigmoid: by tanh, by the negative power, by exp(x) / (1 + exp(x)). */
    {TESS_FUNCTION_SIGMOID, 0,
     TWO("%h", "mulf", "%i", "%half") ONE("%t", "math.tanh", "%h")
         TWO("%u", "mulf", "%t", "%half") TWO("%r", "addf", "%u", "%half")},
    {TESS_FUNCTION_SIGMOID, 0,
     ONE("%e", "math.exp", "%i") TWO("%p", "addf", "%e", "%one")
         TWO("%r", "divf", "%e", "%p")},
    {TESS_FUNCTION_SIGMOID, 0,
     NUMBER("%l", "-1.442695") TWO("%m", "mulf", "%i", "%l")
         ONE("%e", "math.exp2", "%m") TWO("%p", "addf", "%e", "%one")
             TWO("%r", "divf", "%one", "%p")},
    /* The same with the wrong base is another curve. */
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_SIGMOID,
     ONE("%n", "arith.negf", "%i") ONE("%e", "math.exp2", "%n")
         TWO("%p", "addf", "%e", "%one") TWO("%r", "divf", "%one", "%p")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_SIGMOID,
     ONE("%n", "arith.negf", "%i") ONE("%e", "math.exp", "%n")
         TWO("%p", "addf", "%e", "%one") TWO("%r", "remf", "%one", "%p")},
    /* Swish: by tanh, by x exp(x) / (1 + exp(x)); and with beta 1.1. */
    {TESS_FUNCTION_SWISH, 0,
     TWO("%h", "mulf", "%i", "%half") ONE("%t", "math.tanh", "%h")
         TWO("%u", "addf", "%t", "%one") TWO("%r", "mulf", "%h", "%u")},
    {TESS_FUNCTION_SWISH, 0,
     ONE("%e", "math.exp", "%i") TWO("%p", "addf", "%e", "%one")
         TWO("%q", "mulf", "%i", "%e") TWO("%r", "divf", "%q", "%p")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_SWISH,
     NUMBER("%b", "1.1") TWO("%m", "mulf", "%i", "%b") SIGMOID_OF("%m")
         TWO("%r", "mulf", "%i", "%s")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_SWISH,
     NUMBER("%b", "1.05") ONE("%n", "arith.negf", "%i")
         ONE("%e", "math.exp", "%n") TWO("%p", "addf", "%e", "%b")
             TWO("%r", "divf", "%i", "%p")},
    /* Hard-swish as x * min(max(x / 6 + 1/2, 0), 1); with a 5 for the 6. */
    {TESS_FUNCTION_HARD_SWISH, 0,
     NUMBER("%k", "0.16666667") TWO("%m", "mulf", "%i", "%k")
         TWO("%a", "addf", "%m", "%half") TWO("%b", "maximumf", "%a", "%zero")
             TWO("%c", "minimumf", "%b", "%one") TWO("%r", "mulf", "%c", "%i")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_HARD_SWISH,
     NUMBER("%k", "0.2") TWO("%m", "mulf", "%i", "%k")
         TWO("%a", "addf", "%m", "%half") TWO("%b", "maximumf", "%a", "%zero")
             TWO("%c", "minimumf", "%b", "%one") TWO("%r", "mulf", "%c", "%i")},
    /* Gelu by tanh, its cube as products and as a power; by erf with the half
     * in the middle; with a wrong factor; by the sigmoid of 1.702 x. */
    {TESS_FUNCTION_GELU_TANH, 0,
     CUBE TANH_OF_CUBIC("0.7978845608") TWO("%h", "mulf", "%i", "%half")
         TWO("%r", "mulf", "%h", "%u")},
    {TESS_FUNCTION_GELU_TANH, 0,
     NUMBER("%p3", "3.0") TWO("%q", "mulf", "%i", "%one")
         ONE("%cube", "math.powf", "%i, %p3") TANH_OF_CUBIC("0.7978845608")
             TWO("%h", "mulf", "%u", "%half") TWO("%r", "mulf", "%i", "%h")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_GELU_TANH,
     CUBE TANH_OF_CUBIC("0.9") TWO("%h", "mulf", "%i", "%half")
         TWO("%r", "mulf", "%h", "%u")},
    {TESS_FUNCTION_GELU, 0,
     NUMBER("%s", "0.70710678") TWO("%m", "mulf", "%i", "%s")
         ONE("%n", "arith.negf", "%m") ONE("%t", "math.erf", "%n")
             TWO("%u", "subf", "%one", "%t") TWO("%v", "mulf", "%u", "%half")
                 TWO("%r", "mulf", "%i", "%v")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_GELU,
     NUMBER("%s", "0.75") TWO("%m", "mulf", "%i", "%s")
         ONE("%t", "math.erf", "%m") TWO("%u", "addf", "%one", "%t")
             TWO("%v", "mulf", "%u", "%half") TWO("%r", "mulf", "%i", "%v")},
    {TESS_FUNCTION_QUICK_GELU, 0,
     NUMBER("%b", "1.702") TWO("%m", "mulf", "%i", "%b") SIGMOID_OF("%m")
         TWO("%r", "mulf", "%i", "%s")},
    /* Softplus as the logarithm of a sum of exponentials, the sum itself where
     * the difference is not a number; the other way round. */
    {TESS_FUNCTION_SOFTPLUS, 0,
     SOFTPLUS("une") CHOOSE("%r", "%nan", "%i", "%p")},
    {TESS_FUNCTION_SOFTPLUS, 0,
     SOFTPLUS("oeq") CHOOSE("%r", "%nan", "%p", "%i")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_SOFTPLUS,
     SOFTPLUS("une") CHOOSE("%r", "%nan", "%p", "%i")},
    /* The relu family. */
    {TESS_FUNCTION_LEAKY_RELU, 0,
     NUMBER("%a", "0.1") TWO("%m", "mulf", "%i", "%a")
         TWO("%r", "maximumf", "%i", "%m")},
    {TESS_FUNCTION_LEAKY_RELU, 0,
     NUMBER("%a", "0.01") TWO("%m", "mulf", "%i", "%a")
         GREATER("%g", "%i", "%zero") CHOOSE("%r", "%g", "%i", "%m")},
    {TESS_FUNCTION_LEAKY_RELU, 0,
     NUMBER("%a", "0.2") TWO("%p", "maximumf", "%i", "%zero")
         TWO("%n", "minimumf", "%i", "%zero") TWO("%m", "mulf", "%n", "%a")
             TWO("%r", "addf", "%p", "%m")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_LEAKY_RELU,
     NUMBER("%a", "0.1") TWO("%m", "mulf", "%i", "%a")
         TWO("%r", "minimumf", "%i", "%m")},
    {TESS_FUNCTION_RELU, 0,
     ONE("%a", "math.absf", "%i") TWO("%s", "addf", "%i", "%a")
         TWO("%r", "mulf", "%s", "%half")},
    {TESS_FUNCTION_ELU, 0,
     ONE("%e", "math.expm1", "%i") GREATER("%g", "%i", "%zero")
         CHOOSE("%r", "%g", "%i", "%e")},
    {TESS_FUNCTION_ELU, 0,
     TWO("%n", "minimumf", "%i", "%zero") ONE("%e", "math.exp", "%n")
         TWO("%d", "subf", "%e", "%one") TWO("%m", "mulf", "%d", "%half") TWO(
             "%p", "maximumf", "%i", "%zero") TWO("%r", "addf", "%p", "%m")},
    {TESS_FUNCTION_SELU, 0,
     NUMBER("%s", "1.05070098") NUMBER("%a", "1.75809934")
         TWO("%p", "mulf", "%i", "%s") ONE("%e", "math.expm1", "%i")
             TWO("%m", "mulf", "%e", "%a") LESS("%g", "%i", "%zero")
                 CHOOSE("%r", "%g", "%m", "%p")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_ELU,
     ONE("%e", "math.exp", "%i") GREATER("%g", "%i", "%zero")
         CHOOSE("%r", "%g", "%i", "%e")},
    /* Softplus, and mish of it; stable and plain. */
    {TESS_FUNCTION_SOFTPLUS, 0,
     ONE("%e", "math.exp", "%i") ONE("%r", "math.log1p", "%e")},
    {TESS_FUNCTION_SOFTPLUS, 0,
     ONE("%e", "math.exp", "%i") TWO("%p", "addf", "%e", "%one")
         ONE("%r", "math.log", "%p")},
    {TESS_FUNCTION_SOFTPLUS, 0,
     ONE("%a", "math.absf", "%i") ONE("%n", "arith.negf", "%a")
         ONE("%e", "math.exp", "%n") ONE("%l", "math.log1p", "%e") TWO(
             "%p", "maximumf", "%i", "%zero") TWO("%r", "addf", "%p", "%l")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_SOFTPLUS,
     ONE("%e", "math.exp", "%i") TWO("%p", "addf", "%e", "%one")
         ONE("%r", "math.log2", "%p")},
    {TESS_FUNCTION_MISH, 0,
     ONE("%e", "math.exp", "%i") ONE("%l", "math.log1p", "%e")
         ONE("%t", "math.tanh", "%l") TWO("%r", "mulf", "%i", "%t")},
    /* Single steps. */
    {TESS_FUNCTION_ERF, 0, ONE("%r", "math.erf", "%i")},
    {TESS_FUNCTION_LOG, 0, ONE("%r", "math.log", "%i")},
    {TESS_FUNCTION_SQRT, 0, ONE("%r", "math.sqrt", "%i")},
    {TESS_FUNCTION_ARITHMETIC, TESS_FUNCTION_SQRT,
     ONE("%r", "math.cbrt", "%i")},
    {TESS_FUNCTION_RSQRT, 0, ONE("%r", "math.rsqrt", "%i")},
    {TESS_FUNCTION_RECIPROCAL, 0, TWO("%r", "divf", "%one", "%i")},
    {TESS_FUNCTION_SQUARE, 0, TWO("%r", "mulf", "%i", "%i")},
    {TESS_FUNCTION_ABS, 0, ONE("%r", "math.absf", "%i")},
    {TESS_FUNCTION_NEGATE, 0, ONE("%r", "arith.negf", "%i")},
    {TESS_FUNCTION_FACTOR, 0, TWO("%r", "mulf", "%i", "%half")},
    {TESS_FUNCTION_SHIFT, 0, TWO("%r", "addf", "%i", "%half")},
    {TESS_FUNCTION_MASK, 0,
     GREATER("%g", "%w", "%zero") CHOOSE("%r", "%g", "%i", "%zero")},
    {TESS_FUNCTION_CHANNEL_SCALE, 0, TWO("%r", "mulf", "%i", "%w")},
    {TESS_FUNCTION_BIAS, 0, TWO("%r", "addf", "%i", "%w")},
    {TESS_FUNCTION_PRELU, 0,
     TWO("%m", "mulf", "%i", "%w") GREATER("%g", "%i", "%zero")
         CHOOSE("%r", "%g", "%i", "%m")},
};

/* A convolution, so that roles are known, then the function; `cast`: the
 * function computes in f32 between bf16 tensors. */
static const char *text_of(const curve_t *curve, bool cast) {
  static char text[8192];
  const char *type = cast ? "bf16" : "f32";
  snprintf(
      text, sizeof text,
      "#all = affine_map<(a, b, c, d) -> (a, b, c, d)>\n"
      "#row = affine_map<(a, b, c, d) -> (d)>\n"
      "func.func @f(%%in: tensor<1x4x4x3x%s>, %%filter: tensor<1x1x3x8x%s>,\n"
      "    %%vector: tensor<8xf32>) -> tensor<1x4x4x8x%s> {\n"
      "%%zero = arith.constant 0.0 : f32\n%%one = arith.constant 1.0 : f32\n"
      "%%half = arith.constant 0.5 : f32\n%%z = arith.constant 0.0 : %s\n"
      "%%empty = tensor.empty() : tensor<1x4x4x8x%s>\n"
      "%%acc = linalg.fill ins(%%z : %s) outs(%%empty : tensor<1x4x4x8x%s>)\n"
      "    -> tensor<1x4x4x8x%s>\n"
      "%%x = linalg.conv_2d_nhwc_hwcf ins(%%in, %%filter : "
      "tensor<1x4x4x3x%s>,\n"
      "    tensor<1x1x3x8x%s>) outs(%%acc : tensor<1x4x4x8x%s>)\n"
      "    -> tensor<1x4x4x8x%s>\n"
      "%%y = linalg.generic {indexing_maps = [#all, #row, #all],\n"
      "    iterator_types = [\"parallel\", \"parallel\", \"parallel\",\n"
      "    \"parallel\"]} ins(%%x, %%vector : tensor<1x4x4x8x%s>, "
      "tensor<8xf32>)\n"
      "    outs(%%empty : tensor<1x4x4x8x%s>) {\n"
      "^bb0(%%%s: %s, %%w: f32, %%o: %s):\n%s%s%slinalg.yield %%%s : %s\n"
      "} -> tensor<1x4x4x8x%s>\nreturn %%y : tensor<1x4x4x8x%s>\n}\n",
      type, type, type, type, type, type, type, type, type, type, type, type,
      type, type, cast ? "raw" : "i", type, type,
      cast ? "%i = arith.extf %raw : bf16 to f32\n" : "", curve->code,
      cast ? "%low = arith.truncf %r : f32 to bf16\n" : "", cast ? "low" : "r",
      type, type, type);
  return text;
}

static void check_curve(MlirContext context, const curve_t *curve, bool cast) {
  reading_t reading;
  CHECK_OK(reading_parse(context, text_of(curve, cast), &reading));
  if (!reading.model)
    return;
  const tess_model_t *model = reading.model;
  CHECK_EQ(model->chain_count, 1);
  const tess_chain_t *chain = &model->chains[0];
  tess_function_t found = (tess_function_t)chain->function;
  if (curve->function == TESS_FUNCTION_ARITHMETIC)
    CHECK(found != curve->never);
  else
    CHECK_STRING(tess_function_name(found),
                 tess_function_name(curve->function));
  CHECK_EQ(model->values[chain->input].dtype, cast ? TESS_BF16 : TESS_F32);
  CHECK(model->values[chain->input].node != TESS_NONE);
  reading_close(&reading);
}

/* Gelu in as many ops on whole tensors as a polynomial takes: erf by formula
 * 7.1.26 of Abramowitz and Stegun, "Handbook of mathematical functions", 1964;
 * `first`: its first coefficient. */
#define T "tensor<4x8xf32>"
#define ALL(name, value) name " = arith.constant dense<" value "> : " T "\n"
#define ON(out, op, operands) out " = " op " " operands " : " T "\n"
#define HORNER(out, in, add)                                                   \
  ON(out "t", "arith.mulf", in ", %t") ON(out, "arith.addf", out "t, " add)
#define POLYNOMIAL(first)                                                      \
  "func.func @f(%x: " T " {tessera.role = \"input\"}) -> " T                   \
  " {\n" ALL("%root", "0.70710678") ALL("%p", "0.3275911") ALL(                \
      "%one", "1.0") ALL("%half", "0.5") ALL("%zero", "0.0") ALL("%a1", first) \
      ALL("%a2", "-0.284496736") ALL("%a3", "1.421413741") ALL(                \
          "%a4", "-1.453152027") ALL("%a5", "1.061405429") ON("%z",            \
                                                              "arith.mulf",    \
                                                              "%x, %root")     \
          ON("%a", "math.absf", "%z") ON("%pa", "arith.mulf", "%p, %a") ON(    \
              "%d", "arith.addf",                                              \
              "%one, %pa") ON("%t", "arith.divf",                              \
                              "%one, %d") HORNER("%h4", "%a5", "%a4")          \
              HORNER("%h3", "%h4", "%a3") HORNER("%h2", "%h3", "%a2") HORNER(  \
                  "%h1", "%h2", "%a1") ON("%h0", "arith.mulf",                 \
                                          "%h1, %t") ON("%q", "arith.mulf",    \
                                                        "%a, %a")              \
                  ON("%n", "arith.negf", "%q") ON("%e", "math.exp", "%n") ON(  \
                      "%y", "arith.mulf", "%h0, %e") ON("%up", "arith.subf",   \
                                                        "%one, %y")            \
                      ON("%down", "arith.subf", "%y, %one") ON(                \
                          "%is", "arith.cmpf",                                 \
                          "ogt, %z, %zero") "%erf = arith.select %is, %up, "   \
                                            "%down : tensor<4x8xi1>, " T       \
                                            "\n" ON(                           \
                                                "%u", "arith.addf",            \
                                                "%one, %erf") ON("%v",         \
                                                                 "arith.mulf", \
                                                                 "%x, %half")  \
                                                ON("%r", "arith.mulf",         \
                                                   "%u, %v") "return %r : " T  \
                                                             "\n}\n"

static void check_polynomial(MlirContext context, const char *text,
                             bool found) {
  reading_t reading;
  CHECK_OK(reading_parse(context, text, &reading));
  if (!reading.model)
    return;
  CHECK_EQ(reading_functions(reading.model, TESS_FUNCTION_GELU), found);
  if (found)
    CHECK_EQ(reading.model->chain_count, 1);
  reading_close(&reading);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
    check_curve(context, &curves[i], false);
    check_curve(context, &curves[i], true);
  }
  check_polynomial(context, POLYNOMIAL("0.254829592"), true);
  check_polynomial(context, POLYNOMIAL("0.354829592"), false);
  mlirContextDestroy(context);
  return tess_check_result();
}
