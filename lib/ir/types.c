/* Element types: which of ours they are, and what they take in memory. */
#include "mlir-c/BuiltinTypes.h"
#include "reading.h"
#include "tessera/base/checked.h"
#include "tessera/base/text.h"
#include <string.h>

tess_dtype_t tess_ir_dtype(MlirType element) {
  if (mlirTypeIsAF32(element))
    return TESS_F32;
  if (mlirTypeIsABF16(element))
    return TESS_BF16;
  if (mlirTypeIsAF16(element))
    return TESS_F16;
  if (mlirTypeIsAF64(element))
    return TESS_F64;
  if (mlirTypeIsAIndex(element))
    return TESS_INDEX;
  if (!mlirTypeIsAInteger(element))
    return TESS_OTHER;
  switch (mlirIntegerTypeGetWidth(element)) {
  case 1:
    return TESS_I1;
  case 8:
    return TESS_I8;
  case 16:
    return TESS_I16;
  case 32:
    return TESS_I32;
  case 64:
    return TESS_I64;
  default:
    return TESS_OTHER;
  }
}

/* Bits of one element; 0: not known. */
static int64_t bits_of(MlirType element) {
  if (mlirTypeIsAComplex(element))
    return 2 * bits_of(mlirComplexTypeGetElementType(element));
  if (mlirTypeIsAInteger(element))
    return mlirIntegerTypeGetWidth(element);
  if (mlirTypeIsAFloat(element))
    return mlirFloatTypeGetWidth(element);
  return 0;
}

/* Bytes of `elements` packed elements of a type that is none of ours. */
static bool packed_bytes(int64_t elements, int64_t bits, int64_t *bytes) {
  int64_t rest = ((elements % 8) * bits + 7) / 8;
  return tess_mul_i64(elements / 8, bits, bytes) &&
         tess_add_i64(*bytes, rest, bytes);
}

static void print(MlirStringRef text, void *data) {
  tess_text_add(data, "%.*s", (int)text.length, text.data);
}

static tess_status_t no_size(tess_reading_t *r, MlirType element,
                             MlirLocation location) {
  tess_text_t name = TESS_TEXT_INIT;
  mlirTypePrint(element, print, &name);
  tess_status_t status = tess_reading_error(
      r, location, TESS_UNSUPPORTED,
      "a tensor of %s, a type whose size is not known; lower the model to "
      "integers and floats%s",
      tess_text_get(&name),
      strncmp(tess_text_get(&name), "!quant.", 7) == 0
          ? " (mlir-opt --lower-quant-ops --strip-func-quant-types)"
          : "");
  tess_text_free(&name);
  return status;
}

tess_status_t tess_reading_bytes(tess_reading_t *r, MlirType element,
                                 MlirLocation location, tess_value_t *value) {
  int64_t each = tess_dtype_bytes((tess_dtype_t)value->dtype);
  int64_t bits = value->dtype == TESS_OTHER ? bits_of(element) : 8 * each;
  if (bits == 0)
    return no_size(r, element, location);
  bool fits = value->dtype == TESS_OTHER
                  ? packed_bytes(value->elements, bits, &value->bytes)
                  : tess_mul_i64(value->elements, each, &value->bytes);
  return fits ? TESS_SUCCESS
              : tess_reading_error(r, location, TESS_OVERFLOW,
                                   "a tensor of more than 2^63 bytes");
}
