/* Where upstream's fusion puts an exp: into a loop that repeats it, unless it
 * is kept apart. */
#include "../../../lib/codegen/separate.h"
#include "check.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/Pass.h"
#include "tessera/ir/reader.h"
#include <string.h>

static MlirContext context;

static MlirStringRef text_ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static void ignore(MlirStringRef chunk, void *unused) {
  (void)chunk;
  (void)unused;
}

static void fuse(MlirModule module) {
  MlirPassManager manager = mlirPassManagerCreate(context);
  MlirOpPassManager passes = mlirPassManagerGetAsOpPassManager(manager);
  CHECK(mlirLogicalResultIsSuccess(mlirOpPassManagerAddPipeline(
      passes, text_ref("linalg-fuse-elementwise-ops"), ignore, NULL)));
  CHECK(mlirLogicalResultIsSuccess(
      mlirPassManagerRunOnOp(manager, mlirModuleGetOperation(module))));
  mlirPassManagerDestroy(manager);
}

typedef struct found {
  int copies, exps, loops; /* loops around the exp that is in most */
} found_t;

static bool is_op(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            text_ref(name));
}

static MlirWalkResult look(MlirOperation op, void *data) {
  found_t *found = data;
  found->copies += is_op(op, "bufferization.alloc_tensor");
  if (!is_op(op, "math.exp"))
    return MlirWalkResultAdvance;
  found->exps++;
  MlirAttribute loops = mlirOperationGetAttributeByName(
      mlirOperationGetParentOperation(op), text_ref("iterator_types"));
  int count = (int)mlirArrayAttrGetNumElements(loops);
  found->loops = count > found->loops ? count : found->loops;
  return MlirWalkResultAdvance;
}

static found_t run(const char *text, bool apart) {
  MlirModule module = mlirModuleCreateParse(context, text_ref(text));
  CHECK(!mlirModuleIsNull(module));
  found_t found = {0};
  if (mlirModuleIsNull(module))
    return found;
  if (apart)
    tess_separate(module);
  CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  fuse(module);
  mlirOperationWalk(mlirModuleGetOperation(module), look, &found,
                    MlirWalkPreOrder);
  mlirModuleDestroy(module);
  return found;
}

/* The exp of `x` (4x16) goes through `middle` into `end`, which returns. */
#define EXP                                                                    \
  "%e = tensor.empty() : tensor<4x16xf32>\n"                                   \
  "%y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, "       \
  "affine_map<(i, j) -> (i, j)>], iterator_types = [\"parallel\", "            \
  "\"parallel\"]} ins(%x : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {\n"  \
  "^bb0(%a: f32, %b: f32):\n%c = math.exp %a : f32\nlinalg.yield %c : f32 } "  \
  "-> tensor<4x16xf32>\n"
#define HEAD                                                                   \
  "func.func @f(%x: tensor<4x16xf32>, %w: tensor<16x8xf32>, %o: "              \
  "tensor<4x8xf32>) -> tensor<4x8xf32> {\n"
#define MULTIPLY_ADD                                                           \
  "^bb0(%a: f32, %b: f32, %c: f32):\n%p = arith.mulf %a, %b : f32\n"           \
  "%s = arith.addf %p, %c : f32\nlinalg.yield %s : f32 }"

static const char generic_product[] = HEAD EXP
    "%r = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, "
    "affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], "
    "iterator_types = [\"parallel\", \"parallel\", \"reduction\"]} ins(%y, %w "
    ": tensor<4x16xf32>, tensor<16x8xf32>) outs(%o : tensor<4x8xf32>) "
    "{\n" MULTIPLY_ADD " -> tensor<4x8xf32>\nreturn %r : tensor<4x8xf32> }";

/* Upstream makes the product generic to bring the reshape to its results. */
static const char reshaped_product[] = HEAD EXP
    "%v = tensor.expand_shape %y [[0, 1], [2]] output_shape [2, 2, 16] : "
    "tensor<4x16xf32> into tensor<2x2x16xf32>\n"
    "%e3 = tensor.empty() : tensor<2x2x16xf32>\n"
    "%z = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, "
    "affine_map<(i, j, k) -> (i, j, k)>], iterator_types = [\"parallel\", "
    "\"parallel\", \"parallel\"]} ins(%v : tensor<2x2x16xf32>) outs(%e3 : "
    "tensor<2x2x16xf32>) {\n^bb0(%a: f32, %b: f32):\n"
    "%c = math.exp %a : f32\nlinalg.yield %c : f32 } -> tensor<2x2x16xf32>\n"
    "%u = tensor.collapse_shape %z [[0, 1], [2]] : tensor<2x2x16xf32> into "
    "tensor<4x16xf32>\n"
    "%r = linalg.matmul ins(%u, %w : tensor<4x16xf32>, tensor<16x8xf32>) "
    "outs(%o : tensor<4x8xf32>) -> tensor<4x8xf32>\n"
    "return %r : tensor<4x8xf32> }";

static const char named_product[] =
    HEAD EXP "%r = linalg.matmul ins(%y, %w : tensor<4x16xf32>, "
             "tensor<16x8xf32>) outs(%o : tensor<4x8xf32>) -> "
             "tensor<4x8xf32>\nreturn %r : tensor<4x8xf32> }";

/* A gate: exp(x) scales planes of `depth` values. */
#define GATE(depth)                                                            \
  "func.func @f(%x: tensor<4x16xf32>, %w: tensor<4x16x" depth                  \
  "xf32>) -> tensor<4x16x" depth "xf32> {\n" EXP                               \
  "%r = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j)>, "    \
  "affine_map<(i, j, k) -> (i, j, k)>], iterator_types = [\"parallel\", "      \
  "\"parallel\", \"parallel\"]} ins(%y : tensor<4x16xf32>) outs(%w : "         \
  "tensor<4x16x" depth "xf32>) {\n^bb0(%a: f32, %b: f32):\n"                   \
  "%p = arith.mulf %a, %b : f32\nlinalg.yield %p : f32 } -> "                  \
  "tensor<4x16x" depth "xf32>\nreturn %r : tensor<4x16x" depth "xf32> }"

static void expect(const char *text, int loops, int loops_apart, int copies) {
  found_t given = run(text, false), apart = run(text, true);
  CHECK_EQ(given.copies, 0);
  CHECK_EQ(given.loops, loops);
  CHECK_EQ(apart.loops, loops_apart);
  CHECK_EQ(apart.copies, copies);
  CHECK_EQ(apart.exps, given.exps);
}

int main(void) {
  context = tess_ir_context_create();
  expect(generic_product, 3, 2, 1);
  expect(reshaped_product, 4, 3, 1);
  expect(named_product, 2, 2, 0);
  expect(GATE("7"), 3, 2, 1);
  expect(GATE("1"), 3, 3, 0);
  mlirContextDestroy(context);
  return tess_check_result();
}
