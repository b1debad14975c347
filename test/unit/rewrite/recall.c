/* Tables recalled from equal pieces against tables built anew: the same numbers
 * for every network of a row that shares one memo, and no table recalled where
 * two functions differ in one thing alone. */
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/Dialect/Func.h"
#include "space_of.h"
#include <string.h>

static const tess_target_t *target;

static void compare(const tess_space_t *a, const tess_space_t *b) {
  CHECK_EQ(a->group_count, b->group_count);
  CHECK(a->fixed_latency_ns == b->fixed_latency_ns);
  for (int32_t g = 0; g < b->group_count && g < a->group_count; g++) {
    size_t count = (size_t)b->groups[g].combination_count;
    CHECK_EQ(a->groups[g].combination_count, b->groups[g].combination_count);
    CHECK(!memcmp(a->groups[g].latency_ns, b->groups[g].latency_ns,
                  count * sizeof(double)));
    CHECK(!memcmp(a->groups[g].canonical, b->groups[g].canonical,
                  count * sizeof(int32_t)));
    CHECK(!memcmp(a->groups[g].infeasible, b->groups[g].infeasible,
                  count * sizeof(int32_t)));
  }
}

/* ---- Networks that share layers. ---- */

static const char *const networks[] = {
    "efficientnet-b0",
    "mbconv:1,3,1,1,6,5,2,0,4,3,1,1,4,3,3,1,4,3,1,1,4,3,1,1,4,3,1,1",
    "mbconv:1,3,1,1,6,3,2,0,4,3,1,1,4,5,3,1,4,3,1,1,4,3,1,0,4,3,1,1",
};

static void check_network(MlirModule module, tess_class_t allow,
                          tess_rewrite_set_t rewrites, bool keep_slow,
                          tess_space_memo_t *shared) {
  tess_space_memo_t *own = tess_space_memo_create();
  tess_space_t *expected =
      space_with(module, target, allow, rewrites, own, keep_slow);
  tess_space_t *space =
      space_with(module, target, allow, rewrites, shared, keep_slow);
  tess_space_t *again =
      space_with(module, target, allow, rewrites, shared, keep_slow);
  compare(space, expected);
  compare(again, expected);
  /* Without a memo of the caller's only what may recur is looked for. */
  tess_space_t *alone =
      space_with(module, target, allow, rewrites, NULL, keep_slow);
  compare(alone, expected);
  CHECK_EQ(alone->recalled_count, expected->recalled_count);
  tess_space_destroy(alone);
  CHECK(space->recalled_count >= expected->recalled_count);
  CHECK_EQ(again->recalled_count, again->group_count);
  CHECK_EQ(again->applied_count, 0);
  CHECK((expected->applied_count > 0) == (expected->group_count > 0));
  /* Networks repeat layers. */
  if (allow == TESS_CLASS_RETRAIN && rewrites == searched())
    CHECK(expected->recalled_count > 0);
  tess_space_destroy(again);
  tess_space_destroy(space);
  tess_space_destroy(expected);
  tess_space_memo_destroy(own);
}

/* The same kernels with other sites, or fewer alternatives, are other pieces.
 */
static void check_networks(MlirContext context, tess_zoo_dialect_t dialect,
                           tess_class_t allow, tess_space_memo_t *shared) {
  const tess_rewrite_set_t sets[] = {
      searched() & tess_rewrites_of_family(TESS_FAMILY_FUSE),
      searched() & tess_rewrites_of_family(TESS_FAMILY_ACTIVATIONS),
      searched()};
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
    MlirModule module = tess_load_zoo(context, networks[i], dialect, 64);
    for (size_t f = 0; f < sizeof sets / sizeof *sets; f++)
      for (int keep_slow = 0; keep_slow < 2; keep_slow++)
        check_network(module, allow, sets[f], keep_slow, shared);
    mlirModuleDestroy(module);
  }
}

/* ---- Functions that differ in one thing. ---- */

/* A depthwise convolution, whose dense form is an exact alternative. The
 * blanks: arguments, result types, another attribute, padding, bound, last ops,
 * results, their types. */
static const char pattern[] =
    "func.func @main(%%x: tensor<1x8x8x16xf32>, %%w: tensor<3x3x16x1xf32>,\n"
    "    %%b: tensor<16xf32>%s) -> (%s) {\n"
    "  %%z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}>\n"
    "      : () -> tensor<1xf32>\n"
    "  %%c = tosa.depthwise_conv2d %%x, %%w, %%b, %%z, %%z {acc_type = f32%s,\n"
    "      dilation = array<i64: 1, 1>, pad = array<i64: %s>,\n"
    "      stride = array<i64: 1, 1>} : (tensor<1x8x8x16xf32>,\n"
    "      tensor<3x3x16x1xf32>, tensor<16xf32>, tensor<1xf32>,\n"
    "      tensor<1xf32>) -> tensor<1x8x8x16xf32>\n"
    "  %%m = tosa.clamp %%c {min_val = 0.0 : f32, max_val = %s : f32}\n"
    "      : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>\n"
    "%s  return %s : %s\n"
    "}\n";

#define T "tensor<1x8x8x16xf32>"
#define HALF "tensor<1x8x8x16xf16>"
#define BRAIN "tensor<1x8x8x16xbf16>"
#define CAST(to) "  %r = tosa.cast %m : (" T ") -> " to "\n"

typedef struct variant {
  const char *argument, *attribute, *pad, *high, *last, *values, *types;
  int32_t like; /* the variant before it with the same costs, or -1 */
} variant_t;

static const variant_t variants[] = {
    {"", "", "1, 1, 1, 1", "6.0", "", "%m", T, -1},
    {"", "", "1, 1, 1, 1", "6.0", "", "%m", T, 0},
    /* An argument that nobody reads. */
    {", %u: tensor<2xf32>", "", "1, 1, 1, 1", "6.0", "", "%m", T, 0},
    /* Another attribute on one op. */
    {"", "", "2, 0, 2, 0", "6.0", "", "%m", T, -1},
    {"", "", "1, 1, 1, 1", "5.0", "", "%m", T, -1},
    /* One that none had before. */
    {"", ", local_bound = true", "1, 1, 1, 1", "6.0", "", "%m", T, -1},
    /* The convolution's result leaves the kernel too. */
    {"", "", "1, 1, 1, 1", "6.0", "", "%m, %c", T ", " T, -1},
    /* The same op with another type of result. */
    {"", "", "1, 1, 1, 1", "6.0", CAST(HALF), "%r", HALF, -1},
    {"", "", "1, 1, 1, 1", "6.0", CAST(BRAIN), "%r", BRAIN, -1},
    {"", "", "1, 1, 1, 1", "6.0", CAST(HALF), "%r", HALF, 7},
};

static MlirModule load_variant(MlirContext context, const variant_t *v) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, pattern, v->argument, v->types, v->attribute, v->pad,
                v->high, v->last, v->values, v->types);
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  tess_text_free(&text);
  return module;
}

/* One memo sees all variants in turn. */
static void check_variants(MlirContext context) {
  tess_space_memo_t *memo = tess_space_memo_create();
  for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
    MlirModule module = load_variant(context, &variants[i]);
    tess_space_t *space =
        space_of(module, target, TESS_CLASS_EXACT, searched(), memo);
    bool known = variants[i].like >= 0;
    CHECK_EQ(space->group_count, 1);
    CHECK_EQ(space->recalled_count, known);
    CHECK_EQ(space->applied_count, !known);
    tess_space_destroy(space);
    mlirModuleDestroy(module);
  }
  tess_space_memo_destroy(memo);
}

/* The same depthwise convolution with a filter of another role. */
static void check_roles(MlirContext context) {
  MlirModule first = load_variant(context, &variants[0]);
  MlirModule second = tess_load_clone(first);
  mlirFuncSetArgAttr(
      tess_load_function(second), 1,
      mlirStringRefCreateFromCString("tessera.role"),
      mlirStringAttrGet(context, mlirStringRefCreateFromCString("input")));
  tess_space_memo_t *memo = tess_space_memo_create();
  tess_space_destroy(
      space_of(first, target, TESS_CLASS_EXACT, searched(), memo));
  tess_space_t *space =
      space_of(second, target, TESS_CLASS_EXACT, searched(), memo);
  CHECK_EQ(space->recalled_count, 0);
  tess_space_destroy(space);
  tess_space_memo_destroy(memo);
  mlirModuleDestroy(first);
  mlirModuleDestroy(second);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  tess_arena_t arena = TESS_ARENA_INIT;
  CHECK_OK(tess_target_load(&arena, "tpu-v3", &target, NULL, NULL));
  /* One memo for both dialects and classes, though never for two targets. */
  tess_space_memo_t *shared = tess_space_memo_create();
  check_networks(context, TESS_ZOO_TOSA, TESS_CLASS_RETRAIN, shared);
  check_networks(context, TESS_ZOO_LINALG, TESS_CLASS_RETRAIN, shared);
  check_networks(context, TESS_ZOO_TOSA, TESS_CLASS_EXACT, shared);
  tess_space_memo_destroy(shared);
  check_variants(context);
  check_roles(context);
  tess_arena_free(&arena);
  mlirContextDestroy(context);
  return tess_check_result();
}
