/* A script for upstream's transform interpreter. */
#include "decompose.h"
#include "mlir-c/BuiltinAttributes.h"

static MlirStringRef text_ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

static const char script[] =
    "module attributes {transform.with_named_sequence} {\n"
    "transform.named_sequence @__transform_main(%module: !transform.any_op "
    "{transform.readonly}) {\n"
    "%found = transform.structured.match ops{[\"linalg.softmax\"]} in %module "
    ": (!transform.any_op) -> !transform.any_op\n"
    "%parts = transform.structured.decompose_interface %found : "
    "(!transform.any_op) -> !transform.any_op\n"
    "transform.yield\n"
    "} }";

static bool is_op(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            text_ref(name));
}

static MlirWalkResult look(MlirOperation op, void *found) {
  if (!is_op(op, "linalg.softmax"))
    return MlirWalkResultAdvance;
  *(bool *)found = true;
  return MlirWalkResultInterrupt;
}

bool tess_decompose_begin(MlirModule module) {
  bool found = false;
  mlirOperationWalk(mlirModuleGetOperation(module), look, &found,
                    MlirWalkPreOrder);
  if (!found)
    return false;
  tess_decompose_end(module); /* a script of its own would be run as well */
  MlirContext context = mlirModuleGetContext(module);
  MlirModule parsed = mlirModuleCreateParse(context, text_ref(script));
  if (mlirModuleIsNull(parsed))
    return false;
  MlirOperation sequence =
      mlirBlockGetFirstOperation(mlirModuleGetBody(parsed));
  mlirOperationRemoveFromParent(sequence);
  mlirModuleDestroy(parsed);
  mlirBlockAppendOwnedOperation(mlirModuleGetBody(module), sequence);
  mlirOperationSetAttributeByName(mlirModuleGetOperation(module),
                                  text_ref("transform.with_named_sequence"),
                                  mlirUnitAttrGet(context));
  return true;
}

void tess_decompose_end(MlirModule module) {
  MlirOperation op = mlirBlockGetFirstOperation(mlirModuleGetBody(module));
  while (!mlirOperationIsNull(op)) {
    MlirOperation next = mlirOperationGetNextInBlock(op);
    if (is_op(op, "transform.named_sequence"))
      mlirOperationDestroy(op);
    op = next;
  }
  mlirOperationRemoveAttributeByName(mlirModuleGetOperation(module),
                                     text_ref("transform.with_named_sequence"));
}
