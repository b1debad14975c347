// A strided 1x1 convolution is one without a stride behind a slice where the
// target says that its compiler is slow at strides, and stays elsewhere.
// RUN: %mlir_opt_plugin %s --pass-pipeline='builtin.module(func.func(tessera-reshape{target=cpu-avx512}))' 2>&1 | FileCheck %s
// RUN: %mlir_opt_plugin %s --pass-pipeline='builtin.module(func.func(tessera-reshape{target=tpu-v3}))' 2>&1 | FileCheck %s --check-prefix=TPU
// Named in a candidate it is a product.
// RUN: %mlir_opt_plugin %s --pass-pipeline='builtin.module(func.func(tessera-apply{candidate=pointwise-matmul.0=matmul}))' 2>&1 | FileCheck %s --check-prefix=PRODUCT

// CHECK: remark: pointwise-matmul.0: now slice (exact): {{.*}} on cpu-avx512 by roofline
// CHECK: %[[PART:.+]] = tensor.extract_slice %{{.+}}[0, 0, 0, 0] [1, 28, 28, 256] [1, 2, 2, 1]
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}}strides = dense<1>{{.*}} ins(%[[PART]],
// TPU: remark: @f stays as it is
// TPU: linalg.conv_2d_nhwc_hwcf {{.*}}strides = dense<2>
// PRODUCT: tensor.extract_slice
// PRODUCT: linalg.matmul ins({{.*}} : tensor<784x256xf32>, tensor<256x512xf32>)
// PRODUCT-NOT: linalg.conv
module {
  func.func @f(%x: tensor<1x56x56x256xf32>, %w: tensor<1x1x256x512xf32>) -> tensor<1x28x28x512xf32> {
    %z = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<1x28x28x512xf32>
    %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x28x28x512xf32>) -> tensor<1x28x28x512xf32>
    %r = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%x, %w : tensor<1x56x56x256xf32>, tensor<1x1x256x512xf32>) outs(%i : tensor<1x28x28x512xf32>) -> tensor<1x28x28x512xf32>
    return %r : tensor<1x28x28x512xf32>
  }
}
