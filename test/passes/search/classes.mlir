// Nothing beyond `allow` is done: with exact the function keeps its signature
// and every swish; with retrain the distance that is left does the same.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search)' --mlir-pass-statistics -o %t.exact.mlir 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t.exact.mlir
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search{allow=retrain max-distance=0})' -o %t.zero.mlir
// RUN: diff %t.exact.mlir %t.zero.mlir
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search{allow=retrain max-distance=0.08})' -o /dev/null 2>&1 | FileCheck %s --check-prefix=SOME
// CHECK-NOT: (retrain)
// CHECK: net.mlir:11:9: remark: space-to-depth.0: now {{[a-z-]+}} (exact): {{.*}}; with it: @net
// CHECK-NOT: (retrain)
// CHECK: 'tessera-search'
// CHECK: (S) 1 rewrites-applied
// IR: func.func @net(%arg0: tensor<8x64x64x3xf32> {tessera.role = "input"}, %arg1: tensor<32x3x3x3xf32>, %arg2: tensor<32xf32>, %arg3: tensor<96x1x1x32xf32>, %arg4: tensor<96xf32>, %arg5: tensor<3x3x96x1xf32>, %arg6: tensor<96xf32>, %arg7: tensor<24x1x1x96xf32>, %arg8: tensor<24xf32>) -> tensor<8x32x32x24xf32>
// IR-COUNT-3: tosa.sigmoid
// IR-NOT: tosa.sigmoid
// SOME: (exact)
// SOME: (retrain)
