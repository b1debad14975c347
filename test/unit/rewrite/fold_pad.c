/* Pads before convolutions and before pads, folded and run through the JIT; and
 * those that must stay. */
#include "all_exact.h"
#include "fill_in.h"

/* ---- TOSA: $X padded by $1 with $F becomes $P, convolved with $Z. ---- */

#define CONSTANT(name, values, type)                                           \
  "  %" name " = \"tosa.const\"() <{values = dense<" values "> : " type        \
  "}> : () -> " type "\n"
#define PAD(name, in, from, amounts, fill, to)                                 \
  "  %s" name " = tosa.const_shape {values = dense<" amounts                   \
  "> : tensor<8xindex>} : () -> !tosa.shape<8>\n"                              \
  "  %" name " = tosa.pad %" in ", %s" name ", %" fill " : (tensor<" from      \
  "x$T>, !tosa.shape<8>, tensor<1x$T>) -> tensor<" to "x$T>\n"
#define HEAD                                                                   \
  "func.func @f(%x: tensor<2x7x7x3x$T>, %w: tensor<3x3x3x2x$T>, %b: "          \
  "tensor<6x$A>) -> tensor<2x$O> {\n" CONSTANT("z", "$Z", "tensor<1x$T>")      \
      CONSTANT("f", "$F", "tensor<1x$T>")
#define CONV(in, from, pads)                                                   \
  "  %r = tosa.depthwise_conv2d %" in ", %w, %b, %z, %z {acc_type = $C, "      \
  "dilation = array<i64: 1, 1>, pad = array<i64: " pads                        \
  ">, stride = array<i64: 1, 1>} : (tensor<" from                              \
  "x$T>, tensor<3x3x3x2x$T>, tensor<6x$A>, tensor<1x$T>, tensor<1x$T>) -> "    \
  "tensor<2x$O>\n  return %r : tensor<2x$O>\n}\n"

static const char one[] =
    HEAD PAD("p", "x", "2x7x7x3", "[0, 0, 1, 2, 0, 3, 0, 0]", "f", "2x10x10x3")
        CONV("p", "2x10x10x3", "1, 0, 0, 1");
static const char two[] =
    HEAD PAD("p", "x", "2x7x7x3", "[0, 0, 1, 1, 0, 2, 0, 0]", "f", "2x9x9x3")
        PAD("q", "p", "2x9x9x3", "[0, 0, 0, 1, 0, 1, 0, 0]", "f", "2x10x10x3")
            CONV("q", "2x10x10x3", "1, 0, 0, 1");
/* A pad of channels, or one whose result is read twice, cannot go. */
static const char channels[] =
    "func.func @f(%x: tensor<2x7x7x2x$T>, %w: tensor<3x3x3x2x$T>, %b: "
    "tensor<6x$A>) -> tensor<2x$O> {\n" CONSTANT("z", "$Z", "tensor<1x$T>")
        CONSTANT("f", "$F", "tensor<1x$T>")
            PAD("p", "x", "2x7x7x2", "[0, 0, 1, 2, 0, 3, 0, 1]", "f",
                "2x10x10x3") CONV("p", "2x10x10x3", "1, 0, 0, 1");

static void check_tosa(MlirContext context, const char *template,
                       const char *type, const char *zero, const char *fill,
                       int expected, const char *what) {
  bool i8 = !strcmp(type, "i8");
  const filling_t fillings[] = {{'T', type},
                                {'A', i8 ? "i32" : type},
                                {'C', i8 ? "i32" : "f32"},
                                {'Z', zero},
                                {'F', fill},
                                {'O', "9x9x6x$A"}};
  tess_text_t source = TESS_TEXT_INIT;
  fill_in(&source, template, fillings, 6);
  check_exact_of(context, tess_text_get(&source), rewrite_named("fold-pad"),
                 expected, what);
  tess_text_free(&source);
}

/* ---- linalg: pads behind pads. ---- */

#define TENSOR_PAD(name, in, from, low, high, fill, to)                        \
  "  %" name " = tensor.pad %" in " low" low " high" high " {\n  ^bb0(%i" name \
  ": index, %j" name ": index):\n    tensor.yield %" fill                      \
  " : $T\n  } : tensor<" from "x$T> to tensor<" to "x$T>\n"
#define PADS(first, second)                                                    \
  "func.func @f(%x: tensor<3x4x$T>, %t: tensor<1x$T>) -> tensor<7x9x$T> {\n"   \
  "  %z = arith.constant $Z : $T\n  %f = arith.constant $F : $T\n"             \
  "  %c0 = arith.constant 0 : index\n"                                         \
  "  %v = tensor.extract %t[%c0] : tensor<1x$T>\n" TENSOR_PAD(                 \
      "p", "x", "3x4", "[1, 0]", "[0, 2]", first, "4x6")                       \
      TENSOR_PAD("q", "p", "4x6", "[1, 2]", "[2, 1]", second,                  \
                 "7x9") "  return %q : tensor<7x9x$T>\n}\n"

static void check_linalg(MlirContext context, const char *template,
                         const char *type, int expected, const char *what) {
  bool i8 = !strcmp(type, "i8");
  const filling_t fillings[] = {
      {'T', type}, {'Z', i8 ? "-3" : "0.5"}, {'F', i8 ? "4" : "1.5"}};
  tess_text_t source = TESS_TEXT_INIT;
  fill_in(&source, template, fillings, 3);
  check_exact_of(context, tess_text_get(&source), rewrite_named("fold-pad"),
                 expected, what);
  tess_text_free(&source);
}

int main(void) {
  static const char *const types[] = {"f32", "f16", "bf16", "i8"};
  MlirContext context = tess_ir_context_create();
  for (size_t t = 0; t < 4; t++) {
    const char *zero = t == 3 ? "-5" : "0.0";
    check_tosa(context, one, types[t], zero, zero, 1, "one pad");
    check_tosa(context, two, types[t], zero, zero, 1, "two pads");
    check_tosa(context, channels, types[t], zero, zero, 0, "of channels");
    check_tosa(context, one, types[t], zero, t == 3 ? "0" : "1.0", 0,
               "of another number");
    check_tosa(context, two, types[t], zero, t == 3 ? "0" : "1.0", 1,
               "two of another number");
    check_linalg(context, PADS("z", "z"), types[t], 1, "pads");
    check_linalg(context, PADS("z", "f"), types[t], 0, "of two numbers");
    check_linalg(context, PADS("v", "v"), types[t], 0, "of no constant");
  }
  mlirContextDestroy(context);
  return tess_check_result();
}
