/* Compiled functions against loops written out in C. */
#include "tessera/codegen/jit.h"
#include "check.h"
#include "tessera/ir/reader.h"
#include <malloc.h>
#include <math.h>

static MlirContext context;

static MlirModule parse(const char *text) {
  MlirModule module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(text));
  if (mlirModuleIsNull(module)) {
    fprintf(stderr, "test module does not parse\n");
    exit(1);
  }
  return module;
}

/* Values with exact sums: small multiples of 1/4. */
static void fill(float *data, int count, int seed) {
  for (int i = 0; i < count; i++)
    data[i] = (float)((i * 7 + seed * 3) % 13 - 6) / 4;
}

/* Runs @f of `text` once, with poisoned outputs. */
static void run(const char *text, void **inputs, void **outputs) {
  MlirModule module = parse(text);
  tess_jit_t *jit;
  CHECK_OK(tess_jit_create(module, "f", &jit));
  mlirModuleDestroy(module);
  if (!jit)
    return;
  tess_tensor_t in[8], out[8];
  for (int32_t i = 0; i < tess_jit_input_count(jit); i++) {
    in[i] = *tess_jit_input(jit, i);
    in[i].data = inputs[i];
  }
  for (int32_t i = 0; i < tess_jit_output_count(jit); i++) {
    out[i] = *tess_jit_output(jit, i);
    out[i].data = outputs[i];
    memset(out[i].data, 0xff,
           (size_t)(out[i].elements * tess_dtype_bytes(out[i].dtype)));
  }
  CHECK_OK(tess_jit_run(jit, in, out));
  tess_jit_destroy(jit);
}

static void test_matmul(void) {
  static float a[5 * 9], b[9 * 11], c[5 * 11];
  fill(a, 45, 1);
  fill(b, 99, 2);
  run("func.func @f(%a: tensor<5x9xf32>, %b: tensor<9x11xf32>) -> "
      "tensor<5x11xf32> {\n"
      "%z = arith.constant 0.0 : f32\n"
      "%e = tensor.empty() : tensor<5x11xf32>\n"
      "%o = linalg.fill ins(%z : f32) outs(%e : tensor<5x11xf32>) -> "
      "tensor<5x11xf32>\n"
      "%r = linalg.matmul ins(%a, %b : tensor<5x9xf32>, tensor<9x11xf32>) "
      "outs(%o : tensor<5x11xf32>) -> tensor<5x11xf32>\n"
      "return %r : tensor<5x11xf32> }",
      (void *[]){a, b}, (void *[]){c});
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < 11; j++) {
      float sum = 0;
      for (int k = 0; k < 9; k++)
        sum += a[i * 9 + k] * b[k * 11 + j];
      CHECK_NEAR((double)c[i * 11 + j], (double)sum, 0);
    }
}

/* Rows and columns, against the definition. */
static void test_softmax(void) {
  static float x[5 * 7], rows[5 * 7], columns[5 * 7];
  fill(x, 35, 1);
  run("func.func @f(%x: tensor<5x7xf32>) -> (tensor<5x7xf32>, "
      "tensor<5x7xf32>) {\n"
      "%e = tensor.empty() : tensor<5x7xf32>\n"
      "%r = linalg.softmax dimension(1) ins(%x : tensor<5x7xf32>) outs(%e : "
      "tensor<5x7xf32>) -> tensor<5x7xf32>\n"
      "%c = linalg.softmax dimension(0) ins(%x : tensor<5x7xf32>) outs(%e : "
      "tensor<5x7xf32>) -> tensor<5x7xf32>\n"
      "return %r, %c : tensor<5x7xf32>, tensor<5x7xf32> }",
      (void *[]){x}, (void *[]){rows, columns});
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < 7; j++) {
      double row = 0, column = 0, own = exp((double)x[i * 7 + j]);
      for (int k = 0; k < 7; k++)
        row += exp((double)x[i * 7 + k]);
      for (int k = 0; k < 5; k++)
        column += exp((double)x[k * 7 + j]);
      CHECK_NEAR((double)rows[i * 7 + j], own / row, 1e-6);
      CHECK_NEAR((double)columns[i * 7 + j], own / column, 1e-6);
    }
}

/* 1x7x7x3, 3x3 stride 2, padding 1 all around, 10 channels. */
static void test_conv(void) {
  static float x[7 * 7 * 3], w[10 * 3 * 3 * 3], bias[10], y[4 * 4 * 10];
  fill(x, 147, 1);
  fill(w, 270, 2);
  fill(bias, 10, 3);
  run("func.func @f(%x: tensor<1x7x7x3xf32>, %w: tensor<10x3x3x3xf32>, %b: "
      "tensor<10xf32>) -> tensor<1x4x4x10xf32> {\n"
      "%z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
      "tensor<1xf32>\n"
      "%r = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, pad = array<i64: "
      "1, 1, 1, 1>, stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>} : "
      "(tensor<1x7x7x3xf32>, tensor<10x3x3x3xf32>, tensor<10xf32>, "
      "tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x10xf32>\n"
      "return %r : tensor<1x4x4x10xf32> }",
      (void *[]){x, w, bias}, (void *[]){y});
  for (int o = 0; o < 160; o++) {
    int f = o % 10, column = o / 10 % 4, row = o / 40;
    float sum = bias[f];
    for (int t = 0; t < 27; t++) {
      int c = t % 3, h = row * 2 + t / 9 - 1, v = column * 2 + t / 3 % 3 - 1;
      if (h >= 0 && h < 7 && v >= 0 && v < 7)
        sum += x[(h * 7 + v) * 3 + c] * w[f * 27 + t];
    }
    CHECK_NEAR((double)y[o], (double)sum, 0);
  }
}

/* 1x6x6x9, 3x3, no padding. */
static void test_depthwise(void) {
  static float x[6 * 6 * 9], w[3 * 3 * 9], bias[9], y[4 * 4 * 9];
  fill(x, 324, 1);
  fill(w, 81, 2);
  fill(bias, 9, 3);
  run("func.func @f(%x: tensor<1x6x6x9xf32>, %w: tensor<3x3x9x1xf32>, %b: "
      "tensor<9xf32>) -> tensor<1x4x4x9xf32> {\n"
      "%z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
      "tensor<1xf32>\n"
      "%r = tosa.depthwise_conv2d %x, %w, %b, %z, %z {acc_type = f32, pad = "
      "array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = "
      "array<i64: 1, 1>} : (tensor<1x6x6x9xf32>, tensor<3x3x9x1xf32>, "
      "tensor<9xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x9xf32>\n"
      "return %r : tensor<1x4x4x9xf32> }",
      (void *[]){x, w, bias}, (void *[]){y});
  for (int o = 0; o < 144; o++) {
    int c = o % 9, column = o / 9 % 4, row = o / 36;
    float sum = bias[c];
    for (int t = 0; t < 9; t++)
      sum += x[((row + t / 3) * 6 + column + t % 3) * 9 + c] * w[t * 9 + c];
    CHECK_NEAR((double)y[o], (double)sum, 0);
  }
}

/* Published encodings of bfloat16: 1.0 is 0x3f80, 1 + 2^-7 is 0x3f81; 1 + 2^-8
 * is halfway and rounds to the even 0x3f80. */
static void test_bf16(void) {
  uint16_t a[4] = {0x3f80, 0x3f80, 0x4000, 0x3f81};
  uint16_t b[4] = {0x3f80, 0x3b80, 0xbf80, 0x3b80}, c[4];
  run("func.func @f(%a: tensor<4xbf16>, %b: tensor<4xbf16>) -> tensor<4xbf16> "
      "{\n %r = tosa.add %a, %b : (tensor<4xbf16>, tensor<4xbf16>) -> "
      "tensor<4xbf16>\n return %r : tensor<4xbf16> }",
      (void *[]){a, b}, (void *[]){c});
  CHECK_EQ(c[0], 0x4000);
  CHECK_EQ(c[1], 0x3f80);
  CHECK_EQ(c[2], 0x3f80);
  CHECK_EQ(c[3], 0x3f82);
}

/* One value returned twice, an argument, a constant, a scalar, a slice. */
static void test_results(void) {
  float a[4] = {1, 2, 3, 4}, b[1] = {5};
  float twice[4], again[4], same[4], constant[4], scalar[1], slice[2];
  run("func.func @f(%a: tensor<4xf32>, %b: tensor<f32>) -> (tensor<4xf32>, "
      "tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<f32>, "
      "tensor<2xf32>) {\n"
      "%e = tensor.empty() : tensor<4xf32>\n"
      "%s = linalg.add ins(%a, %a : tensor<4xf32>, tensor<4xf32>) outs(%a : "
      "tensor<4xf32>) -> tensor<4xf32>\n"
      "%c = arith.constant dense<[6.0, 7.0, 8.0, 9.0]> : tensor<4xf32>\n"
      "%p = tensor.extract_slice %s[1][2][1] : tensor<4xf32> to "
      "tensor<2xf32>\n"
      "return %s, %s, %a, %c, %b, %p : tensor<4xf32>, tensor<4xf32>, "
      "tensor<4xf32>, tensor<4xf32>, tensor<f32>, tensor<2xf32> }",
      (void *[]){a, b},
      (void *[]){twice, again, same, constant, scalar, slice});
  for (int i = 0; i < 4; i++) {
    CHECK_NEAR((double)a[i], i + 1, 0);
    CHECK_NEAR((double)twice[i], 2 * (i + 1), 0);
    CHECK_NEAR((double)again[i], 2 * (i + 1), 0);
    CHECK_NEAR((double)same[i], i + 1, 0);
    CHECK_NEAR((double)constant[i], i + 6, 0);
  }
  CHECK_NEAR((double)scalar[0], 5, 0);
  CHECK_NEAR((double)slice[0], 4, 0);
  CHECK_NEAR((double)slice[1], 6, 0);
}

static void test_reduction(void) {
  static float x[3 * 20], y[20];
  fill(x, 60, 4);
  run("func.func @f(%x: tensor<3x20xf32>) -> tensor<1x20xf32> {\n"
      "%r = tosa.reduce_sum %x {axis = 0 : i32} : (tensor<3x20xf32>) -> "
      "tensor<1x20xf32>\n return %r : tensor<1x20xf32> }",
      (void *[]){x}, (void *[]){y});
  for (int i = 0; i < 20; i++)
    CHECK_NEAR((double)y[i], (double)(x[i] + x[20 + i] + x[40 + i]), 0);
}

/* A thousand runs of a function with 40 KB of temporaries keep nothing. */
static void test_no_leak(void) {
  MlirModule module =
      parse("func.func @f(%a: tensor<100x100xf32>) -> tensor<100x100xf32> {\n"
            "%t = tosa.reverse %a {axis = 0 : i32} : (tensor<100x100xf32>) -> "
            "tensor<100x100xf32>\n"
            "%u = tosa.reverse %t {axis = 1 : i32} : (tensor<100x100xf32>) -> "
            "tensor<100x100xf32>\n"
            "%r = tosa.exp %u : (tensor<100x100xf32>) -> tensor<100x100xf32>\n"
            "return %r : tensor<100x100xf32> }");
  static float a[10000], b[10000];
  tess_jit_t *jit;
  CHECK_OK(tess_jit_create(module, "f", &jit));
  mlirModuleDestroy(module);
  tess_tensor_t in = *tess_jit_input(jit, 0), out = *tess_jit_output(jit, 0);
  in.data = a;
  out.data = b;
  CHECK_OK(tess_jit_run(jit, &in, &out));
  struct mallinfo2 before = mallinfo2();
  for (int i = 0; i < 1000; i++)
    CHECK_OK(tess_jit_run(jit, &in, &out));
  struct mallinfo2 after = mallinfo2();
  CHECK(after.uordblks + after.hblkhd <=
        before.uordblks + before.hblkhd + 4096);
  CHECK_NEAR((double)b[17], 1, 0);
  out.rank = 1;
  CHECK_ERROR(tess_jit_run(jit, &in, &out), TESS_INVALID, "output 0");
  tess_jit_destroy(jit);
}

static void check_refused(const char *text, tess_code_t code,
                          const char *part) {
  MlirModule module = parse(text);
  tess_jit_t *jit;
  CHECK_ERROR(tess_jit_create(module, "f", &jit), code, part);
  CHECK(jit == NULL);
  mlirModuleDestroy(module);
}

static void test_refusals(void) {
  check_refused("func.func @g() { return }", TESS_NOT_FOUND, "@f");
  check_refused("func.func @f(%a: tensor<?xf32>) { return }", TESS_UNSUPPORTED,
                "argument 0 has a dynamic shape");
  check_refused("func.func @f(%a: tensor<9000000000x9000000000xf32>) { return "
                "}",
                TESS_UNSUPPORTED, "memory");
  check_refused("func.func @f(%a: f32) { return }", TESS_UNSUPPORTED,
                "not a ranked tensor");
  check_refused("func.func private @g(tensor<2xf32>) -> tensor<2xf32>\n"
                "func.func @f(%a: tensor<2xf32>) -> tensor<2xf32> {\n"
                "%r = call @g(%a) : (tensor<2xf32>) -> tensor<2xf32>\n"
                "return %r : tensor<2xf32> }",
                TESS_UNSUPPORTED, "1:1: @f: a function without a body");
}

int main(void) {
  context = tess_ir_context_create();
  test_matmul();
  test_softmax();
  test_conv();
  test_depthwise();
  test_bf16();
  test_results();
  test_reduction();
  test_no_leak();
  test_refusals();
  mlirContextDestroy(context);
  return tess_check_result();
}
