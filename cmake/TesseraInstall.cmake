# cmake --install: libraries, headers, plugin and a CMake package that defines
# Tessera::tessera and Tessera::tessera_static. The driver installs itself.
#
# The package finds MLIR on its own machine instead of naming this one's files,
# so its two targets are written by hand in TesseraConfig.cmake.in.
include(CMakePackageConfigHelpers)

install(TARGETS tessera_static tessera_shared)
if(TARGET TesseraPasses)
  install(TARGETS TesseraPasses DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

# Debian keeps libMLIR and libLLVM out of the loader's usual places.
foreach(target tessera_shared TesseraPasses tessera)
  if(TARGET ${target})
    set_target_properties(${target} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
  endif()
endforeach()

# The JIT side is for the project's own tools: it is in no installed library.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tessera
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h"
        PATTERN codegen EXCLUDE PATTERN measure EXCLUDE)

set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/Tessera)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/TesseraConfig.cmake.in
  ${PROJECT_BINARY_DIR}/TesseraConfig.cmake
  INSTALL_DESTINATION ${_package}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/TesseraConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/TesseraConfig.cmake
              ${PROJECT_BINARY_DIR}/TesseraConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/TesseraMLIR.cmake
        DESTINATION ${_package})
