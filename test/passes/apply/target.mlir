// The prediction is for the target that the decision was made for, unless the
// pipeline names another.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search{target=h200 allow=retrain apply=false},tessera-apply{allow=retrain})' 2>&1 | FileCheck %s --check-prefix=OWN
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search{target=h200 allow=retrain apply=false},tessera-apply{allow=retrain target=tpu-v3})' 2>&1 | FileCheck %s --check-prefix=OTHER
// OWN: decided {{.*}} on h200 by roofline
// OWN: now {{.*}} on h200 by roofline
// OWN: tessera.target = "h200"
// OTHER: decided {{.*}} on h200 by roofline
// OTHER: now {{.*}} on tpu-v3 by roofline
// OTHER: tessera.target = "tpu-v3"
