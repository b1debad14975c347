// Every function of a module and of the modules in it; in parallel the remarks
// come in the same order with the same text.
// RUN: %mlir_opt_plugin %s --pass-pipeline='builtin.module(tessera-explain)' -o /dev/null 2>&1 | FileCheck %s
// RUN: %mlir_opt_plugin %s --pass-pipeline='builtin.module(func.func(tessera-explain))' --mlir-pass-statistics -o /dev/null 2> %t.parallel
// RUN: %mlir_opt_plugin %s --pass-pipeline='builtin.module(func.func(tessera-explain))' --mlir-pass-statistics --mlir-disable-threading -o /dev/null 2> %t.serial
// RUN: diff %t.parallel %t.serial
// RUN: FileCheck %s --check-prefix=BOTH < %t.serial
// CHECK: remark: @a takes
// CHECK: remark: @b takes
// CHECK: remark: @c takes
// BOTH: remark: @a takes
// BOTH: remark: @b takes
// BOTH-NOT: remark: @c takes
// BOTH: (S) 2 kernels-read
func.func @a(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = tosa.sigmoid %x : (tensor<8x8xf32>) -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func @b(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = tosa.tanh %x : (tensor<8x8xf32>) -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
module {
  func.func @c(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
    %0 = tosa.exp %x : (tensor<8x8xf32>) -> tensor<8x8xf32>
    return %0 : tensor<8x8xf32>
  }
}
