/* 16-bit floats: a sign, an exponent and `fraction` bits. */
#include "tessera/base/half.h"
#include <math.h>

static int fraction_bits(tess_dtype_t type) {
  return type == TESS_F16 ? 10 : 7;
}

/* The exponent of the least step between two values. */
static int least_step(int fraction) {
  int bias = (1 << (14 - fraction)) - 1;
  return 1 - bias - fraction;
}

double tess_half_value(tess_dtype_t type, uint16_t bits) {
  int fraction = fraction_bits(type);
  int hidden = 1 << fraction, last = (1 << (15 - fraction)) - 1;
  int exponent = (bits & 0x7fff) >> fraction, units = bits & (hidden - 1);
  double magnitude = exponent == 0 ? ldexp(units, least_step(fraction))
                                   : ldexp(units + hidden,
                                           exponent - 1 + least_step(fraction));
  if (exponent == last)
    magnitude = units ? (double)NAN : (double)INFINITY;
  return bits & 0x8000 ? -magnitude : magnitude;
}

/* Steps are constant within a power of two: scale, round to an integer, put
 * the parts back together; a carry into the exponent is right as it is. */
uint16_t tess_half_bits(tess_dtype_t type, double value) {
  int fraction = fraction_bits(type), least = least_step(fraction);
  int infinity = 0x7fff & ~((1 << fraction) - 1);
  int sign = signbit(value) ? 0x8000 : 0, exponent;
  if (isnan(value))
    return (uint16_t)(infinity | 1 << (fraction - 1));
  if (isinf(value))
    return (uint16_t)(sign | infinity);
  if (value == 0)
    return (uint16_t)sign;
  frexp(value, &exponent);
  int step = exponent - 1 - fraction > least ? exponent - 1 - fraction : least;
  if (step - least >= infinity >> fraction)
    return (uint16_t)(sign | infinity);
  int units = (int)nearbyint(ldexp(fabs(value), -step));
  int bits = ((step - least) << fraction) + units;
  return (uint16_t)(sign | (bits < infinity ? bits : infinity));
}
