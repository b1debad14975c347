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
    {TESS_UNSUPPORTED, ":1:1: function 'f' has no tensors: only models on",
     "func.func @f(%a: f32) -> f32 {\n  %0 = arith.addf %a, %a : f32\n"
     "  return %0 : f32\n}\n"},
    {TESS_UNSUPPORTED, ":2:3: linalg.fill without a result: only models on",
     "func.func @f(%a: memref<4xf32>, %b: f32) {\n"
     "  linalg.fill ins(%b : f32) outs(%a : memref<4xf32>)\n  return\n}\n"},
    {TESS_UNSUPPORTED, ".mlir: shop.a: this operation is of no known dialect",
     "func.func @f() {\n  \"shop.a\"() : () -> () loc(unknown)\n  return\n}\n"},
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
  check_unregistered(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
