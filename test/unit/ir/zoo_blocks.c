/* Blocks of the zoo's networks against their papers, in both dialects, as
 * floating-point numbers and quantised. */
#include "reading.h"
#include "tessera/zoo/zoo.h"
#include <string.h>

enum { MOST_RUNS = 20 };

/* So many equal blocks one after the other. */
typedef struct run {
  int count;
  const char *row;
} run_t;

static const struct {
  const char *name;
  run_t runs[MOST_RUNS];
} networks[] = {
    /* Sandler et al., "MobileNetV2", 2018, table 2. */
    {"mobilenet-v2",
     {{1, "stem 224x224x3 -> 112x112x32 k3 s2"},
      {1, "mbconv 112x112x32 -> 112x112x16 e1 k3 s1"},
      {1, "mbconv 112x112x16 -> 56x56x24 e6 k3 s2"},
      {1, "mbconv 56x56x24 e6 k3 s1 res"},
      {1, "mbconv 56x56x24 -> 28x28x32 e6 k3 s2"},
      {2, "mbconv 28x28x32 e6 k3 s1 res"},
      {1, "mbconv 28x28x32 -> 14x14x64 e6 k3 s2"},
      {3, "mbconv 14x14x64 e6 k3 s1 res"},
      {1, "mbconv 14x14x64 -> 14x14x96 e6 k3 s1"},
      {2, "mbconv 14x14x96 e6 k3 s1 res"},
      {1, "mbconv 14x14x96 -> 7x7x160 e6 k3 s2"},
      {2, "mbconv 7x7x160 e6 k3 s1 res"},
      {1, "mbconv 7x7x160 -> 7x7x320 e6 k3 s1"},
      {1, "head 7x7x320 -> 1x1000 k1 s1"}}},
    /* Xie et al., "Aggregated residual transformations", 2017, table 1: 32
     * groups of 4; where TOSA has a convolution for each group too. */
    {"resnext-50",
     {{1, "stem 224x224x3 -> 112x112x64 k7 s2"},
      {1, "bottleneck 56x56x64 -> 56x56x256 e2 k3 s1 g32 res1x1"},
      {2, "bottleneck 56x56x256 e1/2 k3 s1 g32 res"},
      {1, "bottleneck 56x56x256 -> 28x28x512 e1 k3 s2 g32 res1x1"},
      {3, "bottleneck 28x28x512 e1/2 k3 s1 g32 res"},
      {1, "bottleneck 28x28x512 -> 14x14x1024 e1 k3 s2 g32 res1x1"},
      {5, "bottleneck 14x14x1024 e1/2 k3 s1 g32 res"},
      {1, "bottleneck 14x14x1024 -> 7x7x2048 e1 k3 s2 g32 res1x1"},
      {2, "bottleneck 7x7x2048 e1/2 k3 s1 g32 res"},
      {1, "head 1x2048 -> 1x1000"}}},
    /* Li et al., "Searching for fast model families", 2021 (EfficientNet-X). */
    {"efficientnet-x-b0",
     {{1, "stem 224x224x3 -> 112x112x32 k3 s2"},
      {1, "conv 112x112x32 -> 56x56x128 k2 s2"},
      {1, "mbconv 56x56x128 -> 56x56x64 e1 k2 s1 se"},
      {1, "fused-mbconv 56x56x64 -> 56x56x24 e96:64 k3 s1 se"},
      {1, "fused-mbconv 56x56x24 e6 k3 s1 se res"},
      {1, "fused-mbconv 56x56x24 -> 28x28x40 e6 k5 s2 se"},
      {1, "fused-mbconv 28x28x40 e6 k5 s1 se res"},
      {1, "mbconv 28x28x40 -> 14x14x80 e6 k3 s2 se"},
      {2, "mbconv 14x14x80 e6 k3 s1 se res"},
      {1, "mbconv 14x14x80 -> 14x14x112 e6 k5 s1 se"},
      {2, "mbconv 14x14x112 e6 k5 s1 se res"},
      {1, "mbconv 14x14x112 -> 7x7x192 e6 k5 s2 se"},
      {3, "mbconv 7x7x192 e6 k5 s1 se res"},
      {1, "mbconv 7x7x192 -> 7x7x320 e6 k3 s1 se"},
      {1, "head 7x7x320 -> 1x1000 k1 s1"}}},
    /* Liu et al., "A ConvNet for the 2020s", 2022: 3, 3, 9 and 3 blocks. */
    {"convnext-tiny",
     {{1, "stem 224x224x3 -> 56x56x96 k4 s4"},
      {3, "convnext 56x56x96 e4 k7 s1 res"},
      {1, "conv 56x56x96 -> 28x28x192 k2 s2"},
      {3, "convnext 28x28x192 e4 k7 s1 res"},
      {1, "conv 28x28x192 -> 14x14x384 k2 s2"},
      {9, "convnext 14x14x384 e4 k7 s1 res"},
      {1, "conv 14x14x384 -> 7x7x768 k2 s2"},
      {3, "convnext 7x7x768 e4 k7 s1 res"},
      {1, "head 1x768 -> 1x1000"}}},
    /* Devlin et al., "BERT", 2019, section 3: 12 layers of width 768, norms
     * after the additions; a pooler behind them. */
    {"bert-base", {{12, "transformer 128x768 e4 res"}, {1, "head 1x768"}}},
    /* Radford et al., "Language models are unsupervised multitask learners",
     * 2019, table 2, norms before; one position at a time. */
    {"gpt2-small-decode",
     {{12, "transformer 1x768 e4 res"}, {1, "head 1x768 -> 1x50257"}}},
    {"mlp",
     {{1, "dense 1x784 -> 1x1024"},
      {2, "dense 1x1024"},
      {1, "dense 1x1024 -> 1x10"}}},
};

static void check(const tess_model_t *model, const run_t *runs) {
  int32_t b = 0;
  for (int i = 0; i < MOST_RUNS && runs[i].count; i++)
    for (int j = 0; j < runs[i].count && b < model->block_count; j++) {
      char row[4 * TESS_BLOCK_CHARS], dims[TESS_BLOCK_CHARS],
          details[TESS_BLOCK_CHARS];
      const tess_block_t *block = &model->blocks[b++];
      tess_block_details(block, details);
      snprintf(row, sizeof row, "%s %s%s%s",
               tess_block_kind_name((tess_block_kind_t)block->kind),
               tess_block_dims(block, dims), *details ? " " : "", details);
      CHECK_STRING(row, runs[i].row);
    }
  int wanted = 0;
  for (int i = 0; i < MOST_RUNS; i++)
    wanted += runs[i].count;
  CHECK_EQ(model->block_count, wanted);
}

static void check_network(MlirContext context, size_t index,
                          tess_zoo_dialect_t dialect, tess_dtype_t dtype) {
  tess_zoo_options_t options = {
      .dialect = dialect, .dtype = dtype, .batch = 1, .width = 1, .depth = 1};
  tess_text_t text = TESS_TEXT_INIT;
  reading_t reading = {0};
  CHECK_OK(tess_zoo_emit(networks[index].name, &options, &text, NULL));
  CHECK_OK(reading_parse(context, tess_text_get(&text), &reading));
  if (reading.model)
    check(reading.model, networks[index].runs);
  reading_close(&reading);
  tess_text_free(&text);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
    for (int dialect = TESS_ZOO_TOSA; dialect <= TESS_ZOO_LINALG; dialect++) {
      check_network(context, i, (tess_zoo_dialect_t)dialect, TESS_F32);
      check_network(context, i, (tess_zoo_dialect_t)dialect, TESS_I8);
    }
  mlirContextDestroy(context);
  return tess_check_result();
}
