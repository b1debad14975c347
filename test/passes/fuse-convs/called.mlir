// New weights are new arguments: a call of the function would not fit any more,
// and MLIR's verifier says so at the call.
// RUN: sed 's/^    -> tensor<8x32x32x24xf32> {/    -> tensor<8x32x32x24xf32> attributes {tessera.candidate = "fused-mbconv.0=fused"} {/' %S/../Inputs/net.mlir > %t.mlir
// RUN: cat %s >> %t.mlir
// RUN: not %mlir_opt_plugin %t.mlir --pass-pipeline='builtin.module(tessera-fuse-convs{allow=retrain})' 2>&1 | FileCheck %s
// CHECK: remark: fused-mbconv.0: now fused
// CHECK: error: 'func.call' op incorrect number of operands for callee
func.func @caller(%image: tensor<8x64x64x3xf32>,
    %w0: tensor<32x3x3x3xf32>, %b0: tensor<32xf32>,
    %w1: tensor<96x1x1x32xf32>, %b1: tensor<96xf32>,
    %w2: tensor<3x3x96x1xf32>, %b2: tensor<96xf32>,
    %w3: tensor<24x1x1x96xf32>, %b3: tensor<24xf32>)
    -> tensor<8x32x32x24xf32> {
  %0 = func.call @net(%image, %w0, %b0, %w1, %b1, %w2, %b2, %w3, %b3)
      : (tensor<8x64x64x3xf32>, tensor<32x3x3x3xf32>, tensor<32xf32>,
         tensor<96x1x1x32xf32>, tensor<96xf32>, tensor<3x3x96x1xf32>,
         tensor<96xf32>, tensor<24x1x1x96xf32>, tensor<24xf32>)
      -> tensor<8x32x32x24xf32>
  return %0 : tensor<8x32x32x24xf32>
}
