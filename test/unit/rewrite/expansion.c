/* Where the expansion ratio is left alone: hidden channels that somebody else
 * sees, weights that somebody else reads, and shapes that are no inverted
 * bottleneck. */
#include "../load.h"
#include "tessera/rewrite/rewrite.h"

/* An inverted bottleneck from 2 channels over `hidden` to `out`; `between` is
 * put behind the activation %a, `behind` at the end, and `returned` follows the
 * block's result. */
typedef struct block {
  int hidden, out;
  const char *between, *behind, *returned, *type;
  const char *bias; /* of the depthwise convolution; its own is %b2 */
} block_t;

static void write_block(const block_t *b, tess_text_t *t) {
  int h = b->hidden, o = b->out;
  tess_text_add(
      t,
      "func.func @f(%%x: tensor<1x4x4x2xf32>, %%w1: tensor<%dx1x1x2xf32>, "
      "%%b1: tensor<%dxf32>, %%w2: tensor<3x3x%dx1xf32>, %%b2: tensor<%dxf32>, "
      "%%w3: tensor<%dx1x1x%dxf32>, %%b3: tensor<%dxf32>) -> "
      "(tensor<1x4x4x%dxf32>%s) {\n"
      "  %%z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () "
      "-> "
      "tensor<1xf32>\n"
      "  %%e = tosa.conv2d %%x, %%w1, %%b1, %%z, %%z {acc_type = f32, dilation "
      "= "
      "array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, "
      "1>} : (tensor<1x4x4x2xf32>, tensor<%dx1x1x2xf32>, tensor<%dxf32>, "
      "tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x%dxf32>\n"
      "  %%a = tosa.tanh %%e : (tensor<1x4x4x%dxf32>) -> tensor<1x4x4x%dxf32>\n"
      "%s",
      h, h, h, h, o, h, o, o, b->type, h, h, h, h, h, b->between);
  tess_text_add(
      t,
      "  %%d = tosa.depthwise_conv2d %%a, %%w2, %s, %%z, %%z {acc_type = f32, "
      "dilation = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, stride = "
      "array<i64: 1, 1>} : (tensor<1x4x4x%dxf32>, tensor<3x3x%dx1xf32>, "
      "tensor<%dxf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x%dxf32>\n"
      "  %%p = tosa.conv2d %%d, %%w3, %%b3, %%z, %%z {acc_type = f32, dilation "
      "= "
      "array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, "
      "1>} : (tensor<1x4x4x%dxf32>, tensor<%dx1x1x%dxf32>, tensor<%dxf32>, "
      "tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x%dxf32>\n%s"
      "  return %%p%s : tensor<1x4x4x%dxf32>%s\n}\n",
      b->bias, h, h, h, h, h, o, h, o, o, b->behind, b->returned, o, b->type);
}

static int32_t count_sites(MlirContext context, const block_t *block) {
  tess_text_t text = TESS_TEXT_INIT;
  write_block(block, &text);
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  tess_text_free(&text);
  if (mlirModuleIsNull(module))
    return -1;
  tess_rewrite_set_t set;
  tess_model_t *model;
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  CHECK_OK(tess_rewrites_parse("expansion", 0, &set));
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN, set, &arena, &sites);
  int32_t count = sites.count;
  tess_model_destroy(model);
  tess_arena_free(&arena);
  mlirModuleDestroy(module);
  return count;
}

static const block_t plain = {6, 2, "", "", "", "", "%b2"};

static void check_sizes(MlirContext context) {
  block_t block = plain;
  CHECK_EQ(count_sites(context, &block), 1);
  block.out = 6; /* no fewer channels than within */
  CHECK_EQ(count_sites(context, &block), 0);
  block = plain;
  block.hidden = 2; /* nothing is expanded */
  CHECK_EQ(count_sites(context, &block), 0);
}

static void check_hidden(MlirContext context) {
  block_t block = plain;
  block.returned = ", %a";
  block.type = ", tensor<1x4x4x6xf32>";
  CHECK_EQ(count_sites(context, &block), 0);
  block = plain; /* a sum over the channels */
  block.behind = "  %s = tosa.reduce_sum %d {axis = 3 : i32} : "
                 "(tensor<1x4x4x6xf32>) -> tensor<1x4x4x1xf32>\n";
  block.returned = ", %s";
  block.type = ", tensor<1x4x4x1xf32>";
  CHECK_EQ(count_sites(context, &block), 0);
  block.behind = "  %s = tosa.reduce_sum %d {axis = 2 : i32} : "
                 "(tensor<1x4x4x6xf32>) -> tensor<1x4x1x6xf32>\n";
  block.type = ", tensor<1x4x1x6xf32>";
  CHECK_EQ(count_sites(context, &block), 0);
  block = plain; /* an op that is not known */
  block.behind = "  %s = \"tosa.slice\"(%d, %o, %t) : (tensor<1x4x4x6xf32>, "
                 "!tosa.shape<4>, !tosa.shape<4>) -> tensor<1x4x4x3xf32>\n";
  block.between =
      "  %o = tosa.const_shape {values = dense<0> : tensor<4xindex>} : () -> "
      "!tosa.shape<4>\n  %t = tosa.const_shape {values = dense<[1, 4, 4, 3]> : "
      "tensor<4xindex>} : () -> !tosa.shape<4>\n";
  block.returned = ", %s";
  block.type = ", tensor<1x4x4x3xf32>";
  CHECK_EQ(count_sites(context, &block), 0);
}

static void check_weights(MlirContext context) {
  block_t block = plain;
  block.bias = "%b1"; /* the expansion's too, but within the site */
  CHECK_EQ(count_sites(context, &block), 1);
  block = plain; /* returned */
  block.returned = ", %w2";
  block.type = ", tensor<3x3x6x1xf32>";
  CHECK_EQ(count_sites(context, &block), 0);
  block = plain; /* read elsewhere */
  block.behind = "  %s = tosa.abs %w2 : (tensor<3x3x6x1xf32>) -> "
                 "tensor<3x3x6x1xf32>\n";
  block.returned = ", %s";
  block.type = ", tensor<3x3x6x1xf32>";
  CHECK_EQ(count_sites(context, &block), 0);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_sizes(context);
  check_hidden(context);
  check_weights(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
