// What a rewrite is about but does not support is left alone, with a remark
// that says why; everything around it is rewritten all the same.
// RUN: %mlir_opt_plugin %s --pass-pipeline='builtin.module(tessera-optimize{target=tpu-v3})' --remarks-filter=.* -o %t.mlir 2>&1 | FileCheck %s
// RUN: mlir-opt %t.mlir -o /dev/null
// RUN: %tessera optimize %s --target tpu-v3 | FileCheck %s --check-prefix=TABLE
// CHECK: [[#@LINE+10]]:{{.*}} remark: [Missed] dense-depthwise | {{.*}}left alone: several outputs of one channel
// CHECK-SAME: obstacle={{.*}}several outputs of one channel
// TABLE: left alone
// TABLE: rewrite {{ *}}places {{ *}}why
// TABLE: dense-depthwise {{ *}}1 {{ *}}several outputs of one channel
func.func @main(%x: tensor<1x16x16x8xf32>, %w: tensor<3x3x8x2xf32> {tessera.name = "w"},
    %b: tensor<16xf32> {tessera.name = "b"}, %w2: tensor<8x3x3x16xf32> {tessera.name = "w2"},
    %b2: tensor<8xf32> {tessera.name = "b2"}) -> tensor<1x7x7x8xf32> {
  %z = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  // Two outputs of each channel.
  %0 = tosa.depthwise_conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 1, 0, 1, 0>, stride = array<i64: 1, 1>} : (tensor<1x16x16x8xf32>, tensor<3x3x8x2xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x15x15x16xf32>
  %1 = tosa.conv2d %0, %w2, %b2, %z, %z {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x15x15x16xf32>, tensor<8x3x3x16xf32>, tensor<8xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x7x7x8xf32>
  return %1 : tensor<1x7x7x8xf32>
}
