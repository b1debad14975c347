/* Parameters and multiply-accumulates of the networks against what others
 * published, and what the multipliers do to them. */
#include "check.h"
#include "tessera/zoo/zoo.h"

/* tv: torchvision 0.29.2, its model at the zoo's resolution; timm: 1.0.31,
 * efficientnet_es; hf: transformers 5.23, BertModel with its pooler and
 * GPT2LMHeadModel, whose logits share the words' table. Multiply-accumulates by
 * PyTorch 2.15's counter, half of its FLOPs. All by test/zoo/recount.py.
 * last: the same network, by test_texts' formula for the last position. */
static const struct {
  const char *name;
  long long parameters, macs;
} published[] = {
    {"efficientnet-b0", 5288548, 385814752},         /* tv */
    {"efficientnet-b1", 7794184, 686802832},         /* tv */
    {"efficientnet-b2", 9109994, 993561872},         /* tv */
    {"efficientnet-b3", 12233232, 1827141392},       /* tv */
    {"efficientnet-b4", 19341616, 4393771024},       /* tv */
    {"efficientnet-b5", 30389784, 10266384752},      /* tv */
    {"efficientnet-b6", 43040704, 19067593536},      /* tv */
    {"efficientnet-b7", 66347960, 37745884192},      /* tv */
    {"efficientnet-edgetpu", 5438392, 1788731008},   /* timm */
    {"mobilenet-v2", 3504872, 300774272},            /* tv */
    {"mobilenet-v3-large", 5483032, 216589760},      /* tv */
    {"resnet-50", 25557032, 4089184256},             /* tv */
    {"resnext-50", 25028904, 4230479872},            /* tv */
    {"convnext-tiny", 28589128, 4455531264},         /* tv */
    {"vit-b16", 86567656, 17563828224},              /* tv */
    {"bert-base", 109482240, 11174215680},           /* hf */
    {"gpt2-small-prefill", 124439808, 145824153600}, /* hf */
    {"gpt2-small-decode", 124439808, 142406400},     /* last */
};

static tess_zoo_counts_t count(const char *name, tess_zoo_options_t options) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_zoo_counts_t counts = {-1, -1};
  CHECK_OK(tess_zoo_emit(name, &options, &text, &counts));
  tess_text_free(&text);
  return counts;
}

static const tess_zoo_options_t plain = {.dtype = TESS_F32, .batch = 1};

static void test_published(void) {
  for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
    tess_zoo_counts_t counts = count(published[i].name, plain);
    CHECK_EQ(counts.parameters, published[i].parameters);
    CHECK_EQ(counts.macs, published[i].macs);
  }
}

/* Parameters by a count of the layers of tensorflow/tpu's builder; Li et al.,
 * arXiv 2102.05610, give 7.58 M and 0.920 G. */
static void test_efficientnet_x(void) {
  tess_zoo_counts_t x = count("efficientnet-x-b0", plain);
  CHECK_EQ(x.parameters, 7584104);
  CHECK_NEAR((double)x.macs, 0.92e9, 0.5e6);
}

/* The other options leave the parameters alone, and the batch multiplies. */
static void test_options(void) {
  for (size_t i = 0; i < tess_zoo_count(); i++) {
    tess_zoo_options_t o = plain;
    o.width = 0.25;
    o.depth = 0.1;
    tess_zoo_counts_t one = count(tess_zoo_name(i), o);
    o.batch = 3;
    o.dialect = TESS_ZOO_LINALG;
    o.dtype = TESS_F16;
    o.layout = TESS_ZOO_NCHW;
    tess_zoo_counts_t three = count(tess_zoo_name(i), o);
    CHECK_EQ(three.parameters, one.parameters);
    CHECK_EQ(three.macs, 3 * one.macs);
  }
}

/* Width 1.1 and depth 1.2 of B0 at B2's resolution are B2; MobileNetV2 at .75
 * has the parameters that torchvision's rule of rounding gives, summed over its
 * layers by hand (pytorch-image-models' mobilenetv2_075 has 2.64 M). */
static void test_multipliers(void) {
  tess_zoo_options_t o = plain;
  o.width = 1.1;
  o.depth = 1.2;
  o.resolution = 260;
  tess_zoo_counts_t scaled = count("efficientnet-b0", o);
  tess_zoo_counts_t b2 = count("efficientnet-b2", plain);
  CHECK_EQ(scaled.parameters, b2.parameters);
  CHECK_EQ(scaled.macs, b2.macs);
  o = plain;
  o.width = 0.75;
  CHECK_EQ(count("mobilenet-v2", o).parameters, 2636424);
}

/* Multiply-accumulates of `s` positions that attend to `t` each, with a width
 * of 768 and 12 blocks: the products of a block's weights, and those of queries
 * with keys and of scores with values. */
static long long transformer_macs(long long s, long long t) {
  const long long width = 768;
  return 12 * (s * 12 * width * width + 2 * s * t * width);
}

static void test_texts(void) {
  static const int64_t lengths[] = {1, 7, 128, 512};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    tess_zoo_options_t o = plain;
    o.sequence = lengths[i];
    long long s = o.sequence, logits = 768LL * 50257;
    CHECK_EQ(count("bert-base", o).macs, transformer_macs(s, s) + 768 * 768);
    CHECK_EQ(count("gpt2-small-prefill", o).macs,
             transformer_macs(s, s) + s * logits);
    CHECK_EQ(count("gpt2-small-decode", o).macs,
             transformer_macs(1, s + 1) + logits);
  }
}

int main(void) {
  test_texts();
  test_published();
  test_efficientnet_x();
  test_options();
  test_multipliers();
  return tess_check_result();
}
