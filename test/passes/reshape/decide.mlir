// Without a standing decision the pass decides by cost among its own rewrites:
// the same model as a search of that family alone.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-reshape{allow=retrain})' --mlir-pass-statistics -o %t.family 2>&1 | FileCheck %s
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(func.func(tessera-search{allow=retrain rewrites=reshape}))' -o %t.search
// RUN: diff %t.family %t.search
// CHECK: remark: space-to-depth.{{[0-9]+}}: now
// CHECK-NOT: remark: {{activation|fused-mbconv|dense-depthwise}}.
// CHECK: 'tessera-reshape'
// CHECK: (S) 4 kernels-read
