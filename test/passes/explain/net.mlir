// One remark a kernel at its op, one for the whole, statistics, the IR as it
// was. Multiply-accumulates by hand, at 32x32 outputs of 8 images: 8 * 1024 *
// (32*27 + 96*32 + 96*9 + 24*96) = 58,195,968; parameters 864 + 32 + 3072 +
// 96 + 864 + 96 + 2304 + 24 = 7,352.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-explain{target=tpu-v3 allow=retrain})' --mlir-pass-statistics -o %t.mlir 2>&1 | FileCheck %s
// RUN: mlir-opt %S/../Inputs/net.mlir | diff - %t.mlir
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(func.func(tessera-explain{top=2}))' -o /dev/null 2>&1 | FileCheck %s --check-prefix=TOP
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-explain{top=1})' --remarks-filter-analyse='tessera-.*' --remark-format=yaml --remarks-output-file=%t.yaml -o /dev/null
// RUN: FileCheck %s --check-prefix=YAML < %t.yaml

// CHECK: net.mlir:3:1: remark: @net takes {{[0-9.]+ [mu]s}} on tpu-v3 by roofline: 4 kernels, 58,195,968 multiply-accumulates, 7,352 parameters, {{.*}} moved; time by what bounds it: matrix {{[0-9.]+}}%, vector {{[0-9.]+}}%, memory {{[0-9.]+}}%, overhead {{[0-9.]+}}%; utilisation {{[0-9.]+}}%; [[SITES:[0-9]+]] sites for rewrites up to class retrain
// CHECK: net.mlir:11:9: remark: [[STEM:conv[.0-9]*]]: {{.*}}swish, {{.*}}: {{[0-9.]+ [mu]s}}, {{[0-9.]+}}% of the total; {{matrix|vector|memory}}-bound, utilisation {{[0-9.]+}}%; {{.*}}space-to-depth ({{.*}}3 input channels{{.*}})
// CHECK: net.mlir:{{[0-9:]+}}: remark: {{.*}}swish
// CHECK: net.mlir:{{[0-9:]+}}: remark: depthwise{{.*}}swish
// CHECK: net.mlir:{{[0-9:]+}}: remark: {{.*}}
// CHECK: Pass statistics report
// CHECK: 'tessera-explain'
// CHECK-NEXT: (S) 4 kernels-read
// CHECK-NEXT: (S) [[SITES]] sites-found
// CHECK-NEXT: (S) 0 rewrites-applied
// CHECK-NEXT: (S) 0 unknown-ops

// TOP: remark: @net takes
// TOP-COUNT-2: % of the total
// TOP-NOT: % of the total

// YAML: Pass: {{ *}}tessera-explain
// YAML: Remark: {{ *}}'@net takes
