// Without a standing decision the pass decides by cost among its own rewrites:
// the same model as a search of that family alone.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-select-activations{allow=retrain})' --mlir-pass-statistics -o %t.family 2>&1 | FileCheck %s
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(func.func(tessera-search{allow=retrain rewrites=activations}))' -o %t.search
// RUN: diff %t.family %t.search
// CHECK: remark: activation.{{[0-9]+}}: now
// CHECK-NOT: remark: {{space-to-depth|fused-mbconv|dense-depthwise}}.
// CHECK: 'tessera-select-activations'
// CHECK: (S) 4 kernels-read
