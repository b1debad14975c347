// Three kernels in every form; the numbers are counted by hand.
// RUN: %tessera explain %s --target tpu-v3 | FileCheck %s --check-prefix=TEXT
// RUN: %tessera explain %s --target=tpu-v3 --blocks | FileCheck %s --check-prefix=BLOCKS
// RUN: %tessera explain %s -t tpu-v3 --format csv | FileCheck %s --check-prefix=CSV
// RUN: %tessera explain %s -t h200 --format json -o %t.json
// RUN: python3 -m json.tool %t.json /dev/null
// RUN: FileCheck %s --check-prefix=JSON < %t.json
// RUN: %tessera explain - -t tpu-v3 < %s | FileCheck %s --check-prefix=STDIN
// RUN: %tessera explain %s -t tpu-v3 --cost-model null | FileCheck %s --check-prefix=NULL
// RUN: not %tessera explain %s -t tpu-v3 --cost-model rooflin 2>&1 | FileCheck %s --check-prefix=MODEL

// TEXT: explain.mlir @main on tpu-v3
// TEXT-NEXT: latency {{.*}} (roofline: a lower bound), {{.*}} runs/s
// TEXT-NEXT: 131 K multiply-accumulates
// TEXT: matrix
// TEXT: vector
// TEXT: memory
// TEXT: overhead
// TEXT: kernel {{ *}}what {{ *}}dims {{ *}}time
// TEXT: unknown ops: 0

// Filters of 3*3*6*32 = 1728, 3*3*32 = 288 and 64*32 = 2048 weights.
// BLOCKS: block {{ *}}from input to output {{ *}}details {{ *}}kernels {{ *}}params {{ *}}MACs {{ *}}time {{ *}}share
// BLOCKS-NEXT: 1 stem {{ *}}8x8x6 -> 8x8x32 {{ *}}k3 s1 {{ *}}1 {{ *}}1.73 K {{ *}}111 K
// BLOCKS-NEXT: 2 conv {{ *}}8x8x32 {{ *}}k3 s1 {{ *}}1 {{ *}}288 {{ *}}18.4 K
// BLOCKS-NEXT: 3 dense {{ *}}1x64 -> 1x32 {{ *}}1 {{ *}}2.05 K {{ *}}2.05 K
// BLOCKS-NEXT: total {{ *}}3 {{ *}}4.06 K {{ *}}131 K {{ *}}{{.*}} {{ *}}100.0%

// CSV: name,kind,label,dims,dtype,macs,bytes,latency_ns,matrix_ns,vector_ns,memory_ns,overhead_ns,bound,utilisation,feasible,location
// CSV-DAG: {{^}}conv{{.*}},conv,{{.*}},f32,110592,
// CSV-DAG: {{^}}depthwise{{.*}},depthwise,{{.*}},f32,18432,
// CSV-DAG: {{^}}matmul{{.*}},matmul,{{.*}},f32,2048,

// Convolution 8*8 places * 9 taps * 6 * 32 channels = 110592; depthwise
// 8*8 * 9 * 32 = 18432; product 1 x 64 by 64 x 32 = 2048.
// JSON: "total": {"model": "explain.mlir", "function": "main", "target": "h200", "cost_model": "roofline", "kernels": 3, "contractions": 3, "macs": 131072, "params":
// JSON-SAME: "unknown_ops": 0
// JSON: "kernels": [
// JSON-COUNT-3: {"name": "{{[a-z0-9.-]+}}", "kind": "{{[a-z]+}}", "label": "{{.*}}", "dims": "{{.+}}", "dtype": "f32", "macs": {{[0-9]+}}, "bytes": {{[0-9]+}}, "latency_ns": {{[0-9.]+}}, "matrix_ns": {{[0-9.]+}}, "vector_ns": {{[0-9.]+}}, "memory_ns": {{[0-9.]+}}, "overhead_ns": {{[0-9.]+}}, "bound": "{{[a-z]+}}", "utilisation": {{[0-9.]+}}, "feasible": true, "block": {{[0-2]}}, "location": "{{.*}}explain.mlir:{{[0-9]+:[0-9]+}}"}

// JSON: "blocks": [
// JSON-NEXT: {"kind": "stem", "dims": "8x8x6 -> 8x8x32", "details": "k3 s1", "kernels": 1, "params": 1728, "macs": 110592, "latency_ns": {{[0-9.]+}}, "location": "{{.*}}explain.mlir:{{[0-9]+}}:8"},
// JSON-NEXT: {"kind": "conv", "dims": "8x8x32", "details": "k3 s1", "kernels": 1, "params": 288, "macs": 18432,
// JSON-NEXT: {"kind": "dense", "dims": "1x64 -> 1x32", "details": "", "kernels": 1, "params": 2048, "macs": 2048,
// JSON: "unknown": []

// STDIN: stdin @main on tpu-v3
// NULL: (null)
// MODEL: tessera: error: {{.*}}roofline

func.func @main(%image: tensor<1x8x8x6xf32>, %filter: tensor<32x3x3x6xf32>,
                %depth: tensor<3x3x32x1xf32>, %a: tensor<1x1x64xf32>,
                %b: tensor<1x64x32xf32>)
    -> (tensor<1x8x8x32xf32>, tensor<1x1x32xf32>) {
  %zero = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %bias = "tosa.const"() <{values = dense<0.0> : tensor<32xf32>}> : () -> tensor<32xf32>
  %0 = tosa.conv2d %image, %filter, %bias, %zero, %zero {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>} : (tensor<1x8x8x6xf32>, tensor<32x3x3x6xf32>, tensor<32xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x32xf32>
  %1 = tosa.depthwise_conv2d %0, %depth, %bias, %zero, %zero {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>} : (tensor<1x8x8x32xf32>, tensor<3x3x32x1xf32>, tensor<32xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x32xf32>
  %2 = tosa.matmul %a, %b, %zero, %zero : (tensor<1x1x64xf32>, tensor<1x64x32xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x32xf32>
  return %1, %2 : tensor<1x8x8x32xf32>, tensor<1x1x32xf32>
}
