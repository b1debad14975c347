/* Numbers are formatted with three significant digits and parsed strictly. */
#include "check.h"
#include "tessera/base/random.h"
#include "tessera/base/text.h"
#include <inttypes.h>

static void time_bytes_count(void) {
  char b[TESS_NUMBER_CHARS];
  CHECK_STRING(tess_format_time(b, 0), "0 ns");
  CHECK_STRING(tess_format_time(b, 5), "5.00 ns");
  CHECK_STRING(tess_format_time(b, 12345), "12.3 us");
  CHECK_STRING(tess_format_time(b, 999499), "999 us");
  CHECK_STRING(tess_format_time(b, 999600), "1.00 ms");
  CHECK_STRING(tess_format_time(b, 9996), "10.0 us");
  CHECK_STRING(tess_format_time(b, 1.5e9), "1.50 s");
  CHECK_STRING(tess_format_time(b, 4.2e12), "4200 s");
  CHECK_STRING(tess_format_time(b, -12345), "-12.3 us");
  CHECK_STRING(tess_format_bytes(b, 512), "512 B");
  CHECK_STRING(tess_format_bytes(b, 8), "8 B");
  CHECK_STRING(tess_format_bytes(b, 4.79e9), "4.79 GB");
  CHECK_STRING(tess_format_bytes(b, 16777216), "16.8 MB");
  CHECK_STRING(tess_format_count(b, 385814752), "386 M");
  CHECK_STRING(tess_format_count(b, 82), "82");
  CHECK_STRING(tess_format_count(b, 1.5), "1.50");
  CHECK(strlen(tess_format_count(b, 1e300)) < TESS_NUMBER_CHARS - 1);
  CHECK(strstr(tess_format_time(b, INFINITY), "inf") != NULL);
  CHECK(strstr(tess_format_time(b, NAN), "nan") != NULL);
}

/* Without its commas it is what printf gives; groups have three digits. */
static void thousands(void) {
  char grouped[TESS_NUMBER_CHARS], plain[TESS_NUMBER_CHARS];
  CHECK_STRING(tess_format_thousands(grouped, 385814752), "385,814,752");
  CHECK_STRING(tess_format_thousands(grouped, INT64_MIN),
               "-9,223,372,036,854,775,808");
  tess_random_t random = tess_random_make(1, 2);
  for (int i = 0; i < 1000; i++) {
    int64_t value = (int64_t)(tess_random_next(&random) >> (i % 64));
    tess_format_thousands(grouped, value);
    snprintf(plain, sizeof(plain), "%" PRId64, value);
    char *out = grouped;
    for (const char *in = grouped; *in; in++)
      if (*in != ',')
        *out++ = *in;
    *out = '\0';
    CHECK_STRING(grouped, plain);
  }
}

static void parsing(void) {
  int64_t whole = 0;
  double real = 0;
  CHECK(tess_parse_i64("-9223372036854775808", &whole) && whole == INT64_MIN);
  CHECK(tess_parse_i64("42", &whole) && whole == 42);
  CHECK(tess_parse_f64("-1.5e3", &real) && real == -1500);
  static const char *const bad[] = {"",    " 1",  "1 ",     "0x10", "1.5.",
                                    "inf", "nan", "1e9999", "--1",  "e"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
    CHECK(!tess_parse_i64(bad[i], &whole));
    CHECK(!tess_parse_f64(bad[i], &real));
  }
  CHECK(!tess_parse_i64("9223372036854775808", &whole));
  CHECK(!tess_parse_i64("1.0", &whole));
  CHECK_EQ(whole, 42);
}

int main(void) {
  time_bytes_count();
  thousands();
  parsing();
  return tess_check_result();
}
