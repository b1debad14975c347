// Ops that are not known are counted by name, and nothing else stops.
// RUN: %mlir_opt_plugin %s --allow-unregistered-dialect --pass-pipeline='builtin.module(tessera-explain)' --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s
// CHECK: unknown-ops.mlir:[[#@LINE+6]]:1: warning: @main: 3 unknown ops move 75.0% of all bytes and are counted as memory traffic only: 2 x shop.a (50.0%), 1 x shop.b (25.0%)
// Each of the four reads and writes 8x8 numbers.
// CHECK: (S) 3 unknown-ops



func.func @main(%a: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = "shop.a"(%a) : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %1 = "shop.b"(%0) : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %2 = "shop.a"(%1) : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %3 = tosa.sigmoid %2 : (tensor<8x8xf32>) -> tensor<8x8xf32>
  return %3 : tensor<8x8xf32>
}
