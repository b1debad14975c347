# Finds LLVM and MLIR 22 and defines two link interfaces:
#   tessera_mlir_headers  include paths and definitions only
#   tessera_mlir_capi     the C API archives, hidden, plus the shared libMLIR
#
# The C API exists only as archives. Linking their CMake targets would drag a
# second, static MLIR into every product, so the archive files are linked and
# everything behind them comes from the shared library.

set(_hint "install it with: apt-get install llvm-22-dev llvm-22-tools \
libmlir-22-dev mlir-22-tools\n(or pass -DMLIR_DIR=<prefix>/lib/cmake/mlir)")

find_package(MLIR QUIET CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
if(NOT MLIR_FOUND)
  message(FATAL_ERROR "Tessera needs MLIR 22, which was not found; ${_hint}")
endif()
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "Tessera needs MLIR 22, but ${MLIR_DIR} holds "
                      "${LLVM_VERSION}; ${_hint}")
endif()

add_library(tessera_mlir_headers INTERFACE)
target_include_directories(tessera_mlir_headers SYSTEM INTERFACE
                           ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})

set(TESSERA_CAPI_COMPONENTS
    IR Interfaces Func Arith Math Tensor Linalg Tosa Conversion Transforms
    RegisterEverything Debug)
set(_archives "")
foreach(component IN LISTS TESSERA_CAPI_COMPONENTS)
  if(NOT TARGET MLIRCAPI${component})
    message(FATAL_ERROR "MLIR at ${MLIR_DIR} lacks the C API archive "
                        "MLIRCAPI${component}; ${_hint}")
  endif()
  list(APPEND _archives $<TARGET_FILE:MLIRCAPI${component}>)
endforeach()

add_library(tessera_mlir_capi INTERFACE)
target_link_libraries(tessera_mlir_capi INTERFACE
  tessera_mlir_headers
  -Wl,--start-group ${_archives} -Wl,--end-group
  $<TARGET_FILE:MLIR> $<TARGET_FILE:LLVM> stdc++)
target_link_options(tessera_mlir_capi INTERFACE -Wl,--exclude-libs,ALL)

# The JIT: only the driver and the measuring tools use it.
add_library(tessera_mlir_jit INTERFACE)
target_link_libraries(tessera_mlir_jit INTERFACE
  $<TARGET_FILE:MLIRCAPIExecutionEngine> tessera_mlir_capi
  $<TARGET_FILE:MLIRExecutionEngineShared>)

set(TESSERA_LLVM_TOOLS ${LLVM_TOOLS_BINARY_DIR})
