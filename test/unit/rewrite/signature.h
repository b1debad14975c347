/* What a rewrite with new weights does to a function's signature. */
#ifndef TESSERA_TEST_UNIT_REWRITE_SIGNATURE_H
#define TESSERA_TEST_UNIT_REWRITE_SIGNATURE_H

#include "../load.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"

static inline MlirBlock body_of(MlirOperation function) {
  return mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
}

static inline MlirStringRef ref_of(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

/* The attribute tessera.name of an argument; empty where it has none. */
static inline MlirStringRef name_of_argument(MlirOperation function,
                                             intptr_t argument) {
  MlirAttribute all =
      mlirOperationGetAttributeByName(function, ref_of("arg_attrs"));
  if (mlirAttributeIsNull(all))
    return ref_of("");
  MlirAttribute name = mlirDictionaryAttrGetElementByName(
      mlirArrayAttrGetElement(all, argument), ref_of("tessera.name"));
  return mlirAttributeIsNull(name) ? ref_of("") : mlirStringAttrGetValue(name);
}

static inline MlirType type_of(MlirOperation function) {
  return mlirTypeAttrGetValue(
      mlirOperationGetAttributeByName(function, ref_of("function_type")));
}

/* The arguments and results of `before`, then `added` arguments with names of
 * their own; any number of them, but one at least, where that is negative. */
static inline void check_signature(MlirOperation before, MlirOperation after,
                                   intptr_t added) {
  MlirBlock a = body_of(before), b = body_of(after);
  intptr_t count = mlirBlockGetNumArguments(a);
  intptr_t more = mlirBlockGetNumArguments(b) - count;
  CHECK(added < 0 ? more > 0 : more == added);
  for (intptr_t i = 0; i < count; i++)
    CHECK(mlirTypeEqual(mlirValueGetType(mlirBlockGetArgument(a, i)),
                        mlirValueGetType(mlirBlockGetArgument(b, i))));
  for (intptr_t i = count; i < count + more; i++) {
    MlirStringRef name = name_of_argument(after, i);
    CHECK(name.length > 0);
    for (intptr_t j = 0; j < i; j++)
      CHECK(!mlirStringRefEqual(name, name_of_argument(after, j)));
  }
  MlirType x = type_of(before), y = type_of(after);
  CHECK_EQ(mlirFunctionTypeGetNumInputs(y), count + more);
  CHECK_EQ(mlirFunctionTypeGetNumResults(y), mlirFunctionTypeGetNumResults(x));
  for (intptr_t i = 0; i < mlirFunctionTypeGetNumResults(x); i++)
    CHECK(mlirTypeEqual(mlirFunctionTypeGetResult(x, i),
                        mlirFunctionTypeGetResult(y, i)));
}

#endif
