/* Convolutions and products of the same data as one, in every form and type,
 * run through the JIT; and those that are not alike. */
#include "convolutions.h"
#include "fill_in.h"

#define MERGE "merge-branches.0=merge"

/* Two convolutions of one padded input, $A and $B outputs of it, the second
 * onto a bias that is spread; what is read between them comes first. */
static const char convolutions[] =
    "func.func @f(%a: tensor<$Dx$T>, %v: tensor<$Fx$T>, %w: tensor<$Gx$T>, "
    "%b: tensor<3x$S>) -> (tensor<$Px$S>, tensor<$Qx$S>) {\n"
    "  %c = arith.constant $N : $T\n  %z = arith.constant $0 : $S\n"
    "  %zx = arith.constant -7 : i32\n  %zw = arith.constant 3 : i32\n"
    "  %x = tensor.pad %a low[0, 0, 0, 0] high[$H] {\n  ^bb0(%i: index, %j: "
    "index, %k: index, %l: index):\n    tensor.yield %c : $T\n  } : "
    "tensor<$Dx$T> to tensor<$Ex$T>\n"
    "  %e = tensor.empty() : tensor<$Px$S>\n"
    "  %p = linalg.fill ins(%z : $S) outs(%e : tensor<$Px$S>) -> "
    "tensor<$Px$S>\n"
    "  %y = linalg.$O {dilations = dense<1> : vector<2xi64>, strides = "
    "dense<[2, 1]> : vector<2xi64>} ins(%x, %v$Y : tensor<$Ex$T>, "
    "tensor<$Fx$T>$Z) outs(%p : tensor<$Px$S>) -> tensor<$Px$S>\n"
    "  %n = tensor.empty() : tensor<$Px$S>\n"
    "  %m = linalg.exp ins(%y : tensor<$Px$S>) outs(%n : tensor<$Px$S>) -> "
    "tensor<$Px$S>\n"
    "  %g = tensor.empty() : tensor<$Qx$S>\n"
    "  %q = linalg.broadcast ins(%b : tensor<3x$S>) outs(%g : tensor<$Qx$S>) "
    "dimensions = [$R]\n"
    "  %u = linalg.$O {dilations = dense<1> : vector<2xi64>, strides = "
    "dense<[2, 1]> : vector<2xi64>} ins(%x, %w$Y : tensor<$Ex$T>, "
    "tensor<$Gx$T>$Z) outs(%q : tensor<$Qx$S>) -> tensor<$Qx$S>\n"
    "  return %$M, %u : tensor<$Px$S>, tensor<$Qx$S>\n}\n";

static const struct {
  const char *op, *data, *padded, *high, *first, *second, *p, *q, *spread;
  bool quantised;
} forms[] = {
    {"conv_2d_nhwc_hwcf", "2x6x5x4", "2x7x6x4", "0, 1, 1, 0", "3x2x4x5",
     "3x2x4x3", "2x3x5x5", "2x3x5x3", "0, 1, 2", false},
    {"conv_2d_nhwc_fhwc", "2x6x5x4", "2x7x6x4", "0, 1, 1, 0", "5x3x2x4",
     "3x3x2x4", "2x3x5x5", "2x3x5x3", "0, 1, 2", false},
    {"conv_2d_nchw_fchw", "2x4x6x5", "2x4x7x6", "0, 0, 1, 1", "5x4x3x2",
     "3x4x3x2", "2x5x3x5", "2x3x3x5", "0, 2, 3", false},
    {"conv_2d_nhwc_hwcf_q", "2x6x5x4", "2x7x6x4", "0, 1, 1, 0", "3x2x4x5",
     "3x2x4x3", "2x3x5x5", "2x3x5x3", "0, 1, 2", true},
    {"conv_2d_nchw_fchw_q", "2x4x6x5", "2x4x7x6", "0, 0, 1, 1", "5x4x3x2",
     "3x4x3x2", "2x5x3x5", "2x3x3x5", "0, 2, 3", true},
};

static void check_form(MlirContext context, size_t form, const char *type,
                       const char *sum) {
  bool i8 = !strcmp(type, "i8"), q = forms[form].quantised;
  const filling_t fillings[] = {{'T', type},
                                {'S', sum},
                                {'N', i8 ? "-7" : "0.0"},
                                {'0', i8 ? "0" : "0.0"},
                                {'M', i8 ? "y" : "m"},
                                {'D', forms[form].data},
                                {'E', forms[form].padded},
                                {'H', forms[form].high},
                                {'F', forms[form].first},
                                {'G', forms[form].second},
                                {'P', forms[form].p},
                                {'Q', forms[form].q},
                                {'R', forms[form].spread},
                                {'O', forms[form].op},
                                {'Y', q ? ", %zx, %zw" : ""},
                                {'Z', q ? ", i32, i32" : ""}};
  tess_text_t text = TESS_TEXT_INIT;
  fill_in(&text, convolutions, fillings, sizeof fillings / sizeof *fillings);
  tess_text_t source = TESS_TEXT_INIT;
  /* linalg.exp takes no integers. */
  for (const char *at = tess_text_get(&text); *at;) {
    const char *end = strchr(at, '\n');
    if (!i8 || !strstr(at, "linalg.exp") || strstr(at, "linalg.exp") > end)
      tess_text_add(&source, "%.*s\n", (int)(end - at), at);
    at = end + 1;
  }
  check_choice(context, tess_text_get(&source), MERGE, i8);
  tess_text_free(&source);
  tess_text_free(&text);
}

/* ---- Products. ---- */

/* From small integers, so that any order of summation gives the same bits. The
 * second filter is turned after the first product was read. */
#define PRODUCTS(op, maps, x, v, w, turned, vx, wx, p, q)                      \
  "func.func @f(%a: tensor<" x                                                 \
  "xi8> {tessera.role = \"input\"}, %b: tensor<" v                             \
  "xi8> {tessera.role = \"weight\"}, %c: tensor<" w                            \
  "xi8> {tessera.role = \"weight\"}) -> (tensor<" p "xf32>, tensor<" q         \
  "xf32>) {\n"                                                                 \
  "  %z = arith.constant 0.0 : f32\n  %o = arith.constant 2.0 : f32\n"         \
  "  %x = arith.sitofp %a : tensor<" x "xi8> to tensor<" x "xf32>\n"           \
  "  %v = arith.sitofp %b : tensor<" v "xi8> to tensor<" v "xf32>\n"           \
  "  %e = tensor.empty() : tensor<" p "xf32>\n"                                \
  "  %i = linalg.fill ins(%z : f32) outs(%e : tensor<" p "xf32>) -> tensor<" p \
  "xf32>\n"                                                                    \
  "  %y = linalg." op " " maps " ins(" vx ") outs(%i : tensor<" p              \
  "xf32>) -> tensor<" p "xf32>\n"                                              \
  "  %n = arith.negf %y : tensor<" p "xf32>\n"                                 \
  "  %w0 = arith.sitofp %c : tensor<" w "xi8> to tensor<" w "xf32>\n"          \
  "  %t = tensor.empty() : tensor<" turned "xf32>\n"                           \
  "  %w = linalg.transpose ins(%w0 : tensor<" w                                \
  "xf32>) outs(%t : tensor<" turned "xf32>) permutation = [1, 0]\n"            \
  "  %f = tensor.empty() : tensor<" q "xf32>\n"                                \
  "  %j = linalg.fill ins(%o : f32) outs(%f : tensor<" q "xf32>) -> tensor<" q \
  "xf32>\n"                                                                    \
  "  %u = linalg." op " " maps " ins(" wx ") outs(%j : tensor<" q              \
  "xf32>) -> tensor<" q "xf32>\n"                                              \
  "  return %n, %u : tensor<" p "xf32>, tensor<" q "xf32>\n}\n"
#define IN(a, b, at, bt)                                                       \
  "%" a ", %" b " : tensor<" at "xf32>, tensor<" bt "xf32>"
#define TURNED                                                                 \
  "indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> " \
  "(n, k)>, affine_map<(m, n, k) -> (m, n)>]"

static const char *const products[] = {
    PRODUCTS("matmul", "", "5x6", "6x4", "3x6", "6x3",
             IN("x", "v", "5x6", "6x4"), IN("x", "w", "5x6", "6x3"), "5x4",
             "5x3"),
    /* Square: shapes alone do not tell outputs from inputs. */
    PRODUCTS("matmul", TURNED, "5x4", "4x4", "4x3", "3x4",
             IN("x", "v", "5x4", "4x4"), IN("x", "w", "5x4", "3x4"), "5x4",
             "5x3"),
    PRODUCTS("matmul", "", "6x5", "4x6", "6x3", "3x6",
             IN("v", "x", "4x6", "6x5"), IN("w", "x", "3x6", "6x5"), "4x5",
             "3x5"),
};

/* Side by side in another order than they are computed in. */
static const char joined[] =
    "func.func @f(%x: tensor<2x6x7x4xf32>, %v: tensor<5x3x2x4xf32>, %w: "
    "tensor<3x3x2x4xf32>, %b: tensor<5xf32>, %c: tensor<3xf32>) -> "
    "tensor<2x4x6x8xf32> {\n"
    "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
    "tensor<1xf32>\n"
    "  %p = tosa.conv2d %x, %v, %b, %z, %z {acc_type = f32, dilation = "
    "array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, "
    "1>} : (tensor<2x6x7x4xf32>, tensor<5x3x2x4xf32>, tensor<5xf32>, "
    "tensor<1xf32>, tensor<1xf32>) -> tensor<2x4x6x5xf32>\n"
    "  %q = tosa.conv2d %x, %w, %c, %z, %z {acc_type = f32, dilation = "
    "array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, "
    "1>} : (tensor<2x6x7x4xf32>, tensor<3x3x2x4xf32>, tensor<3xf32>, "
    "tensor<1xf32>, tensor<1xf32>) -> tensor<2x4x6x3xf32>\n"
    "  %r = tosa.concat %q, %p {axis = 3 : i32} : (tensor<2x4x6x3xf32>, "
    "tensor<2x4x6x5xf32>) -> tensor<2x4x6x8xf32>\n"
    "  return %r : tensor<2x4x6x8xf32>\n}\n";

/* ---- TOSA. ---- */

#define TOSA_CONVS(second)                                                     \
  "func.func @f(%x: tensor<2x6x7x4x$T>, %v: tensor<5x3x2x4x$T>, %w: "          \
  "tensor<3x3x2x4x$T>, %b: tensor<5x$S>, %c: tensor<3x$S>) -> "                \
  "(tensor<2x5x6x5x$S>, tensor<2x5x6x3x$S>) {\n"                               \
  "  %z = \"tosa.const\"() <{values = dense<$N> : tensor<1x$T>}> : () -> "     \
  "tensor<1x$T>\n"                                                             \
  "  %zz = \"tosa.const\"() <{values = dense<$N> : tensor<1x$T>}> : () -> "    \
  "tensor<1x$T>\n"                                                             \
  "  %o = \"tosa.const\"() <{values = dense<$1> : tensor<1x$T>}> : () -> "     \
  "tensor<1x$T>\n"                                                             \
  "  %p = tosa.conv2d %x, %v, %b, %z, %z {acc_type = $A, dilation = "          \
  "array<i64: 1, 1>, pad = array<i64: 1, 0, 0, 0>, stride = array<i64: 1, "    \
  "1>} : (tensor<2x6x7x4x$T>, tensor<5x3x2x4x$T>, tensor<5x$S>, "              \
  "tensor<1x$T>, tensor<1x$T>) -> tensor<2x5x6x5x$S>\n"                        \
  "  %q = tosa.conv2d %x, %w, %c, " second " dilation = array<i64: 1, 1>, "    \
  "pad = array<i64: 1, 0, 0, 0>, stride = array<i64: 1, 1>} : "                \
  "(tensor<2x6x7x4x$T>, tensor<3x3x2x4x$T>, tensor<3x$S>, tensor<1x$T>, "      \
  "tensor<1x$T>) -> tensor<2x5x6x3x$S>\n"                                      \
  "  return %p, %q : tensor<2x5x6x5x$S>, tensor<2x5x6x3x$S>\n}\n"

/* The same data in two equal views, each added to behind. */
#define TOSA_PRODUCTS(shape)                                                   \
  "func.func @f(%x: tensor<6x4x$T>, %v: tensor<1x4x5x$T>, %w: "                \
  "tensor<1x4x3x$T>) -> (tensor<1x6x5x$S>, tensor<" shape "x3x$S>) {\n"        \
  "  %s = tosa.const_shape {values = dense<[1, 6, 4]> : tensor<3xindex>} : "   \
  "() -> !tosa.shape<3>\n"                                                     \
  "  %t = tosa.const_shape {values = dense<[$X, 4]> : tensor<3xindex>} : "     \
  "() -> !tosa.shape<3>\n"                                                     \
  "  %z = \"tosa.const\"() <{values = dense<$N> : tensor<1x$T>}> : () -> "     \
  "tensor<1x$T>\n"                                                             \
  "  %a = tosa.reshape %x, %s : (tensor<6x4x$T>, !tosa.shape<3>) -> "          \
  "tensor<1x6x4x$T>\n"                                                         \
  "  %p = tosa.matmul %a, %v, %z, %z : (tensor<1x6x4x$T>, tensor<1x4x5x$T>, "  \
  "tensor<1x$T>, tensor<1x$T>) -> tensor<1x6x5x$S>\n"                          \
  "  %b = tosa.reshape %x, %t : (tensor<6x4x$T>, !tosa.shape<3>) -> "          \
  "tensor<" shape "x4x$T>\n"                                                   \
  "  %q = tosa.matmul %b, %$W, %z, %z : (tensor<" shape "x4x$T>, "             \
  "tensor<$Vx4x3x$T>, tensor<1x$T>, tensor<1x$T>) -> tensor<" shape "x3x$S>\n" \
  "  return %p, %q : tensor<1x6x5x$S>, tensor<" shape "x3x$S>\n}\n"

static void check_tosa(MlirContext context, const char *template,
                       const char *type, const char *result, bool merges) {
  bool i8 = !strcmp(type, "i8");
  const filling_t fillings[] = {{'T', type},
                                {'S', result},
                                {'A', i8 ? "i32" : "f32"},
                                {'N', i8 ? "-7" : "0.0"},
                                {'1', i8 ? "5" : "0.0"},
                                {'X', "1, 6"},
                                {'V', "1"},
                                {'W', "w"}};
  tess_text_t text = TESS_TEXT_INIT;
  fill_in(&text, template, fillings, sizeof fillings / sizeof *fillings);
  int sites, choices;
  if (merges)
    check_choice(context, tess_text_get(&text), MERGE, i8);
  count_sites(context, tess_text_get(&text), "merge-branches", &sites,
              &choices);
  CHECK_EQ(sites, merges);
  tess_text_free(&text);
}

/* ---- What is not alike. ---- */

#define APART(more, first, second)                                             \
  "func.func @f(%x: tensor<5x6xf32>, %o: tensor<5x6xf32>, %v: "                \
  "tensor<6x4xf32>, %w: tensor<6x4xf32>" more ") -> (tensor<5x4xf32>, "        \
  "tensor<5x4xf32>) {\n  %z = arith.constant 0.0 : f32\n"                      \
  "  %d = math.absf %o : tensor<5x6xf32>\n"                                    \
  "  %e = tensor.empty() : tensor<5x4xf32>\n"                                  \
  "  %i = linalg.fill ins(%z : f32) outs(%e : tensor<5x4xf32>) -> "            \
  "tensor<5x4xf32>\n" first second                                             \
  "  return %y, %u : tensor<5x4xf32>, tensor<5x4xf32>\n}\n"
#define PRODUCT(name, x, w, start)                                             \
  "  %" name " = linalg.matmul ins(%" x ", %" w                                \
  " : tensor<5x6xf32>, tensor<6x4xf32>) outs(%" start                          \
  " : tensor<5x4xf32>) -> tensor<5x4xf32>\n"

static const struct {
  const char *what, *source;
  int sites;
} others[] = {
    {"one after the other in one sum",
     APART("", PRODUCT("y", "x", "v", "i"), PRODUCT("u", "x", "w", "y")), 0},
    {"of other data",
     APART("", PRODUCT("y", "x", "v", "i"), PRODUCT("u", "d", "w", "i")), 0},
    {"of the same data",
     APART("", PRODUCT("y", "x", "v", "i"), PRODUCT("u", "x", "w", "i")), 1},
    {"a filter that is data",
     APART("",
           PRODUCT("y", "x", "v", "i") "  %k = tensor.extract_slice %x[0, 0] "
                                       "[4, 6] [1, 1] : tensor<5x6xf32> to "
                                       "tensor<4x6xf32>\n  %h = tensor.empty() "
                                       ": tensor<6x4xf32>\n  %t = "
                                       "linalg.transpose ins(%k : "
                                       "tensor<4x6xf32>) outs(%h : "
                                       "tensor<6x4xf32>) permutation = [1, 0]"
                                       "\n",
           PRODUCT("u", "x", "t", "i")),
     0},
};

static void check_apart(MlirContext context) {
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    int sites, choices;
    count_sites(context, others[i].source, "merge-branches", &sites, &choices);
    CHECK_EQ(sites, others[i].sites);
    if (sites != others[i].sites)
      fprintf(stderr, "  %s\n", others[i].what);
  }
}

int main(void) {
  static const char *const types[] = {"f32", "f16", "bf16"};
  const char *alike = TOSA_CONVS("%zz, %z {acc_type = $A,");
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    for (size_t t = 0; t < 3; t++)
      if (forms[i].quantised ? t == 0 : true)
        check_form(context, i, forms[i].quantised ? "i8" : types[t],
                   forms[i].quantised ? "i32" : types[t]);
  for (size_t i = 0; i < sizeof products / sizeof *products; i++)
    check_choice(context, products[i], MERGE, true);
  check_choice(context, joined, MERGE, false);
  for (size_t t = 0; t < 3; t++) {
    check_tosa(context, alike, types[t], types[t], true);
    check_tosa(context, TOSA_PRODUCTS("1x6"), types[t],
               t == 2 ? "f32" : types[t], true);
  }
  check_tosa(context, alike, "i8", "i32", true);
  check_tosa(context, TOSA_PRODUCTS("1x6"), "i8", "i32", true);
  check_tosa(context, TOSA_CONVS("%o, %z {acc_type = $A,"), "i8", "i32", false);
  check_tosa(context, TOSA_CONVS("%z, %z {acc_type = f16,"), "f16", "f16",
             false);
  check_apart(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
