/* Convolutions that a rule takes beside plain ones of floats, rewritten and run
 * through the JIT: i8 with zero points, dilation, other filter layouts; and
 * those that must be left alone. */
#include "all_exact.h"

#define TOSA(op, filter, pads, stride, dilation, out, zeros)                   \
  "func.func @f(%x: tensor<2x9x9x3xi8>, %w: tensor<" filter "xi8>, %b: "       \
  "tensor<" out "xi32>) -> tensor<2x" stride "x" out "xi32> {\n" zeros         \
  "  %r = tosa." op " %x, %w, %b, %zx, %zw {acc_type = i32, dilation = "       \
  "array<i64: " dilation ">, pad = array<i64: " pads "} : ("                   \
  "tensor<2x9x9x3xi8>, tensor<" filter "xi8>, tensor<" out "xi32>, "           \
  "tensor<1xi8>, tensor<1xi8>) -> tensor<2x" stride "x" out "xi32>\n"          \
  "  return %r : tensor<2x" stride "x" out "xi32>\n}\n"

#define ZEROS(x, w)                                                            \
  "  %zx = \"tosa.const\"() <{values = dense<" x "> : tensor<1xi8>}> : () -> " \
  "tensor<1xi8>\n"                                                             \
  "  %zw = \"tosa.const\"() <{values = dense<" w "> : tensor<1xi8>}> : () -> " \
  "tensor<1xi8>\n"

/* Zero points that are no constants. */
#define TOSA_ARGUMENT                                                          \
  "func.func @f(%x: tensor<2x9x9x3xi8>, %w: tensor<3x3x3x1xi8>, %b: "          \
  "tensor<3xi32>, %z: tensor<1xi8>) -> tensor<2x7x7x3xi32> {\n"                \
  "  %r = tosa.depthwise_conv2d %x, %w, %b, %z, %z {acc_type = i32, dilation " \
  "= array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, "  \
  "1>} : (tensor<2x9x9x3xi8>, tensor<3x3x3x1xi8>, tensor<3xi32>, "             \
  "tensor<1xi8>, tensor<1xi8>) -> tensor<2x7x7x3xi32>\n"                       \
  "  return %r : tensor<2x7x7x3xi32>\n}\n"

/* linalg: the pad's number and the zero points. */
#define QUANTISED(op, x, p, w, r, amounts, fill, zx, zw, stride, dilation)     \
  "func.func @f(%x: tensor<" x "xi8>, %w: tensor<" w "xi8>) -> tensor<" r      \
  "xi32> {\n  %fill = arith.constant " fill " : i8\n"                          \
  "  %zx = arith.constant " zx " : i32\n  %zw = arith.constant " zw            \
  " : i32\n  %c0 = arith.constant 0 : i32\n"                                   \
  "  %p = tensor.pad %x " amounts " {\n  ^bb0(%a: index, %b: index, %c: "      \
  "index, %d: index):\n    tensor.yield %fill : i8\n  } : tensor<" x           \
  "xi8> to tensor<" p "xi8>\n"                                                 \
  "  %e = tensor.empty() : tensor<" r "xi32>\n"                                \
  "  %i = linalg.fill ins(%c0 : i32) outs(%e : tensor<" r                      \
  "xi32>) -> tensor<" r "xi32>\n"                                              \
  "  %r = linalg." op " {dilations = dense<" dilation                          \
  "> : vector<2xi64>, strides = dense<" stride "> : vector<2xi64>} ins(%p, "   \
  "%w, %zx, %zw : tensor<" p "xi8>, tensor<" w "xi8>, i32, i32) outs(%i : "    \
  "tensor<" r "xi32>) -> tensor<" r "xi32>\n  return %r : tensor<" r           \
  "xi32>\n}\n"

#define FLOATS(op, x, w, r, stride, dilation, type)                            \
  "func.func @f(%x: tensor<" x "x" type ">, %w: tensor<" w "x" type            \
  ">, %i: tensor<" r "x" type ">) -> tensor<" r "x" type ">{\n"                \
  "  %r = linalg." op " {dilations = dense<" dilation                          \
  "> : vector<2xi64>, strides = dense<" stride "> : vector<2xi64>} ins(%x, "   \
  "%w : tensor<" x "x" type ">, tensor<" w "x" type ">) outs(%i : tensor<" r   \
  "x" type ">) -> tensor<" r "x" type ">\n  return %r : tensor<" r "x" type    \
  ">\n}\n"

typedef struct example {
  const char *what;
  int sites;
  const char *source;
} example_t;

static const example_t examples[] = {
    {"tosa depthwise i8", 1,
     TOSA("depthwise_conv2d", "3x3x3x1",
          "1, 1, 1, 1>, stride = array<i64: 1, 1>", "9x9", "1, 1", "3",
          ZEROS("-7", "3"))},
    {"tosa depthwise i8 dilated", 1,
     TOSA("depthwise_conv2d", "3x3x3x1",
          "2, 1, 1, 2>, stride = array<i64: 1, 1>", "8x8", "2, 2", "3",
          ZEROS("5", "0"))},
    {"tosa depthwise i8, zero points unknown", 0, TOSA_ARGUMENT},
    {"linalg depthwise i8 dilated", 1,
     QUANTISED("depthwise_conv_2d_nhwc_hwc_q", "2x9x9x3", "2x11x11x3", "3x3x3",
               "2x7x7x3", "low[0, 1, 1, 0] high[0, 1, 1, 0]", "-7", "-7", "3",
               "1", "2")},
    {"linalg stem i8", 1,
     QUANTISED("conv_2d_nhwc_hwcf_q", "2x8x8x3", "2x9x9x3", "3x3x3x4",
               "2x4x4x4", "low[0, 1, 1, 0] high[0, 0, 0, 0]", "-7", "-7", "3",
               "2", "1")},
    {"linalg stem i8, FHWC", 1,
     QUANTISED("conv_2d_nhwc_fhwc_q", "2x8x8x3", "2x9x9x3", "4x3x3x3",
               "2x4x4x4", "low[0, 1, 1, 0] high[0, 0, 0, 0]", "9", "9", "-1",
               "2", "1")},
    {"linalg stem i8, NCHW, its pad is no zero", 1,
     QUANTISED("conv_2d_nchw_fchw_q", "2x3x8x8", "2x3x9x9", "4x3x3x3",
               "2x4x4x4", "low[0, 0, 1, 1] high[0, 0, 0, 0]", "0", "-7", "3",
               "2", "1")},
    {"linalg stem i8, zero point beyond i8", 0,
     QUANTISED("conv_2d_nchw_fchw_q", "2x3x8x8", "2x3x9x9", "4x3x3x3",
               "2x4x4x4", "low[0, 0, 1, 1] high[0, 0, 0, 0]", "0", "128", "0",
               "2", "1")},
    {"linalg stem of floats, FHWC", 1,
     FLOATS("conv_2d_nhwc_fhwc", "2x9x9x3", "4x3x3x3", "2x4x4x4", "2", "1",
            "f32")},
    {"linalg depthwise dilated f16", 1,
     FLOATS("depthwise_conv_2d_nchw_chw", "2x3x9x9", "3x3x3", "2x3x5x5", "1",
            "2", "f16")},
    {"linalg depthwise dilated bf16", 1,
     FLOATS("depthwise_conv_2d_nhwc_hwc", "2x9x9x3", "3x3x3", "2x3x3x3", "2",
            "2", "bf16")},
    {"linalg stem dilated: left alone", 0,
     FLOATS("conv_2d_nhwc_hwcf", "2x9x9x3", "3x3x3x4", "2x3x3x4", "2", "2",
            "f32")},
};

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
    check_all_exact(context, examples[i].source, examples[i].sites,
                    examples[i].what);
  mlirContextDestroy(context);
  return tess_check_result();
}
