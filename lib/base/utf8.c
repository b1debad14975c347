/* UTF-8 sequences: see utf8.h. */
#include "utf8.h"

size_t tess_utf8_length(const char *bytes, size_t available) {
  const unsigned char *at = (const unsigned char *)bytes;
  if (available == 0)
    return 0;
  if (at[0] < 0x80)
    return 1;
  size_t length = at[0] < 0xC2   ? 0
                  : at[0] < 0xE0 ? 2
                  : at[0] < 0xF0 ? 3
                  : at[0] < 0xF5 ? 4
                                 : 0;
  if (length == 0 || length > available)
    return 0;
  for (size_t i = 1; i < length; i++)
    if ((at[i] & 0xC0) != 0x80)
      return 0;
  /* Overlong forms, surrogates, and beyond U+10FFFF. */
  if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
      (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
    return 0;
  return length;
}

size_t tess_utf8_put(char out[4], uint32_t code_point) {
  static const unsigned char lead[] = {0x00, 0x00, 0xC0, 0xE0, 0xF0};
  size_t length = code_point < 0x80      ? 1
                  : code_point < 0x800   ? 2
                  : code_point < 0x10000 ? 3
                                         : 4;
  for (size_t i = length; i-- > 1; code_point >>= 6)
    out[i] = (char)(0x80 | (code_point & 0x3F));
  out[0] = (char)(lead[length] | code_point);
  return length;
}
