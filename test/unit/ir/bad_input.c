/* Everything that can be wrong with a file, a module or a function gets an
 * error that says where and what to do. */
#include "reading.h"
#include "tessera/base/file.h"
#include <unistd.h>

static char path[64];

static tess_status_t write_and_open(MlirContext context, const char *text) {
  reading_t reading;
  TESS_TRY(tess_file_write(path, text, strlen(text)));
  tess_status_t status = reading_open(context, path, &reading);
  reading_close(&reading);
  return status;
}

typedef struct bad {
  tess_code_t code;
  const char *part; /* of the message */
  const char *text;
} bad_t;

#define F32 "tensor<2xf32>"
#define EXP(type) "  %0 = tosa.exp %a : (" type ") -> " type "\n"

#define QUANT "tensor<4x!quant.uniform<i8:f32, 0.5:3>>"
#define ZERO                                                                   \
  "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "   \
  "tensor<1xf32>\n"
/* On 8x8 images; padding, dilation, input and output channels, the filter's
 * sizes, the result's. */
#define CONVOLUTION(op, pad, dilation, in, channels, filter, space)            \
  "func.func @f(%a: tensor<1x8x8x" in "xf32>, %w: tensor<" filter "xf32>, "    \
  "%b: tensor<" channels "xf32>) {\n" ZERO "  %0 = tosa." op                   \
  " %a, %w, %b, %z, %z {acc_type = f32, dilation = array<i64: " dilation       \
  ">, pad = array<i64: " pad ">, stride = array<i64: 1, 1>} : "                \
  "(tensor<1x8x8x" in "xf32>, tensor<" filter "xf32>, tensor<" channels        \
  "xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x" space "x" channels       \
  "xf32>\n  return\n}\n"
#define LINALG(op, attributes, data, filter, out)                              \
  "func.func @f(%a: tensor<" data "xf32>, %w: tensor<" filter "xf32>, %c: "    \
  "tensor<" out "xf32>) {\n  %0 = linalg." op " {" attributes                  \
  "} ins(%a, %w : tensor<" data "xf32>, tensor<" filter                        \
  "xf32>) outs(%c : tensor<" out "xf32>) -> tensor<" out                       \
  "xf32>\n  return\n}\n"

static const bad_t bads[] = {
    {TESS_INVALID, ":1:1: ", "this is no IR\n"},
    {TESS_INVALID, ":2:", "func.func @f() {\n  %0 = arith.addi %a, %a : i32\n"},
    {TESS_INVALID, ":2:8: ",
     "func.func @f(%a: " F32 ") {\n  %0 = tosa.exp %a : (" F32
     ") -> tensor<3xf32>\n  return\n}\n"},
    {TESS_NOT_FOUND, ":1:1: no function with a body", "module {\n}\n"},
    {TESS_NOT_FOUND, "no function with a body", ""},
    {TESS_NOT_FOUND, "no function with a body",
     "func.func private @f(%a: " F32 ")\n"},
    {TESS_UNSUPPORTED, "several functions: say which one to work on: f, g",
     "func.func @f() {\n  return\n}\nfunc.func @g() {\n  return\n}\n"},
    {TESS_UNSUPPORTED, ":1:1: empty function 'f'",
     "func.func @f(%a: " F32 ") -> " F32 " {\n  return %a : " F32 "\n}\n"},
    {TESS_UNSUPPORTED, "several blocks",
     "func.func @f(%a: " F32 ") -> " F32
     " {\n" EXP(F32) "  cf.br ^b\n^b:\n  return %0 : " F32 "\n}\n"},
    {TESS_UNSUPPORTED, "re-export with a fixed batch",
     "func.func @f(%a: tensor<?x2xf32>) -> tensor<?x2xf32> {\n" EXP(
         "tensor<?x2xf32>") "  return %0 : tensor<?x2xf32>\n}\n"},
    {TESS_UNSUPPORTED, "without a rank",
     "func.func @f(%a: tensor<*xf32>) -> tensor<*xf32> {\n" EXP(
         "tensor<*xf32>") "  return %0 : tensor<*xf32>\n}\n"},
    {TESS_UNSUPPORTED, "dimension 0 has size 0",
     "func.func @f(%a: tensor<0x3xf32>) -> tensor<0x3xf32> {\n"
     "  %0 = math.exp %a : tensor<0x3xf32>\n  return %0 : tensor<0x3xf32>\n"
     "}\n"},
    {TESS_UNSUPPORTED, "rank 9",
     "func.func @f(%a: tensor<1x1x1x1x1x1x1x1x1xf32>) {\n"
     "  %0 = math.exp %a : tensor<1x1x1x1x1x1x1x1x1xf32>\n  return\n}\n"},
    {TESS_OVERFLOW, "2^63 elements",
     "func.func @f(%a: tensor<4294967296x4294967296xf32>) {\n"
     "  %0 = math.exp %a : tensor<4294967296x4294967296xf32>\n  return\n}\n"},
    {TESS_OVERFLOW, "2^63 bytes",
     "func.func @f(%a: tensor<4611686018427387904xf32>) {\n"
     "  %0 = math.exp %a : tensor<4611686018427387904xf32>\n  return\n}\n"},
    {TESS_OVERFLOW, ":3:8: ",
     "func.func @f(%a: tensor<2000000000x1000000xf32>, %b: "
     "tensor<1000000x1000000xf32>, %c: tensor<2000000000x1000000xf32>) {\n"
     "  %z = arith.constant 0.0 : f32\n"
     "  %0 = linalg.matmul ins(%a, %b : tensor<2000000000x1000000xf32>, "
     "tensor<1000000x1000000xf32>) outs(%c : tensor<2000000000x1000000xf32>) "
     "-> tensor<2000000000x1000000xf32>\n  return\n}\n"},
    {TESS_OVERFLOW, ":2:8: the size of this operation does not fit",
     /* 10^8 * 10^8 * 10^9 products of bytes, though each tensor fits. */
     "func.func @f(%a: tensor<100000000x100000000xi8>, %b: "
     "tensor<100000000x1000000000xi8>, %c: tensor<100000000x1000000000xi32>) "
     "{\n  %0 = linalg.matmul ins(%a, %b : tensor<100000000x100000000xi8>, "
     "tensor<100000000x1000000000xi8>) outs(%c : "
     "tensor<100000000x1000000000xi32>) -> tensor<100000000x1000000000xi32>\n"
     "  return\n}\n"},
    {TESS_OVERFLOW, "2^63 bytes",
     "func.func @f(%a: tensor<4611686018427387904xi24>) {\n"
     "  %0 = arith.addi %a, %a : tensor<4611686018427387904xi24>\n  return\n"
     "}\n"},
    {TESS_UNSUPPORTED, "strip-func-quant-types",
     "func.func @f(%a: " QUANT ") {\n" EXP(QUANT) "  return\n}\n"},
    {TESS_UNSUPPORTED, ":2:8: a tensor of !llvm.ptr, a type whose size",
     "func.func @f(%a: " F32 ") {\n  %0 = tensor.empty() : "
     "tensor<2x!llvm.ptr>\n  return\n}\n"},
    {TESS_UNSUPPORTED, ":3:8: negative padding (-1); write it as tensor.ext",
     "func.func @f(%a: " F32 ") {\n  %z = arith.constant 0.0 : f32\n"
     "  %0 = tensor.pad %a low[-1] high[0] {\n^bb0(%i: index):\n"
     "  tensor.yield %z : f32\n} : " F32 " to tensor<1xf32>\n  return\n}\n"},
    {TESS_UNSUPPORTED, ":4:8: negative padding (-1); write it as tosa.slice",
     "func.func @f(%a: " F32 ") {\n  %s = tosa.const_shape {values = "
     "dense<[0, -1]> : tensor<2xindex>} : () -> !tosa.shape<2>\n" ZERO
     "  %0 = tosa.pad %a, %s, %z : (" F32 ", !tosa.shape<2>, tensor<1xf32>) "
     "-> tensor<1xf32>\n  return\n}\n"},
    {TESS_INVALID, ":3:8: ",
     CONVOLUTION("conv2d", "-1, -1, -1, -1", "1, 1", "3", "4", "4x3x3x3",
                 "4x4")},
    {TESS_INVALID, ":3:8: ",
     CONVOLUTION("conv2d", "0, 0, 0, 0", "9, 9", "3", "4", "4x3x3x3", "4x4")},
    {TESS_INVALID, ":3:8: ragged groups: a filter for 3 input and 4 output",
     CONVOLUTION("conv2d", "0, 0, 0, 0", "1, 1", "4", "4", "4x3x3x3", "6x6")},
    {TESS_INVALID, ":3:8: ragged groups: a filter for 3 input and",
     CONVOLUTION("depthwise_conv2d", "0, 0, 0, 0", "1, 1", "4", "6", "3x3x3x2",
                 "6x6")},
    {TESS_INVALID, ":2:8: ",
     LINALG("conv_2d_nhwc_hwcf", "dilations = dense<9> : tensor<2xi64>",
            "1x8x8x3", "3x3x3x4", "1x6x6x4")},
    {TESS_INVALID, ":2:8: ",
     LINALG("conv_2d_ngchw_gfchw", "", "1x2x3x8x8", "3x4x3x3x3", "1x2x4x6x6")},
    {TESS_INVALID, ":2:8: ",
     LINALG("depthwise_conv_2d_nhwc_hwc", "", "1x8x8x4", "3x3x3", "1x6x6x4")},
    {TESS_UNSUPPORTED, "stablehlo-legalize-to-linalg",
     "func.func @f(%a: " F32 ") -> " F32
     " {\n  %0 = stablehlo.exponential %a : " F32 "\n  return %0 : " F32
     "\n}\n"},
    {TESS_UNSUPPORTED, ":2:",
     "func.func @f(%a: " F32 ") -> " F32
     " {\n  %0 = \"stablehlo.exponential\"(%a) : (" F32 ") -> " F32
     "\n  return %0 : " F32 "\n}\n"},
    {TESS_UNSUPPORTED, "torch-backend-to-linalg-on-tensors-backend-pipeline",
     "func.func @f(%a: !torch.vtensor<[1,2],f32>) {\n  %0 = torch.aten.relu "
     "%a : !torch.vtensor<[1,2],f32> -> !torch.vtensor<[1,2],f32>\n  "
     "return\n}\n"},
    {TESS_UNSUPPORTED, "tfl-to-tosa-pipeline",
     "func.func @f(%a: " F32 ") -> " F32
     " {\n  %0 = \"tfl.logistic\"(%a) : (" F32 ") -> " F32
     "\n  return %0 : " F32 "\n}\n"},
    {TESS_UNSUPPORTED, "tf-to-tosa-pipeline",
     "func.func @f(%a: " F32 ") -> " F32 " {\n  %0 = \"tf.Sigmoid\"(%a) : (" F32
     ") -> " F32 "\n  return %0 : " F32 "\n}\n"},
    {TESS_UNSUPPORTED, "convert-onnx-to-tosa",
     "func.func @f(%a: " F32 ") -> " F32 " {\n  %0 = \"onnx.Relu\"(%a) : (" F32
     ") -> " F32 "\n  return %0 : " F32 "\n}\n"},
    {TESS_UNSUPPORTED, "mhlo",
     "func.func @f(%a: " F32 ") {\n  %0 = mhlo.add %a, %a : " F32
     "\n  return\n}\n"},
};

/* A context that lets unregistered ops pass, as mlir-opt can be told to. */
static void check_unregistered(MlirContext context) {
  mlirContextSetAllowUnregisteredDialects(context, true);
  reading_t reading;
  CHECK_ERROR(reading_parse(context,
                            "func.func @f(%a: " F32 ") {\n"
                            "  %0 = \"stablehlo.abs\"(%a) : (" F32 ") -> " F32
                            "\n  return\n}\n",
                            &reading),
              TESS_UNSUPPORTED, "stablehlo-opt");
  reading_close(&reading);
  CHECK_OK(reading_parse(context,
                         "func.func @f(%a: " F32 ") -> " F32 " {\n"
                         "  %0 = \"mine.abs\"(%a) : (" F32 ") -> " F32
                         "\n  %1 = call @f(%0) : (" F32 ") -> " F32
                         "\n  return %1 : " F32 "\n}\n",
                         &reading));
  CHECK_EQ(reading.model->unknown_count, 2);
  CHECK_STRING(reading.model->nodes[0].op_name, "mine.abs");
  reading_close(&reading);
}

/* Types that are none of the usual ones have the bytes that they pack into. */
static void check_sizes(MlirContext context) {
  static const struct {
    const char *type;
    int64_t bytes; /* of 11 elements */
  } types[] = {{"i4", 6},  {"i48", 66},  {"f8E4M3FN", 11}, {"complex<f32>", 88},
               {"i1", 11}, {"index", 88}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    char text[256];
    snprintf(text, sizeof text,
             "func.func @f(%%a: tensor<11x%s>) {\n  %%0 = tensor.empty() : "
             "tensor<11x%s>\n  return\n}\n",
             types[i].type, types[i].type);
    reading_t reading;
    CHECK_OK(reading_parse(context, text, &reading));
    if (reading.model)
      CHECK_EQ(reading.model->values[0].bytes, types[i].bytes);
    reading_close(&reading);
  }
}

static void check_functions(MlirContext context) {
  MlirModule module = mlirModuleCreateParse(
      context, mlirStringRefCreateFromCString(
                   "func.func @f() {\n  return\n}\nfunc.func @g() {\n  return\n"
                   "}\nfunc.func private @h()\n"));
  MlirOperation function;
  CHECK_OK(tess_ir_find_function(module, "g", &function));
  CHECK_ERROR(tess_ir_find_function(module, "h", &function), TESS_NOT_FOUND,
              "no function 'h'; there is: f, g");
  mlirModuleDestroy(module);
}

int main(void) {
  snprintf(path, sizeof path, "/tmp/tessera-bad-input-%ld.mlir",
           (long)getpid());
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof bads / sizeof *bads; i++)
    CHECK_ERROR(write_and_open(context, bads[i].text), bads[i].code,
                bads[i].part);
  unlink(path);
  MlirModule module;
  CHECK_ERROR(tess_ir_parse_file(context, "/nonexistent/model.mlir", &module),
              TESS_NOT_FOUND, "/nonexistent/model.mlir");
  check_functions(context);
  check_sizes(context);
  check_unregistered(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
