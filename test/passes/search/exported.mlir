// EfficientNet-B0 as three exporters write it.
// REQUIRES: shared
// RUN: %mlir_opt_plugin %shared/models/efficientnet_b0.torch.linalg.mlir --pass-pipeline='builtin.module(tessera-search{target=tpu-v3 allow=retrain})' -o %t.1 2>&1 | FileCheck %s
// RUN: %mlir_opt_plugin %shared/models/efficientnet_b0.torch.tosa.mlir --pass-pipeline='builtin.module(tessera-search{target=tpu-v3 allow=retrain})' -o %t.2 2>&1 | FileCheck %s
// RUN: %mlir_opt_plugin %shared/models/efficientnet_b0.tflite.tosa.mlir --pass-pipeline='builtin.module(tessera-search{target=tpu-v3 allow=retrain})' -o %t.3 2>&1 | FileCheck %s
// RUN: mlir-opt %t.1 -o /dev/null && mlir-opt %t.2 -o /dev/null && mlir-opt %t.3 -o /dev/null
// RUN: %mlir_opt_plugin %shared/models/efficientnet_b0.torch.linalg.mlir --pass-pipeline='builtin.module(tessera-explain{top=1})' -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN
// RUN: %mlir_opt_plugin %shared/models/efficientnet_b0.torch.tosa.mlir --pass-pipeline='builtin.module(tessera-explain{top=1})' -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN
// CHECK: remark: space-to-depth.0: now {{[a-z-]+}} (exact)
// CHECK: remark: fused-mbconv.0: now fused (retrain)
// CHECK: remark: activation.{{[0-9]+}}: now
// EXPLAIN: 385,814,752 multiply-accumulates, 5,288,548 parameters
// EXPLAIN-NOT: warning
