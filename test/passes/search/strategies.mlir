// The same seed gives the same model; no strategy beats the exact one.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search{allow=retrain strategy=evolution seed=3 budget=500})' -o %t.a
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(func.func(tessera-search{allow=retrain strategy=evolution seed=3 budget=500}))' -o %t.b
// RUN: diff %t.a %t.b
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search{allow=retrain})' -o %t.exact
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search{allow=retrain strategy=random seed=3 budget=5000})' -o %t.random
// The space has a few hundred candidates, so 5000 random ones find the best.
// RUN: diff %t.exact %t.random
