// The family's part of a decision is carried out; the rest keeps standing under
// the names that it has then: of three activations the fusion leaves two, so
// what was activation.2 is activation.1.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-apply{candidate=})' -o /dev/null 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: sed 's/^    -> tensor<8x32x32x24xf32> {/    -> tensor<8x32x32x24xf32> attributes {tessera.candidate = "fused-mbconv.0=fused;activation.0=relu;activation.2=hard-swish"} {/' %S/../Inputs/net.mlir > %t.mlir
// RUN: %mlir_opt_plugin %t.mlir --pass-pipeline='builtin.module(tessera-fuse-convs{allow=retrain})' -o %t.fused 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t.fused
// RUN: not %mlir_opt_plugin %t.mlir --pass-pipeline='builtin.module(tessera-fuse-convs)' 2>&1 | FileCheck %s --check-prefix=CLASS
// CHECK: remark: fused-mbconv.0: now fused (retrain): {{.*}}; with it: @net
// CHECK-NOT: remark
// IR: tessera.applied = "fused-mbconv.0=fused", tessera.candidate = "activation.0=relu;activation.1=hard-swish", tessera.target = "tpu-v3"
// IR-NOT: tessera.later
// IR-NOT: tosa.depthwise_conv2d
// CLASS: error: the standing decision fused-mbconv.0=fused is of class retrain
// EMPTY: remark: @net stays as it is: the standing decision changes nothing
