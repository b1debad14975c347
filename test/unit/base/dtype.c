/* Element types: sizes against C's own types, names there and back. */
#include "tessera/base/dtype.h"
#include "check.h"

int main(void) {
  CHECK_EQ(tess_dtype_bytes(TESS_F32), sizeof(float));
  CHECK_EQ(tess_dtype_bytes(TESS_F64), sizeof(double));
  CHECK_EQ(tess_dtype_bytes(TESS_BF16), 2);
  CHECK_EQ(tess_dtype_bytes(TESS_I8), 1);
  CHECK_EQ(tess_dtype_bytes(TESS_I64), sizeof(int64_t));
  CHECK_EQ(tess_dtype_bytes(TESS_OTHER), 0);
  for (int i = 0; i < TESS_DTYPE_COUNT; i++)
    CHECK_EQ(tess_dtype_parse(tess_dtype_name((tess_dtype_t)i)), i);
  CHECK_EQ(tess_dtype_parse("f8"), TESS_OTHER);
  CHECK_EQ(tess_dtype_parse(""), TESS_OTHER);
  return tess_check_result();
}
