/* A table of 256 bytes is a sigmoid if its values are, whatever the scale of
 * its index; a ramp, a tanh and a sigmoid with a step in it are not. */
#include "reading.h"
#include <math.h>

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double ramp(double x) { return fmin(fmax(x / 8 + 0.5, 0), 1); }
static double curve(double x) { return tanh(x) / 2 + 0.5; } /* of 2 x */
static double square(double x) { return fmin(x * x / 16, 1); }
static double broken(double x) { return sigmoid(x) + (x > 1 ? 0.05 : 0); }

typedef struct table {
  double (*function)(double);
  double scale; /* of the index */
  bool is_sigmoid;
} table_t;

static const table_t tables[] = {
    {sigmoid, 0.05, true}, {sigmoid, 0.1, true}, {sigmoid, 0.023, true},
    {curve, 0.05, true},   {ramp, 0.05, false},  {square, 0.05, false},
    {broken, 0.05, false}, {ramp, 0.1, false},
};

#define Q "tensor<1x4x8xi8>"
#define I "tensor<1x4x8xi32>"

/* The table alone, or what it is given times it, between quantised types. */
static const char *text_of(const table_t *table, bool gates) {
  static char text[8192];
  int at = snprintf(text, sizeof text,
                    "func.func @f(%%x: " Q ") -> " Q " {\n"
                    "  %%t = \"tosa.const\"() <{values = dense<[");
  for (int i = 0; i < 256; i++) {
    double share = table->function(table->scale * (i - 128));
    double value = fmin(round(256 * share) - 128, 127);
    at += snprintf(text + at, sizeof text - (size_t)at, "%s%d", i ? ", " : "",
                   (int)value);
  }
  at += snprintf(text + at, sizeof text - (size_t)at,
                 "]> : tensor<256xi8>}> : () -> tensor<256xi8>\n"
                 "  %%g = tosa.table %%x, %%t : (" Q ", tensor<256xi8>) -> " Q
                 "\n");
  if (gates)
    at += snprintf(
        text + at, sizeof text - (size_t)at,
        "  %%s = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "
        "tensor<1xi8>\n"
        "  %%xi = tosa.cast %%x : (" Q ") -> " I "\n"
        "  %%gi = tosa.cast %%g : (" Q ") -> " I "\n"
        "  %%m = tosa.mul %%xi, %%gi, %%s : (" I ", " I ", tensor<1xi8>) -> " I
        "\n"
        "  %%r = tosa.cast %%m : (" I ") -> " Q "\n");
  snprintf(text + at, sizeof text - (size_t)at, "  return %%%s : " Q "\n}\n",
           gates ? "r" : "g");
  return text;
}

static void check(MlirContext context, const table_t *table, bool gates) {
  reading_t reading;
  CHECK_OK(reading_parse(context, text_of(table, gates), &reading));
  const tess_model_t *model = reading.model;
  if (!model)
    return;
  tess_function_t name = gates ? TESS_FUNCTION_SWISH : TESS_FUNCTION_SIGMOID;
  CHECK_EQ(reading_functions(model, name), table->is_sigmoid);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_TABLE), !table->is_sigmoid);
  reading_close(&reading);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    check(context, &tables[i], false);
    check(context, &tables[i], true);
  }
  mlirContextDestroy(context);
  return tess_check_result();
}
