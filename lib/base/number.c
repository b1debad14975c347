/* Numbers for people (three significant digits and a unit) and from them. */
#include "tessera/base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct scale {
  const char *units[5]; /* each 1000 times the one before; NULL ends */
  bool whole_first;     /* a whole number of the first unit has no decimals */
} scale_t;

static const char *format_scaled(char *buffer, double value,
                                 const scale_t *scale) {
  double size = fabs(value);
  size_t unit = 0;
  /* 999.5 and more would print as four digits. */
  while (size >= 999.5 && unit + 1 < 5 && scale->units[unit + 1]) {
    size /= 1000;
    unit++;
  }
  int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  if (unit == 0 && (size == 0 || (scale->whole_first && size == floor(size))))
    decimals = 0;
  const char *name = scale->units[unit];
  const char *space = *name ? " " : "";
  const char *sign = value < 0 ? "-" : "";
  if (!isfinite(value) || size >= 1e9)
    snprintf(buffer, TESS_NUMBER_CHARS, "%s%.3g%s%s", sign, size, space, name);
  else
    snprintf(buffer, TESS_NUMBER_CHARS, "%s%.*f%s%s", sign, decimals, size,
             space, name);
  return buffer;
}

const char *tess_format_time(char *buffer, double ns) {
  static const scale_t scale = {{"ns", "us", "ms", "s"}, false};
  return format_scaled(buffer, ns, &scale);
}

const char *tess_format_bytes(char *buffer, double bytes) {
  static const scale_t scale = {{"B", "kB", "MB", "GB", "TB"}, true};
  return format_scaled(buffer, bytes, &scale);
}

const char *tess_format_count(char *buffer, double count) {
  static const scale_t scale = {{"", "K", "M", "G", "T"}, true};
  return format_scaled(buffer, count, &scale);
}

const char *tess_format_thousands(char *buffer, int64_t value) {
  char digits[TESS_NUMBER_CHARS];
  uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  int count = snprintf(digits, sizeof(digits), "%" PRIu64, size);
  char *out = buffer;
  if (value < 0)
    *out++ = '-';
  for (int i = 0; i < count; i++) {
    if (i > 0 && (count - i) % 3 == 0)
      *out++ = ',';
    *out++ = digits[i];
  }
  *out = '\0';
  return buffer;
}

/* strtol and strtod skip white space and take hexadecimal, "inf" and "nan". */
static bool starts_decimal(const char *text) {
  if (*text == '-' || *text == '+')
    text++;
  return *text && strspn(text, "0123456789.eE+-") == strlen(text);
}

bool tess_parse_i64(const char *text, int64_t *value) {
  if (!starts_decimal(text))
    return false;
  char *end;
  errno = 0;
  long long parsed = strtoll(text, &end, 10);
  if (errno || end == text || *end)
    return false;
  *value = parsed;
  return true;
}

bool tess_parse_f64(const char *text, double *value) {
  if (!starts_decimal(text))
    return false;
  char *end;
  double parsed = strtod(text, &end);
  if (end == text || *end || !isfinite(parsed))
    return false;
  *value = parsed;
  return true;
}
