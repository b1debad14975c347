/* Lowers a whole function, TOSA or linalg on tensors, to the LLVM dialect with
 * upstream passes. No pass may reorder floating-point arithmetic. */
#include "lower.h"
#include "boundary.h"
#include "decompose.h"
#include "diagnose.h"
#include "mlir-c/Pass.h"
#include "outline.h"
#include "separate.h"

#define BUFFERIZE                                                              \
  "one-shot-bufferize{bufferize-function-boundaries=true "                     \
  "function-boundary-type-conversion=identity-layout-map}"

/* Whatever the function calls becomes part of it. */
static const char isolate_passes[] = "inline,symbol-dce";

static const char structure_passes[] =
    /* TOSA to linalg and arith; linalg stays as it is. */
    "func.func(tosa-infer-shapes,tosa-make-broadcastable,"
    "tosa-to-linalg-named{prefer-conv2d-kernel-layout-hwcf=true},canonicalize,"
    "tosa-to-linalg,tosa-to-arith{include-apply-rescale=true},tosa-to-tensor,"
    "convert-elementwise-to-linalg),canonicalize,cse";

static const char buffer_passes[] =
    /* Element-wise chains run as one loop. Contractions stay named, so that no
     * chain moves into one and is computed again for every output channel;
     * tess_separate guards those that are not named. */
    "linalg-fuse-elementwise-ops,canonicalize,cse,"
    /* Buffers, each freed after its last use. */
    "eliminate-empty-tensors," BUFFERIZE ",canonicalize,cse,"
    "ownership-based-buffer-deallocation,canonicalize,"
    "buffer-deallocation-simplification,bufferization-lower-deallocations,"
    "cse,canonicalize,"
    "func.func(optimize-allocation-liveness,linalg-generalize-named-ops)";

static const char loop_passes[] =
    "duplicate-function-elimination,"
    "func.func(convert-linalg-to-loops),fold-memref-alias-ops,"
    "canonicalize,cse,loop-invariant-code-motion,"
    /* 16-bit floats compute in f32 and round after every operation. */
    "math-extend-to-supported-types{target-type=f32},"
    "arith-emulate-unsupported-floats{source-types=bf16,f16 target-type=f32},"
    "arith-expand{include-bf16=true},canonicalize,cse,"
    "expand-strided-metadata,lower-affine,convert-scf-to-cf,"
    "convert-math-to-llvm,convert-math-to-libm,finalize-memref-to-llvm,"
    "convert-func-to-llvm{use-bare-ptr-memref-call-conv=true},convert-index-to-"
    "llvm,convert-arith-to-llvm,"
    "convert-cf-to-llvm,convert-ub-to-llvm,reconcile-unrealized-casts,"
    "canonicalize,cse";

static MlirStringRef text_ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static void add_chunk(MlirStringRef chunk, void *text) {
  tess_text_add_n(text, chunk.data, chunk.length);
}

static tess_status_t run_passes(MlirModule module, const char *passes) {
  MlirContext context = mlirModuleGetContext(module);
  MlirPassManager manager = mlirPassManagerCreate(context);
  tess_text_t parse_error = TESS_TEXT_INIT;
  MlirLogicalResult result =
      mlirOpPassManagerAddPipeline(mlirPassManagerGetAsOpPassManager(manager),
                                   text_ref(passes), add_chunk, &parse_error);
  tess_status_t status = TESS_SUCCESS;
  if (mlirLogicalResultIsFailure(result)) {
    status = tess_error(TESS_UNSUPPORTED, "this MLIR lacks a pass: %s",
                        tess_text_get(&parse_error));
  } else {
    tess_diagnosis_t diagnosis;
    tess_diagnosis_begin(&diagnosis, context);
    result = mlirPassManagerRunOnOp(manager, mlirModuleGetOperation(module));
    status = tess_diagnosis_end(&diagnosis, mlirLogicalResultIsSuccess(result),
                                TESS_UNSUPPORTED, "lowering to this processor");
  }
  tess_text_free(&parse_error);
  mlirPassManagerDestroy(manager);
  return status;
}

static MlirWalkResult annotate(MlirOperation op, void *annotation) {
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  if (mlirStringRefEqual(name, text_ref("llvm.br")))
    mlirOperationSetAttributeByName(op, text_ref("loop_annotation"),
                                    *(MlirAttribute *)annotation);
  return MlirWalkResultAdvance;
}

/* LLVM's models of some processors allow thousands of instructions in an
 * unrolled loop, which takes it a minute to schedule and gains nothing here.
 * Only the branch that closes a loop is asked for the annotation. */
static void disable_unrolling(MlirModule lowered) {
  MlirAttribute annotation = mlirAttributeParseGet(
      mlirModuleGetContext(lowered),
      text_ref("#llvm.loop_annotation<unroll = <disable = true>>"));
  mlirOperationWalk(mlirModuleGetOperation(lowered), annotate, &annotation,
                    MlirWalkPreOrder);
}

static tess_status_t decompose(MlirModule module) {
  if (!tess_decompose_begin(module))
    return TESS_SUCCESS;
  tess_status_t status = run_passes(module, "transform-interpreter");
  tess_decompose_end(module);
  return status;
}

tess_status_t tess_lower(MlirModule module, const char *name) {
  MlirOperation function;
  TESS_TRY(tess_boundary_isolate(module, name, &function));
  TESS_TRY(tess_boundary_rewrite(function));
  TESS_TRY(run_passes(module, isolate_passes));
  TESS_TRY(tess_boundary_check_calls(module));
  TESS_TRY(decompose(module));
  TESS_TRY(run_passes(module, structure_passes));
  tess_separate(module);
  TESS_TRY(run_passes(module, buffer_passes));
  tess_outline(module, tess_boundary_entry(module));
  TESS_TRY(run_passes(module, loop_passes));
  tess_boundary_take_table(module);
  disable_unrolling(module);
  return TESS_SUCCESS;
}
