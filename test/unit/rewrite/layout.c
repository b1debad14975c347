/* Turning a function's layout: the same results through the JIT for every kind
 * of op that dimensions are pushed through, in both directions and several
 * element types; how many transposes are left; and what is left alone. */
#include "all_exact.h"

/* ---- Applying one alternative. ---- */

static char *printed(MlirModule module) {
  size_t length;
  return tess_ir_print(mlirModuleGetOperation(module), &length);
}

static int count(MlirModule module, const char *needle) {
  char *text = printed(module);
  int found = 0;
  for (const char *at = text; (at = strstr(at, needle)); at++)
    found++;
  free(text);
  return found;
}

/* A copy with the layout site's alternative of this name; null if it has none.
 */
static MlirModule turned(MlirModule original, const char *name) {
  MlirModule module = tess_load_clone(original);
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_rewrite_set_t layout;
  CHECK_OK(tess_rewrites_parse("layout", TESS_ALL_REWRITES, &layout));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, layout, &arena, &sites);
  CHECK(sites.count <= 1);
  uint8_t choice = 0;
  for (int32_t a = 1; sites.count && a < sites.sites[0].alternative_count; a++)
    if (!strcmp(sites.sites[0].alternatives[a].name, name))
      choice = (uint8_t)a;
  bool applied = false;
  if (choice)
    CHECK_OK(tess_rewrite_apply(model, &sites, &choice, &applied));
  CHECK(applied == (choice > 0));
  CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  tess_model_destroy(model);
  tess_arena_free(&arena);
  if (!choice) {
    mlirModuleDestroy(module);
    module.ptr = NULL;
  }
  return module;
}

static char *with_type(const char *source, const char *type) {
  tess_text_t text = TESS_TEXT_INIT;
  for (; *source; source++)
    if (!strncmp(source, "f32", 3)) {
      tess_text_add(&text, "%s", type);
      source += 2;
    } else {
      tess_text_add(&text, "%c", *source);
    }
  char *copy = strdup(tess_text_get(&text));
  tess_text_free(&text);
  return copy;
}

/* Turns it, runs both, and counts what is left; -1: does not matter. */
static void check_turned(MlirContext context, const char *source,
                         const char *name, int transposes) {
  MlirModule original = tess_load_text(context, source);
  if (mlirModuleIsNull(original)) {
    fprintf(stderr, "  does not parse:\n%s\n", source);
    return;
  }
  MlirModule module = turned(original, name);
  CHECK(!mlirModuleIsNull(module));
  if (!mlirModuleIsNull(module)) {
    verify_equal(original, module, source);
    int left = count(module, ".transpose ");
    if (transposes >= 0 && left != transposes) {
      CHECK_EQ(left, transposes);
      char *text = printed(module);
      fprintf(stderr, "%s\n", text);
      free(text);
    }
    /* Once is enough. */
    MlirModule again = turned(module, name);
    CHECK(mlirModuleIsNull(again));
    if (!mlirModuleIsNull(again)) {
      char *one = printed(module), *two = printed(again);
      fprintf(stderr, "  turned again:\n%s\n%s\n", one, two);
      free(one);
      free(two);
      mlirModuleDestroy(again);
    }
    mlirModuleDestroy(module);
  } else {
    fprintf(stderr, "  not turned:\n%s\n", source);
  }
  mlirModuleDestroy(original);
}

static void check_types(MlirContext context, const char *source,
                        const char *name, int transposes) {
  static const char *const types[] = {"f32", "bf16", "f16"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    char *typed = with_type(source, types[i]);
    check_turned(context, typed, name, transposes);
    free(typed);
  }
}

static void check_untouched(MlirContext context, const char *source) {
  MlirModule original = tess_load_text(context, source);
  MlirModule module = turned(original, "nhwc");
  CHECK(mlirModuleIsNull(module));
  if (!mlirModuleIsNull(module)) {
    fprintf(stderr, "  %s\n", source);
    mlirModuleDestroy(module);
  }
  mlirModuleDestroy(original);
}

/* ---- linalg. ---- */

#define ID4 "affine_map<(n, c, h, w) -> (n, c, h, w)>"
#define PARALLEL4 "[\"parallel\", \"parallel\", \"parallel\", \"parallel\"]"
#define CONV                                                                   \
  "{dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}"
#define CONVOLVE(result, data, filter, in, weights, out)                       \
  "%e" result " = tensor.empty() : " out "\n%i" result                         \
  " = linalg.fill ins(%z : f32) outs(%e" result " : " out ") -> " out          \
  "\n%" result " = linalg.conv_2d_nchw_fchw " CONV " ins(%" data ", %" filter  \
  " : " in ", " weights ") outs(%i" result " : " out ") -> " out "\n"

/* A squeeze-and-excite block: a pad, a depthwise convolution, a scale and shift
 * by channel, a mean over space that keeps its dimensions, 1x1 convolutions of
 * the vector, a product with the broadcast of it, a residual addition, and the
 * mean of all for a classifier. */
static const char block[] =
    "#id = " ID4 "\n#channel = affine_map<(n, c, h, w) -> (c, 0, 0)>\n"
    "#vector = affine_map<(n, c, h, w) -> (n, c, 0, 0)>\n"
    "func.func @f(%x: tensor<2x3x6x5xf32>, %w: tensor<4x3x1x1xf32>, "
    "%d: tensor<4x3x3xf32>, %s: tensor<4x1x1xf32>, %b: tensor<6xf32>, "
    "%r: tensor<6x4x1x1xf32>, %q: tensor<4x6x1x1xf32>, %m: tensor<4x7xf32>) "
    "-> tensor<2x7xf32> {\n%z = arith.constant 0.0 : f32\n" CONVOLVE(
        "a", "x", "w", "tensor<2x3x6x5xf32>", "tensor<4x3x1x1xf32>",
        "tensor<2x4x6x5xf32>") "%p = tensor.pad %a low[0, 0, 1, 1] high[0, 0, "
                               "1, 1] {\n"
                               "^bb0(%i0: index, %i1: index, %i2: index, %i3: "
                               "index):\n"
                               "tensor.yield %z : f32\n} : tensor<2x4x6x5xf32> "
                               "to tensor<2x4x8x7xf32>\n"
                               "%t = linalg.depthwise_conv_2d_nchw_chw " CONV
                               " ins(%p, %d : tensor<2x4x8x7xf32>, "
                               "tensor<4x3x3xf32>) outs(%ia : "
                               "tensor<2x4x6x5xf32>) -> tensor<2x4x6x5xf32>\n"
                               "%u = linalg.generic {indexing_maps = [#id, "
                               "#channel, #id], "
                               "iterator_types = " PARALLEL4
                               "} ins(%t, %s : tensor<2x4x6x5xf32>, "
                               "tensor<4x1x1xf32>) outs(%ea : "
                               "tensor<2x4x6x5xf32>) {\n"
                               "^bb0(%v0: f32, %v1: f32, %o: f32):\n%y = "
                               "arith.mulf %v0, %v1 : f32\n"
                               "linalg.yield %y : f32\n} -> "
                               "tensor<2x4x6x5xf32>\n"
                               "%se = tensor.empty() : tensor<2x4x1x1xf32>\n"
                               "%sf = linalg.fill ins(%z : f32) outs(%se : "
                               "tensor<2x4x1x1xf32>) -> "
                               "tensor<2x4x1x1xf32>\n"
                               "%mean = linalg.generic {indexing_maps = [#id, "
                               "#vector], iterator_types = "
                               "[\"parallel\", \"parallel\", \"reduction\", "
                               "\"reduction\"]} ins(%u : "
                               "tensor<2x4x6x5xf32>) outs(%sf : "
                               "tensor<2x4x1x1xf32>) {\n"
                               "^bb0(%v0: f32, %o: f32):\n%y = arith.addf %v0, "
                               "%o : f32\n"
                               "linalg.yield %y : f32\n} -> "
                               "tensor<2x4x1x1xf32>\n"
                               "%be = tensor.empty() : tensor<2x6x1x1xf32>\n"
                               "%bb = linalg.broadcast ins(%b : tensor<6xf32>) "
                               "outs(%be : "
                               "tensor<2x6x1x1xf32>) dimensions = [0, 2, 3]\n"
                               "%g = linalg.conv_2d_nchw_fchw " CONV
                               " ins(%mean, %r : tensor<2x4x1x1xf32>, "
                               "tensor<6x4x1x1xf32>) outs(%bb : "
                               "tensor<2x6x1x1xf32>) -> tensor<2x6x1x1xf32>\n"
                               "%k = linalg.conv_2d_nchw_fchw " CONV
                               " ins(%g, %q : tensor<2x6x1x1xf32>, "
                               "tensor<4x6x1x1xf32>) outs(%sf : "
                               "tensor<2x4x1x1xf32>) -> tensor<2x4x1x1xf32>\n"
                               "%v = linalg.generic {indexing_maps = [#vector, "
                               "#id, #id, #id], "
                               "iterator_types = " PARALLEL4
                               "} ins(%k, %u, %a : tensor<2x4x1x1xf32>, "
                               "tensor<2x4x6x5xf32>, tensor<2x4x6x5xf32>) "
                               "outs(%ea : "
                               "tensor<2x4x6x5xf32>) {\n^bb0(%v0: f32, %v1: "
                               "f32, %v2: f32, %o: f32):\n"
                               "%y = arith.mulf %v0, %v1 : f32\n%y1 = "
                               "arith.addf %y, %v2 : f32\n"
                               "linalg.yield %y1 : f32\n} -> "
                               "tensor<2x4x6x5xf32>\n"
                               "%top = linalg.generic {indexing_maps = [#id, "
                               "#vector], iterator_types = "
                               "[\"parallel\", \"parallel\", \"reduction\", "
                               "\"reduction\"]} ins(%v : "
                               "tensor<2x4x6x5xf32>) outs(%sf : "
                               "tensor<2x4x1x1xf32>) {\n"
                               "^bb0(%v0: f32, %o: f32):\n%y = arith.addf %v0, "
                               "%o : f32\n"
                               "linalg.yield %y : f32\n} -> "
                               "tensor<2x4x1x1xf32>\n"
                               "%flat = tensor.collapse_shape %top [[0], [1, "
                               "2, 3]] : "
                               "tensor<2x4x1x1xf32> into tensor<2x4xf32>\n"
                               "%re = tensor.empty() : tensor<2x7xf32>\n"
                               "%rf = linalg.fill ins(%z : f32) outs(%re : "
                               "tensor<2x7xf32>) -> "
                               "tensor<2x7xf32>\n"
                               "%res = linalg.matmul ins(%flat, %m : "
                               "tensor<2x4xf32>, tensor<4x7xf32>) "
                               "outs(%rf : tensor<2x7xf32>) -> "
                               "tensor<2x7xf32>\n"
                               "return %res : tensor<2x7xf32>\n}\n";

/* Each op of this list gets a convolution's result %a (1x4x6x5), makes %y and
 * a convolution may follow. `left`: transposes beyond those of the input, the
 * filter and the result. */
typedef struct middle {
  const char *ops, *type;
  int left;
} middle_t;

#define GENERIC(maps, kinds, ins, out, body)                                   \
  "linalg.generic {indexing_maps = [" maps "], iterator_types = " kinds        \
  "} ins(" ins ") outs(%ea : " out ") {\n" body "\n} -> " out "\n"
#define T4 "tensor<1x4x6x5xf32>"

static const middle_t middles[] = {
    /* Poolings, by their other name, and a window that is left. */
    {"%win = tensor.empty() : tensor<2x2xf32>\n"
     "%pe = tensor.empty() : tensor<1x4x5x4xf32>\n"
     "%pi = linalg.fill ins(%z : f32) outs(%pe : tensor<1x4x5x4xf32>) -> "
     "tensor<1x4x5x4xf32>\n"
     "%y = linalg.pooling_nchw_max " CONV " ins(%a, %win : " T4
     ", tensor<2x2xf32>) outs(%pi : tensor<1x4x5x4xf32>) -> "
     "tensor<1x4x5x4xf32>\n",
     "tensor<1x4x5x4xf32>", 0},
    /* The place of an element, by linalg.index. */
    {"%y = " GENERIC(ID4 ", " ID4, PARALLEL4, "%a : " T4, T4,
                     "^bb0(%u: f32, %o: f32):\n%c = linalg.index 1 : index\n"
                     "%d = linalg.index 3 : index\n%l = arith.cmpi ult, %c, "
                     "%d : index\n%v = arith.select %l, %u, %z : f32\n"
                     "linalg.yield %v : f32"),
     T4, 0},
    /* Height and width exchanged in a map. */
    {"%te = tensor.empty() : tensor<1x4x5x6xf32>\n"
     "%y = linalg.generic {indexing_maps = [affine_map<(n, c, h, w) -> (n, c, "
     "w, h)>, " ID4 "], iterator_types = " PARALLEL4 "} ins(%a : " T4
     ") outs(%te : tensor<1x4x5x6xf32>) {\n^bb0(%u: f32, %o: f32):\n"
     "linalg.yield %u : f32\n} -> tensor<1x4x5x6xf32>\n",
     "tensor<1x4x5x6xf32>", 0},
    /* Parts, put together again. */
    {"%s = tensor.extract_slice %a[0, 1, 2, 0] [1, 2, 3, 5] [1, 1, 1, 1] : " T4
     " to tensor<1x2x3x5xf32>\n"
     "%y = tensor.insert_slice %s into %ia[0, 2, 3, 0] [1, 2, 3, 5] [1, 1, 1, "
     "1] : tensor<1x2x3x5xf32> into " T4 "\n",
     T4, 0},
    {"%s = math.exp %a : " T4 "\n%y = tensor.concat dim(1) %a, %s : (" T4
     ", " T4 ") -> tensor<1x8x6x5xf32>\n",
     "tensor<1x8x6x5xf32>", 0},
    /* Named element-wise ops, on tensors as a whole. */
    {"%s = linalg.exp ins(%a : " T4 ") outs(%ea : " T4 ") -> " T4 "\n"
     "%y = arith.addf %s, %a : " T4 "\n",
     T4, 0},
    {"%y = linalg.map { arith.mulf } ins(%a, %a : " T4 ", " T4
     ") outs(%ea : " T4 ")\n",
     T4, 0},
    /* A reduction over channels, broadcast again. */
    {"%re = tensor.empty() : tensor<1x6x5xf32>\n"
     "%ri = linalg.fill ins(%z : f32) outs(%re : tensor<1x6x5xf32>) -> "
     "tensor<1x6x5xf32>\n"
     "%r = linalg.reduce { arith.addf } ins(%a : " T4
     ") outs(%ri : tensor<1x6x5xf32>) dimensions = [1]\n"
     "%b = linalg.broadcast ins(%r : tensor<1x6x5xf32>) outs(%ea : " T4
     ") dimensions = [1]\n%y = arith.subf %a, %b : " T4 "\n",
     T4, 0},
    {"%y = linalg.softmax dimension(1) ins(%a : " T4 ") outs(%ea : " T4
     ") -> " T4 "\n",
     T4, 0},
    /* Space merged and split again, as attention over pixels does. */
    {"%c = tensor.collapse_shape %a [[0], [1], [2, 3]] : " T4
     " into tensor<1x4x30xf32>\n"
     "%s = linalg.exp ins(%c : tensor<1x4x30xf32>) outs(%c : "
     "tensor<1x4x30xf32>) -> tensor<1x4x30xf32>\n"
     "%y = tensor.expand_shape %s [[0], [1], [2, 3]] output_shape [1, 4, 6, "
     "5] : tensor<1x4x30xf32> into " T4 "\n",
     T4, 0},
    /* Channels shuffled: groups of them change places. */
    {"%c = tensor.expand_shape %a [[0], [1, 2], [3], [4]] output_shape [1, 2, "
     "2, 6, 5] : " T4 " into tensor<1x2x2x6x5xf32>\n"
     "%te = tensor.empty() : tensor<1x2x2x6x5xf32>\n"
     "%s = linalg.transpose ins(%c : tensor<1x2x2x6x5xf32>) outs(%te : "
     "tensor<1x2x2x6x5xf32>) permutation = [0, 2, 1, 3, 4]\n"
     "%y = tensor.collapse_shape %s [[0], [1, 2], [3], [4]] : "
     "tensor<1x2x2x6x5xf32> into " T4 "\n",
     T4, 0},
    /* What merges channels and height has to see them side by side. */
    {"%c = tensor.collapse_shape %a [[0], [1, 2], [3]] : " T4
     " into tensor<1x24x5xf32>\n"
     "%y = tensor.expand_shape %c [[0], [1, 2], [3]] output_shape [1, 4, 6, "
     "5] : tensor<1x24x5xf32> into " T4 "\n",
     T4, -1},
    /* Read from inside another op: it stays as it is. */
    {"%s = math.exp %a : " T4
     "\n%y = tensor.generate {\n^bb0(%n: index, %c: index, %h: index, %v: "
     "index):\n%u = tensor.extract %s[%n, %c, %h, %v] : " T4
     "\ntensor.yield %u : f32\n} : " T4 "\n",
     T4, -1},
    /* A constant with a value for each element, and one without. */
    {"%k = arith.constant dense<[[[[0.5]], [[1.5]], [[2.5]], [[3.5]]]]> : "
     "tensor<1x4x1x1xf32>\n%m = arith.constant dense<0.25> : " T4 "\n"
     "%s = arith.mulf %a, %m : " T4 "\n"
     "%y = " GENERIC(ID4 ", affine_map<(n, c, h, w) -> (0, c, 0, 0)>, " ID4,
                     PARALLEL4, "%s, %k : " T4 ", tensor<1x4x1x1xf32>", T4,
                     "^bb0(%u: f32, %v: f32, %o: f32):\n%r = arith.addf %u, "
                     "%v : f32\nlinalg.yield %r : f32"),
     T4, 0},
};

static void check_middles(MlirContext context) {
  for (size_t i = 0; i < sizeof middles / sizeof *middles; i++) {
    tess_text_t t = TESS_TEXT_INIT;
    tess_text_add(
        &t,
        "func.func @f(%%x: tensor<1x3x6x5xf32>, %%w: tensor<4x3x1x1xf32>) -> "
        "(%s, " T4 ") {\n%%z = arith.constant 0.0 : f32\n%s%s"
        "return %%y, %%a : %s, " T4 "\n}\n",
        middles[i].type,
        CONVOLVE("a", "x", "w", "tensor<1x3x6x5xf32>", "tensor<4x3x1x1xf32>",
                 T4),
        middles[i].ops, middles[i].type);
    int left = middles[i].left;
    check_turned(context, tess_text_get(&t), "nhwc", left < 0 ? -1 : left + 4);
    tess_text_free(&t);
  }
}

/* Every named op that has another name, there and back. */
typedef struct twin {
  const char *first, *data, *filter, *result;
  int spatial;
} twin_t;

static const twin_t twins[] = {
    {"conv_1d_ncw_fcw", "2x3x9", "4x3x3", "2x4x7", 1},
    {"conv_2d_nchw_fchw", "2x3x9x8", "4x3x3x2", "2x4x7x7", 2},
    {"conv_2d_ngchw_gfchw", "2x2x3x9x8", "2x4x3x3x2", "2x2x4x7x7", 2},
    {"conv_3d_ncdhw_fcdhw", "1x2x5x6x7", "3x2x3x2x1", "1x3x3x5x7", 3},
    {"depthwise_conv_1d_ncw_cw", "2x3x9", "3x3", "2x3x7", 1},
    {"depthwise_conv_2d_nchw_chw", "2x3x9x8", "3x3x2", "2x3x7x7", 2},
    {"depthwise_conv_3d_ncdhw_cdhw", "1x2x5x6x7", "2x3x2x1", "1x2x3x5x7", 3},
};

static void add_twin(tess_text_t *t, const twin_t *twin, const char *in,
                     const char *out) {
  bool whole = !strcmp(in, "i8");
  tess_text_add(
      t,
      "func.func @f(%%x: tensor<%sx%s>, %%w: tensor<%sx%s>) -> tensor<%sx%s> "
      "{\n%%z = arith.constant %s : %s\n%%e = tensor.empty() : tensor<%sx%s>\n"
      "%%i = linalg.fill ins(%%z : %s) outs(%%e : tensor<%sx%s>) -> "
      "tensor<%sx%s>\n%%r = linalg.%s {dilations = dense<1> : vector<%dxi64>, "
      "strides = dense<1> : vector<%dxi64>} ins(%%x, %%w : tensor<%sx%s>, "
      "tensor<%sx%s>) outs(%%i : tensor<%sx%s>) -> tensor<%sx%s>\n"
      "return %%r : tensor<%sx%s>\n}\n",
      twin->data, in, twin->filter, in, twin->result, out, whole ? "0" : "0.0",
      out, twin->result, out, out, twin->result, out, twin->result, out,
      twin->first, twin->spatial, twin->spatial, twin->data, in, twin->filter,
      in, twin->result, out, twin->result, out, twin->result, out);
}

static void check_twins(MlirContext context) {
  static const char *const types[][2] = {
      {"f32", "f32"}, {"f16", "f16"}, {"bf16", "bf16"}, {"i8", "i32"}};
  for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
    for (size_t j = 0; j < sizeof types / sizeof *types; j++) {
      tess_text_t t = TESS_TEXT_INIT;
      add_twin(&t, &twins[i], types[j][0], types[j][1]);
      check_turned(context, tess_text_get(&t), "nhwc", 3);
      tess_text_free(&t);
    }
}

/* There and back again, the same ops are left as at first, and what was
 * turned twice computes the same. */
static void check_back(MlirContext context) {
  MlirModule original = tess_load_text(context, block);
  MlirModule last = turned(original, "nhwc");
  MlirModule first = turned(last, "nchw");
  CHECK(!mlirModuleIsNull(first));
  CHECK_EQ(count(last, "linalg.conv_2d_nhwc_hwcf "), 3);
  CHECK_EQ(count(last, "linalg.depthwise_conv_2d_nhwc_hwc "), 1);
  CHECK_EQ(count(last, "nchw"), 0);
  CHECK_EQ(count(first, "linalg.conv_2d_nchw_fchw "), 3);
  CHECK_EQ(count(first, "nhwc"), 0);
  /* The input's two undo each other. */
  CHECK_EQ(count(last, "permutation = [0, 2, 3, 1]"), 1);
  CHECK_EQ(count(first, "permutation = [0, 2, 3, 1]"), 0);
  verify_equal(original, first, "there and back");
  mlirModuleDestroy(original);
  mlirModuleDestroy(last);
  mlirModuleDestroy(first);
}

/* ---- TOSA. ---- */

#define TOSA_CONV(result, data, in, out)                                       \
  "%" result " = tosa.conv2d %" data ", %w, %b, %zp, %zp {acc_type = f32, "    \
  "dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = "       \
  "array<i64: 1, 1>} : (" in ", tensor<4x1x1x4xf32>, tensor<4xf32>, "          \
  "tensor<1xf32>, tensor<1xf32>) -> " out "\n"
#define SHAPE(name, rank, numbers)                                             \
  "%" name " = tosa.const_shape {values = dense<[" numbers "]> : tensor<" rank \
  "xindex>} : () -> !tosa.shape<" rank ">\n"
#define A4 "tensor<1x4x6x5xf32>"

/* Between two NHWC convolutions: from %a to %y, both channels first. `left`:
 * transposes beyond those of input and result. */
static const middle_t tosa_middles[] = {
    {"%k = \"tosa.const\"() <{values = dense<[[[[1.0]], [[2.0]], [[3.0]], "
     "[[4.0]]]]> : tensor<1x4x1x1xf32>}> : () -> tensor<1x4x1x1xf32>\n"
     "%s = tosa.add %a, %k : (" A4 ", tensor<1x4x1x1xf32>) -> " A4 "\n"
     "%y = tosa.sigmoid %s : (" A4 ") -> " A4 "\n",
     A4, 0},
    {SHAPE("p", "8",
           "0, 0, 0, 0, 1, 2, 3, 0") "%k = \"tosa.const\"() <{values = "
                                     "dense<0.5> : tensor<1xf32>}> : () -> "
                                     "tensor<1xf32>\n"
                                     "%y = tosa.pad %a, %p, %k : (" A4
                                     ", !tosa.shape<8>, tensor<1xf32>) -> "
                                     "tensor<1x4x9x8xf32>\n",
     "tensor<1x4x9x8xf32>", 0},
    {"%s = tosa.concat %a, %a {axis = 2 : i32} : (" A4 ", " A4
     ") -> tensor<1x4x12x5xf32>\n" SHAPE("from", "4", "0, 0, 2, 1")
         SHAPE("size", "4", "1, 4, 9, 3") "%y = tosa.slice %s, %from, %size : "
                                          "(tensor<1x4x12x5xf32>, "
                                          "!tosa.shape<4>, !tosa.shape<4>) -> "
                                          "tensor<1x4x9x3xf32>\n",
     "tensor<1x4x9x3xf32>", 0},
    {"%s = tosa.reduce_max %a {axis = 1 : i32} : (" A4
     ") -> tensor<1x1x6x5xf32>\n"
     "%y = tosa.sub %a, %s : (" A4 ", tensor<1x1x6x5xf32>) -> " A4 "\n",
     A4, 0},
    {"%s = tosa.reverse %a {axis = 3 : i32} : (" A4 ") -> " A4
     "\n" SHAPE("times", "4",
                "1, 1, 2, 3") "%y = tosa.tile %s, %times : (" A4
                              ", !tosa.shape<4>) -> tensor<1x4x12x15xf32>\n",
     "tensor<1x4x12x15xf32>", 0},
    {SHAPE("flat", "3", "1, 4, 30")
         SHAPE("full", "4",
               "1, 4, 6, 5") "%s = tosa.reshape %a, %flat : (" A4
                             ", !tosa.shape<3>) -> tensor<1x4x30xf32>\n"
                             "%u = tosa.exp %s : (tensor<1x4x30xf32>) -> "
                             "tensor<1x4x30xf32>\n"
                             "%y = tosa.reshape %u, %full : "
                             "(tensor<1x4x30xf32>, !tosa.shape<4>) -> " A4 "\n",
     A4, 0},
    {"%c = tosa.greater %a, %a : (" A4 ", " A4 ") -> tensor<1x4x6x5xi1>\n"
     "%n = tosa.negate %a, %zp, %zp : (" A4 ", tensor<1xf32>, tensor<1xf32>) "
     "-> " A4 "\n"
     "%y = tosa.select %c, %a, %n : (tensor<1x4x6x5xi1>, " A4 ", " A4 ") -> " A4
     "\n",
     A4, 0},
    {"%sh = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "
     "tensor<1xi8>\n"
     "%y = tosa.mul %a, %a, %sh : (" A4 ", " A4 ", tensor<1xi8>) -> " A4 "\n",
     A4, 0},
};

static void check_tosa(MlirContext context) {
  for (size_t i = 0; i < sizeof tosa_middles / sizeof *tosa_middles; i++) {
    const middle_t *m = &tosa_middles[i];
    tess_text_t t = TESS_TEXT_INIT;
    int n, c, h, w;
    CHECK_EQ(sscanf(m->type, "tensor<%dx%dx%dx%d", &n, &c, &h, &w), 4);
    tess_text_add(
        &t,
        "func.func @f(%%x: " A4 ", %%w: tensor<4x1x1x4xf32>, %%b: "
        "tensor<4xf32>) -> tensor<1x4x%dx%dxf32> {\n"
        "%%zp = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () "
        "-> tensor<1xf32>\n"
        "%%xt = tosa.transpose %%x {perms = array<i32: 0, 2, 3, 1>} : (" A4
        ") -> tensor<1x6x5x4xf32>\n%s"
        "%%a = tosa.transpose %%ct {perms = "
        "array<i32: 0, 3, 1, 2>} : "
        "(tensor<1x6x5x4xf32>) -> " A4 "\n%s"
        "%%yt = tosa.transpose %%y {perms = "
        "array<i32: 0, 2, 3, 1>} : (%s) -> "
        "tensor<1x%dx%dx4xf32>\n",
        h, w,
        TOSA_CONV("ct", "xt", "tensor<1x6x5x4xf32>", "tensor<1x6x5x4xf32>"),
        m->ops, m->type, h, w);
    tess_text_add(
        &t,
        "%%dt = tosa.conv2d %%yt, %%w, %%b, %%zp, %%zp {acc_type = f32, "
        "dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = "
        "array<i64: 1, 1>} : (tensor<1x%dx%dx4xf32>, tensor<4x1x1x4xf32>, "
        "tensor<4xf32>, tensor<1xf32>, tensor<1xf32>) -> "
        "tensor<1x%dx%dx4xf32>\n"
        "%%d = tosa.transpose %%dt {perms = array<i32: 0, 3, 1, 2>} : "
        "(tensor<1x%dx%dx4xf32>) -> tensor<1x4x%dx%dxf32>\n"
        "return %%d : tensor<1x4x%dx%dxf32>\n}\n",
        h, w, h, w, h, w, h, w, h, w);
    check_turned(context, tess_text_get(&t), "nhwc", 2 + m->left);
    tess_text_free(&t);
  }
}

/* ---- Left alone. ---- */

static void check_alone(MlirContext context) {
  check_untouched(
      context, /* a transpose that nothing undoes */
      "func.func @f(%x: tensor<1x4x6x5xf32>) -> tensor<1x6x5x4xf32> {\n"
      "%r = tosa.transpose %x {perms = array<i32: 0, 2, 3, 1>} : "
      "(tensor<1x4x6x5xf32>) -> tensor<1x6x5x4xf32>\n"
      "return %r : tensor<1x6x5x4xf32>\n}\n");
  check_untouched(
      context, /* channels last already */
      "func.func @f(%x: tensor<1x6x5x3xf32>, %w: tensor<1x1x3x4xf32>) -> "
      "tensor<1x6x5x4xf32> {\n%z = arith.constant 0.0 : f32\n"
      "%e = tensor.empty() : tensor<1x6x5x4xf32>\n"
      "%i = linalg.fill ins(%z : f32) outs(%e : tensor<1x6x5x4xf32>) -> "
      "tensor<1x6x5x4xf32>\n"
      "%r = linalg.conv_2d_nhwc_hwcf " CONV
      " ins(%x, %w : tensor<1x6x5x3xf32>, tensor<1x1x3x4xf32>) outs(%i : "
      "tensor<1x6x5x4xf32>) -> tensor<1x6x5x4xf32>\n"
      "return %r : tensor<1x6x5x4xf32>\n}\n");
}

/* ---- Exported networks. ---- */

static void check_export(MlirContext context, const char *file,
                         int transposes) {
  MlirModule original = tess_load_shared(context, file);
  if (mlirModuleIsNull(original))
    return;
  MlirModule module = turned(original, "nhwc");
  CHECK(mlirModuleIsNull(module) == (transposes < 0));
  if (!mlirModuleIsNull(module)) {
    CHECK_EQ(count(module, ".transpose "), transposes);
    CHECK_EQ(count(module, "nchw"), 0);
    mlirModuleDestroy(module);
  }
  mlirModuleDestroy(original);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_types(context, block, "nhwc", 1 + 4);
  check_middles(context);
  check_twins(context);
  check_back(context);
  check_tosa(context);
  check_alone(context);
  /* The image's, one a filter, and that of the classifier's weights. */
  check_export(context, "efficientnet_b0.torch.linalg.mlir", 1 + 81 + 1);
  check_export(context, "mobilenet_v3_large.torch.linalg.mlir", 1 + 62 + 2);
  check_export(context, "resnet50.torch.linalg.mlir", 1 + 53 + 1);
  check_export(context, "efficientnet_b0.torch.tosa.mlir", 1);
  check_export(context, "resnet50.torch.tosa.mlir", 1);
  check_export(context, "efficientnet_b0.tflite.tosa.mlir", -1);
  check_export(context, "efficientnet_b0.tflite.tosa.int8.mlir", -1);
  check_export(context, "efficientnet_b0.jax.linalg.mlir", -1);
  mlirContextDestroy(context);
  return tess_check_result();
}
