/* 16-bit programs made wide: run against the same program written in f32. */
#include "tessera/codegen/widen.h"
#include "check.h"
#include "tessera/base/text.h"
#include "tessera/codegen/jit.h"
#include "tessera/ir/reader.h"

static MlirContext context;

static MlirModule parse(const char *text) {
  MlirModule module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(text));
  if (mlirModuleIsNull(module)) {
    fprintf(stderr, "test module does not parse:\n%s\n", text);
    exit(1);
  }
  return module;
}

static void add_chunk(MlirStringRef chunk, void *text) {
  tess_text_add_n(text, chunk.data, chunk.length);
}

/* As MLIR prints it, without constants' and values' own names. */
static void print(MlirModule module, tess_text_t *text) {
  mlirOperationPrint(mlirModuleGetOperation(module), add_chunk, text);
}

static void expect_same(const char *narrow, const char *wide) {
  MlirModule given = parse(narrow), expected = parse(wide);
  bool widened = false;
  CHECK_OK(tess_widen(given, &widened));
  CHECK(widened);
  tess_text_t a = TESS_TEXT_INIT, b = TESS_TEXT_INIT;
  print(given, &a);
  print(expected, &b);
  CHECK_STRING(tess_text_get(&a), tess_text_get(&b));
  CHECK_OK(tess_widen(given, &widened));
  CHECK(!widened);
  tess_text_free(&a);
  tess_text_free(&b);
  mlirModuleDestroy(expected);
  mlirModuleDestroy(given);
}

/* Islands of f32 lose their casts; constants keep their values, also those of
 * which the bits are given. */
static void test_linalg(void) {
  expect_same(
      "#i = affine_map<(d0) -> (d0)>\n"
      "func.func @f(%x: tensor<3xbf16>, %n: i32) -> tensor<3xbf16> {\n"
      "%c = arith.constant dense<[1.0, -2.5, 0xFF80]> : tensor<3xbf16>\n"
      "%s = arith.constant 0.1 : bf16\n"
      "%e = tensor.empty() : tensor<3xbf16>\n"
      "%r = linalg.generic {indexing_maps = [#i, #i, #i], iterator_types = "
      "[\"parallel\"]} ins(%x, %c : tensor<3xbf16>, tensor<3xbf16>) outs(%e : "
      "tensor<3xbf16>) {\n"
      "^bb0(%a: bf16, %b: bf16, %o: bf16):\n"
      "%w = arith.extf %a : bf16 to f32\n"
      "%q = math.exp %w : f32\n"
      "%t = arith.truncf %q : f32 to bf16\n"
      "%m = arith.mulf %t, %s : bf16\n"
      "%p = arith.addf %m, %b : bf16\n"
      "linalg.yield %p : bf16 } -> tensor<3xbf16>\n"
      "return %r : tensor<3xbf16> }",
      "#i = affine_map<(d0) -> (d0)>\n"
      "func.func @f(%x: tensor<3xf32>, %n: i32) -> tensor<3xf32> {\n"
      "%c = arith.constant dense<[1.0, -2.5, 0xFF800000]> : tensor<3xf32>\n"
      "%s = arith.constant 0.10009765625 : f32\n"
      "%e = tensor.empty() : tensor<3xf32>\n"
      "%r = linalg.generic {indexing_maps = [#i, #i, #i], iterator_types = "
      "[\"parallel\"]} ins(%x, %c : tensor<3xf32>, tensor<3xf32>) outs(%e : "
      "tensor<3xf32>) {\n"
      "^bb0(%a: f32, %b: f32, %o: f32):\n"
      "%q = math.exp %a : f32\n"
      "%m = arith.mulf %q, %s : f32\n"
      "%p = arith.addf %m, %b : f32\n"
      "linalg.yield %p : f32 } -> tensor<3xf32>\n"
      "return %r : tensor<3xf32> }");
}

/* Zero points, accumulators and clamps are attributes and constants. */
static void test_tosa(void) {
  expect_same(
      "func.func @f(%x: tensor<1x4x4x2xf16>, %w: tensor<3x1x1x2xf16>, %b: "
      "tensor<3xf16>) -> tensor<1x4x4x3xf32> {\n"
      "%z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf16>}> : () -> "
      "tensor<1xf16>\n"
      "%c = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f16, dilation = array<"
      "i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : "
      "(tensor<1x4x4x2xf16>, tensor<3x1x1x2xf16>, tensor<3xf16>, "
      "tensor<1xf16>, tensor<1xf16>) -> tensor<1x4x4x3xf16>\n"
      "%k = tosa.clamp %c {min_val = 0.0 : f16, max_val = 6.0 : f16} : "
      "(tensor<1x4x4x3xf16>) -> tensor<1x4x4x3xf16>\n"
      "%r = tosa.cast %k : (tensor<1x4x4x3xf16>) -> tensor<1x4x4x3xf32>\n"
      "return %r : tensor<1x4x4x3xf32> }",
      "func.func @f(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>, %b: "
      "tensor<3xf32>) -> tensor<1x4x4x3xf32> {\n"
      "%z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
      "tensor<1xf32>\n"
      "%c = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation = array<"
      "i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : "
      "(tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>, tensor<3xf32>, "
      "tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x3xf32>\n"
      "%k = tosa.clamp %c {min_val = 0.0 : f32, max_val = 6.0 : f32} : "
      "(tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>\n"
      "return %k : tensor<1x4x4x3xf32> }");
}

/* A called function and a mixed product: 16-bit operands, f32 sums. */
static void test_calls(void) {
  expect_same(
      "func.func private @g(%a: tensor<2x3xbf16>, %b: tensor<3x4xbf16>, %c: "
      "tensor<2x4xf32>) -> tensor<2x4xf32> {\n"
      "%r = linalg.matmul ins(%a, %b : tensor<2x3xbf16>, tensor<3x4xbf16>) "
      "outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>\n"
      "return %r : tensor<2x4xf32> }\n"
      "func.func @f(%a: tensor<2x3xbf16>, %b: tensor<3x4xbf16>, %c: "
      "tensor<2x4xf32>) -> tensor<2x4xf32> {\n"
      "%r = call @g(%a, %b, %c) : (tensor<2x3xbf16>, tensor<3x4xbf16>, "
      "tensor<2x4xf32>) -> tensor<2x4xf32>\n"
      "return %r : tensor<2x4xf32> }",
      "func.func private @g(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: "
      "tensor<2x4xf32>) -> tensor<2x4xf32> {\n"
      "%r = linalg.matmul ins(%a, %b : tensor<2x3xf32>, tensor<3x4xf32>) "
      "outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>\n"
      "return %r : tensor<2x4xf32> }\n"
      "func.func @f(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: "
      "tensor<2x4xf32>) -> tensor<2x4xf32> {\n"
      "%r = call @g(%a, %b, %c) : (tensor<2x3xf32>, tensor<3x4xf32>, "
      "tensor<2x4xf32>) -> tensor<2x4xf32>\n"
      "return %r : tensor<2x4xf32> }");
}

/* The bytes of a resource stay: what comes out of a run are its values. */
static void test_resource(void) {
  MlirModule module =
      parse("func.func @f(%x: tensor<4xbf16>) -> tensor<4xbf16> {\n"
            "%c = arith.constant dense_resource<w> : tensor<4xbf16>\n"
            "%r = arith.mulf %x, %c : tensor<4xbf16>\n"
            "return %r : tensor<4xbf16> }\n"
            "{-# dialect_resources: { builtin: { w: "
            "\"0x04000000803F0040C0BF0100\" } } #-}");
  bool widened = false;
  CHECK_OK(tess_widen(module, &widened));
  CHECK(widened);
  tess_jit_t *jit;
  CHECK_OK(tess_jit_create(module, "f", &jit));
  mlirModuleDestroy(module);
  if (!jit)
    return;
  float x[4] = {3, 3, 3, 1}, y[4];
  tess_tensor_t in = *tess_jit_input(jit, 0), out = *tess_jit_output(jit, 0);
  CHECK_EQ(in.dtype, TESS_F32);
  CHECK_EQ(out.dtype, TESS_F32);
  in.data = x;
  out.data = y;
  CHECK_OK(tess_jit_run(jit, &in, &out));
  CHECK_NEAR((double)y[0], 3, 0);
  CHECK_NEAR((double)y[1], 6, 0);
  CHECK_NEAR((double)y[2], -4.5, 0);
  CHECK_NEAR((double)y[3], 0x1p-133, 0);
  tess_jit_destroy(jit);
}

static void test_unsupported(void) {
  MlirModule module =
      parse("func.func @f(%x: tensor<4xbf16>) -> tensor<4xi16> {\n"
            "%r = arith.bitcast %x : tensor<4xbf16> to tensor<4xi16>\n"
            "return %r : tensor<4xi16> }");
  bool widened;
  CHECK_ERROR(tess_widen(module, &widened), TESS_UNSUPPORTED,
              "raising 16-bit floats to f32");
  mlirModuleDestroy(module);
}

int main(void) {
  context = tess_ir_context_create();
  test_linalg();
  test_tosa();
  test_calls();
  test_resource();
  test_unsupported();
  mlirContextDestroy(context);
  return tess_check_result();
}
