/* bench-math [COUNT]: exp, tanh, erf and activations as one call an element and
 * as polynomials, through the JIT: time an element of both, in turn, and their
 * ratio; the greatest error of the polynomials over COUNT f32 values, spread
 * evenly over all bit patterns (default 10^8; 4294967296: all), in units in the
 * last place, or in 2^-24 |x| for gelu, against the C library in double. CSV.
 */
#include "mlir-c/BuiltinAttributes.h"
#include "tessera/base/text.h"
#include "tessera/codegen/jit.h"
#include "tessera/ir/reader.h"
#include "tessera/rewrite/rewrite.h"
#include "timing.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ELEMENTS = 1 << 18, RUNS = 21 };

static double f_exp(double x) { return exp(x); }
static double f_tanh(double x) { return tanh(x); }
static double f_erf(double x) { return erf(x); }
static double f_sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double f_swish(double x) { return x / (1 + exp(-x)); }
static double f_gelu(double x) { return x * (1 + erf(x * sqrt(0.5))) / 2; }

typedef struct row {
  const char *name;
  double (*function)(double x);
  const char *body; /* from %x to %y; %c: 1 */
  bool by_slope;    /* the error is a share of |x| */
} row_t;

#define LOGISTIC                                                               \
  "%n = arith.negf %x : f32\n%e = math.exp %n : f32\n"                         \
  "%d = arith.addf %e, %c : f32\n"

static const row_t rows[] = {
    {"exp", f_exp, "%y = math.exp %x : f32\n", false},
    {"tanh", f_tanh, "%y = math.tanh %x : f32\n", false},
    {"erf", f_erf, "%y = math.erf %x : f32\n", false},
    {"sigmoid", f_sigmoid, LOGISTIC "%y = arith.divf %c, %d : f32\n", false},
    {"swish", f_swish, LOGISTIC "%y = arith.divf %x, %d : f32\n", false},
    {"gelu", f_gelu,
     "%s = arith.constant 0.707106769 : f32\n"
     "%h = arith.constant 0.5 : f32\n%a = arith.mulf %x, %s : f32\n"
     "%e = math.erf %a : f32\n%d = arith.addf %e, %c : f32\n"
     "%g = arith.mulf %x, %h : f32\n%y = arith.mulf %g, %d : f32\n",
     true},
};

static MlirModule parse(MlirContext context, const row_t *row) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text,
                "func.func @f(%%t: tensor<%dxf32>) -> tensor<%dxf32> {\n"
                "%%o = tensor.empty() : tensor<%dxf32>\n"
                "%%c = arith.constant 1.0 : f32\n"
                "%%r = linalg.generic {indexing_maps = [affine_map<(i) -> "
                "(i)>, affine_map<(i) -> (i)>], iterator_types = "
                "[\"parallel\"]} ins(%%t : tensor<%dxf32>) outs(%%o : "
                "tensor<%dxf32>) {\n^bb0(%%x: f32, %%z: f32):\n%s"
                "linalg.yield %%y : f32 } -> tensor<%dxf32>\n"
                "return %%r : tensor<%dxf32> }\n",
                ELEMENTS, ELEMENTS, ELEMENTS, ELEMENTS, ELEMENTS, row->body,
                ELEMENTS, ELEMENTS);
  MlirModule module = mlirModuleCreateParse(
      context, mlirStringRefCreateFromCString(tess_text_get(&text)));
  tess_text_free(&text);
  return module;
}

static tess_status_t expand(MlirModule module) {
  MlirOperation function;
  tess_model_t *model;
  tess_rewrite_set_t set;
  TESS_TRY(tess_rewrites_parse("expand-math", TESS_ALL_REWRITES, &set));
  TESS_TRY(tess_ir_find_function(module, NULL, &function));
  TESS_TRY(tess_ir_read(function, &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_APPROXIMATE, set, &arena, &sites);
  const uint8_t candidate[4] = {1, 1, 1, 1};
  tess_status_t status =
      sites.count > 0 && sites.count <= 4
          ? tess_rewrite_apply(model, &sites, candidate, NULL)
          : tess_error(TESS_INVALID, "nothing to expand");
  tess_arena_free(&arena);
  tess_model_destroy(model);
  return status;
}

static float from_bits(uint32_t bits) {
  float number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static double error_of(const row_t *row, double x, double y) {
  double exact = row->function(x);
  double size = fabs(exact);
  if (row->by_slope)
    return fabs(x) < 0x1p+100 && fabs(x) > 0x1p-100
               ? fabs(y - exact) / fabs(x) * 0x1p+24
               : 0;
  /* What overflows, and what may become 0. */
  if (!(size > 0x1p-118 && size < 0x1.fffffp+127))
    return 0;
  int exponent;
  frexp(size, &exponent);
  return fabs(y - exact) / ldexp(1, exponent - 24);
}

static float in[ELEMENTS], out[ELEMENTS];

static tess_status_t run(tess_jit_t *jit) {
  tess_tensor_t input = *tess_jit_input(jit, 0);
  tess_tensor_t output = *tess_jit_output(jit, 0);
  input.data = in;
  output.data = out;
  return tess_jit_run(jit, &input, &output);
}

/* Nanoseconds an element of both, run in turn. */
static tess_status_t measure(tess_jit_t *const jits[2], double ns[2]) {
  double times[2][RUNS];
  for (int i = 0; i < ELEMENTS; i++)
    in[i] = (float)(i % 4001 - 2000) / 250.0F;
  for (int i = 0; i < RUNS; i++)
    for (int j = 0; j < 2; j++) {
      double start = tess_bench_now_ms();
      TESS_TRY(run(jits[j]));
      times[j][i] = (tess_bench_now_ms() - start) * 1e6 / ELEMENTS;
    }
  for (int j = 0; j < 2; j++)
    ns[j] = tess_bench_median(times[j], RUNS);
  return TESS_SUCCESS;
}

static tess_status_t sweep(const row_t *row, tess_jit_t *jit, uint64_t count,
                           double *worst, double *where) {
  const uint64_t all = (uint64_t)1 << 32;
  uint64_t step = all / count;
  for (uint64_t at = 0; at < all;) {
    uint64_t filled = 0;
    for (; filled < ELEMENTS; filled++, at += step)
      in[filled] = from_bits((uint32_t)(at < all ? at : 0));
    TESS_TRY(run(jit));
    for (uint64_t i = 0; i < filled; i++) {
      double error = error_of(row, (double)in[i], (double)out[i]);
      if (!isnan(in[i]) && !isinf(in[i]) && !(error <= *worst)) {
        *worst = error;
        *where = (double)in[i];
      }
    }
  }
  return TESS_SUCCESS;
}

static tess_status_t bench(MlirContext context, const row_t *row,
                           uint64_t count) {
  tess_jit_t *jits[2] = {NULL, NULL};
  MlirModule module = parse(context, row);
  if (mlirModuleIsNull(module))
    return tess_error(TESS_INVALID, "%s does not parse", row->name);
  tess_status_t status = tess_jit_create(module, "f", &jits[0]);
  if (!status)
    status = expand(module);
  if (!status)
    status = tess_jit_create(module, "f", &jits[1]);
  double ns[2], worst = 0, where = 0;
  if (!status)
    status = measure(jits, ns);
  if (!status)
    status = sweep(row, jits[1], count, &worst, &where);
  if (!status)
    printf("%s,%.3f,%.3f,%.1f,%llu,%.3f,%a\n", row->name, ns[0], ns[1],
           ns[0] / ns[1], (unsigned long long)count, worst, where);
  fflush(stdout);
  tess_jit_destroy(jits[0]);
  tess_jit_destroy(jits[1]);
  mlirModuleDestroy(module);
  return status;
}

int main(int argc, char **argv) {
  unsigned long long count = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000000;
  if (count < 1 || count > 4294967296) {
    fprintf(stderr, "usage: bench-math [COUNT]\n");
    return 2;
  }
  MlirContext context = tess_ir_context_create();
  tess_status_t status = TESS_SUCCESS;
  printf("function,call_ns,polynomials_ns,ratio,values,greatest_error,at\n");
  for (size_t i = 0; i < sizeof rows / sizeof *rows && !status; i++)
    status = bench(context, &rows[i], count);
  if (status)
    fprintf(stderr, "bench-math: %s\n", tess_status_message(status));
  int failed = status != TESS_SUCCESS;
  tess_status_free(status);
  mlirContextDestroy(context);
  return failed;
}
