/* Two convolutions as one, one as two, and MLPs of other ratios, on networks
 * whose layers were published: how many sites each finds, and that the
 * multiply-accumulates of the rewritten module are those of the layers that
 * take the place of others. */
#include "signature.h"
#include "tessera/flow/flow.h"

/* A layer of the table: pixels a side before and after, channels before,
 * between and after. */
typedef struct layer {
  int64_t size, out_size, in, mid, out, kernel;
} layer_t;

/* Howard et al., "MobileNets", 2017, table 1, a quarter as wide, at 128x128. */
static const layer_t v1[] = {{64, 64, 8, 8, 16, 3},    {64, 32, 16, 16, 32, 3},
                             {32, 32, 32, 32, 32, 3},  {32, 16, 32, 32, 64, 3},
                             {16, 16, 64, 64, 64, 3},  {16, 8, 64, 64, 128, 3},
                             {8, 8, 128, 128, 128, 3}, {8, 8, 128, 128, 128, 3},
                             {8, 8, 128, 128, 128, 3}, {8, 8, 128, 128, 128, 3},
                             {8, 8, 128, 128, 128, 3}, {8, 4, 128, 128, 256, 3},
                             {4, 4, 256, 256, 256, 3}};

/* He et al., 2016, table 1 (50 layers), the stride in the 3x3. */
static const layer_t bottlenecks[] = {
    {56, 56, 64, 64, 64, 3},     {56, 56, 256, 64, 64, 3},
    {56, 56, 256, 64, 64, 3},    {56, 28, 256, 128, 128, 3},
    {28, 28, 512, 128, 128, 3},  {28, 28, 512, 128, 128, 3},
    {28, 28, 512, 128, 128, 3},  {28, 14, 512, 256, 256, 3},
    {14, 14, 1024, 256, 256, 3}, {14, 14, 1024, 256, 256, 3},
    {14, 14, 1024, 256, 256, 3}, {14, 14, 1024, 256, 256, 3},
    {14, 14, 1024, 256, 256, 3}, {14, 7, 1024, 512, 512, 3},
    {7, 7, 2048, 512, 512, 3},   {7, 7, 2048, 512, 512, 3}};

/* Its convolutions wider than 1x1, the stem first. */
static const layer_t wide[] = {
    {224, 112, 3, 0, 64, 7},  {56, 56, 64, 0, 64, 3},
    {56, 56, 64, 0, 64, 3},   {56, 56, 64, 0, 64, 3},
    {56, 28, 128, 0, 128, 3}, {28, 28, 128, 0, 128, 3},
    {28, 28, 128, 0, 128, 3}, {28, 28, 128, 0, 128, 3},
    {28, 14, 256, 0, 256, 3}, {14, 14, 256, 0, 256, 3},
    {14, 14, 256, 0, 256, 3}, {14, 14, 256, 0, 256, 3},
    {14, 14, 256, 0, 256, 3}, {14, 14, 256, 0, 256, 3},
    {14, 7, 512, 0, 512, 3},  {7, 7, 512, 0, 512, 3},
    {7, 7, 512, 0, 512, 3}};

/* Dosovitskiy et al., 2021, ViT-B/16: 12 layers of 197 positions (as one row),
 * 768 features, 3072 within. */
static const layer_t vit_layer = {197, 197, 768, 3072, 768, 1};

/* Liu et al., 2022, ConvNeXt-T: 3, 3, 9 and 3 layers. */
static const layer_t convnext[] = {{56, 56, 96, 384, 96, 1},
                                   {28, 28, 192, 768, 192, 1},
                                   {14, 14, 384, 1536, 384, 1},
                                   {7, 7, 768, 3072, 768, 1}};

/* Tan and Le, "EfficientNet", 2019, table 1: the blocks with an expansion. */
static const layer_t expanded[] = {
    {112, 56, 16, 96, 24, 3},   {56, 56, 24, 144, 24, 3},
    {56, 28, 24, 144, 40, 5},   {28, 28, 40, 240, 40, 5},
    {28, 14, 40, 240, 80, 3},   {14, 14, 80, 480, 80, 3},
    {14, 14, 80, 480, 80, 3},   {14, 14, 80, 480, 112, 5},
    {14, 14, 112, 672, 112, 5}, {14, 14, 112, 672, 112, 5},
    {14, 7, 112, 672, 192, 5},  {7, 7, 192, 1152, 192, 5},
    {7, 7, 192, 1152, 192, 5},  {7, 7, 192, 1152, 192, 5},
    {7, 7, 192, 1152, 320, 3}};

/* ---- What an alternative makes of a layer. ---- */

static int64_t square(int64_t x) { return x * x; }

static int64_t gain_of_bottleneck(const layer_t *l, const char *alternative) {
  (void)alternative;
  int64_t taps = square(l->out_size) * square(l->kernel);
  return taps * l->in * l->out -
         (square(l->size) * l->in * l->mid + taps * l->mid * l->out);
}

/* "g4": in four groups; "fused": in one. */
static int64_t gain_of_expanded(const layer_t *l, const char *alternative) {
  int64_t groups = alternative[0] == 'g' ? atoi(alternative + 1) : 1;
  int64_t taps = square(l->out_size) * square(l->kernel);
  return taps * l->in * l->mid / groups -
         (square(l->size) * l->in * l->mid + taps * l->mid);
}

static int64_t gain_of_separable(const layer_t *l, const char *alternative) {
  (void)alternative;
  int64_t out = square(l->out_size), taps = square(l->kernel);
  return out * taps * l->in * l->out - out * (taps * l->in + l->in * l->out);
}

static int64_t gain_of_splitting(const layer_t *l, const char *alternative) {
  int64_t out = square(l->out_size), taps = square(l->kernel);
  int64_t dense = out * taps * l->in * l->out;
  if (!strcmp(alternative, "depthwise-first"))
    return out * (taps * l->in + l->in * l->out) - dense;
  return square(l->size) * l->in * l->out + out * taps * l->out - dense;
}

static int64_t gain_of_ratio(const layer_t *l, const char *alternative) {
  int64_t hidden = l->in * (alternative[1] - '0');
  return 2 * square(l->size) * l->in * (hidden - l->mid);
}

/* The one that is a row. */
static int64_t gain_of_row(const layer_t *l, const char *alternative) {
  return gain_of_ratio(l, alternative) / l->size;
}

/* ---- Checking. ---- */

typedef struct check {
  const char *rewrite;
  const layer_t *layers;
  int32_t count;
  int64_t (*gain)(const layer_t *layer, const char *alternative);
  int64_t batch;
} check_t;

static void find(MlirModule module, const char *rewrite, tess_arena_t *arena,
                 tess_model_t **model, tess_site_list_t *sites) {
  tess_rewrite_set_t set;
  CHECK_OK(tess_rewrites_parse(rewrite, 0, &set));
  CHECK_OK(tess_ir_read(tess_load_function(module), model));
  tess_rewrite_find_sites(*model, TESS_CLASS_RETRAIN, set, arena, sites);
}

/* Every site with the `round`-th of its alternatives. */
static void check_round(MlirModule module, const check_t *check, int round,
                        const char *what) {
  MlirModule clone = tess_load_clone(module);
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_model_t *before, *after;
  tess_site_list_t sites;
  find(clone, check->rewrite, &arena, &before, &sites);
  CHECK_EQ(sites.count, check->count);
  uint8_t candidate[64] = {0};
  bool applied[64];
  int64_t expected = before->macs;
  for (int32_t i = 0; i < sites.count && sites.count == check->count; i++) {
    const tess_site_t *site = &sites.sites[i];
    candidate[i] = (uint8_t)(1 + (round + i) % (site->alternative_count - 1));
    const tess_alternative_t *chosen = &site->alternatives[candidate[i]];
    CHECK_EQ(chosen->rewrite_class, TESS_CLASS_RETRAIN);
    CHECK(chosen->removed_macs > 0);
    expected += check->batch * check->gain(&check->layers[i], chosen->name);
  }
  CHECK_OK(tess_rewrite_apply(before, &sites, candidate, applied));
  for (int32_t i = 0; i < sites.count; i++)
    CHECK(applied[i]);
  CHECK(mlirOperationVerify(mlirModuleGetOperation(clone)));
  CHECK_OK(tess_ir_read(tess_load_function(clone), &after));
  CHECK_EQ(after->macs, expected);
  CHECK_EQ(after->unknown_count, 0);
  if (after->macs != expected || sites.count != check->count)
    fprintf(stderr, "  %s of %s\n", check->rewrite, what);
  check_signature(tess_load_function(module), tess_load_function(clone), -1);
  tess_model_destroy(before);
  tess_model_destroy(after);
  tess_arena_free(&arena);
  mlirModuleDestroy(clone);
}

static void check_module(MlirModule module, const check_t *checks, int count,
                         const char *what) {
  if (mlirModuleIsNull(module))
    return;
  for (int i = 0; i < count; i++)
    for (int round = 0; round < 2; round++)
      check_round(module, &checks[i], round, what);
  mlirModuleDestroy(module);
}

static MlirModule load_zoo(MlirContext context, const char *name,
                           tess_zoo_dialect_t dialect, tess_zoo_layout_t layout,
                           tess_dtype_t dtype) {
  const tess_zoo_options_t options = {.dialect = dialect,
                                      .layout = layout,
                                      .dtype = dtype,
                                      .batch = 2,
                                      .resolution = 224};
  tess_text_t text = TESS_TEXT_INIT;
  CHECK_OK(tess_zoo_emit(name, &options, &text, NULL));
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  tess_text_free(&text);
  return module;
}

/* ---- Networks. ---- */

static void check_residual(MlirContext context) {
  check_t checks[] = {
      {"fused-bottleneck", bottlenecks, 16, gain_of_bottleneck, 1},
      {"separable", wide, 17, gain_of_splitting, 1}};
  check_module(tess_load_shared(context, "resnet50.torch.linalg.mlir"), checks,
               2, "torch linalg");
  check_module(tess_load_shared(context, "resnet50.torch.tosa.mlir"), checks, 2,
               "torch tosa");
  checks[0].batch = checks[1].batch = 2;
  check_module(
      load_zoo(context, "resnet-50", TESS_ZOO_TOSA, TESS_ZOO_NHWC, TESS_F32),
      checks, 2, "tosa");
  check_module(
      load_zoo(context, "resnet-50", TESS_ZOO_TOSA, TESS_ZOO_NHWC, TESS_F16),
      checks, 2, "tosa f16");
  check_module(
      load_zoo(context, "resnet-50", TESS_ZOO_LINALG, TESS_ZOO_NHWC, TESS_F32),
      checks, 2, "linalg");
  check_module(
      load_zoo(context, "resnet-50", TESS_ZOO_LINALG, TESS_ZOO_NCHW, TESS_F32),
      checks, 2, "linalg nchw");
}

static void check_mobile(MlirContext context) {
  const check_t checks[] = {{"fused-separable", v1, 13, gain_of_separable, 1}};
  check_module(
      tess_load_shared(context, "mobilenet_025_128.tflite.tosa.weights.mlir"),
      checks, 1, "tflite");
}

static void check_efficientnet(MlirContext context) {
  check_t checks[] = {{"group-mbconv", expanded, 15, gain_of_expanded, 1},
                      {"fused-mbconv", expanded, 15, gain_of_expanded, 1}};
  static const char *const files[] = {"torch.linalg",
                                      "torch.tosa",
                                      "tflite.tosa",
                                      "jax.linalg",
                                      "torch.linalg.bf16.b128",
                                      "jax.linalg.bf16.b128"};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char name[64];
    snprintf(name, sizeof name, "efficientnet_b0.%s.mlir", files[i]);
    checks[0].batch = checks[1].batch = strstr(name, "b128") ? 128 : 1;
    check_module(tess_load_shared(context, name), checks, 2, name);
  }
  checks[0].batch = checks[1].batch = 2;
  check_module(load_zoo(context, "efficientnet-b0", TESS_ZOO_LINALG,
                        TESS_ZOO_NCHW, TESS_F32),
               checks, 2, "b0 linalg nchw");
  check_module(load_zoo(context, "efficientnet-b0", TESS_ZOO_LINALG,
                        TESS_ZOO_NHWC, TESS_F16),
               checks, 2, "b0 linalg f16");
  check_module(load_zoo(context, "efficientnet-b0", TESS_ZOO_TOSA,
                        TESS_ZOO_NHWC, TESS_BF16),
               checks, 2, "b0 tosa bf16");
}

static void check_mlps(MlirContext context) {
  layer_t vit[12], next[18];
  for (int i = 0; i < 12; i++)
    vit[i] = vit_layer;
  for (int i = 0; i < 18; i++)
    next[i] = convnext[i < 3 ? 0 : i < 6 ? 1 : i < 15 ? 2 : 3];
  check_t checks[] = {{"mlp-ratio", vit, 12, gain_of_row, 1},
                      {"mlp-ratio", next, 18, gain_of_ratio, 2}};
  check_module(tess_load_shared(context, "vit_b_16.torch.linalg.mlir"), checks,
               1, "torch linalg");
  check_module(tess_load_shared(context, "vit_b_16.torch.tosa.mlir"), checks, 1,
               "torch tosa");
  check_module(load_zoo(context, "convnext-tiny", TESS_ZOO_TOSA, TESS_ZOO_NHWC,
                        TESS_F32),
               &checks[1], 1, "convnext tosa");
  check_module(load_zoo(context, "convnext-tiny", TESS_ZOO_LINALG,
                        TESS_ZOO_NCHW, TESS_BF16),
               &checks[1], 1, "convnext linalg nchw");
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_residual(context);
  check_mobile(context);
  check_efficientnet(context);
  check_mlps(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
