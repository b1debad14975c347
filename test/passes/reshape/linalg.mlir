// On linalg: the stem's convolution reads blocks of 2 x 2 pixels.
// RUN: %tessera zoo efficientnet-b0 --dialect linalg --resolution 64 -o %t.mlir
// RUN: %mlir_opt_plugin %t.mlir --pass-pipeline='builtin.module(tessera-reshape)' -o %t.reshaped 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t.reshaped
// CHECK: remark: space-to-depth.0: now {{[a-z-]+}} (exact): {{.*}}; with {{it|all 2 changes}}: @{{.*}} -> {{.*}} on tpu-v3 by roofline
// IR: tessera.applied = "space-to-depth.0={{[^"]*}}blocks{{[^"]*}}", tessera.target = "tpu-v3"
// IR: linalg.conv_2d_{{.*}}strides = dense<1>
