/* EfficientNet-X at all sizes, against a count that follows the authors' code
 * (tensorflow/tpu, models/official/efficientnet: efficientnet_model.py and
 * tpu/efficientnet_x_builder.py) block by block. B0 is published: 7.58 M and
 * 0.920 G. */
#include "check.h"
#include "tessera/zoo/zoo.h"
#include <math.h>

typedef struct tally {
  long long side; /* of the image so far */
  long long params, macs;
} tally_t;

typedef struct scaling {
  double width, depth;
  int resolution;
  double squeeze; /* the code's se_coefficient */
} scaling_t;

/* The code's round_filters, in floating point as there. */
static long long filters(double count, double width) {
  count *= width;
  long long rounded = (long long)(count + 4) / 8 * 8;
  rounded = rounded < 8 ? 8 : rounded;
  return (double)rounded < 0.9 * count ? rounded + 8 : rounded;
}

/* A convolution to `out` channels and its batch norm. */
static void add_conv(tally_t *t, long long kernel, long long stride,
                     long long in, long long out) {
  t->side = (t->side + stride - 1) / stride;
  t->params += kernel * kernel * in * out + 2 * out;
  t->macs += t->side * t->side * kernel * kernel * in * out;
}

static void add_squeeze(tally_t *t, long long channels, long long width) {
  width = width < 1 ? 1 : width;
  t->params += 2 * channels * width + channels + width;
  t->macs += 2 * channels * width;
}

/* What the code calls space2depth: 1 in the block that reshapes, 2 behind it,
 * 0 elsewhere. `in` and `out` are the block's own. */
typedef struct row {
  int layers, kernel, stride, expansion, in, out;
  bool fused;
  int space_to_depth;
} row_t;

static void add_block(tally_t *t, const row_t *r, const scaling_t *s,
                      long long channels, long long in, long long out,
                      long long stride, bool reshapes) {
  if (reshapes) {
    add_conv(t, 2, 2, channels, in);
    channels = in;
  }
  long long hidden = in * r->expansion;
  if (!r->fused && r->expansion != 1)
    add_conv(t, 1, 1, channels, hidden);
  add_conv(t, r->kernel, stride, r->fused ? channels : 1, hidden);
  long long width = (long long)((double)in * (0.25 * s->squeeze));
  add_squeeze(t, hidden, reshapes ? width / 4 : width);
  add_conv(t, 1, 1, hidden, out);
}

static long long add_stage(tally_t *t, row_t r, const scaling_t *s,
                           long long channels) {
  long long in = filters(r.in, s->width), out = filters(r.out, s->width);
  long long layers = (long long)ceil(s->depth * r.layers);
  if (r.space_to_depth == 1) {
    in *= 4;
    out *= 4;
    r.kernel = (r.kernel + 1) / 2;
  }
  long long stride = r.space_to_depth == 2 ? 1 : r.stride;
  add_block(t, &r, s, channels, in, out, stride, r.space_to_depth == 1);
  for (long long i = 1; i < layers; i++)
    add_block(t, &r, s, out, out, out, 1, false);
  return out;
}

static tally_t count(const scaling_t *s) {
  static const row_t rows[] = {
      {1, 3, 1, 1, 32, 16, false, 1},   {2, 3, 2, 6, 16, 24, true, 2},
      {2, 5, 2, 6, 24, 40, true, 0},    {3, 3, 2, 6, 40, 80, false, 0},
      {3, 5, 1, 6, 80, 112, false, 0},  {4, 5, 2, 6, 112, 192, false, 0},
      {1, 3, 1, 6, 192, 320, false, 0},
  };
  tally_t t = {.side = s->resolution};
  long long channels = filters(32, s->width), head = filters(1280, s->width);
  add_conv(&t, 3, 2, 3, channels);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    channels = add_stage(&t, rows[i], s, channels);
  add_conv(&t, 1, 1, channels, head);
  t.params += head * 1000 + 1000;
  t.macs += head * 1000;
  return t;
}

/* Li et al., arXiv 2102.05610: the family scaled for TPUv3; the coefficients of
 * the squeeze are the code's. */
static const scaling_t family[] = {
    {1.00, 1.00, 224, 4}, {1.05, 1.09, 229, 2}, {1.13, 1.29, 244, 1},
    {1.27, 1.62, 263, 1}, {1.54, 2.38, 299, 1}, {1.96, 2.76, 332, 1},
    {2.75, 3.01, 328, 1}, {3.26, 3.44, 350, 1},
};

int main(void) {
  for (int n = 0; n < 8; n++) {
    char name[32];
    snprintf(name, sizeof name, "efficientnet-x-b%d", n);
    tally_t expected = count(&family[n]);
    tess_zoo_options_t options = {.dtype = TESS_F32, .batch = 1};
    tess_zoo_counts_t counts;
    tess_text_t text = TESS_TEXT_INIT;
    CHECK_OK(tess_zoo_emit(name, &options, &text, &counts));
    CHECK_EQ(counts.parameters, expected.params);
    CHECK_EQ(counts.macs, expected.macs);
    tess_text_free(&text);
  }
  return tess_check_result();
}
