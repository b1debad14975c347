# tessera_warnings(TARGET): the project's warnings; errors with TESSERA_WERROR.
function(tessera_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow
    $<$<COMPILE_LANGUAGE:C>:-Wconversion -Wstrict-prototypes
      -Wmissing-prototypes>
    $<$<BOOL:${TESSERA_WERROR}>:-Werror>)
  if(TESSERA_SANITIZE)
    # Instrumented code hides from GCC that vsnprintf(NULL, 0, ...) is fine.
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined
      -fno-sanitize-recover=undefined -fno-omit-frame-pointer
      -Wno-format-truncation)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  endif()
endfunction()

# tessera_library(NAME [MLIR]): all C files of this folder as the object
# library tess_NAME. MLIR gives it the MLIR C API headers.
function(tessera_library name)
  cmake_parse_arguments(ARG "MLIR" "" "" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  if(NOT sources)
    return()
  endif()
  add_library(tess_${name} OBJECT ${sources})
  target_include_directories(tess_${name}
    PUBLIC ${PROJECT_SOURCE_DIR}/include
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_definitions(tess_${name} PRIVATE _POSIX_C_SOURCE=200809L)
  # Nobody puts other functions in the place of the shared library's, so that
  # they may be inlined within their own file.
  target_compile_options(tess_${name} PRIVATE -fno-semantic-interposition)
  if(ARG_MLIR)
    target_link_libraries(tess_${name} PUBLIC tessera_mlir_headers)
  endif()
  tessera_warnings(tess_${name})
endfunction()
