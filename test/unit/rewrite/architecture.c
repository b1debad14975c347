/* Rewrites that change an architecture, on networks whose layers were
 * published: how many sites each finds, and that the multiply-accumulates of
 * the rewritten module are those of the table's layers with other numbers in
 * them. The signature grows by weights alone, and of all contractions only
 * those of the site change. */
#include "signature.h"
#include "tessera/flow/flow.h"
#include <inttypes.h>

/* One block, or a single convolution where `hidden` is 0: `kernel` is that of
 * the depthwise convolution, or of the dense one. */
typedef struct layer {
  int64_t in, hidden, out, kernel, size, out_size, squeeze;
  bool expands;
} layer_t;

/* Tan and Le, "EfficientNet", 2019, table 1; squeeze-and-excite of a quarter of
 * the block's input. */
static const layer_t b0[] = {
    {3, 0, 32, 3, 224, 112, 0, false},    {32, 32, 16, 3, 112, 112, 8, false},
    {16, 96, 24, 3, 112, 56, 4, true},    {24, 144, 24, 3, 56, 56, 6, true},
    {24, 144, 40, 5, 56, 28, 6, true},    {40, 240, 40, 5, 28, 28, 10, true},
    {40, 240, 80, 3, 28, 14, 10, true},   {80, 480, 80, 3, 14, 14, 20, true},
    {80, 480, 80, 3, 14, 14, 20, true},   {80, 480, 112, 5, 14, 14, 20, true},
    {112, 672, 112, 5, 14, 14, 28, true}, {112, 672, 112, 5, 14, 14, 28, true},
    {112, 672, 192, 5, 14, 7, 28, true},  {192, 1152, 192, 5, 7, 7, 48, true},
    {192, 1152, 192, 5, 7, 7, 48, true},  {192, 1152, 192, 5, 7, 7, 48, true},
    {192, 1152, 320, 3, 7, 7, 48, true}};

/* Howard et al., "Searching for MobileNetV3", 2019, table 1; squeeze-and-excite
 * of a quarter of the expanded channels, to a multiple of 8. */
static const layer_t v3[] = {
    {3, 0, 16, 3, 224, 112, 0, false},     {16, 16, 16, 3, 112, 112, 0, false},
    {16, 64, 24, 3, 112, 56, 0, true},     {24, 72, 24, 3, 56, 56, 0, true},
    {24, 72, 40, 5, 56, 28, 24, true},     {40, 120, 40, 5, 28, 28, 32, true},
    {40, 120, 40, 5, 28, 28, 32, true},    {40, 240, 80, 3, 28, 14, 0, true},
    {80, 200, 80, 3, 14, 14, 0, true},     {80, 184, 80, 3, 14, 14, 0, true},
    {80, 184, 80, 3, 14, 14, 0, true},     {80, 480, 112, 3, 14, 14, 120, true},
    {112, 672, 112, 3, 14, 14, 168, true}, {112, 672, 160, 5, 14, 7, 168, true},
    {160, 960, 160, 5, 7, 7, 240, true},   {160, 960, 160, 5, 7, 7, 240, true}};

/* He et al., 2016, table 1 (50 layers), the stride in the 3x3: its convolutions
 * wider than 1x1. */
static const layer_t resnet[] = {
    {3, 0, 64, 7, 224, 112, 0, false},  {64, 0, 64, 3, 56, 56, 0, false},
    {64, 0, 64, 3, 56, 56, 0, false},   {64, 0, 64, 3, 56, 56, 0, false},
    {128, 0, 128, 3, 56, 28, 0, false}, {128, 0, 128, 3, 28, 28, 0, false},
    {128, 0, 128, 3, 28, 28, 0, false}, {128, 0, 128, 3, 28, 28, 0, false},
    {256, 0, 256, 3, 28, 14, 0, false}, {256, 0, 256, 3, 14, 14, 0, false},
    {256, 0, 256, 3, 14, 14, 0, false}, {256, 0, 256, 3, 14, 14, 0, false},
    {256, 0, 256, 3, 14, 14, 0, false}, {256, 0, 256, 3, 14, 14, 0, false},
    {512, 0, 512, 3, 14, 7, 0, false},  {512, 0, 512, 3, 7, 7, 0, false},
    {512, 0, 512, 3, 7, 7, 0, false}};

typedef struct network {
  const layer_t *layers;
  size_t count;
} network_t;

#define NETWORK(list)                                                          \
  { list, sizeof list / sizeof list[0] }

static const network_t efficientnet = NETWORK(b0), mobilenet = NETWORK(v3),
                       residual = NETWORK(resnet);

/* ---- What the alternatives do to a layer. ---- */

static bool has_kernel_size(const layer_t *layer) {
  (void)layer;
  return true;
}

static bool has_expansion(const layer_t *layer) { return layer->expands; }

static bool has_squeeze(const layer_t *layer) { return layer->squeeze > 0; }

/* Multiply-accumulates of a layer; out of range: the test's own mistake. */
static int64_t macs_of(const layer_t *l) {
  int64_t in = l->size * l->size, out = l->out_size * l->out_size;
  int64_t taps = l->kernel * l->kernel;
  if (!l->hidden)
    return out * taps * l->in * l->out;
  return (l->expands ? in * l->in * l->hidden : 0) + out * taps * l->hidden +
         2 * l->hidden * l->squeeze + out * l->hidden * l->out;
}

static void set_kernel(layer_t *layer, const char *alternative) {
  layer->kernel = alternative[0] - '0';
}

static void set_expansion(layer_t *layer, const char *alternative) {
  layer->hidden = layer->in * (alternative[1] - '0');
}

static void set_squeeze(layer_t *layer, const char *alternative) {
  layer->squeeze = !strcmp(alternative, "off")    ? 0
                   : !strcmp(alternative, "half") ? layer->squeeze / 2
                                                  : layer->squeeze / 4;
}

typedef struct variant {
  const char *rewrite;
  bool (*applies)(const layer_t *layer);
  void (*set)(layer_t *layer, const char *alternative);
} variant_t;

static const variant_t variants[] = {
    {"kernel-size", has_kernel_size, set_kernel},
    {"expansion", has_expansion, set_expansion},
    {"squeeze-excite", has_squeeze, set_squeeze}};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

/* ---- Applying. ---- */

typedef struct reading {
  tess_model_t *model;
  tess_arena_t arena;
  tess_site_list_t sites;
} reading_t;

static void read_sites(MlirModule module, const char *rewrite,
                       reading_t *reading) {
  tess_rewrite_set_t set;
  *reading = (reading_t){.arena = TESS_ARENA_INIT};
  CHECK_OK(tess_rewrites_parse(rewrite, 0, &set));
  CHECK_OK(tess_ir_read(tess_load_function(module), &reading->model));
  tess_rewrite_find_sites(reading->model, TESS_CLASS_RETRAIN, set,
                          &reading->arena, &reading->sites);
}

static void free_reading(reading_t *reading) {
  tess_model_destroy(reading->model);
  tess_arena_free(&reading->arena);
}

/* Applies the candidate to a clone; the multiply-accumulates change by `gain`,
 * and `contractions` of them go. Returns the clone. */
static MlirModule apply(MlirModule module, const variant_t *variant,
                        const uint8_t *candidate, int64_t gain,
                        const char *what) {
  MlirModule clone = tess_load_clone(module);
  reading_t before, after;
  read_sites(clone, variant->rewrite, &before);
  int64_t macs = before.model->macs;
  bool *applied =
      tess_arena_alloc(&before.arena, (size_t)before.sites.count + 1);
  CHECK_OK(tess_rewrite_apply(before.model, &before.sites, candidate, applied));
  for (int32_t i = 0; i < before.sites.count; i++)
    CHECK(applied[i] == (candidate[i] != 0));
  CHECK(mlirOperationVerify(mlirModuleGetOperation(clone)));
  read_sites(clone, variant->rewrite, &after);
  CHECK_EQ(after.model->macs - macs, gain);
  CHECK_EQ(after.model->unknown_count, 0);
  if (after.model->macs - macs != gain)
    fprintf(stderr, "  %s of %s\n", variant->rewrite, what);
  free_reading(&before);
  free_reading(&after);
  return clone;
}

/* Sites of the table's layers in order, one alternative each: the `round`-th of
 * them, over and over. */
static void check_round(MlirModule module, const network_t *network,
                        const variant_t *variant, const reading_t *reading,
                        int64_t batch, int round, const char *what) {
  uint8_t candidate[64] = {0};
  int64_t gain = 0;
  int32_t site = 0;
  bool needs_weights = false;
  for (size_t i = 0; i < network->count; i++) {
    layer_t layer = network->layers[i];
    if (!variant->applies(&layer))
      continue;
    const tess_site_t *s = &reading->sites.sites[site];
    int32_t chosen = 1 + (round + site) % (s->alternative_count - 1);
    candidate[site++] = (uint8_t)chosen;
    int64_t before = macs_of(&layer);
    variant->set(&layer, s->alternatives[chosen].name);
    gain += batch * (macs_of(&layer) - before);
    needs_weights = needs_weights || layer.squeeze || !has_squeeze(&layer);
    CHECK_EQ(s->alternatives[chosen].rewrite_class, TESS_CLASS_RETRAIN);
    CHECK(s->alternatives[chosen].removed_macs > 0);
  }
  MlirModule clone = apply(module, variant, candidate, gain, what);
  check_signature(tess_load_function(module), tess_load_function(clone),
                  needs_weights ? -1 : 0);
  mlirModuleDestroy(clone);
}

static void check_variant(MlirModule module, const network_t *network,
                          const variant_t *variant, int64_t batch,
                          const char *what) {
  int32_t expected = 0;
  for (size_t i = 0; i < network->count; i++)
    expected += variant->applies(&network->layers[i]);
  reading_t reading;
  read_sites(module, variant->rewrite, &reading);
  CHECK_EQ(reading.sites.count, expected);
  if (reading.sites.count == expected && expected)
    for (int round = 0; round < 3; round++)
      check_round(module, network, variant, &reading, batch, round, what);
  else if (reading.sites.count != expected)
    fprintf(stderr, "  %s of %s\n", variant->rewrite, what);
  free_reading(&reading);
}

/* ---- What stays. ---- */

static bool is_contraction(const tess_node_t *node) {
  return node->kind <= TESS_NODE_MATMUL && !node->prepared;
}

static int32_t next_contraction(const tess_model_t *model, int32_t n) {
  while (n < model->node_count && !is_contraction(&model->nodes[n]))
    n++;
  return n;
}

/* Walks the contractions of both side by side; returns how many differ. */
static int32_t count_changes(const tess_model_t *a, const tess_model_t *b) {
  int32_t changes = 0;
  CHECK_EQ(a->contraction_count, b->contraction_count);
  int32_t i = next_contraction(a, 0), j = next_contraction(b, 0);
  while (i < a->node_count && j < b->node_count) {
    changes += memcmp(&a->nodes[i].kernel, &b->nodes[j].kernel,
                      sizeof a->nodes[i].kernel) != 0;
    i = next_contraction(a, i + 1);
    j = next_contraction(b, j + 1);
  }
  return changes;
}

/* One site at a time: `contractions` of the network change. */
static void check_alone(MlirModule module, const variant_t *variant,
                        int32_t site, const char *alternative,
                        int32_t contractions) {
  MlirModule clone = tess_load_clone(module);
  tess_model_t *before, *after;
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, "%s.%d=%s", variant->rewrite, (int)site, alternative);
  CHECK_OK(tess_ir_read(tess_load_function(module), &before));
  CHECK_OK(tess_flow_apply(tess_load_function(clone), tess_text_get(&text),
                           "tpu-v3"));
  CHECK_OK(tess_ir_read(tess_load_function(clone), &after));
  CHECK_EQ(count_changes(before, after), contractions);
  if (before->chain_count != after->chain_count)
    fprintf(stderr, "  %s\n", tess_text_get(&text));
  CHECK_EQ(before->chain_count, after->chain_count);
  CHECK_EQ(before->block_count, after->block_count);
  for (int32_t i = 0;
       i < before->block_count && before->block_count == after->block_count;
       i++)
    CHECK_EQ(before->blocks[i].kind, after->blocks[i].kind);
  tess_text_free(&text);
  tess_model_destroy(before);
  tess_model_destroy(after);
  mlirModuleDestroy(clone);
}

/* The expansion, depthwise, two of squeeze-and-excite and the projection. */
static void check_stays(MlirModule module) {
  for (int32_t site = 0; site < 15; site++)
    check_alone(module, &variants[1], site, site % 2 ? "e3" : "e4", 5);
  for (int32_t site = 0; site < 16; site++)
    check_alone(module, &variants[2], site, "half", 2);
  for (int32_t site = 0; site < 17; site++)
    check_alone(module, &variants[0], site, "7x7", 1);
}

/* ---- Models. ---- */

static void check_module(MlirModule module, const network_t *network,
                         int64_t batch, const char *what) {
  if (mlirModuleIsNull(module))
    return;
  for (int v = 0; v < VARIANTS; v++)
    check_variant(module, network, &variants[v], batch, what);
  mlirModuleDestroy(module);
}

static void check_zoo(MlirContext context, tess_zoo_dialect_t dialect,
                      tess_zoo_layout_t layout, tess_dtype_t dtype) {
  const tess_zoo_options_t options = {.dialect = dialect,
                                      .layout = layout,
                                      .dtype = dtype,
                                      .batch = 2,
                                      .resolution = 224};
  tess_text_t text = TESS_TEXT_INIT;
  CHECK_OK(tess_zoo_emit("efficientnet-b0", &options, &text, NULL));
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  if (dtype == TESS_F32)
    check_stays(module);
  check_module(module, &efficientnet, 2, "efficientnet-b0");
  tess_text_free(&text);
}

static void check_shared(MlirContext context) {
  static const struct {
    const char *file;
    const network_t *network;
    int64_t batch;
  } models[] = {
      {"efficientnet_b0.torch.linalg.mlir", &efficientnet, 1},
      {"efficientnet_b0.torch.tosa.mlir", &efficientnet, 1},
      {"efficientnet_b0.torch.linalg.bf16.b128.mlir", &efficientnet, 128},
      {"efficientnet_b0.tflite.tosa.mlir", &efficientnet, 1},
      {"efficientnet_b0.jax.linalg.mlir", &efficientnet, 1},
      {"efficientnet_b0.jax.linalg.bf16.b128.mlir", &efficientnet, 128},
      {"mobilenet_v3_large.torch.linalg.mlir", &mobilenet, 1},
      {"resnet50.torch.linalg.mlir", &residual, 1},
      {"resnet50.torch.tosa.mlir", &residual, 1},
  };
  for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
    check_module(tess_load_shared(context, models[i].file), models[i].network,
                 models[i].batch, models[i].file);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_zoo(context, TESS_ZOO_TOSA, TESS_ZOO_NHWC, TESS_F32);
  check_zoo(context, TESS_ZOO_LINALG, TESS_ZOO_NHWC, TESS_BF16);
  check_zoo(context, TESS_ZOO_LINALG, TESS_ZOO_NCHW, TESS_F32);
  check_zoo(context, TESS_ZOO_TOSA, TESS_ZOO_NHWC, TESS_F16);
  check_shared(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
