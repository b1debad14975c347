// Where nothing pays, one remark with the numbers, and the IR as it was.
// RUN: %mlir_opt_plugin %s --pass-pipeline='builtin.module(tessera-search{allow=retrain})' -o %t.mlir 2>&1 | FileCheck %s
// RUN: mlir-opt %s | diff - %t.mlir
// RUN: %mlir_opt_plugin %s --pass-pipeline='builtin.module(tessera-search{apply=false},tessera-apply)' -o /dev/null 2>&1 | FileCheck %s --check-prefix=OBEY
// CHECK: keep.mlir:[[#@LINE+4]]:1: remark: @product stays as it is: no rewrite up to class retrain beats its {{[0-9.]+ [mu]s}} on tpu-v3 by roofline (0 sites)
// CHECK-NOT: remark
// OBEY: remark: @product stays as it is: no rewrite
// OBEY: remark: @product stays as it is: the standing decision changes nothing that this pass rewrites
func.func @product(%a: tensor<64x64xf32>, %b: tensor<64x64xf32>,
                   %c: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<64x64xf32>, tensor<64x64xf32>)
      outs(%c : tensor<64x64xf32>) -> tensor<64x64xf32>
  return %0 : tensor<64x64xf32>
}
