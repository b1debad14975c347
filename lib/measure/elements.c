/* Reads and writes single elements of any type. */
#include "elements.h"
#include "tessera/base/arena.h"
#include <math.h>
#include <string.h>

bool tess_dtype_is_float(tess_dtype_t type) {
  return type == TESS_F32 || type == TESS_F64 || type == TESS_F16 ||
         type == TESS_BF16;
}

static double f16_value(uint16_t bits) {
  int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  double magnitude = exponent == 31
                         ? (mantissa ? (double)NAN : (double)INFINITY)
                     : exponent == 0 ? ldexp(mantissa, -24)
                                     : ldexp(mantissa + 1024, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/* Steps of one format are constant within a power of two: scale, round to an
 * integer (nearest even), put the parts back together. */
static uint16_t f16_bits(double value) {
  uint16_t sign = signbit(value) ? 0x8000 : 0;
  double magnitude = fabs(value);
  if (isnan(value))
    return 0x7e00;
  if (magnitude >= 65520)
    return sign | 0x7c00;
  int exponent;
  frexp(magnitude, &exponent);
  int step = exponent - 11 > -24 ? exponent - 11 : -24;
  int units = (int)nearbyint(ldexp(magnitude, -step));
  return (uint16_t)(sign | (((step + 24) << 10) + units));
}

static double bf16_value(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return (double)value;
}

static uint16_t bf16_bits(double value) {
  float narrow = (float)value;
  uint32_t wide;
  memcpy(&wide, &narrow, sizeof wide);
  if (isnan(value))
    return 0x7fc0;
  return (uint16_t)((wide + 0x7fff + ((wide >> 16) & 1)) >> 16);
}

double tess_element_get(const tess_tensor_t *tensor, int64_t index) {
  const void *data = tensor->data;
  switch (tensor->dtype) {
  case TESS_F32:
    return (double)((const float *)data)[index];
  case TESS_F64:
    return ((const double *)data)[index];
  case TESS_F16:
    return f16_value(((const uint16_t *)data)[index]);
  case TESS_BF16:
    return bf16_value(((const uint16_t *)data)[index]);
  case TESS_I1:
    return ((const uint8_t *)data)[index] & 1;
  case TESS_I8:
    return ((const int8_t *)data)[index];
  case TESS_I16:
    return ((const int16_t *)data)[index];
  case TESS_I32:
    return ((const int32_t *)data)[index];
  default:
    return (double)((const int64_t *)data)[index];
  }
}

void tess_element_set(const tess_tensor_t *tensor, int64_t index,
                      double value) {
  void *data = tensor->data;
  switch (tensor->dtype) {
  case TESS_F32:
    ((float *)data)[index] = (float)value;
    return;
  case TESS_F64:
    ((double *)data)[index] = value;
    return;
  case TESS_F16:
    ((uint16_t *)data)[index] = f16_bits(value);
    return;
  case TESS_BF16:
    ((uint16_t *)data)[index] = bf16_bits(value);
    return;
  case TESS_I1:
    ((uint8_t *)data)[index] = value != 0;
    return;
  case TESS_I8:
    ((int8_t *)data)[index] = (int8_t)value;
    return;
  case TESS_I16:
    ((int16_t *)data)[index] = (int16_t)value;
    return;
  case TESS_I32:
    ((int32_t *)data)[index] = (int32_t)value;
    return;
  default:
    ((int64_t *)data)[index] = (int64_t)value;
  }
}

tess_tensor_t tess_tensor_allocate(const tess_tensor_t *type) {
  tess_tensor_t tensor = *type;
  tensor.data = tess_alloc(
      (size_t)(tensor.elements * tess_dtype_bytes(tensor.dtype)) + 1);
  return tensor;
}
