// RUN: %mlir_opt_plugin %s -verify-diagnostics --pass-pipeline='builtin.module(tessera-explain)'
// expected-warning@+1 {{there is no func.func to work on}}
module {
}
