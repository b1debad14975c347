/* The conversions that bring other projects' dialects to TOSA or linalg. */
#include "foreign.h"
#include <string.h>

#define STABLEHLO                                                              \
  "convert with `stablehlo-opt --stablehlo-legalize-to-linalg` (or `iree-opt " \
  "--iree-stablehlo-input-transformation-pipeline`) first"
#define TORCH                                                                  \
  "convert with `torch-mlir-opt -p "                                           \
  "'builtin.module(torch-backend-to-linalg-on-tensors-backend-pipeline)'` "    \
  "first"
#define TENSORFLOW                                                             \
  "convert with `tf-opt --tf-to-tosa-pipeline` (or, from a .tflite file, the " \
  "tosa-converter-for-tflite package) first"
#define ONNX                                                                   \
  "convert with `onnx-mlir-opt --convert-onnx-to-tosa` (or import with "       \
  "torch-mlir's onnx importer and lower to linalg) first"

static const struct {
  const char *dialect, *advice;
} conversions[] = {
    {"stablehlo", STABLEHLO},
    {"vhlo", "convert with `stablehlo-translate --deserialize`, then "
             "`stablehlo-opt --stablehlo-legalize-to-linalg` first"},
    {"chlo", "convert with `stablehlo-opt --chlo-legalize-to-stablehlo "
             "--stablehlo-legalize-to-linalg` first"},
    {"mhlo", "convert with `mlir-hlo-opt --hlo-legalize-to-linalg` first"},
    {"torch", TORCH},
    {"torch_c", TORCH},
    {"tf", TENSORFLOW},
    {"tf_executor", TENSORFLOW},
    {"tfl", "convert with `tf-opt --tfl-to-tosa-pipeline` (or the "
            "tosa-converter-for-tflite package) first"},
    {"onnx", ONNX},
    {"krnl", ONNX},
};

const char *tess_foreign_advice(const char *name, size_t length) {
  const char *dot = memchr(name, '.', length);
  size_t size = dot ? (size_t)(dot - name) : length;
  for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++)
    if (strlen(conversions[i].dialect) == size &&
        memcmp(conversions[i].dialect, name, size) == 0)
      return conversions[i].advice;
  return NULL;
}
