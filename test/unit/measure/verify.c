/* Verification must pass equal models and catch a single changed op. */
#include "tessera/measure/verify.h"
#include "check.h"
#include "tessera/base/parallel.h"
#include "tessera/base/text.h"
#include "tessera/ir/reader.h"
#include <signal.h>

static MlirContext context;

#define HEAD                                                                   \
  "func.func @f(%x: tensor<4x16xf32>, %w: tensor<16x12xf32>, %v: "             \
  "tensor<1x12xf32>) -> tensor<4x12xf32> {\n"                                  \
  "%z = arith.constant 0.0 : f32\n%e = tensor.empty() : tensor<4x12xf32>\n"    \
  "%o = linalg.fill ins(%z : f32) outs(%e : tensor<4x12xf32>) -> "             \
  "tensor<4x12xf32>\n"                                                         \
  "%m = linalg.matmul ins(%x, %w : tensor<4x16xf32>, tensor<16x12xf32>) "      \
  "outs(%o : tensor<4x12xf32>) -> tensor<4x12xf32>\n"
#define TAIL "return %r : tensor<4x12xf32> }"
#define BINARY(op, a, b, tb)                                                   \
  "%r = tosa." op " " a ", " b " : (tensor<4x12xf32>, " tb                     \
  ") -> tensor<4x12xf32>\n"

static const char base[] =
    HEAD BINARY("add", "%m", "%v", "tensor<1x12xf32>") TAIL;
static const char other_op[] =
    HEAD BINARY("sub", "%m", "%v", "tensor<1x12xf32>") TAIL;
/* sqrt of a product takes negative numbers: NaN on both sides. */
static const char poison[] = HEAD
    "%n = math.sqrt %m : tensor<4x12xf32>\n" BINARY("add", "%n", "%v",
                                                    "tensor<1x12xf32>") TAIL;
static const char zero[] =
    HEAD BINARY("sub", "%m", "%m", "tensor<4x12xf32>") TAIL;
/* The outputs are the same for any data. */
#define CONSTANT                                                               \
  "%r = tosa.clamp %m {min_val = 7.0 : f32, max_val = 7.0 : f32} : "           \
  "(tensor<4x12xf32>) -> tensor<4x12xf32>\n"
static const char constant[] = HEAD CONSTANT TAIL;
static const char no_product[] =
    "func.func @f(%x: tensor<4x12xf32>) -> tensor<4x12xf32> {\n" BINARY(
        "sub", "%x", "%x", "tensor<4x12xf32>") TAIL;
/* One element of the weights is doubled. */
#define ONE_WEIGHT                                                             \
  "func.func @f(%x: tensor<4x16xf32>, %u: tensor<16x12xf32>, %v: "             \
  "tensor<1x12xf32>) -> tensor<4x12xf32> {\n"                                  \
  "%i = arith.constant 7 : index\n%j = arith.constant 5 : index\n"             \
  "%q = tensor.extract %u[%i, %j] : tensor<16x12xf32>\n"                       \
  "%d = arith.addf %q, %q : f32\n"                                             \
  "%w = tensor.insert %d into %u[%i, %j] : tensor<16x12xf32>\n"                \
  "%z = arith.constant 0.0 : f32\n%e = tensor.empty() : tensor<4x12xf32>\n"    \
  "%o = linalg.fill ins(%z : f32) outs(%e : tensor<4x12xf32>) -> "             \
  "tensor<4x12xf32>\n"                                                         \
  "%m = linalg.matmul ins(%x, %w : tensor<4x16xf32>, tensor<16x12xf32>) "      \
  "outs(%o : tensor<4x12xf32>) -> tensor<4x12xf32>\n"

static const char one_weight[] =
    ONE_WEIGHT BINARY("add", "%m", "%v", "tensor<1x12xf32>") TAIL;
static const char one_weight_constant[] = ONE_WEIGHT CONSTANT TAIL;

static tess_status_t compare(const char *a, const char *b, int32_t seeds,
                             tess_verify_report_t *report) {
  MlirModule first =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(a));
  MlirModule second =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(b));
  CHECK(!mlirModuleIsNull(first) && !mlirModuleIsNull(second));
  tess_verify_options_t options = {.seeds = seeds, .first_seed = 3};
  tess_status_t status = tess_verify(first, second, &options, report);
  mlirModuleDestroy(first);
  mlirModuleDestroy(second);
  return status;
}

static void test_equal(void) {
  tess_verify_report_t report, again;
  CHECK_OK(compare(base, base, 3, &report));
  CHECK(report.equal);
  CHECK_EQ(report.compared, 3 * 48);
  CHECK_EQ(report.not_finite, 0);
  CHECK_NEAR(report.greatest_error, 0, 0);
  CHECK_OK(compare(base, other_op, 1, &report));
  CHECK_OK(compare(base, other_op, 1, &again));
  CHECK(report.greatest_error == again.greatest_error && report.a == again.a);
}

static void test_differences(void) {
  tess_verify_report_t report;
  CHECK_OK(compare(base, other_op, 1, &report));
  CHECK(!report.equal);
  CHECK_OK(compare(base, one_weight, 1, &report));
  CHECK(!report.equal);
  CHECK_EQ(report.element % 12, 5);
  CHECK_OK(compare(poison, poison, 1, &report));
  CHECK(!report.equal);
  CHECK(report.not_finite > 0);
  CHECK_ERROR(compare(no_product, no_product, 1, &report), TESS_MISMATCH,
              "all zero");
}

/* Outputs that do not depend on the data: what the product gives decides. */
static void test_insensitive(void) {
  tess_verify_report_t report;
  CHECK_OK(compare(base, base, 1, &report));
  CHECK(report.dependence > 0.05 && report.product == 0);
  CHECK_OK(compare(constant, constant, 1, &report));
  CHECK(report.equal && report.product == 1 && report.product_count == 1);
  CHECK(report.dependence > 0.05);
  CHECK_EQ(report.compared, 2 * 48);
  CHECK_OK(compare(constant, one_weight_constant, 1, &report));
  CHECK(!report.equal);
  CHECK_EQ(report.element % 12, 5);
  CHECK_OK(compare(zero, zero, 1, &report));
  CHECK(report.equal && report.product == 1);
  CHECK_OK(compare(zero, constant, 1, &report));
  CHECK(!report.equal && report.product == 0);
}

static void test_signatures(void) {
  tess_verify_report_t report;
  const char *one = "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> { return "
                    "%x : tensor<4xf32> }";
  const char *two = "func.func @f(%x: tensor<4xf32>, %y: tensor<4xf32>) -> "
                    "tensor<4xf32> { return %x : tensor<4xf32> }";
  const char *other = "func.func @f(%x: tensor<4xf16>) -> tensor<4xf16> { "
                      "return %x : tensor<4xf16> }";
  CHECK_ERROR(compare(one, two, 1, &report), TESS_UNSUPPORTED, "learned");
  CHECK_ERROR(compare(two, one, 1, &report), TESS_MISMATCH, "arguments");
  CHECK_ERROR(compare(one, other, 1, &report), TESS_MISMATCH,
              "argument 0 is tensor<4xf32> in the first model and "
              "tensor<4xf16> in the second");
  CHECK_ERROR(compare(one, one, 0, &report), TESS_INVALID, "seeds");
}

/* A product of 16-bit floats whose sums are f32, times `value`, rounded at the
 * end. */
#define NARROW(t, k, value)                                                    \
  "func.func @f(%x: tensor<4x" k "x" t ">, %w: tensor<" k "x12x" t ">) -> "    \
  "tensor<4x12x" t "> {\n"                                                     \
  "%z = arith.constant 0.0 : f32\n%e = tensor.empty() : tensor<4x12xf32>\n"    \
  "%o = linalg.fill ins(%z : f32) outs(%e : tensor<4x12xf32>) -> "             \
  "tensor<4x12xf32>\n"                                                         \
  "%m = linalg.matmul ins(%x, %w : tensor<4x" k "x" t ">, "                    \
  "tensor<" k "x12x" t ">) outs(%o : tensor<4x12xf32>) -> tensor<4x12xf32>\n"  \
  "%k = arith.constant dense<" value "> : tensor<4x12xf32>\n"                  \
  "%n = arith.mulf %m, %k : tensor<4x12xf32>\n"                                \
  "%r = arith.truncf %n : tensor<4x12xf32> to tensor<4x12x" t ">\n"            \
  "return %r : tensor<4x12x" t "> }"
/* The same with sums in that type: those of bf16 stop growing. */
#define NARROW_SUMS(t, k)                                                      \
  "func.func @f(%x: tensor<4x" k "x" t ">, %w: tensor<" k "x12x" t ">) -> "    \
  "tensor<4x12x" t "> {\n"                                                     \
  "%z = arith.constant 0.0 : " t "\n%e = tensor.empty() : "                    \
  "tensor<4x12x" t ">\n"                                                       \
  "%o = linalg.fill ins(%z : " t ") outs(%e : tensor<4x12x" t ">) -> "         \
  "tensor<4x12x" t ">\n"                                                       \
  "%r = linalg.matmul ins(%x, %w : tensor<4x" k "x" t ">, "                    \
  "tensor<" k "x12x" t ">) outs(%o : tensor<4x12x" t ">) -> "                  \
  "tensor<4x12x" t ">\n"                                                       \
  "return %r : tensor<4x12x" t "> }"
static const char narrow[] = NARROW("bf16", "4096", "1.0");
static const char narrow_scaled[] = NARROW("bf16", "4096", "1.0009765625");
static const char narrow_sums[] = NARROW_SUMS("bf16", "4096");
static const char half[] = NARROW("f16", "256", "1.0");
static const char half_sums[] = NARROW_SUMS("f16", "256");

/* A difference below bf16's own precision is found; and a model that computes
 * the same with more rounding. */
static void test_narrow(void) {
  tess_verify_report_t report;
  CHECK_OK(compare(narrow, narrow, 2, &report));
  CHECK(report.equal && report.widened && report.greatest_error == 0);
  /* Rounding to 8 bits at the end: uniform between -1/2 and 1/2 of a step that
   * is 2^-7 to 2^-8 of the value. */
  CHECK(report.rounding_a > 0x1p-10 && report.rounding_a < 0x1p-8);
  CHECK(report.rounding_a == report.rounding_b);
  CHECK_OK(compare(narrow, narrow_scaled, 1, &report));
  CHECK(!report.equal && report.widened);
  CHECK_NEAR(report.greatest_error, 0x1p-10, 1e-6);
  CHECK_OK(compare(narrow, narrow_sums, 1, &report));
  CHECK(!report.equal && report.greatest_error < report.tolerance);
  CHECK(report.rounding_b > 8 * report.rounding_a);
  CHECK_OK(compare(narrow_sums, narrow, 1, &report));
  CHECK(report.equal && report.rounding_a > 8 * report.rounding_b);
  CHECK_OK(compare(half, half_sums, 1, &report));
  CHECK(!report.equal && report.rounding_b < 0x1p-8);
}

/* x -> 4x(1-x) doubles an error each time: in 40 times rounding is all. `step`
 * gives %r from %y, %one and %four, for 8 values. */
static void write_chaos(const char *step, tess_text_t *text) {
  tess_text_add(text,
                "func.func private @step(%%y: tensor<8xf32>) -> tensor<8xf32> "
                "{\n%%one = arith.constant dense<1.0> : tensor<8xf32>\n"
                "%%four = arith.constant dense<4.0> : tensor<8xf32>\n%s"
                "return %%r : tensor<8xf32> }\n"
                "func.func @f(%%x: tensor<8xf32>) -> tensor<8xf32> {\n"
                "%%y0 = tosa.sigmoid %%x : (tensor<8xf32>) -> tensor<8xf32>\n",
                step);
  for (int i = 0; i < 40; i++)
    tess_text_add(text,
                  "%%y%d = call @step(%%y%d) : (tensor<8xf32>) -> "
                  "tensor<8xf32>\n",
                  i + 1, i);
  tess_text_add(text, "return %%y40 : tensor<8xf32> }");
}

static void test_chaos(void) {
  tess_verify_report_t report;
  tess_text_t a = TESS_TEXT_INIT, b = TESS_TEXT_INIT;
  write_chaos("%a = arith.subf %one, %y : tensor<8xf32>\n"
              "%b = arith.mulf %y, %a : tensor<8xf32>\n"
              "%r = arith.mulf %four, %b : tensor<8xf32>\n",
              &a);
  write_chaos("%a = arith.mulf %four, %y : tensor<8xf32>\n"
              "%b = arith.mulf %a, %y : tensor<8xf32>\n"
              "%r = arith.subf %a, %b : tensor<8xf32>\n",
              &b);
  const char *first = tess_text_get(&a), *second = tess_text_get(&b);
  CHECK_ERROR(compare(first, second, 2, &report), TESS_MISMATCH,
              "one unit in the last place");
  CHECK_OK(compare(first, first, 2, &report));
  CHECK(report.equal && report.noisy_seeds == 0);
  tess_text_free(&b);
  tess_text_free(&a);
}

static void interrupt(void *seen, int64_t runs) {
  *(int64_t *)seen = runs;
  raise(SIGINT);
}

/* The last test: an interrupt stays raised. */
static void test_interrupt(void) {
  int64_t seen = 0;
  tess_verify_report_t report;
  MlirModule module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(base));
  const tess_verify_options_t options = {
      .seeds = 5, .progress = interrupt, .progress_context = &seen};
  tess_interrupt_install();
  CHECK_ERROR(tess_verify(module, module, &options, &report), TESS_INTERRUPTED,
              "after 2 runs");
  CHECK(seen == 2 && !report.equal);
  mlirModuleDestroy(module);
}

int main(void) {
  context = tess_ir_context_create();
  test_equal();
  test_differences();
  test_insensitive();
  test_signatures();
  test_narrow();
  test_chaos();
  test_interrupt();
  mlirContextDestroy(context);
  return tess_check_result();
}
