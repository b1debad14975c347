/* EfficientNet-B0's published counts, the same counts read back from the text,
 * and what is refused. */
#include "check.h"
#include "tessera/zoo/zoo.h"
#include <math.h>

static const tess_zoo_options_t plain = {.dtype = TESS_F32, .batch = 1};

/* Elements of the type at `type` ("tensor<2x3xf32>"). */
static long long volume(const char *type, long long *last) {
  long long product = 1;
  *last = 1;
  for (const char *p = type + strlen("tensor<"); *p >= '0' && *p <= '9';) {
    char *end;
    *last = strtoll(p, &end, 10);
    product *= *last;
    p = end + 1;
  }
  return product;
}

/* Sum of the elements of all arguments that are weights. */
static long long count_parameters(const char *text) {
  static const char name[] = "{tessera.name = \"";
  long long parameters = 0, last;
  while ((text = strstr(text, ": tensor<"))) {
    const char *type = text + 2;
    text = strchr(type, '>') + 2;
    if (!strncmp(text, name, sizeof name - 1)) {
      const char *end = strchr(text, '}');
      bool statistic = !strncmp(end - 6, ".mean\"", 6) ||
                       !strncmp(end - 10, ".variance\"", 10);
      parameters += statistic ? 0 : volume(type, &last);
    }
  }
  return parameters;
}

/* Multiply-accumulates of a line that holds a convolution or product: types
 * stand in the order input, weight, …, result. */
static long long line_macs(const char *line, const char *end) {
  const char *types[16];
  int count = 0;
  for (const char *p = strstr(line, "tensor<"); p && p < end && count < 16;
       p = strstr(p + 1, "tensor<"))
    types[count++] = p;
  CHECK(count >= 3);
  if (count < 3)
    return 0;
  long long last, weight = volume(types[1], &last);
  long long result = volume(types[count - 1], &last);
  return result * weight / last;
}

static long long count_macs(const char *text, int *kernels) {
  static const char *const ops[] = {"tosa.conv2d ",
                                    "tosa.depthwise_conv2d ",
                                    "tosa.matmul ",
                                    "linalg.conv_2d_nhwc_hwcf ",
                                    "linalg.depthwise_conv_2d_nhwc_hwc ",
                                    "linalg.matmul "};
  long long macs = 0;
  *kernels = 0;
  while ((text = strstr(text, " = "))) {
    text += strlen(" = ");
    for (int i = 0; i < 6; i++)
      if (!strncmp(text, ops[i], strlen(ops[i]))) {
        macs += line_macs(text, strchr(text, '\n'));
        ++*kernels;
      }
  }
  return macs;
}

/* Tan and Le (arXiv 1905.11946) give 5.3 M and 0.39 B; torchvision's module has
 * 5,288,548 parameters, and its export 82 kernels. */
static void check_b0(tess_zoo_dialect_t dialect, tess_dtype_t dtype,
                     int64_t batch) {
  const tess_zoo_options_t options = {
      .dialect = dialect, .dtype = dtype, .batch = batch, .resolution = 224};
  tess_text_t text = TESS_TEXT_INIT;
  tess_zoo_counts_t counts;
  CHECK_OK(tess_zoo_emit("efficientnet-b0", &options, &text, &counts));
  CHECK_EQ(counts.parameters, 5288548);
  CHECK_EQ(counts.macs, batch * 385814752);
  int kernels;
  CHECK_EQ(count_parameters(text.data), counts.parameters);
  CHECK_EQ(count_macs(text.data, &kernels), counts.macs);
  CHECK_EQ(kernels, 82);
  CHECK(strstr(text.data, "{tessera.network = \"efficientnet-b0\"}") != NULL);
  tess_text_free(&text);
}

static void test_b0(void) {
  static const tess_dtype_t dtypes[] = {TESS_F32, TESS_BF16};
  for (int64_t batch = 1; batch <= 2; batch++)
    for (int i = 0; i < 2; i++) {
      check_b0(TESS_ZOO_TOSA, dtypes[i], batch);
      check_b0(TESS_ZOO_LINALG, dtypes[i], batch);
    }
}

/* EfficientNet-B0's shape with mbconv's functions has the same counts. */
static void test_mbconv(void) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_zoo_counts_t counts;
  CHECK_OK(tess_zoo_emit("mbconv:1,3,1,1,6,3,2,1,6,5,2,1,6,3,3,1,6,5,3,1,"
                         "6,5,4,1,6,3,1,1",
                         &plain, &text, &counts));
  CHECK_EQ(counts.parameters, 5288548);
  CHECK_EQ(counts.macs, 385814752);
  CHECK(strstr(text.data, "tosa.sigmoid") == NULL);
  CHECK(strstr(text.data, "tosa.clamp") != NULL);
  tess_text_free(&text);
}

/* Every listed network can be emitted; the text is appended; counts may be
 * left out; zero means the network's own resolution. */
static void test_list(void) {
  CHECK(tess_zoo_count() > 0);
  for (size_t i = 0; i < tess_zoo_count(); i++) {
    tess_text_t text = TESS_TEXT_INIT;
    tess_text_add(&text, "// before\n");
    CHECK_OK(tess_zoo_emit(tess_zoo_name(i), &plain, &text, NULL));
    CHECK(!strncmp(text.data, "// before\nmodule", 16));
    CHECK(strlen(tess_zoo_summary(i)) > 0);
    tess_text_free(&text);
  }
  CHECK(tess_zoo_name(tess_zoo_count()) == NULL);
  CHECK(tess_zoo_summary(tess_zoo_count()) == NULL);
}

static void refuse(const char *name, tess_zoo_options_t options, int code,
                   const char *part) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_zoo_counts_t counts = {-1, -1};
  CHECK_ERROR(tess_zoo_emit(name, &options, &text, &counts), (tess_code_t)code,
              part);
  CHECK_EQ(text.length, 0);
  CHECK_EQ(counts.macs, -1);
  tess_text_free(&text);
}

static void test_refused_options(void) {
  const char *b0 = "efficientnet-b0";
  tess_zoo_options_t o = plain;
  o.dtype = TESS_F64;
  refuse(b0, o, TESS_UNSUPPORTED,
         "'f64' is not emitted; use f32, bf16, f16 or i8");
  o = plain;
  o.layout = (tess_zoo_layout_t)7;
  refuse(b0, o, TESS_UNSUPPORTED, "use nhwc or nchw");
  o = plain;
  o.dialect = (tess_zoo_dialect_t)7;
  refuse(b0, o, TESS_UNSUPPORTED, "use tosa or linalg");
  o = plain;
  o.batch = 0;
  refuse(b0, o, TESS_INVALID, "batch is 0, but must be at least 1");
  o = plain;
  o.resolution = 31;
  refuse(b0, o, TESS_INVALID, "resolution is 31, but must be at least 32");
  o.resolution = -1;
  refuse(b0, o, TESS_INVALID, "at least 32");
}

/* What suits one network does not suit another. */
static void test_refused_sizes(void) {
  tess_zoo_options_t o = plain;
  o.resolution = 100;
  refuse("vit-b16", o, TESS_INVALID,
         "resolution is 100, but must be a multiple of 16: 96 or 112");
  o.resolution = INT64_MAX;
  refuse("vit-b16", o, TESS_OVERFLOW, "do not fit 64 bits");
  refuse("bert-base", o, TESS_INVALID, "takes no image");
  refuse("mlp", o, TESS_INVALID, "takes no image");
  o = plain;
  o.sequence = 513;
  refuse("bert-base", o, TESS_INVALID,
         "sequence is 513, but must be from 1 to 512");
  refuse("resnet-50", o, TESS_INVALID, "takes no text");
  o.sequence = 1024;
  refuse("gpt2-small-decode", o, TESS_INVALID, "from 1 to 1023");
  o.sequence = -1;
  refuse("gpt2-small-prefill", o, TESS_INVALID, "from 1 to 1024");
}

/* NaN, infinities, negative, tiny and huge multipliers. */
static void test_refused_multipliers(void) {
  static const double wrong[] = {-1,  0.0099,   100.1,    1e9,
                                 NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    tess_zoo_options_t o = plain;
    o.width = wrong[i];
    refuse("mobilenet-v2", o, TESS_INVALID, "width is ");
    o = plain;
    o.depth = wrong[i];
    refuse("mobilenet-v2", o, TESS_INVALID, "must be from 0.01 to 100");
  }
}

/* From the input's own size over the activations' to the sum of the MACs. */
static void test_overflow(void) {
  static const int64_t sizes[][2] = {{1, INT64_MAX},       {INT64_MAX, 32},
                                     {1, 3000000000},      {1, 800000000},
                                     {10000000000000, 32}, {25000000000, 224}};
  for (int i = 0; i < 6; i++)
    for (int dialect = 0; dialect < 2; dialect++)
      refuse("efficientnet-b0",
             (tess_zoo_options_t){.dialect = (tess_zoo_dialect_t)dialect,
                                  .dtype = TESS_F32,
                                  .batch = sizes[i][0],
                                  .resolution = sizes[i][1]},
             TESS_OVERFLOW, "do not fit 64 bits");
}

/* Every network with sizes that fit nowhere, some only once multiplied: it is
 * emitted or refused with a reason, in every form. */
static void test_absurd_sizes(void) {
  static const int64_t sizes[] = {0,          33,         46341,
                                  3037000500, 4000000000, INT64_MAX};
  static const tess_dtype_t dtypes[] = {TESS_F32, TESS_F16, TESS_I8};
  int emitted = 0, refused = 0;
  for (int i = 0; i < (int)tess_zoo_count() * 36; i++) {
    tess_zoo_options_t o = {.dialect = (tess_zoo_dialect_t)(i % 2),
                            .layout = (tess_zoo_layout_t)(i / 2 % 2),
                            .dtype = dtypes[i % 3],
                            .batch = i % 5 ? 1 : sizes[i / 7 % 6],
                            .resolution = sizes[i % 36 / 6],
                            .width = i % 7 ? 0.1 : 100,
                            .depth = 0.01};
    o.batch = o.batch ? o.batch : 2;
    tess_text_t text = TESS_TEXT_INIT;
    tess_status_t status =
        tess_zoo_emit(tess_zoo_name((size_t)i / 36), &o, &text, NULL);
    emitted += status == TESS_SUCCESS;
    refused += status != TESS_SUCCESS;
    CHECK((status == TESS_SUCCESS) == (text.length > 0));
    tess_status_free(status);
    tess_text_free(&text);
  }
  CHECK(emitted > 100 && refused > 100);
}

static void test_refused_names(void) {
  refuse("alexnet", plain, TESS_NOT_FOUND, "no network is called 'alexnet'");
  refuse("", plain, TESS_NOT_FOUND, "tessera zoo --list");
  refuse("eficientnet-b3", plain, TESS_NOT_FOUND,
         "did you mean 'efficientnet-b3'?");
  refuse("mbconv:", plain, TESS_INVALID, "28 comma-separated integers");
  refuse("mbconv:1,3,1,0", plain, TESS_INVALID, "not 4");
  refuse("mbconv:1,3,1,0,1,3,1,0,1,3,1,0,1,3,1,0,1,3,1,0,1,3,1,0,1,3,1,0,1",
         plain, TESS_INVALID, "not 29");
}

/* One wrong value in an otherwise good list, and what the message says. */
static void test_refused_values(void) {
  static const struct {
    int index;
    const char *value, *part;
  } cases[] = {
      {0, "0", "value 1 (expansion of stage 1) is '0'"},
      {4, "17", "an integer from 1 to 16"},
      {5, "4", "value 6 (kernel of stage 2) is '4', but must be an odd"},
      {5, "17", "an odd integer from 1 to 15"},
      {9, "-3", "kernel of stage 3"},
      {26, "33", "value 27 (layers of stage 7) is '33'"},
      {26, "0", "an integer from 1 to 32"},
      {27, "2", "squeeze-and-excite of stage 7) is '2', but must be 0 or 1"},
      {3, "x", "is 'x'"},
      {8, "1.5", "is '1.5'"},
      {8, "", "is ''"},
      {8, "99999999999999999999", "is '99999999999999999999'"},
      {8, "1111111111111111111111111111111111111111111", "is '1111111"},
  };
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    tess_text_t name = TESS_TEXT_INIT;
    for (int i = 0; i < 28; i++)
      tess_text_add(&name, "%s%s", i ? "," : "mbconv:",
                    i == cases[c].index ? cases[c].value : "1");
    refuse(name.data, plain, TESS_INVALID, cases[c].part);
    tess_text_free(&name);
  }
}

int main(void) {
  test_b0();
  test_mbconv();
  test_list();
  test_refused_options();
  test_refused_sizes();
  test_refused_multipliers();
  test_overflow();
  test_absurd_sizes();
  test_refused_names();
  test_refused_values();
  return tess_check_result();
}
