/* Batch norm in the forms that exporters write, behind every kind of
 * convolution and product, folded and run through the JIT; and what only looks
 * like one. */
#include "all_exact.h"
#include "fill_in.h"

/* ---- linalg: what makes %y, of shape $S with loops $D, channels $C. ---- */

typedef struct contraction {
  const char *what, *arguments, *make, *shape, *loops, *channel;
} contraction_t;

#define START                                                                  \
  "  %e = tensor.empty() : tensor<$Zx$T>\n"                                    \
  "  %i = linalg.fill ins(%zero : $T) outs(%e : tensor<$Zx$T>) -> "            \
  "tensor<$Zx$T>\n"
#define CONV(op, x, w)                                                         \
  START "  %y$R = linalg." op                                                  \
        " {dilations = dense<1> : vector<2xi64>, strides = dense<1> : "        \
        "vector<2xi64>} ins(%x, %w : tensor<" x "x$T>, tensor<" w              \
        "x$T>) outs(%i : tensor<$Zx$T>) -> tensor<$Zx$T>\n"
#define FOUR "d0, d1, d2, d3"

static const contraction_t contractions[] = {
    {"nhwc", "%x: tensor<2x8x8x3x$T>, %w: tensor<3x3x3x6x$T>",
     CONV("conv_2d_nhwc_hwcf", "2x8x8x3", "3x3x3x6"), "2x6x6x6", FOUR, "d3"},
    {"fhwc", "%x: tensor<2x8x8x3x$T>, %w: tensor<6x3x3x3x$T>",
     CONV("conv_2d_nhwc_fhwc", "2x8x8x3", "6x3x3x3"), "2x6x6x6", FOUR, "d3"},
    {"nchw", "%x: tensor<2x3x8x8x$T>, %w: tensor<6x3x3x3x$T>",
     CONV("conv_2d_nchw_fchw", "2x3x8x8", "6x3x3x3"), "2x6x6x6", FOUR, "d1"},
    {"depthwise nchw", "%x: tensor<2x6x8x8x$T>, %w: tensor<6x3x3x$T>",
     CONV("depthwise_conv_2d_nchw_chw", "2x6x8x8", "6x3x3"), "2x6x6x6", FOUR,
     "d1"},
    {"depthwise nhwc", "%x: tensor<2x8x8x6x$T>, %w: tensor<3x3x6x$T>",
     CONV("depthwise_conv_2d_nhwc_hwc", "2x8x8x6", "3x3x6"), "2x6x6x6", FOUR,
     "d3"},
    {"matmul", "%x: tensor<9x7x$T>, %w: tensor<7x6x$T>",
     START "  %y = linalg.matmul ins(%x, %w : tensor<9x7x$T>, tensor<7x6x$T>) "
           "outs(%i : tensor<9x6x$T>) -> tensor<9x6x$T>\n",
     "9x6", "d0, d1", "d1"},
};

/* More weights than results: the filter stays as it is. */
static const contraction_t few_results[] = {
    {"few rows", "%x: tensor<5x7x$T>, %w: tensor<7x6x$T>",
     START "  %y = linalg.matmul ins(%x, %w : tensor<5x7x$T>, tensor<7x6x$T>) "
           "outs(%i : tensor<5x6x$T>) -> tensor<5x6x$T>\n",
     "5x6", "d0, d1", "d1"},
    {"small image", "%x: tensor<1x3x4x4x$T>, %w: tensor<6x3x3x3x$T>",
     CONV("conv_2d_nchw_fchw", "1x3x4x4", "6x3x3x3"), "1x6x2x2", FOUR, "d1"},
};

/* Results with a dimension more than the norm: shape, then the view. */
static const struct wide {
  contraction_t contraction;
  const char *shape;
} wides[] = {
    {{"multiplier", "%x: tensor<2x8x8x3x$T>, %w: tensor<3x3x3x2x$T>",
      CONV("depthwise_conv_2d_nhwc_hwcm", "2x8x8x3",
           "3x3x3x2") "  %y = tensor.collapse_shape %y5 [[0], [1], [2], [3, "
                      "4]] : "
                      "tensor<$Zx$T> into tensor<$Sx$T>\n",
      "2x6x6x6", FOUR, "d3"},
     "2x6x6x3x2"},
    {{"groups", "%x: tensor<2x2x4x8x8x$T>, %w: tensor<3x2x4x3x3x$T>",
      CONV("conv_2d_ngchw_fgchw", "2x2x4x8x8",
           "3x2x4x3x3") "  %y = tensor.collapse_shape %y5 [[0], [1, 2], [3], "
                        "[4]] : "
                        "tensor<$Zx$T> into tensor<$Sx$T>\n",
      "2x6x6x6", FOUR, "d1"},
     "2x2x3x6x6"},
    {{"groups first", "%x: tensor<2x2x4x8x8x$T>, %w: tensor<2x3x4x3x3x$T>",
      CONV("conv_2d_ngchw_gfchw", "2x2x4x8x8",
           "2x3x4x3x3") "  %y = tensor.collapse_shape %y5 [[0], [1, 2], [3], "
                        "[4]] : "
                        "tensor<$Zx$T> into tensor<$Sx$T>\n",
      "2x6x6x6", FOUR, "d1"},
     "2x2x3x6x6"},
};

/* ---- linalg: the norm of %y by %m, %v, %g, %b. ---- */

#define ROW(name, in, body)                                                    \
  "  %" name " = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, "  \
  "affine_map<(d0) -> (d0)>], iterator_types = [\"parallel\"]} ins(%" in       \
  " : tensor<6x$T>) outs(%ve : tensor<6x$T>) {\n  ^bb0(%p: $T, %q: $T):\n"     \
  "    %o = " body " : $T\n    linalg.yield %o : $T\n  } -> tensor<6x$T>\n"
#define ROOT                                                                   \
  "  %ve = tensor.empty() : tensor<6x$T>\n" ROW(                               \
      "v1", "v", "arith.addf %p, %eps") ROW("r", "v1", "math.rsqrt %p")
#define IDENTITY "affine_map<($D) -> ($D)>"
#define BY_CHANNEL "affine_map<($D) -> ($C)>"
/* %name = %in op vector, as torch-mlir has it. */
#define STEP(name, in, vector, op)                                             \
  "  %" name " = linalg.generic {indexing_maps = [" IDENTITY ", " BY_CHANNEL   \
  ", " IDENTITY "], iterator_types = [$P]} ins(%" in ", %" vector              \
  " : tensor<$Sx$T>, tensor<6x$T>) outs(%ye : tensor<$Sx$T>) {\n"              \
  "  ^bb0(%p: $T, %q: $T, %u: $T):\n    %o = arith." op " %p, %q : $T\n"       \
  "    linalg.yield %o : $T\n  } -> tensor<$Sx$T>\n"
#define EMPTY "  %ye = tensor.empty() : tensor<$Sx$T>\n"
/* A vector spread, then a step on whole tensors, as JAX has it. */
#define SPREAD(name, vector)                                                   \
  "  %" name " = linalg.generic {indexing_maps = [" BY_CHANNEL ", " IDENTITY   \
  "], iterator_types = [$P]} ins(%" vector                                     \
  " : tensor<6x$T>) outs(%ye : tensor<$Sx$T>) {\n  ^bb0(%p: $T, %u: $T):\n"    \
  "    linalg.yield %p : $T\n  } -> tensor<$Sx$T>\n"
#define WHOLE(name, in, other, op)                                             \
  "  %" name " = linalg." op " ins(%" in ", %" other                           \
  " : tensor<$Sx$T>, tensor<$Sx$T>) outs(%ye : tensor<$Sx$T>) -> "             \
  "tensor<$Sx$T>\n"
#define ONE_BODY(steps)                                                        \
  EMPTY "  %n = linalg.generic {indexing_maps = [" IDENTITY ", " BY_CHANNEL    \
        ", " BY_CHANNEL ", " BY_CHANNEL ", " BY_CHANNEL ", " IDENTITY          \
        "], iterator_types = [$P]} ins(%y, %m, %v, %g, %b : tensor<$Sx$T>, "   \
        "tensor<6x$T>, tensor<6x$T>, tensor<6x$T>, tensor<6x$T>) outs(%ye : "  \
        "tensor<$Sx$T>) {\n  ^bb0(%p: $T, %p1: $T, %p2: $T, %p3: $T, %p4: "    \
        "$T, %u: $T):\n" steps                                                 \
        "    linalg.yield %z : $T\n  } -> tensor<$Sx$T>\n"

static const struct {
  const char *what, *source;
} norms[] = {
    {"torch",
     ROOT EMPTY STEP("n1", "y", "m", "subf") STEP("n2", "n1", "r", "mulf")
         STEP("n3", "n2", "g", "mulf") STEP("n", "n3", "b", "addf")},
    {"jax", ROOT EMPTY
     "  %s = linalg.mul ins(%r, %g : tensor<6x$T>, tensor<6x$T>) outs(%ve : "
     "tensor<6x$T>) -> tensor<6x$T>\n"
     "  %ms = linalg.mul ins(%m, %s : tensor<6x$T>, tensor<6x$T>) outs(%ve : "
     "tensor<6x$T>) -> tensor<6x$T>\n"
     "  %t = linalg.sub ins(%b, %ms : tensor<6x$T>, tensor<6x$T>) outs(%ve : "
     "tensor<6x$T>) -> tensor<6x$T>\n" SPREAD("sw", "s") SPREAD("tw", "t")
         WHOLE("n1", "y", "sw", "mul") WHOLE("n", "n1", "tw", "add")},
    {"one body",
     ONE_BODY("    %a = arith.subf %p, %p1 : $T\n"
              "    %c = arith.addf %p2, %eps : $T\n"
              "    %d = math.rsqrt %c : $T\n    %f = arith.mulf %d, %a : $T\n"
              "    %h = arith.mulf %f, %p3 : $T\n"
              "    %z = arith.addf %p4, %h : $T\n")},
    {"divided",
     ONE_BODY("    %a = arith.subf %p1, %p : $T\n    %n = arith.negf %a : $T\n"
              "    %c = arith.addf %p2, %eps : $T\n"
              "    %d = math.sqrt %c : $T\n    %f = arith.divf %n, %d : $T\n"
              "    %h = arith.mulf %p3, %f : $T\n"
              "    %z = arith.addf %h, %p4 : $T\n")},
    {"scale and shift",
     EMPTY STEP("n1", "y", "v", "mulf") STEP("n", "n1", "b", "addf")},
};

#define FUNCTION                                                               \
  "func.func @f($A, %m: tensor<6x$T>, %v: tensor<6x$T>, %g: tensor<6x$T>, "    \
  "%b: tensor<6x$T>) -> tensor<$Sx$T> {\n"                                     \
  "  %zero = arith.constant 0.0 : $T\n  %eps = arith.constant 1.0e-3 : $T\n"   \
  "$M$N  return %n : tensor<$Sx$T>\n}\n"

static void check_linalg(MlirContext context, const contraction_t *c,
                         const char *made, const char *norm, const char *type,
                         int expected, const char *what) {
  bool same = !strcmp(made, c->shape);
  const filling_t fillings[] = {
      {'T', type},
      {'S', c->shape},
      {'Z', made},
      {'R', same ? "" : "5"},
      {'D', c->loops},
      {'C', c->channel},
      {'P', strlen(c->loops) > 8
                ? "\"parallel\", \"parallel\", \"parallel\", \"parallel\""
                : "\"parallel\", \"parallel\""},
      {'A', c->arguments},
      {'M', c->make},
      {'N', norm}};
  tess_text_t source = TESS_TEXT_INIT;
  fill_in(&source, FUNCTION, fillings, 10);
  char name[96];
  snprintf(name, sizeof name, "%s %s %s", c->what, what, type);
  check_exact_of(context, tess_text_get(&source), rewrite_named("fold-norm"),
                 expected, name);
  tess_text_free(&source);
}

static void check_all_linalg(MlirContext context) {
  static const char *const types[] = {"f32", "f16", "bf16"};
  for (size_t t = 0; t < 3; t++)
    for (size_t n = 0; n < (t ? 3 : sizeof norms / sizeof *norms); n++) {
      for (size_t c = 0; c < sizeof contractions / sizeof *contractions; c++)
        check_linalg(context, &contractions[c], contractions[c].shape,
                     norms[n].source, types[t], 1, norms[n].what);
      for (size_t c = 0; c < sizeof wides / sizeof *wides; c++)
        check_linalg(context, &wides[c].contraction, wides[c].shape,
                     norms[n].source, types[t], 1, norms[n].what);
    }
}

/* Several ops become one; one op stays, and so does what would be rounded to 16
 * bits in between. */
static void check_joined(MlirContext context) {
  for (size_t c = 0; c < 2; c++)
    for (size_t n = 0; n < sizeof norms / sizeof *norms; n++) {
      bool one = !strcmp(norms[n].what, "one body") ||
                 !strcmp(norms[n].what, "divided");
      check_linalg(context, &few_results[c], few_results[c].shape,
                   norms[n].source, "f32", !one, norms[n].what);
      check_linalg(context, &few_results[c], few_results[c].shape,
                   norms[n].source, "bf16", 0, norms[n].what);
    }
}

/* As torch-mlir writes 16-bit models: the accumulator has f32, its result is
 * rounded, and the norm works in f32. */
#define MIXED(name, in, from, vector, body, to)                                \
  "  %" name " = linalg.generic {indexing_maps = [" IDENTITY ", " BY_CHANNEL   \
  ", " IDENTITY "], iterator_types = [$P]} ins(%" in ", %" vector              \
  " : tensor<$Sx" from ">, tensor<6x$T>) outs(%" to "e : tensor<$Sx" to        \
  ">) {\n  ^bb0(%p: " from ", %q: $T, %u: " to "):\n" body                     \
  "  } -> tensor<$Sx" to ">\n"
static const char mixed[] =
    "func.func @f(%x: tensor<2x3x8x8x$T>, %w: tensor<6x3x3x3x$T>, %m: "
    "tensor<6x$T>, %v: tensor<6x$T>, %g: tensor<6x$T>, %b: tensor<6x$T>) -> "
    "tensor<$Sx$T> {\n  %zero = arith.constant 0.0 : f32\n"
    "  %eps = arith.constant 1.0e-3 : f64\n"
    "  %f32e = tensor.empty() : tensor<$Sxf32>\n"
    "  %$Te = tensor.empty() : tensor<$Sx$T>\n"
    "  %i = linalg.fill ins(%zero : f32) outs(%f32e : tensor<$Sxf32>) -> "
    "tensor<$Sxf32>\n"
    "  %y = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, "
    "strides = dense<1> : vector<2xi64>} ins(%x, %w : tensor<2x3x8x8x$T>, "
    "tensor<6x3x3x3x$T>) outs(%i : tensor<$Sxf32>) -> tensor<$Sxf32>\n"
    "  %t = linalg.generic {indexing_maps = [" IDENTITY ", " IDENTITY
    "], iterator_types = [$P]} ins(%y : tensor<$Sxf32>) outs(%$Te : "
    "tensor<$Sx$T>) {\n  ^bb0(%p: f32, %u: $T):\n    %o = arith.truncf %p : "
    "f32 to $T\n    linalg.yield %o : $T\n  } -> tensor<$Sx$T>\n"
    // clang-format off
    MIXED("n1", "t", "$T", "m",
          "    %a = arith.extf %p : $T to f32\n    %c = arith.extf %q : $T to "
          "f32\n    %o = arith.subf %a, %c : f32\n    linalg.yield %o : f32\n",
          "f32")
    MIXED("n2", "n1", "f32", "v",
          "    %c = arith.extf %q : $T to f32\n    %d = arith.truncf %eps : "
          "f64 to f32\n    %s = arith.addf %c, %d : f32\n    %r = math.rsqrt "
          "%s : f32\n    %o = arith.mulf %p, %r : f32\n    linalg.yield %o : "
          "f32\n", "f32")
    MIXED("n3", "n2", "f32", "g",
          "    %c = arith.extf %q : $T to f32\n    %o = arith.mulf %p, %c : "
          "f32\n    linalg.yield %o : f32\n", "f32")
    MIXED("n", "n3", "f32", "b",
          "    %c = arith.extf %q : $T to f32\n    %s = arith.addf %p, %c : "
          "f32\n    %o = arith.truncf %s : f32 to $T\n    linalg.yield %o : "
          "$T\n", "$T")
    // clang-format on
    "  return %n : tensor<$Sx$T>\n}\n";

static void check_mixed(MlirContext context) {
  static const char *const types[] = {"f16", "bf16"};
  for (size_t t = 0; t < 2; t++) {
    const filling_t fillings[] = {
        {'T', types[t]},
        {'S', "2x6x6x6"},
        {'D', FOUR},
        {'C', "d1"},
        {'P', "\"parallel\", \"parallel\", \"parallel\", \"parallel\""}};
    tess_text_t source = TESS_TEXT_INIT;
    fill_in(&source, mixed, fillings, 5);
    check_exact_of(context, tess_text_get(&source), rewrite_named("fold-norm"),
                   1, types[t]);
    tess_text_free(&source);
  }
}

/* ---- TOSA. ---- */

#define TOSA_NORM(s, v)                                                        \
  "  %n1 = tosa.sub %y, %m : (tensor<" s "x$T>, tensor<" v                     \
  "x$T>) -> tensor<" s "x$T>\n"                                                \
  "  %v1 = tosa.add %v, %eps : (tensor<" v "x$T>, tensor<1x1x1x1x$T>) -> "     \
  "tensor<" v "x$T>\n"                                                         \
  "  %r = tosa.rsqrt %v1 : (tensor<" v "x$T>) -> tensor<" v "x$T>\n"           \
  "  %n2 = tosa.mul %n1, %r, %shift : (tensor<" s "x$T>, tensor<" v            \
  "x$T>, tensor<1xi8>) -> tensor<" s "x$T>\n"                                  \
  "  %n3 = tosa.mul %g, %n2, %shift : (tensor<" v "x$T>, tensor<" s            \
  "x$T>, tensor<1xi8>) -> tensor<" s "x$T>\n"                                  \
  "  %n = tosa.add %n3, %b : (tensor<" s "x$T>, tensor<" v                     \
  "x$T>) -> tensor<" s "x$T>\n"
#define TOSA_FUNCTION(s, v, make)                                              \
  "func.func @f($A, %bias: tensor<$Bx$T>, %m: tensor<" v "x$T>, %v: tensor<" v \
  "x$T>, %g: tensor<" v "x$T>, %b: tensor<" v "x$T>) -> tensor<" s             \
  "x$T> {\n  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1x$T>}> : "  \
  "() -> tensor<1x$T>\n"                                                       \
  "  %eps = \"tosa.const\"() <{values = dense<0.001> : tensor<1x1x1x1x$T>}> "  \
  ": () -> tensor<1x1x1x1x$T>\n"                                               \
  "  %shift = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "  \
  "tensor<1xi8>\n" make                                                        \
  TOSA_NORM(s, v) "  return %n : tensor<" s "x$T>\n}\n"

#define TOSA_CONV(op, x, w, pads)                                              \
  " = tosa." op " %x, %w, %bias, %z, %z {acc_type = f32, " pads                \
  ", stride = array<i64: 1, 1>} : (tensor<" x "x$T>, tensor<" w                \
  "x$T>, tensor<$Bx$T>, tensor<1x$T>, tensor<1x$T>) -> tensor<2x6x6x6x$T>\n"
#define PAD "dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>"

static const struct {
  const char *what, *arguments, *source;
} tosas[] = {
    {"conv", "%x: tensor<2x8x8x3x$T>, %w: tensor<6x3x3x3x$T>",
     TOSA_FUNCTION("2x6x6x6", "1x1x1x6",
                   "  %y" TOSA_CONV("conv2d", "2x8x8x3", "6x3x3x3", PAD))},
    {"depthwise", "%x: tensor<2x8x8x3x$T>, %w: tensor<3x3x3x2x$T>",
     TOSA_FUNCTION(
         "2x6x6x6", "1x1x1x6",
         "  %y" TOSA_CONV("depthwise_conv2d", "2x8x8x3", "3x3x3x2", PAD))},
    {"turned", "%x: tensor<2x8x8x3x$T>, %w: tensor<6x3x3x3x$T>",
     TOSA_FUNCTION(
         "2x6x6x6", "1x6x1x1",
         "  %c" TOSA_CONV(
             "conv2d", "2x8x8x3", "6x3x3x3",
             PAD) "  %y = tosa.transpose %c {perms = array<i32: 0, 3, 1, 2>} : "
                  "(tensor<2x6x6x6x$T>) -> tensor<2x6x6x6x$T>\n")},
};

static void check_tosa(MlirContext context) {
  static const char *const types[] = {"f32", "f16", "bf16"};
  static const char *const biases[] = {"6", "1"};
  for (size_t i = 0; i < sizeof tosas / sizeof *tosas; i++)
    for (size_t t = 0; t < 3; t++)
      for (size_t b = 0; b < 2; b++) {
        const filling_t fillings[] = {
            {'T', types[t]}, {'B', biases[b]}, {'A', tosas[i].arguments}};
        tess_text_t source = TESS_TEXT_INIT;
        fill_in(&source, tosas[i].source, fillings, 3);
        char name[96];
        snprintf(name, sizeof name, "tosa %s %s bias %s", tosas[i].what,
                 types[t], biases[b]);
        check_exact_of(context, tess_text_get(&source),
                       rewrite_named("fold-norm"), 1, name);
        tess_text_free(&source);
      }
}

/* ---- Near misses. ---- */

static void check_left_alone(MlirContext context) {
  const contraction_t *nchw = &contractions[2];
  static const struct {
    const char *what, *source;
  } misses[] = {
      {"one number for all", EMPTY
       "  %n = linalg.generic {indexing_maps = [" IDENTITY ", " IDENTITY
       "], iterator_types = [$P]} ins(%y : tensor<$Sx$T>) outs(%ye : "
       "tensor<$Sx$T>) {\n  ^bb0(%p: $T, %u: $T):\n    %o = arith.mulf %p, "
       "%eps : $T\n    linalg.yield %o : $T\n  } -> tensor<$Sx$T>\n"},
      {"read twice", EMPTY STEP("n1", "y", "v", "mulf") STEP(
                         "n2", "n1", "b", "addf") WHOLE("n", "n2", "y", "add")},
      {"bias alone", EMPTY STEP("n", "y", "b", "addf")},
      {"squared", EMPTY STEP("n1", "y", "v", "mulf")
                      WHOLE("n", "n1", "n1", "mul") "  %n9 = arith.mulf %eps, "
                                                    "%eps : $T\n"},
      {"by the pixels' rows", EMPTY
       "  %n = linalg.generic {indexing_maps = [" IDENTITY ", affine_map<($D) "
       "-> (d2)>, " IDENTITY "], iterator_types = [$P]} ins(%y, %v : "
       "tensor<$Sx$T>, tensor<6x$T>) outs(%ye : tensor<$Sx$T>) {\n"
       "  ^bb0(%p: $T, %q: $T, %u: $T):\n    %o = arith.mulf %p, %q : $T\n"
       "    linalg.yield %o : $T\n  } -> tensor<$Sx$T>\n"},
      {"number over it", EMPTY
       "  %n = linalg.generic {indexing_maps = [" IDENTITY ", " BY_CHANNEL
       ", " IDENTITY "], iterator_types = [$P]} ins(%y, %v : tensor<$Sx$T>, "
       "tensor<6x$T>) outs(%ye : tensor<$Sx$T>) {\n  ^bb0(%p: $T, %q: $T, %u: "
       "$T):\n    %o = arith.divf %q, %p : $T\n    linalg.yield %o : $T\n  } "
       "-> tensor<$Sx$T>\n"},
  };
  for (size_t i = 0; i < sizeof misses / sizeof *misses; i++) {
    bool squared = !strcmp(misses[i].what, "squared");
    check_linalg(context, nchw, nchw->shape, misses[i].source, "f32", squared,
                 misses[i].what);
  }
  /* The accumulator, or the scale, is data. */
  static const char data[] =
      "func.func @f(%x: tensor<2x8x8x3xf32>, %w: tensor<3x3x3x6xf32>, %s: "
      "tensor<2x6x6x6xf32>, %g: tensor<6xf32>) -> tensor<2x6x6x6xf32> {\n"
      "  %y = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : vector<2xi64>, "
      "strides = dense<1> : vector<2xi64>} ins(%x, %w : tensor<2x8x8x3xf32>, "
      "tensor<3x3x3x6xf32>) outs(%s : tensor<2x6x6x6xf32>) -> "
      "tensor<2x6x6x6xf32>\n  %e = tensor.empty() : tensor<2x6x6x6xf32>\n"
      "  %b = linalg.broadcast ins(%g : tensor<6xf32>) outs(%e : "
      "tensor<2x6x6x6xf32>) dimensions = [0, 1, 2]\n"
      "  %n = linalg.mul ins(%y, %b : tensor<2x6x6x6xf32>, "
      "tensor<2x6x6x6xf32>) outs(%e : tensor<2x6x6x6xf32>) -> "
      "tensor<2x6x6x6xf32>\n  return %n : tensor<2x6x6x6xf32>\n}\n";
  check_exact_of(context, data, rewrite_named("fold-norm"), 0,
                 "accumulates into data");
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_all_linalg(context);
  check_joined(context);
  check_mixed(context);
  check_tosa(context);
  check_left_alone(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
