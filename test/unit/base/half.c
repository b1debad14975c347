/* 16-bit floats against the upper half of an f32, against the formats'
 * definition and, rounding, against a search for the nearest. */
#include "tessera/base/half.h"
#include "check.h"
#include <math.h>

static double brain_of(uint32_t bits) {
  uint32_t word = bits << 16;
  float value;
  memcpy(&value, &word, sizeof value);
  return (double)value;
}

static void test_values(void) {
  CHECK_NEAR(tess_half_value(TESS_F16, 0x3c00), 1, 0);
  CHECK_NEAR(tess_half_value(TESS_F16, 0x7bff), 65504, 0);
  CHECK_NEAR(tess_half_value(TESS_F16, 0x0001), 0x1p-24, 0);
  CHECK_NEAR(tess_half_value(TESS_F16, 0x0400), 0x1p-14, 0);
  CHECK_NEAR(tess_half_value(TESS_F16, 0xc001), -2.001953125, 0);
  CHECK(isinf(tess_half_value(TESS_F16, 0xfc00)));
  CHECK(isnan(tess_half_value(TESS_F16, 0x7c01)));
  for (uint32_t bits = 0; bits < 65536; bits++) {
    double value = tess_half_value(TESS_BF16, (uint16_t)bits);
    double expected = brain_of(bits);
    CHECK(isnan(expected) ? isnan(value) : value == expected);
  }
}

static void test_round_trip(tess_dtype_t type) {
  for (uint32_t bits = 0; bits < 65536; bits++) {
    double value = tess_half_value(type, (uint16_t)bits);
    if (isnan(value))
      CHECK(isnan(tess_half_value(type, tess_half_bits(type, value))));
    else
      CHECK_EQ(tess_half_bits(type, value), bits);
  }
}

/* Between each value and the next: a little below the middle, the middle and a
 * little above. Beyond the greatest comes what would be next. */
static void test_rounding(tess_dtype_t type) {
  for (uint32_t bits = 0;; bits++) {
    double low = tess_half_value(type, (uint16_t)bits);
    double high = tess_half_value(type, (uint16_t)(bits + 1));
    if (isinf(low))
      break;
    if (isinf(high))
      high = 2 * low - tess_half_value(type, (uint16_t)(bits - 1));
    double middle = low + (high - low) / 2;
    CHECK_EQ(tess_half_bits(type, nextafter(middle, low)), bits);
    CHECK_EQ(tess_half_bits(type, middle), bits + (bits & 1));
    CHECK_EQ(tess_half_bits(type, nextafter(middle, high)), bits + 1);
    CHECK_EQ(tess_half_bits(type, -middle), (bits + (bits & 1)) | 0x8000);
  }
  CHECK(isinf(tess_half_value(type, tess_half_bits(type, 1e300))));
  CHECK(isinf(tess_half_value(type, tess_half_bits(type, -(double)INFINITY))));
  CHECK_EQ(tess_half_bits(type, 1e-300), 0);
}

int main(void) {
  test_values();
  test_round_trip(TESS_F16);
  test_round_trip(TESS_BF16);
  test_rounding(TESS_F16);
  test_rounding(TESS_BF16);
  return tess_check_result();
}
