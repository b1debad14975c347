/* The greatest differences that the substitutes of activations state, against
 * brute force over a fine grid; and what they compute, run in every dialect and
 * type against the function in double. */
#include "curve_source.h"

typedef struct expected {
  const char *from, *to, *name;
  tess_class_t rewrite_class;
} expected_t;

/* Each function's, in the order of its alternatives. */
static const expected_t table[] = {
    {CURVE_SWISH, CURVE_HARD_SWISH, "hard-swish", TESS_CLASS_RETRAIN},
    {CURVE_SWISH, CURVE_RELU6, "relu6", TESS_CLASS_RETRAIN},
    {CURVE_SWISH, CURVE_RELU, "relu", TESS_CLASS_RETRAIN},
    {CURVE_HARD_SWISH, CURVE_RELU6, "relu6", TESS_CLASS_RETRAIN},
    {CURVE_HARD_SWISH, CURVE_RELU, "relu", TESS_CLASS_RETRAIN},
    {CURVE_RELU6, CURVE_RELU, "relu", TESS_CLASS_RETRAIN},
    {CURVE_SIGMOID, CURVE_HARD_SIGMOID, "hard-sigmoid", TESS_CLASS_RETRAIN},
    {CURVE_GELU, CURVE_GELU_TANH, "gelu-tanh", TESS_CLASS_APPROXIMATE},
    {CURVE_GELU, CURVE_RELU, "relu", TESS_CLASS_RETRAIN},
    {CURVE_GELU_TANH, CURVE_RELU, "relu", TESS_CLASS_RETRAIN},
    {CURVE_QUICK_GELU, CURVE_RELU, "relu", TESS_CLASS_RETRAIN},
};

enum { ROWS = 7, COLUMNS = 33, ELEMENTS = ROWS * COLUMNS };

static double greatest(const char *f, const char *g) {
  double worst = 0;
  for (int i = -120000; i <= 120000; i++)
    worst =
        fmax(worst, fabs(curve_value(f, i * 1e-4) - curve_value(g, i * 1e-4)));
  return worst;
}

static void check_error(const expected_t *e, double stated) {
  double far = fabs(curve_value(e->from, 1e6) - curve_value(e->to, 1e6));
  if (far > 1)
    CHECK(isinf(stated));
  else
    CHECK_NEAR(stated, greatest(e->from, e->to), 1e-8);
}

/* Inputs between -8 and 8, exact in every type. */
static double input_at(int i) { return (i - ELEMENTS / 2) / 16.0; }

static double tolerance(const char *type, bool tosa) {
  if (!strcmp(type, "f32"))
    return 1e-6;
  /* Half a step; in TOSA every operation rounds, six at most here, products of
   * what is rounded up to six times as large. */
  double step = strcmp(type, "f16") ? 0x1p-8 : 0x1p-11;
  return tosa ? 12 * step : 1.01 * step;
}

static void check_values(MlirModule module, const expected_t *e,
                         const char *type, bool tosa) {
  static float wide_in[ELEMENTS], wide_out[ELEMENTS];
  static uint16_t in[ELEMENTS], out[ELEMENTS];
  bool f32 = !strcmp(type, "f32");
  for (int i = 0; i < ELEMENTS; i++) {
    wide_in[i] = (float)input_at(i);
    in[i] = curve_narrow(type, wide_in[i]);
  }
  curve_run(module, f32 ? (void *)wide_in : in, f32 ? (void *)wide_out : out);
  for (int i = 0; i < ELEMENTS; i++)
    CHECK_NEAR(f32 ? (double)wide_out[i] : curve_widen(type, out[i]),
               curve_value(e->to, input_at(i)), tolerance(type, tosa));
}

static void apply_one(MlirContext context, const expected_t *e, int alternative,
                      bool tosa, const char *type) {
  MlirModule module =
      curve_module(context, e->from, tosa, type, true, ROWS, COLUMNS);
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN,
                          curve_rewrites("activation"), &arena, &sites);
  CHECK_EQ(sites.count, 1);
  if (sites.count != 1 || sites.sites[0].alternative_count <= alternative)
    return;
  const tess_alternative_t *stated = &sites.sites[0].alternatives[alternative];
  CHECK_STRING(stated->name, e->name);
  CHECK_EQ(stated->rewrite_class, e->rewrite_class);
  CHECK_EQ(stated->changed_elements, ELEMENTS);
  if (tosa && !strcmp(type, "f32"))
    check_error(e, stated->greatest_error);
  const uint8_t candidate = (uint8_t)alternative;
  bool applied = false;
  CHECK_OK(tess_rewrite_apply(model, &sites, &candidate, &applied));
  CHECK(applied);
  CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  check_values(module, e, type, tosa);
  tess_arena_free(&arena);
  tess_model_destroy(model);
  mlirModuleDestroy(module);
}

static void check_table(MlirContext context) {
  static const char *const types[] = {"f32", "f16", "bf16"};
  int alternative = 0;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    bool next = i && !strcmp(table[i].from, table[i - 1].from);
    alternative = next ? alternative + 1 : 1;
    for (int t = 0; t < 3; t++)
      for (int tosa = 0; tosa < 2; tosa++)
        apply_one(context, &table[i], alternative, tosa, types[t]);
  }
}

static void check_network(MlirContext context) {
  MlirModule module =
      tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_TOSA, 64);
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN,
                          curve_rewrites("activation"), &arena, &sites);
  /* 16 blocks: expansion (not in the first), depthwise, squeeze and its gate;
   * stem, head. */
  CHECK_EQ(sites.count, 15 + 16 + 16 + 16 + 2);
  /* Nothing is allowed to change the function: no site is left. */
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, curve_rewrites("activation"),
                          &arena, &sites);
  CHECK_EQ(sites.count, 0);
  tess_arena_free(&arena);
  tess_model_destroy(model);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_table(context);
  check_network(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
