/* Reads and writes single elements of any type. */
#include "elements.h"
#include "tessera/base/arena.h"
#include "tessera/base/half.h"

bool tess_dtype_is_float(tess_dtype_t type) {
  return type == TESS_F32 || type == TESS_F64 || type == TESS_F16 ||
         type == TESS_BF16;
}

double tess_element_get(const tess_tensor_t *tensor, int64_t index) {
  const void *data = tensor->data;
  switch (tensor->dtype) {
  case TESS_F32:
    return (double)((const float *)data)[index];
  case TESS_F64:
    return ((const double *)data)[index];
  case TESS_F16:
  case TESS_BF16:
    return tess_half_value(tensor->dtype, ((const uint16_t *)data)[index]);
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
  case TESS_BF16:
    ((uint16_t *)data)[index] = tess_half_bits(tensor->dtype, value);
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
